"""Reading candidates from a spreadsheet: a file, or lines copied and pasted; every problem with its line. Pure."""

from collections.abc import Sequence

from msgspec import Struct

from pilot.councils.constitution import Constitution
from pilot.councils.contests import Candidate, name_problem, statement_problem, tidy
from pilot.people.sheet import Line, Sheet, open_sheet, plain

NAME = ("name", "candidate", "candidate name", "full name")
FIRST = ("first name", "forename", "given name")
LAST = ("last name", "surname", "family name")
GROUP = ("class", "group", "band", "pay band", "staff group")
STATEMENT = ("statement", "candidate statement", "candidates statement", "about")
KNOWN = frozenset((*NAME, *FIRST, *LAST, *GROUP, *STATEMENT))

LONGEST_NAME = 120
LONGEST_GROUP = 80


class Problem(Struct, frozen=True):
    """Why a line of the spreadsheet is not taken."""

    line: int
    sentence: str


class Nominations(Struct, frozen=True):
    """The candidates of a spreadsheet, in its order, and what is wrong with its lines."""

    candidates: tuple[Candidate, ...]
    problems: tuple[Problem, ...]


def read(content: bytes, others: Sequence[str], constitution: Constitution) -> Nominations:
    """Read a table with the headings Name (or First name and Last name), Class and Statement.

    `others` are the names of those who stand already. Raises BadInput, for the field `file`, for what is no such table.
    """
    sheet = open_sheet(content, lambda heading: plain(heading) in KNOWN)
    if _column(sheet, NAME) is None and _column(sheet, LAST) is None:
        return Nominations((), (Problem(sheet.headings_on, "There is no column with the heading “Name”"),))
    found: list[Candidate] = []
    wrong: list[Problem] = []
    for line in sheet.lines:
        if line.is_empty:
            continue
        one = _candidate(sheet, line)
        names = [*others, *(before.name for before in found)]
        wrong += [Problem(line.number, sentence) for sentence in problems(one, names, constitution).values()]
        found.append(one)
    return Nominations(tuple(found), tuple(wrong))


def problems(one: Candidate, others: Sequence[str], constitution: Constitution) -> dict[str, str]:
    """A sentence for each part of a candidate that is wrong, by field; empty when all is well."""
    found = {
        "name": name_problem(one.name, others) or _too_long("name", one.name, LONGEST_NAME),
        "group": _too_long("class", one.group, LONGEST_GROUP),
        "statement": statement_problem(one.statement, constitution),
    }
    return {field: sentence for field, sentence in found.items() if sentence}


def _too_long(what: str, words: str, most: int) -> str | None:
    return f"The {what} must be {most} characters or fewer" if len(words) > most else None


def _candidate(sheet: Sheet, line: Line) -> Candidate:
    name = _cell(sheet, line, NAME) or f"{_cell(sheet, line, FIRST)} {_cell(sheet, line, LAST)}"
    return Candidate(tidy(name), tidy(_cell(sheet, line, GROUP)), _cell(sheet, line, STATEMENT))


def _cell(sheet: Sheet, line: Line, names: Sequence[str]) -> str:
    place = _column(sheet, names)
    return line.cells[place].strip() if place is not None and place < len(line.cells) else ""


def _column(sheet: Sheet, names: Sequence[str]) -> int | None:
    return next((place for place, heading in enumerate(sheet.headings) if plain(heading) in names), None)
