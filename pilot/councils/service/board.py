"""The board's side: it says that it has a result, and answers it in public."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from pilot.councils import queries
from pilot.councils.deadlines import london_day
from pilot.councils.proposals import move
from pilot.councils.responses import VERBS, Answer, problems
from pilot.councils.service.moving import advance
from pilot.councils.tables import CommitmentRow, ResponseRow
from pilot.errors import BadInput


async def acknowledge(session: AsyncSession, trust: str, proposal_id: int, *, by: str, now: datetime) -> None:
    """Say for the board that it has the result of a carried proposal."""
    found = await queries.proposal(session, trust, proposal_id)
    await advance(session, found, "acknowledge", actor=by, now=now)


async def check_answer(session: AsyncSession, trust: str, proposal_id: int, answer: Answer, *, now: datetime) -> None:
    """Raise what would keep this answer from being published: BadInput by field, or WrongState. Stores nothing."""
    found = await queries.proposal(session, trust, proposal_id)
    move(found.state, VERBS[answer.decision])
    day = london_day(now)
    constitution = (await queries.constitution_on(session, trust, day)).constitution
    if wrong := problems(answer, day, constitution):
        raise BadInput("There is a problem", wrong)


async def respond(
    session: AsyncSession, trust: str, proposal_id: int, answer: Answer, *, by: str, now: datetime
) -> None:
    """Publish the board's answer with its reasons and commitments. Raises as `check_answer`."""
    await check_answer(session, trust, proposal_id, answer, now=now)
    found = await queries.proposal(session, trust, proposal_id)
    await advance(session, found, VERBS[answer.decision], actor=by, now=now)
    row = ResponseRow(
        proposal_id=proposal_id,
        decision=answer.decision.value,
        reasons=answer.reasons.strip(),
        ground=answer.ground.value if answer.ground else None,
        changes=answer.changes,
        until=answer.until,
        published_at=now,
    )
    session.add(row)
    await session.flush()
    session.add_all(
        CommitmentRow(
            response_id=row.id, place=place, what=one.what, owner=one.owner, due_on=one.due_on, measure=one.measure
        )
        for place, one in enumerate(answer.commitments, start=1)
    )
    await session.flush()
