"""The evaluator's pages of what is there: sets of trusts, their measures and arms."""

from datetime import datetime
from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.metrics import queries, service
from pilot.metrics.catalogue import look_up
from pilot.metrics.forms import ArmsForm
from pilot.metrics.registration import HELD
from pilot.people.guards import allow
from pilot.people.roles import Officer, Role
from pilot.web.forms import TAKES_A_FILE, answers, read_form
from pilot.web.pages import download, page, see_other

EVALUATOR = allow(Role.EVALUATOR, Role.PROGRAMME_ADMIN)

ARMS_TEMPLATE = b"ods_code,arm,set,start\nRAA,pilot,1,2016\nRBB,control,1,\n"


@get("/measures", name="metrics.measures", **EVALUATOR)
async def measures(request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]) -> Template:
    """Every set of trusts that has measures."""
    found = await queries.measures(session)
    return page(
        request,
        "metrics/measures.html",
        datasets=[(one, [m for m in found if m.dataset_id == one.id]) for one in await queries.datasets(session)],
        blind=not (await queries.the_door(session)).locked,
        held_words=HELD,
    )


@get("/measures/{dataset:int}", name="metrics.dataset", **EVALUATOR)
async def dataset_page(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], dataset: FromPath[int]
) -> Template:
    """One set of trusts: its measures, its arms and the files it came from."""
    one = await queries.dataset(session, dataset)
    arms = await queries.arms_of(session, one)
    pilots, controls = (sum(arm.pilot == pilot for arm in arms) for pilot in (True, False))
    return page(
        request,
        "metrics/dataset.html",
        look_up=look_up,
        dataset=one,
        measures=await queries.measures(session, dataset),
        imports=await queries.imports(session, dataset),
        pilots=pilots,
        controls=controls,
        blind=one.kind == "programme" and not (await queries.the_door(session)).locked,
        held_words=HELD,
    )


@get("/measures/{dataset:int}/arms", name="metrics.arms", **EVALUATOR)
async def arms_form(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], dataset: FromPath[int]
) -> Template:
    """The form to upload which trusts were pilots."""
    return page(
        request,
        "metrics/arms.html",
        dataset=await queries.dataset(session, dataset),
        arms=await queries.arms(session, dataset),
    )


@get("/measures/arms-template.csv", name="metrics.arms_template", **EVALUATOR)
async def arms_template() -> Response[bytes]:
    """A file of arms to fill in."""
    return download(ARMS_TEMPLATE, "arms.csv")


@post("/measures/{dataset:int}/arms", name="metrics.upload_arms", **TAKES_A_FILE, **EVALUATOR)
@answers(arms_form)
async def upload_arms(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
    dataset: FromPath[int],
) -> Redirect:
    """Take the arms, in the place of those that were there."""
    form = await read_form(request, ArmsForm)
    await service.replace_arms(session, dataset, form.file.content, by=principal.actor, now=now)
    return see_other(f"/measures/{dataset}")


HANDLERS = [measures, dataset_page, arms_form, arms_template, upload_arms]
