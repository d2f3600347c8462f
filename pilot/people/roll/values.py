"""What a staff roll says of people and their assignments. Pure."""

from datetime import date
from enum import StrEnum

from msgspec import Struct


class Category(StrEnum):
    """On what terms somebody holds an assignment; NOT_STATED where the extract has no such column or an empty cell."""

    NOT_STATED = "not stated"
    PERMANENT = "permanent"
    FIXED_TERM = "fixed term"
    BANK = "bank"
    LOCUM = "locum"
    HONORARY = "honorary"
    NON_EXECUTIVE = "non-executive"
    AGENCY = "agency"


class Status(StrEnum):
    """Whether somebody works in the assignment now; NOT_STATED where the extract does not tell."""

    NOT_STATED = "not stated"
    ACTIVE = "active"
    PARENTAL_LEAVE = "maternity and adoption"
    CAREER_BREAK = "career break"
    SUSPENDED = "suspended"
    SECONDED_OUT = "out on external secondment"
    ON_LEAVE = "on other leave"
    INACTIVE = "not worked"
    ENDED = "ended"


class Assignment(Struct, frozen=True):
    """One job of one person. Texts are empty and days None where the extract does not tell."""

    staff_group: str
    unit: str
    site: str = ""
    number: str = ""
    job_role: str = ""
    band: str = ""
    category: Category = Category.NOT_STATED
    status: Status = Status.NOT_STATED
    started_on: date | None = None
    fixed_term_end_on: date | None = None
    is_primary: bool = True


class RollPerson(Struct, frozen=True):
    """One human on the roll of one trust, with every assignment; the primary one first."""

    person_id: int
    employee_number: str
    last_name: str
    first_name: str
    assignments: tuple[Assignment, ...]

    @property
    def name(self) -> str:
        """First name and last name, as on a slip."""
        return f"{self.first_name} {self.last_name}"

    @property
    def primary(self) -> Assignment:
        """The assignment that decides where this person belongs."""
        return self.assignments[0]


class RollSummary(Struct, frozen=True):
    """One roll that was imported. lines = assignments + rejected + skipped."""

    import_id: int
    as_at_on: date
    imported_on: date
    filename: str
    lines: int
    people: int
    assignments: int
    rejected: int
    skipped: int
