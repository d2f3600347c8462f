"""What the clock does for people: uploads and sessions that have run out are deleted."""

from datetime import datetime

from pilot.people import service
from pilot.store import Store
from pilot.web import sessions


async def due(store: Store, now: datetime) -> list[str]:
    """Delete what has run out; a sentence for each kind of thing deleted."""
    done = []
    async with store.writing() as session:
        if gone := await sessions.sweep(session, now):
            done.append(f"Sessions that had run out were deleted: {gone}.")
    async with store.writing() as session:
        if gone := await service.forget_uploads(session, now):
            done.append(f"Uploads that had run out were deleted: {gone}.")
    return done
