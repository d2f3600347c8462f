"""CSV text from a released table, safe to open in a spreadsheet. Pure."""

import csv
import io

from pilot.metrics.disclosure import Cell, Released

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A text that begins so is run by spreadsheets as a formula; an apostrophe before it makes it text again."""


def to_csv(released: Released) -> str:
    """The table as CSV with a header, lines ending in LF, numbers with every digit, None as an empty cell."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_written(name) for name in released.columns)
    writer.writerows([_written(cell) for cell in row] for row in released.rows)
    return text.getvalue()


def _written(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return f"'{cell}" if cell.startswith(FORMULA) else cell
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return repr(cell)
