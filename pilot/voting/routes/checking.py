"""Checking a vote: open to everybody from the declaration on. A check code is sent nowhere."""

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.people import queries as people
from pilot.people.guards import PUBLIC
from pilot.voting import queries, service
from pilot.voting.ballots import TRUSTEES
from pilot.voting.count.yes_no import OPTIONS
from pilot.web.pages import page


@get("/check", name="voting.checks", **PUBLIC)
async def checks(request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]) -> Template:
    """The votes that can be checked."""
    rows = await queries.declared_ballots(session)
    names = {trust.ods_code: trust.name for trust in await people.trusts_of_programme(session)}
    custody = await service.server_custody(session, rows)
    return page(request, "voting/checks.html", ballots=rows, names=names, server_custody=custody)


@get("/check/{ballot:int}", name="voting.check", **PUBLIC)
async def check(
    request: Request[Any, Any, Any], ballot: FromPath[int], session: NamedDependency[AsyncSession]
) -> Template:
    """Look for a check code in the published list, inside the browser; the list stands below for everybody."""
    row = await queries.ballot(session, ballot)
    declared = await queries.declared(session, ballot)
    listed = await queries.listed(session, ballot)
    return page(
        request,
        "voting/check.html",
        ballot=row,
        server_custody=await service.server_custody(session, [row]),
        declared=declared,
        listed=listed,
        answers=dict(OPTIONS),
        scrutineer=TRUSTEES[0].name,
    )


@get("/check/{ballot:int}/list", name="voting.check_list", **PUBLIC)
async def check_list(ballot: FromPath[int], session: NamedDependency[AsyncSession]) -> Response[dict[str, Any]]:
    """The published list: how many papers count, and each check code with its answer (below 50 people without)."""
    listed = await queries.listed(session, ballot)
    rows = [dict(zip(("code", "answer"), one, strict=False)) for one in listed]
    return Response({"ballot": ballot, "count": len(listed), "papers": rows})


@get("/who-can-see-what", name="voting.who_can_see_what", **PUBLIC)
async def who_can_see_what(request: Request[Any, Any, Any]) -> Template:
    """What each kind of person can and cannot find out, in plain words."""
    return page(request, "voting/who_can_see_what.html")


HANDLERS = [checks, check, check_list, who_can_see_what]
