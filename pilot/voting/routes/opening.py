"""The pages on which trustees sign a ballot and open its sealed votes, and where the returning officer follows it."""

from datetime import datetime
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import NotFound, Refused
from pilot.people import queries as people
from pilot.people.guards import allow
from pilot.people.roles import Officer, Role
from pilot.settings import Settings
from pilot.voting import promised, queries, service
from pilot.voting.ballots import reference
from pilot.voting.forms import OrderForm
from pilot.voting.lifecycle import State
from pilot.voting.routes.sending import FileForm, in_the_file
from pilot.voting.tables import BallotRow, TrusteeRow
from pilot.voting.trustees import ROLES, Standing, default_order
from pilot.web.forms import TAKES_A_FILE, answers, read_form
from pilot.web.pages import download, page, see_other

HERE = "/trusts/{trust:str}/ballots/{ballot:int}"
RETURNING_OFFICER = allow(Role.RETURNING_OFFICER)
TRUSTEE = allow(Role.TRUSTEE)

TAKES_A_LIST: dict[str, Any] = {"request_max_body_size": 100 * 1024 * 1024}
"""For opened files: 30,000 papers of the longest kind have half of that."""


@get(f"{HERE}/trustees", name="voting.choosing", **RETURNING_OFFICER)
async def choosing(
    *,
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template:
    """Who opens the sealed votes: chosen before the list of voters is fixed, followed afterwards."""
    row = await queries.ballot_of(session, trust, ballot)
    rows = [one for one in await queries.trustees_of(session, trust) if one.state == Standing.CONFIRMED]
    by_side: dict[str, list[int]] = {}
    for one in rows:
        by_side.setdefault(one.side, []).append(one.id)
    turns = await service.turns(session, row)
    order = [one.trustee for one in turns] or [one for one in default_order(by_side) if one is not None]
    return page(
        request,
        "voting/choosing.html",
        trust=await people.trust(session, trust),
        ballot=row,
        trustees=rows,
        order=order,
        roles=ROLES,
        turns=turns,
        why_not=await _why_not(session, row, now),
        real=not settings.demonstration and row.kind_of_vote == "vote",
        server_custody=await service.server_custody(session, [row]),
    )


async def _why_not(session: AsyncSession, row: BallotRow, now: datetime) -> str:
    """Why nobody may open the sealed votes yet; "" when they may, and before the close."""
    if row.state not in (State.CLOSED, State.NOTICED):
        return ""
    try:
        await service.check_may_open(session, row, now=now)
    except Refused as refusal:
        return refusal.reason
    return ""


@post(f"{HERE}/trustees", name="voting.choose", **RETURNING_OFFICER)
@answers(choosing)
async def choose(
    *,
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    settings: NamedDependency[Settings],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
) -> Redirect:
    """Note who opens the sealed votes, in order."""
    await service.to_choose(session, trust, ballot)
    form = await read_form(request, OrderForm)
    real = not settings.demonstration
    await service.choose(session, ballot, form.chosen(), by=principal.actor, now=now, real=real)
    return see_other(f"/trusts/{trust}/ballots/{ballot}")


async def _mine(session: AsyncSession, trust: str, ballot: int, principal: Officer) -> tuple[BallotRow, TrusteeRow]:
    """A ballot and the trustee who stands before it. Raises NotFound, or WrongState for one who is not chosen."""
    row = await queries.ballot_of(session, trust, ballot)
    trustee = await queries.trustee_for(session, trust, principal.account_id)
    await service.place_of(session, row, trustee)
    return row, trustee


@get(f"{HERE}/sign", name="voting.signing", **TRUSTEE)
async def signing(
    *,
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
) -> Template:
    """What the ballot promises, to be read and signed by a trustee."""
    row, trustee = await _mine(session, trust, ballot, principal)
    promise = await service.promise(session, row)
    if promise is None:
        raise NotFound("The list of voters is not fixed yet. You sign this vote after that.")
    return page(
        request,
        "voting/signing.html",
        trust=await people.trust(session, trust),
        ballot=row,
        trustee=trustee,
        number=promise.digest,
        promised=promised.promise(promise.manifest, promise.digest),
        missing=await service.unsigned(session, row),
    )


@post(f"{HERE}/sign", name="voting.sign", **TRUSTEE, **TAKES_A_FILE)
@answers(signing)
async def sign(
    *,
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
) -> Redirect:
    """Keep a trustee's signature."""
    row, trustee = await _mine(session, trust, ballot, principal)
    form = await read_form(request, FileForm)
    with in_the_file():
        await service.sign(session, row, trustee, form.file.content, by=principal.actor, now=now)
    return see_other("/trustee")


@get(f"{HERE}/list", name="voting.sealed_list", **TRUSTEE)
async def sealed_list(
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
) -> Response[Any]:
    """The list of sealed votes that this trustee opens."""
    row, trustee = await _mine(session, trust, ballot, principal)
    content = await service.list_file(session, row, trustee, now=now)
    return download(content, f"list-{reference(trust, row.number)}.jsonl", "application/jsonl")


@get(f"{HERE}/opened", name="voting.opening", **TRUSTEE)
async def opening(
    *,
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
) -> Template:
    """Where a trustee downloads the list and sends what they opened."""
    row, trustee = await _mine(session, trust, ballot, principal)
    await service.to_open(session, row, trustee, now=now)
    return page(request, "voting/opening.html", trust=await people.trust(session, trust), ballot=row, trustee=trustee)


@post(f"{HERE}/opened", name="voting.take_opened", **TRUSTEE, **TAKES_A_LIST)
@answers(opening)
async def take_opened(
    *,
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
) -> Redirect:
    """Take what was opened, after every check."""
    row, trustee = await _mine(session, trust, ballot, principal)
    form = await read_form(request, FileForm)
    with in_the_file():
        await service.take_opened(session, row, trustee, form.file.content, by=principal.actor, now=now)
    return see_other("/trustee")


HANDLERS = [choosing, choose, signing, sign, sealed_list, opening, take_opened]
