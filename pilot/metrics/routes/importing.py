"""The evaluator's pages of an import: choose what kind of file it is, send it, name its columns, look, and store."""

from datetime import datetime
from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.metrics import queries, service
from pilot.metrics.catalogue import UPLOADED
from pilot.metrics.forms import ColumnsForm, form_for
from pilot.metrics.layouts import LAYOUTS, NAMED, layout_called
from pilot.metrics.measures import ROLES
from pilot.metrics.queries import registers
from pilot.metrics.registration import HELD, blind
from pilot.metrics.routes.measures import EVALUATOR
from pilot.people.roles import Officer
from pilot.store import Store
from pilot.web.forms import TAKES_A_FILE, answers, read_form
from pilot.web.pages import page, see_other


@get("/measures/import", name="metrics.import_kinds", **EVALUATOR)
async def import_kinds(request: Request[Any, Any, Any]) -> Template:
    """Every kind of file that can be loaded."""
    return page(request, "metrics/import_kinds.html", layouts=LAYOUTS.values())


@get("/measures/import/file", name="metrics.import_measures", **EVALUATOR)
async def import_form(request: Request[Any, Any, Any], kind: FromQuery[str] = NAMED) -> Template:
    """The form to send a file of one kind."""
    return page(request, "metrics/import_measures.html", layout=layout_called(kind), instruments=UPLOADED)


@post("/measures/import", name="metrics.send_measures", **TAKES_A_FILE, **EVALUATOR)
@answers(import_form)
async def send_measures(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    store: NamedDependency[Store],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
    kind: FromQuery[str] = NAMED,
) -> Redirect:
    """Keep the file for its sender and go on to its columns, or at once to what would be stored."""
    layout = layout_called(kind)
    form = await read_form(request, form_for(layout))
    async with store.reading() as looking:  # a workbook takes seconds, and nobody else is kept from writing
        looked_over = await service.look_over(looking, form.described(layout))
    staged = await service.hold(session, looked_over, by=principal.actor, now=now)
    return see_other(f"/measures/import/{staged}{'' if layout.is_named else '/check'}")


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
    store: NamedDependency[Store],
    principal: NamedDependency[Officer],
    staged: FromPath[int],
) -> Redirect:
    """Read the whole file so, and go on to what would be stored."""
    form = await read_form(request, ColumnsForm)
    async with store.reading() as looking:
        await service.read_so(looking, staged, form.role, by=principal.actor)
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
    held, found = await service.look(session, staged, by=principal.actor)
    is_blind = await service.is_blind(session, held, found)
    return page(
        request,
        "metrics/check_measures.html",
        staged=held,
        found=found,
        layout=layout_called(held.layout),
        notes=[blind(note) for note in found.notes] if is_blind else found.notes,
        blind=is_blind,
        held_words=HELD,
    )


@post("/measures/import/{staged:int}/confirm", name="metrics.confirm_measures", **EVALUATOR)
async def confirm_measures(
    session: NamedDependency[AsyncSession],
    store: NamedDependency[Store],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
    staged: FromPath[int],
) -> Redirect:
    """Store it."""
    async with store.reading() as looking:
        held, found = await service.look(looking, staged, by=principal.actor)
    taken = await service.take(session, held, found, by=principal.actor, now=now)
    return see_other(f"/measures/{'registers' if taken.is_register else 'imports'}/{taken.id}")


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
    is_blind = await queries.is_blind_import(session, taken)
    return page(
        request,
        "metrics/imported.html",
        imported=one,
        dataset=await queries.dataset(session, one.dataset_id),
        notes=[blind(note) for note in one.notes],  # whoever else looks has not seen the file
        blind=is_blind,
        held_words=HELD,
    )


@get("/measures/registers", name="metrics.registers", **EVALUATOR)
async def registers_page(request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]) -> Template:
    """The lists about trusts, how long each is, and the files it came from."""
    return page(
        request,
        "metrics/registers.html",
        registers=[one for one in LAYOUTS.values() if one.is_register],
        sizes=await registers.sizes(session),
        files=await registers.register_files(session),
    )


@get("/measures/registers/{taken:int}", name="metrics.register_loaded", **EVALUATOR)
async def register_loaded(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], taken: FromPath[int]
) -> Template:
    """A list that was loaded, and what can be done next."""
    one = await registers.register_file(session, taken)
    return page(request, "metrics/register_loaded.html", file=one, notes=one.notes, layout=LAYOUTS[one.kind])


HANDLERS = [
    import_kinds,
    import_form,
    send_measures,
    columns_page,
    take_columns,
    check_page,
    confirm_measures,
    forget_measures,
    imported,
    registers_page,
    register_loaded,
]
