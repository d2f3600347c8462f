"""How one trust is led and managed: its released figures wave by wave beside the lines of the published report. Pure.

The report is “A picture of health?” (Social Market Foundation with the Chartered Management Institute, July 2023).
"""

from collections.abc import Iterable, Sequence

import msgspec

from pilot.metrics.catalogue import MANAGEMENT, MEASURES, OTHER, POINTS, SURVEY, MeasureKind, ReferenceLine
from pilot.metrics.disclosure import Figure, Publication, Released, release
from pilot.metrics.periods import MONTHLY, in_order, read_period
from pilot.metrics.questionnaire import PULSE


class Stored(msgspec.Struct, frozen=True):
    """One stored figure of the trust. `people` are those behind it; None where its publisher gave no number."""

    instrument: str
    code: str
    period: str
    value: float
    people: int | None


class Shown(msgspec.Struct, frozen=True):
    """One figure as it may be shown: the period in words, the length of its bar from 0 to 1, and what is said of it.

    `value` is None where it is hidden; then the bar has no length.
    """

    period: str
    value: float | None
    bar: float
    words: str


class Practice(msgspec.Struct, frozen=True):
    """One measure with its figures in the order of time, and the sentence that holds the newest to the report."""

    name: str
    about: str
    shown: tuple[Shown, ...]
    sentence: str
    line: ReferenceLine | None = None


class Part(msgspec.Struct, frozen=True):
    """One part of the page. `missing` says how figures come here."""

    title: str
    practices: tuple[Practice, ...]
    missing: str


FROM_A_SURVEY = (
    "There are no figures yet. They come from a survey that asks about management practice, once its figures are "
    "released. An evaluator can also load figures of “Management practice” from a file."
)
FROM_A_FILE = (
    "There are no figures yet. An evaluator loads them from a file of “Other measures” with the columns "
    "managers_trained, managers_trained_junior and managers_trained_senior: shares from 0 to 1."
)
FROM_THE_PULSE = "There are no figures yet. They come from the pulse of this programme, once its figures are released."

_TOGETHER = "management_practice"
_STATEMENTS = next(scale.items for scale in PULSE.scales if scale.code == _TOGETHER)

_PARTS = (
    ("Senior leaders", MANAGEMENT, FROM_A_SURVEY, (
        "leadership_effective", "leadership_not_effective", "leadership_not_motivating", "leadership_not_available",
    )),
    ("Obstacles at work", MANAGEMENT, FROM_A_SURVEY, (
        "obstacles", "obstacles_staffing", "obstacles_organisation", "obstacles_procedures", "obstacles_other",
    )),
    ("Targets", MANAGEMENT, FROM_A_SURVEY, ("no_targets", "targets_aligned")),
    ("Training of managers", OTHER, FROM_A_FILE, (
        "managers_trained", "managers_trained_junior", "managers_trained_senior",
    )),
    ("What staff said in the pulse", SURVEY, FROM_THE_PULSE, (*_STATEMENTS, _TOGETHER)),
)  # fmt: skip
"""Title, instrument, what is said where there is nothing, and the measures in order."""

INSTRUMENTS = tuple(dict.fromkeys(instrument for _, instrument, _, _ in _PARTS))
"""The instruments that the page reads."""


def released(stored: Iterable[Stored], smallest: int) -> Released:
    """What may be shown of the stored figures that the page knows, by measure and in the order of time."""
    known = {(instrument, code) for _, instrument, _, codes in _PARTS for code in codes}
    mine = [one for one in stored if (one.instrument, one.code) in known]
    order = {label: place for place, label in enumerate(in_order({one.period for one in mine}))}
    rows = [
        (one.instrument, one.code, one.period, Figure(one.value, one.people), Figure(one.people, one.people))
        for one in sorted(mine, key=lambda one: (one.instrument, one.code, order[one.period]))
    ]
    columns = ("instrument", "measure", "period", "value", "people")
    return release("management.csv", columns, rows, earlier=Publication(smallest))


def parts(table: Released, smallest: int) -> tuple[Part, ...]:
    """The page, from figures that may be shown: those about `smallest` people or more."""
    found: dict[tuple[str, str], list[Sequence[object]]] = {}
    for row in table.rows:
        found.setdefault((str(row[0]), str(row[1])), []).append(row[2:])
    return tuple(
        Part(
            title,
            tuple(
                _practice(_kind(instrument, code), found[instrument, code], smallest)
                for code in codes
                if (instrument, code) in found
            ),
            missing,
        )
        for title, instrument, missing, codes in _PARTS
    )


def beside_the_report(found: Iterable[Part]) -> tuple[tuple[str, Shown, ReferenceLine], ...]:
    """The newest figure of every measure that has a line: the page in one table."""
    practices = [one for part in found for one in part.practices]
    return tuple((one.name, one.shown[-1], one.line) for one in practices if one.line is not None)


def _kind(instrument: str, code: str) -> MeasureKind:
    """What is known of a measure; those of the pulse are called by the statement that people agree with."""
    if instrument != SURVEY:
        return MEASURES[instrument, code]
    if code == _TOGETHER:
        return _of_the_pulse(code, "All these statements together", "Their mean. Higher is better.")
    item = next(item for item in PULSE.items if item.code == code)
    turned = "Turned round: higher means that fewer agree." if item.reverse else "Higher means that more agree."
    return _of_the_pulse(code, item.text, turned)


def _of_the_pulse(code: str, name: str, about: str) -> MeasureKind:
    return MeasureKind(code, name, about, POINTS, 0, 10, "higher", SURVEY, "")


def _practice(kind: MeasureKind, rows: Sequence[Sequence[object]], smallest: int) -> Practice:
    shown = tuple(_shown(kind, *row, smallest=smallest) for row in rows)
    line = kind.lines[0] if kind.lines else None
    return Practice(kind.name, kind.about, shown, _sentence(shown[-1], line, smallest), line)


def _shown(kind: MeasureKind, period: object, value: object, people: object, *, smallest: int) -> Shown:
    words = _period_in_words(str(period))
    if not isinstance(value, int | float):
        return Shown(words, None, 0.0, f"Not shown: fewer than {smallest} people")
    behind = f", {people:,} people" if isinstance(people, int) else ""
    top = kind.high or 1.0
    said = f"{value:.1f} of 10" if top == 10 else f"{100 * value:.0f}%"
    return Shown(words, float(value), min(max(value / top, 0.0), 1.0), said + behind)


def _sentence(newest: Shown, line: ReferenceLine | None, smallest: int) -> str:
    """The newest figure in words, and where it stands to the report's."""
    if newest.value is None:
        return f"The figure of {newest.period} is about fewer than {smallest} people, so it is not shown."
    said = f"{newest.period}: {newest.words}."
    if line is None:
        return said
    apart = round(100 * newest.value) - round(100 * line.value)
    if not apart:
        return f"{said} That is the report’s figure: {line.words}."
    points = "percentage point" if abs(apart) == 1 else "percentage points"
    side = "above" if apart > 0 else "below"
    return f"{said} That is {abs(apart)} {points} {side} the report’s figure: {line.words}."


def _period_in_words(label: str) -> str:
    """“April 2027” for a month; every other period as it is labelled."""
    period = read_period(label) if MONTHLY.fullmatch(label) else None
    return label if period is None else f"{period.first:%B %Y}"
