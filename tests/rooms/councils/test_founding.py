"""Making a council, its constitution and its seats; and what the tables themselves refuse."""

from datetime import date, timedelta

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from pilot.audit.tables import EventRow
from pilot.councils import queries, service
from pilot.councils.constitution import Constitution
from pilot.councils.proposals import State
from pilot.councils.tables import ProposalRow, ResponseRow, SeatRow
from pilot.errors import BadInput, NotFound, WrongState
from pilot.people.tables import TrustRow
from tests.builders.councils import COORDINATOR, a_proposal


async def test_a_council_has_its_first_constitution_from_the_start(session, people, now):
    version = await queries.constitution_on(session, "RAA", now.date())
    assert (version.number, version.effective_from) == (1, now.date())
    assert version.constitution == Constitution(support_percent=7)


async def test_a_trust_has_one_council_and_a_control_has_none(session, people, now):
    with pytest.raises(WrongState, match="already"):
        await service.make_council(session, "RAA", "Second", by=COORDINATOR, now=now)
    session.add(TrustRow(ods_code="RCC", name="Control", arm="control"))
    await session.flush()
    with pytest.raises(WrongState, match="control group"):
        await service.make_council(session, "RCC", "Council", by=COORDINATOR, now=now)
    with pytest.raises(NotFound):
        await service.make_council(session, "RZZ", "Council", by=COORDINATOR, now=now)


async def test_the_version_in_force_is_the_newest_that_has_begun(session, people, now):
    later = now.date() + timedelta(days=30)
    new = Constitution(support_percent=10)
    assert await service.amend(session, "RAA", new, effective_from=later, by=COORDINATOR, now=now) == 2
    assert (await queries.constitution_on(session, "RAA", now.date())).number == 1
    assert (await queries.constitution_on(session, "RAA", later)).constitution == new
    with pytest.raises(NotFound):
        await queries.constitution_on(session, "RAA", now.date() - timedelta(days=1))


async def test_a_constitution_out_of_bounds_or_in_the_past_is_refused(session, people, now):
    with pytest.raises(BadInput) as refused:
        await service.amend(
            session, "RAA", Constitution(sponsor_min=0), effective_from=now.date(), by=COORDINATOR, now=now
        )
    assert set(refused.value.fields) == {"sponsor_min"}
    with pytest.raises(BadInput):
        await service.amend(session, "RAA", Constitution(), effective_from=date(2027, 2, 1), by=COORDINATOR, now=now)


async def test_seats_are_filled_by_bodies_given_up_and_then_empty(session, people, now):
    held = await service.seat(session, "RAA", "Unison", "Ada Porter", held_from=now.date(), by=COORDINATOR, now=now)
    await service.seat(session, "RAA", "Estates", None, held_from=None, by=COORDINATOR, now=now)
    seats = await queries.seats(session, "RAA", now.date())
    assert [(one.body, one.holder, one.selection_method) for one in seats] == [
        ("Estates", None, "nomination_by_body"),
        ("Unison", "Ada Porter", "nomination_by_body"),
    ]
    await service.give_up_seat(session, "RAA", held, last_day=now.date(), by=COORDINATOR, now=now)
    tomorrow = await queries.seats(session, "RAA", now.date() + timedelta(days=1))
    assert [(one.body, one.holder) for one in tomorrow] == [("Estates", None), ("Unison", None)]
    with pytest.raises(WrongState):
        await service.give_up_seat(session, "RAA", held, last_day=now.date(), by=COORDINATOR, now=now)


async def test_a_seat_needs_its_body_and_a_holder_a_day(session, people, now):
    with pytest.raises(BadInput) as refused:
        await service.seat(session, "RAA", " ", "Ada", held_from=None, by=COORDINATOR, now=now)
    assert set(refused.value.fields) == {"body", "held_from"}


async def test_making_and_changing_is_written_down(session, people, now):
    await service.seat(session, "RAA", "Unison", None, held_from=None, by=COORDINATOR, now=now)
    events = await session.scalars(select(EventRow).where(EventRow.actor == COORDINATOR).order_by(EventRow.number))
    assert [(event.verb, event.actor, event.trust) for event in events] == [
        ("council made", COORDINATOR, "RAA"),
        ("seat made", COORDINATOR, "RAA"),
    ]


@pytest.mark.parametrize(
    "values",
    [
        {"state": "lost"},
        {"year": None},
        {"title": ""},
        {"support_needed": None},
        {"support_needed": 0},
        {"state": "returned", "reason": ""},
        {"state": "referred", "reason": "Pay", "referred_to": ""},
        {"state": "deliberating", "deliberation_ends_at": None},
        {"state": "locked", "fingerprint": None},
        {"fingerprint": "0" * 64},
        {"ballot_id": 3},
        {"ballots_held": 3},
        {"state": "awaiting response", "fingerprint": "0" * 64, "ballot_id": 3},
    ],
    ids=str,
)
async def test_the_table_refuses_a_proposal_that_cannot_be(session, people, now, values):
    proposal, _ = await a_proposal(session, people, State.GATHERING, now=now)
    with pytest.raises(IntegrityError):
        await session.execute(update(ProposalRow).where(ProposalRow.id == proposal).values(**values))


@pytest.mark.parametrize(
    "values",
    [
        {"decision": "declined"},
        {"decision": "accepted", "ground": "cost"},
        {"decision": "accepted", "changes": "some"},
        {"decision": "accepted with changes"},
        {"decision": "deferred"},
        {"decision": "accepted", "reasons": ""},
        {"decision": "perhaps"},
    ],
    ids=str,
)
async def test_the_table_refuses_an_answer_that_cannot_be(session, people, now, values):
    proposal, then = await a_proposal(session, people, State.ACKNOWLEDGED, now=now)
    row = {"proposal_id": proposal, "reasons": "Because.", "published_at": then, **values}
    with pytest.raises(IntegrityError):
        await session.execute(insert(ResponseRow).values(**row))


@pytest.mark.parametrize(
    "values",
    [
        {"holder_name": "Ada"},
        {"held_from": date(2027, 1, 1)},
        {"selection_method": "election"},
        {"holder_name": "Ada", "held_from": date(2027, 2, 1), "held_to": date(2027, 1, 1)},
    ],
    ids=str,
)
async def test_the_table_refuses_a_seat_that_cannot_be(session, people, now, values):
    council = await queries.council_of(session, "RAA")
    with pytest.raises(IntegrityError):
        await session.execute(insert(SeatRow).values(council_id=council.id, body="Unison", **values))
