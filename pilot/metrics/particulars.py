"""What is known of each trust of a study and of the files behind its waves: trusts.csv and waves.csv. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import msgspec

from pilot.metrics.arms import Arm
from pilot.metrics.codebook import columns
from pilot.metrics.disclosure import Cell, Released, release
from pilot.metrics.eligibility import Candidate, EligibleList
from pilot.metrics.gathered import first_wave
from pilot.metrics.kernel.studies import Division
from pilot.metrics.periods import in_order, read_period
from pilot.metrics.register import Listed, Rating, Succession
from pilot.metrics.retention import Movement
from pilot.people.trusts import Trust

HELD_HERE = "a survey of this system, kept as {}"
"""What stands in the place of a file's name when the wave was held here and no file was imported."""


class Source(msgspec.Struct, frozen=True, order=True):
    """A file from which values of one wave came. `window` are the days of a survey that was held in this system."""

    instrument: str
    wave: str
    filename: str
    sha256: str
    vintage: str
    window: tuple[date, date] | None = None


class Known(msgspec.Struct, frozen=True):
    """What is known of the trusts of a study besides their figures. `eligible` is None where no draw gave the arms.

    `movements` are those that may be read.
    """

    listed: Mapping[str, Listed] = {}
    ratings: tuple[Rating, ...] = ()
    successions: tuple[Succession, ...] = ()
    sources: tuple[Source, ...] = ()
    movements: tuple[Movement, ...] = ()
    eligible: EligibleList | None = None


def trusts(
    arms: Mapping[str, Arm], programme: Mapping[str, Trust], periods: Sequence[Sequence[str]], known: Known
) -> Released:
    """trusts.csv. `programme` are the programme's trusts, by code; `periods` the waves of each outcome.

    What the programme's list does not tell comes from the eligible list of the draw, then from the list of all trusts.
    """
    first = min((arm.starts_on for arm in arms.values() if arm.starts_on), default=None)
    candidates = {one.code: one for one in known.eligible.trusts} if known.eligible else {}
    rows: list[list[Cell]] = []
    for code, arm in sorted(arms.items()):
        given, candidate, listed = programme.get(code), candidates.get(code), known.listed.get(code)
        rows.append(
            [
                code,
                _first(
                    given.name if given else None,
                    candidate.name if candidate else None,
                    listed.name if listed else None,
                    code,
                ),
                "pilot" if arm.pilot else "control",
                arm.matched_set,
                _starts(arm, periods),
                _first(given.type if given else None, candidate.type if candidate else None),
                _first(
                    given.region if given else None,
                    candidate.region if candidate else None,
                    listed.region if listed else None,
                ),
                _first(listed.board if listed else None),
                *_rated(rating_before(known.ratings, code, first), given, candidate),
                candidate.fte if candidate else None,
                None if known.eligible is None else "yes" if candidate else "no",
                given.withdrawn_on.isoformat() if given and given.withdrawn_on else None,
                " ".join(predecessors(known.successions, code)) or None,
                arm.starts_on.isoformat() if arm.starts_on else None,
            ]
        )
    return release("trusts", columns("trusts"), rows)


def divisions(
    names: Iterable[str], arms: Mapping[str, Arm], programme: Mapping[str, Trust], known: Known
) -> tuple[Division, ...]:
    """The groups in which a plan divides its trusts (“type”, “region”), as trusts.csv tells them, so that whoever has
    the download can form them again."""
    table = trusts(arms, programme, (), known)
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    return tuple(Division(name, {str(row["ods_code"]): str(row[name]) for row in rows if row[name]}) for name in names)


def _starts(arm: Arm, periods: Sequence[Sequence[str]]) -> str | None:
    """The first wave from a pilot's start on; one for each outcome, with spaces between, where their waves differ."""
    firsts = (first_wave(arm, each) for each in periods)
    return " ".join(dict.fromkeys(wave for wave in firsts if wave)) or None


def rating_before(ratings: Iterable[Rating], code: str, first: date | None) -> Rating | None:
    """The last rating of a trust that was published before the first start; None where there is none, or no start."""
    here = [
        one
        for one in ratings
        if one.trust == code and first and one.published_on < first and (one.overall or one.well_led)
    ]
    return max(here, key=lambda one: one.published_on, default=None)


def predecessors(successions: Sequence[Succession], code: str) -> tuple[str, ...]:
    """The codes of all trusts that became this one, also by way of others."""
    found: set[str] = set()
    ahead = [code]
    while ahead:
        here = ahead.pop()
        new = {one.old for one in successions if one.new == here} - found
        found |= new
        ahead += new
    return tuple(sorted(found))


def waves(used: Iterable[tuple[str, str]], sources: Iterable[Source]) -> Released:
    """waves.csv: each wave (instrument and label) that is `used`, once for every file from which its values came."""
    files: dict[tuple[str, str], list[Source]] = {}
    for one in sorted(set(sources), key=lambda s: (s.filename, s.sha256)):
        files.setdefault((one.instrument, one.wave), []).append(one)
    rows: list[list[Cell]] = []
    wanted = set(used)
    for instrument in sorted({instrument for instrument, _ in wanted}):
        for label in in_order({wave for by, wave in wanted if by == instrument}):
            period = read_period(label)
            here: Sequence[Source | None] = files.get((instrument, label)) or [None]
            for source in here:
                days = source.window if source and source.window else (period.first, period.last) if period else None
                rows.append(
                    [
                        label, instrument, *([day.isoformat() for day in days] if days else [None, None]), label,
                        _name(source), source.sha256 if source else None, source.vintage if source else None,
                    ]
                )  # fmt: skip
    return release("waves", columns("waves"), rows)


def _name(source: Source | None) -> str | None:
    if source is None:
        return None
    return HELD_HERE.format(source.filename) if source.window else source.filename


def _rated(rating: Rating | None, given: Trust | None, candidate: Candidate | None) -> list[Cell]:
    """Both ratings and their day: of one publication, or as they were given with the trusts, without a day."""
    if rating:
        return [rating.overall, rating.well_led, rating.published_on.isoformat()]
    return [
        _first(candidate.cqc_overall if candidate else None, given.cqc_overall if given else None),
        _first(candidate.cqc_well_led if candidate else None, given.cqc_well_led if given else None),
        None,
    ]


def _first(*words: str | None) -> str | None:
    return next((word for word in words if word), None)
