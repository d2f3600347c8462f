"""What the clock asks of measures: files that nobody confirmed are thrown away."""

from datetime import datetime

from pilot.metrics import service
from pilot.store import Store


async def due(store: Store, now: datetime) -> list[str]:
    """Do what is due; a sentence for each thing done."""
    async with store.writing() as session:
        gone = await service.forget_old(session, now)
    return [f"{gone:,} files of measures that nobody confirmed were deleted."] if gone else []
