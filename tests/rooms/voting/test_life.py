"""The life of a ballot, with a real database and real sealed votes."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from pilot.audit.log import verify_chain
from pilot.audit.tables import EventRow
from pilot.errors import BadInput, NotAllowed, NotFound, Refused, WrongState
from pilot.people.roles import Voter
from pilot.voting import queries, service
from pilot.voting.declaration import Outcome
from pilot.voting.forms import DisputeForm
from pilot.voting.lifecycle import State
from pilot.voting.service import Standing
from tests.builders.voting import (
    ARRANGED,
    CLOSES,
    DECLARED,
    NIGHT,
    OFFICER,
    OPENS,
    SCRIPT,
    a_frozen_ballot,
    a_roll,
    a_sealed_vote,
    a_vote,
    an_arranged_ballot,
    counted,
    declared,
    nobody_is_told,
    the_voters,
    votes,
)


async def state_of(session, ballot):
    return State((await queries.ballot(session, ballot)).state)


async def verbs(session):
    return list((await session.execute(select(EventRow.verb).order_by(EventRow.number))).scalars())


async def test_a_ballot_is_arranged_frozen_voted_in_counted_and_declared(session):
    ballot = await a_frozen_ballot(session)
    await votes(session, ballot, ["yes"] * 9 + ["no"] * 5 + ["abstain"] * 2)
    made = await declared(session, ballot)
    assert made.outcome is Outcome.CARRIED
    assert (made.entitled, made.voted, made.votes) == (25, 16, {"yes": 9, "no": 5, "abstain": 2})
    assert (made.spoilt, made.set_aside, made.stamps, made.envelopes, made.spare) == (0, 0, 16, 16, 0)
    assert await state_of(session, ballot) is State.DECLARED
    assert await verify_chain(session) is None
    assert (await verbs(session))[2:] == [
        "ballot arranged",
        "list of voters fixed",
        "vote opened",
        "vote closed",
        "votes counted",
        "result declared",
    ]


async def test_the_ballots_of_a_trust_are_numbered(session):
    await a_roll(session)
    ids = [await an_arranged_ballot(session) for _ in range(3)]
    assert [(await queries.ballot(session, one)).number for one in ids] == [1, 2, 3]


async def test_a_ballot_that_cannot_be_held_is_refused_with_every_reason(session):
    await a_roll(session)
    with pytest.raises(BadInput) as refusal:
        await an_arranged_ballot(session, title=" ", threshold="most", opens_at=ARRANGED, closes_at=ARRANGED)
    assert set(refusal.value.fields) == {"title", "threshold", "opens_at", "closes_at"}


async def test_everybody_left_out_has_a_reason(session):
    ballot = await a_frozen_ballot(session)
    assert [one.reason for one in await queries.left_out(session, ballot)] == ["AGENCY"]
    row = await queries.ballot(session, ballot)
    assert row.voter_count == 25
    assert sum(size for _, size in row.groups) == 25


async def test_a_real_vote_is_refused_while_the_server_holds_the_keys(session):
    await a_roll(session)
    ballot = await an_arranged_ballot(session)
    with pytest.raises(WrongState, match="trustees who keep their own keys"):
        await service.freeze_electorate(session, ballot, by=OFFICER, now=ARRANGED, script=SCRIPT, real=True)


async def test_an_old_staff_list_is_refused(session):
    await a_roll(session, as_at=ARRANGED.date() - timedelta(days=32))
    ballot = await an_arranged_ballot(session)
    with pytest.raises(WrongState, match="32 days old"):
        await service.freeze_electorate(session, ballot, by=OFFICER, now=ARRANGED, script=SCRIPT)


async def test_without_a_staff_list_there_is_no_ballot(session):
    await a_roll(session, trust="RAA", as_at=date(2027, 6, 1))
    ballot = await an_arranged_ballot(session)
    with pytest.raises(WrongState, match="no staff roll"):
        await service.freeze_electorate(session, ballot, by=OFFICER, now=ARRANGED, script=SCRIPT)


async def test_fewer_than_twenty_people_hold_no_secret_ballot(session):
    with pytest.raises(Refused, match="Only 19 people"):
        await a_frozen_ballot(session, 19)


async def test_the_list_is_fixed_once_and_before_the_opening(session):
    ballot = await a_frozen_ballot(session)
    with pytest.raises(WrongState, match="cannot have its list of voters fixed now"):
        await service.freeze_electorate(session, ballot, by=OFFICER, now=ARRANGED, script=SCRIPT)
    late = await an_arranged_ballot(session)
    with pytest.raises(WrongState, match="opening time has passed"):
        await service.freeze_electorate(session, late, by=OFFICER, now=OPENS, script=SCRIPT)


async def test_a_vote_counts_once_however_often_it_is_sent_and_the_last_one_counts(session):
    ballot = await a_frozen_ballot(session)
    voter = (await the_voters(session, ballot))[0]
    _, envelope = await a_sealed_vote(session, ballot, voter, "no")
    first = await service.cast(session, ballot, voter, envelope, now=NIGHT)
    assert await service.cast(session, ballot, voter, envelope, now=NIGHT) == first
    await a_vote(session, ballot, voter, "yes")
    made = await declared(session, ballot)
    assert (made.votes["yes"], made.votes["no"], made.stamps, made.envelopes, made.spare) == (1, 0, 2, 1, 1)


async def test_who_is_not_on_the_list_is_told_why(session):
    ballot = await a_frozen_ballot(session)
    (left,) = await queries.left_out(session, ballot)
    agency = Voter(left.person_id, "RAA", "Sam")
    with pytest.raises(NotAllowed, match="Agency workers are not employed by the trust"):
        await service.place(session, ballot, agency, now=NIGHT)
    with pytest.raises(NotAllowed, match="not on the list of voters"):
        await service.stamp(session, ballot, Voter(left.person_id + 999, "RAA", "New"), b"x" * 384, now=NIGHT)


async def test_another_trusts_staff_cannot_even_see_the_vote(session):
    ballot = await a_frozen_ballot(session)
    with pytest.raises(NotFound):
        await service.place(session, ballot, Voter(1, "RBB", "Sam"), now=NIGHT)


async def test_a_voter_sees_only_whether_the_own_vote_is_in_the_box(session):
    ballot = await a_frozen_ballot(session)
    one, other = (await the_voters(session, ballot))[:2]
    await a_vote(session, ballot, one, "yes")
    assert (await service.place(session, ballot, one, now=NIGHT)).cast
    assert not (await service.place(session, ballot, other, now=NIGHT)).cast
    assert [place.ballot.id for place in await service.places(session, other, now=NIGHT)] == [ballot]
    assert await service.places(session, other, now=CLOSES) == []


async def test_the_clock_decides_even_before_the_minutes_work_is_done(session):
    ballot = await a_frozen_ballot(session)
    voter = (await the_voters(session, ballot))[0]
    row = await queries.ballot(session, ballot)
    assert row.state == State.FROZEN
    assert service.standing(row, OPENS - timedelta(seconds=1)) is Standing.EARLY
    assert service.standing(row, OPENS) is Standing.OPEN
    assert service.standing(row, CLOSES) is Standing.CLOSED
    await a_vote(session, ballot, voter, "yes", now=OPENS)
    with pytest.raises(WrongState, match=r"Voting closed at 5pm on 17 March 2027\. Your vote was not changed"):
        await a_vote(session, ballot, voter, "no", now=CLOSES)


async def test_who_comes_too_late_reads_that_nothing_was_cast(session):
    ballot = await a_frozen_ballot(session)
    one, other = (await the_voters(session, ballot))[:2]
    _, envelope = await a_sealed_vote(session, ballot, one, "yes")
    with pytest.raises(WrongState, match=r"Voting closed at 5pm on 17 March 2027\. Your vote was not cast"):
        await service.cast(session, ballot, one, envelope, now=CLOSES)
    with pytest.raises(WrongState, match="Your vote was not cast"):
        await a_vote(session, ballot, other, "yes", now=CLOSES)
    assert (await declared(session, ballot)).voted == 0


async def test_voting_writes_no_event(session):
    ballot = await a_frozen_ballot(session)
    before = await verbs(session)
    await votes(session, ballot, ["yes", "no"])
    assert await verbs(session) == before


async def test_nothing_happens_before_its_time_or_twice(session):
    ballot = await a_frozen_ballot(session)
    with pytest.raises(WrongState):
        await service.open_ballot(session, ballot, now=OPENS - timedelta(seconds=1))
    with pytest.raises(WrongState):
        await service.declare_result(session, ballot, by=OFFICER, now=NIGHT, on_declared=nobody_is_told)
    await service.open_ballot(session, ballot, now=OPENS)
    with pytest.raises(WrongState):
        await service.close_ballot(session, ballot, now=CLOSES - timedelta(seconds=1))
    await service.close_ballot(session, ballot, now=CLOSES)
    await service.tally(session, ballot, now=CLOSES)
    for again in (service.open_ballot, service.close_ballot, service.tally):
        with pytest.raises(WrongState):
            await again(session, ballot, now=DECLARED)


async def test_whoever_asked_for_the_ballot_is_told_in_the_same_transaction(session):
    told = []

    async def on_declared(same, declaration):
        told.append((same is session, declaration.subject, declaration.outcome))

    ballot = await a_frozen_ballot(session, subject="proposal 12")
    await counted(session, ballot)
    await service.declare_result(session, ballot, by=OFFICER, now=DECLARED, on_declared=on_declared)
    assert told == [(True, "proposal 12", Outcome.NOT_CARRIED)]


async def test_a_turnout_below_its_quorum_makes_the_vote_inquorate(session):
    ballot = await a_frozen_ballot(session, turnout_quorum="25%")
    await votes(session, ballot, ["yes"] * 6)
    assert (await declared(session, ballot)).outcome is Outcome.INQUORATE


async def test_turnout_is_told_once_a_day_in_steps_of_ten(session):
    ballot = await a_frozen_ballot(session)
    await service.open_ballot(session, ballot, now=OPENS)
    await votes(session, ballot, ["yes"] * 9)
    morning = NIGHT.replace(hour=8)
    assert await service.tell_turnout(session, ballot, now=morning) is None
    voters = await the_voters(session, ballot)
    await a_vote(session, ballot, voters[9], "no")
    assert await service.tell_turnout(session, ballot, now=NIGHT) is None
    assert await service.tell_turnout(session, ballot, now=morning)
    for voter in voters[10:21]:
        await a_vote(session, ballot, voter, "no")
    assert await service.tell_turnout(session, ballot, now=morning + timedelta(hours=5)) is None
    assert await service.tell_turnout(session, ballot, now=morning + timedelta(days=1))
    row = await queries.ballot(session, ballot)
    await session.refresh(row)
    assert row.turnout_shown == 21


async def test_an_answer_to_a_voter_bears_the_day_in_london(session):
    row = await queries.ballot(session, await a_frozen_ballot(session))
    said = DisputeForm(kind="code missing", text="I cannot find my code")
    await service.tell_problem(session, row, said, today=OPENS.date())
    (problem,) = await queries.disputes(session, row.id)
    after_midnight = datetime(2027, 7, 1, 23, 30, tzinfo=UTC)
    await service.answer_problem(session, row, problem.id, "It is there", by=OFFICER, now=after_midnight)
    assert problem.answered_on == date(2027, 7, 2)
