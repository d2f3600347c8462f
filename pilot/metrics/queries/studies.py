"""Reading studies: their drafts, and every version of a plan that was locked."""

from collections.abc import Collection
from datetime import datetime

import msgspec
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import NotFound
from pilot.metrics.registration import Document, Draft, Elsewhere, State, read_document, read_draft
from pilot.metrics.runs import State as RunState
from pilot.metrics.tables import (
    ComparisonRow,
    DatasetRow,
    ImportRow,
    MeasureRow,
    ObservationRow,
    StudyPlanRow,
    StudyRow,
)
from pilot.metrics.tables.runs import StudyRunRow


class Version(msgspec.Struct, frozen=True):
    """One version of a plan that was locked; `text` is sap.json, and `sha256` its hash."""

    id: int
    document: Document
    text: str
    sha256: str
    locked_at: datetime
    locked_by: str


class Study(msgspec.Struct, frozen=True):
    """One study. `draft_text` is the draft as it is stored, by which two writers are told apart."""

    id: int
    name: str
    state: State
    dataset_id: int
    dataset: str
    kind: str
    draft: Draft
    draft_text: str
    made_at: datetime
    made_by: str
    versions: tuple[Version, ...] = ()

    @property
    def documents(self) -> tuple[Document, ...]:
        """Every locked version, the oldest first."""
        return tuple(version.document for version in self.versions)


async def studies(session: AsyncSession, dataset_id: int | None = None) -> tuple[Study, ...]:
    """The studies of one dataset, or all, in the order in which they were made."""
    query = select(StudyRow, DatasetRow).join(DatasetRow, DatasetRow.id == StudyRow.dataset_id).order_by(StudyRow.id)
    if dataset_id is not None:
        query = query.where(StudyRow.dataset_id == dataset_id)
    rows = (await session.execute(query)).all()
    versions = await _versions(session, [study.id for study, _ in rows])
    return tuple(_study(study, dataset, versions.get(study.id, ())) for study, dataset in rows)


async def study(session: AsyncSession, study_id: int) -> Study:
    """One study, as it is in the database now. Raises NotFound."""
    query = (
        select(StudyRow, DatasetRow)
        .join(DatasetRow, DatasetRow.id == StudyRow.dataset_id)
        .where(StudyRow.id == study_id)
        .execution_options(populate_existing=True)
    )
    found = (await session.execute(query)).one_or_none()
    if found is None:
        raise NotFound("There is no such study.")
    versions = await _versions(session, [study_id])
    return _study(found[0], found[1], versions.get(study_id, ()))


async def study_called(session: AsyncSession, name: str) -> int | None:
    """The number of the study of this name."""
    return await session.scalar(select(StudyRow.id).where(func.lower(StudyRow.name) == name.lower()))


async def comparisons_made(session: AsyncSession, dataset_id: int) -> int:
    """How often figures of a dataset were compared: its comparisons, and its studies as they were worked out."""
    compared = select(func.count()).select_from(ComparisonRow).where(ComparisonRow.dataset_id == dataset_id)
    worked_out = (
        select(func.count())
        .select_from(StudyRunRow)
        .join(StudyRow, StudyRow.id == StudyRunRow.study_id)
        .where(StudyRow.dataset_id == dataset_id, StudyRunRow.state == RunState.DONE)
    )
    return (await session.scalar(compared) or 0) + (await session.scalar(worked_out) or 0)


async def periods_stored(session: AsyncSession, dataset_id: int) -> tuple[str, ...]:
    """The labels of every period of which a dataset has figures, held back or not. Never shown beside a figure."""
    query = select(ObservationRow.period).join(MeasureRow).where(MeasureRow.dataset_id == dataset_id).distinct()
    return tuple(await session.scalars(query))


async def stored_elsewhere(
    session: AsyncSession, dataset_id: int, trusts: Collection[str] | None
) -> frozenset[Elsewhere]:
    """The periods of which every other dataset has figures of these trusts (None: of any), and whether they were the
    programme's own when the file was taken. Never shown beside a figure."""
    query = (
        select(ObservationRow.trust, ObservationRow.period, DatasetRow.kind, ImportRow.id)
        .join(ImportRow, ImportRow.id == ObservationRow.import_id)
        .join(DatasetRow, DatasetRow.id == ImportRow.dataset_id)
        .where(DatasetRow.id != dataset_id)
        .distinct()
    )
    if trusts is not None:
        query = query.where(ObservationRow.trust.in_(sorted(trusts)))
    held = {row.id: set(row.held_back) for row in await session.execute(select(ImportRow.id, ImportRow.held_back))}
    return frozenset(
        Elsewhere(period, kind == "programme" or trust in held[taken])
        for trust, period, kind, taken in await session.execute(query)
    )


async def _versions(session: AsyncSession, ids: list[int]) -> dict[int, tuple[Version, ...]]:
    query = select(StudyPlanRow).where(StudyPlanRow.study_id.in_(ids)).order_by(StudyPlanRow.version)
    found: dict[int, tuple[Version, ...]] = {}
    for row in await session.scalars(query):
        document = read_document(row.text.encode(), row.sha256)
        version = Version(row.id, document, row.text, row.sha256, row.locked_at, row.locked_by)
        found[row.study_id] = (*found.get(row.study_id, ()), version)
    return found


def _study(row: StudyRow, dataset: DatasetRow, versions: tuple[Version, ...]) -> Study:
    return Study(
        row.id, row.name, State(row.state), dataset.id, dataset.name, dataset.kind, read_draft(row.draft), row.draft,
        row.made_at, row.made_by, versions,
    )  # fmt: skip
