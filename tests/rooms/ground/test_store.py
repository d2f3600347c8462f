"""The ground under every domain: whole transactions, moments with their zone, and the chain of events."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError, StatementError

from pilot.audit.log import record, verify_chain
from pilot.audit.tables import EventRow
from pilot.web.sessions import SessionRow, sweep

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)


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
