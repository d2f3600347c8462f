"""Reading lists about trusts, and the movements of their staff."""

from datetime import datetime

import msgspec
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import NotFound
from pilot.metrics.queries.door import movements_may_be_read
from pilot.metrics.register import Entry, Listed, Rating, Succession
from pilot.metrics.retention import Movement
from pilot.metrics.tables import (
    ImportRow,
    ListedTrustRow,
    MovementRow,
    RatingRow,
    RegisterFileRow,
    SuccessionRow,
)


class RegisterFile(msgspec.Struct, frozen=True):
    """One file of a register that was taken. `kind` is “ratings”, “trusts” or “successors”."""

    id: int
    kind: str
    filename: str
    sha256: str
    vintage: str
    source: str
    rows: int
    entries: int
    notes: tuple[str, ...]
    made_at: datetime
    made_by: str


async def listed_trusts(session: AsyncSession) -> dict[str, Listed]:
    """The list of all trusts, by code; empty when none was loaded."""
    rows = await session.scalars(select(ListedTrustRow).order_by(ListedTrustRow.trust))
    return {row.trust: Listed(row.trust, row.name, row.region, row.board, row.opened_on, row.closed_on) for row in rows}


async def ratings(session: AsyncSession) -> tuple[Rating, ...]:
    """Every rating, by trust and day."""
    rows = await session.scalars(select(RatingRow).order_by(RatingRow.trust, RatingRow.published_on))
    return tuple(Rating(row.trust, row.published_on, row.overall, row.well_led) for row in rows)


async def successions(session: AsyncSession) -> tuple[Succession, ...]:
    """Trusts that became others, by the old and the new code."""
    rows = await session.scalars(select(SuccessionRow).order_by(SuccessionRow.old, SuccessionRow.new))
    return tuple(Succession(row.old, row.new, row.succeeded_on) for row in rows)


async def entries(session: AsyncSession, kind: str) -> tuple[Entry, ...]:
    """What stands in one register now."""
    if kind == "trusts":
        return tuple((await listed_trusts(session)).values())
    return await (ratings(session) if kind == "ratings" else successions(session))


async def sizes(session: AsyncSession) -> dict[str, int]:
    """How many entries each register has now."""
    tables = {"trusts": ListedTrustRow, "ratings": RatingRow, "successors": SuccessionRow}
    return {kind: await session.scalar(select(func.count()).select_from(table)) or 0 for kind, table in tables.items()}


async def register_files(session: AsyncSession) -> tuple[RegisterFile, ...]:
    """Every file of a register, the newest first."""
    rows = await session.scalars(select(RegisterFileRow).order_by(RegisterFileRow.id.desc()))
    return tuple(_file(row) for row in rows)


async def register_file(session: AsyncSession, file_id: int) -> RegisterFile:
    """One file of a register. Raises NotFound."""
    row = await session.get(RegisterFileRow, file_id)
    if row is None:
        raise NotFound("There is no such file.")
    return _file(row)


async def movements(session: AsyncSession, dataset_id: int) -> tuple[Movement, ...]:
    """The staff movements of a dataset that may be read, by trust, month and staff group."""
    rows = await session.scalars(
        select(MovementRow)
        .join(ImportRow, ImportRow.id == MovementRow.import_id)
        .where(ImportRow.dataset_id == dataset_id, await movements_may_be_read(session))
        .order_by(MovementRow.trust, MovementRow.month, MovementRow.staff_group)
    )
    return tuple(Movement(**{field: getattr(row, field) for field in Movement.__struct_fields__}) for row in rows)


def _file(row: RegisterFileRow) -> RegisterFile:
    return RegisterFile(
        row.id, row.kind, row.filename, row.sha256, row.vintage, row.source, row.rows, row.entries, tuple(row.notes),
        row.made_at, row.made_by,
    )  # fmt: skip
