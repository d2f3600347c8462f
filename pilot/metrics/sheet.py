"""A CSV file as people send it: encodings, separators, and rows that know their line. Pure."""

import csv
import io
import math
import re

import msgspec

from pilot.errors import BadInput

MISSING = frozenset({"", "na", "n/a", "#n/a", "nan", "null", ".", "*", "-", "–", "[c]", "[x]"})
"""How publishers write that a value is not there, in small letters; * and [c] are values they have suppressed."""

LONGEST = 20_000_000
"""Bytes: a longer file is refused before it is read."""

MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))

LISTED = 50
"""Problems listed on a page; the number of the rest is told."""

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+|\d{1,3}(,\d{3})+(\.\d+)?)([eE][+-]?\d{1,3})?")


class Problem(msgspec.Struct, frozen=True):
    """One thing that is wrong with a file. `line` counts from 1, the header being line 1; 0 is the file as a whole."""

    line: int
    text: str

    def __str__(self) -> str:
        return f"Line {self.line}: {self.text}" if self.line else self.text


class Unusable(BadInput):
    """A file that cannot be taken; `problems` names every reason with its line, in the order of the lines."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line))
        more = f" (and {len(problems) - 1:,} more)" if len(problems) > 1 else ""
        super().__init__(f"{self.problems[0]}{more}")

    def listed(self) -> BadInput:
        """Every problem as a field of its own, named by its place, so that a page can list them and point at them."""
        count = len(self.problems)
        problems = "1 problem" if count == 1 else f"{count:,} problems"
        rest = f" The first {LISTED} are listed." if count > LISTED else ""
        fields = {f"problem-{place}": str(problem) for place, problem in enumerate(self.problems[:LISTED], 1)}
        return BadInput(f"The file has {problems}, so nothing was stored.{rest}", fields)


class Line(msgspec.Struct, frozen=True):
    """One row of the file, as long as the header; `number` is the line on which it begins."""

    number: int
    cells: tuple[str, ...]


class Sheet(msgspec.Struct, frozen=True):
    """A file that has been read; `encoding` is how its letters were understood."""

    header: tuple[str, ...]
    lines: tuple[Line, ...]
    encoding: str


def read_sheet(content: bytes) -> Sheet:
    """Read a CSV file of any usual encoding (UTF-8, UTF-16, Windows-1252) and separator (comma, semicolon, tab).

    Cells lose the spaces around them; lines that are wholly empty are passed over. Raises Unusable with every
    problem: no header, two columns of one name, a line with too many or too few cells.
    """
    text, encoding = _decode(content)
    try:
        numbered = _rows(text)
    except csv.Error as error:
        raise Unusable([Problem(0, f"The file is not a CSV file that can be read ({error}).")]) from error
    if len(numbered) < 2:
        raise Unusable([Problem(0, "The file has no rows below its header.")])
    header = numbered[0].cells
    problems = _header_problems(header)
    lines = []
    for line in numbered[1:]:
        if len(line.cells) != len(header):
            problems.append(Problem(line.number, f"has {_cells(len(line.cells))}, but the header has {len(header)}."))
        elif line.cells == header:
            problems.append(Problem(line.number, "repeats the header. Remove this line."))
        lines.append(line)
    if problems:
        raise Unusable(problems)
    return Sheet(header, tuple(lines), encoding)


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


def _decode(content: bytes) -> tuple[str, str]:
    if not content.strip():
        raise Unusable([Problem(0, "The file is empty.")])
    if len(content) > LONGEST:
        raise Unusable([Problem(0, f"The file is larger than {LONGEST // 1_000_000} MB.")])
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise Unusable([Problem(0, "The file is an Excel workbook. Save it as CSV and choose that file.")])
    encoding = next((name for mark, name in MARKS if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeError:
        encoding = "cp1252"
        text = content.decode(encoding, errors="replace")
    if "\0" in text:
        raise Unusable([Problem(0, "The file is not a text file. Save it as CSV and choose that file.")])
    return text, encoding


def _rows(text: str) -> list[Line]:
    first = text.lstrip("\r\n").split("\n", 1)[0]
    separator = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows = []
    begins = 1
    for cells in reader:
        stripped = tuple(cell.strip() for cell in cells)
        if any(stripped):
            rows.append(Line(begins, stripped))
        begins = reader.line_num + 1
    return rows


def _header_problems(header: tuple[str, ...]) -> list[Problem]:
    problems = []
    for place, name in enumerate(header):
        if not name:
            problems.append(Problem(1, f"column {place + 1} has no name."))
        elif name in header[:place]:
            problems.append(Problem(1, f"two columns are called “{name}”."))
    return problems


def _cells(count: int) -> str:
    return "1 cell" if count == 1 else f"{count} cells"
