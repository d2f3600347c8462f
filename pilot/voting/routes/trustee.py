"""A trustee's own pages: what to do now, registering, and the practice with the deputy's backup."""

from datetime import datetime
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.people import queries as people
from pilot.people.guards import allow
from pilot.people.roles import Officer, Role
from pilot.settings import Settings
from pilot.voting import queries, service
from pilot.voting.files.trustee_page import trustee_page
from pilot.voting.routes.sending import MAKE_NEW, FileForm, in_the_file
from pilot.voting.trustees import Standing, move
from pilot.web.forms import TAKES_A_FILE, answers, read_form
from pilot.web.pages import download, page, see_other

TRUSTEE = allow(Role.TRUSTEE)
HERE = "/trustee/{trust:str}"


@get("/trustee", name="voting.trustee_tasks", **TRUSTEE)
async def trustee_tasks(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template:
    """Everything that a trustee has to do, trust by trust and ballot by ballot."""
    return page(
        request,
        "voting/trustee_tasks.html",
        duties=await service.duties(session, principal.account_id, now=now),
        tool=trustee_page(settings.static),
        fingerprint=service.fingerprint,
    )


@get(HERE + "/registration", name="voting.registering", **TRUSTEE)
async def registering(
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
) -> Template:
    """Where the registration file is sent, and the number that the trustee reads aloud afterwards."""
    row = await queries.trustee_for(session, trust, principal.account_id)
    move(Standing(row.state), "register")
    found = await people.trust(session, trust)
    return page(request, "voting/registering.html", trust=found, trustee=row, number=service.fingerprint(row))


@post(HERE + "/registration", name="voting.register", **TRUSTEE, **TAKES_A_FILE)
@answers(registering)
async def register(
    *,
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
) -> Redirect:
    """Keep the public keys of the registration file."""
    row = await queries.trustee_for(session, trust, principal.account_id)
    form = await read_form(request, FileForm)
    with in_the_file(MAKE_NEW):
        await service.register(session, row, form.file.content, by=principal.actor, now=now)
    return see_other("/trustee")


@get(HERE + "/practice", name="voting.practising", **TRUSTEE)
async def practising(
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
) -> Template:
    """Where the deputy's backup is tried: a file to download, and its answer to send."""
    row = await queries.trustee_for(session, trust, principal.account_id)
    service.drill_file(row)
    return page(request, "voting/practising.html", trust=await people.trust(session, trust), trustee=row)


@get(HERE + "/practice/list", name="voting.practice_list", **TRUSTEE)
async def practice_list(
    trust: FromPath[str], session: NamedDependency[AsyncSession], principal: NamedDependency[Officer]
) -> Response[Any]:
    """The practice list."""
    row = await queries.trustee_for(session, trust, principal.account_id)
    return download(service.drill_file(row), "practice-list.json", "application/json")


@post(HERE + "/practice", name="voting.practise", **TRUSTEE, **TAKES_A_FILE)
@answers(practising)
async def practise(
    *,
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
) -> Redirect:
    """Take the answer: the backup opens."""
    row = await queries.trustee_for(session, trust, principal.account_id)
    form = await read_form(request, FileForm)
    with in_the_file():
        await service.answer_drill(session, row, form.file.content, by=principal.actor, now=now)
    return see_other("/trustee")


HANDLERS = [trustee_tasks, registering, register, practising, practice_list, practise]
