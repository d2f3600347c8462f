"""Reading what is stored on how one trust is led and managed. Nothing here writes."""

from sqlalchemy import ColumnElement, Select, exists, not_, select
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.metrics.management import INSTRUMENTS, Stored
from pilot.metrics.queries.door import may_be_read
from pilot.metrics.register import Rating
from pilot.metrics.tables import DatasetRow, MeasureRow, ObservationRow, RatingRow


async def stored_of(session: AsyncSession, trust: str) -> tuple[Stored, ...]:
    """The figures of a trust of the programme, from the instruments that the page knows, that may be read."""
    rows = await session.execute(_of(trust, await may_be_read(session)))
    return tuple(Stored(row.instrument, row.outcome, row.period, row.value, row.n) for row in rows)


async def some_held_back(session: AsyncSession, trust: str) -> bool:
    """Whether figures of the trust wait for the lock of a plan."""
    waiting = _of(trust, not_(await may_be_read(session)))
    return bool(await session.scalar(select(exists(waiting))))


async def ratings_of(session: AsyncSession, trust: str) -> tuple[Rating, ...]:
    """The published ratings of a trust, the newest first."""
    wanted = select(RatingRow).where(RatingRow.trust == trust).order_by(RatingRow.published_on.desc())
    return tuple(
        Rating(row.trust, row.published_on, row.overall, row.well_led) for row in await session.scalars(wanted)
    )


def _of(trust: str, condition: ColumnElement[bool]) -> Select[str, str, str, float, int | None]:
    return (
        select(MeasureRow.instrument, MeasureRow.outcome, ObservationRow.period, ObservationRow.value, ObservationRow.n)
        .join(MeasureRow, MeasureRow.id == ObservationRow.measure_id)
        .join(DatasetRow, DatasetRow.id == MeasureRow.dataset_id)
        .where(
            DatasetRow.kind == "programme",
            ObservationRow.trust == trust,
            MeasureRow.instrument.in_(INSTRUMENTS),
            condition,
        )
    )
