"""What the board has to do, for all to see; and the secretary's pages: saying that the result has come, the answer."""

from datetime import datetime
from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.councils import queries, service
from pilot.councils.deadlines import london_day
from pilot.councils.forms.proposals import COMMITMENTS, ResponseForm, response_form
from pilot.councils.proposals import RESPONDED, WITH_BOARD, move
from pilot.councils.responses import GROUND_WORDS
from pilot.councils.routes.showing import board_due, tag
from pilot.people import queries as people
from pilot.people.guards import PUBLIC, allow
from pilot.people.roles import Officer, Role
from pilot.web.forms import answers, read_form
from pilot.web.pages import page, see_other

SECRETARY = allow(Role.BOARD_SECRETARY)
ONE = "/trusts/{trust:str}/proposals/{proposal:int}"


@get("/trusts/{trust:str}/responses", name="councils.responses", **PUBLIC)
async def responses(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    principal: NamedDependency[Any],
    trust: FromPath[str],
) -> Template:
    """What the board has to do, the latest first; and what it has answered."""
    of = await people.trust(session, trust)
    waiting = []
    if listed := await queries.proposals_of_trust(session, trust, WITH_BOARD):
        constitution = (await queries.constitution_on(session, trust, london_day(now))).constitution
        waiting = [(one, due) for one in listed if (due := board_due(one, now, constitution))]
        waiting.sort(key=lambda pair: (pair[1].due_at, pair[0].id))
    answered = await queries.proposals_of_trust(session, trust, RESPONDED)
    secretary = isinstance(principal, Officer) and principal.holds(Role.BOARD_SECRETARY, trust=trust)
    return page(
        request,
        "councils/responses.html",
        trust=of,
        waiting=waiting,
        answered=answered,
        tag=tag,
        secretary=secretary,
    )


@get(ONE + "/acknowledgement", name="councils.acknowledge", **SECRETARY)
async def acknowledge(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    trust: FromPath[str],
    proposal: FromPath[int],
) -> Template:
    """What will be published when the board says that it has the result."""
    found = await queries.proposal(session, trust, proposal)
    move(found.state, "acknowledge")
    return page(request, "councils/acknowledge.html", trust=await people.trust(session, trust), proposal=found)


@post(ONE + "/acknowledgement", name="councils.say_that_it_came", **SECRETARY)
async def say_that_it_came(
    *,
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    principal: NamedDependency[Any],
    trust: FromPath[str],
    proposal: FromPath[int],
) -> Redirect:
    """Publish that the board has the result."""
    await service.acknowledge(session, trust, proposal, by=principal.actor, now=now)
    return see_other(f"/trusts/{trust}/responses")


@get(ONE + "/response", name="councils.response", **SECRETARY)
async def response(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    trust: FromPath[str],
    proposal: FromPath[int],
) -> Template:
    """The form of the board's answer."""
    return await _form(request, session, now, trust, proposal)


@post(ONE + "/response/check", name="councils.check_response", status_code=200, **SECRETARY)
@answers(response)
async def check_response(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    trust: FromPath[str],
    proposal: FromPath[int],
) -> Template:
    """The answer as it will be published. Nothing is stored yet."""
    form = await _read(request, session, now, trust, proposal)
    await service.check_answer(session, trust, proposal, form.answer(), now=now)
    return page(
        request,
        "councils/check_response.html",
        proposal=await queries.proposal(session, trust, proposal),
        answer=form.answer(),
        grounds=GROUND_WORDS,
        typed_again=await _typed(request),
    )


@post(ONE + "/response/change", name="councils.change_response", status_code=200, **SECRETARY)
async def change_response(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    trust: FromPath[str],
    proposal: FromPath[int],
) -> Template:
    """Back from the check to the form, with everything as it was typed."""
    return await _form(request, session, now, trust, proposal, typed=await _typed(request))


@post(ONE + "/response", name="councils.respond", **SECRETARY)
@answers(response)
async def respond(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    principal: NamedDependency[Any],
    trust: FromPath[str],
    proposal: FromPath[int],
) -> Redirect:
    """Publish the answer."""
    form = await _read(request, session, now, trust, proposal)
    await service.respond(session, trust, proposal, form.answer(), by=principal.actor, now=now)
    return see_other(f"/trusts/{trust}/proposals/{proposal}#answer")


async def _form(
    request: Request[Any, Any, Any], session: AsyncSession, now: datetime, trust: str, proposal: int, **more: Any
) -> Template:
    found = await queries.proposal(session, trust, proposal)
    move(found.state, "accept")
    constitution = (await queries.constitution_on(session, trust, london_day(now))).constitution
    return page(
        request,
        "councils/response.html",
        proposal=found,
        constitution=constitution,
        grounds=GROUND_WORDS,
        numbers=COMMITMENTS,
        **more,
    )


async def _read(
    request: Request[Any, Any, Any], session: AsyncSession, now: datetime, trust: str, proposal: int
) -> ResponseForm:
    move((await queries.proposal(session, trust, proposal)).state, "accept")
    constitution = (await queries.constitution_on(session, trust, london_day(now))).constitution
    return await read_form(request, response_form(london_day(now), constitution))


async def _typed(request: Request[Any, Any, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in (await request.form()).items() if name != "_csrf_token"}


HANDLERS: list[Any] = [
    responses, acknowledge, say_that_it_came, response, check_response, change_response, respond,
]  # fmt: skip
