"""What the clock deletes for people."""

from datetime import timedelta

from pilot.people import jobs, service
from pilot.web import sessions
from tests.builders.people import BY, NOW, a_trust, an_account, roll_file


async def test_uploads_and_sessions_that_ran_out_are_deleted_once(store, settings):
    async with store.writing() as session:
        await a_trust(session)
        account = await an_account(session)
        await sessions.begin(session, settings, "account", account, expires_at=NOW + timedelta(hours=8))
        await service.stage_roll(session, "RAA", roll_file(), by=BY, now=NOW)
        await service.stage_trusts(session, "t.csv", b"ods_code,name,arm\nRBB,B,control\n", by=BY, now=NOW)
    assert await jobs.due(store, NOW) == []
    tomorrow = NOW + timedelta(days=1)
    assert await jobs.due(store, tomorrow) == [
        "Sessions that had run out were deleted: 1.",
        "Uploads that had run out were deleted: 2.",
    ]
    assert await jobs.due(store, tomorrow) == []
