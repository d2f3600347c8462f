"""The tables of trusts, accounts, the staff roll and voting codes."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, literal_column
from sqlalchemy.orm import Mapped, mapped_column

from pilot.people.roles import PROGRAMME_ROLES, TRUST_ROLES
from pilot.people.trusts import ARMS, RATINGS
from pilot.store import Row, UtcDateTime

ODS_CODE = String(8)


def _one_of(column: str, values: Any) -> str:
    return f"{column} IN ({', '.join(repr(str(value)) for value in sorted(values))})"


class TrustRow(Row):
    """One employing organisation in the programme, with its arm and what is known of it before the pilot."""

    __tablename__ = "trust"
    __table_args__ = (
        CheckConstraint(_one_of("arm", ARMS), name="arm"),
        CheckConstraint(_one_of("cqc_overall", RATINGS), name="cqc_overall"),
        CheckConstraint(_one_of("cqc_well_led", RATINGS), name="cqc_well_led"),
        CheckConstraint("arm = 'control' OR starts_on IS NOT NULL", name="pilot_starts"),
    )
    ods_code: Mapped[str] = mapped_column(ODS_CODE, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    arm: Mapped[str] = mapped_column(String(7))
    matched_set: Mapped[str] = mapped_column(String(40), default="")
    region: Mapped[str] = mapped_column(String(80), default="")
    type: Mapped[str] = mapped_column(String(80), default="")
    cqc_overall: Mapped[str] = mapped_column(String(20), default="")
    cqc_well_led: Mapped[str] = mapped_column(String(20), default="")
    starts_on: Mapped[date | None]
    withdrawn_on: Mapped[date | None]


class AccountRow(Row):
    """Somebody who works for the programme or for a trust's ballot office. No password: sign-in is by link."""

    __tablename__ = "account"
    __table_args__ = (CheckConstraint("email = lower(email)", name="email_is_lower_case"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    email: Mapped[str] = mapped_column(String(254), unique=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RoleGrantRow(Row):
    """One role held by one account, from the moment it was given until it was ended."""

    __tablename__ = "role_grant"
    __table_args__ = (
        CheckConstraint(
            f"({_one_of('role', TRUST_ROLES)} AND trust IS NOT NULL)"
            f" OR ({_one_of('role', PROGRAMME_ROLES)} AND trust IS NULL)",
            name="role_fits_trust",
        ),
        CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ended_by_somebody"),
        Index(
            "uq_role_grant_live_in_trust",
            "account_id",
            "role",
            "trust",
            unique=True,
            sqlite_where=literal_column("ended_at IS NULL AND trust IS NOT NULL"),
            postgresql_where=literal_column("ended_at IS NULL AND trust IS NOT NULL"),
        ),
        Index(
            "uq_role_grant_live",
            "account_id",
            "role",
            unique=True,
            sqlite_where=literal_column("ended_at IS NULL AND trust IS NULL"),
            postgresql_where=literal_column("ended_at IS NULL AND trust IS NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    role: Mapped[str] = mapped_column(String(20))
    trust: Mapped[str | None] = mapped_column(ODS_CODE, ForeignKey("trust.ods_code"))
    granted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    granted_by: Mapped[str] = mapped_column(String(80))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by: Mapped[str | None] = mapped_column(String(80))


class SignInLinkRow(Row):
    """A link that signs one account in once. Only the digest of its secret is kept."""

    __tablename__ = "sign_in_link"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PersonRow(Row):
    """One human on a trust's staff roll, known by employee number."""

    __tablename__ = "person"
    __table_args__ = (UniqueConstraint("trust", "employee_number"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    trust: Mapped[str] = mapped_column(ODS_CODE, ForeignKey("trust.ods_code"))
    employee_number: Mapped[str] = mapped_column(String(20))
    last_name: Mapped[str] = mapped_column(String(100))
    first_name: Mapped[str] = mapped_column(String(100))


class RollImportRow(Row):
    """One staff roll as it stood on a day; its lines are counted so that the totals add up."""

    __tablename__ = "roll_import"
    __table_args__ = (
        CheckConstraint("lines = assignments + rejected + skipped", name="totals_add_up"),
        CheckConstraint("people <= assignments AND people > 0", name="people_have_assignments"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    trust: Mapped[str] = mapped_column(ODS_CODE, ForeignKey("trust.ods_code"), index=True)
    upload_id: Mapped[int] = mapped_column(unique=True)
    as_at_on: Mapped[date]
    imported_at: Mapped[datetime] = mapped_column(UtcDateTime)
    imported_by: Mapped[str] = mapped_column(String(80))
    filename: Mapped[str] = mapped_column(String(200))
    digest: Mapped[str] = mapped_column(String(64))
    lines: Mapped[int]
    people: Mapped[int]
    assignments: Mapped[int]
    rejected: Mapped[int]
    skipped: Mapped[int]


class RollEntryRow(Row):
    """One assignment of one person in one roll."""

    __tablename__ = "roll_entry"
    id: Mapped[int] = mapped_column(primary_key=True)
    roll_import_id: Mapped[int] = mapped_column(ForeignKey("roll_import.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    assignment_number: Mapped[str] = mapped_column(String(40))
    staff_group: Mapped[str] = mapped_column(String(100))
    site: Mapped[str] = mapped_column(String(200))
    unit: Mapped[str] = mapped_column(String(200))
    job_role: Mapped[str] = mapped_column(String(200))
    band: Mapped[str] = mapped_column(String(80))
    category: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(30))
    started_on: Mapped[date | None]
    fixed_term_end_on: Mapped[date | None]
    is_primary: Mapped[bool]


class RollUploadRow(Row):
    """A roll that waits to be confirmed: only the columns that were mapped, for a day at most."""

    __tablename__ = "roll_upload"
    __table_args__ = (CheckConstraint("zeros IN ('unasked', 'keep', 'fill')", name="zeros"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    trust: Mapped[str] = mapped_column(ODS_CODE, ForeignKey("trust.ods_code"), index=True)
    uploaded_by: Mapped[str] = mapped_column(String(80))
    uploaded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    as_at_on: Mapped[date]
    filename: Mapped[str] = mapped_column(String(200))
    digest: Mapped[str] = mapped_column(String(64))
    headings: Mapped[list[str]] = mapped_column(JSON)
    mapping: Mapped[dict[str, str]] = mapped_column(JSON)
    sheet: Mapped[bytes] = mapped_column(LargeBinary)
    zeros: Mapped[str] = mapped_column(String(7), default="unasked")


class RollMappingRow(Row):
    """Which column held what in the trust's last roll, so that nobody maps twice."""

    __tablename__ = "roll_mapping"
    trust: Mapped[str] = mapped_column(ODS_CODE, ForeignKey("trust.ods_code"), primary_key=True)
    mapping: Mapped[dict[str, str]] = mapped_column(JSON)


class TrustUploadRow(Row):
    """A list of trusts, for a day; `imported` counts what its lines did, and is empty until it was confirmed."""

    __tablename__ = "trust_upload"
    id: Mapped[int] = mapped_column(primary_key=True)
    uploaded_by: Mapped[str] = mapped_column(String(80))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    filename: Mapped[str] = mapped_column(String(200))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    imported: Mapped[dict[str, int] | None] = mapped_column(JSON(none_as_null=True))


class VotingCodeRow(Row):
    """The voting code that belongs to a person, kept only under the installation's secret. No time finer than a day."""

    __tablename__ = "voting_code"
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, autoincrement=False)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    batch: Mapped[int]
    issued_on: Mapped[date]
