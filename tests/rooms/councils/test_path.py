"""From screening to the result of the ballot, with a real database."""

from datetime import UTC, date, datetime, timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy import insert

from pilot.councils import queries, service
from pilot.councils.jobs import due
from pilot.councils.proposals import State, fingerprint
from pilot.councils.service import Author
from pilot.councils.tables import StepRow
from pilot.errors import BadInput, NotFound, WrongState
from pilot.voting import queries as voting
from pilot.voting.ballots import Majority, Missed
from tests.builders import councils
from tests.builders.councils import COORDINATOR, TEXT, a_draft, a_proposal, declared


async def read(session, proposal):
    return await queries.proposal(session, "RAA", proposal)


async def test_a_proposal_in_scope_becomes_public_with_its_number_of_supporters_fixed(session, people, now):
    proposal, _ = await a_proposal(session, people, State.GATHERING, now=now)
    found = await read(session, proposal)
    assert found.is_public
    assert found.support_needed == 3  # 7% of 40 is 2.8
    assert found.support_ends_at == datetime(2027, 3, 29, 16, tzinfo=UTC)  # 5pm in summer time
    assert [one.id for one in await queries.proposals_of_trust(session, "RAA")] == [proposal]


async def test_a_returned_proposal_keeps_its_reference_and_needs_its_sponsors_anew(session, people, now):
    author = Author(people[0])
    proposal, _ = await a_proposal(session, people, State.SUBMITTED, now=now)
    await service.send_back(session, "RAA", proposal, "Take the name out.", by=COORDINATOR, now=now)
    found = await read(session, proposal)
    assert (found.state, found.reason, found.sponsors, found.is_public) == (
        State.RETURNED, "Take the name out.", 1, False,
    )  # fmt: skip
    await service.write(session, "RAA", proposal, "title", "A better title", author=author, now=now)
    asked = await service.ask_for_sponsors(session, "RAA", proposal, author=author, now=now)
    sent = await service.put_name_to(session, "RAA", proposal, asked.invitation, person=people[3], now=now)
    assert (sent.state, sent.reference, sent.reason) == (State.SUBMITTED, found.reference, "")


async def test_a_proposal_is_passed_on_with_a_reason_and_stays_unpublished(session, people, now):
    proposal, _ = await a_proposal(session, people, State.SUBMITTED, now=now)
    await service.refer(session, "RAA", proposal, "staff side", "This is about pay.", by=COORDINATOR, now=now)
    found = await read(session, proposal)
    assert (found.state, found.referred_to, found.is_public) == (State.REFERRED, "staff side", False)


async def test_sending_back_and_passing_on_need_words(session, people, now):
    proposal, _ = await a_proposal(session, people, State.SUBMITTED, now=now)
    with pytest.raises(BadInput) as refused:
        await service.send_back(session, "RAA", proposal, " ", by=COORDINATOR, now=now)
    assert set(refused.value.fields) == {"reason"}
    with pytest.raises(BadInput) as refused:
        await service.refer(session, "RAA", proposal, "", "", by=COORDINATOR, now=now)
    assert set(refused.value.fields) == {"referred_to", "reason"}
    assert (await read(session, proposal)).state is State.SUBMITTED


async def test_screening_twice_is_refused_in_a_sentence(session, people, now):
    proposal, _ = await a_proposal(session, people, State.GATHERING, now=now)
    with pytest.raises(WrongState, match="Gathering support"):
        await service.take_in(session, "RAA", proposal, by=COORDINATOR, now=now)


async def test_two_at_once_one_is_told_that_it_has_moved_on(session, people, now):
    from pilot.councils.service.moving import advance

    proposal, _ = await a_proposal(session, people, State.LOCKED, now=now)
    stale = replace(await read(session, proposal), state=State.SUBMITTED)
    with pytest.raises(WrongState, match="has just moved on"):
        await advance(session, stale, "refer", actor=COORDINATOR, now=now)


async def test_the_clock_lapses_what_found_too_little_support_and_locks_what_was_discussed(store, now):
    async with store.writing() as session:
        people = await councils.staff(session, "RAA", 40, now=now)
        await councils.a_council(session, "RAA", now=now, support_percent=7)
        alone, _ = await a_proposal(session, people, State.GATHERING, now=now)
        await service.support(session, "RAA", alone, person=people[9], now=now)
        liked, _ = await a_proposal(session, people, State.DELIBERATING, now=now)
    assert await due(store, now) == []
    assert await due(store, now + timedelta(days=13)) == []
    assert await due(store, now + timedelta(days=15)) == ["RAA P-2027-002 was locked."]
    assert await due(store, now + timedelta(days=29)) == ["RAA P-2027-001 lapsed with 1 of 3 supporters."]
    assert await due(store, now + timedelta(days=29)) == []
    async with store.reading() as session:
        assert (await read(session, alone)).state is State.LAPSED
        found = await read(session, liked)
        assert (found.state, found.fingerprint) == (State.LOCKED, fingerprint(TEXT))


async def test_one_broken_proposal_holds_up_no_other(store, now):
    async with store.writing() as session:
        people = await councils.staff(session, "RAA", 40, now=now)
        await councils.a_council(session, "RAA", now=now, support_percent=7)
        broken, _ = await a_proposal(session, people, State.DELIBERATING, now=now)
        whole, _ = await a_proposal(session, people, State.DELIBERATING, now=now)
        await session.execute(insert(StepRow).values(proposal_id=broken, state="nowhere", entered_on=now.date()))
    with pytest.raises(ExceptionGroup) as raised:
        await due(store, now + timedelta(days=15))
    (fault,) = raised.value.exceptions
    assert fault.__notes__ == [f"This happened to proposal {broken} of RAA."]
    async with store.reading() as session:
        assert (await read(session, whole)).state is State.LOCKED


async def test_nothing_is_locked_or_lapsed_early(session, people, now):
    discussed, _ = await a_proposal(session, people, State.DELIBERATING, now=now)
    with pytest.raises(WrongState, match="not over"):
        await service.lock(session, "RAA", discussed, now=now)
    gathering, _ = await a_proposal(session, people, State.GATHERING, now=now)
    with pytest.raises(WrongState, match="not over"):
        await service.lapse(session, "RAA", gathering, now=now)


async def test_a_locked_proposal_is_put_to_a_ballot_of_its_very_words(session, people, now):
    proposal, then = await a_proposal(session, people, State.LOCKED, now=now)
    ballot = await service.put_to_ballot(
        session, "RAA", proposal, date(2027, 3, 23), date(2027, 4, 7), by=COORDINATOR, now=then
    )
    row = await voting.ballot_of(session, "RAA", ballot)
    assert row.subject == f"proposal {proposal}"
    assert row.question == "Should the trust adopt this proposal: “Rest rooms on every site at night”?"
    assert TEXT.change in row.text
    assert row.opens_at == datetime(2027, 3, 23, 8, tzinfo=UTC)
    assert row.closes_at == datetime(2027, 4, 7, 16, tzinfo=UTC)  # 5pm in summer time
    assert voting.ask_of(row) == Majority("1/2", strict=True, base="valid", turnout_quorum="0")
    found = await read(session, proposal)
    assert (found.state, found.ballot, found.ballots_held) == (State.BALLOTING, ballot, 1)


async def test_dates_that_the_constitution_forbids_arrange_nothing(session, people, now):
    proposal, then = await a_proposal(session, people, State.LOCKED, now=now)
    with pytest.raises(BadInput) as refused:
        await service.put_to_ballot(
            session, "RAA", proposal, date(2027, 3, 16), date(2027, 3, 26), by=COORDINATOR, now=then
        )
    assert set(refused.value.fields) == {"opens_on", "closes_on"}
    assert await voting.ballots_of(session, "RAA") == []
    assert (await read(session, proposal)).state is State.LOCKED


async def test_a_second_click_arranges_no_second_ballot(session, people, now):
    proposal, then = await a_proposal(session, people, State.BALLOTING, now=now)
    with pytest.raises(WrongState, match="Being voted on"):
        await service.put_to_ballot(
            session, "RAA", proposal, date(2027, 5, 5), date(2027, 5, 20), by=COORDINATOR, now=then
        )
    assert len(await voting.ballots_of(session, "RAA")) == 1


async def test_a_carried_proposal_goes_to_the_board_with_its_dates(session, people, now):
    proposal, _ = await a_proposal(session, people, State.BALLOTING, now=now)
    told = datetime(2027, 4, 12, 10, tzinfo=UTC)
    await service.on_declared(session, declared(await read(session, proposal), now=told))
    found = await read(session, proposal)
    assert found.state is State.AWAITING_RESPONSE
    assert found.acknowledgement_due_at == datetime(2027, 4, 19, 16, tzinfo=UTC)
    assert found.response_due_at == datetime(2027, 5, 11, 16, tzinfo=UTC)  # a bank holiday lies between
    assert [step.state for step in found.steps][-2:] == [State.CARRIED, State.AWAITING_RESPONSE]


@pytest.mark.parametrize(("outcome", "state"), [("not carried", State.NOT_CARRIED), ("inquorate", State.INQUORATE)])
async def test_a_proposal_that_is_not_carried_goes_to_no_board(session, people, now, outcome, state):
    proposal, then = await a_proposal(session, people, State.BALLOTING, now=now)
    await service.on_declared(session, declared(await read(session, proposal), outcome, now=then))
    found = await read(session, proposal)
    assert (found.state, found.response_due_at) == (state, None)


async def test_an_inquorate_ballot_is_held_once_more_and_not_twice(session, people, now):
    proposal, then = await a_proposal(session, people, State.BALLOTING, now=now)
    await service.on_declared(session, declared(await read(session, proposal), "inquorate", now=then))
    dates = date(2027, 5, 4), date(2027, 5, 18)
    second = await service.put_to_ballot(session, "RAA", proposal, *dates, by=COORDINATOR, now=then)
    assert (await read(session, proposal)).ballot == second
    await service.on_declared(session, declared(await read(session, proposal), "inquorate", now=then))
    with pytest.raises(WrongState, match="voted on twice"):
        await service.put_to_ballot(session, "RAA", proposal, *dates, by=COORDINATOR, now=then)


async def test_a_vote_that_was_not_held_gives_the_proposal_back_and_counts_as_none(session, people, now):
    proposal, _ = await a_proposal(session, people, State.BALLOTING, now=now)
    ballot = (await read(session, proposal)).ballot
    opened = datetime(2027, 3, 23, 8, tzinfo=UTC)
    await service.on_missed(session, Missed(ballot, "RAA", f"proposal {proposal}", opened))
    found = await read(session, proposal)
    assert (found.state, found.ballot, found.ballots_held, found.vote_missed) == (State.LOCKED, None, 0, True)
    dates = date(2027, 5, 4), date(2027, 5, 18)
    second = await service.put_to_ballot(session, "RAA", proposal, *dates, by=COORDINATOR, now=opened)
    found = await read(session, proposal)
    assert (found.ballot, found.ballots_held, found.vote_missed) == (second, 1, False)
    with pytest.raises(AssertionError):
        await service.on_missed(session, Missed(ballot, "RAA", f"proposal {proposal}", opened))
    await service.on_missed(session, Missed(ballot, "RAA", "survey 7", opened))


@pytest.mark.parametrize("outcome", ["carried", "not carried", "inquorate"])
async def test_a_result_that_is_set_aside_gives_the_proposal_back_for_a_new_vote(session, people, now, outcome):
    proposal, then = await a_proposal(session, people, State.BALLOTING, now=now)
    ballot = (await read(session, proposal)).ballot
    await service.on_declared(session, declared(await read(session, proposal), outcome, now=then))
    await service.on_set_aside(session, Missed(ballot + 1, "RAA", f"proposal {proposal}", then))
    assert (await read(session, proposal)).ballot == ballot, "it is another vote that does not count"
    await service.on_set_aside(session, Missed(ballot, "RAA", f"proposal {proposal}", then))
    found = await read(session, proposal)
    assert (found.state, found.ballot, found.ballots_held, found.response_due_at) == (State.LOCKED, None, 0, None)
    await service.put_to_ballot(session, "RAA", proposal, date(2027, 5, 4), date(2027, 5, 18), by=COORDINATOR, now=then)
    await service.on_set_aside(session, Missed(ballot, "RAA", "survey 7", then))


async def test_a_declaration_on_another_matter_is_none_of_the_councils_business(session, people, now):
    proposal, then = await a_proposal(session, people, State.BALLOTING, now=now)
    other = replace(declared(await read(session, proposal), now=then), subject="survey 7")
    await service.on_declared(session, other)
    assert (await read(session, proposal)).state is State.BALLOTING


async def test_a_declaration_of_a_foreign_ballot_stops_everything(session, people, now):
    proposal, then = await a_proposal(session, people, State.BALLOTING, now=now)
    own = declared(await read(session, proposal), now=then)
    with pytest.raises(AssertionError):
        await service.on_declared(session, replace(own, ballot=own.ballot + 1))
    with pytest.raises(NotFound):
        await service.on_declared(session, replace(own, trust="RBB"))


async def test_a_draft_of_no_trust_is_not_begun(session, people, now):
    with pytest.raises(NotFound, match="no staff council"):
        await a_draft(session, Author(people[0]), "RZZ", now=now)
