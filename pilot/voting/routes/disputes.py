"""Something is wrong with somebody's own vote: they say so, and the returning officer reads and answers it."""

from datetime import datetime
from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.clock import LONDON
from pilot.people import queries as people
from pilot.people.guards import VOTER, allow
from pilot.people.roles import Officer, Role, Voter
from pilot.voting import queries, service
from pilot.voting.forms import AnswerForm, DisputeForm
from pilot.web.forms import answers, read_form
from pilot.web.pages import page, see_other

HERE = "/trusts/{trust:str}/ballots/{ballot:int}"
RETURNING_OFFICER = allow(Role.RETURNING_OFFICER)

KINDS = (
    ("code missing", "My check code is not in the list"),
    ("answer differs", "My check code is in the list with another answer"),
    ("vote not mine", "It says that I voted, but I did not"),
    ("no vote recorded", "It says that no vote was recorded for me, but I voted"),
    ("receipt refused", "The page said that the receipt for my vote is not right"),
    ("refused", "I was refused, and I think that I may vote"),
    ("something else", "Something else"),
)
"""What can be said, and how the page says it."""


@get("/votes/{ballot:int}/problem", name="voting.problem", **VOTER)
async def problem(
    request: Request[Any, Any, Any],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Voter],
) -> Template:
    """What can be wrong with somebody's own vote, what happens then, and where to say it."""
    row = await service.to_tell_problem(session, principal.trust, ballot)
    custody = await service.server_custody(session, [row])
    tellers = await queries.tellers(session, row.id)
    return page(request, "voting/problem.html", ballot=row, kinds=KINDS, tellers=tellers, server_custody=custody)


@post("/votes/{ballot:int}/problem", name="voting.tell_problem", **VOTER)
@answers(problem)
async def tell_problem(
    *,
    request: Request[Any, Any, Any],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Voter],
    now: NamedDependency[datetime],
) -> Redirect:
    """Keep what was typed, and the day; not who was signed in."""
    row = await service.to_tell_problem(session, principal.trust, ballot)
    form = await read_form(request, DisputeForm)
    await service.tell_problem(session, row, form, today=now.astimezone(LONDON).date())
    return see_other(f"/votes/{ballot}/problem/told")


@get("/votes/{ballot:int}/problem/told", name="voting.problem_told", **VOTER)
async def problem_told(
    request: Request[Any, Any, Any],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Voter],
) -> Template:
    """That it was kept, and what comes next."""
    row = await service.to_tell_problem(session, principal.trust, ballot)
    custody = await service.server_custody(session, [row])
    return page(request, "voting/problem_told.html", ballot=row, server_custody=custody)


@get(f"{HERE}/problems", name="voting.problems", **RETURNING_OFFICER)
async def problems(
    request: Request[Any, Any, Any], trust: FromPath[str], ballot: FromPath[int], session: NamedDependency[AsyncSession]
) -> Template:
    """What people say is wrong with their own votes."""
    row = await service.to_tell_problem(session, trust, ballot)
    return page(
        request,
        "voting/problems.html",
        trust=await people.trust(session, trust),
        ballot=row,
        kinds=dict(KINDS),
        told=await queries.disputes(session, ballot),
        server_custody=await service.server_custody(session, [row]),
    )


@get(f"{HERE}/problems/{{problem:int}}", name="voting.answering", **RETURNING_OFFICER)
async def answering(
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    problem: FromPath[int],
    session: NamedDependency[AsyncSession],
) -> Template:
    """One problem, and where to write down what was found."""
    row = await service.to_tell_problem(session, trust, ballot)
    return page(
        request,
        "voting/answering.html",
        trust=await people.trust(session, trust),
        ballot=row,
        kinds=dict(KINDS),
        problem=await queries.dispute(session, ballot, problem),
        server_custody=await service.server_custody(session, [row]),
    )


@post(f"{HERE}/problems/{{problem:int}}", name="voting.answer_problem", **RETURNING_OFFICER)
@answers(answering)
async def answer_problem(
    *,
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    problem: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
) -> Redirect:
    """Write down what was found."""
    row = await service.to_tell_problem(session, trust, ballot)
    form = await read_form(request, AnswerForm)
    await service.answer_problem(session, row, problem, form.answer, by=principal.actor, now=now)
    return see_other(f"/trusts/{trust}/ballots/{ballot}/problems")


HANDLERS = [problem, tell_problem, problem_told, problems, answering, answer_problem]
