"""The pages of an empty seat: it is recorded, candidates answer, and the returning officer has the papers counted."""

from datetime import datetime
from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.councils import queries, service
from pilot.councils.contests import kept_words
from pilot.councils.deadlines import london_day
from pilot.councils.forms.elections import AnswersForm, FillForm, VacancyForm
from pilot.councils.queries import Vacancy
from pilot.councils.routes.showing import is_coordinator, vacancy_tag
from pilot.councils.vacancies import CAUSES, CONSENT_DAYS, Cause, State
from pilot.errors import NotFound
from pilot.people import queries as people
from pilot.people.guards import PUBLIC, allow
from pilot.people.roles import Officer, Principal, Role
from pilot.voting import stages
from pilot.voting.count import result as results
from pilot.voting.count import sheet
from pilot.voting.count.result import CountResult
from pilot.web.forms import answers, read_form
from pilot.web.pages import download, page, see_other

COORDINATOR = allow(Role.COORDINATOR)
OFFICER = allow(Role.RETURNING_OFFICER)
SEAT = "/trusts/{trust:str}/council/seats/{seat:int}/vacancy"
ONE = "/trusts/{trust:str}/council/vacancies/{vacancy:int}"


def at(trust: str, vacancy: int) -> str:
    """Where the page of a vacancy is."""
    return f"/trusts/{trust}/council/vacancies/{vacancy}"


@get(SEAT, name="councils.leave_seat", **COORDINATOR)
async def leave_seat(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    trust: FromPath[str],
    seat: FromPath[int],
) -> Template:
    """Why an elected member leaves, and when."""
    found = await service.leavable(session, trust, seat)
    of = await people.trust(session, trust)
    return page(request, "councils/leave_seat.html", trust=of, seat=found, causes=CAUSES)


@post(SEAT, name="councils.record_vacancy", **COORDINATOR)
@answers(leave_seat)
async def record_vacancy(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    principal: NamedDependency[Any],
    trust: FromPath[str],
    seat: FromPath[int],
) -> Redirect:
    """Write it down; what follows is what the council's rules say."""
    form = await read_form(request, VacancyForm)
    made = await service.record_vacancy(session, trust, seat, form.cause, form.last_day, by=principal.actor, now=now)
    return see_other(at(trust, made))


@get(ONE, name="councils.vacancy", **PUBLIC)
async def vacancy(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    principal: NamedDependency[Any],
    trust: FromPath[str],
    vacancy: FromPath[int],
) -> Template:
    """What happens with an empty seat, for everybody; and what the coordinator and the returning officer do next."""
    found = await queries.vacancy(session, trust, vacancy)
    contest = await queries.contest(session, trust, found.contest)
    coordinator, officer = is_coordinator(principal, trust), is_officer(principal, trust)
    count = results.read(found.count) if _may_see_count(found, officer=officer) else None
    return page(
        request,
        "councils/vacancy.html",
        trust=await people.trust(session, trust),
        vacancy=found,
        election=contest,
        kept=[kept_words(one) for one in contest.kept],
        seat=await queries.seat(session, trust, found.seat),
        tag=vacancy_tag(found.state),
        cause=None if found.cause is Cause.NEVER_FILLED else CAUSES[found.cause],
        roles=await service.roles(session, found, contest, london_day(now)),
        winner=next((one for one in contest.candidates if one.id == found.winner), None),
        count=count,
        sheet=None if count is None else standing_only(count),
        wait=service.why_not_yet(found, now) if found.state is State.ASKING else None,
        days=CONSENT_DAYS,
        by_election_due=service.can_call_by_election(found, now),
        withdrawable=await service.can_withdraw(session, found, now),
        carried=await _carried(session, found),
        coordinator=coordinator,
        officer=officer,
    )


@post(ONE + "/answers", name="councils.answer_vacancy", **allow(Role.COORDINATOR, Role.RETURNING_OFFICER))
@answers(vacancy)
async def answer_vacancy(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    principal: NamedDependency[Any],
    trust: FromPath[str],
    vacancy: FromPath[int],
) -> Redirect:
    """Write down who agrees to take the seat."""
    form = await read_form(request, AnswersForm)
    agreed, done = form.agreed or [], form.all_answered
    await service.answer_vacancy(session, trust, vacancy, agreed, all_answered=done, by=principal.actor, now=now)
    return see_other(at(trust, vacancy))


@post(ONE + "/count", name="councils.count_vacancy", **OFFICER)
async def count_vacancy(
    *,
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    principal: NamedDependency[Any],
    trust: FromPath[str],
    vacancy: FromPath[int],
) -> Redirect:
    """Count the papers of the election for this seat."""
    await service.count_vacancy(session, trust, vacancy, by=principal.actor, now=now)
    return see_other(at(trust, vacancy))


@post(ONE + "/declare", name="councils.declare_vacancy", **OFFICER)
@answers(vacancy)
async def declare_vacancy(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    principal: NamedDependency[Any],
    trust: FromPath[str],
    vacancy: FromPath[int],
) -> Redirect:
    """Declare who takes the seat."""
    await read_form(request, FillForm)
    await service.declare_vacancy(session, trust, vacancy, by=principal.actor, now=now)
    return see_other(at(trust, vacancy))


@post(ONE + "/no-candidate", name="councils.call_by_election", **OFFICER)
async def call_by_election(
    *,
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    principal: NamedDependency[Any],
    trust: FromPath[str],
    vacancy: FromPath[int],
) -> Redirect:
    """Say that no candidate agreed, so that there is a by-election."""
    await service.call_by_election(session, trust, vacancy, by=principal.actor, now=now)
    return see_other(at(trust, vacancy))


@post(ONE + "/by-election", name="councils.draft_by_election", **COORDINATOR)
async def draft_by_election(
    *,
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    principal: NamedDependency[Any],
    trust: FromPath[str],
    vacancy: FromPath[int],
) -> Redirect:
    """Draft the election that fills the seat."""
    contest = await service.draft_by_election(session, trust, vacancy, by=principal.actor, now=now)
    return see_other(f"/trusts/{trust}/elections/{contest}/draft")


@post(ONE + "/withdraw", name="councils.withdraw_vacancy", **allow(Role.COORDINATOR, Role.RETURNING_OFFICER))
async def withdraw_vacancy(
    *,
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    principal: NamedDependency[Any],
    trust: FromPath[str],
    vacancy: FromPath[int],
) -> Redirect:
    """Take back that a member left: they keep the seat."""
    await service.withdraw_vacancy(session, trust, vacancy, by=principal.actor, now=now)
    return see_other(at(trust, vacancy))


@get(ONE + "/stages.csv", name="councils.vacancy_stages", **PUBLIC)
async def vacancy_stages(
    *,
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Any],
    trust: FromPath[str],
    vacancy: FromPath[int],
) -> Response[Any]:
    """The stage sheet for spreadsheets."""
    count = await _count(session, principal, trust, vacancy)
    return download(sheet.as_csv(count), f"{trust}-vacancy-{vacancy}-stages.csv")


@get(ONE + "/count.json", name="councils.vacancy_count", **PUBLIC)
async def vacancy_count(
    *,
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Any],
    trust: FromPath[str],
    vacancy: FromPath[int],
) -> Response[Any]:
    """The whole count for programs."""
    count = await _count(session, principal, trust, vacancy)
    return download(sheet.as_json(count), f"{trust}-vacancy-{vacancy}-count.json", "application/json")


def is_officer(principal: Principal, trust: str) -> bool:
    """Whether the person is the trust's returning officer."""
    return isinstance(principal, Officer) and principal.holds(Role.RETURNING_OFFICER, trust=trust)


def standing_only(count: CountResult) -> stages.Sheet:
    """The stage sheet without those who could not be elected this time."""
    whole = stages.stages_of(count)
    return replace(whole, lines=tuple(line for line in whole.lines if line.number not in count.withdrawn))


def _may_see_count(found: Vacancy, *, officer: bool) -> bool:
    """Until the returning officer has declared it, a count is theirs alone."""
    return found.counted and (officer or found.state is not State.COUNTED)


async def _carried(session: AsyncSession, found: Vacancy) -> list[str]:
    """The reserved places that a by-election which is not drafted yet takes over, in words."""
    if found.state is not State.BY_ELECTION or found.by_election is not None:
        return []
    return [kept_words(one) for one in await service.carried_over(session, found)]


async def _count(session: AsyncSession, principal: Principal, trust: str, vacancy: int) -> CountResult:
    found = await queries.vacancy(session, trust, vacancy)
    if not _may_see_count(found, officer=is_officer(principal, trust)):
        raise NotFound("There is no declared count for this seat.")
    return results.read(found.count)


HANDLERS: list[Any] = [
    leave_seat,
    record_vacancy,
    vacancy,
    answer_vacancy,
    count_vacancy,
    declare_vacancy,
    call_by_election,
    draft_by_election,
    withdraw_vacancy,
    vacancy_stages,
    vacancy_count,
]
