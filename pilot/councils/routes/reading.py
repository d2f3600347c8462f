"""Public pages: the list of proposals, one proposal with its board's answer; and supporting it."""

from datetime import datetime
from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.councils import queries, service
from pilot.councils.deadlines import london_day
from pilot.councils.proposals import EDITABLE, MOVES, PARTS, State
from pilot.councils.responses import GROUND_WORDS
from pilot.councils.routes.showing import (
    GROUPS,
    board_due,
    is_coordinator,
    must_be_shown,
    support_words,
    tag,
)
from pilot.people import queries as people
from pilot.people.guards import PUBLIC, VOTER
from pilot.people.roles import Voter
from pilot.web.pages import page, see_other


@get("/trusts/{trust:str}/proposals", name="councils.proposals", **PUBLIC)
async def proposals(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    principal: NamedDependency[Any],
    trust: FromPath[str],
    show: FromQuery[str] = "",
) -> Template:
    """The public proposals of a trust; for a voter, also those to which they put their name."""
    of = await people.trust(session, trust)
    council = await queries.council(session, trust)
    wanted = GROUPS[show][1] if show in GROUPS else None
    listed = await queries.proposals_of_trust(session, trust, wanted)
    due = {}
    if council is not None and any(one.response_due_at for one in listed):
        constitution = (await queries.constitution_on(session, trust, london_day(now))).constitution
        due = {one.id: board_due(one, now, constitution) for one in listed}
    voter = principal if isinstance(principal, Voter) and principal.trust == trust else None
    own = await queries.proposals_of_sponsor(session, trust, voter.person_id) if voter else ()
    coordinator = is_coordinator(principal, trust)
    waiting = await queries.proposals_of_trust(session, trust, {State.SUBMITTED}, public=False) if coordinator else ()
    return page(
        request,
        "councils/proposals.html",
        trust=of,
        council=council,
        proposals=listed,
        due=due,
        own=own,
        waiting=len(waiting),
        coordinator=coordinator,
        may_write=coordinator or voter is not None,
        groups=GROUPS,
        chosen=show if show in GROUPS else "",
        tag=tag,
        support_words=support_words,
    )


@get("/trusts/{trust:str}/proposals/{proposal:int}", name="councils.proposal", **PUBLIC)
async def proposal(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    principal: NamedDependency[Any],
    trust: FromPath[str],
    proposal: FromPath[int],
) -> Template:
    """One proposal: its state, support, words, history and the board's answer."""
    found = await queries.proposal(session, trust, proposal)
    of = await people.trust(session, trust)
    voter = principal if isinstance(principal, Voter) and principal.trust == trust else None
    sponsor = voter is not None and await queries.is_sponsor(session, found.id, voter.person_id)
    wrote_it = voter is not None and await queries.is_sponsor(session, found.id, voter.person_id, wrote_it=True)
    coordinator = is_coordinator(principal, trust)
    must_be_shown(found, to_insider=sponsor or coordinator)
    constitution = (await queries.constitution_on(session, trust, london_day(now))).constitution
    writer = wrote_it or (coordinator and found.on_behalf)
    return page(
        request,
        "councils/proposal.html",
        trust=of,
        proposal=found,
        parts=PARTS,
        tag=tag,
        support_words=support_words(found, now),
        supports=voter is not None and await queries.supports(session, found.id, voter.person_id),
        voter=voter,
        coordinator=coordinator,
        writer=writer,
        editable=writer and found.state in EDITABLE,
        may_withdraw=writer and (found.state, "withdraw") in MOVES,
        may_ballot=coordinator and service.can_be_put_to_ballot(found),
        sponsors_needed=constitution.sponsor_min,
        due=board_due(found, now, constitution),
        published=await queries.answer(session, trust, found.id),
        grounds=GROUND_WORDS,
    )


@post("/trusts/{trust:str}/proposals/{proposal:int}/support", name="councils.support", **VOTER)
async def support(
    *,
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    principal: NamedDependency[Any],
    trust: FromPath[str],
    proposal: FromPath[int],
) -> Redirect:
    """Support a proposal."""
    await service.support(session, trust, proposal, person=principal.person_id, now=now)
    return see_other(f"/trusts/{trust}/proposals/{proposal}#support")


@post("/trusts/{trust:str}/proposals/{proposal:int}/support/end", name="councils.take_back_support", **VOTER)
async def take_back_support(
    *,
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    principal: NamedDependency[Any],
    trust: FromPath[str],
    proposal: FromPath[int],
) -> Redirect:
    """Take one's support back."""
    await service.take_back_support(session, trust, proposal, person=principal.person_id, now=now)
    return see_other(f"/trusts/{trust}/proposals/{proposal}#support")


HANDLERS: list[Any] = [proposals, proposal, support, take_back_support]
