"""Reading from which files the values of a study came. Nothing here writes."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.clock import LONDON
from pilot.metrics.catalogue import MANAGEMENT, SURVEY
from pilot.metrics.particulars import Source
from pilot.metrics.queries.door import may_be_read
from pilot.metrics.retention import RATE_FROM
from pilot.metrics.tables import ImportRow, MeasureRow, ObservationRow
from pilot.metrics.tables.waves import WaveRow
from pilot.metrics.wave_figures import file_of
from pilot.metrics.waves import State


async def sources(session: AsyncSession, dataset_id: int, outcomes: Collection[tuple[str, str]]) -> tuple[Source, ...]:
    """The files from which values of these outcomes (instrument and name) came, wave by wave, as far as they may be
    read. The files of a leaver rate are those of its counts."""
    counted = {(instrument, name) for instrument, outcome in outcomes for name in RATE_FROM if outcome == "leaver_rate"}
    query = (
        select(MeasureRow.instrument, ObservationRow.period, ImportRow.filename, ImportRow.sha256, ImportRow.vintage)
        .join(MeasureRow, MeasureRow.id == ObservationRow.measure_id)
        .join(ImportRow, ImportRow.id == ObservationRow.import_id)
        .where(
            MeasureRow.dataset_id == dataset_id,
            tuple_(MeasureRow.instrument, MeasureRow.outcome).in_([*outcomes, *counted]),
            await may_be_read(session),
        )
        .distinct()
    )
    windows = await _windows(session)
    return tuple(
        sorted(
            Source(*row, window=windows.get((row.period, row.filename)) if _held_here(row.instrument) else None)
            for row in await session.execute(query)
        )
    )


def _held_here(instrument: str) -> bool:
    """Whether surveys of this system give figures of the instrument."""
    return instrument.startswith((SURVEY, MANAGEMENT))


async def _windows(session: AsyncSession) -> dict[tuple[str, str], tuple[date, date]]:
    """First and last day of each survey that was held here and released, by its period and the name of its file."""
    rows = await session.scalars(select(WaveRow).where(WaveRow.state == State.RELEASED))
    return {
        (row.period, file_of(row.id)): (
            row.opens_at.astimezone(LONDON).date(), row.closes_at.astimezone(LONDON).date()
        )
        for row in rows
    }  # fmt: skip
