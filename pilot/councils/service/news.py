"""What voting tells councils of: a declared result, or a vote that was not held. Each matter takes its own."""

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
