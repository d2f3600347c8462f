"""Reading packs of wordings. Nothing here writes."""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import NotFound
from pilot.metrics.instruments import WordingPack
from pilot.metrics.tables.wordings import WaveWordingRow, WordingPackRow


class KeptPack(Struct, frozen=True):
    """One pack that was taken into use. `ended_at` is None while it is; `surveys` were made with it."""

    id: int
    pack: WordingPack
    made_at: datetime
    made_by: str
    ended_at: datetime | None
    surveys: int = 0


async def packs(session: AsyncSession) -> tuple[KeptPack, ...]:
    """Every pack, those in use first and the newest of them at the top."""
    made = select(WaveWordingRow.pack_id, func.count().label("surveys")).group_by(WaveWordingRow.pack_id).subquery()
    wanted = (
        select(WordingPackRow, made.c.surveys)
        .outerjoin(made, made.c.pack_id == WordingPackRow.id)
        .order_by(WordingPackRow.ended_at.is_not(None), WordingPackRow.id.desc())
    )
    return tuple(_kept(row, surveys or 0) for row, surveys in await session.execute(wanted))


async def pack(session: AsyncSession, pack_id: int) -> KeptPack:
    """One pack. Raises NotFound."""
    row = await session.get(WordingPackRow, pack_id)
    if row is None:
        raise NotFound("There is no such pack of wordings.")
    return _kept(row)


async def pack_of_wave(session: AsyncSession, wave_id: int) -> KeptPack | None:
    """The pack from which a survey took its words; None for one that took none."""
    wanted = (
        select(WordingPackRow)
        .join(WaveWordingRow, WaveWordingRow.pack_id == WordingPackRow.id)
        .where(WaveWordingRow.wave_id == wave_id)
    )
    row = await session.scalar(wanted)
    return None if row is None else _kept(row)


def _kept(row: WordingPackRow, surveys: int = 0) -> KeptPack:
    words = WordingPack(row.permission, row.year, row.wordings)
    return KeptPack(row.id, words, row.made_at, row.made_by, row.ended_at, surveys)
