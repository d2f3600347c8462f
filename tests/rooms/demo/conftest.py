"""The demonstration, made once on each of the two databases; its tests only look, but for those with a copy."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.demo import making
from pilot.demo.polls import Votes
from pilot.settings import Settings
from pilot.store import Store
from tests import postgres
from tests.conftest import _copy, _on, _server

NOW = datetime(2027, 3, 10, 14, 25, tzinfo=UTC)
KEY = b"a secret of the tests of the demonstration"
VOTES = {
    "answered": Votes({"yes": 30, "no": 14, "abstain": 3}, again=2),
    "overdue": Votes({"yes": 20, "no": 9, "abstain": 1}),
    "voting": Votes({"yes": 10, "no": 7, "abstain": 1}),
    "elected": Votes({"2>3": 9, "1>4": 6, "3>1": 5, "6>3": 3, "5>4": 2, "": 1}),
    "electing": Votes({"3>1": 6, "2>4": 4}),
}
"""Fewer than in the real demonstration, which takes most of a minute; everything else is the same."""


async def fill(url: str) -> list[str]:
    store, said = Store(url), []
    try:
        await making.fill(store, Settings(database_url=url, secret_key=KEY), NOW, said.append, votes=VOTES)
    finally:
        await store.dispose()
    return said


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def filled(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a database with the demonstration in it."""
    if request.param == "sqlite":
        url = _copy(request.getfixturevalue("sqlite_template"), "demo")
        asyncio.run(fill(url))
        yield url
        return
    address = request.getfixturevalue("postgres_template")
    name = f"pilot_demo_{os.getpid()}"
    asyncio.run(postgres.copy(_server(address), "pilot_template", name))
    asyncio.run(fill(_on(address, name)))
    yield _on(address, name)
    asyncio.run(postgres.execute(address, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def settings(filled: str) -> Settings:
    """Settings over the database with the demonstration."""
    return Settings(database_url=filled, secret_key=KEY)


@pytest.fixture
async def demonstration(filled: str) -> AsyncIterator[Store]:
    """The store over the database with the demonstration."""
    store = Store(filled)
    yield store
    await store.dispose()


@pytest.fixture
async def looking(demonstration: Store) -> AsyncIterator[AsyncSession]:
    """A session for looking at the demonstration."""
    async with demonstration.reading() as session:
        yield session
