"""Writing a proposal and finding sponsors, with a real database."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from pilot.audit.tables import EventRow
from pilot.councils import queries, service
from pilot.councils.proposals import State
from pilot.councils.service import Author
from pilot.errors import BadInput, NotAllowed, NotFound, WrongState
from tests.builders.councils import COORDINATOR, NO_TO_ALL, TEXT, a_council, a_draft, a_proposal, staff


async def read(session, proposal):
    return await queries.proposal(session, "RAA", proposal)


async def test_a_draft_is_seen_by_nobody_else_and_has_no_reference(session, people, now):
    proposal = await a_draft(session, Author(people[0]), now=now)
    found = await read(session, proposal)
    assert (found.state, found.reference, found.is_public) == (State.DRAFT, None, False)
    assert found.text == TEXT
    assert found.sponsors == 1
    assert await queries.proposals_of_trust(session, "RAA") == ()


async def test_the_second_sponsor_submits_it_and_it_gets_the_years_next_reference(session, people, now):
    first, _ = await a_proposal(session, people, State.SUBMITTED, now=now)
    second, _ = await a_proposal(session, people[2:], State.SUBMITTED, now=now)
    assert [(await read(session, one)).reference for one in (first, second)] == ["P-2027-001", "P-2027-002"]
    found = await read(session, first)
    assert found.screening_due_at == now.replace(day=8, hour=17)
    assert [step.state for step in found.steps] == [State.DRAFT, State.SUBMITTED]


async def test_references_begin_again_each_year_and_in_each_trust(session, people, now):
    await a_proposal(session, people, State.SUBMITTED, now=now)
    later, _ = await a_proposal(session, people, State.SUBMITTED, now=now + timedelta(days=320))
    assert (await read(session, later)).reference == "P-2028-001"
    others = await staff(session, "RBB", 20, now=now)
    await service.make_council(session, "RBB", "Council", by=COORDINATOR, now=now)
    elsewhere, _ = await a_proposal(session, others, State.SUBMITTED, "RBB", now=now)
    assert (await queries.proposal(session, "RBB", elsewhere)).reference == "P-2027-001"


async def test_an_incomplete_draft_names_everything_that_is_missing(session, people, now):
    proposal = await service.begin(session, "RAA", "A title", author=Author(people[0]), now=now)
    with pytest.raises(BadInput) as refused:
        await service.ask_for_sponsors(session, "RAA", proposal, author=Author(people[0]), now=now)
    assert set(refused.value.fields) == {"problem", "change", "who_decides", "measure", "scope"}


async def test_a_proposal_about_pay_is_told_where_to_go_and_not_sent_on(session, people, now):
    author = Author(people[0])
    proposal = await a_draft(session, author, now=now)
    told = await service.answer_scope(session, "RAA", proposal, NO_TO_ALL | {"pay": True}, author=author, now=now)
    assert list(told) == ["pay"]
    with pytest.raises(BadInput, match="not complete") as refused:
        await service.ask_for_sponsors(session, "RAA", proposal, author=author, now=now)
    assert refused.value.fields["scope"].startswith("This is about pay.")


async def test_words_that_point_at_a_patient_are_not_stored(session, people, now):
    author = Author(people[0])
    proposal = await a_draft(session, author, now=now)
    with pytest.raises(BadInput) as refused:
        await service.write(session, "RAA", proposal, "problem", "See 943 476 5919", author=author, now=now)
    assert "an NHS number (“943 476 5919”)" in refused.value.fields["problem"]
    assert (await read(session, proposal)).text.problem == TEXT.problem


async def test_only_the_writer_may_write(session, people, now):
    proposal = await a_draft(session, Author(people[0]), now=now)
    for other in (Author(people[1]), Author(None, COORDINATOR)):
        with pytest.raises(NotAllowed):
            await service.write(session, "RAA", proposal, "title", "Mine", author=other, now=now)
        with pytest.raises(NotAllowed):
            await service.withdraw(session, "RAA", proposal, author=other, now=now)


async def test_one_person_cannot_be_two_sponsors(session, people, now):
    author = Author(people[0])
    proposal = await a_draft(session, author, now=now)
    asked = await service.ask_for_sponsors(session, "RAA", proposal, author=author, now=now)
    again = await service.put_name_to(session, "RAA", proposal, asked.invitation, person=people[0], now=now)
    assert (again.sponsors, again.state) == (1, State.DRAFT)


async def test_a_wrong_address_or_another_trusts_staff_cannot_sponsor(session, people, now):
    author = Author(people[0])
    others = await staff(session, "RBB", 20, now=now)
    proposal = await a_draft(session, author, now=now)
    with pytest.raises(NotFound):
        await service.put_name_to(session, "RAA", proposal, "guess", person=people[1], now=now)
    asked = await service.ask_for_sponsors(session, "RAA", proposal, author=author, now=now)
    with pytest.raises(NotFound):
        await service.put_name_to(session, "RAA", proposal, "guess", person=people[1], now=now)
    with pytest.raises(NotAllowed):
        await service.put_name_to(session, "RAA", proposal, asked.invitation, person=others[0], now=now)


async def test_new_words_take_other_names_off_and_end_the_old_address(session, people, now):
    author = Author(None, COORDINATOR)
    proposal = await a_draft(session, author, now=now)
    asked = await service.ask_for_sponsors(session, "RAA", proposal, author=author, now=now)
    await service.put_name_to(session, "RAA", proposal, asked.invitation, person=people[1], now=now)
    await service.write(session, "RAA", proposal, "title", "Another title", author=author, now=now)
    assert (await read(session, proposal)).sponsors == 0
    with pytest.raises(NotFound, match="no longer in use"):
        await service.put_name_to(session, "RAA", proposal, asked.invitation, person=people[2], now=now)


async def test_a_coordinator_writes_for_the_council_and_two_of_the_staff_sponsor(session, people, now):
    author = Author(None, COORDINATOR)
    proposal = await a_draft(session, author, now=now)
    asked = await service.ask_for_sponsors(session, "RAA", proposal, author=author, now=now)
    for person, state in ((people[5], State.DRAFT), (people[6], State.SUBMITTED)):
        found = await service.put_name_to(session, "RAA", proposal, asked.invitation, person=person, now=now)
        assert found.state is state


async def test_one_sponsor_is_enough_where_the_constitution_says_so(session, now):
    people = await staff(session, "RCC", 20, now=now)
    await a_council(session, "RCC", now=now, sponsor_min=1)
    proposal = await a_draft(session, Author(people[0]), "RCC", now=now)
    sent = await service.ask_for_sponsors(session, "RCC", proposal, author=Author(people[0]), now=now)
    assert sent.state is State.SUBMITTED


async def test_a_submitted_proposal_is_not_written_any_more(session, people, now):
    proposal, _ = await a_proposal(session, people, State.SUBMITTED, now=now)
    with pytest.raises(WrongState, match="cannot be changed"):
        await service.write(session, "RAA", proposal, "title", "New", author=Author(people[0]), now=now)


async def test_the_writer_may_take_it_back_until_the_text_is_locked(session, people, now):
    for state in (State.DRAFT, State.SUBMITTED, State.GATHERING, State.DELIBERATING):
        proposal, then = await a_proposal(session, people, state, now=now)
        await service.withdraw(session, "RAA", proposal, author=Author(people[0]), now=then)
        assert (await read(session, proposal)).state is State.WITHDRAWN
    proposal, then = await a_proposal(session, people, State.LOCKED, now=now)
    with pytest.raises(WrongState):
        await service.withdraw(session, "RAA", proposal, author=Author(people[0]), now=then)


async def test_the_log_tells_what_sponsors_did_and_never_who_they_are(session, people, now):
    await a_proposal(session, people, State.SUBMITTED, now=now)
    events = (await session.scalars(select(EventRow).order_by(EventRow.number))).all()
    theirs = [event for event in events if event.subject.startswith("proposal")]
    assert {event.actor for event in theirs} == {"a sponsor"}
    assert {"proposal begun", "sponsors asked", "name put to proposal", "proposal submitted"} <= {
        e.verb for e in theirs
    }
    assert "person" not in str([event.detail for event in theirs])


async def test_another_trusts_proposal_cannot_be_found(session, people, now):
    proposal, _ = await a_proposal(session, people, State.GATHERING, now=now)
    with pytest.raises(NotFound):
        await queries.proposal(session, "RBB", proposal)
