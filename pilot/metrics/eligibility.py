"""Which trusts can be drawn as pilots: their figures before the draw, read from a file, and the list as one text. Pure.

The list is fixed before anything is drawn: its SHA-256 goes into the seed of the lottery, so that no trust can be
added, left out or changed afterwards without everybody seeing it.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from pilot.metrics.sheet import Problem, Unusable, is_missing, number, read_sheet
from pilot.people.sheet import Line, Sheet, plain
from pilot.secrecy import canonical

RATINGS = ("Inadequate", "Requires improvement", "Good", "Outstanding")
"""The Care Quality Commission's ratings, from the lowest to the highest; their places are their values."""

HEADINGS = {
    "code": ("ods code", "org code", "trust code", "code", "ods"),
    "name": ("name", "org name", "trust name", "trust"),
    "type": ("type", "trust type", "org type"),
    "region": ("region", "nhs region"),
    "cqc_overall": ("cqc overall", "rating overall", "overall rating"),
    "cqc_well_led": ("cqc well led", "rating well led", "well led"),
    "fte": ("fte", "workforce total fte latest", "total fte"),
    "level": ("level", "baseline", "baseline level", "theme engagement", "engagement"),
    "slope": ("slope", "baseline slope", "trend"),
    "response_rate": ("response rate",),
    "turnover": ("turnover", "leaver rate"),
}
"""The column of each figure, by its heading in small letters with single spaces; the first that is there is taken."""

NEEDED = ("code", "name", "type")
LONGEST = 120
MOST_TRUSTS = 1_000
"""So many that no country has them, and few enough to be matched while somebody waits."""

WORDS = {
    "cqc_overall": "CQC rating, overall",
    "cqc_well_led": "CQC rating, well-led",
    "fte": "staff (full-time equivalents)",
    "level": "baseline level",
    "slope": "yearly change of the baseline",
    "response_rate": "response rate",
    "turnover": "turnover",
}
"""The figures on which trusts are matched, in words."""

TEMPLATE = (
    b"ods_code,name,type,region,cqc_overall,cqc_well_led,fte,level,slope,response_rate,turnover\n"
    b"RXX,Example NHS Trust,acute,North West,Good,Requires improvement,6512.3,6.71,-0.04,48.2,11.5\n"
    b"RYY,Other Example NHS Trust,acute,North West,Requires improvement,,5120,6.65,,51,\n"
)
"""The file that shows how a list of trusts is written: headings and two examples."""

_CODE = re.compile(r"[A-Z0-9]{3,8}")


class Candidate(msgspec.Struct, frozen=True):
    """One trust and what is known about it before the draw. "" and None mean that its publisher gave nothing.

    `fte` is above 0; `level` and `slope` are in the unit of the baseline, `slope` for each year; `response_rate` and
    `turnover` are percentages from 0 to 100. Ratings are one of RATINGS.
    """

    code: str
    name: str
    type: str
    region: str = ""
    cqc_overall: str = ""
    cqc_well_led: str = ""
    fte: float | None = None
    level: float | None = None
    slope: float | None = None
    response_rate: float | None = None
    turnover: float | None = None


class Reading(msgspec.Struct, frozen=True):
    """A file of trusts that can be taken. `columns` names the heading that each figure was read from."""

    candidates: tuple[Candidate, ...]
    columns: dict[str, str]
    unused: tuple[str, ...]


class Criteria(msgspec.Struct, frozen=True):
    """Who can be drawn: trusts of these types and with these overall ratings. An empty tuple asks for nothing."""

    types: tuple[str, ...] = ()
    ratings: tuple[str, ...] = ()


class LeftOut(msgspec.Struct, frozen=True):
    """A trust that cannot be drawn, and why, in a sentence."""

    code: str
    reason: str


class EligibleList(msgspec.Struct, frozen=True):
    """The trusts among which pilots are drawn, by code; those that are left out; and what the baseline is called."""

    baseline: str
    criteria: Criteria
    trusts: tuple[Candidate, ...]
    left_out: tuple[LeftOut, ...] = ()

    @property
    def sha256(self) -> str:
        """The SHA-256 of the list's text: 64 digits."""
        return hashlib.sha256(to_bytes(self)).hexdigest()


def read_candidates(content: bytes) -> Reading:
    """Read a file with one row for each trust. Columns that are not known are passed over and named.

    Raises Unusable with every problem and its line.
    """
    sheet = read_sheet(content)
    place = _places(sheet)
    if absent := [field for field in NEEDED if field not in place]:
        raise Unusable([Problem(sheet.headings_on, f"there is no column for the trust's {field}.") for field in absent])
    problems: list[Problem] = []
    found: dict[str, Candidate] = {}
    for line in sheet.lines:
        one = _candidate(line, place, problems)
        if one.code in found:
            problems.append(Problem(line.number, f"{one.code} is there twice."))
        found[one.code] = one
    if len(found) > MOST_TRUSTS:
        problems.append(Problem(0, f"The file has {len(found):,} trusts; there can be {MOST_TRUSTS:,}."))
    if problems:
        raise Unusable(problems)
    used = {field: sheet.headings[where] for field, where in place.items()}
    unused = tuple(heading for heading in sheet.headings if heading not in used.values())
    return Reading(tuple(found[code] for code in sorted(found)), used, unused)


def select(candidates: Sequence[Candidate], criteria: Criteria, baseline: str) -> EligibleList:
    """The list of those who can be drawn; each of the others is left out with its first reason."""
    reasons = {one.code: _reason(one, criteria) for one in candidates}
    return EligibleList(
        baseline=baseline,
        criteria=criteria,
        trusts=tuple(one for one in sorted(candidates, key=lambda one: one.code) if not reasons[one.code]),
        left_out=tuple(LeftOut(code, reason) for code, reason in sorted(reasons.items()) if reason),
    )


def to_bytes(eligible: EligibleList) -> bytes:
    """The one text of a list: canonical JSON, in which numbers are texts with every digit and missing ones left out."""
    return canonical.to_bytes(to_value(eligible))


def to_value(eligible: EligibleList) -> dict[str, Any]:
    """The list as plain values that canonical JSON can hold."""
    return {
        "baseline": eligible.baseline,
        "criteria": {"ratings": list(eligible.criteria.ratings), "types": list(eligible.criteria.types)},
        "left_out": [{"code": one.code, "reason": one.reason} for one in eligible.left_out],
        "trusts": [_written(one) for one in eligible.trusts],
    }


def from_value(value: object) -> EligibleList:
    """The list again. Raises msgspec.ValidationError for what is not a list of this form."""
    return msgspec.convert(value, EligibleList, strict=False)


def rating_value(rating: str) -> float | None:
    """1 for Inadequate to 4 for Outstanding; None for no rating."""
    return RATINGS.index(rating) + 1.0 if rating in RATINGS else None


def figures(one: Candidate) -> dict[str, float | None]:
    """The figures of a trust as numbers, by the keys of WORDS; ratings from 1 to 4."""
    return {
        "cqc_overall": rating_value(one.cqc_overall),
        "cqc_well_led": rating_value(one.cqc_well_led),
        "fte": one.fte,
        "level": one.level,
        "slope": one.slope,
        "response_rate": one.response_rate,
        "turnover": one.turnover,
    }


def _places(sheet: Sheet) -> dict[str, int]:
    headings = [plain(heading) for heading in sheet.headings]
    return {
        field: headings.index(known[0])
        for field, names in HEADINGS.items()
        if (known := [name for name in names if name in headings])
    }


def _candidate(line: Line, place: dict[str, int], problems: list[Problem]) -> Candidate:
    cells = {field: "" if is_missing(line.cells[where]) else line.cells[where] for field, where in place.items()}
    values: dict[str, Any] = {}
    for field, cell in cells.items():
        try:
            values[field] = _READ[field](cell)
        except ValueError as problem:
            problems.append(Problem(line.number, str(problem)))
    return Candidate(**{"code": cells["code"].upper(), "name": "", "type": "", **values})


def _code(cell: str) -> str:
    if not _CODE.fullmatch(cell.upper()):
        raise ValueError(f"“{cell[:40]}” is not a trust code, like RAX.")
    return cell.upper()


def _words(cell: str) -> str:
    if len(cell) > LONGEST:
        raise ValueError(f"“{cell[:40]}…” is longer than {LONGEST} letters.")
    if not cell.isprintable():
        raise ValueError("a name has a character that cannot be printed.")
    return cell


def _name(cell: str) -> str:
    if not cell:
        raise ValueError("the trust has no name.")
    return _words(cell)


def _rating(cell: str) -> str:
    if cell.casefold() in ("", "not rated", "no rating", "insufficient evidence to rate"):
        return ""
    if (rating := cell.capitalize()) not in RATINGS:
        raise ValueError(f"“{cell[:40]}” is not a CQC rating: write {', '.join(RATINGS)} or nothing.")
    return rating


def _number(what: str, low: float | None = None, high: float | None = None) -> Callable[[str], float | None]:
    """How a cell of numbers is read: empty, or a number above `low` and at most `high`."""

    def read(cell: str) -> float | None:
        if not cell:
            return None
        value = number(cell)
        if value is None:
            raise ValueError(f"{what} is not a number: “{cell[:40]}”.")
        if (low is not None and value < low) or (high is not None and value > high):
            bounds = f"from {low:g} to {high:g}" if high is not None else f"{low:g} or more"
            raise ValueError(f"{what} must be {bounds}, but is {cell[:40]}.")
        return value

    return read


_READ: dict[str, Callable[[str], Any]] = {
    "code": _code,
    "name": _name,
    "type": _words,
    "region": _words,
    "cqc_overall": _rating,
    "cqc_well_led": _rating,
    "fte": _number("the number of staff", 1),
    "level": _number("the baseline level"),
    "slope": _number("the slope"),
    "response_rate": _number("the response rate", 0, 100),
    "turnover": _number("the turnover", 0, 100),
}


def _reason(one: Candidate, criteria: Criteria) -> str:
    """Why a trust cannot be drawn; "" when it can."""
    if not one.type:
        return "It has no type, so it cannot be matched."
    if criteria.types and one.type not in criteria.types:
        return f"Its type, {one.type}, is not one of those chosen."
    if criteria.ratings and not one.cqc_overall:
        return "It has no overall CQC rating."
    if criteria.ratings and one.cqc_overall not in criteria.ratings:
        return f"Its overall CQC rating, {one.cqc_overall}, is not one of those chosen."
    if one.level is None:
        return "It has no baseline level, so no change of it could be seen."
    return ""


def _written(one: Candidate) -> dict[str, str]:
    """The trust with what is known, numbers as the shortest text that gives them back exactly."""
    values = msgspec.structs.asdict(one)
    return {
        name: repr(value) if isinstance(value, float) else value
        for name, value in values.items()
        if value not in ("", None)
    }
