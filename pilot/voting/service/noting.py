"""One audit event about a ballot, in the caller's transaction."""

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from pilot.audit.log import record
from pilot.voting.tables import BallotRow


async def note(session: AsyncSession, row: BallotRow, verb: str, *, by: str, now: datetime, **detail: Any) -> None:
    """Write down what somebody did with a ballot; never a voter."""
    subject = f"ballot {row.id}"
    await record(session, at=now, actor=by, verb=verb, subject=subject, trust=row.trust, detail=detail or None)
