"""The coordinator's pages of an election's candidates: one at a time, or from a spreadsheet."""

from datetime import datetime
from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.councils import service
from pilot.councils.contests import groups
from pilot.councils.forms.elections import SheetForm, candidate_form
from pilot.councils.routes.elections import COORDINATOR, DRAFT, at
from pilot.errors import BadInput
from pilot.web.forms import TAKES_A_FILE, answers, read_form
from pilot.web.pages import page, see_other

CANDIDATES = DRAFT + "/candidates"
ONE = CANDIDATES + "/{candidate:int}"


@get(CANDIDATES, name="councils.candidates", **COORDINATOR)
async def candidates(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    trust: FromPath[str],
    contest: FromPath[int],
) -> Template:
    """Who stands so far."""
    return page(request, "councils/candidates.html", election=await service.drafted(session, trust, contest))


@get(CANDIDATES + "/new", name="councils.new_candidate", **COORDINATOR)
async def new_candidate(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    trust: FromPath[str],
    contest: FromPath[int],
) -> Template:
    """A new candidate."""
    return await _form(request, session, now, trust=trust, contest=contest)


@post(CANDIDATES + "/new", name="councils.add_candidate", **COORDINATOR)
@answers(new_candidate)
async def add_candidate(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    principal: NamedDependency[Any],
    trust: FromPath[str],
    contest: FromPath[int],
) -> Redirect:
    """Add a candidate."""
    found = await service.drafted(session, trust, contest)
    names = [one.name for one in found.candidates]
    form = await read_form(request, candidate_form(names, await service.in_force(session, trust, now)))
    await service.add_candidate(session, trust, contest, form.candidate(), by=principal.actor, now=now)
    return see_other(at(trust, contest) + "/candidates")


@get(ONE, name="councils.candidate", **COORDINATOR)
async def candidate(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    trust: FromPath[str],
    contest: FromPath[int],
    candidate: FromPath[int],
) -> Template:
    """A candidate to be changed."""
    return await _form(request, session, now, trust=trust, contest=contest, candidate=candidate)


@post(ONE, name="councils.change_candidate", **COORDINATOR)
@answers(candidate)
async def change_candidate(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    principal: NamedDependency[Any],
    trust: FromPath[str],
    contest: FromPath[int],
    candidate: FromPath[int],
) -> Redirect:
    """Change a candidate."""
    found = await service.drafted(session, trust, contest)
    others = [one.name for one in found.candidates if one.id != service.candidate_of(found, candidate).id]
    form = await read_form(request, candidate_form(others, await service.in_force(session, trust, now)))
    changed, by = form.candidate(), principal.actor
    await service.change_candidate(session, trust, contest, candidate, changed, by=by, now=now)
    return see_other(at(trust, contest) + "/candidates")


@get(ONE + "/remove", name="councils.withdrawing_candidate", **COORDINATOR)
async def withdrawing_candidate(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    trust: FromPath[str],
    contest: FromPath[int],
    candidate: FromPath[int],
) -> Template:
    """Whether the candidate really withdraws."""
    found = await service.drafted(session, trust, contest)
    one = service.candidate_of(found, candidate)
    return page(request, "councils/withdrawing_candidate.html", election=found, candidate=one)


@post(ONE + "/remove", name="councils.remove_candidate", **COORDINATOR)
async def remove_candidate(
    *,
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    principal: NamedDependency[Any],
    trust: FromPath[str],
    contest: FromPath[int],
    candidate: FromPath[int],
) -> Redirect:
    """Take the candidate off the draft."""
    await service.remove_candidate(session, trust, contest, candidate, by=principal.actor, now=now)
    return see_other(at(trust, contest) + "/candidates")


@get(CANDIDATES + "/spreadsheet", name="councils.candidates_sheet", **COORDINATOR)
async def candidates_sheet(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    trust: FromPath[str],
    contest: FromPath[int],
) -> Template:
    """Many candidates at once: paste lines, or choose a file."""
    return page(
        request,
        "councils/candidates_sheet.html",
        election=await service.drafted(session, trust, contest),
        constitution=await service.in_force(session, trust, now),
        lines=request.scope.get("lines", ()),
    )


@post(CANDIDATES + "/spreadsheet", name="councils.add_candidates", **COORDINATOR, **TAKES_A_FILE)
@answers(candidates_sheet)
async def add_candidates(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    principal: NamedDependency[Any],
    trust: FromPath[str],
    contest: FromPath[int],
) -> Redirect:
    """Add all candidates of the spreadsheet, or none and say which lines must be corrected."""
    await service.drafted(session, trust, contest)
    form = await read_form(request, SheetForm)
    field = "file" if form.file else "pasted"
    try:
        read = await service.add_candidates(session, trust, contest, form.content(), by=principal.actor, now=now)
    except BadInput as refusal:
        raise BadInput(refusal.reason, {field: refusal.fields.get("file", refusal.reason)}) from None
    if read.problems:
        request.scope["lines"] = read.problems  # type: ignore[typeddict-unknown-key]  # our own key, for the page
        raise BadInput("There is a problem", {field: "Nobody was added. Correct the lines named below and try again"})
    return see_other(at(trust, contest) + "/candidates")


async def _form(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    now: datetime,
    *,
    trust: str,
    contest: int,
    candidate: int | None = None,
) -> Template:
    found = await service.drafted(session, trust, contest)
    return page(
        request,
        "councils/candidate.html",
        election=found,
        candidate=None if candidate is None else service.candidate_of(found, candidate),
        classes=[name for name, _ in groups(found.plan.candidates)],
        words=(await service.in_force(session, trust, now)).candidate_statement_max_words,
    )


HANDLERS: list[Any] = [
    candidates,
    new_candidate,
    add_candidate,
    candidate,
    change_candidate,
    withdrawing_candidate,
    remove_candidate,
    candidates_sheet,
    add_candidates,
]
