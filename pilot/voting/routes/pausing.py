"""The returning officer's pages for a vote that is disturbed: extend it, pause it, let it go on, or stop it."""

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
from pilot.secrecy import service as secrecy
from pilot.voting import queries, service
from pilot.voting.forms import BecauseForm, ExtendForm
from pilot.voting.pausing import half, spell, why
from pilot.voting.service import OnMissed
from pilot.voting.tables import BallotRow
from pilot.web.forms import answers, read_form
from pilot.web.pages import page, see_other

HERE = "/trusts/{trust:str}/ballots/{ballot:int}"
RETURNING_OFFICER = allow(Role.RETURNING_OFFICER)


async def _page(
    request: Request[Any, Any, Any], session: AsyncSession, template: str, row: BallotRow, **more: Any
) -> Template:
    trust = await people.trust(session, row.trust)
    custody = await service.server_custody(session, [row])
    return page(request, template, trust=trust, ballot=row, server_custody=custody, **more)


@get(f"{HERE}/extend", name="voting.extending", **RETURNING_OFFICER)
async def extending(
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
) -> Template:
    """How much longer people can vote, and why."""
    row = await service.to_pause(session, trust, ballot, "extend", now=now)
    manifest = (await secrecy.promise(session, queries.box(row))).manifest
    return await _page(
        request, session, "voting/extending.html", row, most=spell(half(manifest.opens, manifest.closes))
    )


@post(f"{HERE}/extend", name="voting.extend", **RETURNING_OFFICER)
@answers(extending)
async def extend(
    *,
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    """Show what will be published, and then do it."""
    row = await service.to_pause(session, trust, ballot, "extend", now=now)
    form = await read_form(request, ExtendForm)
    closes_at = await service.would_close(session, row, form.longer, now=now)
    if not form.sure:
        because = why(form.reason, form.outage)
        return await _page(
            request, session, "voting/extend_check.html", row, form=form, closes_at=closes_at, because=because
        )
    longer, outage = form.longer, form.outage
    await service.extend(session, ballot, longer=longer, reason=form.reason, outage=outage, by=principal.actor, now=now)
    return see_other(f"/trusts/{trust}/ballots/{ballot}/disturbed")


@get(f"{HERE}/suspend", name="voting.suspending", **RETURNING_OFFICER)
async def suspending(
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
) -> Template:
    """Why the vote is paused."""
    row = await service.to_pause(session, trust, ballot, "suspend", now=now)
    return await _page(request, session, "voting/because.html", row, verb="suspend")


@post(f"{HERE}/suspend", name="voting.suspend", **RETURNING_OFFICER)
@answers(suspending)
async def suspend(
    *,
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    """Show what will be published, and then pause the vote."""
    row = await service.to_pause(session, trust, ballot, "suspend", now=now)
    form = await read_form(request, BecauseForm)
    if not form.sure:
        return await _check(request, session, row, "suspend", form)
    await service.suspend(session, ballot, reason=form.reason, by=principal.actor, now=now)
    return see_other(f"/trusts/{trust}/ballots/{ballot}/disturbed")


@get(f"{HERE}/resume", name="voting.resuming", **RETURNING_OFFICER)
async def resuming(
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
) -> Template:
    """Why the vote can go on, and when it closes then."""
    row = await service.to_pause(session, trust, ballot, "resume", now=now)
    closes_at = await service.would_resume(session, row, now=now)
    return await _page(request, session, "voting/because.html", row, verb="resume", closes_at=closes_at)


@post(f"{HERE}/resume", name="voting.resume", **RETURNING_OFFICER)
@answers(resuming)
async def resume(
    *,
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    """Show what will be published, and then let the vote go on."""
    row = await service.to_pause(session, trust, ballot, "resume", now=now)
    form = await read_form(request, BecauseForm)
    if not form.sure:
        closes_at = await service.would_resume(session, row, now=now)
        return await _check(request, session, row, "resume", form, closes_at=closes_at)
    await service.resume(session, ballot, reason=form.reason, by=principal.actor, now=now)
    return see_other(f"/trusts/{trust}/ballots/{ballot}/disturbed")


@get(f"{HERE}/void", name="voting.stopping", **RETURNING_OFFICER)
async def stopping(
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
) -> Template:
    """Why the vote is stopped for good."""
    row = await service.to_pause(session, trust, ballot, "void", now=now)
    return await _page(request, session, "voting/because.html", row, verb="void")


@post(f"{HERE}/void", name="voting.stop", **RETURNING_OFFICER)
@answers(stopping)
async def stop(
    *,
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
    on_missed: NamedDependency[OnMissed],
) -> Template | Redirect:
    """Show what will be published, and then stop the vote for good."""
    row = await service.to_pause(session, trust, ballot, "void", now=now)
    form = await read_form(request, BecauseForm)
    if not form.sure:
        return await _check(request, session, row, "void", form)
    await service.void(session, ballot, reason=form.reason, by=principal.actor, now=now, on_missed=on_missed)
    return see_other(f"/trusts/{trust}/ballots/{ballot}/disturbed")


@get(f"{HERE}/disturbed", name="voting.disturbed", **RETURNING_OFFICER)
async def disturbed(
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
) -> Template:
    """What was done, and what is to be done next."""
    row = await queries.ballot_of(session, trust, ballot)
    return await _page(
        request, session, "voting/disturbed.html", row, disturbances=await service.disturbances(session, row)
    )


async def _check(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    row: BallotRow,
    verb: str,
    form: BecauseForm,
    **more: Any,
) -> Template:
    said = {"verb": verb, "reason": form.reason, "because": why(form.reason)}
    return await _page(request, session, "voting/because_check.html", row, **said, **more)


HANDLERS = [extending, extend, suspending, suspend, resuming, resume, stopping, stop, disturbed]
