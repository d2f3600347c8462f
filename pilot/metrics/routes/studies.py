"""The pages of studies: the list, a new one, and the plan as it was locked, version by version."""

from datetime import datetime
from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import NotFound
from pilot.metrics import queries, service
from pilot.metrics.forms.studies import StudyForm
from pilot.metrics.queries import Study, Version
from pilot.metrics.queries import runs as run_queries
from pilot.metrics.registration import CHECKS, State, changed_parts
from pilot.metrics.routes.measures import EVALUATOR
from pilot.people import queries as people
from pilot.people.roles import Officer
from pilot.web import pages
from pilot.web.forms import answers, read_form
from pilot.web.pages import page, see_other


@get("/studies", name="metrics.studies", **EVALUATOR)
async def studies(request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]) -> Template:
    """Every study, and how far its plan is."""
    return page(request, "metrics/studies.html", studies=await queries.studies(session))


@get("/studies/new", name="metrics.new_study", **EVALUATOR)
async def new_study(request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]) -> Template:
    """The form: what the study is called, and which trusts it is about."""
    others = [one for one in await queries.datasets(session) if one.kind == "other"]
    return page(request, "metrics/new_study.html", others=others)


@post("/studies/new", name="metrics.begin_study", **EVALUATOR)
@answers(new_study)
async def begin_study(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
) -> Redirect:
    """Begin a draft, and go on to its parts."""
    form = await read_form(request, StudyForm)
    dataset = None if form.trusts == "programme" else int(form.trusts)
    study = await service.begin_study(session, form.name, dataset, by=principal.actor, now=now)
    return see_other(f"/studies/{study}/draft")


@get("/studies/{study:int}", name="metrics.study", **EVALUATOR)
async def study_page(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], study: FromPath[int]
) -> Template | Redirect:
    """The plan in force with its history; of a draft, its parts."""
    one = await queries.study(session, study)
    if one.state is State.DRAFT:
        return see_other(f"/studies/{study}/draft")
    return await _shown(request, session, one, one.versions[-1])


@get("/studies/{study:int}/versions/{version:int}", name="metrics.plan_version", **EVALUATOR)
async def version_page(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    study: FromPath[int],
    version: FromPath[int],
) -> Template:
    """One version of the plan, as it was locked."""
    one = await queries.study(session, study)
    return await _shown(request, session, one, _version(one, version))


@get("/studies/{study:int}/versions/{version:int}/{file:str}", name="metrics.plan_file", **EVALUATOR)
async def plan_file(
    session: NamedDependency[AsyncSession], study: FromPath[int], version: FromPath[int], file: FromPath[str]
) -> Response[Any]:
    """sap.json, byte for byte as it was locked, or its hash as `sha256sum -c` reads it."""
    one = _version(await queries.study(session, study), version)
    if file == "sap.json":
        return pages.download(one.text, "sap.json", "application/json")
    if file == "sap.sha256":
        return pages.download(f"{one.sha256}  sap.json\n", "sap.sha256", "text/plain; charset=utf-8")
    raise NotFound("There is no such file.")


def _version(study: Study, number: int) -> Version:
    found = next((one for one in study.versions if one.document.version == number), None)
    if found is None:
        raise NotFound("There is no such version of the plan.")
    return found


async def _shown(request: Request[Any, Any, Any], session: AsyncSession, study: Study, version: Version) -> Template:
    names = {f"account {one.id}": one.name for one in await people.accounts(session)}
    before = dict(zip(study.versions[1:], study.versions, strict=False))
    return page(
        request,
        "metrics/study.html",
        study=study,
        version=version,
        plan=version.document.plan,
        names=names,
        checks=CHECKS,
        changed={one.id: changed_parts(old.document.plan, one.document.plan) for one, old in before.items()},
        runs=await run_queries.runs(session, study.id),
        unlocked=study.draft.plan != study.versions[-1].document.plan,
    )


HANDLERS = [studies, new_study, begin_study, study_page, version_page, plan_file]
