"""What everybody may see of a trust's votes: the list, one vote, its result, its figures and its record."""

from datetime import datetime
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.people import queries as people
from pilot.people.guards import PUBLIC
from pilot.people.roles import Officer, Role
from pilot.voting import queries, service
from pilot.voting.ballots import reference, share_of
from pilot.voting.count.yes_no import OPTIONS, Result, Rule, base_size, in_words, margin
from pilot.voting.declaration import Declaration
from pilot.voting.electorate import shown
from pilot.voting.figures import table
from pilot.web.pages import page, percent


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
    now: NamedDependency[datetime],
) -> Template:
    """One vote: its question, dates and majority. The returning officer also sees what is to be done."""
    row = await queries.ballot_of(session, trust, ballot)
    officer = isinstance(principal, Officer) and principal.holds(Role.RETURNING_OFFICER, trust=trust)
    promise = await service.promise(session, row)
    return page(
        request,
        "voting/ballot.html",
        trust=await people.trust(session, trust),
        ballot=row,
        reference=reference(trust, row.number),
        rule=in_words(queries.rule_of(row)),
        groups=shown([(name, size) for name, size in row.groups]),
        standing=service.standing(row, now),
        promise=promise,
        server_custody=promise is not None and promise.server_custody,
        officer=officer,
    )


@get("/trusts/{trust:str}/ballots/{ballot:int}/result", name="voting.result", **PUBLIC)
async def result(
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
) -> Template:
    """The declared result, in words first."""
    row = await queries.ballot_of(session, trust, ballot)
    declared = await queries.declared(session, ballot)
    rule = queries.rule_of(row)
    return page(
        request,
        "voting/result.html",
        trust=await people.trust(session, trust),
        ballot=row,
        server_custody=await service.server_custody(session, [row]),
        file=f"record-{reference(trust, row.number)}.zip",
        declared=declared,
        rule=in_words(rule),
        bars=_bars(rule, declared),
        mark=(float(rule.threshold), "the majority that Yes needed"),
        turnout=_share(declared.voted, declared.entitled),
        margin=margin(rule, await _count(session, ballot)),
        listed=await queries.listed(session, ballot),
        answers=dict(OPTIONS),
    )


@get("/trusts/{trust:str}/ballots/{ballot:int}/record.zip", name="voting.record", **PUBLIC)
async def record(
    trust: FromPath[str], ballot: FromPath[int], session: NamedDependency[AsyncSession]
) -> Response[bytes]:
    """The election record."""
    row = await queries.ballot_of(session, trust, ballot)
    return Response(
        await queries.record(session, ballot),
        media_type="application/zip",
        headers={"content-disposition": f'attachment; filename="record-{reference(trust, row.number)}.zip"'},
    )


@get("/trusts/{trust:str}/ballots/{ballot:int}/figures.csv", name="voting.figures", **PUBLIC)
async def figures(
    trust: FromPath[str], ballot: FromPath[int], session: NamedDependency[AsyncSession]
) -> Response[bytes]:
    """The figures of the result, one a line."""
    row = await queries.ballot_of(session, trust, ballot)
    declared = await queries.declared(session, ballot)
    return Response(
        table(reference(trust, row.number), declared),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="figures-{reference(trust, row.number)}.csv"'},
    )


async def _count(session: AsyncSession, ballot: int) -> Result:
    found = await queries.count_of(session, ballot)
    if not isinstance(found, Result):
        raise TypeError("only a question has a majority")
    return found


def _bars(rule: Rule, declared: Declaration) -> list[tuple[str, float, str]]:
    """Label, share of the base and words for each bar: only what the majority is taken of."""
    yes, no, abstain = (declared.votes[option] for option, _ in OPTIONS)
    base = base_size(rule, yes=yes, no=no, abstain=abstain, entitled=declared.entitled)
    parts = [("Yes", yes), ("No", no)]
    if rule.base != "valid":
        parts.append((OPTIONS[2][1], abstain))
    if rule.base == "entitled":
        parts.append(("Did not vote, or spoilt", base - yes - no - abstain))
    return [(name, float(share_of(number, base)), f"{number:,} ({_share(number, base)})") for name, number in parts]


def _share(part: int, whole: int) -> str:
    return percent(float(share_of(part, whole)))


HANDLERS = [ballots, ballot, result, record, figures]
