"""The one way in which a box gets from one state to the next."""

from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import WrongState
from pilot.secrecy import queries
from pilot.secrecy.box import move
from pilot.secrecy.tables import BoxRow


async def advance(session: AsyncSession, box: queries.Standing, verb: str, **values: Any) -> None:
    """Move the box on, with these columns; refuses when somebody else has just done so."""
    here = (BoxRow.id == box.id, BoxRow.state == box.state)
    changed = await session.execute(update(BoxRow).where(*here).values(state=move(box.state, verb), **values))
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        raise WrongState("Somebody else has just done this.")
    await session.flush()
