"""Working out a study: asked for, carried out by the worker while others go on, and kept with its download."""

import asyncio
import logging
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.audit import log
from pilot.clock import Clock
from pilot.errors import BadInput, WrongState
from pilot.metrics import bundle, queries
from pilot.metrics.catalogue import WORKFORCE, shown_as
from pilot.metrics.counted import LEAVERS
from pilot.metrics.gathered import gather
from pilot.metrics.kernel.studies import Studied, StudyOrder
from pilot.metrics.particulars import divisions
from pilot.metrics.queries import runs as run_queries
from pilot.metrics.runs import State, is_lost, move
from pilot.metrics.service import contents, movements, origins, publishing
from pilot.metrics.service.asking import Words, WorkerError, ask
from pilot.metrics.service.contents import Prepared
from pilot.metrics.service.judging import of_the_plan
from pilot.metrics.service.results import Results, report
from pilot.metrics.tables.runs import StudyPictureRow, StudyRunRow, StudyTrustRow
from pilot.metrics.turnover import months_of
from pilot.people import queries as people
from pilot.settings import Settings
from pilot.store import Store
from pilot.web.pages import environment

WORKING_OUT = Words("study", "study", slow="Ask whoever runs this service for more time", large="Choose fewer checks")
BROKEN = "The computation broke down. The fault is in the log of the service; nothing was stored."
INTERRUPTED = "The computation was interrupted, perhaps because the service was restarted. Start it again."
diary = logging.getLogger("pilot")


async def start(session: AsyncSession, study_id: int, settings: Settings, *, by: str, now: datetime) -> int:
    """Put a study down to be worked out by the plan in force; the number of the run.

    Raises WrongState while no plan is locked, or while the study is being worked out already.
    """
    await run_queries.hold(session, study_id)
    study = await queries.study(session, study_id)
    if not study.versions:
        raise WrongState("The plan of this study is not locked yet. Lock it first, then work it out.")
    await _give_up_lost(session, study_id, settings, now)
    if await run_queries.unended(session, study_id):
        raise WrongState("This study is being worked out already. Wait until that is done.")
    row = StudyRunRow(
        study_id=study_id, plan_id=study.versions[-1].id, state=State.WAITING, asked_at=now, asked_by=by,
        finished_at=None,
    )  # fmt: skip
    session.add(row)
    await session.flush()
    await log.record(
        session, at=now, actor=by, verb="study worked out", subject=f"study {study_id}",
        detail={"run": row.id, "plan": study.versions[-1].sha256},
    )  # fmt: skip
    return row.id


async def carry_out(store: Store, settings: Settings, clock: Clock, run_id: int) -> None:
    """Do what `start` put down. Whatever goes wrong is kept with the run as a sentence, and nothing else of it."""
    try:
        if not await _note(store, run_id, "begin", step="Gathering the values"):
            return
        async with store.reading() as session:
            prepared = await prepare(session, run_id)

        async def heard(step: str) -> None:
            await _note(store, run_id, "report", step=step[:200])

        found = await ask(prepared.order, Studied, WORKING_OUT, settings, heard)
        await heard("Putting the download together")
        made = await asyncio.to_thread(put_together, prepared, found, clock(), settings)
        async with store.writing() as session:
            await keep(session, run_id, prepared, found, made, now=clock())
    except BadInput as refusal:
        said = " ".join([refusal.reason, *refusal.fields.values()]).removeprefix("There is a problem ")
        await _fail(store, run_id, said, clock())
    except WorkerError as fault:
        diary.error("a study could not be worked out", exc_info=fault)
        await _fail(store, run_id, BROKEN, clock())
    except Exception:  # raised again: the page must not wait for a run that is gone and then blame a restart
        await _fail(store, run_id, BROKEN, clock())
        raise


async def prepare(session: AsyncSession, run_id: int) -> Prepared:
    """Gather all that a run needs: panels, staff movements, and what is known of the trusts. Nothing is stored.

    Raises BadInput when the primary outcome cannot be estimated.
    """
    row = await session.get_one(StudyRunRow, run_id)
    study = await queries.study(session, row.study_id)
    version = next(one for one in study.versions if one.id == row.plan_id)
    dataset = await queries.dataset(session, study.dataset_id)
    arms = {arm.trust: arm for arm in await queries.arms_of(session, dataset)}
    plan = version.document.plan
    draw = await origins.draw_of(session, dataset, tuple(arms.values()))
    measures = {(one.instrument, one.outcome): one for one in await queries.measures(session, study.dataset_id)}
    found = [measures.get((outcome.instrument, outcome.name)) for outcome in plan.outcomes]
    counted = "counts" in plan.sensitivity.checks
    beside = [measures[WORKFORCE, LEAVERS]] if (WORKFORCE, LEAVERS) in measures else []  # retention.csv is held to them
    asked = [*(one for one in found if one), *beside]
    reckoned = await publishing.reckon(session, asked, arms, counted=counted)
    panels = iter(reckoned.panels)
    gathered, estimated = [], []
    for outcome, measure in zip(plan.outcomes, found, strict=True):
        cells = next(panels) if measure else ()
        kind = shown_as(outcome.instrument, outcome.name, measure.kind if measure else "score")
        one = gather(plan, outcome, kind, cells, arms, smallest=reckoned.smallest)
        gathered.append(one)
        judged = of_the_plan(study.documents, version.document, one, arms, drawn=draw is not None)
        steps = origins.flow(arms, one, draw)
        estimated.append(replace(judged, steps=steps, smallest=reckoned.smallest))
    if (primary := gathered[0].measured) is None:
        raise BadInput(f"The primary outcome, {plan.primary.name}, cannot be estimated: {gathered[0].problem}.")
    known = await origins.known(session, dataset, plan, draw)
    trusts = {one.ods_code: one for one in await people.trusts_of_programme(session)}
    primary = replace(primary, divisions=divisions(plan.subgroups, arms, trusts, known))
    gathered[0] = replace(gathered[0], measured=primary)
    footnote = f"{estimated[0].status.capitalize()}. Plan {version.document.version} of “{study.name}”."
    order = StudyOrder(
        tuple(one.measured for one in gathered if one.measured is not None),
        plan.sensitivity.checks,
        tuple(float(bend) for bend in plan.sensitivity.smoothness),
        footnote,
        estimated[0].steps,
        origins.kept(draw),
    )
    announced = await origins.announced(session, dataset, arms, draw)
    staff = [one for one in known.movements if one.trust in arms]
    first = min((arm.starts_on for arm in arms.values() if arm.starts_on), default=None)
    turnover, reckoned = await movements.work_out(session, staff, months_of(plan, staff, first), reckoned)
    return Prepared(
        study, version, tuple(gathered), tuple(estimated), arms, trusts, order, reckoned, known, turnover, announced
    )


async def _give_up_lost(session: AsyncSession, study_id: int, settings: Settings, now: datetime) -> None:
    """Mark runs that nobody works on any more as failed, so that the study can be worked out again."""
    for one in await run_queries.unended(session, study_id):
        if is_lost(one.state, one.asked_at, settings.evaluate_seconds, now):
            await _advance(session, one.id, "fail", problem=INTERRUPTED, finished_at=now, step="")


async def note_bundle(session: AsyncSession, study_id: int, run_id: int, *, by: str, now: datetime) -> None:
    """Write down who took the download of a run."""
    await log.record(
        session, at=now, actor=by, verb="study downloaded", subject=f"study {study_id}", detail={"run": run_id}
    )


def put_together(prepared: Prepared, found: Studied, now: datetime, settings: Settings) -> bundle.Bundle:
    """The download of a run: of what was found only its day, in the name, depends on when it is made."""
    results = Results(
        prepared.study, prepared.version, prepared.estimated, found.outcomes, prepared.order.draw, prepared.announced
    )
    pages = {"report": report(environment(settings), results, found.svg, made_up=settings.demonstration)}
    return bundle.build(
        f"study-{prepared.study.id}", contents.of(prepared, found, now, pages, made_up=settings.demonstration)
    )


async def keep(
    session: AsyncSession, run_id: int, prepared: Prepared, found: Studied, made: bundle.Bundle, *, now: datetime
) -> bool:
    """Store what was found; False, and nothing is stored, when the run was given up meanwhile.

    Raises BadInput when other figures were released meanwhile.
    """
    kept = await _advance(
        session, run_id, "finish", step="", finished_at=now,
        outcomes=msgspec.to_builtins(prepared.estimated), found=msgspec.to_builtins(found.outcomes),
        draw=None if prepared.order.draw is None else msgspec.to_builtins(prepared.order.draw),
        announced=None if prepared.announced is None else msgspec.to_builtins(prepared.announced),
        bundle_name=made.name, bundle_sha256=made.sha256, bundle=made.content,
    )  # fmt: skip
    if not kept:
        diary.warning("a study was worked out when it had been given up; nothing of it is kept")
        return False
    await publishing.release(session, prepared.reckoned)
    session.add_all([StudyPictureRow(run_id=run_id, name=name, svg=svg) for name, svg in sorted(found.svg.items())])
    trusts = sorted({cell.trust for one in prepared.gathered for cell in one.cells})
    session.add_all([StudyTrustRow(run_id=run_id, trust=trust) for trust in trusts])
    return True


async def _advance(session: AsyncSession, run_id: int, verb: str, **values: Any) -> bool:
    """Move a run, only while it stands where it was read; whether it was moved.

    Nobody is told when it was not: whoever works on a run that was given up has nobody to tell.
    """
    was = await run_queries.state_of(session, run_id)
    try:
        after = move(was, verb)
    except WrongState:
        return False
    changed = await session.execute(
        update(StudyRunRow).where(StudyRunRow.id == run_id, StudyRunRow.state == was).values(state=after, **values)
    )
    return changed.rowcount == 1  # type: ignore[attr-defined,no-any-return]  # an UPDATE's result has it


async def _note(store: Store, run_id: int, verb: str, **values: Any) -> bool:
    """Move a run in a transaction of its own, so that its page shows it; whether it was moved."""
    async with store.writing() as session:
        return await _advance(session, run_id, verb, **values)


async def _fail(store: Store, run_id: int, problem: str, now: datetime) -> None:
    await _note(store, run_id, "fail", problem=problem, finished_at=now, step="")
