"""The arms: those of a panel of other trusts, as its importer gives them, and when the programme's own are locked."""

import asyncio
import hashlib
from datetime import datetime

from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.audit import log
from pilot.errors import WrongState
from pilot.metrics import queries
from pilot.metrics.arms import read_arms
from pilot.metrics.design import State
from pilot.metrics.queries import designs, waves
from pilot.metrics.sheet import Unusable
from pilot.metrics.tables import AllocationRow
from pilot.metrics.waves import locks_arms


async def arms_locked(session: AsyncSession) -> str | None:
    """Why no trust of the programme can change its arm, set or start any more, after “since”; None while it can.

    Whoever saw a baseline could otherwise put trusts where their figures suit.
    """
    if locks_arms(await waves.kinds_and_states(session)):
        return "a baseline survey has opened"
    locked = [one.title for one in await designs.designs(session) if one.state is State.LOCKED]
    return f"the draw “{locked[0]}” is locked" if locked else None


async def replace_arms(session: AsyncSession, dataset_id: int, content: bytes, *, by: str, now: datetime) -> int:
    """Put the file's arms in the place of those that were there; the number of trusts.

    Comparisons that were made keep the arms that they were made with. Raises BadInput with every problem.
    """
    dataset = await queries.dataset(session, dataset_id)
    if dataset.kind == "programme":
        raise WrongState("The arms of the programme's trusts are kept with the trusts.")
    try:
        arms = await asyncio.to_thread(read_arms, content)
    except Unusable as refusal:
        raise refusal.listed() from refusal
    await session.execute(delete(AllocationRow).where(AllocationRow.dataset_id == dataset_id))
    await session.execute(
        insert(AllocationRow),
        [
            {
                "dataset_id": dataset_id, "trust": arm.trust, "arm": "pilot" if arm.pilot else "control",
                "matched_set": arm.matched_set, "starts_on": arm.starts_on,
            }
            for arm in arms
        ],
    )  # fmt: skip
    pilots = sum(arm.pilot for arm in arms)
    await log.record(
        session, at=now, actor=by, verb="arms given", subject=f"dataset {dataset_id}",
        detail={"pilots": pilots, "controls": len(arms) - pilots, "sha256": hashlib.sha256(content).hexdigest()},
    )  # fmt: skip
    return len(arms)
