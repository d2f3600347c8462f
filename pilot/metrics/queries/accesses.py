"""Reading who made or took what from figures of a trust, for the trust itself."""

from datetime import datetime

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.audit import log
from pilot.metrics.tables import ComparedTrustRow, ComparisonRow, DatasetRow, StudyRow
from pilot.metrics.tables.runs import StudyRunRow, StudyTrustRow

LOOKED = "management page read"
DID = {"study worked out": "Worked out", "study downloaded": "Downloaded"}
"""What somebody did with a study, by the verb of the log."""


class Access(msgspec.Struct, frozen=True):
    """Somebody did something with `what`, which is of figures of a trust: made it, say. `status` is "" for a look."""

    at: datetime
    actor: str
    did: str
    what: str
    status: str


async def accesses(session: AsyncSession, trust: str) -> tuple[Access, ...]:
    """Everything that was made, taken or looked at, by the audit log, the newest first."""
    found = [*await _comparisons(session, trust), *await _studies(session, trust), *await _looks(session, trust)]
    return tuple(sorted(found, key=lambda access: access.at, reverse=True))


async def _comparisons(session: AsyncSession, trust: str) -> list[Access]:
    query = (
        select(ComparisonRow.id, ComparisonRow.outcome, DatasetRow.name, ComparisonRow.status)
        .join(ComparedTrustRow, ComparedTrustRow.comparison_id == ComparisonRow.id)
        .join(DatasetRow, DatasetRow.id == ComparisonRow.dataset_id)
        .where(ComparedTrustRow.trust == trust)
    )
    about = {f"comparison {row[0]}": row for row in (await session.execute(query)).all()}
    acts = await log.acts_on(session, tuple(about), ("comparison made", "comparison downloaded"))
    found = []
    for act in acts:
        number, outcome, dataset, status = about[act.subject]
        what = f"comparison {number}: {outcome.replace('_', ' ')}, {dataset}"
        did = f"Took {act.detail['file']} of" if "file" in act.detail else "Made"
        found.append(Access(act.at, act.actor, did, what, status))
    return found


async def _studies(session: AsyncSession, trust: str) -> list[Access]:
    """Studies that were worked out with figures of the trust; a run that failed kept none."""
    query = (
        select(StudyRunRow.id, StudyRow.id, StudyRow.name, StudyRunRow.outcomes)
        .join(StudyTrustRow, StudyTrustRow.run_id == StudyRunRow.id)
        .join(StudyRow, StudyRow.id == StudyRunRow.study_id)
        .where(StudyTrustRow.trust == trust)
    )
    about = {row[0]: row for row in (await session.execute(query)).all()}
    subjects = tuple({f"study {row[1]}" for row in about.values()})
    acts = await log.acts_on(session, subjects, tuple(DID))
    return [
        Access(
            act.at, act.actor, DID[act.verb], f"study {about[run][1]}: {about[run][2]}", about[run][3][0]["status"]
        )
        for act in acts
        if (run := act.detail.get("run")) in about
    ]  # fmt: skip


async def _looks(session: AsyncSession, trust: str) -> list[Access]:
    """Who of the programme looked at the page of how the trust is led and managed."""
    acts = await log.acts_on(session, (f"trust {trust}",), (LOOKED,))
    return [Access(act.at, act.actor, "Looked at", "the page of management practice", "") for act in acts]
