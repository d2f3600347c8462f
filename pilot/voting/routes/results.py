"""The declared result of a vote: its page, its printed declaration, and the files that anybody may take away."""

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import NotFound
from pilot.people import queries as people
from pilot.people.guards import PUBLIC
from pilot.secrecy import canonical
from pilot.secrecy import service as secrecy
from pilot.secrecy.manifest import PUBLIC_PAPERS
from pilot.voting import outcomes, queries, service
from pilot.voting.ballots import Ask, Election, Majority, reference, share_of
from pilot.voting.count import lot as lots
from pilot.voting.count.result import STUCK, CountResult, has_rounds, written
from pilot.voting.count.sheet import as_csv
from pilot.voting.count.yes_no import OPTIONS, Result, Rule, base_size, in_words
from pilot.voting.declaration import Count, Declaration
from pilot.voting.figures import table
from pilot.voting.record import asked, margins
from pilot.voting.record.archive import one_file
from pilot.voting.record.build import BALLOTS
from pilot.voting.stages import bars, stages_of
from pilot.voting.tables import BallotRow
from pilot.web.pages import download, page, percent

HERE = "/trusts/{trust:str}/ballots/{ballot:int}"


@get(f"{HERE}/result", name="voting.result", **PUBLIC)
async def result(
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    stage: FromQuery[int] = 1,
) -> Template:
    """The declared result, in words first; of an election also how the count went, with the bars of one stage."""
    row = await queries.ballot_of(session, trust, ballot)
    declared = await queries.declared(session, ballot)
    ask, count = queries.ask_of(row), await queries.count_of(session, ballot)
    return page(
        request,
        "voting/result.html",
        trust=await people.trust(session, trust),
        ballot=row,
        server_custody=await service.server_custody(session, [row]),
        file=f"record-{reference(trust, row.number)}.zip",
        declared=declared,
        turnout=_share(declared.voted, declared.entitled),
        listed=await queries.listed(session, ballot),
        answers=outcomes.answers(ask.on_paper(row.question)),
        **await _came_between(session, row),
        **_told(ask, count, declared, stage),
        **_margin(ask, count),
        **_lot(ask, await _lot_seed(session, row, declared)),
    )


@get(f"{HERE}/declaration", name="voting.declaration", **PUBLIC)
async def declaration(
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
) -> Template:
    """The declaration of the result, to be printed, signed and hung up."""
    row = await queries.ballot_of(session, trust, ballot)
    declared = await queries.declared(session, ballot)
    ask, count = queries.ask_of(row), await queries.count_of(session, ballot)
    return page(
        request,
        "voting/declaration.html",
        trust=await people.trust(session, trust),
        ballot=row,
        reference=reference(trust, row.number),
        server_custody=await service.server_custody(session, [row]),
        declared=declared,
        turnout=_share(declared.voted, declared.entitled),
        decided=outcomes.decided(ask),
        options=dict(OPTIONS),
        **await _came_between(session, row),
        **_margin(ask, count),
        **(_declared_elected(ask, count) if isinstance(count, CountResult) else {}),
    )


@get(f"{HERE}/stages.csv", name="voting.stages", **PUBLIC)
async def stages(trust: FromPath[str], ballot: FromPath[int], session: NamedDependency[AsyncSession]) -> Response[Any]:
    """The stage sheet of an election, for spreadsheets."""
    row = await queries.ballot_of(session, trust, ballot)
    count = _election(await queries.count_of(session, ballot))
    return download(as_csv(count), f"stages-{reference(trust, row.number)}.csv")


@get(f"{HERE}/result.json", name="voting.result_json", **PUBLIC)
async def result_json(
    trust: FromPath[str], ballot: FromPath[int], session: NamedDependency[AsyncSession]
) -> Response[Any]:
    """The whole count, as count.json in the record has it."""
    row = await queries.ballot_of(session, trust, ballot)
    count = _election(await queries.count_of(session, ballot))
    name = f"result-{reference(trust, row.number)}.json"
    return download(canonical.to_bytes(written(count)), name, "application/json; charset=utf-8")


@get(f"{HERE}/ballots.blt", name="voting.ballots_blt", **PUBLIC)
async def ballots_blt(
    trust: FromPath[str], ballot: FromPath[int], session: NamedDependency[AsyncSession]
) -> Response[Any]:
    """The papers of an election, for other programs that count; refused where papers are not published."""
    row = await queries.ballot_of(session, trust, ballot)
    _election(await queries.count_of(session, ballot))
    content = one_file(await queries.record(session, ballot), BALLOTS)
    if content is None:
        raise NotFound(
            f"The papers of this vote are not published, since fewer than {PUBLIC_PAPERS} people could vote."
        )
    return download(content, f"ballots-{reference(trust, row.number)}.blt", "text/plain; charset=utf-8")


@get(f"{HERE}/record.zip", name="voting.record", **PUBLIC)
async def record(trust: FromPath[str], ballot: FromPath[int], session: NamedDependency[AsyncSession]) -> Response[Any]:
    """The election record."""
    row = await queries.ballot_of(session, trust, ballot)
    content = await queries.record(session, ballot)
    return download(content, f"record-{reference(trust, row.number)}.zip", "application/zip")


@get(f"{HERE}/figures.csv", name="voting.figures", **PUBLIC)
async def figures(trust: FromPath[str], ballot: FromPath[int], session: NamedDependency[AsyncSession]) -> Response[Any]:
    """The figures of the result, one a line, with everybody's name."""
    row = await queries.ballot_of(session, trust, ballot)
    declared = await queries.declared(session, ballot)
    name = reference(trust, row.number)
    options = outcomes.answers(queries.ask_of(row).on_paper(row.question))
    return download(table(name, declared, options), f"figures-{name}.csv")


async def _lot_seed(session: AsyncSession, row: BallotRow, declared: Declaration) -> bytes:
    """What the lot was drawn from, where one decided anything; else nothing."""
    if not declared.by_lot or row.box_id is None:
        return b""
    return lots.seed(await secrecy.last_list(session, row.box_id), declared.lot.number)


def _election(count: Count) -> CountResult:
    """The count, of an election. Raises NotFound for a question, which has no such file."""
    if not isinstance(count, CountResult):
        raise NotFound("This vote was no election, so it has no such file. Its figures and its record hold everything.")
    return count


def _told(ask: Ask, count: Count, declared: Declaration, stage: int) -> dict[str, Any]:
    """What the page tells of the one or the other kind of vote."""
    if isinstance(ask, Majority) and isinstance(count, Result):
        return _answered(ask.rule(), declared)
    return _elected(ask, _election(count), declared, stage)


def _elected(ask: Ask, count: CountResult, declared: Declaration, stage: int) -> dict[str, Any]:
    """What the page of an election tells. Raises NotFound for a stage that was not."""
    if not 1 <= stage <= len(count.stages):
        raise NotFound(f"There is no stage {stage} in this count. It has {len(count.stages)}.")
    reopen = _reopen(ask)
    return {
        "election": count,
        "headline": outcomes.headline(count),
        "quota": outcomes.quota(count),
        "empty": outcomes.empty(count, reopen),
        "reserved": outcomes.reserved(count, ask.reserves if isinstance(ask, Election) else ()),
        "reopen": reopen,
        "how": outcomes.HOW[count.rule],
        "sheet": stages_of(count),
        "shown": bars(count, stage),
        "stuck": STUCK,
        "papers_public": declared.entitled >= PUBLIC_PAPERS,
        "fewest": PUBLIC_PAPERS,
    }


async def _came_between(session: AsyncSession, row: BallotRow) -> dict[str, Any]:
    """What happened to the voting time, deputies, votes on paper, and what people said was recorded wrongly."""
    return {
        "disturbances": await service.disturbances(session, row),
        "objections": await queries.objections_in_numbers(session, row.id),
        "stand_ins": await service.stand_ins(session, row),
        "on_paper": await service.papers_of_all(session, row),
    }


def _margin(ask: Ask, count: Count) -> dict[str, Any]:
    """How many papers would have to be exchanged for another outcome, where anybody can say that."""
    put = ask.rule() if isinstance(ask, Majority) else asked.Election(ask.rule, ask.contest(), "")
    known = margins.is_known(put)
    return {"margin_known": known, "margin": margins.exchanged(put, count) if known else None}


def _lot(ask: Ask, seed: bytes) -> dict[str, Any]:
    """How the papers of an election are counted again, and everybody in the order of the lot, where there was one."""
    if not isinstance(ask, Election):
        return {}
    contest = ask.contest()
    order = lots.draw(seed, len(contest.candidates)) if seed else ()
    return {"again": outcomes.again(ask, seed.hex()), "lot_order": [contest.name(number) for number in order]}


def _declared_elected(ask: Ask, count: CountResult) -> dict[str, Any]:
    """What the declaration of an election tells."""
    return {
        "candidates": outcomes.candidates(count),
        "quota": outcomes.quota(count),
        "rounds": has_rounds(count),
        "empty": outcomes.empty(count, _reopen(ask)),
        "ties": count.ties,
    }


def _reopen(ask: Ask) -> int | None:
    """The number of "Re-open nominations", where it stands."""
    return ask.contest().reopen if isinstance(ask, Election) else None


def _answered(rule: Rule, declared: Declaration) -> dict[str, Any]:
    """What the page of a question tells."""
    return {
        "headline": outcomes.ANSWERED[declared.outcome],
        "rule": in_words(rule),
        "bars": _bars(rule, declared),
        "mark": (float(rule.threshold), "the majority that Yes needed"),
    }


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


HANDLERS = [result, declaration, stages, result_json, ballots_blt, record, figures]
