"""What voting tells councils of: a declared result, one that is set aside, or a vote that was not held."""

from sqlalchemy.ext.asyncio import AsyncSession

from pilot.councils.service import electing, path
from pilot.voting.declaration import Declaration
from pilot.voting.service import Missed


async def on_declared(session: AsyncSession, declaration: Declaration) -> None:
    """Move the proposal on, or fill the seats; in the transaction of the declaration."""
    await path.on_declared(session, declaration)
    await electing.on_declared(session, declaration)


async def on_missed(session: AsyncSession, missed: Missed) -> None:
    """Let the proposal or the election have new dates; in the transaction that called the vote off."""
    await path.on_missed(session, missed)
    await electing.on_missed(session, missed)


async def on_set_aside(session: AsyncSession, ballot: Missed) -> None:
    """Let a proposal have a new vote when its declared result does not count; in the transaction of that decision.

    Seats that an election has filled stay filled: whoever sits there by then has to be heard, so that the coordinator
    records each vacancy.
    """
    await path.on_set_aside(session, ballot)
