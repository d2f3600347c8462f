"""The database: engines, pragmas, the base of all rows, and one transaction per request."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from typing import Any, Self

import aiosqlite
from sqlalchemy import DateTime, Dialect, MetaData, TypeDecorator, event
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase

from pilot.settings import FEWEST_PEOPLE, Settings

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
"""Constraint names that are the same on every database, so that a migration can name them."""

PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000", "secure_delete=ON")
"""Full durability, since a cast vote is acknowledged only when stored; deleted rows are overwritten."""


class Row(DeclarativeBase):
    """The base of every table's row."""

    metadata = MetaData(naming_convention=NAMES)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware UTC in, aware UTC out, on both databases."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive moment: its zone would be a guess."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A moment without a zone must not be stored.")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back to what SQLite kept without it."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


class Store:
    """One database with two ways in: `reading` (many at once) and `writing` (on SQLite, one at a time)."""

    def __init__(self, url: str, *, fewest_people: int = FEWEST_PEOPLE) -> None:
        """`fewest_people` is carried by every session in its `info`: no way to the figures is without the rule."""
        self.url = url
        if url.startswith("sqlite"):
            # A transaction that reads and then writes fails at once on a snapshot that is out of date,
            # so writers take the lock when they begin.
            self._readers = _sqlite_engine(url, pool_size=4, begin="BEGIN")
            self._writers = _sqlite_engine(url, pool_size=1, begin="BEGIN IMMEDIATE")
        else:
            self._readers = self._writers = create_async_engine(url, pool_size=8, max_overflow=4, hide_parameters=True)
        rule = {"fewest_people": fewest_people}
        self._read = async_sessionmaker(self._readers, expire_on_commit=False, info=rule)
        self._write = async_sessionmaker(self._writers, expire_on_commit=False, info=rule)

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The database of an installation, with what it has chosen for its figures."""
        return cls(settings.database_url, fewest_people=settings.fewest_people)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A session for looking; it never commits."""
        async with self._read() as session:
            yield session

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        """One transaction: committed at the end, rolled back when anything is raised."""
        async with self._write() as session:
            yield session
            await session.commit()

    async def overwrite_deleted(self) -> bool:
        """Empty SQLite's write-ahead file, in which deleted rows and keys live on after they are gone from the tables.

        False when readers were in the way: try again in a minute. PostgreSQL has its own vacuum (docs/security.md).
        """
        if not self.url.startswith("sqlite"):
            return True
        return await asyncio.to_thread(_empty_write_ahead, self.url.split("///", 1)[1])

    @property
    def engine(self) -> AsyncEngine:
        """The engine that may write, for migrations and tests."""
        return self._writers

    async def dispose(self) -> None:
        """Close every connection."""
        await self._readers.dispose()
        await self._writers.dispose()


TURN = 0.005
"""Seconds after which a connection lets the other requests have their turn."""

WAITS = frozenset({"commit", "executemany", "executescript"})
"""The calls that may wait for the disk, or work on many rows."""


class LoopConnection(aiosqlite.Connection):
    """Hands to the connection's own thread only what may wait: for the lock, for the disk, for many rows.

    All else takes microseconds, and the way to a thread and back costs more than that. A connection serves one request
    at a time; while its thread is at work everything goes there, so nothing overtakes what is under way.
    """

    def __init__(self, connector: Callable[[], sqlite3.Connection]) -> None:
        super().__init__(connector, iter_chunk_size=64)
        self._thread.daemon = True
        self._at_work = 0
        self._since = 0.0

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if self._at_work or _may_wait(fn, args):
            self._at_work += 1
            return await super()._execute(self._work, fn, *args, **kwargs)  # type: ignore[no-untyped-call]
        if time.monotonic() - self._since > TURN:
            await asyncio.sleep(0)
            self._since = time.monotonic()
        return fn(*args, **kwargs)

    def _work(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """In the thread. Whoever asked may have been cancelled meanwhile, so the end is noted here."""
        try:
            return fn(*args, **kwargs)
        finally:
            self._at_work -= 1


def _may_wait(fn: Callable[..., Any], args: tuple[Any, ...]) -> bool:
    return fn.__name__ in WAITS or (bool(args) and args[0] == "BEGIN IMMEDIATE")


def _connect(path: str, **options: Any) -> LoopConnection:
    """A connection that two threads may use, one after the other."""
    return LoopConnection(lambda: sqlite3.connect(path, **{**options, "check_same_thread": False}))


def _empty_write_ahead(path: str) -> bool:
    with closing(sqlite3.connect(path, timeout=2, isolation_level=None)) as connection:
        busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy


def _sqlite_engine(url: str, *, pool_size: int, begin: str) -> AsyncEngine:
    engine = create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=60,
        hide_parameters=True,
        connect_args={"async_creator_fn": _connect},
    )

    def on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not begin by itself; the next listener does
        cursor: sqlite3.Cursor = connection.cursor()
        for pragma in PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine.sync_engine, "connect", on_connect)
    event.listen(engine.sync_engine, "begin", on_begin)
    return engine
