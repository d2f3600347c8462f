"""While the first migration is being drawn up: make the tables that exist so far."""

import asyncio
import importlib.util
from pilot.store import Row, Store


def make(url: str) -> None:
    for name in ("audit.tables", "web.sessions", "people.tables", "secrecy.tables", "voting.tables", "councils.tables", "metrics.tables"):
        try:
            importlib.import_module(f"pilot.{name}")
        except ModuleNotFoundError as e:
            if f"pilot.{name}" not in str(e): raise

    async def run() -> None:
        store = Store(url)
        async with store.engine.connect() as c:
            await c.run_sync(Row.metadata.create_all)
            await c.commit()
        await store.dispose()
    asyncio.run(run())
