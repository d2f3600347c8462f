"""Scenes that many tests begin with are made once by the services; later tests get the same rows."""

from collections.abc import Awaitable, Callable
from functools import cache, wraps
from typing import Any, ParamSpec, TypeVar

from sqlalchemy import Table, TextClause, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.store import Row

P = ParamSpec("P")
R = TypeVar("R")
Rows = list[tuple[Table, list[dict[str, Any]]]]


def made_once(build: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
    """A builder that works once for the same arguments, where nothing stands in the database yet.

    What it gives must be plain values: every test gets the same ones.
    """

    @wraps(build)
    async def made(session: AsyncSession, *args: Any, **kwargs: Any) -> Any:
        if await _filled(session):
            return await build(session, *args, **kwargs)
        scene = f"{build.__module__}.{build.__name__} {session.get_bind().dialect.name} {args} {sorted(kwargs.items())}"
        if scene in _kept:
            found, rows, numbers = _kept[scene]
            await _put(session, rows, numbers)
            return found
        found = await build(session, *args, **kwargs)
        await session.flush()
        rows = [(table, await _rows(session, table)) for table in await _filled(session)]
        _kept[scene] = found, rows, await _numbers(session)
        return found

    return made  # type: ignore[return-value]


_kept: dict[str, tuple[Any, Rows, dict[str, int]]] = {}


async def _filled(session: AsyncSession) -> list[Table]:
    """The tables with rows, each behind those to which its rows point."""
    found = set((await session.scalars(_asked(len(Row.metadata.tables)))).all())
    return [table for table in _in_order(len(Row.metadata.tables)) if table.name in found]


@cache
def _in_order(_tables: int) -> list[Table]:
    return Row.metadata.sorted_tables


@cache
def _asked(tables: int) -> TextClause:
    names = (table.name for table in _in_order(tables))
    return text(" UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {name})" for name in names))


async def _rows(session: AsyncSession, table: Table) -> list[dict[str, Any]]:
    return [dict(row) for row in (await session.execute(select(table))).mappings()]


async def _put(session: AsyncSession, rows: Rows, numbers: dict[str, int]) -> None:
    postgresql = session.get_bind().dialect.name == "postgresql"
    if postgresql:
        await session.execute(text("SET LOCAL session_replication_role = replica"))
    else:
        await session.execute(text("PRAGMA defer_foreign_keys = ON"))
    for table, found in rows:
        await session.execute(insert(table), found)
    for name, last in numbers.items():
        await session.execute(text("SELECT setval(:name, :last)"), {"name": name, "last": last})
    if postgresql:
        await session.execute(text("SET LOCAL session_replication_role = origin"))


async def _numbers(session: AsyncSession) -> dict[str, int]:
    """The last number of each sequence that gave one; SQLite counts by the rows themselves."""
    if session.get_bind().dialect.name == "sqlite":
        return {}
    asked = "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL"
    return {row.sequencename: row.last_value for row in await session.execute(text(asked))}
