"""The coordinator's pages: upload a roll, map its columns, look at what would happen, import."""

from datetime import datetime
from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.clock import LONDON
from pilot.people import files, queries, service
from pilot.people.forms import ColumnsForm, ImportForm, RollForm, ZerosForm
from pilot.people.guards import allow
from pilot.people.roles import Officer, Role
from pilot.people.roll import FIELDS
from pilot.people.service import RollFile
from pilot.web.forms import TAKES_A_FILE, answers, read_form
from pilot.web.pages import download, page, see_other

COORDINATOR = allow(Role.COORDINATOR)
SHOWN = 100
"""Problems shown on the page; the download has all."""


@get("/trusts/{trust:str}/roll", name="people.roll", **allow(Role.COORDINATOR, Role.RETURNING_OFFICER, Role.AUDITOR))
async def roll_page(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
    trust: FromPath[str],
) -> Template:
    """The roll in force, who is on it by group and site, and the rolls before."""
    summary = await queries.roll_summary_on(session, trust, now.astimezone(LONDON).date())
    return page(
        request,
        "people/roll.html",
        trust=await queries.trust(session, trust),
        roll=summary,
        age=(now.astimezone(LONDON).date() - summary.as_at_on).days if summary else 0,
        groups=await queries.people_by(session, summary.import_id, "staff_group") if summary else (),
        sites=await queries.people_by(session, summary.import_id, "site") if summary else (),
        imports=await queries.roll_imports(session, trust),
        may_import=principal.holds(Role.COORDINATOR, trust=trust),
    )


@get("/trusts/{trust:str}/roll/import", name="people.import_roll", **COORDINATOR)
async def import_form(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], trust: FromPath[str]
) -> Template:
    """The form to upload a roll, with what it should hold and what it must not hold."""
    return page(request, "people/import_roll.html", trust=await queries.trust(session, trust), fields=FIELDS)


@get("/trusts/{trust:str}/roll/template.csv", name="people.roll_template", **COORDINATOR)
async def template(trust: FromPath[str]) -> Response[bytes]:
    """A roll to fill in."""
    return download(files.roll_template(), f"staff-roll-{trust}.csv")


@post("/trusts/{trust:str}/roll/import", name="people.upload_roll", **TAKES_A_FILE, **COORDINATOR)
@answers(import_form)
async def upload_roll(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
    trust: FromPath[str],
) -> Redirect:
    """Read the file, refuse what must not come in, keep the columns that we know, and go on to the columns."""
    form = await read_form(request, RollForm)
    file = RollFile(form.file.filename, form.file.content, form.as_at_on)
    upload = await service.stage_roll(session, trust, file, by=principal.actor, now=now)
    return see_other(f"/trusts/{trust}/roll/import/{upload}/columns")


@get("/trusts/{trust:str}/roll/import/{upload:int}/columns", name="people.roll_columns", **COORDINATOR)
async def columns_page(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    trust: FromPath[str],
    upload: FromPath[int],
) -> Template:
    """Which column holds what: guessed, or as in the last roll."""
    return page(
        request,
        "people/roll_columns.html",
        trust=await queries.trust(session, trust),
        upload=upload,
        fields=FIELDS,
        columns=await service.columns_of(session, trust, upload, now),
    )


@post("/trusts/{trust:str}/roll/import/{upload:int}/columns", name="people.map_columns", **TAKES_A_FILE, **COORDINATOR)
@answers(columns_page)
async def map_columns(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
    trust: FromPath[str],
    upload: FromPath[int],
) -> Redirect:
    """Take the columns as chosen and go on to the preview."""
    form = await read_form(request, ColumnsForm)
    known = await service.columns_of(session, trust, upload, now)
    again = RollFile(form.file.filename, form.file.content, known.as_at_on) if form.file else None
    mapped = await service.map_columns(session, trust, upload, form.mapping(), again=again, by=principal.actor, now=now)
    return see_other(f"/trusts/{trust}/roll/import/{mapped}")


@get("/trusts/{trust:str}/roll/import/{upload:int}", name="people.preview_roll", **COORDINATOR)
async def preview_page(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    trust: FromPath[str],
    upload: FromPath[int],
) -> Template:
    """What importing would do: totals, every problem with its line, and changes since the roll before."""
    return page(
        request,
        "people/preview_roll.html",
        trust=await queries.trust(session, trust),
        upload=upload,
        preview=await service.preview_roll(session, trust, upload, now),
        shown=SHOWN,
    )


@get("/trusts/{trust:str}/roll/import/{upload:int}/problems.csv", name="people.roll_problems", **COORDINATOR)
async def problems(
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    trust: FromPath[str],
    upload: FromPath[int],
) -> Response[bytes]:
    """Every problem with its line, to be corrected."""
    preview = await service.preview_roll(session, trust, upload, now)
    return download(files.problems_table(preview.read.problems), f"staff-roll-problems-{trust}.csv")


@post("/trusts/{trust:str}/roll/import/{upload:int}/zeros", name="people.answer_zeros", **COORDINATOR)
@answers(preview_page)
async def answer_zeros(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    trust: FromPath[str],
    upload: FromPath[int],
) -> Redirect:
    """Take the answer about short employee numbers."""
    form = await read_form(request, ZerosForm)
    await service.answer_zeros(session, trust, upload, form.zeros, now)
    return see_other(f"/trusts/{trust}/roll/import/{upload}")


@get("/trusts/{trust:str}/roll/import/{upload:int}/sure", name="people.sure_roll", **COORDINATOR)
async def sure_page(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    trust: FromPath[str],
    upload: FromPath[int],
) -> Template:
    """The page in between when more than a tenth of the staff would change."""
    return page(
        request,
        "people/sure_roll.html",
        trust=await queries.trust(session, trust),
        upload=upload,
        preview=await service.preview_roll(session, trust, upload, now),
    )


@post("/trusts/{trust:str}/roll/import/{upload:int}", name="people.confirm_roll", **COORDINATOR)
async def confirm_roll(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
    trust: FromPath[str],
    upload: FromPath[int],
) -> Redirect:
    """Import the roll."""
    form = await read_form(request, ImportForm)
    done = await service.import_roll(session, trust, upload, sure=form.sure, by=principal.actor, now=now)
    return see_other(f"/trusts/{trust}/roll/imports/{done.import_id}")


@get("/trusts/{trust:str}/roll/imports/{roll_import:int}", name="people.imported_roll", **COORDINATOR)
async def imported_page(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    trust: FromPath[str],
    roll_import: FromPath[int],
) -> Template:
    """The roll was imported; what happens next."""
    return page(
        request,
        "people/imported_roll.html",
        trust=await queries.trust(session, trust),
        roll=await queries.roll_import(session, trust, roll_import),
    )


HANDLERS = [
    roll_page,
    import_form,
    template,
    upload_roll,
    columns_page,
    map_columns,
    preview_page,
    problems,
    answer_zeros,
    sure_page,
    confirm_roll,
    imported_page,
]
