"""Voting codes in a real database."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from pilot.audit.tables import EventRow
from pilot.errors import BadInput, NotAllowed, NotFound, WrongState
from pilot.people import codes, queries, service
from pilot.people.tables import VotingCodeRow
from pilot.people.throttle import Throttle
from pilot.web import sessions
from tests.builders.people import BY, NOW, a_person, a_roll, a_trust, the_codes


@pytest.fixture
async def slips(session, settings):
    await a_trust(session)
    await a_roll(session, number=12)
    return await the_codes(session, settings)


async def everything_stored(session):
    rows = [*await session.scalars(select(VotingCodeRow)), *await session.scalars(select(EventRow))]
    return repr([vars(row) for row in rows])


async def test_everybody_on_the_roll_gets_one_code_sorted_by_place(slips):
    assert len(slips) == len({slip.code for slip in slips}) == 12
    assert [(s.site, s.unit) for s in slips] == sorted((s.site, s.unit) for s in slips)
    assert all(codes.is_sound(codes.normalise(slip.code)) for slip in slips)


async def test_a_code_says_who_it_belongs_to(session, settings, slips):
    voter = await service.person_with_code(session, settings, slips[3].code.lower())
    assert (voter.person_id, voter.trust, voter.name) == (slips[3].person_id, "RAA", slips[3].name)


async def test_no_code_is_stored_anywhere(session, slips):
    stored = await everything_stored(session)
    assert all(slip.code not in stored and codes.normalise(slip.code) not in stored for slip in slips)


async def test_codes_of_another_installation_mean_nothing_here(session, settings, slips):
    other = type(settings)(database_url="", secret_key=b"another secret of another installation")
    with pytest.raises(BadInput):
        await service.person_with_code(session, other, slips[0].code)


async def test_making_codes_again_makes_none_for_those_who_have_one(session, settings, slips):
    with pytest.raises(WrongState, match="Everybody on the staff roll has a voting code already"):
        await the_codes(session, settings)
    later = NOW + timedelta(days=1)
    await a_roll(session, number=15, now=later)
    new = await the_codes(session, settings, now=later)
    assert len(new) == 3
    assert [(b.number, b.codes) for b in await queries.batches(session, "RAA")] == [(2, 3), (1, 12)]


async def test_codes_can_be_made_for_some_only(session, settings):
    await a_trust(session)
    person = await a_person(session)
    (slip,) = await service.issue_codes(session, settings, "RAA", by=BY, now=NOW, person_ids=[person])
    assert slip.person_id == person


async def test_without_a_roll_there_are_no_codes(session, settings):
    await a_trust(session)
    with pytest.raises(WrongState, match="no staff roll yet"):
        await the_codes(session, settings)


async def test_a_new_code_ends_the_old_one_and_what_it_had_opened(session, settings, slips):
    person = slips[0].person_id
    cookie = await sessions.begin(session, settings, "person", person, expires_at=NOW + timedelta(hours=1))
    new = await service.reissue(session, settings, "RAA", person, reason="lost on the ward", by=BY, now=NOW)
    assert (await service.person_with_code(session, settings, new.code)).person_id == person
    with pytest.raises(BadInput) as caught:
        await service.person_with_code(session, settings, slips[0].code)
    assert caught.value.fields["code"].startswith("We do not recognise this code. It may have been replaced.")
    assert await sessions.find(session, SimpleNamespace(cookies={sessions.COOKIE: cookie.value}), NOW) is None
    assert await queries.codes_of(session, "RAA") != {}


async def test_a_code_is_replaced_for_people_of_this_trust_only(session, settings, slips):
    await a_trust(session, "RBB")
    await a_roll(session, "RBB", 3)
    with pytest.raises(NotFound, match="not on the latest staff roll of this trust"):
        await service.reissue(session, settings, "RBB", slips[0].person_id, reason="lost", by=BY, now=NOW)


async def test_a_lost_batch_is_replaced_as_a_whole(session, settings, slips):
    new = await service.replace_batch(session, settings, "RAA", 1, reason="slips lost", by=BY, now=NOW)
    assert {s.person_id for s in new} == {s.person_id for s in slips}
    assert not {s.code for s in new} & {s.code for s in slips}
    with pytest.raises(BadInput):
        await service.person_with_code(session, settings, slips[0].code)
    with pytest.raises(WrongState, match="No code of batch 1"):
        await service.replace_batch(session, settings, "RAA", 1, reason="slips lost", by=BY, now=NOW)


async def test_every_making_and_replacing_is_written_down_with_its_reason(session, settings, slips):
    await service.reissue(session, settings, "RAA", slips[0].person_id, reason="lost", by=BY, now=NOW)
    await service.replace_batch(session, settings, "RAA", 1, reason="box lost", by=BY, now=NOW)
    events = (await session.scalars(select(EventRow).order_by(EventRow.number.desc()).limit(3))).all()
    assert [e.verb for e in reversed(events)] == [
        "voting codes made and shown",
        "voting code replaced and shown",
        "voting codes replaced and shown",
    ]
    assert events[0].detail == {"reason": "box lost", "codes": 11, "batch": 3}


async def test_after_five_wrong_codes_the_right_one_must_wait_too(session, settings, slips):
    throttle, right = Throttle(), codes.normalise(slips[0].code)
    wrong = next(
        code for last in range(32) if (code := codes.compose([*map(codes.ALPHABET.index, right[:8]), last])) != right
    )
    for _ in range(5):
        with pytest.raises(BadInput):
            await service.person_at(session, settings, throttle, wrong, address="ward", now=NOW)
    with pytest.raises(NotAllowed, match="Wait 10 minutes"):
        await service.person_at(session, settings, throttle, right, address="ward", now=NOW)
    voter = await service.person_at(session, settings, throttle, right, address="library", now=NOW)
    assert voter.person_id == slips[0].person_id
    later = NOW + timedelta(minutes=10)
    assert await service.person_at(session, settings, throttle, right, address="ward", now=later)
