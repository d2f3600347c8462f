"""Arms of trusts outside the programme: which was a pilot, in which matched set, from when. Pure."""

import re
from datetime import date

import msgspec

from pilot.metrics.periods import FORMATS, read_period
from pilot.metrics.sheet import Problem, Unusable, read_sheet
from pilot.people.dates import read_date
from pilot.people.sheet import Line

COLUMNS = ("ods_code", "arm", "set", "start")
NEEDED = ("ods_code", "arm")
LONGEST_NAME = 80

_CODE = re.compile(r"[A-Z0-9]{3,8}")


class Arm(msgspec.Struct, frozen=True):
    """One trust's arm. `starts_on` is the first day of a pilot's start; None for a control."""

    trust: str
    pilot: bool
    matched_set: str = ""
    starts_on: date | None = None


def read_arms(content: bytes) -> tuple[Arm, ...]:
    """Read the columns ods_code and arm (pilot or control), with set and start if there.

    Raises Unusable with every problem and its line; a pilot needs a start, a control may leave it empty.
    """
    sheet = read_sheet(content)
    place = {name.lower(): where for where, name in enumerate(sheet.headings)}
    if absent := [name for name in NEEDED if name not in place]:
        raise Unusable([Problem(1, f"the column “{name}” is missing.") for name in absent])
    problems: list[Problem] = []
    arms: dict[str, Arm] = {}
    for line in sheet.lines:
        cells = {name: line.cells[place[name]] if name in place else "" for name in COLUMNS}
        arm = _arm(line, cells, problems)
        if arm.trust in arms:
            problems.append(Problem(line.number, f"{arm.trust} is there twice."))
        arms[arm.trust] = arm
    if not problems and {arm.pilot for arm in arms.values()} != {True, False}:
        problems.append(Problem(0, "The file needs at least one pilot and one control."))
    if problems:
        raise Unusable(problems)
    return tuple(arms[trust] for trust in sorted(arms))


def _arm(line: Line, cells: dict[str, str], problems: list[Problem]) -> Arm:
    trust, arm = cells["ods_code"].upper(), cells["arm"].lower()
    if not _CODE.fullmatch(trust):
        problems.append(Problem(line.number, f"“{cells['ods_code']}” is not a trust code, like RAX."))
    if arm not in ("pilot", "control"):
        problems.append(Problem(line.number, f"arm must be pilot or control, but is “{cells['arm']}”."))
    if len(cells["set"]) > LONGEST_NAME:
        problems.append(Problem(line.number, f"the set has a name of more than {LONGEST_NAME} letters."))
    start = _first_day(cells["start"])
    if cells["start"] not in ("", "0") and start is None:
        problems.append(Problem(line.number, f"“{cells['start']}” is not a start. Write {FORMATS}."))
    elif arm == "pilot" and start is None:
        problems.append(Problem(line.number, "a pilot needs a start."))
    return Arm(trust, arm == "pilot", cells["set"], start if arm == "pilot" else None)


def _first_day(cell: str) -> date | None:
    """The first day of a start: of a period, or a day in every way in which a list of trusts may write it."""
    if period := read_period(cell):
        return period.first
    try:
        return read_date(cell)
    except ValueError:
        return None
