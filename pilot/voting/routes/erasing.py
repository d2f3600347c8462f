"""Two people destroy the sealed votes of a final result: one asks, another confirms."""

from datetime import datetime
from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.people import queries as people
from pilot.people.guards import allow
from pilot.people.roles import Officer, Role
from pilot.voting import service
from pilot.voting.forms import EraseForm
from pilot.web.forms import answers, read_form
from pilot.web.pages import page, see_other

HERE = "/trusts/{trust:str}/ballots/{ballot:int}"
RETURNING_OFFICER = allow(Role.RETURNING_OFFICER)
SECOND = allow(Role.RETURNING_OFFICER, Role.TRUSTEE, Role.AUDITOR)


@get(f"{HERE}/erase", name="voting.erasing", **SECOND)
async def erasing(
    *,
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
) -> Template:
    """What is destroyed, what stays, and that this is a promise of people."""
    row = await service.to_erase(session, trust, ballot, principal, now=now)
    return page(
        request,
        "voting/erasing.html",
        trust=await people.trust(session, trust),
        ballot=row,
        server_custody=await service.server_custody(session, [row]),
        officer=principal.holds(Role.RETURNING_OFFICER, trust=trust),
        mine=row.erase_asked_by == principal.actor,
    )


@post(f"{HERE}/erase", name="voting.ask_to_erase", **RETURNING_OFFICER)
@answers(erasing)
async def ask_to_erase(
    *,
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
) -> Redirect:
    """Ask that the sealed votes are destroyed."""
    await service.to_erase(session, trust, ballot, principal, now=now)
    await read_form(request, EraseForm)
    await service.ask_to_erase(session, ballot, by=principal.actor, now=now)
    return see_other(f"/trusts/{trust}/ballots/{ballot}/erase")


@post(f"{HERE}/erase/keep", name="voting.keep", **RETURNING_OFFICER)
async def keep(
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
) -> Redirect:
    """Take back what was asked."""
    await service.to_erase(session, trust, ballot, principal, now=now)
    await service.take_back_erase(session, ballot, by=principal.actor, now=now)
    return see_other(f"/trusts/{trust}/ballots/{ballot}/erase")


@post(f"{HERE}/erase/confirm", name="voting.erase", **SECOND)
@answers(erasing)
async def erase(
    *,
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
) -> Redirect:
    """Destroy the sealed votes that somebody else asked to destroy."""
    await service.to_erase(session, trust, ballot, principal, now=now)
    await read_form(request, EraseForm)
    await service.erase(session, ballot, by=principal.actor, now=now)
    return see_other(f"/trusts/{trust}/ballots/{ballot}")


HANDLERS = [erasing, ask_to_erase, keep, erase]
