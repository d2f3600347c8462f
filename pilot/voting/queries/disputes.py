"""What is asked of the disputes: what people say is wrong with their own vote."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import NotFound
from pilot.voting.tables import DisputeRow


async def disputes(session: AsyncSession, ballot_id: int) -> Sequence[DisputeRow]:
    """All of a ballot: those without an answer first, by kind and words, so that their order tells no order of time."""
    answered = DisputeRow.answered_on.is_not(None)
    found = select(DisputeRow).where(DisputeRow.ballot_id == ballot_id)
    return (await session.execute(found.order_by(answered, DisputeRow.kind, DisputeRow.text))).scalars().all()


async def dispute(session: AsyncSession, ballot_id: int, dispute_id: int) -> DisputeRow:
    """One of this ballot. Raises NotFound."""
    row = await session.get(DisputeRow, dispute_id)
    if row is None or row.ballot_id != ballot_id:
        raise NotFound("There is no such problem.")
    return row


async def disputes_on(session: AsyncSession, ballot_id: int, day: date) -> int:
    """How many of a ballot were told on this day."""
    wanted = select(func.count()).select_from(DisputeRow)
    return (
        await session.execute(wanted.where(DisputeRow.ballot_id == ballot_id, DisputeRow.made_on == day))
    ).scalar_one()
