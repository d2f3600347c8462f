"""The National Quarterly Pulse Survey: a row for each trust, quarter and score or item, with its answers. Pure.

It is asked in January, April and July, and never in the autumn, which belongs to the yearly survey. NHS England says
that the two are not directly comparable: figures of one are never put beside those of the other.
"""

from pilot.metrics.instruments import ENGAGEMENT, items
from pilot.metrics.lines import Fields, choose_columns
from pilot.metrics.published import Figure, Key, Published
from pilot.metrics.respondents import RATE
from pilot.metrics.sheet import Problem, Unusable, read_sheet

COLUMNS = {
    "trust": ("ods code", "ods", "trust", "trust code", "org code", "org id", "code"),
    "quarter": ("quarter", "month", "period", "wave"),
    "measure": ("measure", "item", "score", "question", "indicator"),
    "value": ("value", "result"),
    "n": ("n", "responses", "answers", "base", "number of responses"),
}

MONTHS = {1: "January", 4: "April", 7: "July"}

SCORES = ("engagement", *ENGAGEMENT)
"""From 0 to 10; items and the response rate are shares from 0 to 1, items under their code of 2023."""

ITEMS = tuple(code for subscore in ENGAGEMENT for code in items(2023)[subscore])


def read_pulse(content: bytes) -> Published:
    """Read a CSV file with the columns ods_code, quarter, measure, value and n.

    A quarter is written as its month, since quarters of the calendar and of the financial year have other numbers.
    Raises Unusable with every problem and its line.
    """
    sheet = choose_columns(read_sheet(content), COLUMNS, frozenset({"n"}))
    problems: list[Problem] = []
    lines: dict[Key, int] = {}
    figures: dict[Key, Figure] = {}
    for line in sheet.lines:
        cells = Fields(sheet, line, problems)
        trust, quarter, measure = cells.trust("trust"), _quarter(cells), _measure(cells)
        value = cells.value("value", measure or "value", 0, 10 if measure in SCORES else 1) if measure else None
        n = cells.people("n", "the number of answers", missing=-1)
        if value is not None and n == 0:
            cells.problem("there is a value but 0 answers.")
        if trust is None or quarter is None or measure is None:
            continue
        key = (trust, quarter, measure)
        if before := lines.get(key):
            cells.problem(f"{trust} in {quarter} has “{measure}” twice; it is also on line {before}.")
        lines.setdefault(key, line.number)
        figures[key] = Figure(value, None if n == -1 else n)
    if problems:
        raise Unusable(problems)
    return Published(figures, len(sheet.lines), len(sheet.lines))


def _quarter(cells: Fields) -> str | None:
    month = cells.month("quarter")
    if month is None:
        return None
    if month.first.month not in MONTHS:
        cells.problem(f"the Pulse Survey is asked in January, April and July, but this is {month.first:%B %Y}.")
        return None
    return month.label


def _measure(cells: Fields) -> str | None:
    cell = cells.text("measure")
    if cell.lower() in (*SCORES, *ITEMS, RATE):
        return cell.lower()
    cells.problem(f"“{cell[:40]}” is not a score ({', '.join(SCORES)}) or an item ({', '.join(ITEMS)}), or {RATE}.")
    return None
