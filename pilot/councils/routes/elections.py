"""The coordinator's pages of an election: its task list, seats, reserved places, dates, and check answers."""

from datetime import datetime
from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.councils import ballot_dates, paper, queries, service
from pilot.councils.contests import groups, is_uncontested, kept_words
from pilot.councils.deadlines import london_day
from pilot.councils.files import calendar
from pilot.councils.forms.elections import ElectedForm, ElectionForm, KeptForm
from pilot.councils.forms.proposals import ballot_form
from pilot.people import queries as people
from pilot.people.guards import allow
from pilot.people.roles import Role
from pilot.voting.ballots import MOST_SEATS
from pilot.voting.outcomes import WAYS
from pilot.web.forms import answers, read_form
from pilot.web.pages import page, see_other

COORDINATOR = allow(Role.COORDINATOR)
BASE = "/trusts/{trust:str}/elections"
DRAFT = BASE + "/{contest:int}/draft"


def at(trust: str, contest: int) -> str:
    """Where the task list of a draft is."""
    return f"/trusts/{trust}/elections/{contest}/draft"


@get(BASE + "/new", name="councils.new_election", **COORDINATOR)
async def new_election(
    *, request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], trust: FromPath[str]
) -> Template:
    """What the election is called, and for how many seats it is."""
    council = await queries.council_of(session, trust)
    of = await people.trust(session, trust)
    return page(request, "councils/new_election.html", trust=of, council=council, election=None, most=MOST_SEATS)


@post(BASE + "/new", name="councils.begin_election", **COORDINATOR)
@answers(new_election)
async def begin_election(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    principal: NamedDependency[Any],
    trust: FromPath[str],
) -> Redirect:
    """Begin a draft."""
    form = await read_form(request, ElectionForm)
    contest = await service.draft_contest(session, trust, form.title, form.seats, by=principal.actor, now=now)
    return see_other(at(trust, contest))


@get(DRAFT, name="councils.draft_election", **COORDINATOR)
async def draft_election(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    trust: FromPath[str],
    contest: FromPath[int],
) -> Template:
    """The task list."""
    found = await service.drafted(session, trust, contest)
    constitution = await service.in_force(session, trust, now)
    uncontested = is_uncontested(found.plan)
    return page(
        request,
        "councils/draft_election.html",
        election=found,
        uncontested=uncontested,
        kept_problems=paper.kept_problems(found.plan, constitution),
        ready=not paper.problems(found.plan, constitution) and (uncontested or found.opens_on is not None),
    )


@get(DRAFT + "/seats", name="councils.election_seats", **COORDINATOR)
async def election_seats(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    trust: FromPath[str],
    contest: FromPath[int],
) -> Template:
    """The title, the number of seats, and what the constitution says of the count."""
    found = await service.drafted(session, trust, contest)
    constitution = await service.in_force(session, trust, now)
    return page(
        request,
        "councils/election_seats.html",
        election=found,
        most=MOST_SEATS,
        several=WAYS[constitution.counting_rule],
        one=WAYS[constitution.one_seat_rule],
        reopen=constitution.reopen_nominations,
        months=constitution.term_months,
        by_election=await queries.vacancy_for(session, contest) is not None,
    )


@post(DRAFT + "/seats", name="councils.set_seats", **COORDINATOR)
@answers(election_seats)
async def set_seats(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    principal: NamedDependency[Any],
    trust: FromPath[str],
    contest: FromPath[int],
) -> Redirect:
    """Change the title and the number of seats."""
    await service.drafted(session, trust, contest)
    form = await read_form(request, ElectionForm)
    await service.describe(session, trust, contest, form.title, form.seats, by=principal.actor, now=now)
    return see_other(at(trust, contest))


@get(DRAFT + "/kept", name="councils.kept_seats", **COORDINATOR)
async def kept_seats(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    trust: FromPath[str],
    contest: FromPath[int],
) -> Template:
    """The reserved places, and whether they can be filled."""
    found = await service.drafted(session, trust, contest)
    names = {one.group for one in found.kept} | {group for group, _ in groups(found.plan.candidates)}
    standing = dict(groups(found.plan.candidates))
    return page(
        request,
        "councils/kept_seats.html",
        election=found,
        classes=[(name, standing.get(name, 0)) for name in sorted(names)],
        kept=[(one.group, kept_words(one)) for one in found.kept],
        kept_problems=paper.kept_problems(found.plan, await service.in_force(session, trust, now)),
    )


@post(DRAFT + "/kept", name="councils.keep_seats", **COORDINATOR)
@answers(kept_seats)
async def keep_seats(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    principal: NamedDependency[Any],
    trust: FromPath[str],
    contest: FromPath[int],
) -> Redirect:
    """Reserve places for a class, or no longer."""
    await service.drafted(session, trust, contest)
    form = await read_form(request, KeptForm)
    await service.keep_seats(session, trust, contest, form.kept(), by=principal.actor, now=now)
    return see_other(at(trust, contest) + "/kept")


@get(DRAFT + "/dates", name="councils.election_dates", **COORDINATOR)
async def election_dates(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    trust: FromPath[str],
    contest: FromPath[int],
) -> Template:
    """The days of the vote, proposed with their reasons."""
    found = await service.drafted(session, trust, contest)
    constitution = await service.in_force(session, trust, now)
    dates = ballot_dates.propose(london_day(now), constitution, calendar())
    return page(request, "councils/election_dates.html", election=found, dates=dates, constitution=constitution)


@post(DRAFT + "/dates", name="councils.set_election_dates", **COORDINATOR)
@answers(election_dates)
async def set_election_dates(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    principal: NamedDependency[Any],
    trust: FromPath[str],
    contest: FromPath[int],
) -> Redirect:
    """Set the days of the vote."""
    await service.drafted(session, trust, contest)
    constitution = await service.in_force(session, trust, now)
    form = await read_form(request, ballot_form(london_day(now), constitution, calendar()))
    dates = form.opens_on, form.closes_on
    await service.set_dates(session, trust, contest, *dates, by=principal.actor, now=now)
    return see_other(at(trust, contest))


@get(DRAFT + "/check", name="councils.check_election", **COORDINATOR)
async def check_election(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    trust: FromPath[str],
    contest: FromPath[int],
) -> Template:
    """Everything at one glance, what is still missing, and what happens next."""
    found = await service.drafted(session, trust, contest)
    constitution = await service.in_force(session, trust, now)
    uncontested = is_uncontested(found.plan)
    return page(
        request,
        "councils/check_election.html",
        election=found,
        council=await queries.council_of(session, trust),
        question=paper.question((await queries.council_of(session, trust)).name, found.seats),
        counted=WAYS[paper.rule_for(constitution, found.seats)],
        constitution=constitution,
        kept=[kept_words(one) for one in found.kept],
        uncontested=uncontested,
        missing=paper.problems(found.plan, constitution)
        + ([] if uncontested or found.opens_on else ["Set the dates of the vote."]),
    )


@post(DRAFT + "/check", name="councils.arrange_election", **COORDINATOR)
@answers(check_election)
async def arrange_election(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    principal: NamedDependency[Any],
    trust: FromPath[str],
    contest: FromPath[int],
) -> Redirect:
    """Arrange the vote, from where the returning officer goes on; or declare all elected without one."""
    found = await service.drafted(session, trust, contest)
    by = principal.actor
    if is_uncontested(found.plan):
        await read_form(request, ElectedForm)
        await service.elect_without_vote(session, trust, contest, by=by, now=now)
    else:
        await service.arrange_contest(session, trust, contest, by=by, now=now)
    return see_other(f"/trusts/{trust}/elections/{contest}")


@get(DRAFT + "/call-off", name="councils.call_off_election", **COORDINATOR)
async def call_off_election(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    trust: FromPath[str],
    contest: FromPath[int],
) -> Template:
    """Whether the draft should really be given up."""
    return page(request, "councils/call_off_election.html", election=await service.drafted(session, trust, contest))


@post(DRAFT + "/call-off", name="councils.give_up_election", **COORDINATOR)
async def give_up_election(
    *,
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    principal: NamedDependency[Any],
    trust: FromPath[str],
    contest: FromPath[int],
) -> Redirect:
    """Give up the draft."""
    await service.call_off(session, trust, contest, by=principal.actor, now=now)
    return see_other(f"/trusts/{trust}/elections")


HANDLERS: list[Any] = [
    new_election,
    begin_election,
    draft_election,
    election_seats,
    set_seats,
    kept_seats,
    keep_seats,
    election_dates,
    set_election_dates,
    check_election,
    arrange_election,
    call_off_election,
    give_up_election,
]
