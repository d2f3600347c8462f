"""CSV text from a released table, safe to open in a spreadsheet. Pure."""

from pilot.metrics.disclosure import Cell, Released
from pilot.people.sheet import written


def to_csv(released: Released) -> str:
    """The table as CSV with a header, lines ending in LF, numbers with every digit, None as an empty cell."""
    return written(released.columns, ([_plain(cell) for cell in row] for row in released.rows), ends="\n")


def _plain(cell: Cell) -> str | float | None:
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return cell
