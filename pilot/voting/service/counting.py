"""After the last vote: close the box, have it opened, count, declare. Each verb is done once or refused."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.audit.log import record
from pilot.clock import LONDON
from pilot.errors import WrongState
from pilot.secrecy import manifest as manifests
from pilot.secrecy import service as secrecy
from pilot.secrecy.box import Final
from pilot.secrecy.manifest import digest
from pilot.secrecy.packing import pack
from pilot.secrecy.turnout import turnout_to_tell
from pilot.voting import declaration as declarations
from pilot.voting import files, queries
from pilot.voting.ballots import Election, Majority, rankings
from pilot.voting.count import lot as lots
from pilot.voting.count import rules, yes_no
from pilot.voting.count.contest import Contest
from pilot.voting.count.result import CountResult
from pilot.voting.count.yes_no import Result
from pilot.voting.declaration import Box, Count, Declaration, Lot, Matter, OnPaper, declare
from pilot.voting.lifecycle import TOLD, WORDS, State, move
from pilot.voting.record.build import build
from pilot.voting.record.checks import verify
from pilot.voting.record.published import listed
from pilot.voting.service.arranging import CLOCK, advance
from pilot.voting.service.entering import forget_papers
from pilot.voting.service.opening import check_may_open, next_to_open, note_opened, waits_for_people
from pilot.voting.service.promising import own_keys
from pilot.voting.service.signing import unsigned
from pilot.voting.tables import BallotRow, DeclarationRow

OnDeclared = Callable[[AsyncSession, Declaration], Awaitable[None]]
"""What is told of a declaration, in the same transaction; the application gives it."""


class Wrong(Exception):  # noqa: N818 -- a broken invariant, nobody catches it
    """A second count gave other figures than the first, or a check of the record failed; nothing is declared."""


async def open_ballot(session: AsyncSession, ballot_id: int, *, now: datetime) -> str:
    """Note that the opening time has come; a sentence for the log. The box itself has taken votes since that time."""
    row = await queries.ballot(session, ballot_id)
    if now < row.opens_at:
        raise WrongState("The opening time has not come yet.")
    if missing := await unsigned(session, row):
        raise WrongState(f"This vote cannot be opened. It still needs the signature of: {', '.join(missing)}.")
    await advance(session, row, "open")
    return await _told(session, row, "vote opened", now)


async def close_ballot(session: AsyncSession, ballot_id: int, *, now: datetime) -> str:
    """Close the box at the closing time; a sentence for the log."""
    row = await queries.ballot(session, ballot_id)
    if now < row.closes_at:
        raise WrongState("The closing time has not come yet.")
    await advance(session, row, "close")
    await secrecy.close(session, queries.box(row), now=now)
    await forget_papers(session, row)
    return await _told(session, row, "vote closed", now)


async def tally(session: AsyncSession, ballot_id: int, *, now: datetime) -> str | None:
    """Have the server open what it is to open, and count the papers when all is open; a sentence for the log.

    None while the vote waits for its notices, or for a trustee with keys of their own. The papers of an election are
    not counted yet: that waits for its number for lots (service.open_lot).
    """
    row = await queries.ballot(session, ballot_id)
    if await own_keys(session, row):
        if row.state == State.CLOSED or await waits_for_people(session, row):
            return None
        await check_may_open(session, row, now=now)
    ask = queries.ask_of(row)
    verb = "peel" if isinstance(ask, Election) else "tally"
    move(State(row.state), verb)
    final = await secrecy.peel(session, queries.box(row))
    await _note_server(session, row, now=now)
    if final is None:
        return await _told(session, row, "sealed votes opened by this server", now)
    voted = len(final.valid) + len(final.spoilt)
    if isinstance(ask, Election):
        await advance(session, row, verb, tally=figures(final), turnout_shown=voted)
        return await _told(session, row, "sealed votes opened", now)
    tallied = figures(final, counted(ask, final))
    await advance(session, row, verb, tally=tallied, counted=True, turnout_shown=voted)
    return await _told(session, row, "votes counted", now)


async def _note_server(session: AsyncSession, row: BallotRow, *, now: datetime) -> None:
    """Keep when this server opened the lists that were its to open, for a ballot whose trustees were chosen."""
    order = await queries.opening_order(session, row.id)
    turn = await next_to_open(session, row) if order else None
    for place, who in order:
        if who is None and (turn is None or place.layer < turn.number):
            await note_opened(session, row, place.layer, now=now)


async def counted_election(
    session: AsyncSession, row: BallotRow, ask: Election, number: str
) -> tuple[CountResult, Final]:
    """The count of an election with lots from this number ("" when it is lost), and what came out of the box."""
    final = await secrecy.final(session, queries.box(row))
    order = await lot_order(session, row, ask, number)
    contest, papers = ask.contest(row.title), rankings(final.valid)
    return await asyncio.to_thread(rules.count, ask.rule, contest, papers, order), final


async def lot_order(session: AsyncSession, row: BallotRow, ask: Election, number: str) -> tuple[int, ...]:
    """All candidates of an election in the order of the lot."""
    last = await secrecy.last_list(session, queries.box(row))
    return lots.draw(lots.seed(last, number), len(ask.contest().candidates))


async def contest_and_papers(
    session: AsyncSession, ballot_id: int
) -> tuple[Contest, dict[bytes, int], tuple[int, ...]]:
    """What was counted in a declared election: the contest, its papers, and the order of the lot.

    Raises NotFound before the declaration, and WrongState for a vote that is no election.
    """
    row = await queries.ballot(session, ballot_id)
    ask = queries.election_of(row)
    await queries.declared(session, ballot_id)
    final = await secrecy.final(session, queries.box(row))
    return ask.contest(row.title), rankings(final.valid), await lot_order(session, row, ask, row.lot_number or "")


async def declare_result(
    session: AsyncSession, ballot_id: int, *, by: str, now: datetime, on_declared: OnDeclared
) -> Declaration:
    """Declare the result: count again, compare, publish with its record, and tell whoever asked for the ballot.

    Raises Wrong, which nobody catches, when the second count differs from the first or the record does not hold.
    """
    row = await queries.ballot(session, ballot_id)
    move(State(row.state), "declare")
    count, final = await _counted_again(session, row)
    manifest = await secrecy.manifest_of(session, queries.box(row))
    lot = Lot(row.lot_number or "", row.lot_lost or "")
    declared = declare(_matter(row, manifest), count, _counts(final), at=now, lot=lot)
    published = await _record(session, row, count, declared)
    await _verify(session, row, published)
    archive = await asyncio.to_thread(pack, published)
    await advance(session, row, "declare")
    session.add(
        DeclarationRow(
            ballot_id=row.id,
            declared_at=now,
            declared_by=by,
            content=declarations.written(declared),
            count=declarations.written_count(count),
            listed=listed(published),
            record=archive,
            record_digest=sha256(archive).hexdigest(),
        )
    )
    detail = {"outcome": declared.outcome, "votes": declared.votes, "record": sha256(archive).hexdigest()}
    if declared.elected:
        detail["elected"] = list(declared.elected)
    subject = f"ballot {row.id}"
    await record(session, at=now, actor=by, verb="result declared", subject=subject, trust=row.trust, detail=detail)
    if row.kind_of_vote == "vote":
        await on_declared(session, declared)
    return declared


async def _counted_again(session: AsyncSession, row: BallotRow) -> tuple[Count, Final]:
    """A second count of the papers. Raises Wrong when it differs from the first."""
    ask = queries.ask_of(row)
    count: Count
    if isinstance(ask, Election):
        count, final = await counted_election(session, row, ask, row.lot_number or "")
    else:
        final = await secrecy.final(session, queries.box(row))
        count = counted(ask, final)
    if figures(final, count) != row.tally:
        raise Wrong("The second count differs from the first.")
    return count, final


async def to_declare(session: AsyncSession, trust: str, ballot_id: int) -> BallotRow:
    """A ballot of this trust that is counted and waits to be declared. Raises NotFound, or WrongState saying why."""
    row = await queries.ballot_of(session, trust, ballot_id)
    state = State(row.state)
    if state in TOLD:
        raise WrongState("The result of this vote has been declared already.")
    if state is not State.TALLIED:
        raise WrongState(f"This vote {WORDS[state]}, so its result cannot be declared now.")
    return row


async def finish(session: AsyncSession, ballot_id: int, *, now: datetime) -> str:
    """Make a declared result final when the time to question it is over; a sentence for the log."""
    row = await queries.ballot(session, ballot_id)
    await advance(session, row, "finish")
    return await _told(session, row, "result final", now)


async def tell_turnout(session: AsyncSession, ballot_id: int, *, now: datetime) -> str | None:
    """Publish the number of sealed votes if a day has passed and ten more came; a sentence for the log, or None."""
    row = await queries.ballot(session, ballot_id)
    told = turnout_to_tell(
        await secrecy.sealed_count(session, queries.box(row)), row.turnout_shown, row.turnout_shown_on, now
    )
    if told is None:
        return None
    await session.execute(
        update(BallotRow)
        .where(BallotRow.id == row.id, BallotRow.state == State.OPEN)
        .values(turnout_shown=told, turnout_shown_on=now.astimezone(LONDON).date())
    )
    return f"{row.trust}: turnout of ballot {row.number} published."


def counted(ask: Majority, final: Final) -> Result:
    """The count of a question's papers, by its own majority."""
    votes = Counter(chosen[0] for (chosen,) in final.valid)
    return yes_no.count(ask.rule(), votes, entitled=final.roll, spoilt=len(final.spoilt))


def figures(final: Final, count: Count | None = None) -> dict[str, Any]:
    """What came out of the box, and its count where there is one, as they are kept until the declaration."""
    box = {
        "spoilt": len(final.spoilt),
        "set_aside": final.all_set_aside,
        "stamps": final.stamps,
        "envelopes": final.envelopes,
    }
    if isinstance(count, Result):
        return box | {"outcome": str(count.outcome), "yes": count.yes, "no": count.no, "abstain": count.abstain}
    return box if count is None else box | {"count": declarations.written_count(count)}


async def _record(session: AsyncSession, row: BallotRow, count: Count, declared: Declaration) -> dict[str, bytes]:
    parts = await secrecy.record_parts(session, queries.box(row))
    made = build(parts, count, declared, programs=files.programs())
    signature = await secrecy.sign_with_log_key(session, made.to_sign)
    return made.signed(signature)


async def _verify(session: AsyncSession, row: BallotRow, published: Mapping[str, bytes]) -> None:
    """Make every check of a finished record, with its papers also where they are not public. Raises Wrong."""
    papers = await secrecy.papers_of(session, queries.box(row))
    found = await asyncio.to_thread(verify, published, papers=papers, programs=files.programs())
    if wrong := [f"{check.name}: {check.says}" for check in found if check.ok is False]:
        raise Wrong(f"The record does not hold. {'; '.join(wrong)}.")


def _matter(row: BallotRow, manifest: bytes) -> Matter:
    return Matter(
        ballot=row.id,
        trust=row.trust,
        subject=row.subject,
        title=row.title,
        question=row.question,
        manifest=digest(manifest),
        rule=manifests.read(manifest).rule,
    )


def _counts(final: Final) -> Box:
    out = (len(final.valid), len(final.spoilt), final.all_set_aside)
    return Box(final.roll, final.stamps, final.envelopes, *out, OnPaper(final.cancelled, final.on_paper))


async def _told(session: AsyncSession, row: BallotRow, verb: str, now: datetime) -> str:
    await record(session, at=now, actor=CLOCK, verb=verb, subject=f"ballot {row.id}", trust=row.trust)
    return f"{row.trust}: {verb}, ballot {row.number}."
