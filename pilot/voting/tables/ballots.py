"""The tables of ballots, lists of voters and declarations. No row here knows a paper, an envelope or an answer."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pilot.store import Row, UtcDateTime
from pilot.voting import lifecycle
from pilot.voting.lifecycle import State


def listed(values: Iterable[str]) -> str:
    """Texts as a CHECK constraint lists them."""
    return ", ".join(repr(str(value)) for value in values)


STATES = listed(state for state in State if state is not State.DRAFT)
NO_LIST = listed((State.ARRANGED, State.MISSED))
COUNTED = listed(lifecycle.COUNTED)


class BallotRow(Row):
    """One question put to the staff of one trust. After `arranged` nothing that a voter reads may change.

    `box_id`, `voter_count`, `frozen_on`, `roll_as_at_on`, `list_digest` and `groups` come with the frozen list;
    `groups` gives people by staff group. `rule` is what is asked, of the `kind` that it names (ballots.Ask).
    `tally` holds the figures of the box and the count from `tallied` on (`counted`).
    An election has a `lot_mark` from the fixing of its list on; from the count on, `lot_number` is the opened number,
    or `lot_lost` says why it could not be opened.
    `turnout_shown` is the published number of sealed votes, `turnout_shown_on` the day on which it was published.
    `closes_at` is when voting really ends; `first_closes_at` is when it was to end before it was extended, once, for
    the published reason `extended_because`. `over_because` says why it was not held, or does not count.
    `watch_mark` is of the key with which the scrutineer watches the log; the key itself is kept nowhere.
    `noticed_at` is when the notices had gone out, `noticed_count` to how many. Two people destroy the sealed
    votes: one asks, another does it. Those of a result that does not count go like those of a final one, and it stays
    `void`.
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
        CheckConstraint(
            f"(lot_number IS NULL AND lot_lost IS NULL) OR state IN ({COUNTED}, 'void')", name="lot_after_close"
        ),
        CheckConstraint("kind_of_vote IN ('vote', 'rehearsal')", name="kind_of_vote"),
        CheckConstraint("(first_closes_at IS NULL) = (extended_because IS NULL)", name="extended_for_a_reason"),
        CheckConstraint("first_closes_at < closes_at", name="extended_forward"),
        CheckConstraint(
            "state <> 'void' OR (over_because IS NOT NULL AND over_because <> '')", name="void_for_a_reason"
        ),
        CheckConstraint("over_because IS NULL OR state IN ('missed', 'void')", name="over_because_it_is_over"),
        CheckConstraint("state <> 'noticed' OR noticed_at IS NOT NULL", name="noticed_at_a_time"),
        CheckConstraint(
            "(noticed_at IS NULL) = (noticed_count IS NULL) AND noticed_count BETWEEN 1 AND voter_count",
            name="noticed_people",
        ),
        CheckConstraint(
            "(erase_asked_by IS NULL) = (erase_asked_at IS NULL) AND (erased_by IS NULL) = (erased_on IS NULL)",
            name="erased_by_somebody",
        ),
        CheckConstraint(
            "(state <> 'erased' OR erased_by IS NOT NULL) AND (erased_by IS NULL OR state IN ('erased', 'void'))",
            name="erased",
        ),
        CheckConstraint(
            "erased_by IS NULL OR (erase_asked_by IS NOT NULL AND erased_by <> erase_asked_by)",
            name="erased_by_two_people",
        ),
        CheckConstraint("erase_asked_by IS NULL OR state IN ('final', 'erased', 'void')", name="erased_when_decided"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    trust: Mapped[str] = mapped_column(String(8), ForeignKey("trust.ods_code"))
    number: Mapped[int]
    subject: Mapped[str] = mapped_column(String(80), index=True)
    title: Mapped[str] = mapped_column(String(200))
    question: Mapped[str] = mapped_column(String(500))
    text: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(10))
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
    kind_of_vote: Mapped[str] = mapped_column(String(9), default="vote", server_default="vote")
    watch_mark: Mapped[str | None] = mapped_column(String(64))
    first_closes_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    extended_because: Mapped[str | None] = mapped_column(Text)
    over_because: Mapped[str | None] = mapped_column(Text)
    noticed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    noticed_count: Mapped[int | None]
    erase_asked_by: Mapped[str | None] = mapped_column(String(80))
    erase_asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    erased_by: Mapped[str | None] = mapped_column(String(80))
    erased_on: Mapped[date | None]

    @property
    def told(self) -> bool:
        """Whether it has a declared result that stands."""
        return self.state in lifecycle.TOLD

    @property
    def set_aside(self) -> bool:
        """Whether it had a declared result that does not count; a vote that was stopped never had one."""
        return self.state == State.VOID and self.counted


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
