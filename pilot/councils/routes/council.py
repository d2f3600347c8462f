"""The council's page: its seats and its rules in words; and the coordinator's forms for both."""

from collections.abc import Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.councils import queries, service
from pilot.councils.constitution import Constitution, in_words
from pilot.councils.deadlines import london_day
from pilot.councils.forms.proposals import CouncilForm, SeatForm
from pilot.councils.routes.electing import SHOWN
from pilot.councils.routes.showing import is_coordinator
from pilot.councils.vacancies import STATE_WORDS, State
from pilot.people import queries as people
from pilot.people.guards import PUBLIC, allow
from pilot.people.roles import Role
from pilot.voting import queries as voting
from pilot.web.forms import answers, read_form
from pilot.web.pages import day, page, see_other

COORDINATOR = allow(Role.COORDINATOR)
COUNCIL = "/trusts/{trust:str}/council"


@get(COUNCIL, name="councils.council", **PUBLIC)
async def council(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    principal: NamedDependency[Any],
    trust: FromPath[str],
) -> Template:
    """Who sits on the council, for which body, and by which rules it works."""
    of = await people.trust(session, trust)
    found = await queries.council(session, trust)
    seats = await queries.seats(session, trust, london_day(now))
    version = None if found is None else await queries.constitution_on(session, trust, london_day(now))
    elections = await queries.contests_of_trust(session, trust, SHOWN)
    return page(
        request,
        "councils/council.html",
        trust=of,
        council=found,
        today=london_day(now),
        bodies=[(body, list(theirs)) for body, theirs in groupby(seats, key=lambda seat: seat.body)],
        seats=len([one for one in seats if one.held_to is None or one.held_to == one.term_ends_on]),
        elections=len(elections),
        set_aside=await _set_aside(session, trust, elections),
        vacancies=await _open_vacancies(session, trust, london_day(now)),
        version=version,
        rules=in_words(version.constitution) if version else [],
        coordinator=is_coordinator(principal, trust),
    )


@get(COUNCIL + "/new", name="councils.found", **COORDINATOR)
async def found(
    *, request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], trust: FromPath[str]
) -> Template:
    """The name of a new council, and the rules with which it begins."""
    of = await people.trust(session, trust)
    return page(request, "councils/found.html", trust=of, rules=in_words(Constitution()))


@post(COUNCIL + "/new", name="councils.make_council", **COORDINATOR)
@answers(found)
async def make_council(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    principal: NamedDependency[Any],
    trust: FromPath[str],
) -> Redirect:
    """Make the council with the default constitution."""
    form = await read_form(request, CouncilForm)
    await service.make_council(session, trust, form.name, by=principal.actor, now=now)
    return see_other(f"/trusts/{trust}/council")


@get(COUNCIL + "/seats/new", name="councils.seat", **COORDINATOR)
async def seat(
    *, request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], trust: FromPath[str]
) -> Template:
    """A new seat."""
    council = await queries.council_of(session, trust)
    return page(request, "councils/seat.html", council=council)


@post(COUNCIL + "/seats/new", name="councils.add_seat", **COORDINATOR)
@answers(seat)
async def add_seat(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    principal: NamedDependency[Any],
    trust: FromPath[str],
) -> Redirect:
    """Add a seat that a body fills by nomination."""
    form = await read_form(request, SeatForm)
    await service.seat(session, trust, form.body, form.holder, held_from=form.held_from, by=principal.actor, now=now)
    return see_other(f"/trusts/{trust}/council")


async def _set_aside(session: AsyncSession, trust: str, elections: Sequence[queries.Contest]) -> set[int]:
    """The elections whose result does not count; who was elected holds the seat until a vacancy is recorded."""
    votes = {row.id for row in await voting.ballots_of(session, trust) if row.set_aside} if elections else set()
    return {one.id for one in elections if one.ballot in votes}


CLOSED = (State.FILLED, State.WITHDRAWN)


async def _open_vacancies(session: AsyncSession, trust: str, today: date) -> dict[int, tuple[int, str, str]]:
    """For each empty seat the number of its vacancy, how it stands, and since or from when it is empty, in words."""
    found = await queries.vacancies_of_trust(session, trust)
    return {
        one.seat: (
            one.id,
            STATE_WORDS[one.state],
            "Empty seat" if one.empty_from <= today else f"Empty from {day(one.empty_from)}",
        )
        for one in found
        if one.state not in CLOSED
    }


HANDLERS: list[Any] = [council, found, make_council, seat, add_seat]
