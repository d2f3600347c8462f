"""Reading proposals, how many support them, and boards' answers. Who supports a proposal is never read out."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.councils.proposals import PARTS, ProposalText, State, reference
from pilot.councils.responses import Answer, Commitment, Decision, Ground
from pilot.councils.tables import CommitmentRow, ProposalRow, ResponseRow, SponsorRow, StepRow, SupporterRow
from pilot.errors import NotFound


class Step(Struct, frozen=True):
    """One state that a proposal entered, and the day."""

    state: State
    entered_on: date


class Listed(Struct, frozen=True):
    """A proposal in a list. `reference` is None until it is submitted; times are None until they are set."""

    id: int
    trust: str
    reference: str | None
    title: str
    state: State
    supporters: int
    support_needed: int | None
    support_ends_at: datetime | None
    screening_due_at: datetime | None
    acknowledgement_due_at: datetime | None
    response_due_at: datetime | None


class Proposal(Struct, frozen=True):
    """Everything that pages and services may know of one proposal. No names: sponsors and supporters are numbers."""

    id: int
    trust: str
    reference: str | None
    state: State
    text: ProposalText
    scope: dict[str, bool]
    on_behalf: bool
    invitation: str | None
    sponsors: int
    supporters: int
    reason: str
    referred_to: str
    screening_due_at: datetime | None
    support_needed: int | None
    support_ends_at: datetime | None
    deliberation_ends_at: datetime | None
    fingerprint: str | None
    ballot: int | None
    ballots_held: int
    acknowledgement_due_at: datetime | None
    response_due_at: datetime | None
    steps: tuple[Step, ...]

    @property
    def is_public(self) -> bool:
        """Whether everybody may read it: from the moment when it was opened for support, and for ever after."""
        return self.support_needed is not None

    @property
    def subject(self) -> str:
        """How the audit log and the ballot call it."""
        return f"proposal {self.id}"

    @property
    def vote_missed(self) -> bool:
        """Whether it is locked again because its last vote was not held."""
        last = [step.state for step in self.steps[-2:]]
        return self.state is State.LOCKED and last == [State.BALLOTING, State.LOCKED]


class Published(Struct, frozen=True):
    """A board's answer and when it was published."""

    answer: Answer
    published_at: datetime


_SUPPORTERS = (
    select(func.count())
    .where(SupporterRow.proposal_id == ProposalRow.id)
    .correlate(ProposalRow)
    .scalar_subquery()
    .label("supporters")
)


async def proposal(session: AsyncSession, trust: str, proposal_id: int, *, lock: bool = False) -> Proposal:
    """One proposal of this trust; with `lock`, nobody else moves it until this transaction ends.

    Raises NotFound, also for another trust's proposal.
    """
    wanted = select(ProposalRow).where(ProposalRow.id == proposal_id, ProposalRow.trust == trust)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    row = await session.scalar(wanted)
    if row is None:
        raise NotFound("We cannot find this proposal.")
    steps = await session.scalars(select(StepRow).where(StepRow.proposal_id == row.id).order_by(StepRow.id))
    return Proposal(
        id=row.id,
        trust=row.trust,
        reference=_reference(row.year, row.number),
        state=State(row.state),
        text=ProposalText(**{part: getattr(row, part) for part in PARTS}),
        scope=row.scope,
        on_behalf=row.on_behalf,
        invitation=row.invitation,
        sponsors=await sponsor_count(session, row.id),
        supporters=await supporter_count(session, row.id),
        reason=row.reason,
        referred_to=row.referred_to,
        screening_due_at=row.screening_due_at,
        support_needed=row.support_needed,
        support_ends_at=row.support_ends_at,
        deliberation_ends_at=row.deliberation_ends_at,
        fingerprint=row.fingerprint,
        ballot=row.ballot_id,
        ballots_held=row.ballots_held,
        acknowledgement_due_at=row.acknowledgement_due_at,
        response_due_at=row.response_due_at,
        steps=tuple(Step(State(step.state), step.entered_on) for step in steps),
    )


async def proposals_of_trust(
    session: AsyncSession, trust: str, states: Collection[State] | None = None, *, public: bool = True
) -> tuple[Listed, ...]:
    """The proposals of a trust in these states (None: in any), the newest reference first; all or the public ones."""
    wanted = select(ProposalRow, _SUPPORTERS).where(ProposalRow.trust == trust)
    if states is not None:
        wanted = wanted.where(ProposalRow.state.in_([state.value for state in states]))
    if public:
        wanted = wanted.where(ProposalRow.support_needed.is_not(None))
    rows = await session.execute(
        wanted.order_by(ProposalRow.year.desc(), ProposalRow.number.desc(), ProposalRow.id.desc())
    )
    return tuple(_listed(row, supporters) for row, supporters in rows)


async def proposals_of_sponsor(session: AsyncSession, trust: str, person_id: int) -> tuple[Listed, ...]:
    """The proposals to which this person put their name, the newest first. For their own eyes only."""
    rows = await session.execute(
        select(ProposalRow, _SUPPORTERS)
        .join(SponsorRow, SponsorRow.proposal_id == ProposalRow.id)
        .where(ProposalRow.trust == trust, SponsorRow.person_id == person_id)
        .order_by(ProposalRow.id.desc())
    )
    return tuple(_listed(row, supporters) for row, supporters in rows)


async def sponsor_count(session: AsyncSession, proposal_id: int) -> int:
    """How many people put their name to a proposal."""
    return await session.scalar(select(func.count()).where(SponsorRow.proposal_id == proposal_id)) or 0


async def is_sponsor(session: AsyncSession, proposal_id: int, person_id: int, *, wrote_it: bool = False) -> bool:
    """Whether this person put their name to it; with `wrote_it`, whether they began it."""
    row = await session.get(SponsorRow, (proposal_id, person_id))
    return row is not None and (row.wrote_it or not wrote_it)


async def supporter_count(session: AsyncSession, proposal_id: int) -> int:
    """How many people support a proposal."""
    return await session.scalar(select(func.count()).where(SupporterRow.proposal_id == proposal_id)) or 0


async def supports(session: AsyncSession, proposal_id: int, person_id: int) -> bool:
    """Whether this person supports it. For their own page only."""
    return await session.get(SupporterRow, (proposal_id, person_id)) is not None


async def next_number(session: AsyncSession, trust: str, year: int) -> int:
    """The number of the trust's next reference in a year, from 1."""
    last = await session.scalar(
        select(func.max(ProposalRow.number)).where(ProposalRow.trust == trust, ProposalRow.year == year)
    )
    return (last or 0) + 1


async def support_over(session: AsyncSession, now: datetime) -> Sequence[tuple[str, int]]:
    """Trust and id of the proposals whose time for gathering support is over."""
    return await _reached(session, State.GATHERING, ProposalRow.support_ends_at, now)


async def deliberation_over(session: AsyncSession, now: datetime) -> Sequence[tuple[str, int]]:
    """Trust and id of the proposals whose time for discussion is over."""
    return await _reached(session, State.DELIBERATING, ProposalRow.deliberation_ends_at, now)


async def answer(session: AsyncSession, trust: str, proposal_id: int) -> Published | None:
    """The board's answer to a proposal of this trust; None until it is published."""
    row = await session.scalar(
        select(ResponseRow)
        .join(ProposalRow, ProposalRow.id == ResponseRow.proposal_id)
        .where(ProposalRow.trust == trust, ProposalRow.id == proposal_id)
    )
    if row is None:
        return None
    promises = await session.scalars(
        select(CommitmentRow).where(CommitmentRow.response_id == row.id).order_by(CommitmentRow.place)
    )
    return Published(
        Answer(
            decision=Decision(row.decision),
            reasons=row.reasons,
            ground=Ground(row.ground) if row.ground else None,
            changes=row.changes,
            until=row.until,
            commitments=tuple(Commitment(one.what, one.owner, one.due_on, one.measure) for one in promises),
        ),
        row.published_at,
    )


def _listed(row: ProposalRow, supporters: int) -> Listed:
    return Listed(
        id=row.id,
        trust=row.trust,
        reference=_reference(row.year, row.number),
        title=row.title,
        state=State(row.state),
        supporters=supporters,
        support_needed=row.support_needed,
        support_ends_at=row.support_ends_at,
        screening_due_at=row.screening_due_at,
        acknowledgement_due_at=row.acknowledgement_due_at,
        response_due_at=row.response_due_at,
    )


def _reference(year: int | None, number: int | None) -> str | None:
    return reference(year, number) if year is not None and number is not None else None


async def _reached(session: AsyncSession, state: State, moment: Any, now: datetime) -> Sequence[tuple[str, int]]:
    rows = await session.execute(
        select(ProposalRow.trust, ProposalRow.id)
        .where(ProposalRow.state == state.value, moment <= now)
        .order_by(moment, ProposalRow.id)
    )
    return [(trust, proposal_id) for trust, proposal_id in rows]
