"""The pages on which a plan is written part by part, checked, locked and amended."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import BadInput, NotFound
from pilot.metrics import offered, queries, readings, service
from pilot.metrics.catalogue import INSTRUMENTS, is_known
from pilot.metrics.forms.studies import PART_FORMS, AmendForm, LockForm, OutcomeForm, PartForm, SecondaryForm
from pilot.metrics.queries import Measure
from pilot.metrics.registration import CHECKS, PARTS, State, changed_parts, mark
from pilot.metrics.registration.suggested import FROM_DRAW, suggest
from pilot.metrics.routes.measures import EVALUATOR
from pilot.metrics.service.origins import suggested
from pilot.people.roles import Officer
from pilot.web.forms import answers, read_form
from pilot.web.pages import page, see_other

TEMPLATES = {
    "question": "metrics/plan_question.html",
    "primary": "metrics/plan_outcome.html",
    "secondaries": "metrics/plan_secondaries.html",
    "comparing": "metrics/plan_comparing.html",
    "test": "metrics/plan_test.html",
    "missing": "metrics/plan_missing.html",
    "sensitivity": "metrics/plan_sensitivity.html",
    "size": "metrics/plan_size.html",
    "stopping": "metrics/plan_stopping.html",
}
"""The page of each part of a plan."""


@get("/studies/{study:int}/draft", name="metrics.draft_plan", **EVALUATOR)
async def draft_plan(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], study: FromPath[int]
) -> Template:
    """The parts of the plan as a list of tasks."""
    one = await queries.study(session, study)
    wrong = await service.lacks(session, one)
    changed = () if one.state is State.DRAFT else changed_parts(one.versions[-1].document.plan, one.draft.plan)
    return page(request, "metrics/draft_plan.html", study=one, parts=PARTS, wrong=wrong, changed=changed)


@get("/studies/{study:int}/draft/{part:str}", name="metrics.plan_part", **EVALUATOR)
async def plan_part(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    study: FromPath[int],
    part: FromPath[str],
) -> Template:
    """One part of the plan."""
    if part not in PARTS:
        raise NotFound("There is no such part of a plan.")
    return await _part_page(request, session, study, part, TEMPLATES[part])


@post("/studies/{study:int}/draft/{part:str}", name="metrics.write_plan_part", **EVALUATOR)
@answers(plan_part)
async def write_plan_part(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
    study: FromPath[int],
    part: FromPath[str],
) -> Redirect:
    """Save one part of the plan."""
    if part not in PARTS:
        raise NotFound("There is no such part of a plan.")
    form: PartForm = await read_form(request, PART_FORMS[part])
    await _refuse_unknown(session, study, form)
    was, by = form.was or "", principal.actor
    await service.write_part(session, study, part, form.put_into, was=was, by=by, now=now)
    return see_other(f"/studies/{study}/draft")


@get("/studies/{study:int}/secondaries/new", name="metrics.new_secondary", **EVALUATOR)
async def new_secondary(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], study: FromPath[int]
) -> Template:
    """The form of one more outcome."""
    return await _part_page(request, session, study, "secondaries", "metrics/plan_outcome.html")


@post("/studies/{study:int}/secondaries/new", name="metrics.add_secondary", **EVALUATOR)
@answers(new_secondary)
async def add_secondary(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
    study: FromPath[int],
) -> Redirect:
    """Add one more outcome."""
    form = await read_form(request, SecondaryForm)
    await _refuse_unknown(session, study, form)
    was, by = form.was or "", principal.actor
    await service.write_part(session, study, "secondaries", form.put_into, was=was, by=by, now=now, done=False)
    return see_other(f"/studies/{study}/draft/secondaries")


@post("/studies/{study:int}/secondaries/{place:int}/remove", name="metrics.remove_secondary", **EVALUATOR)
async def remove_secondary(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
    study: FromPath[int],
    place: FromPath[int],
) -> Redirect:
    """Take one outcome out; `place` counts from 1."""
    form = await read_form(request, PartForm)
    await service.write_part(
        session,
        study,
        "secondaries",
        lambda plan: replace(plan, secondaries=(*plan.secondaries[: place - 1], *plan.secondaries[place:])),
        was=form.was or "",
        by=principal.actor,
        now=now,
        done=False,
    )
    return see_other(f"/studies/{study}/draft/secondaries")


@get("/studies/{study:int}/check", name="metrics.check_plan", **EVALUATOR)
async def check_plan(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], study: FromPath[int]
) -> Template:
    """The whole plan before it is locked, or before an amendment."""
    one = await queries.study(session, study)
    locked = one.state is not State.DRAFT
    return page(
        request,
        "metrics/check_plan.html",
        study=one,
        plan=one.draft.plan,
        read=mark(one.draft.plan),
        checks=CHECKS,
        wrong=await service.lacks(session, one),
        seen=not locked and await service.seen_before_lock(session, one),
        made=await queries.comparisons_made(session, one.dataset_id),
        changed=changed_parts(one.versions[-1].document.plan, one.draft.plan) if locked else (),
    )


@post("/studies/{study:int}/lock", name="metrics.lock_plan", **EVALUATOR)
async def lock_plan(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
    study: FromPath[int],
) -> Redirect:
    """Lock the plan that was read."""
    form = await read_form(request, LockForm)
    await service.lock(session, study, read=form.read, by=principal.actor, now=now)
    return see_other(f"/studies/{study}")


@post("/studies/{study:int}/amend", name="metrics.amend_plan", **EVALUATOR)
@answers(check_plan)
async def amend_plan(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
    study: FromPath[int],
) -> Redirect:
    """Put what was written in the place of the plan in force, with the reason."""
    form = await read_form(request, AmendForm)
    seen, by = form.seen == "yes", principal.actor
    await service.amend(session, study, reason=form.reason, seen=seen, read=form.read, by=by, now=now)
    return see_other(f"/studies/{study}")


@post("/studies/{study:int}/discard", name="metrics.discard_plan", **EVALUATOR)
async def discard_plan(
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
    study: FromPath[int],
) -> Redirect:
    """Throw away what was written towards an amendment."""
    await service.discard(session, study, by=principal.actor, now=now)
    return see_other(f"/studies/{study}")


async def _refuse_unknown(session: AsyncSession, study: int, form: PartForm) -> None:
    """A measure that neither these trusts have nor anybody knows. Raises BadInput, for the field `name`."""
    if isinstance(form, OutcomeForm):
        dataset_id = (await queries.study(session, study)).dataset_id
        if said := offered.problem(form.instrument, form.name, _named(await queries.measures(session, dataset_id))):
            raise BadInput("There is a problem", {"name": said})


def _named(measures: Sequence[Measure]) -> list[tuple[str, str]]:
    return [(one.instrument, one.outcome) for one in measures]


async def _part_page(
    request: Request[Any, Any, Any], session: AsyncSession, study: int, part: str, template: str
) -> Template:
    one = await queries.study(session, study)
    plan = one.draft.plan
    measures = await queries.measures(session, one.dataset_id)
    packs = {measure.instrument for measure in measures if is_known(measure.instrument)} - set(INSTRUMENTS)
    begins = part in FROM_DRAW and part not in one.draft.done
    draw = await suggested(session, one) if begins else None
    return page(
        request,
        template,
        study=one,
        part=part,
        plan=suggest(plan, draw) if draw else plan,
        was=mark(plan, part),
        suggested=draw,
        readings=readings,
        outcome=plan.primary if part == "primary" else None,
        instruments=INSTRUMENTS | dict.fromkeys(sorted(packs), "a survey that was held here with a pack"),
        checks=CHECKS,
        measures=measures,
        offered=offered.names(_named(measures)),
        periods=await queries.periods_stored(session, one.dataset_id),
    )


HANDLERS = [
    draft_plan,
    plan_part,
    write_plan_part,
    new_secondary,
    add_secondary,
    remove_secondary,
    check_plan,
    lock_plan,
    amend_plan,
    discard_plan,
]
