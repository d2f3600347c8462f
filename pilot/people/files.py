"""Files to download: tables that no spreadsheet runs as formulas, and the picture of the address to vote at."""

import io
from collections.abc import Iterable, Sequence

import segno

from pilot.people.roll import FIELDS, Problem
from pilot.people.sheet import written

_EXAMPLES = """\
00012345|Lee|Ann|Nursing|Ward 4|Main site|RXX|00012345-1|Y|Staff nurse|Band 5|Permanent|Active|05/11/2019|
00012346|Roy|Bo|Estates|Portering|Main site|RXX|00012346-1|Y|Porter|Band 2|Fixed Term Temp|Active|01/02/2026|31/01/2028
"""


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """A CSV file that Excel opens with the right letters; a cell that looks like a formula gets a ' in front."""
    return written(headings, rows).encode("utf-8-sig")


def problems_table(problems: Iterable[Problem]) -> bytes:
    """The problems of a roll with their lines, for whoever corrects the file."""
    rows = ((str(one.line), one.heading, one.value, one.sentence) for one in problems)
    return table(("Line", "Column", "What stands there", "Problem"), rows)


def roll_template() -> bytes:
    """A staff roll with every column that is read, and two made-up people."""
    return table([field.title for field in FIELDS], [line.split("|") for line in _EXAMPLES.splitlines()])


def qr_code(address: str) -> bytes:
    """An address as a picture that a phone can read: SVG in UTF-8 that can stand inside a page, too."""
    picture = io.BytesIO()
    segno.make(address, error="m", micro=False).save(
        picture, kind="svg", scale=4, border=2, unit="px", xmldecl=False, nl=False
    )
    return picture.getvalue()
