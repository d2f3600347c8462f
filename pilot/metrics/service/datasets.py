"""The sets of trusts: made when somebody first brings measures of them, or writes a plan about them."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from pilot.metrics import queries
from pilot.metrics.tables import DatasetRow


async def dataset_for(session: AsyncSession, name: str, kind: str, *, by: str, now: datetime) -> int:
    """The number of the dataset of this name; a new one is made where there is none."""
    there = await queries.dataset_called(session, name)
    if there is not None:
        return there.id
    row = DatasetRow(name=name, kind=kind, made_at=now, made_by=by)
    session.add(row)
    await session.flush()
    return row.id
