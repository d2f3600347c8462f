"""Reading a roll: every problem at once with its line, people with all their assignments, totals that add up. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from msgspec import Struct

from pilot.people.roll import cells
from pilot.people.roll.cells import Unclear
from pilot.people.roll.columns import BY_NAME, FIELDS, is_known
from pilot.people.roll.skipping import Skipped, cell_of, skipped_lines
from pilot.people.roll.values import Assignment
from pilot.people.sheet import Line, Sheet, open_sheet, tidy

Zeros = Literal["unasked", "keep", "fill"]
"""What to do with employee numbers that are shorter than the others: ask, leave them, or put zeros in front."""


class Problem(Struct, frozen=True):
    """Why a line, or one of its cells, is not taken. `heading` and `value` are empty if it is about the whole line."""

    line: int
    sentence: str
    heading: str = ""
    value: str = ""


class ShortNumbers(Struct, frozen=True):
    """Employee numbers with fewer digits than most: a spreadsheet may have eaten their leading zeros."""

    width: int
    lines: tuple[int, ...]


class ReadPerson(Struct, frozen=True):
    """One human in the file, with every assignment, the primary one first, and the lines where they stand."""

    employee_number: str
    last_name: str
    first_name: str
    assignments: tuple[Assignment, ...]
    lines: tuple[int, ...]


class RollRead(Struct, frozen=True):
    """A roll as read. `lines` = `assignments` + `rejected` + `skipped`; `notes` reject nothing."""

    lines: int
    people: tuple[ReadPerson, ...]
    problems: tuple[Problem, ...]
    rejected: tuple[int, ...]
    skipped: tuple[Skipped, ...]
    notes: tuple[Problem, ...] = ()
    short_numbers: ShortNumbers | None = None

    @property
    def assignments(self) -> int:
        """How many lines became an assignment."""
        return sum(len(person.assignments) for person in self.people)

    @property
    def adds_up(self) -> bool:
        """Whether every line is accounted for exactly once."""
        return self.lines == self.assignments + len(self.rejected) + len(self.skipped)


class _Record(Struct, frozen=True):
    """One line that may be taken."""

    line: int
    number: str
    last_name: str
    first_name: str
    assignment: Assignment
    primary: bool | None


def read_roll(content: bytes, mapping: Mapping[str, str], **options: Any) -> RollRead:
    """Open a file and read the roll in it; see `open_sheet` and `read_sheet`."""
    return read_sheet(open_sheet(content, is_known), mapping, **options)


def read_sheet(
    sheet: Sheet, mapping: Mapping[str, str], *, organisation: Iterable[str] = (), zeros: Zeros = "unasked"
) -> RollRead:
    """Read a roll from a table. `mapping` gives the heading of each field; its problems have been looked at before.

    `organisation` are the names and codes that the trust goes by; lines of another one are rejected.
    """
    places = {name: sheet.column(heading) for name, heading in mapping.items()}
    skipped = skipped_lines(sheet, places)
    without = {one.line for one in skipped}
    lines = [line for line in sheet.lines if line.number not in without]
    short = _short_numbers(lines, places["employee_number"])
    width = short.width if short and zeros == "fill" else 0
    ours = frozenset(name.casefold() for name in organisation)
    problems: list[Problem] = []
    records: list[_Record] = []
    for line in lines:
        wrong, record = _read_line(line, sheet, places, ours, width)
        problems += wrong
        if record is not None:
            records.append(record)
    people, contradictions, notes = _people(records)
    problems = sorted([*problems, *contradictions], key=lambda problem: problem.line)
    return RollRead(
        lines=len(sheet.lines),
        people=people,
        problems=tuple(problems),
        rejected=tuple(sorted({problem.line for problem in problems})),
        skipped=skipped,
        notes=notes,
        short_numbers=short,
    )


def _short_numbers(lines: list[Line], place: int) -> ShortNumbers | None:
    digits = [(line.number, number) for line in lines if (number := _number(line, place)).isdigit()]
    widths = Counter(len(number) for _, number in digits)
    width = max(widths, key=lambda one: (widths[one], one), default=0)
    shorter = tuple(line for line, number in digits if len(number) < width)
    return ShortNumbers(width, shorter) if shorter else None


def _number(line: Line, place: int) -> str:
    try:
        return cells.text(cell_of(line, place), BY_NAME["employee_number"].longest)
    except Unclear:
        return ""


def _read_line(
    line: Line, sheet: Sheet, places: Mapping[str, int], ours: frozenset[str], width: int
) -> tuple[list[Problem], _Record | None]:
    problems: list[Problem] = []
    values: dict[str, Any] = {}
    if any(cell.strip() for cell in line.cells[len(sheet.headings) :]):
        problems.append(Problem(line.number, "This line has more cells than there are headings"))
    for field in FIELDS:
        if field.name not in places:
            continue
        cell, heading = cell_of(line, places[field.name]), sheet.headings[places[field.name]]
        try:
            value = cells.text(cell, field.longest)
            if field.required and not value:
                raise Unclear("is missing")
            values[field.name] = _READ.get(field.name, str)(value)
            if field.name == "organisation" and value and ours and value.casefold() not in ours:
                raise Unclear("is another organisation")
        except Unclear as problem:
            shown = tidy(cell)[:80] if tidy(cell).casefold() not in cells.EMPTY else ""
            sentence = f"{field.title} “{shown}” {problem}" if shown else f"{field.title} {problem}"
            problems.append(Problem(line.number, sentence, heading, shown))
    return problems, None if problems else _record(line.number, values, width)


_READ: dict[str, Any] = {
    "employee_number": cells.employee_number,
    "primary": cells.flag,
    "category": cells.category,
    "status": cells.status,
    "started_on": cells.day,
    "fixed_term_end_on": cells.day,
}


def _record(line: int, values: dict[str, Any], width: int) -> _Record:
    number = values.pop("employee_number")
    values.pop("organisation", None)
    values["number"] = values.pop("assignment_number", "")
    return _Record(
        line,
        number.zfill(width) if number.isdigit() else number,
        values.pop("last_name"),
        values.pop("first_name"),
        primary=values.pop("primary", None),
        assignment=Assignment(**values),
    )


def _people(records: list[_Record]) -> tuple[tuple[ReadPerson, ...], list[Problem], tuple[Problem, ...]]:
    """Group the lines of each employee number; lines that contradict or repeat each other become problems."""
    grouped: dict[str, list[_Record]] = defaultdict(list)
    for record in records:
        grouped[record.number].append(record)
    people: list[ReadPerson] = []
    problems: list[Problem] = []
    notes: list[Problem] = []
    for number, group in grouped.items():
        if contradiction := _contradiction(number, group):
            problems += contradiction
            continue
        kept, repeats = _without_repeats(group)
        problems += repeats
        primaries = [record for record in kept if record.primary]
        first = primaries[0] if primaries else kept[0]
        if len(kept) > 1 and len(primaries) != 1:
            many = "several primary assignments" if primaries else "several assignments and none is primary"
            notes.append(Problem(first.line, f"Employee {number} has {many}. Line {first.line:,} counts as primary"))
        people.append(_person(first, kept))
    return tuple(people), problems, tuple(notes)


def _contradiction(number: str, group: list[_Record]) -> list[Problem]:
    first = group[0]
    names = {(record.last_name.casefold(), record.first_name.casefold()) for record in group}
    if len(names) == 1:
        return []
    other = next(r for r in group if (r.last_name, r.first_name) != (first.last_name, first.first_name))
    sentence = (
        f"Employee {number} is {first.first_name} {first.last_name} on line {first.line:,} "
        f"but {other.first_name} {other.last_name} on line {other.line:,}"
    )
    return [Problem(record.line, sentence) for record in group]


def _without_repeats(group: list[_Record]) -> tuple[list[_Record], list[Problem]]:
    """The lines that tell something new. The same assignment number, or without one the same job, is told once."""
    seen: dict[Any, int] = {}
    kept: list[_Record] = []
    problems: list[Problem] = []
    for record in group:
        key: Any = record.assignment.number or record.assignment
        if key in seen:
            problems.append(Problem(record.line, f"This line tells of the same assignment as line {seen[key]:,}"))
        else:
            seen[key] = record.line
            kept.append(record)
    return kept, problems


def _person(first: _Record, kept: list[_Record]) -> ReadPerson:
    others = [record for record in kept if record is not first]
    return ReadPerson(
        first.number,
        first.last_name,
        first.first_name,
        (_ranked(first, True), *(_ranked(record, False) for record in others)),
        tuple(record.line for record in kept),
    )


def _ranked(record: _Record, primary: bool) -> Assignment:
    job = record.assignment
    return Assignment(
        job.staff_group,
        job.unit,
        job.site,
        job.number,
        job.job_role,
        job.band,
        job.category,
        job.status,
        job.started_on,
        job.fixed_term_end_on,
        primary,
    )
