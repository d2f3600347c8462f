"""The pages of a study that is worked out: how far it is, what was found, and its download."""

from datetime import datetime
from typing import Any

from litestar import Request, get, post
from litestar.background_tasks import BackgroundTask
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.metrics import queries
from pilot.metrics.queries import runs as run_queries
from pilot.metrics.routes.measures import EVALUATOR
from pilot.metrics.runs import UNENDED, is_lost
from pilot.metrics.runs import State as RunState
from pilot.metrics.service import runs as service
from pilot.metrics.service.results import Results, in_words
from pilot.people.roles import Officer
from pilot.settings import Settings
from pilot.store import Store
from pilot.web import pages
from pilot.web.pages import page, see_other


@post("/studies/{study:int}/runs", name="metrics.start_run", **EVALUATOR)
async def start_run(
    *,
    session: NamedDependency[AsyncSession],
    store: NamedDependency[Store],
    settings: NamedDependency[Settings],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
    state: State,
    study: FromPath[int],
) -> Redirect:
    """Begin to work a study out, and show how far it is; the work goes on when this answer has left."""
    run = await service.start(session, study, settings, by=principal.actor, now=now)
    answer = see_other(f"/studies/{study}/runs/{run}")
    answer.background = BackgroundTask(service.carry_out, store, settings, state.clock, run)
    return answer


@get("/studies/{study:int}/runs/{run:int}", name="metrics.run", **EVALUATOR)
async def run_page(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
    study: FromPath[int],
    run: FromPath[int],
) -> Template | Response[str]:
    """How far it is; once it is done, what was found."""
    one = await queries.study(session, study)
    made = await run_queries.run(session, study, run)
    version = next(version for version in one.versions if version.id == made.plan_id)
    if made.state not in UNENDED and "HX-Request" in request.headers:
        return Response("", headers={"HX-Refresh": "true"}, media_type="text/html")
    if made.state is not RunState.DONE:
        lost = is_lost(made.state, made.asked_at, settings.evaluate_seconds, now)
        return page(request, "metrics/running.html", study=one, run=made, version=version, lost=lost)
    found = in_words(Results(one, version, made.outcomes, made.found, made.draw, made.announced))
    return page(request, "metrics/run.html", run=made, pictures=await run_queries.pictures(session, run), **found)


@get("/studies/{study:int}/runs/{run:int}/pictures/{name:str}", name="metrics.run_picture", **EVALUATOR)
async def run_picture(
    session: NamedDependency[AsyncSession], study: FromPath[int], run: FromPath[int], name: FromPath[str]
) -> Response[str]:
    """One picture of what was found."""
    return Response(
        await run_queries.picture(session, study, run, name.removesuffix(".svg")), media_type="image/svg+xml"
    )


@get("/studies/{study:int}/runs/{run:int}/bundle.zip", name="metrics.bundle", **EVALUATOR)
async def bundle(
    store: NamedDependency[Store],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
    study: FromPath[int],
    run: FromPath[int],
) -> Response[Any]:
    """The download; who took it is written down."""
    async with store.writing() as session:
        name, content = await run_queries.bundle(session, study, run)
        await service.note_bundle(session, study, run, by=principal.actor, now=now)
    return pages.download(content, name, "application/zip")


HANDLERS = [start_run, run_page, run_picture, bundle]
