"""Reading studies as they were worked out."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import NotFound
from pilot.metrics.allotment import Announced
from pilot.metrics.disclosure import SMALLEST
from pilot.metrics.kernel.designs import DrawnFrom
from pilot.metrics.kernel.estimates import ArmMeans
from pilot.metrics.kernel.studies import OutcomeFound, Step
from pilot.metrics.runs import UNENDED, State
from pilot.metrics.tables import StudyRow
from pilot.metrics.tables.runs import StudyPictureRow, StudyRunRow


class Estimated(msgspec.Struct, frozen=True):
    """One outcome of a run: its kind, its periods, what its estimate may be used for, or why there is none.

    `response` are the response rates behind it, of pilots and of controls, where they are known. `smallest` is the
    fewest people about whom the run shows a figure; those that were made before it could be chosen: 11.
    """

    outcome: str
    instrument: str
    kind: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    status: str
    sentences: tuple[str, ...] = ()
    problem: str = ""
    steps: tuple[Step, ...] = ()
    response: tuple[ArmMeans, ArmMeans] | None = None
    smallest: int = SMALLEST


class Run(msgspec.Struct, frozen=True):
    """One run. `outcomes` are in the order of the plan; `found` holds those that could be estimated, in that order."""

    id: int
    study_id: int
    plan_id: int
    state: State
    step: str
    problem: str
    asked_at: datetime
    asked_by: str
    finished_at: datetime | None
    outcomes: tuple[Estimated, ...]
    found: tuple[OutcomeFound, ...]
    bundle_name: str
    bundle_sha256: str
    draw: DrawnFrom | None = None
    announced: tuple[Announced, ...] | None = None


class RunLine(msgspec.Struct, frozen=True):
    """One line of the list of runs of a study."""

    id: int
    plan_id: int
    state: State
    asked_at: datetime


async def runs(session: AsyncSession, study_id: int) -> tuple[RunLine, ...]:
    """Every run of a study, the newest first."""
    query = (
        select(StudyRunRow.id, StudyRunRow.plan_id, StudyRunRow.state, StudyRunRow.asked_at)
        .where(StudyRunRow.study_id == study_id)
        .order_by(StudyRunRow.id.desc())
    )
    return tuple(_line(row) for row in await session.execute(query))


async def hold(session: AsyncSession, study_id: int) -> None:
    """Keep every other transaction that holds this study waiting: of two that begin a run, one sees the other's."""
    await session.execute(select(StudyRow.id).where(StudyRow.id == study_id).with_for_update())


async def unended(session: AsyncSession, study_id: int) -> tuple[RunLine, ...]:
    """The runs of a study that are not done and have not failed."""
    return tuple(one for one in await runs(session, study_id) if one.state in UNENDED)


async def state_of(session: AsyncSession, run_id: int) -> State:
    """Where a run stands in the database now."""
    found = await session.execute(select(StudyRunRow.state).where(StudyRunRow.id == run_id))
    return State(found.scalar_one())


async def run(session: AsyncSession, study_id: int, run_id: int) -> Run:
    """One run of a study. Raises NotFound."""
    row = await session.get(StudyRunRow, run_id)
    if row is None or row.study_id != study_id:
        raise NotFound("This study was not worked out under that number.")
    return Run(
        row.id, row.study_id, row.plan_id, State(row.state), row.step, row.problem, row.asked_at, row.asked_by,
        row.finished_at, msgspec.convert(row.outcomes, tuple[Estimated, ...]),
        msgspec.convert(row.found, tuple[OutcomeFound, ...]), row.bundle_name, row.bundle_sha256,
        msgspec.convert(row.draw, DrawnFrom | None), msgspec.convert(row.announced, tuple[Announced, ...] | None),
    )  # fmt: skip


async def picture(session: AsyncSession, study_id: int, run_id: int, name: str) -> str:
    """One picture of a run, as SVG. Raises NotFound."""
    query = (
        select(StudyPictureRow.svg)
        .join(StudyRunRow, StudyRunRow.id == StudyPictureRow.run_id)
        .where(StudyRunRow.study_id == study_id, StudyPictureRow.run_id == run_id, StudyPictureRow.name == name)
    )
    found = await session.scalar(query)
    if found is None:
        raise NotFound("There is no such picture.")
    return found


async def pictures(session: AsyncSession, run_id: int) -> frozenset[str]:
    """The names of the pictures of a run."""
    return frozenset(await session.scalars(select(StudyPictureRow.name).where(StudyPictureRow.run_id == run_id)))


async def bundle(session: AsyncSession, study_id: int, run_id: int) -> tuple[str, bytes]:
    """The download of a run, with its name. Raises NotFound while there is none."""
    query = select(StudyRunRow.bundle_name, StudyRunRow.bundle).where(
        StudyRunRow.id == run_id, StudyRunRow.study_id == study_id, StudyRunRow.state == State.DONE
    )
    found = (await session.execute(query)).one_or_none()
    if found is None:
        raise NotFound("This study has no download under that number.")
    return found.bundle_name, found.bundle


def _line(row: Any) -> RunLine:
    return RunLine(row.id, row.plan_id, State(row.state), row.asked_at)
