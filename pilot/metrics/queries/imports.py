"""Reading files: those that were taken, and those that wait for their owner."""

from datetime import datetime

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import NotFound
from pilot.metrics.tables import ImportRow, StagedRow


class Imported(msgspec.Struct, frozen=True):
    """One file that was taken."""

    id: int
    dataset_id: int
    instrument: str
    filename: str
    sha256: str
    vintage: str
    source: str
    rows: int
    trusts: int
    numbers: int
    missing: int
    left_out: int
    notes: tuple[str, ...]
    made_at: datetime
    made_by: str


class Staged(msgspec.Struct, frozen=True):
    """A file that waits for its owner."""

    id: int
    dataset: str
    kind: str
    instrument: str
    vintage: str
    source: str
    filename: str
    content: bytes
    roles: tuple[str, ...]
    layout: str
    joined: bool


async def imports(session: AsyncSession, dataset_id: int) -> tuple[Imported, ...]:
    """The files of a dataset, the newest first."""
    rows = await session.scalars(
        select(ImportRow).where(ImportRow.dataset_id == dataset_id).order_by(ImportRow.id.desc())
    )
    return tuple(_imported(row) for row in rows)


async def imported(session: AsyncSession, import_id: int) -> Imported:
    """One file that was taken. Raises NotFound."""
    row = await session.get(ImportRow, import_id)
    if row is None:
        raise NotFound("There is no such import.")
    return _imported(row)


async def staged(session: AsyncSession, staged_id: int, owner: str) -> Staged:
    """A file that waits, for its owner only. Raises NotFound."""
    row = await session.get(StagedRow, staged_id)
    if row is None or row.owner != owner:
        raise NotFound("This upload is no longer here. Upload the file again.")
    return Staged(
        row.id, row.dataset, row.kind, row.instrument, row.vintage, row.source, row.filename, row.content,
        tuple(row.roles), row.layout, row.joined,
    )  # fmt: skip


def _imported(row: ImportRow) -> Imported:
    return Imported(
        row.id, row.dataset_id, row.instrument, row.filename, row.sha256, row.vintage, row.source, row.rows,
        row.trusts, row.numbers, row.missing, row.left_out, tuple(row.notes), row.made_at, row.made_by,
    )  # fmt: skip
