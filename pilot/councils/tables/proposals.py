"""The tables of proposals with their support, and of boards' answers."""

from datetime import date, datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pilot.councils.proposals import PARTS, RESPONDED, WITH_BOARD, State
from pilot.councils.responses import Decision, Ground
from pilot.councils.tables.founding import ODS_CODE, one_of
from pilot.store import Row, UtcDateTime

UNNUMBERED = (State.DRAFT, State.WITHDRAWN)
WITH_BALLOT = (State.BALLOTING, State.CARRIED, State.NOT_CARRIED, State.INQUORATE, *WITH_BOARD, *RESPONDED)
PUBLIC = (State.GATHERING, State.QUALIFIED, State.LAPSED, State.DELIBERATING, State.LOCKED, *WITH_BALLOT)


class ProposalRow(Row):
    """One proposal: its words, where it is on its way, and what is due when. Its sponsors are people of the trust."""

    __tablename__ = "proposal"
    __table_args__ = (
        UniqueConstraint("trust", "year", "number"),
        Index("ix_proposal_trust_state", "trust", "state"),
        CheckConstraint(one_of("state", State), name="state"),
        CheckConstraint("(year IS NULL) = (number IS NULL)", name="reference_is_whole"),
        CheckConstraint(f"{one_of('state', UNNUMBERED)} OR number IS NOT NULL", name="numbered"),
        CheckConstraint(
            f"{one_of('state', UNNUMBERED)} OR ({' AND '.join(f'{part} <> {chr(39) * 2}' for part in PARTS)})",
            name="complete",
        ),
        CheckConstraint("state <> 'submitted' OR screening_due_at IS NOT NULL", name="screening_due"),
        CheckConstraint(f"NOT ({one_of('state', ('returned', 'referred'))}) OR reason <> ''", name="reason_given"),
        CheckConstraint("state <> 'referred' OR referred_to <> ''", name="referred_somewhere"),
        CheckConstraint("(support_needed IS NULL) = (support_ends_at IS NULL)", name="support_is_whole"),
        CheckConstraint("support_needed > 0", name="support_needed"),
        CheckConstraint(f"NOT ({one_of('state', PUBLIC)}) OR support_needed IS NOT NULL", name="public_has_support"),
        CheckConstraint("state <> 'deliberating' OR deliberation_ends_at IS NOT NULL", name="deliberation_ends"),
        CheckConstraint(
            f"({one_of('state', (State.LOCKED, *WITH_BALLOT))}) = (fingerprint IS NOT NULL)", name="locked_text"
        ),
        CheckConstraint(f"({one_of('state', WITH_BALLOT)}) = (ballot_id IS NOT NULL)", name="has_ballot"),
        CheckConstraint("ballots_held BETWEEN 0 AND 2", name="ballots_held"),
        CheckConstraint(
            "(acknowledgement_due_at IS NULL) = (response_due_at IS NULL)"
            " AND (response_due_at IS NULL OR acknowledgement_due_at <= response_due_at)",
            name="board_dates",
        ),
        CheckConstraint(
            f"({one_of('state', (*WITH_BOARD, *RESPONDED))}) = (response_due_at IS NOT NULL)", name="board_has_dates"
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    trust: Mapped[str] = mapped_column(ODS_CODE, ForeignKey("trust.ods_code"))
    council_id: Mapped[int] = mapped_column(ForeignKey("council.id"))
    state: Mapped[str] = mapped_column(String(24), default=State.DRAFT.value)
    year: Mapped[int | None]
    number: Mapped[int | None]
    title: Mapped[str] = mapped_column(String(200), default="")
    problem: Mapped[str] = mapped_column(Text, default="")
    change: Mapped[str] = mapped_column(Text, default="")
    who_decides: Mapped[str] = mapped_column(Text, default="")
    measure: Mapped[str] = mapped_column(Text, default="")
    scope: Mapped[dict[str, bool]] = mapped_column(JSON, default=dict)
    on_behalf: Mapped[bool] = mapped_column(default=False)
    invitation: Mapped[str | None] = mapped_column(String(40), unique=True)
    screening_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(Text, default="")
    referred_to: Mapped[str] = mapped_column(String(120), default="")
    support_needed: Mapped[int | None]
    support_ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    deliberation_ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    fingerprint: Mapped[str | None] = mapped_column(String(64))
    ballot_id: Mapped[int | None]
    ballots_held: Mapped[int] = mapped_column(default=0)
    acknowledgement_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    response_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class StepRow(Row):
    """One state that a proposal entered, and the day. No time: the last supporter's moment is nobody's business."""

    __tablename__ = "proposal_step"
    id: Mapped[int] = mapped_column(primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"), index=True)
    state: Mapped[str] = mapped_column(String(24))
    entered_on: Mapped[date]


class SponsorRow(Row):
    """One person who put their name to a proposal; the first one wrote it. No page shows who they are."""

    __tablename__ = "proposal_sponsor"
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"), primary_key=True, autoincrement=False)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, autoincrement=False)
    wrote_it: Mapped[bool] = mapped_column(default=False)


class SupporterRow(Row):
    """One person who supports a proposal. No time, no order, no event: who supports it is shown to nobody."""

    __tablename__ = "proposal_supporter"
    # A row number would tell the order in which people came.
    __table_args__ = ({"sqlite_with_rowid": False},)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"), primary_key=True, autoincrement=False)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, autoincrement=False)


class ResponseRow(Row):
    """The board's published answer to one carried proposal."""

    __tablename__ = "response"
    __table_args__ = (
        CheckConstraint(one_of("decision", Decision), name="decision"),
        CheckConstraint(one_of("ground", Ground), name="ground"),
        CheckConstraint("reasons <> ''", name="reasons"),
        CheckConstraint("(decision = 'declined') = (ground IS NOT NULL)", name="ground_when_declined"),
        CheckConstraint("(decision = 'accepted with changes') = (changes IS NOT NULL)", name="changes_when_changed"),
        CheckConstraint("(decision = 'deferred') = (until IS NOT NULL)", name="until_when_deferred"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"), unique=True)
    decision: Mapped[str] = mapped_column(String(24))
    reasons: Mapped[str] = mapped_column(Text)
    ground: Mapped[str | None] = mapped_column(String(10))
    changes: Mapped[str | None] = mapped_column(Text)
    until: Mapped[date | None]
    published_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CommitmentRow(Row):
    """One thing that the board promised in an answer."""

    __tablename__ = "commitment"
    __table_args__ = (UniqueConstraint("response_id", "place"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    response_id: Mapped[int] = mapped_column(ForeignKey("response.id"))
    place: Mapped[int]
    what: Mapped[str] = mapped_column(Text)
    owner: Mapped[str] = mapped_column(String(120))
    due_on: Mapped[date]
    measure: Mapped[str] = mapped_column(Text)
