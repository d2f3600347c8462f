"""Trusts of the programme: their values, and the list from which they are read, line by line. Pure."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Literal

import msgspec
from msgspec import Struct

from pilot.errors import BadInput
from pilot.people.dates import read_date
from pilot.people.sheet import Line, Sheet, open_sheet, plain, tidy

ARMS = ("pilot", "control")
RATINGS = ("", "Outstanding", "Good", "Requires improvement", "Inadequate")
"""Ratings of the Care Quality Commission; empty where there is none."""

COLUMNS = {
    "ods_code": ("ods code", "ods", "code", "trust code", "org code", "organisation code"),
    "name": ("name", "trust", "trust name", "organisation", "organisation name"),
    "arm": ("arm", "group", "pilot or control"),
    "matched_set": ("matched set", "set", "match", "stratum"),
    "region": ("region", "nhs region"),
    "type": ("type", "trust type"),
    "cqc_overall": ("cqc overall", "cqc overall rating", "cqc rating", "overall rating"),
    "cqc_well_led": ("cqc well led", "cqc well led rating", "well led", "well led rating"),
    "starts_on": ("start date", "starts on", "start", "pilot start date"),
    "withdrawn_on": ("withdrawn on", "withdrawn", "withdrawal date", "date withdrawn"),
}
"""Fields of a trust, and what their columns may be called; the first is the heading in the template file."""

OF_ARMS = ("arm", "matched_set", "starts_on")
"""What cannot change from the opening of a baseline on."""

REQUIRED = ("ods_code", "name", "arm")
_LONGEST = {"name": 200, "matched_set": 40, "region": 80, "type": 80}
_ODS_CODE = re.compile(r"[A-Z][A-Z0-9]{2,4}")
_RATING = {rating.casefold(): rating for rating in RATINGS}

TEMPLATE = """\
ods_code,name,arm,matched_set,region,type,cqc_overall,cqc_well_led,start_date,withdrawn_on
RXX,Example NHS Trust,pilot,1,North West,acute,Good,Requires improvement,01/04/2027,
RYY,Other Example NHS Trust,control,1,North West,acute,Good,Good,,
"""
"""The file that shows how a list of trusts is written: headings and two examples."""


class Trust(Struct, frozen=True, order=True):
    """One trust of the programme. `starts_on` is the day on which its pilot starts (may lie in the past)."""

    ods_code: str
    name: str
    arm: str
    matched_set: str = ""
    region: str = ""
    type: str = ""
    cqc_overall: str = ""
    cqc_well_led: str = ""
    starts_on: date | None = None
    withdrawn_on: date | None = None


class Outcome(Struct, frozen=True):
    """What a line of the list does: the trust is added, changed or unchanged, or the line is refused and why.

    `details` are the sentences of a refusal, or the changes in words.
    """

    line: int
    ods_code: str
    name: str
    does: Literal["added", "changed", "unchanged", "refused"]
    details: tuple[str, ...] = ()
    trust: Trust | None = None


def read_trusts(content: bytes, present: Mapping[str, Trust]) -> tuple[Outcome, ...]:
    """What each line of a list would do, given the trusts at `present` by code.

    Raises BadInput for the field `file` if it is no table, or lacks a column that is needed.
    """
    sheet = open_sheet(content, lambda heading: any(plain(heading) in names for names in COLUMNS.values()))
    places = _places(sheet)
    seen: dict[str, int] = {}
    outcomes = []
    for line in sheet.lines:
        if line.is_empty:
            continue
        outcome = _outcome(line, places, present, seen)
        seen.setdefault(outcome.ods_code, line.number)
        outcomes.append(outcome)
    return tuple(outcomes)


def keep_arms(outcomes: Sequence[Outcome], present: Mapping[str, Trust], because: str) -> tuple[Outcome, ...]:
    """The same, with every line refused that moves a trust to another arm, set or start, or brings a new one.

    `because` is why arms can no longer change. A trust that withdraws stays in its arm, so that can still be written
    down, and so can everything else about a trust. The first list of all is taken as it is: nothing was seen of it.
    """
    if not present:
        return tuple(outcomes)
    return tuple(_kept(outcome, present.get(outcome.ods_code), because) for outcome in outcomes)


def _kept(outcome: Outcome, known: Trust | None, because: str) -> Outcome:
    if outcome.trust is None:
        return outcome
    if known is None:
        return _refused(outcome, f"It cannot be added to an arm any more, since {because}")
    moved = [COLUMNS[field][0] for field in OF_ARMS if getattr(known, field) != getattr(outcome.trust, field)]
    if not moved:
        return outcome
    return _refused(outcome, f"Its {' and '.join(moved)} can no longer change, since {because}")


def _refused(outcome: Outcome, why: str) -> Outcome:
    return msgspec.structs.replace(outcome, does="refused", details=(why,), trust=None)


def _places(sheet: Sheet) -> dict[str, int]:
    headings = [plain(heading) for heading in sheet.headings]
    places = {
        field: headings.index(name)
        for field, names in COLUMNS.items()
        if (name := next((one for one in names if one in headings), None)) is not None
    }
    if missing := [field for field in REQUIRED if field not in places]:
        columns = "columns" if len(missing) > 1 else "column"
        raise BadInput("There is a problem", {"file": f"The file has no {columns} {' and '.join(missing)}"})
    return places


def _outcome(line: Line, places: Mapping[str, int], present: Mapping[str, Trust], seen: Mapping[str, int]) -> Outcome:
    cells = {field: tidy(line.cells[place]) if place < len(line.cells) else "" for field, place in places.items()}
    code = cells["ods_code"].upper()
    known = present.get(code)
    trust, problems = _read(cells, known)
    if code in seen:
        problems.insert(0, f"{code} is on line {seen[code]:,} already")
    if problems or trust is None:
        return Outcome(line.number, code, cells["name"], "refused", tuple(problems))
    if known is None:
        return Outcome(line.number, code, trust.name, "added", (), trust)
    changes = differences(known, trust)
    return Outcome(line.number, code, trust.name, "changed" if changes else "unchanged", changes, trust)


def _read(cells: Mapping[str, str], known: Trust | None) -> tuple[Trust | None, list[str]]:
    """The trust that a line tells of; what has no column stays as it is known. None with the problems otherwise."""
    problems: list[str] = []
    values: dict[str, Any] = msgspec.structs.asdict(known) if known else {"starts_on": None, "withdrawn_on": None}
    for field, cell in cells.items():
        try:
            values[field] = _value(field, cell)
        except ValueError as problem:
            problems.append(str(problem))
    if not problems and values["arm"] == "pilot" and values["starts_on"] is None:
        problems.append("A pilot trust needs a start date")
    if not problems and values["withdrawn_on"] and values["starts_on"] and values["withdrawn_on"] < values["starts_on"]:
        problems.append("The day of withdrawal is before the start date")
    return (None, problems) if problems else (Trust(**values), [])


def _value(field: str, cell: str) -> object:
    """The value of one cell. Raises ValueError with a sentence."""
    if cell.startswith(("=", "+", "@")):
        raise ValueError(f"“{cell[:40]}” begins with {cell[0]}, which a spreadsheet takes for a formula")
    if field == "ods_code":
        return _matching(cell.upper(), _ODS_CODE)
    if field == "arm":
        if cell.casefold() not in ARMS:
            raise ValueError(f"Arm “{cell}” must be pilot or control" if cell else "The arm is missing")
        return cell.casefold()
    if field in ("cqc_overall", "cqc_well_led"):
        if cell.casefold() not in _RATING:
            raise ValueError(f"Rating “{cell}” must be {', '.join(RATINGS[1:-1])} or {RATINGS[-1]}, or empty")
        return _RATING[cell.casefold()]
    if field in ("starts_on", "withdrawn_on"):
        return _day(cell)
    if field == "name" and not cell:
        raise ValueError("The name is missing")
    if len(cell) > _LONGEST[field]:
        raise ValueError(f"The {field.replace('_', ' ')} is longer than {_LONGEST[field]} characters")
    return cell


def _matching(cell: str, pattern: re.Pattern[str]) -> str:
    if not cell:
        raise ValueError("The ODS code is missing")
    if not pattern.fullmatch(cell):
        raise ValueError(f"“{cell[:40]}” is not an ODS code. It is a letter, then 2 to 4 letters or numbers, like RXX")
    return cell


def _day(cell: str) -> date | None:
    try:
        return read_date(cell) if cell else None
    except ValueError:
        raise ValueError(f"“{cell[:40]}” is not a date. Write it like 01/04/2027, with the day first") from None


def differences(old: Trust, new: Trust) -> tuple[str, ...]:
    """What changes from `old` to `new`, in words."""
    before, after = msgspec.structs.asdict(old), msgspec.structs.asdict(new)
    return tuple(
        f"{COLUMNS[field][0]}: {before[field] or 'empty'} becomes {after[field] or 'empty'}"
        for field in COLUMNS
        if before[field] != after[field]
    )
