"""The one way in which a wave gets from one state to the next, and what is written down of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.audit.log import record
from pilot.errors import WrongState
from pilot.metrics.tables.waves import WaveRow, WaveTrustRow
from pilot.metrics.waves import State, move

CLOCK = "clock"


async def advance(session: AsyncSession, row: WaveRow, verb: str, **values: Any) -> None:
    """Move a wave, only if it still stands where it was read: of two at once, one gets WrongState."""
    was = State(row.state)
    after = move(was, verb)
    changed = await session.execute(
        update(WaveRow).where(WaveRow.id == row.id, WaveRow.state == was).values(state=after, **values)
    )
    once(changed)
    await session.refresh(row)


def once(changed: Any) -> None:
    """Refuse unless an UPDATE changed just one row."""
    if changed.rowcount != 1:
        raise WrongState("Somebody else has just done this. Load the page again.")


def here(place: WaveTrustRow) -> tuple[Any, Any]:
    """The condition that finds this trust of this wave."""
    return WaveTrustRow.wave_id == place.wave_id, WaveTrustRow.trust == place.trust


async def note(
    session: AsyncSession,
    row: WaveRow,
    verb: str,
    *,
    now: datetime,
    by: str = CLOCK,
    trust: str | None = None,
    **detail: Any,
) -> None:
    """Write down what was done with a wave; never who answered."""
    subject = f"survey {row.id}"
    await record(session, at=now, actor=by, verb=verb, subject=subject, trust=trust, detail=detail or None)
