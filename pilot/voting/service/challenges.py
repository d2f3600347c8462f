"""After the declaration: a result is questioned within 21 days, and stands, or does not count."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import WrongState
from pilot.voting import queries
from pilot.voting.ballots import Missed
from pilot.voting.lifecycle import State, move
from pilot.voting.objections import check_in_time
from pilot.voting.pausing import why
from pilot.voting.service.arranging import OnMissed, advance
from pilot.voting.service.noting import note
from pilot.voting.tables import BallotRow, ChallengeRow


async def to_challenge(session: AsyncSession, trust: str, ballot_id: int, *, now: datetime) -> BallotRow:
    """A ballot of this trust whose result can be questioned now. Raises NotFound, or WrongState saying why not."""
    row = await queries.ballot_of(session, trust, ballot_id)
    await _check(session, row, now)
    return row


async def _check(session: AsyncSession, row: BallotRow, now: datetime) -> None:
    if row.state != State.CHALLENGED:
        move(State(row.state), "challenge")
    check_in_time((await queries.declared(session, row.id)).declared_at, now)


async def can_be_questioned(session: AsyncSession, row: BallotRow, *, now: datetime) -> bool:
    """Whether the result of this ballot can be questioned now."""
    try:
        await _check(session, row, now)
    except WrongState:
        return False
    return True


async def challenge(
    session: AsyncSession, ballot_id: int, *, kind: str, name: str, grounds: str, by: str, now: datetime
) -> int:
    """Write down that a result is questioned, and on which published grounds; its id.

    Until it is decided, the result is not final and the sealed votes are kept.
    """
    row = await queries.held(session, ballot_id)
    await _check(session, row, now)
    if row.state == State.DECLARED:
        await advance(session, row, "challenge")
    made = ChallengeRow(ballot_id=row.id, kind=kind, name=name, grounds=grounds, made_at=now, taken_by=by)
    session.add(made)
    await session.flush()
    await note(session, row, "result questioned", by=by, now=now, question=made.id, kind=kind)
    return made.id


async def dismiss(
    session: AsyncSession, ballot_id: int, challenge_id: int, *, reasons: str, by: str, now: datetime
) -> None:
    """Decide that the result stands, for published reasons. After the last question it is declared as before."""
    row = await queries.held(session, ballot_id)
    await _decide(session, row, challenge_id, upheld=False, reasons=reasons, by=by, now=now)
    await note(session, row, "question about the result dismissed", by=by, now=now, question=challenge_id)
    if not await queries.open_challenges(session, row.id):
        await advance(session, row, "dismiss")


async def uphold(
    session: AsyncSession,
    ballot_id: int,
    challenge_id: int,
    *,
    reasons: str,
    by: str,
    now: datetime,
    on_set_aside: OnMissed,
) -> None:
    """Decide that the result does not count, for published reasons, and tell whoever asked for the vote.

    This cannot be taken back.
    """
    row = await queries.held(session, ballot_id)
    await _decide(session, row, challenge_id, upheld=True, reasons=reasons, by=by, now=now)
    await advance(session, row, "uphold", over_because=why(reasons))
    await note(session, row, "result set aside", by=by, now=now, question=challenge_id, because=why(reasons))
    if row.kind_of_vote == "vote":
        await on_set_aside(session, Missed(row.id, row.trust, row.subject, now))


async def _decide(
    session: AsyncSession, row: BallotRow, challenge_id: int, *, upheld: bool, reasons: str, by: str, now: datetime
) -> None:
    found = await queries.challenge(session, row.id, challenge_id)
    if row.state != State.CHALLENGED:
        raise WrongState("This question about the result was decided already.")
    decided = {"upheld": upheld, "reasons": reasons, "decided_by": by, "decided_at": now}
    changed = await session.execute(
        update(ChallengeRow).where(ChallengeRow.id == found.id, ChallengeRow.decided_at.is_(None)).values(**decided)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE's result has it
        raise WrongState("This question about the result was decided already.")
    await session.refresh(found)
