"""An Excel workbook as sheets of text, read so that no hostile or broken file can use up the machine. Pure.

A workbook is a zip file. It is unpacked here, never beyond a limit whatever it says of its own size, and only what was
unpacked is given to the reader. A single cell far down and to the right would make the reader fill everything between
with empty cells, so the corners of each sheet are looked up first.
"""

import io
import re
import zipfile
from datetime import date, datetime

import msgspec
from python_calamine import CalamineError, CalamineWorkbook

from pilot.metrics.sheet import Problem, Unusable
from pilot.people.sheet import Line
from pilot.secrecy import packing

LARGEST = 10 * 1024 * 1024
"""Bytes of the file as it is sent; a form takes twelve million."""

MOST_UNPACKED = 150 * 1024 * 1024
MOST_PARTS = 500
MOST_CELLS = 2_000_000
"""Cells of all sheets, empty ones among them: five years of 300 measures of 250 trusts are 800,000."""

DAMAGED = "This workbook is damaged. Open it in Excel, save it again and upload that file."

_CELL = re.compile(rb"""<(?:\w+:)?c\s[^>]*?\br=["']([A-Z]{1,3})([0-9]{1,7})["']""")
_UNNAMED = re.compile(rb"""<(?:\w+:)?c(?=[\s/>])(?![^>]*\br=)""")
_ROW = re.compile(rb"""<(?:\w+:)?row\s[^>]*?\br=["']([0-9]{1,7})["']""")
_ROWS = re.compile(rb"<(?:\w+:)?row(?=[\s/>])")
_OLD = b"\xd0\xcf\x11\xe0"


class Tab(msgspec.Struct, frozen=True):
    """One sheet of a workbook: its name, and its lines with the numbers that Excel shows beside them."""

    name: str
    lines: tuple[Line, ...]


def read_workbook(content: bytes) -> tuple[Tab, ...]:
    """Every sheet in its order. Numbers keep every digit; days are written like 2027-03-31.

    Raises Unusable with a sentence for what is no .xlsx workbook, is damaged or locked, or is too large.
    """
    if not content:
        raise _refused("The file is empty.")
    if len(content) > LARGEST:
        raise _refused(f"This workbook is larger than {LARGEST // 1024**2} MB. Save it with fewer sheets.")
    if content.startswith(_OLD):
        raise _refused("This is an old or a locked Excel workbook. In Excel, choose Save as and then Excel workbook.")
    parts = _unpacked(content)
    _check_corners(parts)
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(_repacked(parts))) as book:
            return tuple(_tab(book, name) for name in book.sheet_names)
    except CalamineError as trouble:
        raise _refused(DAMAGED) from trouble


def _tab(book: CalamineWorkbook, name: str) -> Tab:
    sheet = book.get_sheet_by_name(name)
    first = sheet.start[0] if sheet.start else 0
    rows = enumerate(sheet.to_python(skip_empty_area=True), first + 1)
    return Tab(name, tuple(Line(number, tuple(_text(cell) for cell in row)) for number, row in rows))


def _text(cell: object) -> str:
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell).strip()


def _unpacked(content: bytes) -> dict[str, bytes]:
    """Every part of the zip file, never more than the limit in all."""
    try:
        archive = packing.opened(content)
    except packing.NotPacked as trouble:
        raise _refused("This is not an Excel workbook (.xlsx).") from trouble
    entries = archive.infolist()
    if len(entries) > MOST_PARTS:
        raise _refused(f"This workbook has more than {MOST_PARTS} parts.")
    parts: dict[str, bytes] = {}
    left = MOST_UNPACKED
    with archive:
        for entry in entries:
            part = _part(archive, entry, left)
            left -= len(part)
            parts[entry.filename] = part
    if "xl/workbook.xml" not in parts:
        raise _refused("This is not an Excel workbook (.xlsx). In Excel, choose Save as and then Excel workbook.")
    return parts


def _part(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, left: int) -> bytes:
    """One part. No more than `left` + 1 bytes are ever unpacked."""
    if packing.is_locked(entry):
        raise _refused("This workbook is locked with a password. Save it without one.")
    part = packing.content(archive, entry, left)
    if part is None:
        raise _refused(DAMAGED)
    if len(part) > left:
        raise _refused(f"This workbook holds more than {MOST_UNPACKED // 1024**2} MB once it is unpacked.")
    return part


def _check_corners(parts: dict[str, bytes]) -> None:
    """Refuse sheets that would be far larger than what stands in them; any part can be named as a sheet."""
    if any(b"\x00" in part for name, part in parts.items() if name.endswith(".xml")):
        raise _refused(DAMAGED)
    if sum(_area(part) for part in parts.values()) > MOST_CELLS:
        raise _refused(
            f"The sheets of this workbook reach over more than {MOST_CELLS:,} cells. Look for a stray cell far below "
            f"or to the right of the table, and delete its row and column."
        )


def _area(part: bytes) -> int:
    """Cells of the rectangle from the first to the last row and column in which anything stands; 0 for no sheet."""
    named = {(found[1], int(found[2])) for found in _CELL.finditer(part)}
    numbers = {row for _, row in named} | {int(found[1]) for found in _ROW.finditer(part)}
    columns = {_column(letters) for letters, _ in named}
    unnamed = max(len(_UNNAMED.findall(row)) for row in _ROWS.split(part))
    if not numbers and not unnamed:
        return 0
    width = max(columns) - min(columns) + 1 if columns else 0
    height = max(numbers) - min(numbers) + 1 if numbers else part.count(b"<row")
    return (width + unnamed) * height


def _column(letters: bytes) -> int:
    place = 0
    for letter in letters:
        place = 26 * place + letter - 64
    return place


def _repacked(parts: dict[str, bytes]) -> bytes:
    """The parts as a zip file that says the truth about their sizes, since nothing in it is compressed."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, part in parts.items():
            archive.writestr(zipfile.ZipInfo(name), part)
    return out.getvalue()


def _refused(sentence: str) -> Unusable:
    return Unusable([Problem(0, sentence)])
