"""How alembic reaches the database: the same migrations for SQLite and PostgreSQL."""

import asyncio
import os

from alembic import context
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection

import pilot.app  # noqa: F401 -- every domain's tables
from pilot.settings import from_environment
from pilot.store import Row, Store


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection, target_metadata=Row.metadata, render_as_batch=True, transaction_per_migration=False
    )
    with context.begin_transaction():
        context.run_migrations()


async def _without_foreign_keys(connection: AsyncConnection) -> None:
    """SQLite changes a table by making it anew, which its foreign keys would forbid; to be said outside a transaction.

    https://www.sqlite.org/lang_altertable.html#otheralter
    """
    raw = await connection.get_raw_connection()
    await raw.driver_connection.execute("PRAGMA foreign_keys=OFF")


async def _all_foreign_keys_hold(connection: AsyncConnection) -> None:
    if broken := (await connection.exec_driver_sql("PRAGMA foreign_key_check")).all():
        raise RuntimeError(f"The migration would leave rows without what they belong to: {broken[:3]}")


async def _online() -> None:
    url = context.config.attributes.get("url") or from_environment(os.environ).database_url
    store = Store(url)
    try:
        async with store.engine.connect() as connection:
            sqlite = connection.dialect.name == "sqlite"
            if sqlite:
                await _without_foreign_keys(connection)
            await connection.run_sync(_run)
            if sqlite:
                await _all_foreign_keys_hold(connection)
            await connection.commit()
    finally:
        await store.dispose()


asyncio.run(_online())
