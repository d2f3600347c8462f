"""Reading datasets, measures and comparisons. Nothing here writes, and nothing here is about a person."""

from collections.abc import Mapping
from datetime import datetime

import msgspec
from sqlalchemy import exists, func, not_, select
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import NotFound
from pilot.metrics.arms import Arm
from pilot.metrics.queries.accesses import Access, accesses
from pilot.metrics.queries.comparisons import Compared, ComparedLine, Judged, Spec, comparison, comparisons
from pilot.metrics.queries.door import is_blind_import, may_be_read, recorded_starts, the_door
from pilot.metrics.queries.imports import Imported, Staged, imported, imports, staged
from pilot.metrics.queries.studies import (
    Study,
    Version,
    comparisons_made,
    periods_stored,
    stored_elsewhere,
    studies,
    study,
    study_called,
)
from pilot.metrics.respondents import RATE, UNKNOWN, Answering, Sample
from pilot.metrics.respondents import answered as by_place
from pilot.metrics.retention import LEAVER_RATE, LEAVERS, RATE_FROM, Rate, leaver_rates
from pilot.metrics.tables import AllocationRow, DatasetRow, MeasureRow, ObservationRow
from pilot.people import queries as people

__all__ = [
    "Access",
    "Compared",
    "ComparedLine",
    "Dataset",
    "Imported",
    "Judged",
    "Measure",
    "Spec",
    "Staged",
    "Study",
    "Value",
    "Version",
    "accesses",
    "answered",
    "arms",
    "arms_of",
    "comparison",
    "comparisons",
    "comparisons_made",
    "dataset",
    "dataset_called",
    "datasets",
    "held",
    "holds_back",
    "imported",
    "imports",
    "is_blind_import",
    "leavers",
    "measure",
    "measure_ids",
    "measures",
    "periods_stored",
    "recorded_starts",
    "staged",
    "stored_elsewhere",
    "studies",
    "study",
    "study_called",
    "the_door",
    "values",
]


class Dataset(msgspec.Struct, frozen=True):
    """Trusts that are compared with each other. `kind` is "programme" or "other"."""

    id: int
    name: str
    kind: str
    made_at: datetime


class Measure(msgspec.Struct, frozen=True):
    """One outcome that can be compared, and how much of it there is. `kind` is "score", "count" or "rate"."""

    id: int
    dataset_id: int
    instrument: str
    outcome: str
    kind: str
    trusts: int = 0
    values: int = 0


class Value(msgspec.Struct, frozen=True):
    """One value of one trust in one period. `people` are those behind it, None where its publisher gave no number."""

    trust: str
    period: str
    value: float
    people: int | None
    n: int | None
    sample: Sample = UNKNOWN


async def datasets(session: AsyncSession) -> tuple[Dataset, ...]:
    """Every dataset, by name."""
    rows = await session.scalars(select(DatasetRow).order_by(DatasetRow.name))
    return tuple(Dataset(row.id, row.name, row.kind, row.made_at) for row in rows)


async def dataset(session: AsyncSession, dataset_id: int) -> Dataset:
    """One dataset. Raises NotFound."""
    row = await session.get(DatasetRow, dataset_id)
    if row is None:
        raise NotFound("There is no such set of measures.")
    return Dataset(row.id, row.name, row.kind, row.made_at)


async def dataset_called(session: AsyncSession, name: str) -> Dataset | None:
    """The dataset of this name."""
    row = (await session.scalars(select(DatasetRow).where(DatasetRow.name == name))).one_or_none()
    return None if row is None else Dataset(row.id, row.name, row.kind, row.made_at)


async def measures(session: AsyncSession, dataset_id: int | None = None) -> tuple[Measure, ...]:
    """The measures of one dataset, or of all, by dataset, instrument and name. What is held back is not counted."""
    counted = (
        select(
            ObservationRow.measure_id,
            func.count().label("values"),
            func.count(ObservationRow.trust.distinct()).label("trusts"),
        )
        .where(await may_be_read(session))
        .group_by(ObservationRow.measure_id)
        .subquery()
    )
    query = (
        select(MeasureRow, counted.c.trusts, counted.c["values"])
        .outerjoin(counted, counted.c.measure_id == MeasureRow.id)
        .order_by(MeasureRow.dataset_id, MeasureRow.instrument, MeasureRow.outcome)
    )
    if dataset_id is not None:
        query = query.where(MeasureRow.dataset_id == dataset_id)
    return tuple(
        Measure(row.id, row.dataset_id, row.instrument, row.outcome, row.kind, trusts or 0, number or 0)
        for row, trusts, number in await session.execute(query)
    )


async def measure(session: AsyncSession, measure_id: int) -> Measure:
    """One measure. Raises NotFound."""
    row = await session.get(MeasureRow, measure_id)
    if row is None:
        raise NotFound("There is no such measure.")
    return Measure(row.id, row.dataset_id, row.instrument, row.outcome, row.kind)


async def measure_ids(session: AsyncSession, dataset_id: int, instrument: str) -> dict[str, int]:
    """The number of each measure that a dataset has from one instrument, by its name."""
    rows = await session.execute(
        select(MeasureRow.outcome, MeasureRow.id).where(
            MeasureRow.dataset_id == dataset_id, MeasureRow.instrument == instrument
        )
    )
    return {row.outcome: row.id for row in rows}


async def values(session: AsyncSession, of: Measure) -> tuple[Value, ...]:
    """Every value of a measure that may be read, by trust and period; a rate comes from the counts beside it."""
    if of.kind == "rate":
        rates = leaver_rates(await _counts(session, of))
        return tuple(Value(rate.trust, rate.period, rate.rate, rate.leavers, None) for rate in rates)
    rows = await session.scalars(
        select(ObservationRow)
        .where(ObservationRow.measure_id == of.id, await may_be_read(session))
        .order_by(ObservationRow.trust, ObservationRow.period)
    )
    return tuple(
        Value(
            row.trust, row.period, row.value, int(row.value) if of.kind == "count" else row.n, row.n,
            Sample(**{name: getattr(row, name) for name in Sample.__struct_fields__}),
        )
        for row in rows
    )  # fmt: skip


async def answered(session: AsyncSession, of: Measure) -> dict[tuple[str, str], Answering]:
    """How many answered the instrument of a measure, by trust and period, where it has a response rate to be read."""
    others = await measures(session, of.dataset_id)
    rate = next((one for one in others if (one.instrument, one.outcome) == (of.instrument, RATE)), None)
    return by_place(await values(session, rate)) if rate else {}


async def leavers(session: AsyncSession, of: Measure) -> dict[tuple[str, str], Rate]:
    """Leavers with the mean headcount beside them, by trust and period; none for a measure that is not about them."""
    if of.outcome not in (LEAVER_RATE, LEAVERS):
        return {}
    return {(one.trust, one.period): one for one in leaver_rates(await _counts(session, of))}


async def _counts(session: AsyncSession, of: Measure) -> Mapping[str, Mapping[tuple[str, str], float]]:
    query = (
        select(MeasureRow.outcome, ObservationRow.trust, ObservationRow.period, ObservationRow.value)
        .join(ObservationRow, ObservationRow.measure_id == MeasureRow.id)
        .where(
            MeasureRow.dataset_id == of.dataset_id,
            MeasureRow.instrument == of.instrument,
            MeasureRow.outcome.in_(RATE_FROM),
            await may_be_read(session),
        )
    )
    found: dict[str, dict[tuple[str, str], float]] = {}
    for outcome, trust, period, value in await session.execute(query):
        found.setdefault(outcome, {})[trust, period] = value
    return found


async def holds_back(session: AsyncSession, of: Measure) -> bool:
    """Whether figures of a measure, or of the counts beside it, are held back until a plan is locked."""
    query = (
        select(ObservationRow.id)
        .join(MeasureRow, MeasureRow.id == ObservationRow.measure_id)
        .where(
            MeasureRow.dataset_id == of.dataset_id,
            MeasureRow.instrument == of.instrument,
            MeasureRow.kind == "count" if of.kind == "rate" else MeasureRow.id == of.id,
            not_(await may_be_read(session)),
        )
    )
    return bool(await session.scalar(select(exists(query))))


async def held(session: AsyncSession, dataset_id: int, instrument: str) -> frozenset[tuple[str, str, str]]:
    """What of an instrument is there already, as (outcome, trust, period)."""
    query = (
        select(MeasureRow.outcome, ObservationRow.trust, ObservationRow.period)
        .join(ObservationRow, ObservationRow.measure_id == MeasureRow.id)
        .where(MeasureRow.dataset_id == dataset_id, MeasureRow.instrument == instrument)
    )
    return frozenset(await session.execute(query))


async def arms(session: AsyncSession, dataset_id: int) -> tuple[Arm, ...]:
    """The arms of a panel of other trusts, by code."""
    rows = await session.scalars(
        select(AllocationRow).where(AllocationRow.dataset_id == dataset_id).order_by(AllocationRow.trust)
    )
    return tuple(Arm(row.trust, row.arm == "pilot", row.matched_set, row.starts_on) for row in rows)


async def arms_of(session: AsyncSession, of: Dataset) -> tuple[Arm, ...]:
    """The arms of a dataset: those that were uploaded for others, those of the trusts for the programme's own."""
    if of.kind == "other":
        return await arms(session, of.id)
    return tuple(
        Arm(trust.ods_code, trust.arm == "pilot", trust.matched_set, trust.starts_on if trust.arm == "pilot" else None)
        for trust in await people.trusts_of_programme(session)
    )
