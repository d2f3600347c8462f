"""Between the close and the first opening: the scrutineer's list, the notices, and what people object to."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from pilot.audit.tables import EventRow
from pilot.commands.notices import make
from pilot.errors import BadInput, NotAllowed, NotFound, WrongState
from pilot.people.roles import Role
from pilot.secrecy import service as secrecy
from pilot.voting import notices, queries, service
from tests.builders.own_ballots import NOTICED, OPENED, an_own_ballot
from tests.builders.people import an_account
from tests.builders.voting import ARRANGED, NIGHT, OFFICER, a_frozen_ballot, a_roll, a_vote, counted, the_voters

SAID = {"kind": "did not vote", "name": "Sam Name3", "text": "I was on leave"}


@pytest.fixture
async def own(session):
    """A ballot of 25 voters whose trustees keep their own keys and have signed it."""
    return await an_own_ballot(session)


async def heard(session, verb):
    found = await session.scalars(select(EventRow).where(EventRow.verb == verb).order_by(EventRow.number))
    return [(event.actor, event.detail) for event in found]


async def files(session, own):
    """What the scrutineer has after the close, as they download it."""
    row = await own.row(session)
    listed = await service.voters_list(session, "RAA", own.id, await own.scrutineer(session), now=ARRANGED)
    found = {"voters": listed.content, "log": await secrecy.log_lines(session, row.box_id)}
    found["manifest"] = await secrecy.manifest_of(session, row.box_id)
    return found, await secrecy.checkpoints_of(session, row.box_id)


async def objected(session, own, **changes):
    return await service.object_to(session, own.id, **(SAID | changes), by=OFFICER, now=NOTICED)


async def settled(session, own, objection, outcome="explained"):
    ended = {"outcome": outcome, "finding": "A colleague used the slip by mistake"}
    await service.settle(session, own.id, objection, **ended, by=OFFICER, now=NOTICED)


async def test_the_list_is_for_the_scrutineer_alone_and_each_time_is_written_down(session, own):
    scrutineer = await own.scrutineer(session)
    first = await service.voters_list(session, "RAA", own.id, scrutineer, now=ARRANGED)
    again = await service.voters_list(session, "RAA", own.id, scrutineer, now=NIGHT)
    assert first.content == again.content
    roll = (await secrecy.promise(session, (await own.row(session)).box_id)).manifest.roll
    assert (first.size, first.root) == (25, roll.root) == (roll.size, roll.root)
    said = {"people": 25, "file": first.mark}
    assert await heard(session, "list for notices taken") == [(scrutineer.actor, said)] * 2
    for place in (1, 2):
        with pytest.raises(NotAllowed, match="independent scrutineer"):
            await service.voters_list(session, "RAA", own.id, await own.officer(session, place), now=ARRANGED)


async def test_the_list_is_the_one_that_was_promised_with_names_and_where_people_work(session, own):
    listed = await service.voters_list(session, "RAA", own.id, await own.scrutineer(session), now=ARRANGED)
    manifest = (await secrecy.promise(session, (await own.row(session)).box_id)).manifest
    found = notices.read_list(listed.content, manifest)
    assert len(found.people) == 25
    assert found.headings == ("employee number", "first name", "last name", "department", "site")
    assert found.people[0].cells == ("10000001", "Sam", "Name0", "Ward 0", "Main site")


async def test_somebody_who_left_the_roll_since_is_still_on_the_list(session, own):
    await a_roll(session, 22, as_at=ARRANGED.date())
    listed = await service.voters_list(session, "RAA", own.id, await own.scrutineer(session), now=NIGHT)
    manifest = (await secrecy.promise(session, (await own.row(session)).box_id)).manifest
    people = {one.name: one.cells for one in notices.read_list(listed.content, manifest).people}
    assert people["Sam Name24"] == ("10000025", "Sam", "Name24", "", "")


async def test_everybody_is_told_what_the_log_of_their_vote_says(session, own):
    """From the scrutineer's files alone, as `pilot notices` makes them; a false vote by the server shows."""
    await own.close(session, "yyn")
    found, checkpoints = await files(session, own)
    written, summary = make(found, checkpoints)
    assert "25 people. one vote: 3, none: 22, voted on paper: 0." in summary
    assert sorted(written) == ["letters-1.html", "notices.csv"]


async def test_the_sealed_votes_are_opened_a_day_after_the_notices_and_not_before_each_objection_is_settled(
    session, own
):
    await own.close(session, "yn")
    row = await own.row(session)
    with pytest.raises(WrongState):
        await service.check_may_open(session, row, now=OPENED)
    await own.notice(session, 24)
    assert (row.state, row.noticed_count) == ("noticed", 24)
    with pytest.raises(WrongState):
        await service.check_may_open(session, row, now=OPENED - timedelta(seconds=1))
    one, two = await objected(session, own), await objected(session, own, kind="voted")
    with pytest.raises(WrongState, match="objections"):
        await service.check_may_open(session, row, now=OPENED)
    await settled(session, own, one)
    with pytest.raises(WrongState, match="objection"):
        await service.check_may_open(session, row, now=OPENED)
    await settled(session, own, two, "right")
    await service.check_may_open(session, row, now=OPENED)


async def test_the_number_of_notices_stands_in_the_log(session, own):
    await own.close(session, "y")
    await own.notice(session, 24)
    row = await own.row(session)
    assert b'{"count":24,"type":"notices"}' in (await secrecy.log_lines(session, row.box_id)).splitlines()
    assert await heard(session, "notices sent") == [(OFFICER, {"people": 24})]
    with pytest.raises(WrongState):
        await own.notice(session)


@pytest.mark.parametrize("count", [0, 26])
async def test_notices_go_to_as_many_people_as_there_are_at_most(session, own, count):
    await own.close(session)
    with pytest.raises(BadInput) as refusal:
        await own.notice(session, count)
    assert "from 1 to 25" in refusal.value.fields["count"]


async def test_notices_are_not_sent_before_the_close(session, own):
    with pytest.raises(WrongState):
        await own.notice(session)


async def test_nobody_objects_before_the_close_or_after_the_first_opening(session, own):
    assert await service.why_no_objection(session, await own.row(session))
    with pytest.raises(WrongState, match="has not closed yet"):
        await objected(session, own)
    await own.close(session, "yn")
    first = await objected(session, own)
    await own.notice(session)
    assert await service.why_no_objection(session, await own.row(session)) == ""
    await settled(session, own, first)
    await own.open_one(session)
    with pytest.raises(WrongState, match="have been opened"):
        await objected(session, own)


async def test_objections_are_numbers_for_everybody_and_end_once(session, own):
    await own.close(session, "yn")
    one, _ = await objected(session, own), await objected(session, own)
    await settled(session, own, one, "not shown")
    found = await queries.objections_in_numbers(session, own.id)
    assert (found.made, found.open, found.outcomes) == (2, 1, (("not shown", 1),))
    with pytest.raises(WrongState, match="settled already"):
        await settled(session, own, one)
    with pytest.raises(NotFound):
        await settled(session, own, 999)
    assert "Name3" not in str(await heard(session, "objection recorded"))


async def test_the_pages_of_notices_are_for_this_scrutineer_and_the_returning_officer(session, own):
    officer = await an_account(session, Role.RETURNING_OFFICER, "RAA", email="ro@example.org")
    from pilot.people import queries as people

    found = await people.officer(session, officer)
    for who in (found, await own.scrutineer(session)):
        assert (await service.to_notice(session, "RAA", own.id, who)).id == own.id
    with pytest.raises(NotAllowed):
        await service.to_notice(session, "RAA", own.id, await own.officer(session, 1))


async def test_where_the_server_holds_the_keys_there_are_no_notices(session):
    ballot = await a_frozen_ballot(session)
    await a_vote(session, ballot, (await the_voters(session, ballot))[0], "yes")
    row = await queries.ballot(session, ballot)
    with pytest.raises(WrongState, match="This server holds the keys"):
        await service.scrutineer_of(session, row)
    await counted(session, ballot)
    with pytest.raises(WrongState):
        await service.record_notices(session, ballot, count=25, by=OFFICER, now=NOTICED)
