"""What everybody may see of a trust's votes: the list, and one vote."""

from datetime import datetime
from typing import Any

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.people import queries as people
from pilot.people.guards import PUBLIC
from pilot.people.roles import Officer, Role
from pilot.secrecy.keyfile import fingerprint
from pilot.secrecy.manifest import PUBLIC_PAPERS
from pilot.settings import Settings
from pilot.voting import collusion, outcomes, queries, service
from pilot.voting.ballots import reference
from pilot.voting.day import may_freeze, steps
from pilot.voting.electorate import shown
from pilot.voting.tables import BallotRow
from pilot.web.pages import page


@get("/trusts/{trust:str}/ballots", name="voting.ballots", **PUBLIC)
async def ballots(
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    session: NamedDependency[AsyncSession],
) -> Template:
    """All votes of a trust."""
    found = await people.trust(session, trust)
    rows = await queries.ballots_of(session, trust)
    custody = await service.server_custody(session, rows)
    return page(
        request, "voting/ballots.html", trust=found, ballots=rows, standing=service.standing, server_custody=custody
    )


@get("/trusts/{trust:str}/ballots/{ballot:int}", name="voting.ballot", **PUBLIC)
async def ballot(
    *,
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Any],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template:
    """One vote: its question, dates and majority. The returning officer also sees what is to be done."""
    row = await queries.ballot_of(session, trust, ballot)
    officer = isinstance(principal, Officer) and principal.holds(Role.RETURNING_OFFICER, trust=trust)
    trustee = await _trustee_of(session, row, principal)
    auditor = isinstance(principal, Officer) and principal.holds(Role.AUDITOR)
    promise, ask = await service.promise(session, row), queries.ask_of(row)
    return page(
        request,
        "voting/ballot.html",
        trust=await people.trust(session, trust),
        ballot=row,
        reference=reference(trust, row.number),
        rule=outcomes.decided(ask),
        ask=ask,
        groups=shown([(name, size) for name, size in row.groups]),
        standing=service.standing(row, now),
        promise=promise,
        server_custody=promise is not None and promise.server_custody,
        collusion=None if promise is None else collusion.of(promise.manifest),
        officer=officer,
        trustee=trustee,
        second=trustee or auditor,
        public_papers=PUBLIC_PAPERS,
        rehearsals=await service.rehearsals(session, row),
        fingerprint=fingerprint,
        **(await _day(session, row, now=now, real=not settings.demonstration) if officer else {}),
        disturbances=await service.disturbances(session, row),
        objections=await queries.objections_in_numbers(session, ballot),
        stand_ins=await service.stand_ins(session, row),
        on_paper=await service.papers_of_all(session, row),
    )


async def _trustee_of(session: AsyncSession, row: BallotRow, principal: Any) -> bool:
    """Whether whoever looks opens the sealed votes of this very vote."""
    if not isinstance(principal, Officer) or not principal.holds(Role.TRUSTEE, trust=row.trust):
        return False
    return await service.opens_votes_of(session, row.id, principal.account_id)


async def _day(session: AsyncSession, row: BallotRow, *, now: datetime, real: bool) -> dict[str, Any]:
    """The returning officer's list of steps."""
    facts = await service.day_of(session, row, now=now, real=real)
    return {"steps": steps(facts), "may_freeze": may_freeze(facts), "own_keys": facts.own}


HANDLERS = [ballots, ballot]
