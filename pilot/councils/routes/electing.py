"""What everybody reads of elections: those of a trust, and one with its candidates and its result."""

from datetime import datetime
from typing import Any

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.councils import queries
from pilot.councils.contests import OVER, State, kept_words
from pilot.councils.routes.elections import at
from pilot.councils.routes.showing import election_tag, is_coordinator
from pilot.councils.vacancies import STATE_WORDS
from pilot.errors import NotFound
from pilot.people import queries as people
from pilot.people.guards import PUBLIC
from pilot.voting import lifecycle
from pilot.voting import queries as voting
from pilot.voting.outcomes import WAYS
from pilot.web.pages import page, see_other

BASE = "/trusts/{trust:str}/elections"
SHOWN = (State.ARRANGED, *OVER)


@get(BASE, name="councils.elections", **PUBLIC)
async def elections(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Any],
    trust: FromPath[str],
) -> Template:
    """The elections of a trust; the coordinator sees the drafts too."""
    coordinator = is_coordinator(principal, trust)
    found = await queries.contests_of_trust(session, trust, (State.DRAFT, *SHOWN) if coordinator else SHOWN)
    return page(
        request,
        "councils/elections.html",
        trust=await people.trust(session, trust),
        council=await queries.council(session, trust),
        elections=[(one, election_tag(one.state, is_open=await _is_open(session, one))) for one in found],
        coordinator=coordinator,
    )


@get(BASE + "/{contest:int}", name="councils.election", **PUBLIC)
async def election(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    principal: NamedDependency[Any],
    trust: FromPath[str],
    contest: FromPath[int],
) -> Template | Redirect:
    """Who stands, when people vote and how it is counted; later who was elected."""
    found = await queries.contest(session, trust, contest)
    if found.state not in SHOWN:
        if found.state is State.DRAFT and is_coordinator(principal, trust):
            return see_other(at(trust, contest))
        raise NotFound(queries.NO_SUCH_ELECTION)
    seats = await queries.seats_of_contest(session, contest)
    first = [one for one in seats if one.held_from == found.declared_on and one.holder]
    ballot = None if found.ballot is None else await voting.ballot(session, found.ballot)
    return page(
        request,
        "councils/election.html",
        trust=await people.trust(session, trust),
        election=found,
        tag=election_tag(found.state, is_open=await _is_open(session, found)),
        ballot=ballot,
        voting_open=ballot is not None and ballot.opens_at <= now < ballot.closes_at,
        counted=WAYS.get(found.rule or ""),
        kept=[kept_words(one) for one in found.kept],
        elected=[one.holder for one in first],
        vacancies=[one for one in await queries.vacancies_of_trust(session, trust) if one.contest == contest],
        vacancy_words=STATE_WORDS,
    )


async def _is_open(session: AsyncSession, found: queries.Contest) -> bool:
    """Whether staff can vote in this election now."""
    if found.state is not State.ARRANGED or found.ballot is None:
        return False
    return (await voting.ballot(session, found.ballot)).state == lifecycle.State.OPEN


HANDLERS: list[Any] = [elections, election]
