"""After the last vote: close the box, have it opened, count, declare. Each verb is done once or refused."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
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
from pilot.voting import declaration as declarations
from pilot.voting import files, queries
from pilot.voting.ballots import turnout_to_tell
from pilot.voting.count.yes_no import Result, count
from pilot.voting.declaration import Box, Declaration, Matter, declare
from pilot.voting.lifecycle import WORDS, State, move
from pilot.voting.record.archive import pack
from pilot.voting.record.build import build
from pilot.voting.record.published import listed
from pilot.voting.service.arranging import CLOCK, advance
from pilot.voting.tables import BallotRow, DeclarationRow

OnDeclared = Callable[[AsyncSession, Declaration], Awaitable[None]]
"""What is told of a declaration, in the same transaction; the application gives it."""


class Wrong(Exception):  # noqa: N818 -- a broken invariant, nobody catches it
    """A second count gave other figures than the first; nothing is declared."""


async def open_ballot(session: AsyncSession, ballot_id: int, *, now: datetime) -> str:
    """Note that the opening time has come; a sentence for the log. The box itself has taken votes since that time."""
    row = await queries.ballot(session, ballot_id)
    if now < row.opens_at:
        raise WrongState("The opening time has not come yet.")
    await advance(session, row, "open")
    return await _told(session, row, "vote opened", now)


async def close_ballot(session: AsyncSession, ballot_id: int, *, now: datetime) -> str:
    """Close the box at the closing time; a sentence for the log."""
    row = await queries.ballot(session, ballot_id)
    if now < row.closes_at:
        raise WrongState("The closing time has not come yet.")
    await advance(session, row, "close")
    await secrecy.close(session, _box(row), now=now)
    return await _told(session, row, "vote closed", now)


async def tally(session: AsyncSession, ballot_id: int, *, now: datetime) -> str:
    """Have the closed box opened by its trustees and count the papers; a sentence for the log."""
    row = await queries.ballot(session, ballot_id)
    move(State(row.state), "tally")
    final = await secrecy.peel(session, _box(row))
    result = counted(row, final)
    await advance(session, row, "tally", tally=figures(result, final), counted=True, turnout_shown=result.voted)
    return await _told(session, row, "votes counted", now)


async def declare_result(
    session: AsyncSession, ballot_id: int, *, by: str, now: datetime, on_declared: OnDeclared
) -> Declaration:
    """Declare the result: count again, compare, publish with its record, and tell whoever asked for the ballot.

    Raises Wrong, which nobody catches, when the second count differs from the first.
    """
    row = await queries.ballot(session, ballot_id)
    move(State(row.state), "declare")
    final = await secrecy.final(session, _box(row))
    result = counted(row, final)
    if figures(result, final) != row.tally:
        raise Wrong("The second count differs from the first.")
    manifest = await secrecy.manifest_of(session, _box(row))
    declared = declare(_matter(row, manifest), result, _counts(final), at=now)
    published = await _record(session, row, result, declared)
    archive = await asyncio.to_thread(pack, published)
    await advance(session, row, "declare")
    session.add(
        DeclarationRow(
            ballot_id=row.id,
            declared_at=now,
            declared_by=by,
            content=declarations.written(declared),
            count=declarations.written_count(result),
            listed=listed(published),
            record=archive,
            record_digest=sha256(archive).hexdigest(),
        )
    )
    detail = {"outcome": declared.outcome, "votes": declared.votes, "record": sha256(archive).hexdigest()}
    subject = f"ballot {row.id}"
    await record(session, at=now, actor=by, verb="result declared", subject=subject, trust=row.trust, detail=detail)
    await on_declared(session, declared)
    return declared


async def to_declare(session: AsyncSession, trust: str, ballot_id: int) -> BallotRow:
    """A ballot of this trust that is counted and waits to be declared. Raises NotFound, or WrongState saying why."""
    row = await queries.ballot_of(session, trust, ballot_id)
    state = State(row.state)
    if state in (State.DECLARED, State.FINAL):
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
    told = turnout_to_tell(await secrecy.sealed_count(session, _box(row)), row.turnout_shown, row.turnout_shown_on, now)
    if told is None:
        return None
    await session.execute(
        update(BallotRow)
        .where(BallotRow.id == row.id, BallotRow.state == State.OPEN)
        .values(turnout_shown=told, turnout_shown_on=now.astimezone(LONDON).date())
    )
    return f"{row.trust}: turnout of ballot {row.number} published."


def counted(row: BallotRow, final: Final) -> Result:
    """The count of what came out of the box, by the ballot's own rule."""
    votes = Counter(answers[0][0] for answers in final.valid)
    return count(queries.rule_of(row), votes, entitled=final.roll, spoilt=len(final.spoilt))


def figures(result: Result, final: Final) -> dict[str, Any]:
    """The count as it is kept until the declaration."""
    return {
        "outcome": str(result.outcome),
        "yes": result.yes,
        "no": result.no,
        "abstain": result.abstain,
        "spoilt": result.spoilt,
        "set_aside": final.all_set_aside,
        "stamps": final.stamps,
        "envelopes": final.envelopes,
    }


async def _record(session: AsyncSession, row: BallotRow, result: Result, declared: Declaration) -> dict[str, bytes]:
    parts = await secrecy.record_parts(session, _box(row))
    made = build(parts, result, declared, programs=files.programs())
    signature = await secrecy.sign_with_log_key(session, made.to_sign)
    return made.signed(signature)


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
    return Box(final.roll, final.stamps, final.envelopes, len(final.valid), len(final.spoilt), final.all_set_aside)


def _box(row: BallotRow) -> int:
    if row.box_id is None:
        raise WrongState("This vote has no list of voters yet.")
    return row.box_id


async def _told(session: AsyncSession, row: BallotRow, verb: str, now: datetime) -> str:
    await record(session, at=now, actor=CLOCK, verb=verb, subject=f"ballot {row.id}", trust=row.trust)
    return f"{row.trust}: {verb}, ballot {row.number}."
