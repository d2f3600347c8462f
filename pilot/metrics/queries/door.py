"""The one door to stored figures: what is held back until a plan for the programme's trusts is locked."""

from datetime import date

from sqlalchemy import ColumnElement, and_, exists, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.metrics.registration import Door, State, readable
from pilot.metrics.tables import DatasetRow, ImportRow, MeasureRow, ObservationRow, StudyRow
from pilot.people import queries as people


async def the_door(session: AsyncSession) -> Door:
    """How the door stands now: the starts that count are those known now, and when each file was taken."""
    trusts = await people.trusts_of_programme(session)
    now = {trust.starts_on for trust in trusts if trust.arm == "pilot" and trust.starts_on}
    return Door(
        locked=await _is_locked(session),
        starts=tuple(sorted(now | set(await recorded_starts(session)))),
        own=frozenset(trust.ods_code for trust in trusts),
    )


async def recorded_starts(session: AsyncSession) -> tuple[date, ...]:
    """The first start as it was known when each file about the programme's trusts was taken."""
    query = (
        select(ImportRow.first_start_on)
        .join(DatasetRow, DatasetRow.id == ImportRow.dataset_id)
        .where(DatasetRow.kind == "programme", ImportRow.first_start_on.is_not(None))
        .distinct()
    )
    return tuple(day for day in await session.scalars(query) if day)


async def may_be_read(session: AsyncSession) -> ColumnElement[bool]:
    """The condition that every reading of observations carries: what it lets through may be read by evaluators."""
    door = await the_door(session)
    if door.locked:
        return true()
    periods = await session.scalars(select(ObservationRow.period).distinct())
    of_others = (
        select(MeasureRow.id)
        .join(DatasetRow, DatasetRow.id == MeasureRow.dataset_id)
        .where(DatasetRow.kind == "other")
        .scalar_subquery()
    )
    return or_(
        ObservationRow.period.in_(readable(periods, door.starts, False)),
        and_(ObservationRow.measure_id.in_(of_others), ObservationRow.trust.not_in(sorted(door.own))),
    )


async def _is_locked(session: AsyncSession) -> bool:
    query = (
        select(StudyRow.id)
        .join(DatasetRow, DatasetRow.id == StudyRow.dataset_id)
        .where(DatasetRow.kind == "programme", StudyRow.state != State.DRAFT)
    )
    return bool(await session.scalar(select(exists(query))))
