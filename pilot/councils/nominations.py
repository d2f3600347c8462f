"""Reading candidates from a spreadsheet: a file, or lines copied and pasted; every problem with its line. Pure."""

import re
from collections.abc import Sequence

from msgspec import Struct

from pilot.councils.constitution import Constitution
from pilot.councils.contests import Candidate, name_problem, statement_problem, tidy
from pilot.errors import BadInput
from pilot.people.sheet import Line, Sheet, open_sheet, plain
from pilot.voting.ballots import LONGEST_NAME, MOST_CANDIDATES

NAME = ("name", "candidate", "candidate name", "full name")
FIRST = ("first name", "forename", "given name")
LAST = ("last name", "surname", "family name")
GROUP = ("class", "group", "band", "pay band", "staff group")
STATEMENT = ("statement", "candidate statement", "candidates statement", "about")
KNOWN = frozenset((*NAME, *FIRST, *LAST, *GROUP, *STATEMENT))

LONGEST_GROUP = 80
TOO_MANY = f"An election can have {MOST_CANDIDATES} candidates at most"
LARGEST = 1024 * 1024
"""Bytes of a table of candidates: several times what the most candidates with the longest statements need."""
MOST_LINES = 10_000
"""Lines of such a table, where each word of every statement may stand on a line of its own."""
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


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

    `others` are the names of those who stand already. Raises BadInput, for the field `file`, for what is no such table,
    and as soon as there are more candidates than an election can have.
    """
    if len(content) > LARGEST or max(content.count(b"\n"), content.count(b"\r")) > MOST_LINES:
        raise _refused(f"This is too long for a list of candidates. {TOO_MANY}")
    sheet = open_sheet(content, lambda heading: plain(heading) in KNOWN)
    columns: dict[tuple[str, ...], int | None] = {
        names: _column(sheet, names) for names in (NAME, FIRST, LAST, GROUP, STATEMENT)
    }
    if columns[NAME] is None and columns[LAST] is None:
        return Nominations((), (Problem(sheet.headings_on, "There is no column with the heading “Name”"),))
    found: list[Candidate] = []
    wrong: list[Problem] = []
    taken = list(others)
    for line in sheet.lines:
        if line.is_empty:
            continue
        if len(taken) >= MOST_CANDIDATES:
            raise _refused(TOO_MANY)
        one = _candidate(columns, line)
        wrong += [Problem(line.number, sentence) for sentence in problems(one, taken, constitution).values()]
        found.append(one)
        taken.append(one.name)
    return Nominations(tuple(found), tuple(wrong))


def problems(one: Candidate, others: Sequence[str], constitution: Constitution) -> dict[str, str]:
    """A sentence for each part of a candidate that is wrong, by field; empty when all is well."""
    found = {
        "name": name_problem(one.name, others) or _too_long("name", one.name, LONGEST_NAME),
        "group": _unprintable("class", one.group) or _too_long("class", one.group, LONGEST_GROUP),
        "statement": _unprintable("statement", one.statement) or statement_problem(one.statement, constitution),
    }
    return {field: sentence for field, sentence in found.items() if sentence}


def _too_long(what: str, words: str, most: int) -> str | None:
    return f"The {what} must be {most} characters or fewer" if len(words) > most else None


def _unprintable(what: str, words: str) -> str | None:
    return f"The {what} has a character that cannot be printed" if UNPRINTABLE.search(words) else None


def _candidate(columns: dict[tuple[str, ...], int | None], line: Line) -> Candidate:
    cells = {names: _cell(line, place) for names, place in columns.items()}
    return Candidate(tidy(cells[NAME] or f"{cells[FIRST]} {cells[LAST]}"), tidy(cells[GROUP]), cells[STATEMENT])


def _cell(line: Line, place: int | None) -> str:
    return line.cells[place].strip() if place is not None and place < len(line.cells) else ""


def _column(sheet: Sheet, names: Sequence[str]) -> int | None:
    return next((place for place, heading in enumerate(sheet.headings) if plain(heading) in names), None)


def _refused(sentence: str) -> BadInput:
    return BadInput("There is a problem", {"file": sentence})
