"""Moving a proposal on: only if it still stands where it was read, with the day and one event."""

from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.audit.log import record
from pilot.councils.deadlines import london_day
from pilot.councils.proposals import State, move
from pilot.councils.queries import Proposal
from pilot.councils.tables import ProposalRow, StepRow
from pilot.errors import WrongState


async def advance(
    session: AsyncSession, found: Proposal, verb: str, *, actor: str, now: datetime, **values: Any
) -> State:
    """Take `found` to the state that follows `verb`, storing `values` with it; the new state.

    Of two at once, one gets WrongState.
    """
    after = move(found.state, verb)
    changed = await session.execute(
        update(ProposalRow)
        .where(ProposalRow.id == found.id, ProposalRow.trust == found.trust, ProposalRow.state == found.state.value)
        .values(state=after.value, **values)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE's result has it
        raise WrongState("This proposal has just moved on. Load the page again.")
    session.add(StepRow(proposal_id=found.id, state=after.value, entered_on=london_day(now)))
    await session.flush()
    await record(session, at=now, actor=actor, verb=f"proposal {after}", subject=found.subject, trust=found.trust)
    return after
