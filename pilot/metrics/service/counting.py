"""What the clock does with survey waves: lists and boxes, opening, turnout, closing, counting, destroying.

Each trust is a transaction of its own, so that none keeps people elsewhere from answering. The server holds the one
key of a survey's box, and the pages say so.
"""

import asyncio
import secrets
from datetime import datetime

import msgspec
from sqlalchemy import delete, insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.clock import LONDON
from pilot.errors import WrongState
from pilot.metrics.cells import cells_of
from pilot.metrics.queries import waves as queries
from pilot.metrics.questionnaire import Offer, offered, questions
from pilot.metrics.service import publishing
from pilot.metrics.service.moving import advance, here, note, once
from pilot.metrics.service.waves import offer_of, questionnaire_of, series_of
from pilot.metrics.tables.waves import CellRow, WaveElectorRow, WaveRow, WaveTrustRow
from pilot.metrics.waves import State, entitled, why_not_ready
from pilot.people import queries as people
from pilot.secrecy import service as secrecy
from pilot.secrecy.box import BoxPlan, PlannedTrustee
from pilot.secrecy.turnout import turnout_to_tell

KEYS = (PlannedTrustee("This server", "runs the survey"),)
"""Who opens a survey's box. More layers of one holder would look safer and would not be."""

LATE = "Its sealed box was not made before the survey opened"


async def box_trust(session: AsyncSession, wave_id: int, trust: str, *, now: datetime) -> str:
    """Make the list of people entitled and the sealed box of one trust, or leave it out; a sentence for the log."""
    row, place = await queries.wave(session, wave_id), await queries.trust_of(session, wave_id, trust)
    today = now.astimezone(LONDON).date()
    roll = await people.roll_summary_on(session, trust, today)
    try:
        if why := why_not_ready(roll.as_at_on if roll else None, today):
            raise WrongState(why)
        asked = entitled(await people.roll_on(session, trust, today), today)
    except WrongState as refusal:
        return await _leave_out(session, row, place, refusal.reason.rstrip("."), now=now)
    offer = offered(asked.groups, asked.sites, await publishing.smallest(session, series_of(row)))
    numbers = [secrets.token_bytes(16) for _ in asked.people]
    box = await secrecy.make_box(session, _plan(row, trust, offer), numbers, script=row.script or "")
    changed = await session.execute(
        update(WaveTrustRow)
        .where(*here(place), WaveTrustRow.box_id.is_(None), WaveTrustRow.left_out_because.is_(None))
        .values(
            box_id=box.id,
            entitled=len(asked.people),
            roll_as_at_on=None if roll is None else roll.as_at_on,
            offer=msgspec.to_builtins(offer),
        )
    )
    once(changed)
    await session.execute(
        insert(WaveElectorRow),
        [
            {"wave_id": wave_id, "trust": trust, "person_id": person, "v": v}
            for person, v in zip(asked.people, numbers, strict=True)
        ],
    )
    await note(session, row, "survey list fixed", now=now, trust=trust, people=len(asked.people), manifest=box.digest)
    return f"{trust}: list of survey {wave_id} fixed."


def _plan(row: WaveRow, trust: str, offer: Offer) -> BoxPlan:
    asked = questionnaire_of(row)
    return BoxPlan(
        ballot=f"{trust}-S{row.id}",
        kind="survey",
        title=row.title,
        questions=questions(asked, offer),
        opens_at=row.opens_at,
        closes_at=row.closes_at,
        rule={"name": "survey", "questionnaire": asked.code},
        trustees=KEYS,
    )


async def _leave_out(session: AsyncSession, row: WaveRow, place: WaveTrustRow, why: str, *, now: datetime) -> str:
    waits = (WaveTrustRow.box_id.is_(None), WaveTrustRow.left_out_because.is_(None))
    once(await session.execute(update(WaveTrustRow).where(*here(place), *waits).values(left_out_because=why[:200])))
    await note(session, row, "trust left out of survey", now=now, trust=place.trust, because=why[:200])
    return f"{place.trust}: left out of survey {row.id}. {why}."


async def open_wave(session: AsyncSession, wave_id: int, _trust: str, *, now: datetime) -> str:
    """Open a fixed wave when its time has come, in every trust at once; a sentence for the log."""
    row = await queries.wave(session, wave_id)
    if now < row.opens_at:
        raise WrongState("The opening time has not come yet.")
    for place in await queries.trusts_of(session, wave_id):
        if place.box_id is None and place.left_out_because is None:
            await _leave_out(session, row, place, LATE, now=now)
    await advance(session, row, "open")
    await note(session, row, "survey opened", now=now)
    return f"Survey {wave_id} opened."


async def tell_turnout(session: AsyncSession, wave_id: int, trust: str, *, now: datetime) -> str | None:
    """Publish how many answered in one trust, at most daily and in steps of ten, from the number on about
    which a release would show a figure; a sentence, or None."""
    place = await queries.trust_of(session, wave_id, trust)
    if place.box_id is None:
        return None
    told = turnout_to_tell(await secrecy.sealed_count(session, place.box_id), place.told, place.told_on, now)
    if told is None:
        return None
    series = series_of(await queries.wave(session, wave_id))
    if told < await publishing.smallest(session, series):  # ten that are told and a release that hides them say: ten
        return None
    values = {"told": told, "told_on": now.astimezone(LONDON).date()}
    await session.execute(update(WaveTrustRow).where(*here(place)).values(**values))
    return f"{trust}: turnout of survey {wave_id} published."


async def close_wave(session: AsyncSession, wave_id: int, _trust: str, *, now: datetime) -> str:
    """Take no answer any more, when the time has come; the trusts are then counted one by one."""
    row = await queries.wave(session, wave_id)
    if now < row.closes_at:
        raise WrongState("The survey is still open.")
    await advance(session, row, "close")
    await note(session, row, "survey closed", now=now)
    return f"Survey {wave_id} closed."


async def count_trust(session: AsyncSession, wave_id: int, trust: str, *, now: datetime) -> str:
    """Open the sealed papers of one trust, add them up into its cells, and forget whose number is whose.

    The sealed envelopes go at once: nobody challenges a survey, and what is not there cannot be opened again.
    """
    row, place = await queries.wave(session, wave_id), await queries.trust_of(session, wave_id, trust)
    if row.state != State.CLOSED or place.box_id is None or place.papers is not None:
        raise WrongState("There is nothing to count.")
    await secrecy.close(session, place.box_id, now=now)
    final = await secrecy.peel(session, place.box_id)
    if final is None:
        raise WrongState("Somebody else must open the sealed papers first.")
    cells = await asyncio.to_thread(cells_of, questionnaire_of(row), offer_of(place), final.valid)
    if cells:
        rows = [{"wave_id": wave_id, "trust": trust, **msgspec.structs.asdict(cell)} for cell in cells]
        await session.execute(insert(CellRow), rows)
    values = {"papers": len(final.valid), "spoilt": len(final.spoilt) + final.all_set_aside}
    once(
        await session.execute(update(WaveTrustRow).where(*here(place), WaveTrustRow.papers.is_(None)).values(**values))
    )
    await secrecy.erase(session, place.box_id)
    await _forget(session, wave_id, trust)
    await note(session, row, "answers counted", now=now, trust=trust)
    return f"{trust}: answers of survey {wave_id} counted."


async def discard_trust(session: AsyncSession, wave_id: int, trust: str, *, now: datetime) -> str:
    """Destroy the box of a trust in a cancelled wave unopened, and forget whose number is whose."""
    row, place = await queries.wave(session, wave_id), await queries.trust_of(session, wave_id, trust)
    if row.state != State.CANCELLED or place.box_id is None:
        raise WrongState("This survey was not cancelled.")
    await secrecy.discard(session, place.box_id)
    await _forget(session, wave_id, trust)
    await note(session, row, "answers destroyed unopened", now=now, trust=trust)
    return f"{trust}: answers of survey {wave_id} destroyed unopened."


async def _forget(session: AsyncSession, wave_id: int, trust: str) -> None:
    mine = (WaveElectorRow.wave_id == wave_id, WaveElectorRow.trust == trust)
    await session.execute(delete(WaveElectorRow).where(*mine))
