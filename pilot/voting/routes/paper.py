"""Votes on paper, for tellers: find a person, give a paper, take one back, sign the list, and print papers."""

from datetime import datetime
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import NotFound
from pilot.people import queries as people
from pilot.people.guards import allow
from pilot.people.roles import Officer, Role
from pilot.voting import queries, service
from pilot.voting.ballots import reference
from pilot.voting.forms import FindForm, TakeBackForm
from pilot.voting.routes.sending import FileForm, in_the_file
from pilot.voting.tables import BallotRow, TellerRow
from pilot.web.forms import TAKES_A_FILE, answers, read_form
from pilot.web.pages import download, page, see_other

HERE = "/trusts/{trust:str}/ballots/{ballot:int}/paper"
TELLER = allow(Role.TELLER)
MOST_COPIES = 200


async def mine(session: AsyncSession, trust: str, ballot: int, principal: Officer) -> tuple[BallotRow, TellerRow]:
    """A ballot with its list, and the teller who stands before it. Raises NotFound for one who is none of it."""
    row = await queries.ballot_of(session, trust, ballot)
    teller = await queries.teller_for(session, row.id, principal.account_id)
    if row.box_id is None:
        raise NotFound("The list of voters of this vote is not fixed yet.")
    return row, teller


async def _page(
    request: Request[Any, Any, Any], session: AsyncSession, template: str, row: BallotRow, **more: Any
) -> Template:
    trust = await people.trust(session, row.trust)
    custody = await service.server_custody(session, [row])
    return page(request, template, trust=trust, ballot=row, server_custody=custody, **more)


@get(HERE, name="voting.giving", **TELLER)
async def giving(
    *,
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
) -> Template:
    """A teller's page: what to do next, a person on the list of voters, and who was given a paper."""
    row, teller = await mine(session, trust, ballot, principal)
    return await _giving(request=request, session=session, row=row, teller=teller, now=now)


async def _giving(
    *,
    request: Request[Any, Any, Any],
    session: AsyncSession,
    row: BallotRow,
    teller: TellerRow,
    now: datetime,
    found: list[service.PaperVoter] | None = None,
) -> Template:
    """The page, with those who were `found`; None when nobody was looked for."""
    return await _page(
        request,
        session,
        "voting/giving.html",
        row,
        standing=service.standing(row, now),
        teller=teller,
        found=found,
        given=await service.given_voters(session, row),
        papers=await service.papers(session, row),
    )


@post(HERE + "/find", name="voting.find_voter", status_code=200, **TELLER)
@answers(giving)
async def find_voter(
    *,
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
) -> Template:
    """The same page with the people who were looked for."""
    form = await read_form(request, FindForm)
    row, teller = await mine(session, trust, ballot, principal)
    found = await service.find_voters(session, row, form.who)
    return await _giving(request=request, session=session, row=row, teller=teller, now=now, found=found)


@get(HERE + "/{person:int}", name="voting.giving_one", **TELLER)
async def giving_one(
    *,
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    person: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
) -> Template:
    """One person, before a paper is given to them."""
    row, _ = await mine(session, trust, ballot, principal)
    one = await service.to_give(session, row, person, now=now)
    return await _page(request, session, "voting/giving_one.html", row, one=one)


@post(HERE + "/{person:int}", name="voting.give", **TELLER)
async def give(
    *,
    trust: FromPath[str],
    ballot: FromPath[int],
    person: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
) -> Redirect:
    """Give a paper."""
    row, teller = await mine(session, trust, ballot, principal)
    one = await service.to_give(session, row, person, now=now)
    await service.give(session, row, one, teller, now=now)
    return see_other(f"/trusts/{trust}/ballots/{ballot}/paper")


@get(HERE + "/{person:int}/back", name="voting.taking_back", **TELLER)
async def taking_back(
    *,
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    person: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
) -> Template:
    """Where a paper is taken back."""
    row, _ = await mine(session, trust, ballot, principal)
    return await _page(
        request, session, "voting/taking_back.html", row, one=await service.paper_voter(session, row, person)
    )


@post(HERE + "/{person:int}/back", name="voting.take_back", **TELLER)
@answers(taking_back)
async def take_back(
    *,
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    person: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
) -> Redirect:
    """Take a paper back that was not used."""
    row, _ = await mine(session, trust, ballot, principal)
    await read_form(request, TakeBackForm)
    one = await service.paper_voter(session, row, person)
    await service.take_back(session, row, one, now=now)
    return see_other(f"/trusts/{trust}/ballots/{ballot}/paper")


@get(HERE + "/signing", name="voting.signing_papers", **TELLER)
async def signing_papers(
    *,
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
) -> Template:
    """Where two tellers get the list that they sign, and send their signatures."""
    row, teller = await mine(session, trust, ballot, principal)
    signed = await queries.teller_signatures(session, row.id)
    return await _page(
        request,
        session,
        "voting/signing_papers.html",
        row,
        teller=teller,
        papers=await service.papers(session, row),
        mine=sum(teller.id in one for one in signed.values()),
        tellers=await queries.tellers(session, row.id),
    )


@get(HERE + "/list", name="voting.paper_list", **TELLER)
async def paper_list(
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
) -> Response[Any]:
    """The list that two tellers sign: numbers, and nothing else."""
    row, _ = await mine(session, trust, ballot, principal)
    content = await service.cancel_list(session, row)
    return download(content, f"paper-{reference(trust, row.number)}.json", "application/json")


@post(HERE + "/signing", name="voting.sign_papers", **TELLER, **TAKES_A_FILE)
@answers(signing_papers)
async def sign_papers(
    *,
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
) -> Redirect:
    """Take a teller's signatures, at the moment at which all of them have arrived."""
    form = await read_form(request, FileForm)
    now = request.app.state.clock()
    row, teller = await mine(session, trust, ballot, principal)
    with in_the_file():
        await service.take_signatures(session, row, teller, form.file.content, by=principal.actor, now=now)
    return see_other(f"/trusts/{trust}/ballots/{ballot}/paper/signing")


@get(HERE + "/print", name="voting.printing", **allow(Role.RETURNING_OFFICER, Role.TELLER))
async def printing(
    *,
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    copies: FromQuery[int] = 0,
) -> Template:
    """Papers of this very vote to print, each like the other, and a notice for the place where they are given out."""
    row = await queries.ballot_of(session, trust, ballot)
    promise = await service.promise(session, row)
    if promise is None:
        raise NotFound("Papers can be printed when the list of voters is fixed.")
    if not promise.manifest.tellers:
        raise NotFound("Nobody can vote on paper in this vote: it has no tellers.")
    return await _page(
        request,
        session,
        "voting/printing.html",
        row,
        manifest=promise.manifest,
        number=promise.digest,
        copies=min(max(copies, 0), MOST_COPIES),
        most=MOST_COPIES,
        reference=reference(trust, row.number),
    )


HANDLERS = [
    giving,
    find_voter,
    giving_one,
    give,
    taking_back,
    take_back,
    signing_papers,
    paper_list,
    sign_papers,
    printing,
]
