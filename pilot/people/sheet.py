"""CSV files: one of unknown making is read, and one of ours is written so that no spreadsheet runs it. Pure."""

import contextlib
import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from msgspec import Struct

from pilot.errors import BadInput

PROBLEM = "There is a problem"
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "upright lines"}
HEADINGS_WITHIN = 20
MOST_LINES = 100_000
LONGEST_CELL = 2_000

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A text that begins so is run by spreadsheets as a formula; an apostrophe before it makes it text again."""

_NOT_A_TABLE = {
    b"PK\x03\x04": "This is an Excel workbook. In Excel, choose Save as and then CSV UTF-8, and upload that file",
    b"\xd0\xcf\x11\xe0": "This is an old Excel workbook. In Excel, choose Save as and then CSV UTF-8, "
    "and upload that file",
    b"%PDF": "This is a PDF. Upload a CSV file",
}
_SAID = re.compile(r"sep=([^\r\n\"])\r?\n", re.IGNORECASE)


class Line(Struct, frozen=True):
    """One record: the number of its first line in the file, counted from 1, and its cells as they stand there."""

    number: int
    cells: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing stands in any cell."""
        return not any(cell.strip() for cell in self.cells)


class Sheet(Struct, frozen=True):
    """A table: its headings (tidied) and every line below them, empty ones too.

    `titles` are the lines above; `headings_on` is the number of the line of the headings.
    """

    headings: tuple[str, ...]
    lines: tuple[Line, ...]
    titles: tuple[Line, ...] = ()
    encoding: str = "UTF-8"
    separator: str = ","
    headings_on: int = 1

    def column(self, heading: str) -> int:
        """The place of a heading, counted from 0. Raises ValueError if there is none."""
        return self.headings.index(heading)

    def narrowed(self, headings: list[str]) -> "Sheet":
        """The same table with nothing but these columns; lines keep their numbers, and titles go."""
        places = [self.column(heading) for heading in headings]
        lines = tuple(
            Line(line.number, tuple(line.cells[place] if place < len(line.cells) else "" for place in places))
            for line in self.lines
        )
        return Sheet(tuple(headings), lines, (), self.encoding, self.separator, self.headings_on)


def open_sheet(content: bytes, known: Callable[[str], bool] | None, most: int = MOST_LINES) -> Sheet:
    """Read a file of at most so many lines.

    `known` tells whether a heading is one we know, which is how the line of headings is found; None for a table
    with headings of any words, whose headings are the first line that is not empty.

    Raises BadInput, with the sentence for the field `file`, for what is not a table with a line of headings.
    """
    text, encoding = _decoded(content)
    said = _SAID.match(text)
    separators = [said[1]] if said else list(SEPARATORS)
    separator = max(separators, key=lambda one: _likeness(text, one, known))
    records = list(_records(text, separator, most + HEADINGS_WITHIN))
    if said:
        records = records[1:]
    if len(records) > most:
        raise _refused(f"This file has more than {most:,} lines. Upload fewer trusts at a time")
    place = _headings_at(records, known)
    headings = tuple(tidy(cell) for cell in records[place].cells)
    while headings and not headings[-1]:
        headings = headings[:-1]
    lines = records[place + 1 :]
    while lines and lines[-1].is_empty:
        lines.pop()
    if not lines:
        raise _refused("This file has headings but no lines below them")
    return Sheet(headings, tuple(lines), tuple(records[:place]), encoding, separator, records[place].number)


def written(headings: Iterable[str], rows: Iterable[Sequence[str | float | None]], ends: str = "\r\n") -> str:
    """A table as the text of a CSV file: texts harmless, numbers with every digit, None as an empty cell."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator=ends)
    writer.writerow(harmless(heading) for heading in headings)
    writer.writerows([harmless(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return text.getvalue()


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def tidy(cell: str) -> str:
    """A cell without spaces around it, and with one space wherever there were several or a line break."""
    return " ".join(cell.split())


def plain(heading: str) -> str:
    """A heading in small letters with single spaces and nothing else, for comparing."""
    return " ".join(re.sub(r"[^a-z0-9]+", " ", heading.lower()).split())


def _decoded(content: bytes) -> tuple[str, str]:
    if not content.strip():
        raise _refused("The file is empty")
    for start, sentence in _NOT_A_TABLE.items():
        if content.startswith(start):
            raise _refused(sentence)
    for encoding, name in _encodings(content):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        return text.replace("\ufeff", "").replace("\u200b", ""), name
    raise _refused("We cannot read this file. In Excel, choose Save as and then CSV UTF-8, and upload that file")


def _encodings(content: bytes) -> list[tuple[str, str]]:
    if content.startswith(b"\xef\xbb\xbf"):
        return [("utf-8-sig", "UTF-8")]
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return [("utf-16", "UTF-16")]
    start = content[:2000]
    if start[1::2].count(0) > len(start) // 5:
        return [("utf-16-le", "UTF-16")]
    if start[0::2].count(0) > len(start) // 5:
        return [("utf-16-be", "UTF-16")]
    return [("utf-8", "UTF-8"), ("cp1252", "Windows")]


def _records(text: str, separator: str, most: int = MOST_LINES + HEADINGS_WITHIN) -> Iterator[Line]:
    """Each record with the number of its first line; a cell in quotes may go over several lines."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    number = 1
    try:
        for record in reader:
            if any(len(cell) > LONGEST_CELL for cell in record):
                raise _refused(f"Line {number:,} has a very long cell. Look for a quotation mark that is not closed")
            yield Line(number, tuple(record))
            number = reader.line_num + 1
            most -= 1
            if not most:
                return
    except csv.Error:
        raise _refused(
            f"Line {number:,} has a quotation mark in the wrong place, or one that is not closed. Correct it"
        ) from None


def _likeness(text: str, separator: str, known: Callable[[str], bool] | None) -> tuple[int, float]:
    """How likely a separator is: the headings (known ones, if any are) that it brings out, then the table's width."""
    records: list[Line] = []
    with contextlib.suppress(BadInput):  # what comes before a fault tells enough; the fault is told when it is read
        records.extend(_records("".join(text.splitlines(keepends=True)[:60]), separator))
    widths = Counter(len(record.cells) for record in records if not record.is_empty)
    width, times = max(widths.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
    headings = max((_known(record, known) for record in records[:HEADINGS_WITHIN]), default=0)
    if known is None:
        headings = next((len(record.cells) for record in records if not record.is_empty), 0)
    return headings, width * times / max(1, len(records))


def _headings_at(records: list[Line], known: Callable[[str], bool] | None) -> int:
    if known is None:
        place = next((place for place, record in enumerate(records) if not record.is_empty), None)
        if place is None:
            raise _refused("Every cell of this file is empty")
        return place
    counted = [_known(record, known) for record in records[:HEADINGS_WITHIN]]
    if not counted or max(counted) == 0:
        raise _refused("We found no line of headings that we know. The first line must name the columns")
    return counted.index(max(counted))


def _known(record: Line, known: Callable[[str], bool] | None) -> int:
    if known is None:
        return 0
    return len({tidy(cell).casefold() for cell in record.cells if cell.strip() and known(tidy(cell))})


def _refused(sentence: str) -> BadInput:
    return BadInput(PROBLEM, {"file": sentence})
