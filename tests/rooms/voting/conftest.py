"""Declared ballots whose records tests forge: each is made once, on SQLite, since its bytes are the same on both."""

import asyncio
import shutil
from collections.abc import Callable

import pytest

from pilot.store import Store
from tests.builders.made import Holding, Made


@pytest.fixture(scope="session")
def made_once(sqlite_template, tmp_path_factory) -> Callable[[str, Holding], Made]:
    """Holds a ballot once for all tests that ask for the one of this name."""
    done: dict[str, Made] = {}

    async def made(hold: Holding) -> Made:
        path = tmp_path_factory.mktemp("made") / "pilot.sqlite"
        shutil.copy(sqlite_template, path)
        store = Store(f"sqlite+aiosqlite:///{path}")
        try:
            async with store.writing() as session:
                return await hold(session)
        finally:
            await store.dispose()

    def make(name: str, hold: Holding) -> Made:
        if name not in done:
            done[name] = asyncio.run(made(hold))
        return done[name]

    return make
