"""What one cell of a roll means, and the sentence for one that means nothing. Pure."""

import re
from datetime import date

from pilot.people.dates import read_date
from pilot.people.roll.values import Category, Status
from pilot.people.sheet import FORMULA, plain, tidy

EMPTY = ("", "-", "--", "–", "—", "n/a", "#n/a")
"""What people put into a cell that has nothing to tell. Not “null” or “none”: those are names of people too."""

_KEPT_AS_TEXT = re.compile(r'="([^"]*)"')
_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9/_-]{0,19}")
_SHORTENED = re.compile(r"\d([.,]\d+)?E\+\d+", re.IGNORECASE)
_DECIMAL = re.compile(r"\d+[.,]0+")

_CATEGORIES = {
    Category.PERMANENT: "permanent, perm, substantive, permanent contract, employee, open ended",
    Category.FIXED_TERM: "fixed term, fixed term temp, fixed term contract, temporary, "
    "temp, ftc, apprentice, training contract, rotational",
    Category.BANK: "bank, bank staff, bank worker, staff bank, zero hours",
    Category.LOCUM: "locum, locum bank, trust locum",
    Category.HONORARY: "honorary, honorary contract, volunteer",
    Category.NON_EXECUTIVE: "non exec, non executive, non exec director, non exec director chair, "
    "non executive director, ned, chair, non exec dir",
    Category.AGENCY: "agency, agency worker, contractor, external contractor",
}
_STATUSES = {
    Status.ACTIVE: "active, active assignment, working, acting up, internal secondment, in post",
    Status.PARENTAL_LEAVE: "maternity adoption, maternity and adoption, maternity, maternity leave, "
    "adoption, adoption leave, parental leave, shared parental leave, paternity leave",
    Status.CAREER_BREAK: "career break, on career break",
    Status.SUSPENDED: "suspend, suspended, suspend with pay, suspend no pay, suspended assignment, suspend without pay",
    Status.SECONDED_OUT: "out on external secondment, external secondment, out on external secondment paid, "
    "out on external secondment unpaid, seconded out, secondment out",
    Status.ON_LEAVE: "leave, on leave, sick, long term sick, sickness, unpaid leave, study leave",
    Status.INACTIVE: "inactive, inactive not worked, not worked, inactive assignment",
    Status.ENDED: "ended, end, left, leaver, terminated, terminate, terminate assignment",
}
_CATEGORY_OF = {word: category for category, words in _CATEGORIES.items() for word in words.split(", ")}
_STATUS_OF = {word: status for status, words in _STATUSES.items() for word in words.split(", ")}
_YES = ("y", "yes", "true", "1", "primary")
_NO = ("n", "no", "false", "0", "secondary", "not primary")


class Unclear(Exception):  # noqa: N818 -- an answer about one cell, not a fault
    """A cell that cannot be taken; the text is the sentence."""


def text(cell: str, longest: int) -> str:
    """The cell as it is kept, empty for a dash. Raises Unclear for a formula and for what is too long."""
    value = tidy(cell)
    if value.startswith("=") and (kept := _KEPT_AS_TEXT.fullmatch(value)):  # how Excel is told to keep zeros
        value = tidy(kept[1])
    if value.casefold() in EMPTY:
        return ""
    if value.startswith(FORMULA):
        raise Unclear(f"begins with {value[0]}, which a spreadsheet takes for a formula")
    if len(value) > longest:
        raise Unclear(f"is longer than {longest} characters")
    return value


def employee_number(value: str) -> str:
    """An employee number in capitals. Raises Unclear for one that a spreadsheet has spoilt."""
    if _SHORTENED.fullmatch(value):
        raise Unclear("was shortened by a spreadsheet. Format the column as text and export again")
    if _DECIMAL.fullmatch(value):
        raise Unclear("was made a decimal number by a spreadsheet. Format the column as text and export again")
    if not _NUMBER.fullmatch(value):
        raise Unclear("is not an employee number. Use letters and numbers without spaces, 20 at most")
    return value.upper()


def day(value: str) -> date | None:
    """A day, or None for an empty cell. Raises Unclear."""
    if not value:
        return None
    try:
        return read_date(value)
    except ValueError:
        raise Unclear("is not a date. Write it like 31/03/2027, with the day first") from None


def category(value: str) -> Category:
    """On what terms the assignment is held. Raises Unclear for words that we do not know, so that nobody is guessed."""
    if not value:
        return Category.NOT_STATED
    if plain(value) not in _CATEGORY_OF:
        raise Unclear("is not a category that we know. Use " + _listed(Category))
    return _CATEGORY_OF[plain(value)]


def status(value: str) -> Status:
    """Whether the assignment is worked in now. Raises Unclear for words that we do not know."""
    if not value:
        return Status.NOT_STATED
    if plain(value) not in _STATUS_OF:
        raise Unclear("is not a status that we know. Use " + _listed(Status))
    return _STATUS_OF[plain(value)]


def flag(value: str) -> bool | None:
    """Yes or no, or None for an empty cell. Raises Unclear."""
    if not value:
        return None
    if plain(value) not in _YES + _NO:
        raise Unclear("is neither Y nor N")
    return plain(value) in _YES


def _listed(words: type[Category] | type[Status]) -> str:
    known = [str(word) for word in words if word.name != "NOT_STATED"]
    return f"{', '.join(known[:-1])} or {known[-1]}"
