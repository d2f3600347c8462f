"""Figures that a publisher gives of many trusts, with what was left out of them and why. Pure.

Every cell of the file that can hold a value is a figure here, or is counted among those that were left out, so that
the totals add up.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from pilot.metrics.measures import Observation, Reading, Tally
from pilot.metrics.periods import in_order
from pilot.metrics.respondents import RATE
from pilot.metrics.retention import Movement

Key = tuple[str, str, str]
"""Trust, label of the period, name of the measure."""

NEVER_POOLED = frozenset({RATE})
"""Shares whose own number of people is not in the file, so that two of them cannot be put together."""

TOGETHER = "put together with others"
OUTSIDE = "of trusts outside the programme"


class Figure(msgspec.Struct, frozen=True):
    """One value, None where it is missing or suppressed, and the answers behind it, None where not given."""

    value: float | None
    n: int | None = None


class Published(msgspec.Struct, frozen=True):
    """What a file says. `cells` is the number of its cells that can hold a value: figures and `left_out` together.

    `counted` are the measures that are numbers of people.
    """

    figures: Mapping[Key, Figure]
    rows: int
    cells: int
    counted: frozenset[str] = frozenset()
    left_out: Mapping[str, int] = {}
    notes: tuple[str, ...] = ()
    movements: tuple[Movement, ...] = ()


def pool(figures: Sequence[Figure]) -> Figure:
    """The mean weighted by the number of answers; missing where any part or its number is, or nobody answered."""
    if not figures or any(one.value is None or one.n is None for one in figures):
        return Figure(None)
    n = sum(one.n or 0 for one in figures)
    return Figure(sum((one.value or 0.0) * (one.n or 0) for one in figures) / n, n) if n else Figure(None)


def put_together(found: Published, parts: Sequence[str], whole: str, periods: Iterable[str]) -> tuple[Published, int]:
    """The figures of several trusts as those of one, in these periods; also how many values were made so.

    A value that the whole has of its own stays. Where any part has none there is none: a part is not the whole.
    The parts' own figures go in any case, since their people would count twice.
    """
    figures = dict(found.figures)
    gone = made = 0
    wanted = frozenset(periods)
    places = {(period, outcome) for trust, period, outcome in figures if trust in parts and period in wanted}
    for period, outcome in sorted(places):
        pieces = [figures.pop((part, period, outcome), Figure(None)) for part in parts]
        gone += sum((part, period, outcome) in found.figures for part in parts)
        own = figures.get((whole, period, outcome))
        if own is None:
            gone -= 1
        if own is None or own.value is None:
            pooled = Figure(None) if outcome in NEVER_POOLED else pool(pieces)
            figures[whole, period, outcome] = pooled
            made += pooled.value is not None
    left_out = Counter(found.left_out) + Counter({TOGETHER: gone})
    return msgspec.structs.replace(found, figures=figures, left_out=dict(left_out)), made


def keep(found: Published, known: frozenset[str]) -> Published:
    """The figures of the trusts of the programme; notes tell how many others there are and which trusts are missing."""
    figures = {key: figure for key, figure in found.figures.items() if key[0] in known}
    there = {trust for trust, _, _ in found.figures}
    notes = list(found.notes)
    if others := len(there - known):
        left = "It is left out." if others == 1 else "They are left out."
        notes.append(f"The file also tells of {number_of(others, 'trust')} outside the programme. {left}")
    if absent := sorted(known - there):
        notes.append(f"The file says nothing about {in_words(absent)}.")
    left_out = Counter(found.left_out) + Counter({OUTSIDE: len(found.figures) - len(figures)})
    return msgspec.structs.replace(
        found,
        figures=figures,
        left_out=dict(left_out),
        notes=tuple(notes),
        movements=tuple(one for one in found.movements if one.trust in known),
    )


def as_reading(found: Published) -> Reading:
    """The same as observations, which can be stored. Totals that do not add up would be a fault of ours."""
    values: dict[str, list[float | None]] = {}
    observations = []
    for (trust, period, outcome), figure in sorted(found.figures.items()):
        counted = outcome in found.counted
        values.setdefault(outcome, []).append(figure.value)
        if figure.value is not None:
            n = None if counted else figure.n
            observations.append(Observation(trust, period, outcome, figure.value, n, counted))
    tallies = [_tally(outcome, values[outcome], outcome in found.counted) for outcome in sorted(values)]
    if len(found.figures) + sum(found.left_out.values()) != found.cells:
        raise RuntimeError(f"{len(found.figures)} figures and {dict(found.left_out)} are not {found.cells} cells")
    return Reading(
        tuple(observations),
        tuple(tallies),
        found.rows,
        tuple(sorted({trust for trust, _, _ in found.figures})),
        in_order({period for _, period, _ in found.figures}),
        tuple(sorted(found.left_out.items())),
        found.notes,
        found.movements,
    )


def in_words(names: Sequence[str], most: int = 12) -> str:
    """Names as a list in a sentence; beyond `most` only how many more there are."""
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most:,} more"
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1]))) if names else ""


def number_of(count: int, thing: str) -> str:
    """A number with its noun: 1 trust, 1,204 trusts."""
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def _tally(outcome: str, values: Sequence[float | None], counted: bool) -> Tally:
    there = [value for value in values if value is not None]
    low, high = (min(there), max(there)) if there else (None, None)
    return Tally(outcome, counted, len(there), len(values) - len(there), low, high)
