"""The tables of ballots, lists of voters and declarations. No row here knows a paper, an envelope or an answer."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pilot.store import Row, UtcDateTime
from pilot.voting.lifecycle import State

STATES = ", ".join(repr(str(state)) for state in State if state is not State.DRAFT)
NO_LIST = ", ".join(repr(str(state)) for state in (State.ARRANGED, State.MISSED))
COUNTED = ", ".join(repr(str(state)) for state in (State.TALLIED, State.DECLARED, State.FINAL))


class BallotRow(Row):
    """One question put to the staff of one trust. After `arranged` nothing that a voter reads may change.

    `box_id`, `voter_count`, `frozen_on`, `roll_as_at_on`, `list_digest` and `groups` come with the frozen list;
    `groups` gives people by staff group. `rule` is what is asked, of the `kind` that it names (ballots.Ask).
    `tally` holds the figures of the box and the count from `tallied` on (`counted`).
    An election has a `lot_mark` from the fixing of its list on; from the count on, `lot_number` is the opened number,
    or `lot_lost` says why it could not be opened.
    `turnout_shown` is the published number of sealed votes, `turnout_shown_on` the day on which it was published.
    """

    __tablename__ = "ballot"
    __table_args__ = (
        UniqueConstraint("trust", "number"),
        CheckConstraint(f"state IN ({STATES})", name="state"),
        CheckConstraint("opens_at < closes_at", name="opens_before_closing"),
        CheckConstraint("kind IN ('majority', 'election')", name="kind"),
        CheckConstraint(
            f"state IN ({NO_LIST}) OR (box_id IS NOT NULL AND voter_count >= 20 AND frozen_on IS NOT NULL "
            "AND roll_as_at_on IS NOT NULL AND list_digest IS NOT NULL)",
            name="frozen_with_its_list",
        ),
        CheckConstraint(f"state NOT IN ({COUNTED}) OR counted", name="counted_with_its_tally"),
        CheckConstraint("turnout_shown >= 0", name="turnout_shown"),
        CheckConstraint("kind = 'election' OR (lot_mark IS NULL AND lot_lost IS NULL)", name="lots_in_elections_only"),
        CheckConstraint(f"kind = 'majority' OR state IN ({NO_LIST}) OR lot_mark IS NOT NULL", name="frozen_with_a_lot"),
        CheckConstraint("lot_number IS NULL OR (lot_mark IS NOT NULL AND lot_lost IS NULL)", name="one_lot"),
        CheckConstraint(
            f"kind = 'majority' OR state NOT IN ({COUNTED}) OR lot_number IS NOT NULL OR lot_lost IS NOT NULL",
            name="counted_with_its_lot",
        ),
        CheckConstraint(f"(lot_number IS NULL AND lot_lost IS NULL) OR state IN ({COUNTED})", name="lot_after_close"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    trust: Mapped[str] = mapped_column(String(8), ForeignKey("trust.ods_code"))
    number: Mapped[int]
    subject: Mapped[str] = mapped_column(String(80), index=True)
    title: Mapped[str] = mapped_column(String(200))
    question: Mapped[str] = mapped_column(String(500))
    text: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(8))
    opens_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closes_at: Mapped[datetime] = mapped_column(UtcDateTime)
    kind: Mapped[str] = mapped_column(String(8))
    rule: Mapped[dict[str, Any]] = mapped_column(JSON)
    lot_mark: Mapped[str | None] = mapped_column(String(64))
    lot_number: Mapped[str | None] = mapped_column(String(20))
    lot_lost: Mapped[str | None] = mapped_column(Text)
    arranged_by: Mapped[str] = mapped_column(String(80))
    box_id: Mapped[int | None] = mapped_column(unique=True)
    voter_count: Mapped[int | None]
    frozen_on: Mapped[date | None]
    roll_as_at_on: Mapped[date | None]
    list_digest: Mapped[str | None] = mapped_column(String(64))
    groups: Mapped[list[list[Any]]] = mapped_column(JSON, default=list)
    turnout_shown: Mapped[int] = mapped_column(default=0)
    turnout_shown_on: Mapped[date | None]
    tally: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    counted: Mapped[bool] = mapped_column(default=False)


class ElectorRow(Row):
    """One person on the list of voters; `v` is the random number under which the sealed box knows them (16 bytes)."""

    __tablename__ = "elector"
    __table_args__ = (UniqueConstraint("ballot_id", "v"),)
    ballot_id: Mapped[int] = mapped_column(ForeignKey("ballot.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, index=True)
    v: Mapped[bytes] = mapped_column(LargeBinary(16))


class LeftOutRow(Row):
    """One person of the staff roll who cannot vote in this ballot; `reason` is the name of an electorate.Reason."""

    __tablename__ = "left_out"
    ballot_id: Mapped[int] = mapped_column(ForeignKey("ballot.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    reason: Mapped[str] = mapped_column(String(20))


class DeclarationRow(Row):
    """A declared result as it was published, its count, the list of check codes, and the record that proves it."""

    __tablename__ = "declaration"
    ballot_id: Mapped[int] = mapped_column(ForeignKey("ballot.id"), primary_key=True, autoincrement=False)
    declared_at: Mapped[datetime] = mapped_column(UtcDateTime)
    declared_by: Mapped[str] = mapped_column(String(80))
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    count: Mapped[dict[str, Any]] = mapped_column(JSON, deferred=True)
    listed: Mapped[list[list[str]]] = mapped_column(JSON, deferred=True)
    record: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    record_digest: Mapped[str] = mapped_column(String(64))
