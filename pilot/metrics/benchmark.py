"""The workbook of the NHS Staff Survey's benchmark reports: one sheet for each type of trust, one row for each. Pure.

After sheets of notes each sheet has org_id, org_name and org_type_reporting_name, then for each measure and year a
column <measure>_<year> and one with its number of answers, <measure>_n_<year>. A suppressed value is empty or *.
"""

import re
from collections import Counter
from collections.abc import Sequence

import msgspec

from pilot.metrics.lines import MOST_PEOPLE, read_code
from pilot.metrics.published import Figure, Key, Published, in_words, number_of, put_together
from pilot.metrics.sheet import Problem, Unusable, is_missing, number, whole_number
from pilot.metrics.workbook import Tab, read_workbook
from pilot.people.sheet import Line

ORGANISATION = "org_id"
ABOUT_IT = frozenset({ORGANISATION, "org_name", "org_type_reporting_name"})
HEADINGS_WITHIN = 30
TOTALS = re.compile(r"(benchmark|national|england|total|all|average|best|worst|median|mean)\b.*", re.IGNORECASE)

COLUMN = re.compile(r"(?P<outcome>\w+?)_(?P<n>n_)?(?P<year>20\d\d)")
SCORE = re.compile(r"PP[1-7](_[1-9])?|theme_(engagement|morale)|[EM]_[1-9]")
SHARE = re.compile(r"q\d{1,2}[a-z]{0,2}(_\d{1,2})?|response_rate")

FAULTY = {"2023": re.compile(r"q1[34](?!\d).*")}
"""Items whose answers were collected wrongly in a year: those on violence, bullying and harassment in 2023."""

PARTS = {"R1F": ("R1F1", "R1F2")}
"""Organisations of the survey that are one trust in law: Isle of Wight NHS Trust reports in two parts."""


class _Column(msgspec.Struct, frozen=True):
    """Where a measure of a year stands; `n` is the place of its number of answers, None without one."""

    place: int
    outcome: str
    year: str
    n: int | None
    percent: bool

    @property
    def most(self) -> float:
        """The largest value there can be; the least is 0."""
        return 10.0 if SCORE.fullmatch(self.outcome) else 100.0 if self.percent else 1.0


def read_benchmark(content: bytes) -> Published:
    """Read the workbook: scores from 0 to 10 and shares from 0 to 1, each with its number of answers.

    Suppressed values are figures without a value. Left out, and said so in notes: items that were collected wrongly,
    rows of averages, columns that are not known; and the parts of a trust, which are put together weighted by their
    answers. Raises Unusable with every problem by its sheet and line.
    """
    reader = _Reader()
    for tab in read_workbook(content):
        reader.take(tab)
    if not reader.tabs:
        said = f"No sheet has a column “{ORGANISATION}”. This is not the workbook of the benchmark reports."
        reader.problems.append(Problem(0, said))
    if reader.problems:
        raise Unusable(reader.problems)
    found = reader.published()
    for whole, parts in PARTS.items():
        found = _as_one(found, whole, parts)
    return found


def _as_one(found: Published, whole: str, parts: tuple[str, ...]) -> Published:
    there = {trust for trust, _, _ in found.figures}
    if not there.intersection(parts):
        return found
    found, made = put_together(found, parts, whole, {period for _, period, _ in found.figures})
    note = f"{in_words(parts)} are one trust in law, {whole}. "
    if missing := sorted(set(parts) - there):
        note += f"The file has no {in_words(missing)}, so {whole} has no values from its parts."
    else:
        note += f"{number_of(made, 'value')} of it came from both, weighted by their answers; "
        note += "a response rate is not made."
    return msgspec.structs.replace(found, notes=(*found.notes, note))


class _Reader:
    """What has been read so far."""

    def __init__(self) -> None:
        self.figures: dict[Key, Figure] = {}
        self.places: dict[str, tuple[str, int]] = {}
        self.left_out: Counter[str] = Counter()
        self.problems: list[Problem] = []
        self.unknown: set[str] = set()
        self.averages: set[str] = set()
        self.faulty: set[tuple[str, str]] = set()
        self.percent = False
        self.rows = self.cells = self.tabs = 0

    def take(self, tab: Tab) -> None:
        """Take one sheet; one without the column org_id holds notes."""
        at = next((place for place, line in enumerate(tab.lines[:HEADINGS_WITHIN]) if _is_heading(line)), None)
        if at is None:
            return
        self.tabs += 1
        headings = tab.lines[at]
        lines = [line for line in tab.lines[at + 1 :] if not line.is_empty]
        columns = self._columns(tab.name, headings, lines)
        organisation = [cell.lower() for cell in headings.cells].index(ORGANISATION)
        for line in lines:
            self._row(tab.name, line, columns, organisation)

    def published(self) -> Published:
        """Everything that was read."""
        notes = []
        if self.faulty:
            named = [f"{outcome} of {year}" for outcome, year in sorted(self.faulty)]
            notes.append(f"Left out, since the answers were collected wrongly: {in_words(named, 20)}.")
        if self.averages:
            notes.append(f"Rows that are not one organisation are left out: {in_words(sorted(self.averages))}.")
        if self.unknown:
            notes.append(f"Columns that are not known are left out: {in_words(sorted(self.unknown))}.")
        if self.percent:
            notes.append("The response rates are written in percent. They are stored as shares from 0 to 1.")
        return Published(
            self.figures, self.rows, self.cells, left_out=dict(self.left_out), notes=tuple(notes)
        )  # fmt: skip

    def _columns(self, tab: str, headings: Line, lines: Sequence[Line]) -> list[_Column]:
        places: dict[tuple[str, str, bool], int] = {}
        for place, heading in enumerate(headings.cells):
            found = COLUMN.fullmatch(heading)
            if not heading or heading.lower() in ABOUT_IT:
                continue
            if found is None or not (SCORE.fullmatch(found["outcome"]) or SHARE.fullmatch(found["outcome"])):
                self.unknown.add(heading[:40])
                continue
            key = (found["outcome"], found["year"], bool(found["n"]))
            if key in places:
                self.problems.append(Problem(headings.number, f"two columns are called “{heading}”.", tab))
            places[key] = place
        columns = [
            _Column(place, outcome, year, places.get((outcome, year, True)), _is_percent(outcome, place, lines))
            for (outcome, year, n), place in places.items()
            if not n
        ]
        if not columns:
            self.problems.append(Problem(headings.number, "no column is a measure of a year, like PP1_2025.", tab))
        self.percent |= any(column.percent for column in columns)
        return columns

    def _row(self, tab: str, line: Line, columns: Sequence[_Column], organisation: int) -> None:
        cell = line.cells[organisation]
        name = next((cell for cell in line.cells if cell), "")
        if TOTALS.fullmatch(cell or name):
            self.averages.add((cell or name)[:40])
            return
        try:
            trust = read_code(cell)
        except ValueError as problem:
            self.problems.append(Problem(line.number, str(problem), tab))
            return
        if before := self.places.get(trust):
            where = f"line {before[1]}" if before[0] == tab else f"line {before[1]} of sheet “{before[0]}”"
            self.problems.append(Problem(line.number, f"{trust} is there twice; it is also on {where}.", tab))
            return
        self.places[trust] = (tab, line.number)
        self.rows += 1
        for column in columns:
            self._figure(tab, line, column, trust)

    def _figure(self, tab: str, line: Line, column: _Column, trust: str) -> None:
        self.cells += 1
        if (faulty := FAULTY.get(column.year)) and faulty.fullmatch(column.outcome):
            self.faulty.add((column.outcome, column.year))
            self.left_out[f"collected wrongly in {column.year}"] += 1
            return
        name, cell = f"{column.outcome}_{column.year}", line.cells[column.place]
        value = None if is_missing(cell) else number(cell)
        n = self._answers(tab, line, column)
        if value is None and not is_missing(cell):
            self.problems.append(Problem(line.number, f"“{name}” of {trust} is not a number: “{cell[:40]}”.", tab))
        elif value is not None and not 0 <= value <= column.most:
            said = f"“{name}” of {trust} must be from 0 to {column.most:g}, but is “{cell}”."
            self.problems.append(Problem(line.number, said, tab))
        elif value is not None and n == 0:
            self.problems.append(Problem(line.number, f"“{name}” of {trust} has a value but 0 answers.", tab))
        if value is not None and column.percent:
            value /= 100
        self.figures[trust, column.year, column.outcome] = Figure(value, n)

    def _answers(self, tab: str, line: Line, column: _Column) -> int | None:
        if column.n is None or is_missing(cell := line.cells[column.n]):
            return None
        n = whole_number(cell)
        if n is None or not 0 <= n <= MOST_PEOPLE:
            name = f"{column.outcome}_n_{column.year}"
            said = f"“{name}” must be a whole number of answers, 0 or more, but is “{cell[:40]}”."
            self.problems.append(Problem(line.number, said, tab))
        return n


def _is_heading(line: Line) -> bool:
    return ORGANISATION in (cell.lower() for cell in line.cells)


def _is_percent(outcome: str, place: int, lines: Sequence[Line]) -> bool:
    """Whether response rates are written in percent: publishers do either, and no trust has 1% or less."""
    rates = (number(line.cells[place]) for line in lines) if outcome == "response_rate" else ()
    return any(rate is not None and rate > 1 for rate in rates)
