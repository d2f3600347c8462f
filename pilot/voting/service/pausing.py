"""When a vote is disturbed: extend it, pause it, let it go on, or stop it for good. Each has a published reason."""

from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import WrongState
from pilot.secrecy import service as secrecy
from pilot.voting import queries
from pilot.voting.ballots import Missed
from pilot.voting.declaration import moment
from pilot.voting.lifecycle import UNOPENED, State, move
from pilot.voting.pausing import TOO_LATE, extended, resumed, why
from pilot.voting.service.arranging import OnMissed, advance
from pilot.voting.service.entering import forget_papers
from pilot.voting.service.noting import note
from pilot.voting.tables import BallotRow, PauseRow

ALL_OPENED = (
    "All sealed votes of this vote have been opened, so it cannot be stopped any more. It is counted by itself."
)


class Disturbance(Struct, frozen=True):
    """Something that happened to the voting time, as it is published. `at` is None where only the reason is kept."""

    what: str
    because: str
    at: datetime | None = None
    closes_at: datetime | None = None


async def to_pause(session: AsyncSession, trust: str, ballot_id: int, verb: str, *, now: datetime) -> BallotRow:
    """A ballot of this trust that can now be extended, suspended, resumed or made void (`verb`).

    Raises NotFound, or WrongState saying why not.
    """
    row = await queries.ballot_of(session, trust, ballot_id)
    move(State(row.state), verb)
    if verb == "extend":
        await _closing(session, row, timedelta(minutes=1), now)
    elif row.state == State.OPEN and now >= row.closes_at:
        raise WrongState("Voting has closed, so it cannot be paused now.")
    elif verb == "void":
        await _not_all_opened(session, row)
    return row


async def _not_all_opened(session: AsyncSession, row: BallotRow) -> None:
    """Refuse when the papers are out: nobody stops a vote when its result can be known."""
    if row.state in UNOPENED and await secrecy.next_layer(session, queries.box(row)) is None:
        raise WrongState(ALL_OPENED)


async def would_close(session: AsyncSession, row: BallotRow, longer: timedelta, *, now: datetime) -> datetime:
    """When this vote would close if it were extended. Raises BadInput, or WrongState, when it cannot be."""
    return await _closing(session, row, longer, now)


async def _closing(session: AsyncSession, row: BallotRow, longer: timedelta, now: datetime) -> datetime:
    manifest = (await secrecy.promise(session, queries.box(row))).manifest
    arranged = manifest.opens, manifest.closes
    return extended(arranged, row.closes_at, longer, before=row.first_closes_at is not None, now=now)


async def extend(
    session: AsyncSession, ballot_id: int, *, longer: timedelta, reason: str, outage: int, by: str, now: datetime
) -> datetime:
    """Let the vote close later; the new closing time. `outage` is in minutes. Once, before it closes.

    The reason is published on the vote's page, to voters, in the log and with the record.
    """
    row = await queries.held(session, ballot_id)
    move(State(row.state), "extend")
    closes_at, because = await _closing(session, row, longer, now), why(reason, outage)
    await advance(session, row, "extend", closes_at=closes_at, first_closes_at=row.closes_at, extended_because=because)
    await secrecy.extend(session, queries.box(row), closes_at=closes_at, reason=because)
    await note(session, row, "vote extended", by=by, now=now, closes=moment(closes_at), because=because)
    return closes_at


async def suspend(session: AsyncSession, ballot_id: int, *, reason: str, by: str, now: datetime) -> None:
    """Pause the vote: nobody can vote until it goes on."""
    row = await queries.held(session, ballot_id)
    move(State(row.state), "suspend")
    if now >= row.closes_at:
        raise WrongState(TOO_LATE.replace("extended", "paused"))
    because = why(reason)
    await advance(session, row, "suspend")
    session.add(PauseRow(ballot_id=row.id, suspended_at=now, because=because))
    await secrecy.suspend(session, queries.box(row), reason=because)
    await note(session, row, "vote paused", by=by, now=now, because=because)


async def would_resume(session: AsyncSession, row: BallotRow, *, now: datetime) -> datetime:
    """When this paused vote would close if it went on now. Raises WrongState when it is not paused."""
    return resumed(row.closes_at, (await _lasting(session, row)).suspended_at, now)


async def resume(session: AsyncSession, ballot_id: int, *, reason: str, by: str, now: datetime) -> datetime:
    """Let the vote go on, and close later by the time for which it was paused; the new closing time."""
    row = await queries.held(session, ballot_id)
    move(State(row.state), "resume")
    pause = await _lasting(session, row)
    closes_at, because = resumed(row.closes_at, pause.suspended_at, now), why(reason)
    await advance(session, row, "resume", closes_at=closes_at)
    ended = {"resumed_at": max(now, pause.suspended_at), "resumed_because": because}
    await session.execute(update(PauseRow).where(PauseRow.id == pause.id).values(**ended))
    await session.refresh(pause)
    await secrecy.resume(session, queries.box(row), closes_at=closes_at, reason=because)
    await note(session, row, "vote goes on", by=by, now=now, closes=moment(closes_at), because=because)
    return closes_at


async def void(
    session: AsyncSession, ballot_id: int, *, reason: str, by: str, now: datetime, on_missed: OnMissed
) -> None:
    """Stop a vote for good, paused or closed: its sealed votes are destroyed. Tells whoever asked for it.

    After the close that is the way out when somebody's keys are lost. Refuses once all sealed votes are opened.
    """
    row = await queries.held(session, ballot_id)
    because = why(reason)
    await _not_all_opened(session, row)
    await advance(session, row, "void", over_because=because)
    await secrecy.discard(session, queries.box(row))
    await forget_papers(session, row)
    await note(session, row, "vote stopped", by=by, now=now, because=because)
    if row.kind_of_vote == "vote":
        await on_missed(session, Missed(row.id, row.trust, row.subject, now))


async def disturbances(session: AsyncSession, row: BallotRow) -> list[Disturbance]:
    """What happened to the voting time, for everybody; empty for a vote that went as it was arranged."""
    found = []
    for pause in await queries.pauses(session, row.id):
        found.append(Disturbance("paused", pause.because, pause.suspended_at))
        if pause.resumed_at is not None:
            found.append(Disturbance("resumed", pause.resumed_because or "", pause.resumed_at))
    if row.extended_because is not None:
        found.append(Disturbance("extended", row.extended_because, None, row.first_closes_at))
    if row.state == State.VOID:
        found.append(Disturbance("void", row.over_because or ""))
    return found


async def _lasting(session: AsyncSession, row: BallotRow) -> PauseRow:
    for pause in await queries.pauses(session, row.id):
        if pause.resumed_at is None:
            return pause
    raise WrongState("This vote is not paused.")
