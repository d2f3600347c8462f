"""Of which trusts and periods a file tells, also one that cannot be taken: as much as could be meant by it. Pure."""

import re
from collections.abc import Collection, Iterable

from pilot.errors import BadInput
from pilot.metrics.layouts import Layout
from pilot.metrics.measures import guess_roles
from pilot.metrics.periods import read_period
from pilot.metrics.sheet import read_sheet
from pilot.metrics.workbook import Tab, read_workbook

_YEAR = re.compile(r"_((?:19|20)\d\d)\b")
"""The year in the heading of a benchmark's column, such as theme_engagement_2025."""


def mentions(layout: Layout, content: bytes, codes: Collection[str]) -> bool:
    """Whether one of these trusts is named in a file, as a code or as a part of one such as R1F2 of R1F."""
    if not codes:
        return False
    named = re.compile(rf"(?<![A-Z0-9])(?:{'|'.join(map(re.escape, sorted(codes)))})", re.IGNORECASE)
    if not _is_workbook(layout):
        # codes are plain letters in every encoding of a CSV file, once the zeros of UTF-16 are gone
        return named.search(content.replace(b"\0", b"").decode("latin-1")) is not None
    tabs = _tabs(content)
    return tabs is None or any(named.search(cell) for cell in _cells(tabs))


def periods_of(layout: Layout, content: bytes) -> frozenset[str] | None:
    """The labels of the periods of which a file tells; None where one of them cannot be read."""
    if _is_workbook(layout):
        years = {year for tab in _tabs(content) or () for cell in _cells([tab]) for year in _YEAR.findall(cell)}
        return frozenset(years) or None
    try:
        sheet = read_sheet(content)
        place = guess_roles(sheet).index("period")
    except (BadInput, ValueError):  # no table, or none with a column of periods
        return None
    found = [read_period(cell) for cell in {line.cells[place] for line in sheet.lines}]
    return None if None in found else frozenset(one.label for one in found if one)


def _is_workbook(layout: Layout) -> bool:
    return layout.accept == ".xlsx"


def _tabs(content: bytes) -> tuple[Tab, ...] | None:
    try:
        return read_workbook(content)
    except BadInput:
        return None


def _cells(tabs: Iterable[Tab]) -> Iterable[str]:
    return (cell for tab in tabs for line in tab.lines for cell in line.cells)
