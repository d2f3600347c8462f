"""What people may type or upload on the pages of trusts, accounts, the staff roll and voting codes."""

import re
from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, Struct

from pilot.people.roles import TRUST_ROLES, Role
from pilot.people.roll import FIELDS
from pilot.web.forms import Upload, ask_for, wants

_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>.]+")


class AccountForm(Struct, frozen=True):
    """A new account."""

    name: Annotated[str, ask_for("Full name", "Enter a full name", max_length=100)]
    email: Annotated[str, ask_for("E-mail address", "Enter an e-mail address", max_length=254)]

    def problems(self) -> dict[str, str]:
        """An address that cannot be one."""
        if self.email and not _EMAIL.fullmatch(self.email):
            return {"email": "Enter an e-mail address in the correct format, like name@example.nhs.uk"}
        return {}


class GrantForm(Struct, frozen=True):
    """A role to give, with its trust if it belongs to trusts."""

    role: Annotated[Role, wants("Role", "Select a role")]
    trust: str | None = None

    def problems(self) -> dict[str, str]:
        """A role of trusts without a trust."""
        if self.role in TRUST_ROLES and not self.trust:
            return {"trust": f"Select the trust for the role of {self.role}"}
        return {}


class TrustsForm(Struct, frozen=True):
    """A list of trusts."""

    file: Annotated[Upload, ask_for("File", "Select a CSV file with the list of trusts")]


class RollForm(Struct, frozen=True):
    """A staff roll and the day of which it tells."""

    as_at_on: Annotated[date, ask_for("Day of the extract", "Enter the day on which the extract was made")]
    file: Annotated[Upload, ask_for("File", "Select a CSV file with the staff roll")]


class ColumnsForm(Struct, frozen=True):
    """Which heading holds which field of the roll, and the file again if a column was not kept."""

    employee_number: str | None = None
    last_name: str | None = None
    first_name: str | None = None
    staff_group: str | None = None
    unit: str | None = None
    site: str | None = None
    organisation: str | None = None
    assignment_number: str | None = None
    primary: str | None = None
    job_role: str | None = None
    band: str | None = None
    category: str | None = None
    status: str | None = None
    started_on: str | None = None
    fixed_term_end_on: str | None = None
    file: Annotated[Upload | None, Meta(title="File")] = None

    def mapping(self) -> dict[str, str]:
        """Headings by field, without the fields that are not in the file."""
        chosen = {field.name: getattr(self, field.name) for field in FIELDS}
        return {name: heading for name, heading in chosen.items() if heading}


class ZerosForm(Struct, frozen=True):
    """The answer about short employee numbers."""

    zeros: Annotated[Literal["keep", "fill"], wants("Short numbers", "Select whether the short numbers are right")]


class ImportForm(Struct, frozen=True):
    """Importing a roll; `sure` comes from the page that warns of a large change."""

    sure: bool = False


class ReasonForm(Struct, frozen=True):
    """Why a code is replaced."""

    reason: Annotated[str, ask_for("Reason", "Enter the reason, for the log", max_length=200)]
