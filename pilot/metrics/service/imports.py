"""Taking in a file: sent, its columns named where they are not known, looked at, and only then stored."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import BadInput, NotFound
from pilot.metrics import queries
from pilot.metrics.layouts import LAYOUTS, MeasureFile
from pilot.metrics.measures import PROGRAMME, Reading, guess_roles, lack
from pilot.metrics.register import Register
from pilot.metrics.service import figures, registers
from pilot.metrics.sheet import Unusable, read_sheet
from pilot.metrics.tables import StagedRow

KEPT_FOR = timedelta(hours=24)

TELLS_WHICH = ("trust", "period", "name")
"""What a column may be whose cells are shown even of a file that is taken in blind."""

EXAMPLES = 3
"""Rows of a file that are shown beside the names of its columns."""


class Taken(msgspec.Struct, frozen=True):
    """What was stored: the number of the import, or of the file of a register."""

    id: int
    is_register: bool


async def look_over(session: AsyncSession, file: MeasureFile) -> queries.Staged:
    """A file as it can be kept: of a known layout it has no problem. Nothing is written, and it may take seconds.

    Raises BadInput: for the field `file` when it cannot be read at all, or with every problem by its place.
    """
    layout = LAYOUTS[file.layout]
    kind = "register" if layout.is_register else "programme" if file.dataset == PROGRAMME else "other"
    staged = queries.Staged(
        0, file.dataset, kind, layout.instrument or file.instrument, file.vintage, file.source, file.filename[:200],
        file.content, await _guessed(file) if layout.is_named else (), layout.code, file.joined and layout.joins,
    )  # fmt: skip
    if not layout.is_named:
        await _found(session, staged, ())
    return staged


async def hold(session: AsyncSession, staged: queries.Staged, *, by: str, now: datetime) -> int:
    """Keep a file that was looked over for its sender; its number."""
    fields = msgspec.structs.asdict(staged) | {"roles": list(staged.roles)}
    row = StagedRow(**{name: value for name, value in fields.items() if name != "id"}, owner=by, staged_at=now)
    session.add(row)
    await session.flush()
    return row.id


async def stage(session: AsyncSession, file: MeasureFile, *, by: str, now: datetime) -> int:
    """Look a file over and keep it for its sender. Raises BadInput like `look_over`."""
    return await hold(session, await look_over(session, file), by=by, now=now)


async def _guessed(file: MeasureFile) -> tuple[str, ...]:
    try:
        return await asyncio.to_thread(_roles_in, file.content)  # others vote meanwhile
    except Unusable as refusal:
        raise BadInput("There is a problem", {"file": refusal.reason}) from refusal


def _roles_in(content: bytes) -> tuple[str, ...]:
    sheet = read_sheet(content)
    if said := lack(sheet):
        raise BadInput("There is a problem", {"file": said})
    return guess_roles(sheet)


class Column(msgspec.Struct, frozen=True):
    """One column of a file that waits: its heading, its first cells, and what it is taken for.

    Cells of a file that is taken in blind are shown only where they tell which trust, period or measure a row is.
    """

    heading: str
    examples: tuple[str, ...]
    role: str


async def columns(session: AsyncSession, staged_id: int, *, by: str) -> tuple[queries.Staged, int, tuple[Column, ...]]:
    """A file that waits for its columns to be named, its number of rows, and its columns. Raises NotFound."""
    staged = await _to_be_named(session, staged_id, by)
    sheet = await asyncio.to_thread(read_sheet, staged.content)
    shown = set(range(len(sheet.headings)))
    if await figures.is_blind(session, staged):
        shown = {place for place, role in enumerate(guess_roles(sheet)) if role in TELLS_WHICH}
    found = tuple(
        Column(
            heading,
            tuple(line.cells[place] for line in sheet.lines[:EXAMPLES]) if place in shown else (),
            staged.roles[place],
        )
        for place, heading in enumerate(sheet.headings)
    )
    return staged, len(sheet.lines), found


async def read_so(session: AsyncSession, staged_id: int, roles: Sequence[str], *, by: str) -> None:
    """Whether the whole file can be read with these columns. Raises BadInput with every problem by line."""
    await _found(session, await _to_be_named(session, staged_id, by), roles)


async def name_columns(session: AsyncSession, staged_id: int, roles: Sequence[str], *, by: str) -> None:
    """Say what each column is, once the whole file was read so. Raises NotFound."""
    await _to_be_named(session, staged_id, by)
    row = await session.get_one(StagedRow, staged_id)
    row.roles = list(roles)
    await session.flush()


async def _to_be_named(session: AsyncSession, staged_id: int, by: str) -> queries.Staged:
    staged = await queries.staged(session, staged_id, by)
    if not LAYOUTS[staged.layout].is_named:
        raise NotFound("The columns of this file are known. There is nothing to name.")
    return staged


async def look(session: AsyncSession, staged_id: int, *, by: str) -> tuple[queries.Staged, Reading | Register]:
    """What would be stored. Raises BadInput when the columns are not named so that it can be."""
    staged = await queries.staged(session, staged_id, by)
    return staged, await _found(session, staged, staged.roles)


async def _found(session: AsyncSession, staged: queries.Staged, roles: Sequence[str]) -> Reading | Register:
    if LAYOUTS[staged.layout].is_register:
        return await registers.check(session, staged)
    return await figures.check(session, staged, roles)


async def take(
    session: AsyncSession, staged: queries.Staged, found: Reading | Register, *, by: str, now: datetime
) -> Taken:
    """Store what was looked at and delete the file. Raises NotFound for whoever comes second."""
    await forget(session, staged.id, by=by)  # first, so that the second of two clicks finds nothing to store
    if isinstance(found, Register):
        return Taken(await registers.store(session, staged, found, by=by, now=now), True)
    return Taken(await figures.store(session, staged, found, by=by, now=now), False)


async def confirm(session: AsyncSession, staged_id: int, *, by: str, now: datetime) -> Taken:
    """Look at a file and store it. Raises BadInput and NotFound."""
    staged, found = await look(session, staged_id, by=by)
    return await take(session, staged, found, by=by, now=now)


async def load_measures(session: AsyncSession, file: MeasureFile, *, by: str, now: datetime) -> Taken:
    """All the steps at once, with the columns as they are guessed: for the demonstration and for tests."""
    staged_id = await stage(session, file, by=by, now=now)
    return await confirm(session, staged_id, by=by, now=now)


async def forget(session: AsyncSession, staged_id: int, *, by: str) -> None:
    """Delete a file that its sender does not want to store, or that is stored. Raises NotFound."""
    mine = delete(StagedRow).where(StagedRow.id == staged_id, StagedRow.owner == by).returning(StagedRow.id)
    if (await session.execute(mine)).one_or_none() is None:
        raise NotFound("This upload is no longer here. Upload the file again.")


async def forget_old(session: AsyncSession, now: datetime) -> int:
    """Delete files that nobody confirmed within a day; how many."""
    gone = await session.execute(delete(StagedRow).where(StagedRow.staged_at <= now - KEPT_FOR).returning(StagedRow.id))
    return len(gone.all())
