"""Before a ballot: arrange it, and fix its list of voters together with its sealed box."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.audit.log import record
from pilot.errors import BadInput, WrongState
from pilot.voting import queries
from pilot.voting.ballots import BallotSpec
from pilot.voting.lifecycle import State, move
from pilot.voting.tables import BallotRow


async def arrange(session: AsyncSession, spec: BallotSpec, *, by: str, now: datetime) -> int:
    """Lock the question, the dates and the majority of a new ballot; its id. Nothing of it is edited afterwards.

    Raises BadInput naming every part with which no ballot can be held. `by` is the actor for the audit log.
    """
    if problems := spec.problems(now):
        raise BadInput("This vote cannot be arranged like this.", problems)
    row = BallotRow(
        trust=spec.trust,
        number=await queries.next_number(session, spec.trust),
        subject=spec.subject,
        title=spec.title.strip(),
        question=spec.question.strip(),
        text=spec.text.strip(),
        state=move(State.DRAFT, "arrange"),
        opens_at=spec.opens_at,
        closes_at=spec.closes_at,
        threshold=str(spec.rule().threshold),
        strict=spec.strict,
        base=spec.base,
        turnout_quorum=str(spec.rule().turnout_quorum),
        approval_quorum=str(spec.rule().approval_quorum),
        arranged_by=by,
    )
    session.add(row)
    await session.flush()
    detail = {"subject": spec.subject, "question": spec.question}
    await record(
        session, at=now, actor=by, verb="ballot arranged", subject=f"ballot {row.id}", trust=spec.trust, detail=detail
    )
    return row.id


async def advance(session: AsyncSession, row: BallotRow, verb: str, **values: object) -> None:
    """Move a ballot, only if it still stands where it was read: of two at once, one gets WrongState."""
    was = State(row.state)
    after = move(was, verb)
    changed = await session.execute(
        update(BallotRow).where(BallotRow.id == row.id, BallotRow.state == was).values(state=after, **values)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE's result has it
        raise WrongState("This vote has just moved on. Load the page again.")
    await session.refresh(row)
