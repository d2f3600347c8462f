"""Adding and changing the trusts of the programme."""

import asyncio
from collections import Counter
from datetime import datetime

import msgspec
from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.audit import log
from pilot.errors import WrongState
from pilot.people import queries
from pilot.people.service.uploads import KEPT_FOR
from pilot.people.tables import TrustRow, TrustUploadRow
from pilot.people.trusts import Outcome, Trust, differences, keep_arms, read_trusts


async def add_trust(session: AsyncSession, trust: Trust, *, by: str, now: datetime) -> None:
    """Add one trust to the programme; its arm is written down in the audit log."""
    await session.execute(insert(TrustRow), [msgspec.structs.asdict(trust)])
    await log.record(
        session,
        at=now,
        actor=by,
        verb="trust added",
        subject=f"trust {trust.ods_code}",
        trust=trust.ods_code,
        detail={"arm": trust.arm, "matched set": trust.matched_set},
    )


async def change_trust(session: AsyncSession, old: Trust, new: Trust, *, by: str, now: datetime) -> None:
    """Change one trust; what changed is written down in the audit log."""
    values = msgspec.structs.asdict(new)
    await session.execute(update(TrustRow).where(TrustRow.ods_code == old.ods_code).values(**values))
    await log.record(
        session,
        at=now,
        actor=by,
        verb="trust changed",
        subject=f"trust {old.ods_code}",
        trust=old.ods_code,
        detail={"changes": list(differences(old, new))},
    )


async def stage_trusts(session: AsyncSession, filename: str, content: bytes, *, by: str, now: datetime) -> int:
    """Keep a list of trusts until it is confirmed; the upload's id. Raises BadInput if it cannot be read."""
    await read_list(session, content, locked=None)
    row = TrustUploadRow(uploaded_by=by, expires_at=now + KEPT_FOR, filename=filename[:200], content=content)
    session.add(row)
    await session.flush()
    return row.id


async def read_list(session: AsyncSession, content: bytes, *, locked: str | None) -> tuple[Outcome, ...]:
    """What each line of a list would do now. `locked` is why no trust can change its arm, None while it can."""
    present = {trust.ods_code: trust for trust in await queries.trusts_of_programme(session)}
    outcomes = await asyncio.to_thread(read_trusts, content, present)  # others vote while this is read
    return outcomes if locked is None else keep_arms(outcomes, present, locked)


async def import_trusts(session: AsyncSession, upload_id: int, *, locked: str | None, by: str, now: datetime) -> None:
    """Add and change trusts as the uploaded list says; refused lines are left out. A second time changes nothing.

    `locked` is why no trust can change its arm, None while it can.
    """
    upload = await queries.trust_upload(session, upload_id, by, now)
    if upload.imported is not None:
        return
    outcomes = await read_list(session, upload.content, locked=locked)
    if all(outcome.does == "refused" for outcome in outcomes):
        raise WrongState("Every line of this list was refused, so there is nothing to import.")
    present = {trust.ods_code: trust for trust in await queries.trusts_of_programme(session)}
    for outcome in outcomes:
        if outcome.trust is None:
            continue
        if outcome.does == "added":
            await add_trust(session, outcome.trust, by=by, now=now)
        elif outcome.does == "changed":
            await change_trust(session, present[outcome.ods_code], outcome.trust, by=by, now=now)
    upload.imported = dict(Counter(outcome.does for outcome in outcomes))
    await session.flush()
