"""The tables of councils, their constitutions and their seats."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pilot.store import Row

ODS_CODE = String(8)


def one_of(column: str, values: Iterable[str]) -> str:
    """The condition that a column holds one of these words."""
    return f"{column} IN ({', '.join(repr(str(value)) for value in sorted(values))})"


class CouncilRow(Row):
    """The staff council of one trust."""

    __tablename__ = "council"
    __table_args__ = (CheckConstraint("level = 'trust'", name="level"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    trust: Mapped[str] = mapped_column(ODS_CODE, ForeignKey("trust.ods_code"), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    level: Mapped[str] = mapped_column(String(10), default="trust")


class ConstitutionRow(Row):
    """One version of a council's numbers, in force from a day until the next version's."""

    __tablename__ = "constitution"
    __table_args__ = (UniqueConstraint("council_id", "version"), CheckConstraint("version > 0", name="version"))
    id: Mapped[int] = mapped_column(primary_key=True)
    council_id: Mapped[int] = mapped_column(ForeignKey("council.id"))
    version: Mapped[int]
    effective_from: Mapped[date]
    params: Mapped[dict[str, Any]] = mapped_column(JSON)


class SeatRow(Row):
    """One place on a council: the body that fills it, and who holds it from when to when; or nobody yet.

    A seat that is filled by election belongs to its contest until `term_ends_on`, and its holder is a candidate there.
    A candidate has at most one seat of an election, ever: whoever left does not come back by the same papers.
    """

    __tablename__ = "seat"
    __table_args__ = (
        CheckConstraint("selection_method IN ('nomination_by_body', 'election')", name="selection_method"),
        CheckConstraint("(holder_name IS NULL) = (held_from IS NULL)", name="holder_has_a_day"),
        CheckConstraint("holder_person_id IS NULL OR holder_name IS NOT NULL", name="holder_has_a_name"),
        CheckConstraint("held_to IS NULL OR held_to >= held_from", name="held_forward"),
        CheckConstraint("(selection_method = 'election') = (contest_id IS NOT NULL)", name="elected_in_a_contest"),
        CheckConstraint("(contest_id IS NULL) = (term_ends_on IS NULL)", name="elected_for_a_term"),
        CheckConstraint("candidate_id IS NULL OR contest_id IS NOT NULL", name="candidate_of_a_contest"),
        CheckConstraint("contest_id IS NULL OR (holder_name IS NULL) = (candidate_id IS NULL)", name="holder_stood"),
        CheckConstraint("contest_id IS NULL OR (holder_name IS NULL) = (held_to IS NULL)", name="elected_until"),
        CheckConstraint("term_ends_on IS NULL OR held_to IS NULL OR held_to <= term_ends_on", name="within_the_term"),
        Index("uq_seat_contest_id_candidate_id", "contest_id", "candidate_id", unique=True),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    council_id: Mapped[int] = mapped_column(ForeignKey("council.id"), index=True)
    body: Mapped[str] = mapped_column(String(120))
    selection_method: Mapped[str] = mapped_column(String(20), default="nomination_by_body")
    holder_person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    holder_name: Mapped[str | None] = mapped_column(String(120))
    held_from: Mapped[date | None]
    held_to: Mapped[date | None]
    contest_id: Mapped[int | None] = mapped_column(ForeignKey("contest.id"), index=True)
    candidate_id: Mapped[int | None] = mapped_column(ForeignKey("candidate.id"))
    term_ends_on: Mapped[date | None]
