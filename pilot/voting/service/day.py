"""What the returning officer's list of steps is made from, for one ballot."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from pilot.voting import queries
from pilot.voting.day import Facts
from pilot.voting.lifecycle import State
from pilot.voting.objections import until
from pilot.voting.service.opening import next_to_open, opens_from
from pilot.voting.service.rehearsing import rehearsals
from pilot.voting.service.signing import unsigned
from pilot.voting.service.voting import standing
from pilot.voting.tables import BallotRow
from pilot.web.pages import when


async def day_of(session: AsyncSession, row: BallotRow, *, now: datetime, real: bool) -> Facts:
    """How far a ballot is, and whom it waits for; `real`: this is no demonstration."""
    order, pile = await queries.opening_order(session, row.id), await queries.pile(session, row.id)
    start = opens_from(row)
    return Facts(
        state=State(row.state),
        standing=str(standing(row, now)),
        election=row.kind == "election",
        lot_taken=row.lot_mark is not None,
        lot_lost=row.lot_lost or "",
        voters=row.voter_count or 0,
        opens=when(row.opens_at),
        closes=when(row.closes_at),
        chosen=tuple(f"This server, for the {place.side}" if who is None else who.name for place, who in order),
        own=any(who is not None for _, who in order),
        binding=real and row.kind_of_vote == "vote",
        rehearsal=row.kind_of_vote == "rehearsal",
        rehearsals=len(await rehearsals(session, row)),
        unsigned=await unsigned(session, row) if row.state == State.FROZEN else (),
        opens_from="" if start is None else when(start),
        objections=(await queries.objections_in_numbers(session, row.id)).open if row.state == State.NOTICED else 0,
        turn=await _turn(session, row) if row.state == State.NOTICED else "",
        erase_asked=row.erase_asked_by is not None,
        tellers=tuple(one.name for one in await queries.tellers(session, row.id)),
        papers_wait=pile is not None and pile.second_id is None,
        set_aside=row.set_aside,
        kept_until=await _kept_until(session, row, now) if row.set_aside else "",
        erased=row.erased_on is not None,
    )


async def _kept_until(session: AsyncSession, row: BallotRow, now: datetime) -> str:
    """Until when the sealed votes of a result that does not count are kept; "" once they can be destroyed."""
    end = until((await queries.declared(session, row.id)).declared_at)
    return when(end) if now < end else ""


async def _turn(session: AsyncSession, row: BallotRow) -> str:
    """Who opens next; "" where that is this server."""
    turn = await next_to_open(session, row)
    return turn.name if turn is not None and turn.custody == "own" else ""
