"""The tables of elections, their candidates, and seats that became empty."""

from datetime import date
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    literal_column,
)
from sqlalchemy.orm import Mapped, mapped_column

from pilot.councils import vacancies
from pilot.councils.contests import OVER, State
from pilot.councils.tables.founding import ODS_CODE, one_of
from pilot.store import Row
from pilot.voting.ballots import LONGEST_NAME, MOST_SEATS

WITH_BALLOT = (State.ARRANGED, State.DECLARED)


class ContestRow(Row):
    """One election of council members.

    `kept` are the reserved places. `constitution_version`, `rule` and `ballot_id` come when it is arranged;
    without a vote there is neither rule nor ballot. `revision` goes up with each change of the draft, so that of two
    at once one waits for the other. `missed`: its last vote was not held.
    """

    __tablename__ = "contest"
    __table_args__ = (
        Index("ix_contest_trust_state", "trust", "state"),
        CheckConstraint(one_of("state", State), name="state"),
        CheckConstraint("title <> ''", name="title"),
        CheckConstraint(f"seats BETWEEN 1 AND {MOST_SEATS}", name="seats"),
        CheckConstraint("(opens_on IS NULL) = (closes_on IS NULL)", name="dates_are_whole"),
        CheckConstraint("opens_on < closes_on", name="opens_before_closing"),
        CheckConstraint(f"({one_of('state', WITH_BALLOT)}) = (ballot_id IS NOT NULL)", name="has_ballot"),
        CheckConstraint("(ballot_id IS NULL) = (rule IS NULL)", name="ballot_has_a_rule"),
        CheckConstraint("ballot_id IS NULL OR opens_on IS NOT NULL", name="ballot_has_dates"),
        CheckConstraint(
            f"({one_of('state', (State.ARRANGED, *OVER))}) = (constitution_version IS NOT NULL)", name="pinned"
        ),
        CheckConstraint(f"({one_of('state', OVER)}) = (declared_on IS NOT NULL)", name="declared_on"),
        CheckConstraint("(declared_on IS NULL) = (term_ends_on IS NULL)", name="declared_for_a_term"),
        CheckConstraint("term_ends_on >= declared_on", name="term_forward"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    trust: Mapped[str] = mapped_column(ODS_CODE, ForeignKey("trust.ods_code"))
    council_id: Mapped[int] = mapped_column(ForeignKey("council.id"))
    state: Mapped[str] = mapped_column(String(12), default=State.DRAFT.value)
    title: Mapped[str] = mapped_column(String(120))
    seats: Mapped[int]
    kept: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    opens_on: Mapped[date | None]
    closes_on: Mapped[date | None]
    revision: Mapped[int] = mapped_column(default=0)
    missed: Mapped[bool] = mapped_column(default=False)
    constitution_version: Mapped[int | None]
    rule: Mapped[str | None] = mapped_column(String(24))
    ballot_id: Mapped[int | None] = mapped_column(unique=True)
    declared_on: Mapped[date | None]
    term_ends_on: Mapped[date | None]


class CandidateRow(Row):
    """One candidate; `number` is the place on the paper, given when the election is arranged."""

    __tablename__ = "candidate"
    __table_args__ = (
        UniqueConstraint("contest_id", "name"),
        UniqueConstraint("contest_id", "number"),
        CheckConstraint("name <> ''", name="name"),
        CheckConstraint("number > 0", name="number"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    contest_id: Mapped[int] = mapped_column(ForeignKey("contest.id"))
    number: Mapped[int | None]
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    group: Mapped[str] = mapped_column("class", String(80), default="")
    statement: Mapped[str] = mapped_column(Text, default="")


def _once(name: str, column: str) -> Index:
    """A seat is empty once at a time; a leaving that was taken back does not count."""
    stands: ColumnElement[Any] = literal_column("state <> 'withdrawn'")
    return Index(name, column, unique=True, sqlite_where=stands, postgresql_where=stands)


class VacancyRow(Row):
    """One seat without its elected holder, and how it is filled.

    `left_seat_id` is the seat as it was held before; None when nobody was elected to it. `agreed` are the ids of the
    candidates who would take the seat, `count` the count of the papers as JSON, `winner_id` whom it elected.
    `by_election_id` is the election that fills it. When the leaving is taken back, `seat_id` is the seat that was left.
    """

    __tablename__ = "vacancy"
    __table_args__ = (
        CheckConstraint(one_of("state", vacancies.State), name="state"),
        CheckConstraint(one_of("cause", vacancies.Cause), name="cause"),
        CheckConstraint("(cause = 'never filled') = (left_seat_id IS NULL)", name="somebody_left"),
        CheckConstraint(
            "state <> 'withdrawn' OR (left_seat_id IS NOT NULL AND seat_id = left_seat_id)", name="given_back"
        ),
        CheckConstraint("state <> 'withdrawn' OR NOT counted", name="not_given_back_when_counted"),
        _once("uq_vacancy_seat_id", "seat_id"),
        _once("uq_vacancy_left_seat_id", "left_seat_id"),
        CheckConstraint("because <> ''", name="because"),
        CheckConstraint("state NOT IN ('asking', 'counted') OR agree_until IS NOT NULL", name="asking_until"),
        CheckConstraint("winner_id IS NULL OR counted", name="winner_of_a_count"),
        CheckConstraint("state <> 'counted' OR counted", name="counted"),
        CheckConstraint("(state = 'filled') = (filled_on IS NOT NULL)", name="filled_on"),
        CheckConstraint("by_election_id IS NULL OR state IN ('by-election', 'filled')", name="by_election"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    trust: Mapped[str] = mapped_column(ODS_CODE, ForeignKey("trust.ods_code"), index=True)
    contest_id: Mapped[int] = mapped_column(ForeignKey("contest.id"))
    seat_id: Mapped[int] = mapped_column(ForeignKey("seat.id"))
    left_seat_id: Mapped[int | None] = mapped_column(ForeignKey("seat.id"))
    cause: Mapped[str] = mapped_column(String(16))
    empty_from: Mapped[date]
    rule: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(12))
    because: Mapped[str] = mapped_column(Text)
    agree_until: Mapped[date | None]
    all_answered: Mapped[bool] = mapped_column(default=False)
    agreed: Mapped[list[int]] = mapped_column(JSON, default=list)
    counted: Mapped[bool] = mapped_column(default=False)
    count: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    winner_id: Mapped[int | None] = mapped_column(ForeignKey("candidate.id"))
    by_election_id: Mapped[int | None] = mapped_column(ForeignKey("contest.id"), unique=True)
    filled_on: Mapped[date | None]
