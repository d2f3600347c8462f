"""The start page, and signing in and out."""

from datetime import datetime
from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.people import files, queries, service
from pilot.people.guards import PUBLIC
from pilot.people.navigation import work_of
from pilot.people.roles import Officer
from pilot.settings import Settings
from pilot.web import sessions
from pilot.web.pages import page, see_other


@get("/", name="people.home", **PUBLIC)
async def home(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], principal: NamedDependency[Any]
) -> Template:
    """What this website is for, and which trusts take part; for an officer, the work that waits."""
    trusts = await queries.trusts_of_programme(session)
    work = work_of(principal, trusts) if isinstance(principal, Officer) else ()
    return page(request, "people/home.html", work=work, pilots=[one for one in trusts if one.arm == "pilot"])


@get("/sign-in", name="people.sign_in", **PUBLIC)
async def sign_in(request: Request[Any, Any, Any]) -> Template:
    """How to sign in: with a voting code, or with a link."""
    return page(request, "people/sign_in.html")


@get("/sign-in/{secret:str}", name="people.sign_in_link", **PUBLIC)
async def sign_in_link(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    secret: FromPath[str],
) -> Template:
    """Who would be signed in. Looking at the page does not use the link: mail scanners look at every link."""
    owner = await service.link_owner(session, secret, now)
    return page(request, "people/sign_in_link.html", owner=owner, secret=secret)


@post("/sign-in/{secret:str}", name="people.use_link", **PUBLIC)
async def use_link(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
    secret: FromPath[str],
) -> Redirect:
    """Sign in and use up the link; whoever was signed in on this browser is signed out."""
    await sessions.end(session, settings, request)
    cookie = await service.use_link(session, settings, secret, now=now)
    answer = see_other("/")
    answer.set_cookie(cookie)
    return answer


@post("/sign-out", name="people.sign_out", **PUBLIC)
async def sign_out(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], settings: NamedDependency[Settings]
) -> Redirect:
    """End the session on the server and in the browser."""
    answer = see_other("/")
    answer.set_cookie(await sessions.end(session, settings, request))
    return answer


@get("/vote-address.svg", name="people.vote_address", **PUBLIC)
async def vote_address(settings: NamedDependency[Settings]) -> Response[bytes]:
    """The address to vote at as a picture for slips and posters."""
    return Response(files.qr_code(f"{settings.public_url}/vote"), media_type="image/svg+xml")


@get("/accessibility", name="people.accessibility", **PUBLIC)
async def accessibility(request: Request[Any, Any, Any]) -> Template:
    """How far everybody can use this website, what does not work yet, and whom to tell."""
    return page(request, "people/accessibility.html")


HANDLERS = [home, accessibility, sign_in, sign_in_link, use_link, sign_out, vote_address]
