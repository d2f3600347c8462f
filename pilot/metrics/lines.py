"""A table whose columns are known by name: its lines are read cell by cell, and every problem is noted. Pure."""

import re
from collections.abc import Mapping
from datetime import date

from pilot.metrics.periods import MONTHLY, Period, read_period
from pilot.metrics.sheet import Problem, Unusable, is_missing, number, whole_number
from pilot.people.dates import read_date
from pilot.people.sheet import Line, Sheet, plain

MOST_PEOPLE = 10_000_000
_CODE = re.compile(r"[A-Z0-9]{3,8}")
_TOTAL = ("total", "grand total", "all trusts", "england", "average", "mean")


def read_code(cell: str) -> str:
    """The trust code that a cell holds, in capitals. Raises ValueError with a sentence, also for a row of totals."""
    if cell.lower() in _TOTAL:
        raise ValueError(f"“{cell}” looks like a row of totals. Remove this line.")
    code = cell.upper()
    if not _CODE.fullmatch(code):
        raise ValueError(f"“{cell[:40]}” is not a trust code, like RAX.")
    return code


def choose_columns(sheet: Sheet, known: Mapping[str, tuple[str, ...]], optional: frozenset[str]) -> Sheet:
    """The sheet with nothing but the columns that are known, under their names in `known`.

    `known` maps a name to the headings that mean it, plain and in small letters; the first one is what the page that
    asks for the file calls it, but for the underscores. The titles of the result are the
    headings that were not used. Raises Unusable for every column that is missing or there twice.
    """
    problems, found = [], {}
    for name, headings in known.items():
        there = [one for one in sheet.headings if plain(one) in headings]
        if not there and name not in optional:
            problems.append(Problem(sheet.headings_on, f"the column “{headings[0].replace(' ', '_')}” is missing."))
        if len(there) > 1:
            problems.append(Problem(sheet.headings_on, f"“{there[0]}” and “{there[1]}” mean the same column."))
        if there:
            found[name] = there[0]
    if problems:
        raise Unusable(problems)
    unused = tuple(heading for heading in sheet.headings if heading not in found.values())
    narrow = sheet.narrowed(list(found.values()))
    return Sheet(tuple(found), narrow.lines, (Line(0, unused),), headings_on=sheet.headings_on)


class Fields:
    """One line under known headings. Whatever cannot be read is None, and a problem with the number of the line."""

    def __init__(self, sheet: Sheet, line: Line, problems: list[Problem], tab: str = "") -> None:
        self.line, self.tab = line.number, tab
        self._cells = dict(zip(sheet.headings, line.cells, strict=True))
        self._problems = problems
        self._before = len(problems)

    @property
    def is_sound(self) -> bool:
        """Whether no problem was noted of this line."""
        return len(self._problems) == self._before

    def problem(self, text: str) -> None:
        """Note a problem of this line."""
        self._problems.append(Problem(self.line, text, self.tab))

    def text(self, name: str) -> str:
        """What stands in the cell; nothing where the file has no such column."""
        return self._cells.get(name, "")

    def trust(self, name: str) -> str | None:
        """A trust code, in capitals."""
        try:
            return read_code(self.text(name))
        except ValueError as problem:
            self.problem(str(problem))
            return None

    def month(self, name: str) -> Period | None:
        """A month of a year."""
        period = read_period(self.text(name))
        if period is None or not MONTHLY.fullmatch(period.label):
            self.problem(f"“{self.text(name)}” is not a month. Write it like 2027-03 or March 2027.")
            return None
        return period

    def day(self, name: str) -> date | None:
        """A day, written in any of the usual ways; the day comes before the month."""
        try:
            return read_date(self.text(name))
        except ValueError:
            self.problem(f"“{self.text(name)}” is not a date. Write it like 31/03/2027.")
            return None

    def people(self, name: str, words: str, *, missing: int | None = None) -> int | None:
        """A number of people, 0 or more. `missing` is what an empty cell means; None when there must be a number."""
        cell = self.text(name)
        if missing is not None and is_missing(cell):
            return missing
        value = whole_number(cell)
        if value is None or not 0 <= value <= MOST_PEOPLE:
            self.problem(f"{words} must be a whole number, 0 or more, but is “{cell}”.")
            return None
        return value

    def value(self, name: str, words: str, low: float, high: float) -> float | None:
        """A number from `low` to `high`, or None where it is missing; anything else is a problem."""
        cell = self.text(name)
        if is_missing(cell):
            return None
        value = number(cell)
        if value is None:
            self.problem(f"“{words}” is not a number: “{cell[:40]}”.")
        elif not low <= value <= high:
            self.problem(f"“{words}” must be from {low:g} to {high:g}, but is “{cell}”.")
            return None
        return value
