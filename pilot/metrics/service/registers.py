"""Lists about trusts from a file: ratings, all trusts, and those that became others."""

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.audit import log
from pilot.metrics import queries
from pilot.metrics.layouts import LAYOUTS, read_register
from pilot.metrics.queries import registers
from pilot.metrics.register import Entry, Register, adding
from pilot.metrics.sheet import Unusable
from pilot.metrics.tables import ListedTrustRow, RatingRow, RegisterFileRow, SuccessionRow

_TABLES: dict[str, Any] = {"ratings": RatingRow, "trusts": ListedTrustRow, "successors": SuccessionRow}
_COLUMNS = {"on": "succeeded_on"}
"""Fields whose column has another name: “on” is a word of SQL."""


async def check(session: AsyncSession, staged: queries.Staged) -> Register:
    """What the file would store. Raises BadInput with every problem, also with what is stored already."""
    before = await registers.entries(session, staged.layout)
    listed = await registers.listed_trusts(session)
    try:
        return await asyncio.to_thread(read_register, LAYOUTS[staged.layout], staged.content, before, listed)
    except Unusable as refusal:
        raise refusal.listed() from refusal


def _beside(register: Register, before: Sequence[Entry]) -> Register:
    try:
        return adding(register, before)
    except Unusable as refusal:
        raise refusal.listed() from refusal


async def store(session: AsyncSession, staged: queries.Staged, register: Register, *, by: str, now: datetime) -> int:
    """Store the entries, in the place of those before or beside them; the number of the file.

    Raises BadInput when what is to be added has come in since it was looked at.
    """
    if LAYOUTS[staged.layout].adds:
        register = _beside(register, await registers.entries(session, staged.layout))
    taken = RegisterFileRow(
        kind=staged.layout, filename=staged.filename, sha256=hashlib.sha256(staged.content).hexdigest(),
        vintage=staged.vintage, source=staged.source, rows=register.rows, entries=len(register.entries),
        notes=list(register.notes), made_at=now, made_by=by,
    )  # fmt: skip
    session.add(taken)
    await session.flush()
    table = _TABLES[staged.layout]
    if not LAYOUTS[staged.layout].adds:
        await session.execute(delete(table))
    rows = [
        {_COLUMNS.get(name, name): value for name, value in msgspec.structs.asdict(entry).items()}
        | {"file_id": taken.id}
        for entry in register.entries
    ]
    await session.execute(insert(table), rows)
    await log.record(
        session, at=now, actor=by, verb="list of trusts loaded", subject=f"register file {taken.id}",
        detail={"kind": staged.layout, "sha256": taken.sha256, "rows": register.rows, "entries": len(rows)},
    )  # fmt: skip
    return taken.id
