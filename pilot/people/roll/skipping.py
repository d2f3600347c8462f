"""Lines of a roll that hold nobody: empty ones, headings that come again, totals, and remarks at the end. Pure."""

import re
from collections.abc import Mapping

from msgspec import Struct

from pilot.people.sheet import Line, Sheet, tidy

_TOTAL = re.compile(r"((grand|sub|overall|report)[ -]?)?totals?\b.*|(sum|count|headcount|overall result)\b.*", re.I)


class Skipped(Struct, frozen=True):
    """A line that holds nobody, and what it is instead."""

    line: int
    why: str


def skipped_lines(sheet: Sheet, places: Mapping[str, int]) -> tuple[Skipped, ...]:
    """Lines that hold nobody: empty ones, headings that come again, totals, and remarks below the table."""
    skipped = []
    headings = tuple(heading.casefold() for heading in sheet.headings)
    names = [places["last_name"], places["first_name"]]
    for line in sheet.lines:
        if line.is_empty:
            skipped.append(Skipped(line.number, "empty line"))
        elif any(cell_of(line, place) for place in names):
            if tuple(tidy(cell).casefold() for cell in line.cells[: len(headings)]) == headings:
                skipped.append(Skipped(line.number, "headings again"))
        elif any(_TOTAL.fullmatch(tidy(cell)) for cell in line.cells):
            skipped.append(Skipped(line.number, "total"))
    gone = {one.line for one in skipped}
    for line in reversed(sheet.lines):
        if line.number in gone:
            continue
        if not _is_remark(line, places):
            break
        skipped.append(Skipped(line.number, "remark below the table"))
    return tuple(sorted(skipped, key=lambda one: one.line))


def _is_remark(line: Line, places: Mapping[str, int]) -> bool:
    """Whether a line at the end has one cell only, and neither a name nor an employee number in it."""
    told = [place for place, cell in enumerate(line.cells) if cell.strip()]
    number = tidy(cell_of(line, places["employee_number"]))
    return (
        len(told) == 1
        and told[0] not in (places["last_name"], places["first_name"])
        and not (number.isalnum() and any(character.isdigit() for character in number))
    )


def cell_of(line: Line, place: int) -> str:
    """The cell at a place, empty where the line is too short."""
    return line.cells[place] if place < len(line.cells) else ""
