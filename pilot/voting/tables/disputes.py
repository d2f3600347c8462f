"""The tables of what comes between: pauses, and what people say against a vote, a result or their own paper."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, literal_column
from sqlalchemy.orm import Mapped, mapped_column

from pilot.store import Row, UtcDateTime
from pilot.voting.tables.ballots import listed


class PauseRow(Row):
    """One time in which voting was paused, with the published reason; `resumed_at` is None while it lasts."""

    __tablename__ = "ballot_pause"
    __table_args__ = (
        CheckConstraint("because <> ''", name="because"),
        CheckConstraint("suspended_at <= resumed_at", name="forward"),
        CheckConstraint("(resumed_at IS NULL) = (resumed_because IS NULL)", name="resumed_for_a_reason"),
        Index(
            "uq_ballot_pause_one_at_a_time",
            "ballot_id",
            unique=True,
            sqlite_where=literal_column("resumed_at IS NULL"),
            postgresql_where=literal_column("resumed_at IS NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    ballot_id: Mapped[int] = mapped_column(ForeignKey("ballot.id"), index=True)
    suspended_at: Mapped[datetime] = mapped_column(UtcDateTime)
    because: Mapped[str] = mapped_column(Text)
    resumed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    resumed_because: Mapped[str | None] = mapped_column(Text)


OBJECTIONS = ("did not vote", "voted", "not on paper", "something else")
"""What somebody can say against what is recorded for them."""

OUTCOMES = ("explained", "not shown", "right")
"""How an objection ends: the person agrees with what is recorded, nothing bears it out, or the record is wrong."""


class ObjectionRow(Row):
    """What somebody says against what is recorded for them, before the sealed votes are opened, and how it ended.

    `name` is who says it, `taken_by` who wrote it down; `outcome` is how it ended and `finding` why, None while it is
    open.
    """

    __tablename__ = "objection"
    __table_args__ = (
        CheckConstraint("name <> '' AND text <> ''", name="said_by_somebody"),
        CheckConstraint(
            "(settled_at IS NULL) = (settled_by IS NULL) AND (settled_at IS NULL) = (finding IS NULL)", name="settled"
        ),
        CheckConstraint("finding <> ''", name="finding"),
        CheckConstraint(f"kind IN ({listed(OBJECTIONS)})", name="kind"),
        CheckConstraint(
            f"(outcome IS NULL) = (settled_at IS NULL) AND (outcome IS NULL OR outcome IN ({listed(OUTCOMES)}))",
            name="outcome",
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    ballot_id: Mapped[int] = mapped_column(ForeignKey("ballot.id"), index=True)
    kind: Mapped[str] = mapped_column(String(14))
    name: Mapped[str] = mapped_column(String(120))
    text: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    taken_by: Mapped[str] = mapped_column(String(80))
    outcome: Mapped[str | None] = mapped_column(String(9))
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settled_by: Mapped[str | None] = mapped_column(String(80))
    finding: Mapped[str | None] = mapped_column(Text)


CHALLENGERS = ("voter", "candidate", "scrutineer")
"""Who may question a declared result."""


class ChallengeRow(Row):
    """A declared result questioned within 21 days, and how it was decided; `upheld` is None while it is open.

    `name` is who questions it and `kind` as what; the name is published nowhere.
    """

    __tablename__ = "challenge"
    __table_args__ = (
        CheckConstraint("name <> '' AND grounds <> ''", name="said_by_somebody"),
        CheckConstraint(
            "(decided_at IS NULL) = (decided_by IS NULL) AND (decided_at IS NULL) = (upheld IS NULL) "
            "AND (decided_at IS NULL) = (reasons IS NULL)",
            name="decided",
        ),
        CheckConstraint("reasons <> ''", name="reasons"),
        CheckConstraint(f"kind IN ({listed(CHALLENGERS)})", name="kind"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    ballot_id: Mapped[int] = mapped_column(ForeignKey("ballot.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(120))
    grounds: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    taken_by: Mapped[str] = mapped_column(String(80))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[str | None] = mapped_column(String(80))
    upheld: Mapped[bool | None]
    reasons: Mapped[str | None] = mapped_column(Text)


DISPUTES = (
    "code missing",
    "answer differs",
    "no vote recorded",
    "vote not mine",
    "receipt refused",
    "refused",
    "something else",
)
"""What a voter can say that is wrong with their own vote."""


class DisputeRow(Row):
    """What somebody says is wrong with their own vote, and the answer; it names no paper."""

    __tablename__ = "dispute"
    __table_args__ = (
        CheckConstraint(f"kind IN ({listed(DISPUTES)})", name="kind"),
        CheckConstraint("name <> '' AND text <> ''", name="said_by_somebody"),
        CheckConstraint(
            "(answered_on IS NULL) = (answered_by IS NULL) AND (answered_on IS NULL) = (answer IS NULL)",
            name="answered",
        ),
        CheckConstraint("answer <> ''", name="answer"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    ballot_id: Mapped[int] = mapped_column(ForeignKey("ballot.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(120))
    contact: Mapped[str] = mapped_column(String(254), default="")
    text: Mapped[str] = mapped_column(Text)
    made_on: Mapped[date]
    answered_on: Mapped[date | None]
    answered_by: Mapped[str | None] = mapped_column(String(80))
    answer: Mapped[str | None] = mapped_column(Text)
