"""The returning officer's number for lots: taken before the list of voters is fixed, opened after the close."""

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
from pilot.settings import Settings
from pilot.voting import queries, service
from pilot.voting.forms import OpenLotForm, TakeLotForm
from pilot.web.forms import answers, read_form
from pilot.web.pages import page, see_other

HERE = "/trusts/{trust:str}/ballots/{ballot:int}"
RETURNING_OFFICER = allow(Role.RETURNING_OFFICER)


@get(f"{HERE}/lot", name="voting.lot", **RETURNING_OFFICER)
async def lot(
    *,
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    settings: NamedDependency[Settings],
) -> Template:
    """A new number for lots, to be written down. It is kept nowhere: another look shows another number."""
    row = await service.to_take_lot(session, trust, ballot)
    number = service.a_number()
    return page(
        request,
        "voting/lot.html",
        trust=await people.trust(session, trust),
        ballot=row,
        number=number,
        seal=service.sealed_number(settings, ballot, number, by=principal.actor),
    )


@post(f"{HERE}/lot", name="voting.take_lot", **RETURNING_OFFICER)
@answers(lot)
async def take_lot(
    *,
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Redirect:
    """Keep the mark of the number that was written down, in place of an earlier one."""
    await service.to_take_lot(session, trust, ballot)
    form = await read_form(request, TakeLotForm)
    service.check_sealed(settings, ballot, form.number, form.seal, by=principal.actor)
    await service.take_lot(session, ballot, form.number, by=principal.actor, now=now)
    return see_other(f"/trusts/{trust}/ballots/{ballot}")


@get(f"{HERE}/lot/open", name="voting.lot_opening", **RETURNING_OFFICER)
async def lot_opening(
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
) -> Template:
    """Where the number for lots is typed in after the close, or said to be lost."""
    row = await service.to_open_lot(session, trust, ballot)
    found = await people.trust(session, trust)
    custody = await service.server_custody(session, [row])
    return page(request, "voting/lot_opening.html", trust=found, ballot=row, server_custody=custody)


@post(f"{HERE}/lot/open", name="voting.open_lot", **RETURNING_OFFICER)
@answers(lot_opening)
async def open_lot(
    *,
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
) -> Redirect:
    """Count the papers, with lots from the opened number or, when it is lost, from the papers alone."""
    await queries.ballot_of(session, trust, ballot)
    form = await read_form(request, OpenLotForm)
    number, lost = ("", form.reason or "") if form.lost else (form.number or "", "")
    await service.open_lot(session, ballot, number=number, lost=lost, by=principal.actor, now=now)
    return see_other(f"/trusts/{trust}/ballots/{ballot}/declare")


HANDLERS = [lot, take_lot, lot_opening, open_lot]
