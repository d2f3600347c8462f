"""The voter's pages: code, question, cast, finish. Nothing here is logged, and nothing is kept by the browser."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from litestar import Request, Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import BadInput, NotAllowed
from pilot.people import service as people
from pilot.people.guards import PUBLIC, VOTER
from pilot.people.navigation import Task
from pilot.people.roles import Voter
from pilot.secrecy import service as secrecy
from pilot.settings import Settings
from pilot.voting import collusion, queries, service
from pilot.voting.forms import CodeForm
from pilot.voting.service import Standing
from pilot.web import sealed, sessions
from pilot.web.forms import answers, read_form
from pilot.web.pages import page, see_other

STAY = timedelta(minutes=30)
"""A voter's session ends by itself after this; a shared computer clears the page much earlier."""

FORGET = '"cookies", "storage"'
"""What the browser drops at the end. Pages are never kept, so there is no cache to clear."""

SURVEY = "/survey"
"""The same start page for people who are asked to a survey: nothing of councils stands on it."""

AlsoOpen = Callable[[AsyncSession, Voter, datetime], Awaitable[Sequence[Task]]]
"""What besides votes is open to somebody; the application gives it, since voting knows of nothing else."""


@get(["/vote", SURVEY], name="voting.start", **PUBLIC)
async def start(request: Request[Any, Any, Any]) -> Template:
    """The start page: one field for the voting code. It looks the same for everybody, signed in or not."""
    request.scope["principal"] = None  # type: ignore[typeddict-unknown-key]  # nobody's name stands on it
    return page(request, "voting/start.html", survey=request.url.path == SURVEY)


@post(["/vote", SURVEY], name="voting.enter", **PUBLIC)
@answers(start)
async def enter(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
    also_open: NamedDependency[AlsoOpen],
) -> Redirect:
    """Take a voting code; whoever was signed in at this computer is signed out."""
    form = await read_form(request, CodeForm)
    address = request.client.host if request.client else ""
    try:
        throttle = request.app.state.throttle
        voter = await people.person_at(session, settings, throttle, form.code or "", address=address, now=now)
    except NotAllowed as refusal:
        raise BadInput("There is a problem", {"code": refusal.reason}) from refusal
    await sessions.end(session, settings, request)
    cookie = await sessions.begin(session, settings, "person", voter.person_id, expires_at=_until(now))
    places = await service.places(session, voter, now=now)
    addresses = [f"/votes/{place.ballot.id}" for place in places]
    addresses += [task.href for task in await also_open(session, voter, now)]
    answer = see_other(addresses[0] if len(addresses) == 1 else "/votes")
    answer.set_cookie(cookie)
    return answer


@get("/votes", name="voting.votes", **VOTER)
async def votes(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Voter],
    now: NamedDependency[datetime],
    also_open: NamedDependency[AlsoOpen],
) -> Template:
    """What is open to this voter."""
    places, over = await service.votes_of(session, principal, now=now)
    custody = await service.server_custody(session, [*(place.ballot for place in places), *over])
    return page(
        request,
        "voting/votes.html",
        places=places,
        over=over,
        standing=service.standing,
        server_custody=custody,
        also=await also_open(session, principal, now),
    )


@get("/votes/{ballot:int}", name="voting.paper", **VOTER)
async def paper(
    request: Request[Any, Any, Any],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Voter],
    now: NamedDependency[datetime],
) -> Template:
    """Question, check and cast in one document; or why there is nothing to vote on."""
    place = await service.place(session, ballot, principal, now=now)
    row = place.ballot
    promise = await secrecy.promise(session, queries.box(row))
    custody = promise.server_custody
    tellers = promise.manifest.tellers
    if place.standing is not Standing.OPEN or place.by_paper or place.spent:
        closed = service.closed_sentence(row) if place.standing is Standing.CLOSED else ""
        told: dict[str, Any] = {"closed": closed, "disturbances": await service.disturbances(session, row)}
        told["tellers"] = tellers
        return page(request, "voting/not_open.html", place=place, server_custody=custody, **told)
    places, _ = await service.votes_of(session, principal, now=now)
    return page(
        request,
        "voting/paper.html",
        place=place,
        others=sum(not one.cast and not one.by_paper and one.ballot.id != ballot for one in places),
        ballot=row,
        questions=promise.manifest.questions,
        rule=promise.manifest.rule,
        manifest=promise.text.decode(),
        signatures=promise.signatures.decode(),
        digest=promise.digest,
        trustees=promise.manifest.trustees,
        tellers=tellers,
        v=place.v.hex(),
        collusion=collusion.of(promise.manifest),
        server_custody=custody,
        disturbances=await service.disturbances(session, row),
    )


@post("/votes/{ballot:int}/stamp", name="voting.stamp", status_code=200, request_max_body_size=4096, **VOTER)
async def stamp(
    request: Request[Any, Any, Any],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Voter],
) -> Response[bytes]:
    """Stamp a blinded paper: 384 bytes in, 384 bytes out."""
    blinded, now = await sealed.read_blinded(request)
    return sealed.stamped(await service.stamp(session, ballot, principal, blinded, now=now))


@put("/votes/{ballot:int}/envelope", name="voting.cast", request_max_body_size=262_144, **VOTER)
async def cast(
    request: Request[Any, Any, Any],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Voter],
) -> Response[dict[str, Any]]:
    """Take a sealed vote. The answer leaves only after it is stored for good.

    The receipt is always of the log that ends with this vote, so asking again tells nothing of when others vote. A
    header says how often this voter can still fill in the vote; it is read before anybody else has to wait.
    """
    envelope = await request.body()
    left = await service.left(session, ballot, principal)
    receipt = await service.cast(session, ballot, principal, envelope, now=request.app.state.clock())
    return sealed.received(receipt, left)


@post("/finish", name="voting.finish", **PUBLIC)
async def finish(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    settings: NamedDependency[Settings],
    principal: NamedDependency[Any],
) -> Redirect:
    """End the session, have the browser drop everything, and show the blank start page."""
    gone = await sessions.end(session, settings, request)
    control = isinstance(principal, Voter) and principal.arm == "control"
    answer = see_other(SURVEY if control else "/vote")
    answer.set_cookie(gone)
    answer.headers["clear-site-data"] = FORGET
    return answer


def _until(now: datetime) -> datetime:
    """When a voter's session ends: 30 to 40 minutes from now, at a full ten minutes, so that it tells no moment."""
    ten = now.replace(minute=now.minute - now.minute % 10, second=0, microsecond=0)
    return ten + timedelta(minutes=10) + STAY


HANDLERS = [start, enter, votes, paper, stamp, cast, finish]
