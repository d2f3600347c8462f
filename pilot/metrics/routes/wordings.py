"""The pages of packs of wordings: which are in use, send one, look at it, take it into use and out of use again."""

from datetime import datetime
from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import BadInput, NotAllowed
from pilot.metrics.forms.wordings import COLUMNS, CheckedForm, WordingsForm, as_text
from pilot.metrics.instruments import FIRST_YEAR, LAST_YEAR, items
from pilot.metrics.queries import wordings as queries
from pilot.metrics.service import wordings as service
from pilot.metrics.sheet import Unusable
from pilot.people import queries as people
from pilot.people.guards import allow
from pilot.people.roles import Officer, Role
from pilot.people.sheet import written
from pilot.web.forms import TAKES_A_FILE, answers, read_form
from pilot.web.pages import download, page, see_other

HOLDERS = allow(Role.COORDINATOR, Role.EVALUATOR, Role.PROGRAMME_ADMIN)
YEARS = range(LAST_YEAR, FIRST_YEAR - 1, -1)
NOT_YOURS = "Only who took this pack into use, an evaluator or the programme admin can take it out of use."


@get("/wordings", name="metrics.wordings", **HOLDERS)
async def wordings(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], principal: NamedDependency[Officer]
) -> Template:
    """Every pack, and whether surveys may use it."""
    return page(
        request,
        "metrics/wordings.html",
        packs=[(one, _may_end(principal, one)) for one in await queries.packs(session)],
        names={f"account {one.id}": one.name for one in await people.accounts(session)},
    )


@get("/wordings/template/{year:int}", name="metrics.wordings_template", **HOLDERS)
async def wordings_template(year: FromPath[int]) -> Response[bytes]:
    """The codes of a year, with room for their words."""
    codes = sorted({code for found in items(year).values() for code in found})
    return download(written(COLUMNS, [(code, "") for code in codes]).encode(), f"wordings-{year}.csv")


@get("/wordings/new", name="metrics.new_wordings", **HOLDERS)
async def new_wordings(request: Request[Any, Any, Any]) -> Template:
    """The form to send a pack."""
    return page(request, "metrics/new_wordings.html", years=YEARS)


@post("/wordings/new", name="metrics.check_wordings", status_code=200, **TAKES_A_FILE, **HOLDERS)
@answers(new_wordings)
async def check_wordings(request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]) -> Template:
    """Read the pack and show what surveys could ask with it. Nothing is stored yet."""
    form = await read_form(request, WordingsForm)
    try:
        pack = form.pack()
    except Unusable as refusal:
        raise refusal.listed() from refusal
    if any(one.pack == pack for one in await queries.packs(session) if one.ended_at is None):
        raise BadInput("There is a problem", {"file": service.TWICE.rstrip(".")})
    return page(request, "metrics/check_wordings.html", pack=pack, asked=pack.questionnaire(), text=as_text(pack))


@post("/wordings", name="metrics.take_wordings", **HOLDERS)
async def take_wordings(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
) -> Redirect:
    """Take the pack into use."""
    form = await read_form(request, CheckedForm)
    await service.take_into_use(session, form.pack(), by=principal.actor, now=now)
    return see_other("/wordings")


@get("/wordings/{pack:int}/end", name="metrics.ending_wordings", **HOLDERS)
async def ending_wordings(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], pack: FromPath[int]
) -> Template:
    """Ask before a pack is taken out of use."""
    return page(request, "metrics/ending_wordings.html", kept=await queries.pack(session, pack))


@post("/wordings/{pack:int}/end", name="metrics.end_wordings", **HOLDERS)
async def end_wordings(
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
    pack: FromPath[int],
) -> Redirect:
    """Take a pack out of use."""
    if not _may_end(principal, await queries.pack(session, pack)):
        raise NotAllowed(NOT_YOURS)
    await service.take_out_of_use(session, pack, by=principal.actor, now=now)
    return see_other("/wordings")


def _may_end(officer: Officer, kept: queries.KeptPack) -> bool:
    return kept.made_by == officer.actor or officer.holds(Role.EVALUATOR, Role.PROGRAMME_ADMIN)


HANDLERS = [
    wordings,
    wordings_template,
    new_wordings,
    check_wordings,
    take_wordings,
    ending_wordings,
    end_wordings,
]
