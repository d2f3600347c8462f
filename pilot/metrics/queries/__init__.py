"""Reading datasets, measures and comparisons. Nothing here writes, and nothing here is about a person."""

from collections.abc import Mapping
from datetime import datetime

import msgspec
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import NotFound
from pilot.metrics.arms import Arm
from pilot.metrics.download import PanelCell
from pilot.metrics.kernel.estimates import Answer
from pilot.metrics.measures import leaver_rates
from pilot.metrics.tables import (
    AllocationRow,
    ComparisonRow,
    DatasetRow,
    ImportRow,
    MeasureRow,
    ObservationRow,
    StagedRow,
)


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


class Imported(msgspec.Struct, frozen=True):
    """One file that was taken."""

    id: int
    dataset_id: int
    instrument: str
    filename: str
    sha256: str
    vintage: str
    source: str
    rows: int
    trusts: int
    numbers: int
    missing: int
    made_at: datetime
    made_by: str


class Staged(msgspec.Struct, frozen=True):
    """A file that waits for its owner."""

    id: int
    dataset: str
    kind: str
    instrument: str
    vintage: str
    source: str
    filename: str
    content: bytes
    roles: tuple[str, ...]


class Value(msgspec.Struct, frozen=True):
    """One value of one trust in one period. `people` are those behind it, None where its publisher gave no number."""

    trust: str
    period: str
    value: float
    people: int | None
    n: int | None


class Spec(msgspec.Struct, frozen=True):
    """What was asked of a comparison, in words and labels."""

    before: tuple[str, ...]
    after: tuple[str, ...]
    missing: str
    test: str
    alpha: float
    seed: int
    notes: tuple[str, ...] = ()
    start: str = ""


class Compared(msgspec.Struct, frozen=True):
    """One comparison as it was made."""

    id: int
    dataset_id: int
    dataset: str
    instrument: str
    outcome: str
    kind: str
    status: str
    spec: Spec
    panel: tuple[PanelCell, ...]
    answer: Answer
    figure: str
    made_at: datetime


class ComparedLine(msgspec.Struct, frozen=True):
    """One line of the list of comparisons."""

    id: int
    dataset: str
    outcome: str
    status: str
    att: float
    made_at: datetime


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
    """The measures of one dataset, or of all, by dataset, instrument and name."""
    counted = (
        select(
            ObservationRow.measure_id,
            func.count().label("values"),
            func.count(ObservationRow.trust.distinct()).label("trusts"),
        )
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
    """Every value of a measure, by trust and period; a rate is worked out from the counts beside it."""
    if of.kind == "rate":
        rates = leaver_rates(await _counts(session, of))
        return tuple(Value(rate.trust, rate.period, rate.rate, rate.leavers, None) for rate in rates)
    rows = await session.scalars(
        select(ObservationRow)
        .where(ObservationRow.measure_id == of.id)
        .order_by(ObservationRow.trust, ObservationRow.period)
    )
    return tuple(
        Value(row.trust, row.period, row.value, int(row.value) if of.kind == "count" else row.n, row.n) for row in rows
    )


async def _counts(session: AsyncSession, of: Measure) -> Mapping[str, Mapping[tuple[str, str], float]]:
    query = (
        select(MeasureRow.outcome, ObservationRow.trust, ObservationRow.period, ObservationRow.value)
        .join(ObservationRow, ObservationRow.measure_id == MeasureRow.id)
        .where(
            MeasureRow.dataset_id == of.dataset_id,
            MeasureRow.instrument == of.instrument,
            MeasureRow.outcome.in_(("leavers", "headcount", "headcount_start", "headcount_end")),
        )
    )
    found: dict[str, dict[tuple[str, str], float]] = {}
    for outcome, trust, period, value in await session.execute(query):
        found.setdefault(outcome, {})[trust, period] = value
    return found


async def held(session: AsyncSession, dataset_id: int, instrument: str) -> frozenset[tuple[str, str, str]]:
    """What of an instrument is there already, as (outcome, trust, period)."""
    query = (
        select(MeasureRow.outcome, ObservationRow.trust, ObservationRow.period)
        .join(ObservationRow, ObservationRow.measure_id == MeasureRow.id)
        .where(MeasureRow.dataset_id == dataset_id, MeasureRow.instrument == instrument)
    )
    return frozenset(await session.execute(query))


async def imports(session: AsyncSession, dataset_id: int) -> tuple[Imported, ...]:
    """The files of a dataset, the newest first."""
    rows = await session.scalars(
        select(ImportRow).where(ImportRow.dataset_id == dataset_id).order_by(ImportRow.id.desc())
    )
    return tuple(_imported(row) for row in rows)


async def imported(session: AsyncSession, import_id: int) -> Imported:
    """One file that was taken. Raises NotFound."""
    row = await session.get(ImportRow, import_id)
    if row is None:
        raise NotFound("There is no such import.")
    return _imported(row)


async def staged(session: AsyncSession, staged_id: int, owner: str) -> Staged:
    """A file that waits, for its owner only. Raises NotFound."""
    row = await session.get(StagedRow, staged_id)
    if row is None or row.owner != owner:
        raise NotFound("This upload is no longer here. Upload the file again.")
    return Staged(
        row.id, row.dataset, row.kind, row.instrument, row.vintage, row.source, row.filename, row.content,
        tuple(row.roles),
    )  # fmt: skip


async def arms(session: AsyncSession, dataset_id: int) -> tuple[Arm, ...]:
    """The arms of a panel of other trusts, by code."""
    rows = await session.scalars(
        select(AllocationRow).where(AllocationRow.dataset_id == dataset_id).order_by(AllocationRow.trust)
    )
    return tuple(Arm(row.trust, row.arm == "pilot", row.matched_set, row.starts_on) for row in rows)


async def comparisons(session: AsyncSession) -> tuple[ComparedLine, ...]:
    """Every comparison that was made, the newest first."""
    query = (
        select(
            ComparisonRow.id, DatasetRow.name, ComparisonRow.outcome, ComparisonRow.status, ComparisonRow.result,
            ComparisonRow.made_at,
        )
        .join(DatasetRow, DatasetRow.id == ComparisonRow.dataset_id)
        .order_by(ComparisonRow.id.desc())
    )  # fmt: skip
    return tuple(
        ComparedLine(row_id, name, outcome, status, float(result["estimate"]["att"]), made_at)
        for row_id, name, outcome, status, result, made_at in await session.execute(query)
    )


async def comparison(session: AsyncSession, comparison_id: int) -> Compared:
    """One comparison with everything it was made from. Raises NotFound."""
    row = await session.get(ComparisonRow, comparison_id)
    if row is None:
        raise NotFound("There is no such comparison.")
    return Compared(
        id=row.id,
        dataset_id=row.dataset_id,
        dataset=(await dataset(session, row.dataset_id)).name,
        instrument=row.instrument,
        outcome=row.outcome,
        kind=row.spec["kind"],
        status=row.status,
        spec=msgspec.convert(row.spec["asked"], Spec),
        panel=msgspec.convert(row.panel, tuple[PanelCell, ...]),
        answer=msgspec.convert(row.result, Answer),
        figure=row.figure,
        made_at=row.made_at,
    )


def _imported(row: ImportRow) -> Imported:
    return Imported(
        row.id, row.dataset_id, row.instrument, row.filename, row.sha256, row.vintage, row.source, row.rows,
        row.trusts, row.numbers, row.missing, row.made_at, row.made_by,
    )  # fmt: skip
