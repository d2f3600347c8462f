"""Support: counted once, told as a number, traced nowhere."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from pilot.audit.tables import EventRow
from pilot.councils import queries, service
from pilot.councils.proposals import State
from pilot.councils.tables import SupporterRow
from pilot.errors import NotAllowed, WrongState
from tests.builders.councils import a_proposal, staff


async def count_events(session):
    return await session.scalar(select(func.count()).select_from(EventRow))


async def test_a_double_click_counts_once(session, people, now):
    proposal, _ = await a_proposal(session, people, State.GATHERING, now=now)
    for _ in range(2):
        await service.support(session, "RAA", proposal, person=people[5], now=now)
    assert (await queries.proposal(session, "RAA", proposal)).supporters == 1
    assert await queries.supports(session, proposal, people[5])
    assert not await queries.supports(session, proposal, people[6])


async def test_support_is_taken_back_as_often_as_one_likes(session, people, now):
    proposal, _ = await a_proposal(session, people, State.GATHERING, now=now)
    await service.support(session, "RAA", proposal, person=people[5], now=now)
    for _ in range(2):
        await service.take_back_support(session, "RAA", proposal, person=people[5], now=now)
    assert (await queries.proposal(session, "RAA", proposal)).supporters == 0


async def test_support_writes_no_event(session, people, now):
    proposal, _ = await a_proposal(session, people, State.GATHERING, now=now)
    before = await count_events(session)
    await service.support(session, "RAA", proposal, person=people[5], now=now)
    await service.take_back_support(session, "RAA", proposal, person=people[5], now=now)
    assert await count_events(session) == before


def test_support_keeps_who_and_what_and_nothing_else():
    assert set(SupporterRow.__table__.columns.keys()) == {"proposal_id", "person_id"}
    assert SupporterRow.__table__.dialect_options["sqlite"]["with_rowid"] is False


async def test_the_last_supporter_opens_the_discussion_in_the_same_transaction(session, people, now):
    proposal, _ = await a_proposal(session, people, State.GATHERING, now=now)
    for person in people[5:8]:
        assert (await queries.proposal(session, "RAA", proposal)).state is State.GATHERING
        await service.support(session, "RAA", proposal, person=person, now=now)
    found = await queries.proposal(session, "RAA", proposal)
    assert found.state is State.DELIBERATING
    assert [step.state for step in found.steps][-2:] == [State.QUALIFIED, State.DELIBERATING]
    assert found.deliberation_ends_at == now.replace(day=15, hour=17)


async def test_the_log_does_not_tell_when_the_last_supporter_came(session, people, now):
    await a_proposal(session, people, State.DELIBERATING, now=now)
    events = await session.scalars(select(EventRow).where(EventRow.actor == "enough supporters"))
    assert {(event.at.hour, event.at.minute) for event in events} == {(0, 0)}


async def test_withdrawing_support_after_the_threshold_has_no_effect(session, people, now):
    proposal, _ = await a_proposal(session, people, State.DELIBERATING, now=now)
    with pytest.raises(WrongState, match="not being gathered"):
        await service.take_back_support(session, "RAA", proposal, person=people[0], now=now)
    assert (await queries.proposal(session, "RAA", proposal)).supporters == 3


async def test_support_ends_by_the_servers_clock_even_before_the_next_minute(session, people, now):
    proposal, _ = await a_proposal(session, people, State.GATHERING, now=now)
    with pytest.raises(WrongState, match="is over"):
        await service.support(session, "RAA", proposal, person=people[5], now=now + timedelta(days=29))


async def test_somebody_of_another_trust_cannot_support(session, people, now):
    others = await staff(session, "RBB", 20, now=now)
    proposal, _ = await a_proposal(session, people, State.GATHERING, now=now)
    with pytest.raises(NotAllowed, match="not on the staff roll"):
        await service.support(session, "RAA", proposal, person=others[0], now=now)


async def test_a_draft_gathers_no_support(session, people, now):
    proposal, _ = await a_proposal(session, people, State.SUBMITTED, now=now)
    with pytest.raises(WrongState):
        await service.support(session, "RAA", proposal, person=people[5], now=now)


async def test_the_database_itself_counts_a_person_once(session, people, now):
    proposal, _ = await a_proposal(session, people, State.GATHERING, now=now)
    await service.support(session, "RAA", proposal, person=people[5], now=now)
    session.expunge_all()
    session.add(SupporterRow(proposal_id=proposal, person_id=people[5]))
    with pytest.raises(IntegrityError):
        await session.flush()
