"""Supporting a proposal. No event, no time, no order: only the number is ever told."""

from datetime import datetime, time

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.councils import queries
from pilot.councils.deadlines import LONDON, deliberation_ends, london_day
from pilot.councils.proposals import State
from pilot.councils.queries import Proposal
from pilot.councils.service.electorate import belongs
from pilot.councils.service.moving import advance
from pilot.councils.tables import SupporterRow
from pilot.errors import NotAllowed, WrongState

NOT_ENTITLED = "You are not on the staff roll for this trust's votes. If that is wrong, tell the coordinator."


async def support(session: AsyncSession, trust: str, proposal_id: int, *, person: int, now: datetime) -> None:
    """Add one person's support; doing it twice counts once. The last one that is needed opens the discussion.

    Raises WrongState when support is not being gathered (any more), NotAllowed for somebody outside the electorate.
    """
    found = await _gathering(session, trust, proposal_id, now)
    if not await belongs(session, trust, person, london_day(now)):
        raise NotAllowed(NOT_ENTITLED)
    if await queries.supports(session, proposal_id, person):
        return
    session.add(SupporterRow(proposal_id=proposal_id, person_id=person))
    await session.flush()
    if found.supporters + 1 >= (found.support_needed or 1):
        await _qualify(session, trust, proposal_id, now)


async def take_back_support(session: AsyncSession, trust: str, proposal_id: int, *, person: int, now: datetime) -> None:
    """Take one person's support back while support is being gathered; doing it twice changes nothing more."""
    await _gathering(session, trust, proposal_id, now)
    await session.execute(
        delete(SupporterRow).where(SupporterRow.proposal_id == proposal_id, SupporterRow.person_id == person)
    )


async def _gathering(session: AsyncSession, trust: str, proposal_id: int, now: datetime) -> Proposal:
    # The row is held until the end of the transaction: of two last supporters at once, the second must see the first.
    found = await queries.proposal(session, trust, proposal_id, lock=True)
    if found.state is not State.GATHERING or found.support_ends_at is None:
        raise WrongState("Support for this proposal is not being gathered now.")
    if now >= found.support_ends_at:
        raise WrongState("The time for supporting this proposal is over.")
    return found


async def _qualify(session: AsyncSession, trust: str, proposal_id: int, now: datetime) -> None:
    # Only the day is told: the moment is the last supporter's.
    day = london_day(now)
    told_at = datetime.combine(day, time(0), LONDON)
    constitution = (await queries.constitution_on(session, trust, day)).constitution
    found = await queries.proposal(session, trust, proposal_id)
    await advance(session, found, "qualify", actor="enough supporters", now=told_at)
    found = await queries.proposal(session, trust, proposal_id)
    ends_at = deliberation_ends(now, constitution)
    await advance(session, found, "deliberate", actor="enough supporters", now=told_at, deliberation_ends_at=ends_at)
