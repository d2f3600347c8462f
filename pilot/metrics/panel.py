"""A tidy panel: one row per unit and period, read and checked with the line of every problem. Pure."""

from collections.abc import Mapping, Sequence

import msgspec

from pilot.metrics.sheet import Problem, Unusable, is_missing, number, read_sheet, whole_number
from pilot.people.sheet import Line, Sheet

REQUIRED = ("unit", "period", "first_treated")


class Unit(msgspec.Struct, frozen=True):
    """What does not change about a unit. `start` is its first treated period, 0 when it never starts.

    `line` is where the file first names it.
    """

    name: str
    start: int
    set_id: str
    cluster: str
    weight: float
    line: int


class Panel(msgspec.Struct, frozen=True):
    """Units in the order of their names, periods ascending; `outcomes[name][unit][period]`, None where missing."""

    units: tuple[Unit, ...]
    periods: tuple[int, ...]
    outcomes: Mapping[str, tuple[tuple[float | None, ...], ...]]

    @property
    def starts(self) -> tuple[int, ...]:
        """The different first treated periods, ascending, without the 0 of units that never start."""
        return tuple(sorted({unit.start for unit in self.units} - {0}))


def read_panel(content: bytes, outcomes: Sequence[str]) -> Panel:
    """Read the columns unit, period, first_treated and the outcomes, with set_id, weight and cluster if there.

    A period and first_treated are whole numbers; an outcome is a number or missing (empty, NA, *). Raises
    Unusable with every problem and its line.
    """
    sheet = read_sheet(content)
    wanted = [*REQUIRED, *outcomes]
    if absent := [name for name in wanted if name not in sheet.headings]:
        raise Unusable([Problem(1, f"the column “{name}” is missing.") for name in absent])
    reader = _Reader(sheet, outcomes)
    for line in sheet.lines:
        reader.take(line)
    if not reader.problems:
        reader.problems.extend(_design_problems(reader))
    if reader.problems:
        raise Unusable(reader.problems)
    return reader.panel()


class _Reader:
    """What has been read so far."""

    def __init__(self, sheet: Sheet, outcomes: Sequence[str]) -> None:
        self.column = {name: place for place, name in enumerate(sheet.headings)}
        self.outcomes = tuple(outcomes)
        self.units: dict[str, Unit] = {}
        self.values: dict[tuple[str, int], tuple[float | None, ...]] = {}
        self.lines: dict[tuple[str, int], int] = {}
        self.problems: list[Problem] = []

    def take(self, line: Line) -> None:
        """Take one line, or note every problem it has."""
        before = len(self.problems)
        name, period = line.cells[self.column["unit"]], self._whole(line, "period")
        unit = self._unit(line, name)
        values = tuple(self._outcome(line, outcome) for outcome in self.outcomes)
        if len(self.problems) > before or period is None or unit is None:
            return
        first = self.units.setdefault(name, unit)
        for field in ("start", "set_id", "cluster", "weight"):
            if getattr(first, field) != getattr(unit, field):
                column = "first_treated" if field == "start" else field
                self._problem(line, f"“{name}” has another {column} here than on line {first.line}.")
        if (name, period) in self.lines:
            there = self.lines[name, period]
            self._problem(line, f"“{name}” has period {period} twice; it is also on line {there}.")
            return
        self.lines[name, period] = line.number
        self.values[name, period] = values

    def panel(self) -> Panel:
        """Everything that was read, in order."""
        names = sorted(self.units)
        periods = sorted({period for _, period in self.values})
        nothing = (None,) * len(self.outcomes)
        outcomes = {
            outcome: tuple(
                tuple(self.values.get((name, period), nothing)[place] for period in periods) for name in names
            )
            for place, outcome in enumerate(self.outcomes)
        }
        return Panel(tuple(self.units[name] for name in names), tuple(periods), outcomes)

    def _unit(self, line: Line, name: str) -> Unit | None:
        if not name:
            self._problem(line, "the unit has no name.")
        start = self._whole(line, "first_treated")
        if start is not None and start < 0:
            self._problem(line, f"first_treated is {start}; it must be a period, or 0 for a unit that never starts.")
        weight = self._weight(line)
        if not name or start is None or weight is None:
            return None
        set_id, cluster = self._text(line, "set_id"), self._text(line, "cluster") or name
        return Unit(name, start, set_id, cluster, weight, line.number)

    def _text(self, line: Line, column: str) -> str:
        return line.cells[self.column[column]] if column in self.column else ""

    def _whole(self, line: Line, column: str) -> int | None:
        cell = line.cells[self.column[column]]
        value = whole_number(cell)
        if value is None:
            self._problem(line, f"{column} must be a whole number, but is “{cell}”.")
        return value

    def _weight(self, line: Line) -> float | None:
        if "weight" not in self.column:
            return 1.0
        cell = line.cells[self.column["weight"]]
        value = number(cell)
        if value is None or value <= 0:
            self._problem(line, f"weight must be a number above 0, but is “{cell}”.")
            return None
        return value

    def _outcome(self, line: Line, column: str) -> float | None:
        cell = line.cells[self.column[column]]
        if is_missing(cell):
            return None
        value = number(cell)
        if value is None:
            self._problem(line, f"{column} is not a number: “{cell}”.")
        return value

    def _problem(self, line: Line, text: str) -> None:
        self.problems.append(Problem(line.number, text))


def _design_problems(reader: _Reader) -> list[Problem]:
    """What makes a comparison impossible although every cell can be read."""
    units = reader.units.values()
    periods = sorted({period for _, period in reader.values})
    starts = {unit.start for unit in units} - {0}
    if not any(unit.start == 0 or unit.start > periods[-1] for unit in units) and len(starts) < 2:
        return [Problem(0, "The panel has no comparison unit: no unit has first_treated 0.")]
    if not starts:
        return [Problem(0, "The panel has no treated unit: every unit has first_treated 0.")]
    problems = []
    for unit in units:  # a unit's own gaps are left to the rule for missing values
        if unit.start and unit.start <= periods[0]:
            problems.append(Problem(unit.line, f"“{unit.name}” has no period before its start in {unit.start}."))
        elif unit.start > periods[-1]:
            problems.append(Problem(unit.line, f"“{unit.name}” has no period from its start in {unit.start} on."))
    return problems
