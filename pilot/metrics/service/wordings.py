"""What people do with packs of wordings: take one into use, and take it back out of use."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.audit.log import record
from pilot.errors import WrongState
from pilot.metrics.instruments import WordingPack
from pilot.metrics.queries import wordings as queries
from pilot.metrics.questionnaire import PRACTICE, PULSE, Questionnaire
from pilot.metrics.tables.wordings import WaveWordingRow, WordingPackRow

ENDED = (
    "The wordings of this survey were taken out of use, so it cannot be fixed. "
    "Cancel it, and make another one with words that may be used."
)
TWICE = "The same words with the same permission are in use already."
ALREADY = "This pack is out of use already."

OWN: Mapping[str, Questionnaire] = {"pulse": PULSE, "practice": PRACTICE}
"""What every survey can ask, in our own words, by the name that a form sends for it."""


async def take_into_use(session: AsyncSession, pack: WordingPack, *, by: str, now: datetime) -> int:
    """Let surveys use these words; the number of the pack. Raises WrongState for one that is in use already."""
    if any(one.pack == pack for one in await queries.packs(session) if one.ended_at is None):
        raise WrongState(TWICE)
    row = WordingPackRow(
        year=pack.year, permission=pack.permission, wordings=dict(pack.wordings), made_at=now, made_by=by
    )
    session.add(row)
    await session.flush()
    detail = {"year": pack.year, "permission": pack.permission, "items": sorted(pack.wordings)}
    await record(session, at=now, actor=by, verb="wordings taken into use", subject=_subject(row.id), detail=detail)
    return row.id


async def take_out_of_use(session: AsyncSession, pack_id: int, *, by: str, now: datetime) -> None:
    """Let no further survey use these words; those that were fixed with them keep them. Raises a refusal."""
    await queries.pack(session, pack_id)
    ended = await session.execute(
        update(WordingPackRow)
        .where(WordingPackRow.id == pack_id, WordingPackRow.ended_at.is_(None))
        .values(ended_at=now, ended_by=by)
        .returning(WordingPackRow.id)
    )
    if ended.one_or_none() is None:
        raise WrongState(ALREADY)
    await record(session, at=now, actor=by, verb="wordings taken out of use", subject=_subject(pack_id))


async def offered(session: AsyncSession) -> dict[str, Questionnaire]:
    """What a survey can ask now, by the name that a form sends for it: our own words, then every pack in use."""
    found = [one for one in await queries.packs(session) if one.ended_at is None]
    return {**OWN, **{f"wordings-{one.id}": one.pack.questionnaire() for one in found}}


async def belongs(session: AsyncSession, wave_id: int, name: str) -> None:
    """Write down from which pack a new survey takes its words; nothing for our own words or a file."""
    kind, _, number = name.partition("-")
    if kind == "wordings":
        session.add(WaveWordingRow(wave_id=wave_id, pack_id=int(number)))
        await session.flush()


async def refuse_ended(session: AsyncSession, wave_id: int) -> None:
    """Raise WrongState when the words of a survey that is to be fixed may be used no more."""
    pack = await queries.pack_of_wave(session, wave_id)
    if pack is not None and pack.ended_at is not None:
        raise WrongState(ENDED)


def _subject(pack_id: int) -> str:
    return f"wordings {pack_id}"
