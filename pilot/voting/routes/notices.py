"""The scrutineer's list, the notices, and objections: for the scrutineer and the returning officer of a vote."""

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
from pilot.voting import queries, service
from pilot.voting.ballots import reference
from pilot.voting.forms import NoticesForm, ObjectionForm, SettleForm
from pilot.voting.objections import ENDED, SAID
from pilot.voting.service.notices import LISTED
from pilot.web.forms import answers, read_form
from pilot.web.pages import download, page, see_other

HERE = "/trusts/{trust:str}/ballots/{ballot:int}"
BOTH = allow(Role.RETURNING_OFFICER, Role.TRUSTEE)


@get(f"{HERE}/notices", name="voting.notices", **BOTH)
async def notices(
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
) -> Template:
    """What the scrutineer downloads, how the notices are made, and whether they went out."""
    row = await service.to_notice(session, trust, ballot, principal)
    first = await service.scrutineer_of(session, row)
    return page(
        request,
        "voting/notices.html",
        trust=await people.trust(session, trust),
        ballot=row,
        promise=await service.promise(session, row),
        server_custody=await service.server_custody(session, [row]),
        scrutineer=first,
        mine=first.account_id == principal.account_id,
        listed=row.state in LISTED,
        opens_from=service.opens_from(row),
        objections=await queries.objections_in_numbers(session, ballot),
    )


@post(f"{HERE}/notices/list", name="voting.list_for_notices", **allow(Role.TRUSTEE))
async def list_for_notices(
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
) -> Response[Any]:
    """The list of voters with their numbers, as CSV. It is a POST, since that it was taken is written down."""
    found = await service.voters_list(session, trust, ballot, principal, now=now)
    row = await queries.ballot_of(session, trust, ballot)
    return download(found.content, f"voters-{reference(trust, row.number)}.csv")


@post(f"{HERE}/notices", name="voting.record_notices", **allow(Role.TRUSTEE))
@answers(notices)
async def record_notices(
    *,
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
) -> Redirect:
    """The notices went out, says the scrutineer, who has sent them; the sealed votes are opened a day later."""
    await service.check_scrutineer(session, await queries.ballot_of(session, trust, ballot), principal)
    form = await read_form(request, NoticesForm)
    await service.record_notices(session, ballot, count=form.count, by=principal.actor, now=now)
    return see_other(f"/trusts/{trust}/ballots/{ballot}/notices")


@get(f"{HERE}/objections", name="voting.objections", **BOTH)
async def objections(
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
) -> Template:
    """What people say against what is recorded for them, with names; and a form for one more."""
    row = await service.to_notice(session, trust, ballot, principal)
    return page(
        request,
        "voting/objections.html",
        trust=await people.trust(session, trust),
        ballot=row,
        server_custody=await service.server_custody(session, [row]),
        made=await queries.objections(session, ballot),
        said=SAID,
        ended=ENDED,
        why_not=await service.why_no_objection(session, row),
    )


@post(f"{HERE}/objections", name="voting.object", **BOTH)
@answers(objections)
async def object_to(
    *,
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
) -> Redirect:
    """Write down what somebody says; the sealed votes wait for it."""
    await service.to_notice(session, trust, ballot, principal)
    form = await read_form(request, ObjectionForm)
    said = {"kind": form.kind, "name": form.name, "text": form.text}
    await service.object_to(session, ballot, **said, by=principal.actor, now=now)
    return see_other(f"/trusts/{trust}/ballots/{ballot}/objections")


@get(f"{HERE}/objections/{{objection:int}}", name="voting.objection", **BOTH)
async def objection(
    *,
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    objection: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
) -> Template:
    """One objection, and how it ended or can end."""
    row = await service.to_notice(session, trust, ballot, principal)
    return page(
        request,
        "voting/objection.html",
        trust=await people.trust(session, trust),
        ballot=row,
        server_custody=await service.server_custody(session, [row]),
        objection=await queries.objection(session, ballot, objection),
        said=SAID,
        ended=ENDED,
    )


@post(f"{HERE}/objections/{{objection:int}}", name="voting.settle", **BOTH)
@answers(objection)
async def settle(
    *,
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    objection: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
) -> Redirect:
    """Write down how an objection ended, and why."""
    await service.to_notice(session, trust, ballot, principal)
    form = await read_form(request, SettleForm)
    ended = {"outcome": form.outcome, "finding": form.finding}
    await service.settle(session, ballot, objection, **ended, by=principal.actor, now=now)
    return see_other(f"/trusts/{trust}/ballots/{ballot}/objections")


HANDLERS = [notices, list_for_notices, record_notices, objections, object_to, objection, settle]
