"""Of which trusts and periods a file tells, also one that cannot be taken: as much as could be meant by it. Pure."""

import re
from collections.abc import Collection

import msgspec

from pilot.errors import BadInput
from pilot.metrics.layouts import Layout
from pilot.metrics.measures import guess_roles
from pilot.metrics.periods import read_period
from pilot.metrics.sheet import read_sheet
from pilot.metrics.workbook import read_workbook

_YEAR = re.compile(r"_((?:19|20)\d\d)\b")
"""The year in the heading of a benchmark's column, such as theme_engagement_2025."""


class Mentioned(msgspec.Struct, frozen=True):
    """Whether one of some trusts is named in a file, and the labels of the periods of which it tells then.

    `periods` is None where one of them cannot be read.
    """

    trusts: bool
    periods: frozenset[str] | None


UNNAMED = Mentioned(trusts=False, periods=frozenset())


def mentioned(layout: Layout, content: bytes, codes: Collection[str]) -> Mentioned:
    """What a file tells of these trusts; they may be named by a code, or by a part of one such as R1F2 of R1F."""
    if not codes:
        return UNNAMED
    named = re.compile(rf"(?<![A-Z0-9])(?:{'|'.join(map(re.escape, sorted(codes)))})", re.IGNORECASE)
    if layout.accept == ".xlsx":
        return _in_workbook(named, content)
    # codes are plain letters in every encoding of a CSV file, once the zeros of UTF-16 are gone
    if named.search(content.replace(b"\0", b"").decode("latin-1")) is None:
        return UNNAMED
    return Mentioned(trusts=True, periods=_periods(content))


def _in_workbook(named: re.Pattern[str], content: bytes) -> Mentioned:
    try:
        tabs = read_workbook(content)
    except BadInput:
        return Mentioned(trusts=True, periods=None)
    cells = [cell for tab in tabs for line in tab.lines for cell in line.cells]
    if not any(named.search(cell) for cell in cells):
        return UNNAMED
    return Mentioned(trusts=True, periods=frozenset(year for cell in cells for year in _YEAR.findall(cell)) or None)


def _periods(content: bytes) -> frozenset[str] | None:
    try:
        sheet = read_sheet(content)
        place = guess_roles(sheet).index("period")
    except (BadInput, ValueError):  # no table, or none with a column of periods
        return None
    found = [read_period(cell) for cell in {line.cells[place] for line in sheet.lines}]
    return None if None in found else frozenset(one.label for one in found if one)
