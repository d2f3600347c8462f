"""The one door to stored figures: what is held back until a plan for the programme's trusts is locked."""

from datetime import date

from sqlalchemy import ColumnElement, and_, exists, not_, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from pilot.metrics.registration import Door, State, readable
from pilot.metrics.tables import DatasetRow, ImportRow, MeasureRow, MovementRow, ObservationRow, StudyRow
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
    of_others = (
        select(MeasureRow.id).join(DatasetRow, DatasetRow.id == MeasureRow.dataset_id).where(DatasetRow.kind == "other")
    )
    return await _let_through(
        session, ObservationRow.period, ObservationRow.trust, ObservationRow.measure_id.in_(of_others)
    )


async def movements_may_be_read(session: AsyncSession) -> ColumnElement[bool]:
    """The same for every reading of staff movements, which are outcomes too."""
    of_others = (
        select(ImportRow.id).join(DatasetRow, DatasetRow.id == ImportRow.dataset_id).where(DatasetRow.kind == "other")
    )
    return await _let_through(session, MovementRow.month, MovementRow.trust, MovementRow.import_id.in_(of_others))


async def is_blind_import(session: AsyncSession, import_id: int) -> bool:
    """Whether no figure of a file that was taken is told: no plan is locked, and it is about the programme's own
    trusts, or among its figures about others are some of theirs that are held back."""
    if (await the_door(session)).locked:
        return False
    of_the_programme = (
        select(ImportRow.id)
        .join(DatasetRow, DatasetRow.id == ImportRow.dataset_id)
        .where(ImportRow.id == import_id, DatasetRow.kind == "programme")
    )
    hidden = select(ObservationRow.id).where(ObservationRow.import_id == import_id, not_(await may_be_read(session)))
    return bool(await session.scalar(select(or_(exists(of_the_programme), exists(hidden)))))


async def _let_through(
    session: AsyncSession,
    period: InstrumentedAttribute[str],
    trust: InstrumentedAttribute[str],
    is_of_others: ColumnElement[bool],
) -> ColumnElement[bool]:
    """What ended before the first start, and what is of other trusts; everything after the lock."""
    door = await the_door(session)
    if door.locked:
        return true()
    periods = await session.scalars(select(period).distinct())
    return or_(
        period.in_(readable(periods, door.starts, False)),
        and_(is_of_others, trust.not_in(sorted(door.own))),
    )


async def _is_locked(session: AsyncSession) -> bool:
    query = (
        select(StudyRow.id)
        .join(DatasetRow, DatasetRow.id == StudyRow.dataset_id)
        .where(DatasetRow.kind == "programme", StudyRow.state != State.DRAFT)
    )
    return bool(await session.scalar(select(exists(query))))
