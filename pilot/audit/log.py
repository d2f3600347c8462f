"""Append one event in the caller's transaction, and read the chain back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.audit.chain import START, digest, first_break
from pilot.audit.tables import EventRow

CHAIN_LOCK = 0x50494C4F54
"""The number under which PostgreSQL keeps the chain's lock."""


async def record(
    session: AsyncSession,
    *,
    at: datetime,
    actor: str,
    verb: str,
    subject: str,
    trust: str | None = None,
    detail: dict[str, Any] | None = None,
) -> None:
    """Add one act to the chain; of two acts at once the second waits until the first is stored."""
    if session.get_bind().dialect.name == "postgresql":  # on SQLite every writer waits its turn already
        await session.execute(select(func.pg_advisory_xact_lock(CHAIN_LOCK)))
    last = (await session.execute(select(EventRow).order_by(EventRow.number.desc()).limit(1))).scalar_one_or_none()
    row = EventRow(
        number=1 if last is None else last.number + 1,
        at=at,
        actor=actor,
        verb=verb,
        subject=subject,
        trust=trust,
        detail=detail or {},
        digest="",
    )
    row.digest = digest(START if last is None else last.digest, _event(row))
    session.add(row)
    await session.flush()


class Act(Struct, frozen=True):
    """One act as it was written down. `subject` is what was acted on, such as “comparison 3”."""

    at: datetime
    actor: str
    verb: str
    subject: str
    detail: dict[str, Any]


async def acts_on(session: AsyncSession, subjects: Sequence[str], verbs: Sequence[str]) -> tuple[Act, ...]:
    """What was done to these subjects by these verbs, the newest first."""
    query = (
        select(EventRow)
        .where(EventRow.subject.in_(subjects), EventRow.verb.in_(verbs))
        .order_by(EventRow.number.desc())
    )
    return tuple(Act(row.at, row.actor, row.verb, row.subject, row.detail) for row in await session.scalars(query))


async def verify_chain(session: AsyncSession) -> int | None:
    """The number of the first event that does not follow from the one before; None when the chain is whole."""
    rows = (await session.execute(select(EventRow).order_by(EventRow.number))).scalars().all()
    place = first_break((_event(row), row.digest) for row in rows)
    return None if place is None else rows[place - 1].number


def _event(row: EventRow) -> dict[str, Any]:
    return {
        "number": row.number,
        "at": row.at.isoformat(timespec="microseconds"),
        "actor": row.actor,
        "verb": row.verb,
        "subject": row.subject,
        "trust": row.trust,
        "detail": row.detail,
    }
