"""The log of a vote: watched by the scrutineer with a key while the vote is open, public when it has closed."""

from datetime import datetime
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import BadInput, NotAllowed, WrongState
from pilot.people import queries as people
from pilot.people.guards import PUBLIC, allow
from pilot.people.roles import Officer, Role
from pilot.secrecy import service as secrecy
from pilot.settings import Settings
from pilot.voting import service
from pilot.voting.service.watching import NOT_THE_KEY
from pilot.web.forms import answers
from pilot.web.pages import download, page

HERE = "/trusts/{trust:str}/ballots/{ballot:int}"
RETURNING_OFFICER = allow(Role.RETURNING_OFFICER)
BEARER = "Bearer "


@get(f"{HERE}/watching", name="voting.watching", **RETURNING_OFFICER)
async def watching(
    request: Request[Any, Any, Any], trust: FromPath[str], ballot: FromPath[int], session: NamedDependency[AsyncSession]
) -> Template:
    """Where the scrutineer's watch key is made. It is shown only when it is made."""
    row = await service.to_watch(session, trust, ballot)
    custody = await service.server_custody(session, [row])
    found = await people.trust(session, trust)
    return page(request, "voting/watching.html", trust=found, ballot=row, server_custody=custody, key="")


@post(f"{HERE}/watching", name="voting.make_watch_key", status_code=200, **RETURNING_OFFICER)
@answers(watching)
async def make_watch_key(
    *,
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template:
    """Make a watch key and show it, once."""
    key = await service.make_watch_key(session, settings, trust, ballot, by=principal.actor, now=now)
    row = await service.to_watch(session, trust, ballot)
    custody = await service.server_custody(session, [row])
    found = await people.trust(session, trust)
    return page(request, "voting/watching.html", trust=found, ballot=row, server_custody=custody, key=key)


@get(f"{HERE}/watch", name="voting.watch", **PUBLIC)
async def watch(
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    settings: NamedDependency[Settings],
) -> Response[dict[str, Any]]:
    """The log's signed size and root, and that it continues the log that the watcher has seen (`?from=` its size)."""
    authorization = request.headers.get("authorization", "")
    if not authorization.startswith(BEARER):
        raise NotAllowed(NOT_THE_KEY)
    asked = request.query_params.get("from", "0")
    if not asked.isascii() or not asked.isdigit() or len(asked) > 12:
        raise BadInput("The number of lines that you have seen must be a whole number.")
    key = authorization.removeprefix(BEARER).strip()
    found = await service.watch(session, settings, trust, ballot, key=key, earlier=int(asked))
    return Response({"checkpoint": found.checkpoint, "proof": list(found.proof)})


@get(f"{HERE}/log.jsonl", name="voting.log", **PUBLIC)
async def log(trust: FromPath[str], ballot: FromPath[int], session: NamedDependency[AsyncSession]) -> Response[Any]:
    """Every line of the log, from the close on."""
    box = await service.box_of(session, trust, ballot)
    return download(await secrecy.log_lines(session, box), "log.jsonl", "application/jsonl")


@get(f"{HERE}/checkpoints.txt", name="voting.checkpoints", **PUBLIC)
async def checkpoints(
    trust: FromPath[str], ballot: FromPath[int], session: NamedDependency[AsyncSession]
) -> Response[Any]:
    """The signed sizes and roots of the log, from the close on."""
    content = await secrecy.checkpoints_of(session, await service.box_of(session, trust, ballot))
    if not content:
        raise WrongState("The log of this vote is published when voting has closed.")
    return download(content, "checkpoints.txt", "text/plain; charset=utf-8")


@get(f"{HERE}/manifest.json", name="voting.manifest", **PUBLIC)
async def manifest(
    trust: FromPath[str], ballot: FromPath[int], session: NamedDependency[AsyncSession]
) -> Response[Any]:
    """What was promised of this vote, in the one text whose number stands on the poster."""
    content = await secrecy.manifest_of(session, await service.box_of(session, trust, ballot))
    return download(content, "manifest.json", "application/json; charset=utf-8")


HANDLERS = [watching, make_watch_key, watch, log, checkpoints, manifest]
