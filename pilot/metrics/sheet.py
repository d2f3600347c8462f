"""A CSV file of figures: its lines, each as long as its headings, and the numbers in its cells. Pure."""

import math
import re

import msgspec

from pilot.errors import BadInput
from pilot.people.sheet import Line, Sheet, open_sheet

MISSING = frozenset({"", "na", "n/a", "#n/a", "nan", "null", ".", "*", "-", "–", "[c]", "[x]", "<10", "<11"})
"""How publishers write that a value is not there, in small letters; *, [c] and <11 are values they have suppressed."""

MOST_LINES = 1_000_000

LISTED = 50
"""Problems listed on a page; the number of the rest is told."""

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+|\d{1,3}(,\d{3})+(\.\d+)?)([eE][+-]?\d{1,3})?")


class Problem(msgspec.Struct, frozen=True):
    """One thing that is wrong with a file. `line` counts from 1; 0 is the file as a whole, or the sheet."""

    line: int
    text: str
    sheet: str = ""

    def __str__(self) -> str:
        place = [f"Sheet “{self.sheet}”"] if self.sheet else []
        if self.line:
            place.append(f"{'line' if place else 'Line'} {self.line}")
        return f"{', '.join(place)}: {self.text}" if place else self.text


class Unusable(BadInput):
    """A file that cannot be taken; `problems` names every reason with its line, in the order of the lines."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: (problem.sheet, problem.line)))
        more = f" (and {len(problems) - 1:,} more)" if len(problems) > 1 else ""
        super().__init__(f"{self.problems[0]}{more}")

    def listed(self) -> BadInput:
        """Every problem as a field of its own, named by its place, so that a page can list them and point at them."""
        count = len(self.problems)
        problems = "1 problem" if count == 1 else f"{count:,} problems"
        rest = f" The first {LISTED} are listed." if count > LISTED else ""
        fields = {f"problem-{place}": str(problem) for place, problem in enumerate(self.problems[:LISTED], 1)}
        return BadInput(f"The file has {problems}, so nothing was stored.{rest}", fields)


def read_sheet(content: bytes) -> Sheet:
    """Read a CSV file of any usual encoding and separator; the first line that is not empty names the columns.

    Cells lose the spaces around them; lines that are wholly empty are passed over, and so are empty cells beyond
    the last heading. Raises Unusable with every problem: what `open_sheet` refuses, two columns of one name, a line
    with too many or too few cells.
    """
    try:
        sheet = open_sheet(content, None, MOST_LINES)
    except BadInput as refusal:
        raise Unusable([Problem(0, f"{refusal.fields['file']}.")]) from refusal
    problems = _heading_problems(sheet)
    width = len(sheet.headings)
    lines = []
    for line in sheet.lines:
        if line.is_empty:
            continue
        cells = tuple(cell.strip() for cell in line.cells)
        while len(cells) > width and not cells[-1]:
            cells = cells[:-1]
        if len(cells) != width:
            problems.append(Problem(line.number, f"has {_cells(len(cells))}, but the header has {width}."))
        elif cells == sheet.headings:
            problems.append(Problem(line.number, "repeats the header. Remove this line."))
        lines.append(Line(line.number, cells))
    if problems:
        raise Unusable(problems)
    return msgspec.structs.replace(sheet, lines=tuple(lines))


def is_missing(cell: str) -> bool:
    """Whether a cell says that there is no value: empty, NA, * and the like."""
    return cell.lower() in MISSING


def number(cell: str) -> float | None:
    """The finite number that a cell holds, with or without commas between thousands; None when it holds none."""
    if not _NUMBER.fullmatch(cell) or not cell.isascii():
        return None
    value = float(cell.replace(",", ""))
    return value if math.isfinite(value) else None


def whole_number(cell: str) -> int | None:
    """The whole number that a cell holds (12 or 12.0); None when it holds none."""
    value = number(cell)
    return int(value) if value is not None and value.is_integer() else None


def _heading_problems(sheet: Sheet) -> list[Problem]:
    problems = []
    for place, name in enumerate(sheet.headings):
        if not name:
            problems.append(Problem(sheet.headings_on, f"column {place + 1} has no name."))
        elif name in sheet.headings[:place]:
            problems.append(Problem(sheet.headings_on, f"two columns are called “{name}”."))
    return problems


def _cells(count: int) -> str:
    return "1 cell" if count == 1 else f"{count} cells"
