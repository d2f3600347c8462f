"""Rehearsals: the same question put to the same people, to try everything. They decide nothing, and say so."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import WrongState
from pilot.voting import queries
from pilot.voting.ballots import BallotSpec
from pilot.voting.lifecycle import WORDS, State
from pilot.voting.service.arranging import arrange
from pilot.voting.tables import BallotRow


def rehearsal_of(row: BallotRow) -> str:
    """The subject of every rehearsal of a ballot."""
    return f"rehearsal of ballot {row.id}"


async def rehearsals(session: AsyncSession, row: BallotRow) -> Sequence[BallotRow]:
    """Every rehearsal of a ballot, the newest first."""
    return await queries.ballots_about(session, row.trust, rehearsal_of(row))


async def to_rehearse(session: AsyncSession, trust: str, ballot_id: int, *, now: datetime) -> BallotRow:
    """A ballot that can be rehearsed: it has not opened, and is no rehearsal. Raises NotFound, or WrongState."""
    row = await queries.ballot_of(session, trust, ballot_id)
    if row.kind_of_vote == "rehearsal":
        raise WrongState("This is a rehearsal. It is not rehearsed itself.")
    if row.state not in (State.ARRANGED, State.FROZEN) or now >= row.opens_at:
        words = "is to open now" if now >= row.opens_at else WORDS[State(row.state)]
        raise WrongState(f"This vote {words}, so it is too late to rehearse it.")
    return row


async def rehearse(
    session: AsyncSession, ballot_id: int, opens_at: datetime, closes_at: datetime, *, by: str, now: datetime
) -> int:
    """Arrange a rehearsal of a ballot between these moments, before it opens itself; the rehearsal's id.

    Raises BadInput for moments at which no ballot can be held.
    """
    row = await queries.ballot(session, ballot_id)
    await to_rehearse(session, row.trust, ballot_id, now=now)
    asked = BallotSpec(
        trust=row.trust,
        title=f"Rehearsal: {row.title}"[:200],
        question=row.question,
        text=row.text,
        subject=rehearsal_of(row),
        opens_at=opens_at,
        closes_at=closes_at,
        ask=queries.ask_of(row),
    )
    return await arrange(session, asked, by=by, now=now, kind="rehearsal")
