"""Measures of trusts: reading them from a file whose columns the importer has named, in either of two shapes. Pure.

Wide: one row for each trust and period, with a column for each measure. Tidy: one row for each trust, period and
measure, with its name and its value.
"""

import re
from collections.abc import Sequence
from itertools import product

import msgspec

from pilot.errors import BadInput
from pilot.metrics.lines import MOST_PEOPLE, read_code
from pilot.metrics.periods import FORMATS, in_order, read_period
from pilot.metrics.respondents import RATE, UNKNOWN, Sample, is_share
from pilot.metrics.retention import Movement
from pilot.metrics.sheet import Problem, Unusable, is_missing, number, whole_number
from pilot.people.sheet import Line, Sheet

PROGRAMME = "Programme trusts"
"""The name of the one dataset of the programme's own trusts."""

ROLES = {
    "leave-out": "Leave out",
    "trust": "Trust code",
    "period": "Period",
    "answers": "Number of answers",
    "score": "Measure: a score or a share",
    "count": "Measure: a number of people",
    "name": "Name of the measure",
    "value": "Value of the measure",
}
"""What a column can be. “Name” and “value” are for files with a row for each measure."""

COUNTS = frozenset({"headcount", "headcount_start", "headcount_end", "leavers", "joiners", "staff in post"})
"""Measures that are numbers of people by their name; small ones are never shown."""

HEADINGS = {
    "trust": {"trust", "code", "ods", "ods code", "org code", "org id", "trust code", "unit", "organisation code"},
    "period": {"period", "year", "month", "wave", "quarter", "year index", "date", "survey year"},
    "answers": {"n", "responses", "answers", "n resp", "number of responses", "respondents"},
    "name": {"measure", "outcome", "metric", "indicator"},
    "value": {"value", "score", "result"},
    "leave-out": {"first treated", "set id", "matched set", "weight", "cluster"},  # the design of a tidy panel
}

LONGEST_NAME = 80

FEWEST_COLUMNS = 3
"""The trust, the period and a measure."""


class Observation(msgspec.Struct, frozen=True):
    """One value of one trust in one period. `n` is the number of answers behind a score, None where not given."""

    trust: str
    period: str
    outcome: str
    value: float
    n: int | None
    counted: bool
    sample: Sample = UNKNOWN


class Tally(msgspec.Struct, frozen=True):
    """One measure of a file: how many values are numbers and how many are missing, and the ends of their range."""

    outcome: str
    counted: bool
    numbers: int
    missing: int
    lowest: float | None
    highest: float | None


class Reading(msgspec.Struct, frozen=True):
    """A file that can be taken. All its values are `numbers`, `missing` and those `left_out`, by the reason why.

    `notes` are sentences about what whoever confirms it has to know; `movements` are the lines of a workforce file.
    """

    observations: tuple[Observation, ...]
    tallies: tuple[Tally, ...]
    rows: int
    trusts: tuple[str, ...]
    periods: tuple[str, ...]
    left_out: tuple[tuple[str, int], ...] = ()
    notes: tuple[str, ...] = ()
    movements: tuple[Movement, ...] = ()

    @property
    def numbers(self) -> int:
        """Values that are numbers."""
        return sum(tally.numbers for tally in self.tallies)

    @property
    def missing(self) -> int:
        """Values that are missing."""
        return sum(tally.missing for tally in self.tallies)


def guess_roles(sheet: Sheet) -> tuple[str, ...]:
    """What each column seems to be, from its heading and what is in it."""
    roles = [_guess(heading, place, sheet) for place, heading in enumerate(sheet.headings)]
    if not ("name" in roles and "value" in roles):
        roles = ["leave-out" if role == "name" else "score" if role == "value" else role for role in roles]
    else:
        roles = ["leave-out" if role in ("score", "count") else role for role in roles]
    for once in ("trust", "period", "answers", "name", "value"):
        places = [place for place, role in enumerate(roles) if role == once]
        for place in places[1:]:
            roles[place] = "leave-out"
    return tuple(roles)


def _guess(heading: str, place: int, sheet: Sheet) -> str:
    plain = " ".join(re.split(r"[^a-z0-9]+", heading.lower())).strip()
    role = next((role for role, names in HEADINGS.items() if plain in names), None)
    if role:
        return role
    cells = [line.cells[place] for line in sheet.lines if not is_missing(line.cells[place])]
    if 2 * sum(number(cell) is not None for cell in cells) <= len(cells):  # a slip or two must not hide a measure
        return "leave-out"
    return "count" if plain.replace(" ", "_") in COUNTS or plain in COUNTS else "score"


def lack(sheet: Sheet) -> str:
    """Why no choice of columns could make this a file of measures, in a sentence; nothing where one could."""
    width = len(sheet.headings)
    if width < FEWEST_COLUMNS:
        has = "1 column" if width == 1 else f"{width} columns"
        return f"The file has {has}. It needs a column of trust codes, one of periods and one of figures"
    able = []
    for what, reads in (
        ("trust code, like RAX", _code_in),
        ("period, like March 2027", read_period),
        ("number", number),
    ):
        able.append([at for at in range(width) if any(reads(line.cells[at]) is not None for line in sheet.lines)][:3])
        if not able[-1]:
            return f"No cell of the file is a {what}"
    if not any(len(set(each)) == len(able) for each in product(*able)):
        return "No three columns of the file could be trust codes, periods and figures"
    return ""


def _code_in(cell: str) -> str | None:
    """The trust code in a cell that holds one; None otherwise."""
    try:
        return read_code(cell)
    except ValueError:
        return None


def check_roles(sheet: Sheet, roles: Sequence[str]) -> None:
    """Raise BadInput when the columns do not make a file of measures: each sentence for the field `role`."""
    said = ""
    if len(roles) != len(sheet.headings) or not set(roles) <= set(ROLES):
        said = "Say for each column what it is"
    for once in ("trust", "period"):
        if not said and list(roles).count(once) != 1:
            said = f"Choose exactly one column as “{ROLES[once]}”"
    if not said and list(roles).count("answers") > 1:
        said = "Choose at most one column as “Number of answers”"
    tidy = "name" in roles or "value" in roles
    if not said and tidy and (list(roles).count("name") != 1 or list(roles).count("value") != 1):
        said = "A file with a row for each measure needs one column for its name and one for its value"
    if not said and tidy and ("score" in roles or "count" in roles):
        said = "Choose either one column for each measure, or a name and a value, not both"
    if not said and not tidy and "score" not in roles and "count" not in roles:
        said = "Choose at least one column as a measure"
    long = [
        h
        for h, role in zip(sheet.headings, roles, strict=False)
        if role in ("score", "count") and len(h) > LONGEST_NAME
    ]
    if not said and long:
        said = f"The name “{long[0][:20]}…” is longer than {LONGEST_NAME} letters"
    if said:
        raise BadInput("There is a problem", {"role": said})


def read_measures(sheet: Sheet, roles: Sequence[str], known: frozenset[str] | None = None) -> Reading:
    """Read every row. `known` are the codes of the only trusts that may be there; None allows any.

    Raises BadInput for roles that make no sense, and Unusable with every problem and its line.
    """
    check_roles(sheet, roles)
    reader = _Reader(sheet, roles, known)
    for line in sheet.lines:
        reader.take(line)
    if reader.problems:
        raise Unusable(reader.problems)
    return reader.reading()


class _Reader:
    """What has been read so far."""

    def __init__(self, sheet: Sheet, roles: Sequence[str], known: frozenset[str] | None) -> None:
        self.sheet, self.known = sheet, known
        self.place = {role: place for place, role in enumerate(roles)}
        self.measures = [
            (sheet.headings[place], place, role == "count")
            for place, role in enumerate(roles)
            if role in ("score", "count")
        ]
        self.values: dict[str, list[float | None]] = {}
        self.counted: dict[str, bool] = {}
        self.observations: list[Observation] = []
        self.lines: dict[tuple[str, str, str], int] = {}
        self.trusts: set[str] = set()
        self.periods: set[str] = set()
        self.problems: list[Problem] = []

    def take(self, line: Line) -> None:
        """Take one line, or note every problem it has."""
        trust, period, n = self._trust(line), self._period(line), self._answers(line)
        for outcome, cell, counted in self._cells(line):
            value = self._value(line, outcome, cell, counted)
            if trust is None or period is None:
                continue
            if before := self.lines.get((trust, period, outcome)):
                self._problem(line, f"{trust} in {period} has “{outcome}” twice; it is also on line {before}.")
                continue
            self.lines[trust, period, outcome] = line.number
            self.trusts.add(trust)
            self.periods.add(period)
            self.counted[outcome] = counted
            self.values.setdefault(outcome, []).append(value)
            if value is not None:
                self.observations.append(Observation(trust, period, outcome, value, None if counted else n, counted))

    def reading(self) -> Reading:
        """Everything that was read."""
        tallies = []
        for outcome, values in self.values.items():
            there = [value for value in values if value is not None]
            low, high = (min(there), max(there)) if there else (None, None)
            tallies.append(Tally(outcome, self.counted[outcome], len(there), len(values) - len(there), low, high))
        return Reading(
            tuple(self.observations),
            tuple(tallies),
            len(self.sheet.lines),
            tuple(sorted(self.trusts)),
            in_order(self.periods),
        )

    def _cells(self, line: Line) -> list[tuple[str, str, bool]]:
        if "name" not in self.place:
            return [(outcome, line.cells[place], counted) for outcome, place, counted in self.measures]
        outcome = line.cells[self.place["name"]]
        if not outcome or len(outcome) > LONGEST_NAME:
            self._problem(line, f"the measure has no name of 1 to {LONGEST_NAME} letters.")
            return []
        return [(outcome, line.cells[self.place["value"]], outcome.lower() in COUNTS)]

    def _trust(self, line: Line) -> str | None:
        try:
            code = read_code(line.cells[self.place["trust"]])
        except ValueError as problem:
            self._problem(line, str(problem))
            return None
        if self.known is not None and code not in self.known:
            self._problem(line, f"“{code}” is not a trust of the programme.")
            return None
        return code

    def _period(self, line: Line) -> str | None:
        cell = line.cells[self.place["period"]]
        period = read_period(cell)
        if period is None:
            self._problem(line, f"“{cell}” is not a period. Write {FORMATS}.")
            return None
        return period.label

    def _answers(self, line: Line) -> int | None:
        if "answers" not in self.place or is_missing(cell := line.cells[self.place["answers"]]):
            return None
        n = whole_number(cell)
        if n is None or not 0 <= n <= MOST_PEOPLE:
            self._problem(line, f"the number of answers must be a whole number, 0 or more, but is “{cell}”.")
        return n

    def _value(self, line: Line, outcome: str, cell: str, counted: bool) -> float | None:
        if is_missing(cell):
            return None
        value = number(cell)
        if value is None:
            self._problem(line, f"“{outcome}” is not a number: “{cell}”.")
        elif outcome == RATE and not is_share(value):
            said = f"{RATE} is {cell}. Write it as a share between 0 and 1, such as 0.62."
            self._problem(line, said)
        elif counted and (value < 0 or not value.is_integer()):
            self._problem(line, f"“{outcome}” must be a whole number of people, 0 or more, but is “{cell}”.")
        return value

    def _problem(self, line: Line, text: str) -> None:
        self.problems.append(Problem(line.number, text))
