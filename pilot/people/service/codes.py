"""Making, replacing and recognising voting codes. A plain code exists only in the answer to the act that made it."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.audit import log
from pilot.clock import LONDON
from pilot.errors import BadInput, WrongState
from pilot.people import codes, queries
from pilot.people.codes import Slip
from pilot.people.queries import CodeHolder
from pilot.people.roles import Voter
from pilot.people.tables import VotingCodeRow
from pilot.people.throttle import Throttle
from pilot.settings import Settings
from pilot.web import sessions

PROBLEM = "There is a problem"


async def issue_codes(
    session: AsyncSession,
    settings: Settings,
    trust: str,
    *,
    by: str,
    now: datetime,
    person_ids: Iterable[int] | None = None,
) -> tuple[Slip, ...]:
    """Make a code for everybody on the latest roll who has none (only those in `person_ids`, if given).

    The slips come by site, unit and name. Raises WrongState if there is no roll, or if everybody has a code.
    """
    holders = await _holders(session, trust, now)
    wanted = None if person_ids is None else set(person_ids)
    without = [h for h in holders if h.issued_on is None and (wanted is None or h.person.person_id in wanted)]
    if not without:
        raise WrongState(
            "Everybody on the staff roll has a voting code already. "
            "If you did not get the slips of the last batch, replace that batch."
        )
    batch, slips = await _make(session, settings, trust, without, now)
    await log.record(
        session,
        at=now,
        actor=by,
        verb="voting codes made and shown",
        subject=f"codes batch {batch}",
        trust=trust,
        detail={"codes": len(slips)},
    )
    return slips


async def reissue(
    session: AsyncSession,
    settings: Settings,
    trust: str,
    person_id: int,
    *,
    reason: str,
    by: str,
    now: datetime,
) -> Slip:
    """Make a new code for one person on the latest roll; the old code and whatever it had opened end at once.

    Raises NotFound if they are not on it.
    """
    holder = await queries.code_holder(session, trust, person_id, now.astimezone(LONDON).date())
    batch, (slip,) = await _make(session, settings, trust, [holder], now)
    await log.record(
        session,
        at=now,
        actor=by,
        verb="voting code replaced and shown",
        subject=f"person {person_id}",
        trust=trust,
        detail={"reason": reason, "batch": batch},
    )
    return slip


async def replace_batch(
    session: AsyncSession,
    settings: Settings,
    trust: str,
    batch: int,
    *,
    reason: str,
    by: str,
    now: datetime,
) -> tuple[Slip, ...]:
    """Make new codes for everybody whose code came with a batch (its slips were lost). The old ones end at once."""
    holders = [h for h in await _holders(session, trust, now) if h.batch == batch]
    if not holders:
        raise WrongState(f"No code of batch {batch} is in use any more.")
    new, slips = await _make(session, settings, trust, holders, now)
    await log.record(
        session,
        at=now,
        actor=by,
        verb="voting codes replaced and shown",
        subject=f"codes batch {batch}",
        trust=trust,
        detail={"reason": reason, "codes": len(slips), "batch": new},
    )
    return slips


async def person_with_code(session: AsyncSession, settings: Settings, typed: str) -> Voter:
    """Whose code was typed. Raises BadInput, with the sentence for the field `code`, if it is nobody's."""
    if problem := codes.problem(typed):
        raise BadInput(PROBLEM, {"code": problem})
    voter = await queries.voter_with_code(session, digest(settings, codes.normalise(typed)))
    if voter is None:
        raise BadInput(PROBLEM, {"code": codes.unknown(settings.help_phone)})
    return voter


async def person_at(
    session: AsyncSession, settings: Settings, throttle: Throttle, typed: str, *, address: str, now: datetime
) -> Voter:
    """`person_with_code` for the page where codes are typed. Raises NotAllowed after too many wrong ones from there."""
    throttle.check(address, typed, now)
    try:
        return await person_with_code(session, settings, typed)
    except BadInput:
        if codes.normalise(typed):
            throttle.wrong(address, typed, now)
        raise


def digest(settings: Settings, code: str) -> str:
    """What is stored of a code: useless to whoever reads the database without the installation's secret."""
    return hmac.new(settings.secret_key, code.encode(), hashlib.sha256).hexdigest()


async def _holders(session: AsyncSession, trust: str, now: datetime) -> tuple[CodeHolder, ...]:
    holders = await queries.code_holders(session, trust, now.astimezone(LONDON).date())
    if not holders:
        raise WrongState("There is no staff roll yet. The coordinator must load it first.")
    return holders


async def _make(
    session: AsyncSession, settings: Settings, trust: str, holders: Sequence[CodeHolder], now: datetime
) -> tuple[int, tuple[Slip, ...]]:
    """New codes in a new batch; earlier codes of these people stop working."""
    batch = 1 + await queries.last_batch(session, trust)
    replaced = [h.person.person_id for h in holders if h.issued_on is not None]
    for start in range(0, len(replaced), 500):
        chunk = replaced[start : start + 500]
        await session.execute(delete(VotingCodeRow).where(VotingCodeRow.person_id.in_(chunk)))
    await sessions.end_all(session, "person", *replaced)
    made = [codes.compose([secrets.randbelow(32) for _ in range(codes.LENGTH - 1)]) for _ in holders]
    today = now.astimezone(LONDON).date()
    await session.execute(
        insert(VotingCodeRow),
        [
            {"person_id": h.person.person_id, "digest": digest(settings, code), "batch": batch, "issued_on": today}
            for h, code in zip(holders, made, strict=True)
        ],
    )
    return batch, tuple(_slip(holder, code) for holder, code in zip(holders, made, strict=True))


def _slip(holder: CodeHolder, code: str) -> Slip:
    person, job = holder.person, holder.person.primary
    return Slip(
        person_id=person.person_id,
        name=person.name,
        employee_number=person.employee_number,
        site=job.site,
        unit=job.unit,
        staff_group=job.staff_group,
        code=codes.show(code),
    )
