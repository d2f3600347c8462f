"""Writing a plan, locking it before the data, and amending it with a reason. Every version that was locked stays."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import partial
from importlib.metadata import version
from typing import Any

from msgspec.structs import replace
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.audit import log
from pilot.errors import BadInput, WrongState
from pilot.metrics import queries, registration
from pilot.metrics.arms import Arm
from pilot.metrics.measures import PROGRAMME
from pilot.metrics.particulars import predecessors
from pilot.metrics.periods import read_period
from pilot.metrics.queries import Study, registers, waves
from pilot.metrics.registration import PARTS, AnalysisPlan, Document, Door, Draft, State
from pilot.metrics.respondents import RATE
from pilot.metrics.service.datasets import dataset_for
from pilot.metrics.service.waves import series_of
from pilot.metrics.tables import StudyPlanRow, StudyRow

MEANWHILE = "Somebody has changed this plan since you opened the page. Look at it as it is now, then go on."
SEEN_SINCE = "since the plan was locked, figures from the start on could be read, or it was told how many had answered"
OVERTAKEN = (
    "Somebody else has saved this part since you opened the page. What you typed is still here. "
    "Save it again to put it in the place of theirs"
)


async def begin_study(session: AsyncSession, name: str, dataset_id: int | None, *, by: str, now: datetime) -> int:
    """Begin a study of a dataset, or of the programme's own trusts (None), which need no figures yet; its number.

    The draft proposes what follows from the arms. Raises BadInput for a name that is taken.
    """
    if await queries.study_called(session, name) is not None:
        raise BadInput("There is a problem", {"name": "There is a study of this name already"})
    if dataset_id is None:
        dataset_id = await dataset_for(session, PROGRAMME, "programme", by=by, now=now)
    dataset = await queries.dataset(session, dataset_id)
    arms = await queries.arms_of(session, dataset)
    pilots = sum(arm.pilot for arm in arms)
    sets = len({arm.matched_set for arm in arms} - {""})
    draft = Draft(registration.propose(pilots, len(arms) - pilots, sets))
    row = StudyRow(
        dataset_id=dataset_id, name=name, state=State.DRAFT, draft=registration.draft_text(draft), made_at=now,
        made_by=by,
    )  # fmt: skip
    session.add(row)
    await session.flush()
    await log.record(
        session, at=now, actor=by, verb="study made", subject=f"study {row.id}",
        detail={"name": name, "dataset": dataset.name},
    )  # fmt: skip
    return row.id


async def write_part(
    session: AsyncSession,
    study_id: int,
    part: str,
    change: Callable[[AnalysisPlan], AnalysisPlan],
    *,
    was: str,
    by: str,
    now: datetime,
    done: bool = True,
) -> None:
    """Write one part of the draft; `was` is the mark of that part on the page where it was changed.

    A plan that is locked stays in force: what is written becomes an amendment or nothing. Raises BadInput, for the
    field `part`, when somebody else has written it meanwhile.
    """
    study = await queries.study(session, study_id)
    draft = study.draft
    if registration.mark(draft.plan, part) != was:
        raise BadInput("There is a problem", {"part": OVERTAKEN})
    answered = set(draft.done) | {part} if done else set(draft.done)
    plan = registration.settle(change(draft.plan))
    new = replace(draft, plan=plan, done=tuple(name for name in PARTS if name in answered))
    await _advance(session, study, study.state, new)
    await log.record(
        session, at=now, actor=by, verb="plan written", subject=f"study {study_id}",
        detail={"part": part, "mark": registration.mark(plan)},
    )  # fmt: skip


async def lacks(session: AsyncSession, study: Study) -> dict[str, str]:
    """A sentence for each part of the draft that keeps it from being locked."""
    dataset = await queries.dataset(session, study.dataset_id)
    starts = [arm.starts_on for arm in await queries.arms_of(session, dataset) if arm.starts_on]
    open_parts = {part: "Not answered yet" for part in PARTS if part not in study.draft.done}
    return open_parts | registration.problems(study.draft.plan, starts)


async def lock(session: AsyncSession, study_id: int, *, read: str, by: str, now: datetime) -> int:
    """Lock the plan as it was `read` (its mark); the number of the version. From then on figures may be read.

    Raises WrongState when it is locked already, is not complete, or has changed since.
    """
    study = await queries.study(session, study_id)
    state = registration.move(study.state, "lock")
    plan = await _as_read(session, study, read)
    seen = await seen_before_lock(session, study)
    document = Document(
        study=study.name, version=1, plan=plan, application=f"pilot {version('pilot')}", seed=plan.seed,
        allocation=await _allocation(session, study), seen=seen,
    )  # fmt: skip
    return await _keep(session, study, state, document, by=by, now=now)


async def amend(
    session: AsyncSession, study_id: int, *, reason: str, seen: bool, read: str, by: str, now: datetime
) -> int:
    """Put the draft in the place of the plan in force; the number of the version, which stays beside the others.

    `seen`: outcomes from the start on had been seen when this was decided. Raises BadInput for `seen` when it cannot
    be denied, and for `reason` when nothing has changed; WrongState before the lock, or when it was changed since.
    """
    study = await queries.study(session, study_id)
    state = registration.move(study.state, "amend")
    plan = await _as_read(session, study, read)
    before, allocation = study.versions[-1], await _allocation(session, study)
    if not reason.strip():
        raise BadInput("There is a problem", {"reason": "Enter why the plan is changed"})
    if plan == before.document.plan and allocation == before.document.allocation:
        raise BadInput("There is a problem", {"reason": "Nothing in the plan has changed. Change it first"})
    if not seen and (made := await queries.comparisons_made(session, study.dataset_id)):
        raise BadInput(
            "There is a problem",
            {"seen": f"Select yes: comparisons of these trusts have been made ({made:,}), so outcomes have been seen"},
        )
    if not seen and await seen_before_lock(session, study):
        raise BadInput(
            "There is a problem",
            {"seen": f"Select yes: {SEEN_SINCE}"},
        )
    document = replace(
        before.document, version=before.document.version + 1, plan=plan, application=f"pilot {version('pilot')}",
        seed=plan.seed, allocation=allocation, amends=before.sha256, reason=reason.strip(), seen=seen,
    )  # fmt: skip
    return await _keep(session, study, state, document, by=by, now=now)


async def discard(session: AsyncSession, study_id: int, *, by: str, now: datetime) -> None:
    """Throw away what was written towards an amendment. Raises WrongState before the lock."""
    study = await queries.study(session, study_id)
    registration.move(study.state, "amend")
    draft = replace(study.draft, plan=study.versions[-1].document.plan)
    await _advance(session, study, study.state, draft)
    await log.record(session, at=now, actor=by, verb="plan draft discarded", subject=f"study {study_id}")


async def load_plan(
    session: AsyncSession, name: str, plan: AnalysisPlan, *, dataset_id: int | None = None, by: str, now: datetime
) -> int:
    """All the steps at once, for the demonstration and for tests: begin a study, write its plan and lock it."""
    study_id = await begin_study(session, name, dataset_id, by=by, now=now)
    for part, fields in PARTS.items():
        draft = (await queries.study(session, study_id)).draft.plan
        given = {field: getattr(plan, field) for field in fields}
        was = registration.mark(draft, part)
        await write_part(session, study_id, part, partial(_with, given), was=was, by=by, now=now)
    read = registration.mark((await queries.study(session, study_id)).draft.plan)
    await lock(session, study_id, read=read, by=by, now=now)
    return study_id


def _with(given: dict[str, Any], plan: AnalysisPlan) -> AnalysisPlan:
    return replace(plan, **given)


async def seen_before_lock(session: AsyncSession, study: Study) -> bool:
    """Whether outcomes from the start on could be seen when the plan of a study would be locked now: in its own
    dataset, or of its trusts in any other; or it was told how many answered, where a response rate is an outcome."""
    if await _turnout_told(session, study.draft.plan):
        return True
    door = await queries.the_door(session)
    dataset = await queries.dataset(session, study.dataset_id)
    arms = await queries.arms_of(session, dataset)
    starts = [arm.starts_on for arm in arms if arm.starts_on]
    firsts = {*await queries.recorded_starts(session), *sorted(starts)[:1]}
    widest = Door(door.locked, tuple(sorted(firsts))[-1:], door.own)
    after = [period.first for one in study.draft.plan.outcomes if (period := read_period(one.after.first))]
    first = min([*after, *starts], default=date.max)
    elsewhere = await queries.stored_elsewhere(session, study.dataset_id, await _known_as(session, arms))
    return registration.seen_elsewhere(elsewhere, widest, first) or registration.seen_at_lock(
        await queries.comparisons_made(session, study.dataset_id),
        await queries.periods_stored(session, study.dataset_id),
        widest,
        first,
        programme=study.kind == "programme",
    )


async def _turnout_told(session: AsyncSession, plan: AnalysisPlan) -> bool:
    """Whether a response rate is an outcome of the plan of which it was told, in a survey from the start on, how many
    had answered."""
    told = [(series_of(row).instrument, row.period) for row in await waves.with_turnout(session)]
    asked = [(one.instrument, read_period(one.after.first)) for one in plan.outcomes if one.name == RATE]
    return any(
        instrument == own and after is not None and registration.is_late(period, after.first)
        for instrument, after in asked
        for own, period in told
    )


async def _known_as(session: AsyncSession, arms: Sequence[Arm]) -> set[str] | None:
    """The codes of the trusts of a study and of those that became them; None (any trust) while it has none."""
    if not arms:
        return None
    successions = await registers.successions(session)
    return {code for arm in arms for code in (arm.trust, *predecessors(successions, arm.trust))}


async def _as_read(session: AsyncSession, study: Study, read: str) -> AnalysisPlan:
    if registration.mark(study.draft.plan) != read:
        raise WrongState(MEANWHILE)
    if await lacks(session, study):
        raise WrongState("The plan is not complete yet. Answer every part of it first.")
    return study.draft.plan


async def _allocation(session: AsyncSession, study: Study) -> str:
    dataset = await queries.dataset(session, study.dataset_id)
    return registration.allocation_digest(await queries.arms_of(session, dataset))


async def _keep(
    session: AsyncSession, study: Study, state: State, document: Document, *, by: str, now: datetime
) -> int:
    await _advance(session, study, state, replace(study.draft, base=document.version))
    text = registration.to_bytes(document)
    sha256 = registration.digest(text)
    row = StudyPlanRow(
        study_id=study.id, version=document.version, text=text.decode(), sha256=sha256, locked_at=now, locked_by=by,
        reason=document.reason, seen=document.seen,
    )  # fmt: skip
    session.add(row)
    await session.flush()
    detail = {"version": document.version, "sha256": sha256, "seen": document.seen}
    await log.record(
        session, at=now, actor=by, verb="plan locked" if document.version == 1 else "plan amended",
        subject=f"study {study.id}", detail=detail | ({"reason": document.reason} if document.reason else {}),
    )  # fmt: skip
    return document.version


async def _advance(session: AsyncSession, study: Study, state: State, draft: Draft) -> None:
    """Store state and draft, unless somebody has moved either since they were read."""
    changed = await session.execute(
        update(StudyRow)
        .where(StudyRow.id == study.id, StudyRow.state == study.state, StudyRow.draft == study.draft_text)
        .values(state=state, draft=registration.draft_text(draft))
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE's result has it
        raise WrongState(MEANWHILE)
