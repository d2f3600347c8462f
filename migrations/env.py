"""How alembic reaches the database: the same migrations for SQLite and PostgreSQL."""

import asyncio
import os

from alembic import context
from sqlalchemy import Connection

import pilot.app  # noqa: F401 -- every domain's tables
from pilot.settings import from_environment
from pilot.store import Row, Store


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection, target_metadata=Row.metadata, render_as_batch=True, transaction_per_migration=False
    )
    with context.begin_transaction():
        context.run_migrations()


async def _online() -> None:
    url = context.config.attributes.get("url") or from_environment(os.environ).database_url
    store = Store(url)
    async with store.engine.connect() as connection:
        await connection.run_sync(_run)
        await connection.commit()
    await store.dispose()


asyncio.run(_online())
