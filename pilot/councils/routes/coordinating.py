"""The coordinator's pages: screening what was submitted, and putting a locked proposal to a vote."""

from datetime import datetime
from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.councils import ballot_dates, queries, service
from pilot.councils.constitution import MAJORITY_BASES
from pilot.councils.deadlines import london_day
from pilot.councils.files import calendar
from pilot.councils.forms.proposals import ScreeningForm, ballot_form
from pilot.councils.proposals import PARTS, State, move, question
from pilot.councils.routes.showing import late
from pilot.councils.scope import QUESTIONS, marked
from pilot.people import queries as people
from pilot.people.guards import allow
from pilot.people.roles import Role
from pilot.web.forms import answers, read_form
from pilot.web.pages import page, see_other

COORDINATOR = allow(Role.COORDINATOR)
ONE = "/trusts/{trust:str}/proposals/{proposal:int}"


@get("/trusts/{trust:str}/screening", name="councils.screening", **COORDINATOR)
async def screening(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    trust: FromPath[str],
) -> Template:
    """What waits to be checked, the oldest due first, and what is ready for a vote."""
    submitted = await queries.proposals_of_trust(session, trust, {State.SUBMITTED}, public=False)
    ready = await queries.proposals_of_trust(session, trust, {State.LOCKED, State.INQUORATE})
    constitution = (await queries.constitution_on(session, trust, london_day(now))).constitution
    waiting = [(one, one.screening_due_at and late(one.screening_due_at, now, constitution)) for one in submitted]
    waiting.sort(key=lambda pair: (pair[0].screening_due_at or now, pair[0].id))
    return page(
        request, "councils/screening.html", trust=await people.trust(session, trust), waiting=waiting, ready=ready
    )


@get(ONE + "/screening", name="councils.screen", **COORDINATOR)
async def screen(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    trust: FromPath[str],
    proposal: FromPath[int],
) -> Template:
    """A submitted proposal, with the words that may point at a person marked, and the decision."""
    found = await queries.proposal(session, trust, proposal)
    move(found.state, "take in")
    parts = [(label, marked(getattr(found.text, name))) for name, (label, _) in PARTS.items()]
    return page(
        request,
        "councils/screen.html",
        proposal=found,
        parts=parts,
        questions=QUESTIONS,
        suspect=any(kind for _, pieces in parts for _, kind in pieces),
    )


@post(ONE + "/screening", name="councils.decide", **COORDINATOR)
@answers(screen)
async def decide(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    principal: NamedDependency[Any],
    trust: FromPath[str],
    proposal: FromPath[int],
) -> Redirect:
    """Open a proposal for support, send it back or pass it on."""
    move((await queries.proposal(session, trust, proposal)).state, "take in")
    form = await read_form(request, ScreeningForm)
    reason, by = form.reason or "", principal.actor
    if form.decision == "take in":
        await service.take_in(session, trust, proposal, by=by, now=now)
    elif form.decision == "return":
        await service.send_back(session, trust, proposal, reason, by=by, now=now)
    else:
        await service.refer(session, trust, proposal, form.referred_to or "", reason, by=by, now=now)
    return see_other(f"/trusts/{trust}/proposals/{proposal}")


@get(ONE + "/ballot", name="councils.ballot", **COORDINATOR)
async def ballot(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    trust: FromPath[str],
    proposal: FromPath[int],
) -> Template:
    """The dates of a ballot, proposed with their reasons."""
    found = await queries.proposal(session, trust, proposal)
    move(found.state, "put to ballot")
    constitution = (await queries.constitution_on(session, trust, london_day(now))).constitution
    dates = ballot_dates.propose(london_day(now), constitution, calendar())
    return page(
        request,
        "councils/ballot.html",
        proposal=found,
        dates=dates,
        constitution=constitution,
        base=MAJORITY_BASES[constitution.majority_base],
        question=question(found.text.title),
        parts=PARTS,
    )


@post(ONE + "/ballot", name="councils.put_to_ballot", **COORDINATOR)
@answers(ballot)
async def put_to_ballot(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    principal: NamedDependency[Any],
    trust: FromPath[str],
    proposal: FromPath[int],
) -> Redirect:
    """Arrange the ballot. From here the returning officer goes on."""
    move((await queries.proposal(session, trust, proposal)).state, "put to ballot")
    constitution = (await queries.constitution_on(session, trust, london_day(now))).constitution
    form = await read_form(request, ballot_form(london_day(now), constitution, calendar()))
    dates = form.opens_on, form.closes_on
    await service.put_to_ballot(session, trust, proposal, *dates, by=principal.actor, now=now)
    return see_other(f"/trusts/{trust}/proposals/{proposal}")


HANDLERS: list[Any] = [screening, screen, decide, ballot, put_to_ballot]
