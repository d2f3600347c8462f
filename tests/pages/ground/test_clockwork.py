"""The server does what is due by itself, as long as it runs and no longer."""

import asyncio
import logging
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from pilot import app as application
from pilot.store import Store
from pilot.web.sessions import SessionRow


@pytest.fixture
async def store(settings, clock):
    """A store in which a session that has run out waits to be deleted."""
    store = Store(settings.database_url)
    async with store.writing() as session:
        session.add(SessionRow(digest="old", kind="person", subject_id=1, expires_at=clock() - timedelta(seconds=1)))
    yield store
    await store.dispose()


async def left(store):
    async with store.reading() as session:
        return await session.scalar(select(func.count()).select_from(SessionRow))


async def nothing_is_left(store):
    async with asyncio.timeout(30):
        while await left(store):
            await asyncio.sleep(0.01)


async def said(words, caplog):
    async with asyncio.timeout(30):
        while words not in caplog.text:
            await asyncio.sleep(0.01)


def tickers():
    return [task for task in asyncio.all_tasks() if "_tick_each_minute" in str(task.get_coro())]


async def test_what_is_due_is_done_as_soon_as_the_server_runs(settings, clock, store):
    async with application.create_app(settings, clock, ticking=True).lifespan():
        await nothing_is_left(store)
        assert len(tickers()) == 1
    assert tickers() == []


async def test_a_server_that_does_not_tick_leaves_it(settings, clock, store):
    async with application.create_app(settings, clock, ticking=False).lifespan():
        assert tickers() == []
    assert await left(store) == 1


async def test_a_fault_is_logged_and_the_work_is_tried_again_at_the_next_minute(
    settings, clock, store, monkeypatch, caplog
):
    monkeypatch.setattr(application, "MINUTE", 0.01)
    async with store.writing() as session:
        await session.execute(text("ALTER TABLE web_session RENAME TO web_session_away"))
    with caplog.at_level(logging.INFO, "pilot"):
        async with application.create_app(settings, clock, ticking=True).lifespan():
            await said("tried again in a minute", caplog)
            async with store.writing() as session:
                await session.execute(text("ALTER TABLE web_session_away RENAME TO web_session"))
            await said("Sessions that had run out were deleted: 1.", caplog)
    assert await left(store) == 0
