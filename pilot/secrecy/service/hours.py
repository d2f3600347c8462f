"""Change when a box takes votes: later, or not for a while. Each change stands in the log, with its reason."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import WrongState
from pilot.secrecy import leaves, queries
from pilot.secrecy.box import check_extension, check_resumption, move, why
from pilot.secrecy.service.log import append
from pilot.secrecy.tables import BoxRow


async def extend(session: AsyncSession, box_id: int, *, closes_at: datetime, reason: str) -> None:
    """Let the box close later, once, by up to half of the planned time; `closes_at` loses any part of a second."""
    box = await queries.box(session, box_id, lock=True)
    move(box.state, "extend")
    entries = leaves.read_all(await queries.log(session, box_id))
    again = any(entry["type"] == "extend" for entry in entries)
    closes = _whole(closes_at)
    check_extension(box.manifest, box.doors, closes, again=again)
    await _change(session, box, leaves.extend_leaf(closes, why(reason)), closes_at=closes)


async def suspend(session: AsyncSession, box_id: int, *, reason: str) -> None:
    """Take no votes until further notice."""
    box = await queries.box(session, box_id, lock=True)
    move(box.state, "suspend")
    if box.suspended:
        raise WrongState("Voting is paused already.")
    await _change(session, box, leaves.suspend_leaf(why(reason)), suspended=True)


async def resume(session: AsyncSession, box_id: int, *, closes_at: datetime, reason: str) -> None:
    """Take votes again after a pause, until `closes_at`, which is not before the former close."""
    box = await queries.box(session, box_id, lock=True)
    move(box.state, "resume")
    closes = _whole(closes_at)
    check_resumption(box.doors, closes)
    await _change(session, box, leaves.resume_leaf(closes, why(reason)), closes_at=closes, suspended=False)


def _whole(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)


async def _change(session: AsyncSession, box: queries.Standing, leaf: bytes, **values: Any) -> None:
    here = (BoxRow.id == box.id, BoxRow.state == box.state, BoxRow.suspended == box.suspended)
    changed = await session.execute(update(BoxRow).where(*here).values(**values))
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        raise WrongState("Somebody else has just done this.")
    await append(session, box, leaf)
