"""What somebody says is wrong with their own vote. Telling it writes no event: it keeps a day and what was typed."""

from datetime import date, datetime

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.audit.log import record
from pilot.clock import LONDON
from pilot.errors import WrongState
from pilot.voting import queries
from pilot.voting.forms import DisputeForm
from pilot.voting.tables import BallotRow, DisputeRow

MOST_A_DAY = 200
"""Told problems of one ballot on one day that are kept; nobody reads more, and nobody shall fill the disk."""

NO_NAME = "no name given"


async def to_tell_problem(session: AsyncSession, trust: str, ballot_id: int) -> BallotRow:
    """A ballot of this trust of which somebody can say what is wrong. Raises NotFound, or WrongState before."""
    row = await queries.ballot_of(session, trust, ballot_id)
    if row.box_id is None:
        raise WrongState("The list of voters is not fixed yet, so nobody has voted.")
    return row


async def tell_problem(session: AsyncSession, row: BallotRow, form: DisputeForm, *, today: date) -> None:
    """Keep what somebody says; who was signed in is not kept."""
    if await queries.disputes_on(session, row.id, today) >= MOST_A_DAY:
        raise WrongState("Too many problems were told today. Call the returning officer.")
    said = {"kind": form.kind, "name": form.name or NO_NAME, "contact": form.contact or "", "text": form.text}
    session.add(DisputeRow(ballot_id=row.id, made_on=today, **said))
    await session.flush()


async def answer_problem(
    session: AsyncSession, row: BallotRow, dispute_id: int, words: str, *, by: str, now: datetime
) -> None:
    """Write down what was found, once."""
    found = await queries.dispute(session, row.id, dispute_id)
    open_ = (DisputeRow.id == found.id, DisputeRow.answered_on.is_(None))
    values = {"answered_on": now.astimezone(LONDON).date(), "answered_by": by, "answer": words}
    changed = await session.execute(update(DisputeRow).where(*open_).values(**values))
    if changed.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE's result has it
        raise WrongState("This problem has an answer already.")
    await session.refresh(found)
    about = f"problem {found.id} of ballot {row.id}"
    await record(session, at=now, actor=by, verb="problem answered", subject=about, trust=row.trust)
