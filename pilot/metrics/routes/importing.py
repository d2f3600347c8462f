"""The evaluator's pages of an import: send a file, name its columns, look, and store."""

from datetime import datetime
from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.metrics import queries, service
from pilot.metrics.forms import ColumnsForm, MeasuresForm
from pilot.metrics.measures import INSTRUMENTS, PROGRAMME, ROLES
from pilot.metrics.registration import HELD
from pilot.metrics.routes.measures import EVALUATOR
from pilot.metrics.service import MeasureFile
from pilot.people.roles import Officer
from pilot.web.forms import TAKES_A_FILE, answers, read_form
from pilot.web.pages import page, see_other


@get("/measures/import", name="metrics.import_measures", **EVALUATOR)
async def import_form(request: Request[Any, Any, Any]) -> Template:
    """The form to send a file of measures."""
    return page(request, "metrics/import_measures.html", instruments=INSTRUMENTS)


@post("/measures/import", name="metrics.send_measures", **TAKES_A_FILE, **EVALUATOR)
@answers(import_form)
async def send_measures(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
) -> Redirect:
    """Keep the file for its sender and go on to its columns."""
    form = await read_form(request, MeasuresForm)
    name = PROGRAMME if form.trusts == "programme" else form.dataset or ""
    file = MeasureFile(form.file.filename, form.file.content, form.instrument, form.vintage, form.source, name)
    staged = await service.stage(session, file, by=principal.actor, now=now)
    return see_other(f"/measures/import/{staged}")


@get("/measures/import/{staged:int}", name="metrics.name_columns", **EVALUATOR)
async def columns_page(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    staged: FromPath[int],
) -> Template:
    """What each column is: guessed, or as chosen before."""
    held, rows, columns = await service.columns(session, staged, by=principal.actor)
    return page(request, "metrics/name_columns.html", staged=held, columns=columns, roles=ROLES, rows=rows)


@post("/measures/import/{staged:int}", name="metrics.take_columns", **EVALUATOR)
@answers(columns_page)
async def take_columns(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    staged: FromPath[int],
) -> Redirect:
    """Read the whole file so, and go on to what would be stored."""
    form = await read_form(request, ColumnsForm)
    await service.name_columns(session, staged, form.role, by=principal.actor)
    return see_other(f"/measures/import/{staged}/check")


@get("/measures/import/{staged:int}/check", name="metrics.check_measures", **EVALUATOR)
async def check_page(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    staged: FromPath[int],
) -> Template:
    """What would be stored, with totals that add up."""
    held, reading = await service.look(session, staged, by=principal.actor)
    blind = await service.is_blind(session, held, reading)
    return page(request, "metrics/check_measures.html", staged=held, reading=reading, blind=blind, held_words=HELD)


@post("/measures/import/{staged:int}/confirm", name="metrics.confirm_measures", **EVALUATOR)
async def confirm_measures(
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
    staged: FromPath[int],
) -> Redirect:
    """Store it."""
    taken = await service.confirm(session, staged, by=principal.actor, now=now)
    return see_other(f"/measures/imports/{taken}")


@post("/measures/import/{staged:int}/forget", name="metrics.forget_measures", **EVALUATOR)
async def forget_measures(
    session: NamedDependency[AsyncSession], principal: NamedDependency[Officer], staged: FromPath[int]
) -> Redirect:
    """Throw the file away."""
    await service.forget(session, staged, by=principal.actor)
    return see_other("/measures")


@get("/measures/imports/{taken:int}", name="metrics.imported", **EVALUATOR)
async def imported(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], taken: FromPath[int]
) -> Template:
    """What was stored, and what can be done next."""
    one = await queries.imported(session, taken)
    dataset = await queries.dataset(session, one.dataset_id)
    blind = dataset.kind == "programme" and not (await queries.the_door(session)).locked
    return page(request, "metrics/imported.html", imported=one, dataset=dataset, blind=blind, held_words=HELD)


HANDLERS = [
    import_form,
    send_measures,
    columns_page,
    take_columns,
    check_page,
    confirm_measures,
    forget_measures,
    imported,
]
