"""Uploads that wait to be confirmed are kept for a day at most."""

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.people.tables import RollUploadRow, TrustUploadRow

KEPT_FOR = timedelta(hours=24)


async def forget_uploads(session: AsyncSession, now: datetime) -> int:
    """Delete uploads that nobody confirmed in time; how many."""
    rolls = await session.execute(
        delete(RollUploadRow).where(RollUploadRow.expires_at <= now).returning(RollUploadRow.id)
    )
    trusts = await session.execute(
        delete(TrustUploadRow).where(TrustUploadRow.expires_at <= now).returning(TrustUploadRow.id)
    )
    return len(rolls.all()) + len(trusts.all())
