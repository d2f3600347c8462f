"""Reading survey waves: one wave, its trusts, whose number is whose, and its cells. Nothing here writes."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import NotFound
from pilot.metrics.cells import Cell
from pilot.metrics.tables.waves import CellRow, WaveElectorRow, WaveRow, WaveTrustRow
from pilot.metrics.waves import Kind, Progress, State


class Asked(Struct, frozen=True):
    """A survey on whose list somebody stands: the wave, their own number in the box, and the box."""

    wave: WaveRow
    v: bytes
    box_id: int


async def wave(session: AsyncSession, wave_id: int) -> WaveRow:
    """One wave. Raises NotFound."""
    row = await session.get(WaveRow, wave_id)
    if row is None:
        raise NotFound("There is no such survey.")
    return row


async def waves(session: AsyncSession) -> Sequence[WaveRow]:
    """Every wave, the newest window first."""
    return (await session.scalars(select(WaveRow).order_by(WaveRow.opens_at.desc(), WaveRow.id.desc()))).all()


async def kinds_and_states(session: AsyncSession) -> list[tuple[Kind, State]]:
    """Kind and state of every wave, for the rule that locks the arms."""
    return [(Kind(kind), State(state)) for kind, state in await session.execute(select(WaveRow.kind, WaveRow.state))]


async def periods(session: AsyncSession) -> frozenset[str]:
    """The labels of all waves that were not cancelled."""
    return frozenset(await session.scalars(select(WaveRow.period).where(WaveRow.state != State.CANCELLED)))


async def with_turnout(session: AsyncSession) -> Sequence[WaveRow]:
    """The waves of which somebody was told how many answered, while they were open or after."""
    told = select(WaveTrustRow.wave_id).where(WaveTrustRow.told > 0)
    return (await session.scalars(select(WaveRow).where(WaveRow.id.in_(told)).order_by(WaveRow.id))).all()


async def trusts_of(session: AsyncSession, wave_id: int) -> Sequence[WaveTrustRow]:
    """The trusts of a wave, by code."""
    wanted = select(WaveTrustRow).where(WaveTrustRow.wave_id == wave_id).order_by(WaveTrustRow.trust)
    return (await session.scalars(wanted)).all()


async def trust_of(session: AsyncSession, wave_id: int, trust: str) -> WaveTrustRow:
    """One trust of a wave. Raises NotFound."""
    row = await session.get(WaveTrustRow, (wave_id, trust))
    if row is None:
        raise NotFound("This trust does not take part in this survey.")
    return row


async def waves_of_trust(session: AsyncSession, trust: str) -> list[tuple[WaveRow, WaveTrustRow]]:
    """The waves in which a trust takes part or was left out, the newest first."""
    wanted = (
        select(WaveRow, WaveTrustRow)
        .join(WaveTrustRow, WaveTrustRow.wave_id == WaveRow.id)
        .where(WaveTrustRow.trust == trust)
        .order_by(WaveRow.opens_at.desc(), WaveRow.id.desc())
    )
    return [(found, place) for found, place in await session.execute(wanted)]


async def progress(session: AsyncSession, wave_id: int) -> Progress:
    """How far the trusts of a wave are."""
    wanted = select(
        func.count(),
        func.count(WaveTrustRow.left_out_because),
        func.count(WaveTrustRow.box_id),
        func.count(WaveTrustRow.papers),
    ).where(WaveTrustRow.wave_id == wave_id)
    return Progress(*(await session.execute(wanted)).one())


async def asked(session: AsyncSession, wave_id: int, person_id: int) -> Asked | None:
    """The survey as this person is asked; None when they are not on its list."""
    return next(iter(await _asked(session, person_id, WaveRow.id == wave_id)), None)


async def open_to(session: AsyncSession, person_id: int, now: datetime) -> list[Asked]:
    """The surveys that this person can answer now, those that close first at the top."""
    here = (WaveRow.state.in_((State.FROZEN, State.OPEN)), WaveRow.opens_at <= now, WaveRow.closes_at > now)
    return await _asked(session, person_id, *here)


async def _asked(session: AsyncSession, person_id: int, *where: object) -> list[Asked]:
    wanted = (
        select(WaveRow, WaveElectorRow.v, WaveTrustRow.box_id)
        .join(WaveElectorRow, WaveElectorRow.wave_id == WaveRow.id)
        .join(
            WaveTrustRow,
            (WaveTrustRow.wave_id == WaveElectorRow.wave_id) & (WaveTrustRow.trust == WaveElectorRow.trust),
        )
        .where(WaveElectorRow.person_id == person_id, *where)  # type: ignore[arg-type]
        .order_by(WaveRow.closes_at, WaveRow.id)
    )
    rows = await session.execute(wanted)
    return [Asked(found, v, box_id) for found, v, box_id in rows if box_id is not None]


async def cells(session: AsyncSession, wave_id: int) -> list[tuple[str, Cell]]:
    """Every cell of a wave with its trust, in order."""
    columns = [getattr(CellRow, name) for name in Cell.__struct_fields__]
    wanted = select(CellRow.trust, *columns).where(CellRow.wave_id == wave_id)
    rows = await session.execute(wanted.order_by(CellRow.trust, CellRow.part, CellRow.name, CellRow.outcome))
    return [(trust, Cell(*sums)) for trust, *sums in rows]


# What the clock asks: ids of waves, or pairs of wave and trust, that wait for a step.


async def to_box(session: AsyncSession, now: datetime) -> list[tuple[int, str]]:
    """Trusts of fixed waves that have no box yet and were not left out."""
    del now
    waits = (WaveTrustRow.box_id.is_(None), WaveTrustRow.left_out_because.is_(None))
    return await _trusts(session, WaveRow.state == State.FROZEN, *waits)


async def to_open(session: AsyncSession, now: datetime) -> list[tuple[int, str]]:
    """Fixed waves whose opening time has come."""
    return await _waves(session, WaveRow.state == State.FROZEN, WaveRow.opens_at <= now)


async def to_close(session: AsyncSession, now: datetime) -> list[tuple[int, str]]:
    """Open waves whose closing time has come."""
    return await _waves(session, WaveRow.state == State.OPEN, WaveRow.closes_at <= now)


async def being_open(session: AsyncSession, now: datetime) -> list[tuple[int, str]]:
    """Trusts with a box in open waves."""
    del now
    return await _trusts(session, WaveRow.state == State.OPEN, WaveTrustRow.box_id.is_not(None))


async def to_count(session: AsyncSession, now: datetime) -> list[tuple[int, str]]:
    """Trusts of closed waves whose papers are not counted yet."""
    del now
    waits = (WaveTrustRow.box_id.is_not(None), WaveTrustRow.papers.is_(None))
    return await _trusts(session, WaveRow.state == State.CLOSED, *waits)


async def to_discard(session: AsyncSession, now: datetime) -> list[tuple[int, str]]:
    """Trusts of cancelled waves whose people still have a number in a box."""
    del now
    left = select(WaveElectorRow.wave_id).where(
        WaveElectorRow.wave_id == WaveTrustRow.wave_id, WaveElectorRow.trust == WaveTrustRow.trust
    )
    return await _trusts(session, WaveRow.state == State.CANCELLED, left.exists())


async def _waves(session: AsyncSession, *where: object) -> list[tuple[int, str]]:
    rows = await session.scalars(select(WaveRow.id).where(*where).order_by(WaveRow.id))  # type: ignore[arg-type]
    return [(wave_id, "") for wave_id in rows]


async def _trusts(session: AsyncSession, *where: object) -> list[tuple[int, str]]:
    wanted = (
        select(WaveTrustRow.wave_id, WaveTrustRow.trust)
        .join(WaveRow, WaveRow.id == WaveTrustRow.wave_id)
        .where(*where)  # type: ignore[arg-type]
        .order_by(WaveTrustRow.wave_id, WaveTrustRow.trust)
    )
    return [(wave_id, trust) for wave_id, trust in await session.execute(wanted)]
