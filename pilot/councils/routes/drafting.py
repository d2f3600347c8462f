"""Writing a proposal: a task list, one question on a page, check answers, and the second sponsor."""

from datetime import datetime
from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.councils import queries, service
from pilot.councils.deadlines import london_day
from pilot.councils.forms.proposals import PART_FORMS, ScopeForm, TitleForm
from pilot.councils.proposals import EDITABLE, PARTS, missing_parts
from pilot.councils.routes.showing import author_of, tag
from pilot.councils.scope import QUESTIONS, signposts
from pilot.errors import NotFound
from pilot.people import queries as people
from pilot.people.guards import VOTER, allow
from pilot.people.roles import Role
from pilot.web.forms import answers, read_form
from pilot.web.pages import page, see_other

WRITERS = allow(Role.COORDINATOR, voters=True)
BASE = "/trusts/{trust:str}/proposals"
ONE = BASE + "/{proposal:int}"

HINTS = {
    "title": "Say in a few words what should happen. For example: Rest rooms on every site at night",
    "problem": "Say what goes wrong now, for whom and how often. Do not name anyone. Do not tell of a patient.",
    "change": "Say what should be different. One proposal, one change.",
    "who_decides": "Who in the trust can say yes to this? For example: the estates board. If you do not know, say so.",
    "measure": "What would be better a year later? For example: fewer people leave, less sickness, better morale.",
}


@get(BASE + "/new", name="councils.new", **WRITERS)
async def new(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    trust: FromPath[str],
) -> Template:
    """What a proposal needs, and its title."""
    await queries.council_of(session, trust)
    return page(
        request,
        "councils/new.html",
        trust=await people.trust(session, trust),
        constitution=(await queries.constitution_on(session, trust, london_day(now))).constitution,
        hint=HINTS["title"],
    )


@post(BASE + "/new", name="councils.begin", **WRITERS)
@answers(new)
async def begin(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    principal: NamedDependency[Any],
    trust: FromPath[str],
) -> Redirect:
    """Begin a draft."""
    form = await read_form(request, TitleForm)
    proposal = await service.begin(session, trust, form.title, author=author_of(principal), now=now)
    return see_other(f"/trusts/{trust}/proposals/{proposal}/draft")


@get(ONE + "/draft", name="councils.draft", **WRITERS)
async def draft(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Any],
    trust: FromPath[str],
    proposal: FromPath[int],
) -> Template:
    """The task list of a draft."""
    found = await service.authored(session, trust, proposal, author_of(principal))
    missing = missing_parts(found.text)
    tasks = [(part, label, part not in missing) for part, (label, _) in PARTS.items()]
    return page(
        request,
        "councils/draft.html",
        proposal=found,
        tasks=tasks,
        scope_done=len(found.scope) == len(QUESTIONS) and not signposts(found.scope),
        signposts=signposts(found.scope),
        ready=not service.what_is_missing(found),
    )


@get(ONE + "/draft/{part:str}", name="councils.part", **WRITERS)
async def part(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Any],
    trust: FromPath[str],
    proposal: FromPath[int],
    part: FromPath[str],
) -> Template:
    """One part of a draft."""
    label, most = _part(part)
    found = await service.authored(session, trust, proposal, author_of(principal))
    value = getattr(found.text, part)
    return page(
        request, "councils/part.html", proposal=found, part=part, label=label, most=most, hint=HINTS[part], value=value
    )


@post(ONE + "/draft/{part:str}", name="councils.write", **WRITERS)
@answers(part)
async def write(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    principal: NamedDependency[Any],
    trust: FromPath[str],
    proposal: FromPath[int],
    part: FromPath[str],
) -> Redirect:
    """Store one part of a draft."""
    _part(part)
    form = await read_form(request, PART_FORMS[part])
    words: str = getattr(form, part)
    await service.write(session, trust, proposal, part, words, author=author_of(principal), now=now)
    return see_other(f"/trusts/{trust}/proposals/{proposal}/draft")


@get(ONE + "/scope", name="councils.scope", **WRITERS)
async def scope(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Any],
    trust: FromPath[str],
    proposal: FromPath[int],
) -> Template:
    """The five questions of the scope check, with the signposts of the last answers."""
    found = await service.authored(session, trust, proposal, author_of(principal))
    return page(request, "councils/scope.html", proposal=found, questions=QUESTIONS, signposts=signposts(found.scope))


@post(ONE + "/scope", name="councils.answer_scope", **WRITERS)
@answers(scope)
async def answer_scope(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    principal: NamedDependency[Any],
    trust: FromPath[str],
    proposal: FromPath[int],
) -> Redirect:
    """Store the answers; whoever is out of scope reads where to go instead."""
    form = await read_form(request, ScopeForm)
    told = await service.answer_scope(session, trust, proposal, form.answers(), author=author_of(principal), now=now)
    return see_other(f"/trusts/{trust}/proposals/{proposal}/{'scope' if told else 'draft'}")


@get(ONE + "/check", name="councils.check", **WRITERS)
async def check(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    principal: NamedDependency[Any],
    trust: FromPath[str],
    proposal: FromPath[int],
) -> Template:
    """Everything that was written, before it is sent on."""
    found = await service.authored(session, trust, proposal, author_of(principal))
    constitution = (await queries.constitution_on(session, trust, london_day(now))).constitution
    return page(
        request,
        "councils/check.html",
        proposal=found,
        parts=PARTS,
        missing=service.what_is_missing(found),
        more_sponsors=max(constitution.sponsor_min - found.sponsors, 0),
    )


@post(ONE + "/check", name="councils.send", **WRITERS)
@answers(check)
async def send(
    *,
    request: Request[Any, Any, Any],  # noqa: ARG001 -- a refusal is shown by it
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    principal: NamedDependency[Any],
    trust: FromPath[str],
    proposal: FromPath[int],
) -> Redirect:
    """Send the draft on: to other sponsors, or straight to the coordinator if there are enough."""
    await service.ask_for_sponsors(session, trust, proposal, author=author_of(principal), now=now)
    return see_other(f"/trusts/{trust}/proposals/{proposal}")


@get(ONE + "/sponsor/{invitation:str}", name="councils.sponsor", **VOTER)
async def sponsor(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Any],
    trust: FromPath[str],
    proposal: FromPath[int],
    invitation: FromPath[str],
) -> Template:
    """The words to which somebody is asked to put their name."""
    found = await service.invited(session, trust, proposal, invitation)
    return page(
        request,
        "councils/sponsor.html",
        proposal=found,
        parts=PARTS,
        invitation=invitation,
        open=found.state in EDITABLE,
        sponsor=await queries.is_sponsor(session, proposal, principal.person_id),
    )


@post(ONE + "/sponsor/{invitation:str}", name="councils.put_name_to", **VOTER)
async def put_name_to(
    *,
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    principal: NamedDependency[Any],
    trust: FromPath[str],
    proposal: FromPath[int],
    invitation: FromPath[str],
) -> Redirect:
    """Become a sponsor."""
    await service.put_name_to(session, trust, proposal, invitation, person=principal.person_id, now=now)
    return see_other(f"/trusts/{trust}/proposals/{proposal}")


@get(ONE + "/withdraw", name="councils.withdraw", **WRITERS)
async def withdraw(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Any],
    trust: FromPath[str],
    proposal: FromPath[int],
) -> Template:
    """Ask once more before a proposal is taken back."""
    found = await service.withdrawable(session, trust, proposal, author_of(principal))
    return page(request, "councils/withdraw.html", proposal=found, tag=tag)


@post(ONE + "/withdraw", name="councils.take_back", **WRITERS)
async def take_back(
    *,
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    principal: NamedDependency[Any],
    trust: FromPath[str],
    proposal: FromPath[int],
) -> Redirect:
    """Take a proposal back."""
    await service.withdraw(session, trust, proposal, author=author_of(principal), now=now)
    return see_other(f"/trusts/{trust}/proposals/{proposal}")


def _part(part: str) -> tuple[str, int]:
    if part not in PARTS:
        raise NotFound("A proposal has no such part.")
    return PARTS[part]


HANDLERS: list[Any] = [
    new, begin, draft, part, write, scope, answer_scope, check, send, sponsor, put_name_to, withdraw, take_back,
]  # fmt: skip
