"""The returning officer's page for a rehearsal of a vote."""

from datetime import datetime, time
from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.clock import LONDON
from pilot.errors import BadInput
from pilot.people import queries as people
from pilot.people.guards import allow
from pilot.people.roles import Officer, Role
from pilot.voting import service
from pilot.voting.forms.rehearsing import HOURS, RehearseForm
from pilot.web.forms import answers, read_form
from pilot.web.pages import page, see_other

HERE = "/trusts/{trust:str}/ballots/{ballot:int}/rehearse"
RETURNING_OFFICER = allow(Role.RETURNING_OFFICER)


@get(HERE, name="voting.rehearsing", **RETURNING_OFFICER)
async def rehearsing(
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
) -> Template:
    """When the vote is to be rehearsed, and the rehearsals that were held."""
    row = await service.to_rehearse(session, trust, ballot, now=now)
    return page(
        request,
        "voting/rehearsing.html",
        trust=await people.trust(session, trust),
        ballot=row,
        rehearsals=await service.rehearsals(session, row),
        hours=HOURS,
    )


@post(HERE, name="voting.rehearse", **RETURNING_OFFICER)
@answers(rehearsing)
async def rehearse(
    *,
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
) -> Redirect:
    """Arrange the rehearsal, which is then prepared and held like every vote."""
    await service.to_rehearse(session, trust, ballot, now=now)
    form = await read_form(request, RehearseForm)
    opens, closes = (datetime.combine(form.on, time(hour), LONDON) for hour in (form.start, form.end))
    try:
        made = await service.rehearse(session, ballot, opens, closes, by=principal.actor, now=now)
    except BadInput as refusal:
        raise BadInput("There is a problem", {"on": next(iter(refusal.fields.values()))}) from refusal
    return see_other(f"/trusts/{trust}/ballots/{made}")


HANDLERS = [rehearsing, rehearse]
