"""The returning officer's pages: fix the list of voters, look at it, declare the result, hang up the poster."""

from datetime import datetime
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import NotFound
from pilot.people import queries as people
from pilot.people.files import qr_code
from pilot.people.guards import PUBLIC, allow
from pilot.people.roles import Officer, Role
from pilot.secrecy import service as secrecy
from pilot.secrecy.files import client_digest
from pilot.settings import Settings
from pilot.voting import outcomes, queries, service
from pilot.voting.ballots import Election, reference
from pilot.voting.electorate import shown
from pilot.voting.forms import DeclareForm
from pilot.voting.service import OnDeclared
from pilot.voting.stages import stages_of
from pilot.voting.tables import BallotRow
from pilot.web.forms import answers, read_form
from pilot.web.pages import download, page, see_other

RETURNING_OFFICER = allow(Role.RETURNING_OFFICER)


@post("/trusts/{trust:str}/ballots/{ballot:int}/freeze", name="voting.freeze", **RETURNING_OFFICER)
async def freeze(
    *,
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Redirect:
    """Fix the list of voters; nobody can be added afterwards."""
    await queries.ballot_of(session, trust, ballot)
    script = client_digest(settings.static)
    real = not settings.demonstration
    await service.freeze_electorate(session, ballot, by=principal.actor, now=now, script=script, real=real)
    return see_other(f"/trusts/{trust}/ballots/{ballot}/electorate")


@get(
    "/trusts/{trust:str}/ballots/{ballot:int}/electorate",
    name="voting.electorate",
    **allow(Role.RETURNING_OFFICER, Role.AUDITOR),
)
async def electorate(
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
) -> Template:
    """Who can vote, in numbers, and who cannot and why; names are for the returning officer alone."""
    row = await queries.ballot_of(session, trust, ballot)
    with_names = principal.holds(Role.RETURNING_OFFICER, trust=trust)
    left_out = await service.left_out(session, row, names=with_names)
    promise = await service.promise(session, row)
    return page(
        request,
        "voting/electorate.html",
        trust=await people.trust(session, trust),
        ballot=row,
        groups=shown([(name, size) for name, size in row.groups]),
        left_out=left_out,
        total_left_out=sum(one.number for one in left_out),
        promise=promise,
        server_custody=promise is not None and promise.server_custody,
        with_names=with_names,
    )


@get("/trusts/{trust:str}/ballots/{ballot:int}/declare", name="voting.declaring", **RETURNING_OFFICER)
async def declaring(
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
) -> Template:
    """The count, before it is declared."""
    row = await service.to_declare(session, trust, ballot)
    return page(
        request,
        "voting/declare.html",
        trust=await people.trust(session, trust),
        ballot=row,
        rule=outcomes.decided(queries.ask_of(row)),
        server_custody=await service.server_custody(session, [row]),
        **_election(row),
    )


def _election(row: BallotRow) -> dict[str, Any]:
    """What the page tells of a counted election; nothing for a question."""
    ask, count = queries.ask_of(row), queries.tallied(row)
    if count is None or not isinstance(ask, Election):
        return {}
    return {
        "election": count,
        "quota": outcomes.quota(count),
        "empty": outcomes.empty(count, ask.contest().reopen),
        "sheet": stages_of(count),
    }


@post("/trusts/{trust:str}/ballots/{ballot:int}/declare", name="voting.declare", **RETURNING_OFFICER)
@answers(declaring)
async def declare(
    *,
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
    on_declared: NamedDependency[OnDeclared],
) -> Redirect:
    """Declare the result: it is public at once."""
    await queries.ballot_of(session, trust, ballot)
    await read_form(request, DeclareForm)
    await service.declare_result(session, ballot, by=principal.actor, now=now, on_declared=on_declared)
    return see_other(f"/trusts/{trust}/ballots/{ballot}/result")


@get("/trusts/{trust:str}/ballots/{ballot:int}/poster", name="voting.poster", **PUBLIC)
async def poster(
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    settings: NamedDependency[Settings],
) -> Template:
    """A sheet for the noticeboard: the address, and the number that shows that nobody changed the vote."""
    row = await queries.ballot_of(session, trust, ballot)
    promise = await service.promise(session, row)
    if promise is None:
        raise NotFound("The poster can be printed when the list of voters is fixed.")
    address = f"{settings.public_url}/vote#{promise.digest}"
    found = await people.trust(session, trust)
    picture = qr_code(address).decode()
    return page(
        request,
        "voting/poster.html",
        trust=found,
        ballot=row,
        number=promise.digest,
        address=address,
        picture=picture,
        server_custody=promise.server_custody,
    )


@get(
    "/trusts/{trust:str}/ballots/{ballot:int}/papers.jsonl",
    name="voting.papers",
    **allow(Role.AUDITOR, Role.TRUSTEE),
)
async def papers(
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
) -> Response[Any]:
    """The papers of a declared vote, for the scrutineers: below 50 people they are not in the record."""
    row = await queries.ballot_of(session, trust, ballot)
    if not principal.holds(Role.AUDITOR):
        await service.check_scrutineer(session, row, principal)
    await queries.declared(session, ballot)
    content = await secrecy.papers_of(session, queries.box(row))
    return download(content, f"papers-{reference(trust, row.number)}.jsonl", "application/jsonl")


HANDLERS = [freeze, electorate, declaring, declare, poster, papers]
