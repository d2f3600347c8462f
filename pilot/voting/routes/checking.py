"""Checking a vote: open to everybody from the declaration on. A check code is sent nowhere."""

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import NotFound
from pilot.people import queries as people
from pilot.people.guards import PUBLIC, VOTER
from pilot.people.roles import Voter
from pilot.secrecy.keyfile import fingerprint
from pilot.voting import collusion, queries, service
from pilot.voting.outcomes import Answers, answers
from pilot.voting.tables import BallotRow
from pilot.web.pages import fours, page


@get("/check", name="voting.checks", **PUBLIC)
async def checks(request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]) -> Template:
    """The votes that can be checked."""
    rows = await queries.declared_ballots(session)
    names = {trust.ods_code: trust.name for trust in await people.trusts_of_programme(session)}
    custody = await service.server_custody(session, rows)
    return page(request, "voting/checks.html", ballots=rows, names=names, server_custody=custody)


@get("/check/{ballot:int}", name="voting.check", **PUBLIC)
async def check(
    request: Request[Any, Any, Any], ballot: FromPath[int], session: NamedDependency[AsyncSession]
) -> Template:
    """Look for a check code in the published list, inside the browser; the list stands below for everybody."""
    row = await queries.ballot(session, ballot)
    declared = await queries.declared(session, ballot)
    listed = await queries.listed(session, ballot)
    return page(
        request,
        "voting/check.html",
        ballot=row,
        server_custody=await service.server_custody(session, [row]),
        declared=declared,
        listed=listed,
        answers=_answers(row),
    )


@get("/check/{ballot:int}/list", name="voting.check_list", **PUBLIC)
async def check_list(ballot: FromPath[int], session: NamedDependency[AsyncSession]) -> Response[dict[str, Any]]:
    """The published list: how many papers count, and each check code with its answer (below 50 people without).

    An answer is the ids that the paper chose, with spaces between them; `options` says what each means.
    """
    row = await queries.ballot(session, ballot)
    listed = await queries.listed(session, ballot)
    rows = [dict(zip(("code", "answer"), one, strict=False)) for one in listed]
    words = _answers(row)
    about = {"ballot": ballot, "count": len(listed), "options": words.options, "ranked": words.ranked}
    return Response({**about, "papers": rows})


@get("/check/{ballot:int}/list.txt", name="voting.check_text", **PUBLIC)
async def check_text(ballot: FromPath[int], session: NamedDependency[AsyncSession]) -> Response[str]:
    """The published list as plain text, a paper a line: for large votes, for printing, and without JavaScript."""
    row = await queries.ballot(session, ballot)
    listed = await queries.listed(session, ballot)
    words = _answers(row)
    lines = [" ".join((fours(code, "-"), *map(words.words, answer))) for code, *answer in listed]
    return Response("\n".join([*lines, ""]), media_type="text/plain; charset=utf-8")


def _answers(row: BallotRow) -> Answers:
    return answers(queries.ask_of(row).on_paper(row.question))


@get("/who-can-see-what", name="voting.who_can_see_what", **PUBLIC)
async def who_can_see_what(request: Request[Any, Any, Any]) -> Template:
    """What each kind of person can and cannot find out, in plain words."""
    return page(request, "voting/who_can_see_what.html")


@get("/trusts/{trust:str}/ballots/{ballot:int}/who-can-see-what", name="voting.who_sees", **PUBLIC)
async def who_sees(
    request: Request[Any, Any, Any], trust: FromPath[str], ballot: FromPath[int], session: NamedDependency[AsyncSession]
) -> Template:
    """Who would have to work together to break this very vote."""
    return await _who_sees(request, session, trust, ballot, back=f"/trusts/{trust}/ballots/{ballot}")


@get("/votes/{ballot:int}/who-can-see-what", name="voting.who_sees_mine", **VOTER)
async def who_sees_mine(
    request: Request[Any, Any, Any],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Voter],
) -> Template:
    """The same for somebody who is voting, with the way back to their paper."""
    return await _who_sees(request, session, principal.trust, ballot, back=f"/votes/{ballot}")


async def _who_sees(
    request: Request[Any, Any, Any], session: AsyncSession, trust: str, ballot: int, *, back: str
) -> Template:
    row = await queries.ballot_of(session, trust, ballot)
    promise = await service.promise(session, row)
    if promise is None:
        raise NotFound("Who holds the keys of this vote is known when its list of voters is fixed.")
    return page(
        request,
        "voting/who_sees.html",
        ballot=row,
        back=back,
        manifest=promise.manifest,
        found=collusion.of(promise.manifest),
        fingerprint=fingerprint,
        server_custody=promise.server_custody,
    )


HANDLERS = [checks, check, check_list, check_text, who_can_see_what, who_sees, who_sees_mine]
