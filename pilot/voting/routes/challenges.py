"""A declared result is questioned: everybody reads on which grounds and what was decided; the officer decides."""

from datetime import datetime
from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.people import queries as people
from pilot.people.guards import PUBLIC, allow
from pilot.people.roles import Officer, Role
from pilot.voting import queries, service
from pilot.voting.forms import ChallengeForm, DecideForm
from pilot.voting.objections import WHO, until
from pilot.voting.service import OnMissed
from pilot.web.forms import answers, read_form
from pilot.web.pages import page, see_other

HERE = "/trusts/{trust:str}/ballots/{ballot:int}"
RETURNING_OFFICER = allow(Role.RETURNING_OFFICER)


@get(f"{HERE}/challenges", name="voting.challenges", **PUBLIC)
async def challenges(
    *,
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Any],
    now: NamedDependency[datetime],
) -> Template:
    """On which grounds the result is questioned, and what was decided. Names are for the returning officer alone."""
    row = await queries.ballot_of(session, trust, ballot)
    declared = await queries.declared(session, ballot)
    officer = isinstance(principal, Officer) and principal.holds(Role.RETURNING_OFFICER, trust=trust)
    return page(
        request,
        "voting/challenges.html",
        trust=await people.trust(session, trust),
        ballot=row,
        server_custody=await service.server_custody(session, [row]),
        made=await queries.challenges(session, ballot),
        who=WHO,
        until=until(declared.declared_at),
        officer=officer,
        open=officer and await service.can_be_questioned(session, row, now=now),
    )


@post(f"{HERE}/challenges", name="voting.challenge", **RETURNING_OFFICER)
@answers(challenges)
async def challenge(
    *,
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
) -> Redirect:
    """Write down that the result is questioned."""
    await service.to_challenge(session, trust, ballot, now=now)
    form = await read_form(request, ChallengeForm)
    said = {"kind": form.kind, "name": form.name, "grounds": form.grounds}
    await service.challenge(session, ballot, **said, by=principal.actor, now=now)
    return see_other(f"/trusts/{trust}/ballots/{ballot}/challenges")


@get(f"{HERE}/challenges/{{challenge:int}}", name="voting.deciding", **RETURNING_OFFICER)
async def deciding(
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    challenge: FromPath[int],
    session: NamedDependency[AsyncSession],
) -> Template:
    """One question about the result, and the decision."""
    row = await queries.ballot_of(session, trust, ballot)
    return page(
        request,
        "voting/deciding.html",
        trust=await people.trust(session, trust),
        ballot=row,
        server_custody=await service.server_custody(session, [row]),
        one=await queries.challenge(session, ballot, challenge),
        who=WHO,
    )


@post(f"{HERE}/challenges/{{challenge:int}}", name="voting.decide", **RETURNING_OFFICER)
@answers(deciding)
async def decide(
    *,
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    challenge: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
    on_set_aside: NamedDependency[OnMissed],
) -> Template | Redirect:
    """Show what will be published, and then decide: the result stands, or it does not count."""
    row = await queries.ballot_of(session, trust, ballot)
    form = await read_form(request, DecideForm)
    if not form.sure:
        return page(
            request,
            "voting/decide_check.html",
            trust=await people.trust(session, trust),
            ballot=row,
            server_custody=await service.server_custody(session, [row]),
            one=await queries.challenge(session, ballot, challenge),
            form=form,
        )
    by = principal.actor
    if form.decision == "uphold":
        await service.uphold(
            session, ballot, challenge, reasons=form.reasons, by=by, now=now, on_set_aside=on_set_aside
        )
    else:
        await service.dismiss(session, ballot, challenge, reasons=form.reasons, by=by, now=now)
    return see_other(f"/trusts/{trust}/ballots/{ballot}/challenges")


HANDLERS = [challenges, challenge, deciding, decide]
