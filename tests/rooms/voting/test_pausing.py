"""A vote that is disturbed: extended, paused, going on, stopped. What happens is told, and nobody loses a vote."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from pilot.audit.tables import EventRow
from pilot.errors import BadInput, WrongState
from pilot.secrecy import service as secrecy
from pilot.secrecy.tables import EnvelopeRow, ItemRow, KeyRow, LeafRow, StageRow
from pilot.voting import queries, service
from tests.builders.own_ballots import NOTICED, OPENED, an_own_ballot
from tests.builders.voting import (
    CLOSES,
    NIGHT,
    OFFICER,
    OPENS,
    a_frozen_ballot,
    a_sealed_vote,
    a_vote,
    nobody_is_told,
    the_voters,
)

HOUR = timedelta(hours=1)
BEFORE = CLOSES - HOUR
BACK = "The website did not answer"


@pytest.fixture
async def ballot(session):
    """A ballot of 25 voters that is open."""
    found = await a_frozen_ballot(session)
    await service.open_ballot(session, found, now=OPENS)
    return found


async def extended(session, ballot, longer=HOUR, now=BEFORE):
    return await service.extend(session, ballot, longer=longer, reason=BACK, outage=95, by=OFFICER, now=now)


async def paused(session, ballot, now=NIGHT, reason="A wrong poster hangs at Main site"):
    await service.suspend(session, ballot, reason=reason, by=OFFICER, now=now)


async def log_of(session, ballot):
    row = await queries.ballot(session, ballot)
    found = await session.scalars(select(LeafRow.body).where(LeafRow.box_id == row.box_id).order_by(LeafRow.number))
    return "".join(f"{body.decode()}\n" for body in found)


async def test_an_extended_vote_takes_votes_until_its_new_close_and_counts_them(session, ballot):
    assert await extended(session, ballot) == CLOSES + HOUR
    voter = (await the_voters(session, ballot))[0]
    await a_vote(session, ballot, voter, "yes", now=CLOSES + HOUR - timedelta(seconds=1))
    with pytest.raises(WrongState):
        await service.close_ballot(session, ballot, now=CLOSES)
    await service.close_ballot(session, ballot, now=CLOSES + HOUR)
    await service.tally(session, ballot, now=CLOSES + HOUR)
    told = await service.declare_result(session, ballot, by=OFFICER, now=CLOSES + 2 * HOUR, on_declared=nobody_is_told)
    assert told.votes["yes"] == 1


async def test_the_reason_stands_on_the_page_in_the_audit_and_in_the_log(session, ballot):
    await extended(session, ballot)
    because = "The website did not answer. People could not vote for 1 hour and 35 minutes."
    row = await queries.ballot(session, ballot)
    (one,) = await service.disturbances(session, row)
    assert (one.what, one.because, one.closes_at) == ("extended", because, CLOSES)
    assert f'"reason":"{because}"' in await log_of(session, ballot)
    assert '"type":"extend"' in await log_of(session, ballot)
    assert (await heard(session))[-1] == ("vote extended", {"closes": "2027-03-17T18:00:00Z", "because": because})


async def heard(session):
    found = await session.scalars(select(EventRow).order_by(EventRow.number))
    return [(event.verb, event.detail) for event in found]


async def test_a_vote_is_extended_once_before_it_closes_by_at_most_half(session, ballot):
    for longer, now, kind in (
        (timedelta(days=7, hours=4, minutes=31), BEFORE, BadInput),
        (timedelta(), BEFORE, BadInput),
        (HOUR, CLOSES, WrongState),
    ):
        with pytest.raises(kind):
            await extended(session, ballot, longer, now)
    await extended(session, ballot, timedelta(days=7, hours=4, minutes=30))
    with pytest.raises(WrongState, match="once only"):
        await extended(session, ballot)


async def test_nobody_can_vote_while_the_vote_is_paused_and_nothing_of_it_is_kept(session, ballot):
    voters = await the_voters(session, ballot)
    _, envelope = await a_sealed_vote(session, ballot, voters[0], "yes")
    before = await log_of(session, ballot)
    await paused(session, ballot)
    with pytest.raises(WrongState, match="paused"):
        await service.cast(session, ballot, voters[0], envelope, now=NIGHT)
    with pytest.raises(WrongState, match="paused"):
        await a_vote(session, ballot, voters[1], "no")
    assert (await log_of(session, ballot)).removeprefix(before).count("\n") == 1
    with pytest.raises(WrongState):
        await service.close_ballot(session, ballot, now=CLOSES)


async def test_a_vote_that_goes_on_closes_later_by_the_pause_and_the_votes_before_it_count(session, ballot):
    voters = await the_voters(session, ballot)
    await a_vote(session, ballot, voters[0], "yes")
    await paused(session, ballot)
    later = NIGHT + timedelta(hours=30, seconds=10)
    closes = await service.resume(session, ballot, reason="The poster is replaced", by=OFFICER, now=later)
    assert closes == CLOSES + timedelta(hours=30, minutes=1)
    await a_vote(session, ballot, voters[1], "no", now=later)
    row = await queries.ballot(session, ballot)
    assert row.closes_at == closes
    assert [one.what for one in await service.disturbances(session, row)] == ["paused", "resumed"]
    await service.close_ballot(session, ballot, now=closes)
    await service.tally(session, ballot, now=closes)
    told = await service.declare_result(session, ballot, by=OFFICER, now=closes + HOUR, on_declared=nobody_is_told)
    assert (told.votes["yes"], told.votes["no"]) == (1, 1)


async def test_a_pause_that_lasts_beyond_the_close_leaves_as_much_time_as_there_was(session, ballot):
    await paused(session, ballot, now=BEFORE)
    later = CLOSES + timedelta(days=2)
    assert await service.resume(session, ballot, reason="Cleared up", by=OFFICER, now=later) == later + HOUR


async def test_a_vote_can_be_paused_again_and_extended_besides(session, ballot):
    await paused(session, ballot)
    await service.resume(session, ballot, reason="Cleared up", by=OFFICER, now=NIGHT + HOUR)
    await extended(session, ballot)
    await paused(session, ballot, now=NIGHT + 2 * HOUR)
    row = await queries.ballot(session, ballot)
    assert [one.what for one in await service.disturbances(session, row)] == [
        "paused",
        "resumed",
        "paused",
        "extended",
    ]


@pytest.mark.parametrize("verb", ["suspend", "extend"])
async def test_what_has_closed_by_the_clock_is_neither_paused_nor_extended(session, ballot, verb):
    with pytest.raises(WrongState, match="closed"):
        await service.to_pause(session, "RAA", ballot, verb, now=CLOSES)


async def test_a_vote_that_is_not_paused_neither_goes_on_nor_is_stopped(session, ballot):
    with pytest.raises(WrongState):
        await service.resume(session, ballot, reason="Why not", by=OFFICER, now=NIGHT)
    with pytest.raises(WrongState):
        await stopped(session, ballot)
    await paused(session, ballot)
    with pytest.raises(WrongState):
        await paused(session, ballot)


async def stopped(session, ballot, told=None):
    async def tell(_session, missed):
        if told is not None:
            told.append(missed)

    await service.void(session, ballot, reason="The wrong question", by=OFFICER, now=NIGHT, on_missed=tell)


async def test_a_stopped_vote_is_never_opened_and_whoever_asked_for_it_is_told(session, ballot):
    voter = (await the_voters(session, ballot))[0]
    await a_vote(session, ballot, voter, "yes")
    await paused(session, ballot)
    told = []
    await stopped(session, ballot, told)
    row = await queries.ballot(session, ballot)
    assert (row.state, row.over_because) == ("void", "The wrong question.")
    assert [(one.ballot, one.subject) for one in told] == [(ballot, "proposal 1")]
    assert await secrecy.sealed_count(session, row.box_id) == 0
    with pytest.raises(WrongState):
        await secrecy.peel(session, row.box_id)
    with pytest.raises(WrongState):
        await service.tally(session, ballot, now=CLOSES)
    with pytest.raises(WrongState):
        await service.resume(session, ballot, reason="Sorry", by=OFFICER, now=NIGHT)


@pytest.fixture
async def own(session):
    """A closed ballot whose trustees keep their own keys, with two votes."""
    found = await an_own_ballot(session)
    await found.close(session, "yn")
    return found


async def stopped_after_the_close(session, own):
    told = []
    await stopped(session, own.id, told)
    row = await own.row(session)
    assert (row.state, row.over_because) == ("void", "The wrong question.")
    assert [(one.ballot, one.subject) for one in told] == [(own.id, "proposal 1")]
    for kind in (EnvelopeRow, ItemRow, StageRow, KeyRow):
        found = select(func.count()).select_from(kind).where(kind.box_id == row.box_id)
        assert await session.scalar(found) == 0, kind
    assert (await secrecy.log_lines(session, row.box_id)).endswith(b'{"type":"erase","what":"sealed votes"}\n')
    assert own.id not in await queries.to_tally(session, OPENED)
    with pytest.raises(WrongState):
        await secrecy.list_for(session, row.box_id)


async def test_a_closed_vote_whose_keys_are_lost_is_stopped_and_its_sealed_votes_are_destroyed(session, own):
    assert (await service.to_pause(session, "RAA", own.id, "void", now=NOTICED)).id == own.id
    await stopped_after_the_close(session, own)


async def test_a_vote_is_stopped_when_the_last_of_its_trustees_has_lost_the_keys(session, own):
    await own.notice(session)
    for _ in range(2):
        await own.open_one(session)
    await stopped_after_the_close(session, own)


async def test_nobody_stops_a_vote_whose_sealed_votes_are_all_opened(session, own):
    await own.notice(session)
    for _ in range(3):
        await own.open_one(session)
    with pytest.raises(WrongState, match="have been opened"):
        await service.to_pause(session, "RAA", own.id, "void", now=OPENED)
    with pytest.raises(WrongState, match="have been opened"):
        await stopped(session, own.id)
    assert (await own.row(session)).state == "noticed"


async def test_a_vote_that_went_as_arranged_has_nothing_to_tell(session, ballot):
    assert await service.disturbances(session, await queries.ballot(session, ballot)) == []


async def test_the_record_of_a_vote_that_was_paused_and_extended_holds(session):
    """The declaration checks the record itself, with both programs; it raises where it does not hold."""
    ballot = await a_frozen_ballot(session)
    await service.open_ballot(session, ballot, now=OPENS)
    await paused(session, ballot)
    await service.resume(session, ballot, reason="Cleared up", by=OFFICER, now=NIGHT + HOUR)
    closes = await extended(session, ballot)
    await service.close_ballot(session, ballot, now=closes)
    await service.tally(session, ballot, now=closes)
    await service.declare_result(session, ballot, by=OFFICER, now=closes, on_declared=nobody_is_told)
