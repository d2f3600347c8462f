"""The ground under every domain: whole transactions, moments with their zone, and the chain of events."""

import asyncio
import sqlite3
import threading
import time
from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError, StatementError

from pilot.audit.log import record, verify_chain
from pilot.audit.tables import EventRow
from pilot.web.sessions import SessionRow, sweep

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For what SQLite alone needs: PostgreSQL's driver has no threads."""


async def test_what_is_raised_takes_the_whole_transaction_back(store):
    async def act_and_fail():
        async with store.writing() as session:
            await record(session, at=NOON, actor="clock", verb="try", subject="thing 1")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await act_and_fail()
    async with store.reading() as session:
        assert await session.scalar(select(func.count()).select_from(EventRow)) == 0


async def test_a_reader_never_stores(store):
    async with store.reading() as session:
        await record(session, at=NOON, actor="clock", verb="try", subject="thing 1")
    async with store.reading() as session:
        assert await session.scalar(select(func.count()).select_from(EventRow)) == 0


async def test_a_moment_comes_back_in_utc_and_none_is_stored_without_a_zone(session):
    summer = datetime(2027, 7, 1, 12, tzinfo=timezone(timedelta(hours=1)))
    session.add(SessionRow(digest="a", kind="account", subject_id=1, expires_at=summer))
    await session.flush()
    session.expunge_all()
    assert (await session.get(SessionRow, "a")).expires_at == datetime(2027, 7, 1, 11, tzinfo=UTC)
    session.add(SessionRow(digest="b", kind="account", subject_id=1, expires_at=datetime(2027, 7, 1)))
    with pytest.raises(StatementError):
        await session.flush()


async def test_a_row_that_breaks_a_rule_is_refused_by_the_database_itself(session):
    session.add(SessionRow(digest="a", kind="robot", subject_id=1, expires_at=NOON))
    with pytest.raises(IntegrityError):
        await session.flush()


async def test_events_of_many_at_once_form_one_chain_without_a_gap(store):
    async def act(number):
        async with store.writing() as session:
            await record(session, at=NOON, actor="clock", verb="did", subject=f"thing {number}", detail={"n": number})

    await asyncio.gather(*(act(number) for number in range(12)))
    async with store.reading() as session:
        assert await verify_chain(session) is None
        numbers = (await session.execute(select(EventRow.number).order_by(EventRow.number))).scalars().all()
    assert numbers == list(range(1, 13))


async def test_a_changed_event_is_found(session):
    for number in (1, 2, 3):
        await record(session, at=NOON, actor="clock", verb="did", subject=f"thing {number}")
    await session.execute(update(EventRow).where(EventRow.number == 2).values(verb="did not"))
    session.expunge_all()
    assert await verify_chain(session) == 2


async def test_sessions_that_ran_out_are_swept_away(session):
    session.add(SessionRow(digest="old", kind="person", subject_id=1, expires_at=NOON))
    session.add(SessionRow(digest="new", kind="person", subject_id=1, expires_at=NOON + timedelta(seconds=1)))
    await session.flush()
    assert await sweep(session, NOON) == 1
    assert (await session.execute(select(SessionRow.digest))).scalars().all() == ["new"]


async def here(session):
    """In which thread this session's statements run."""
    plain = await (await session.connection()).get_raw_connection()
    await plain.driver_connection.create_function("thread", 0, threading.get_ident)
    return await session.scalar(select(func.thread()))


@SQLITE
async def test_a_statement_is_not_handed_to_a_thread_and_back(store):
    async with store.reading() as session:
        assert await here(session) == threading.get_ident()
    async with store.writing() as session:
        assert await here(session) == threading.get_ident()


@SQLITE
async def test_a_whole_transaction_asks_the_thread_once_for_its_commit(store):
    asked = []
    async with store.writing() as session:
        await session.scalar(select(func.count()).select_from(EventRow))
        connection = (await (await session.connection()).get_raw_connection()).driver_connection
        queue = connection._tx
        connection._tx = SimpleNamespace(put_nowait=lambda task: (asked.append(task), queue.put_nowait(task)))
        for number in range(3):
            await record(session, at=NOON, actor="clock", verb="did", subject=f"thing {number}")
            await session.scalar(select(func.count()).select_from(EventRow))
        assert asked == []
    connection._tx = queue
    assert len(asked) == 1


@SQLITE
async def test_nobody_waits_for_somebody_elses_lock_but_who_wants_it(store):
    other = sqlite3.connect(store.url.split("///")[1], isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")

    async def write():
        async with store.writing() as session:
            await record(session, at=NOON, actor="clock", verb="did", subject="thing 1")

    writing = asyncio.create_task(write())
    begun = time.monotonic()
    for _ in range(20):
        await asyncio.sleep(0.005)
        async with store.reading() as session:
            assert await session.scalar(select(func.count()).select_from(EventRow)) == 0
    assert not writing.done()
    assert time.monotonic() - begun < 4  # the lock would be waited for five seconds
    other.execute("ROLLBACK")
    other.close()
    await writing
    async with store.reading() as session:
        assert await session.scalar(select(func.count()).select_from(EventRow)) == 1


@SQLITE
async def test_whoever_is_cancelled_while_waiting_leaves_nothing_behind(store):
    other = sqlite3.connect(store.url.split("///")[1], isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")

    async def write(number):
        async with store.writing() as session:
            await record(session, at=NOON, actor="clock", verb="did", subject=f"thing {number}")

    writing = asyncio.create_task(write(1))
    await asyncio.sleep(0.05)
    writing.cancel()
    threading.Timer(0.1, lambda: other.execute("ROLLBACK")).start()
    with pytest.raises(asyncio.CancelledError):
        await writing
    await write(2)
    other.close()
    async with store.reading() as session:
        assert list(await session.scalars(select(EventRow.subject))) == ["thing 2"]
        assert await verify_chain(session) is None


@SQLITE
async def test_long_work_lets_others_have_their_turn(store):
    turns = 0

    async def others():
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    waiting = asyncio.create_task(others())
    async with store.reading() as session:
        begun = time.monotonic()
        while time.monotonic() - begun < 0.2:
            await session.scalar(select(func.count()).select_from(EventRow))
    waiting.cancel()
    assert turns >= 5
