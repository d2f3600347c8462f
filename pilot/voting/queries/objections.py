"""Reading what comes between: pauses, and what people say against what is recorded for them or against a result."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import NotFound
from pilot.voting.objections import Objections
from pilot.voting.objections import objections as numbers
from pilot.voting.tables import ChallengeRow, ElectorRow, ObjectionRow, PauseRow


async def pauses(session: AsyncSession, ballot_id: int) -> Sequence[PauseRow]:
    """The times in which voting was paused, the first at the top; the last one may last still."""
    found = select(PauseRow).where(PauseRow.ballot_id == ballot_id).order_by(PauseRow.id)
    return (await session.scalars(found)).all()


async def electors(session: AsyncSession, ballot_id: int) -> dict[int, bytes]:
    """The number v of everybody on the list of voters, by person."""
    found = select(ElectorRow.person_id, ElectorRow.v).where(ElectorRow.ballot_id == ballot_id)
    return {row.person_id: row.v for row in await session.execute(found)}


async def objections(session: AsyncSession, ballot_id: int) -> Sequence[ObjectionRow]:
    """Everything that was said against what is recorded, the first at the top; it holds names."""
    found = select(ObjectionRow).where(ObjectionRow.ballot_id == ballot_id).order_by(ObjectionRow.id)
    return (await session.scalars(found)).all()


async def objection(session: AsyncSession, ballot_id: int, objection_id: int) -> ObjectionRow:
    """One objection to this ballot. Raises NotFound."""
    row = await session.get(ObjectionRow, objection_id)
    if row is None or row.ballot_id != ballot_id:
        raise NotFound("We cannot find this objection.")
    return row


async def objections_in_numbers(session: AsyncSession, ballot_id: int) -> Objections:
    """The objections as everybody may see them."""
    found = select(ObjectionRow.outcome).where(ObjectionRow.ballot_id == ballot_id)
    return numbers((await session.scalars(found)).all())


async def challenges(session: AsyncSession, ballot_id: int) -> Sequence[ChallengeRow]:
    """Everything that questioned the result, the first at the top; it holds names."""
    found = select(ChallengeRow).where(ChallengeRow.ballot_id == ballot_id).order_by(ChallengeRow.id)
    return (await session.scalars(found)).all()


async def challenge(session: AsyncSession, ballot_id: int, challenge_id: int) -> ChallengeRow:
    """One questioning of this ballot's result. Raises NotFound."""
    row = await session.get(ChallengeRow, challenge_id)
    if row is None or row.ballot_id != ballot_id:
        raise NotFound("We cannot find this question about the result.")
    return row


async def open_challenges(session: AsyncSession, ballot_id: int) -> int:
    """How many questions about the result are not decided."""
    found = select(func.count()).where(ChallengeRow.ballot_id == ballot_id, ChallengeRow.decided_at.is_(None))
    return await session.scalar(found) or 0
