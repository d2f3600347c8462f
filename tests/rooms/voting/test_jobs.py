"""What the clock does with ballots: each step once, each in its own transaction."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from pilot.audit.tables import EventRow
from pilot.errors import WrongState
from pilot.secrecy.tables import LeafRow
from pilot.voting import queries, service
from pilot.voting.ballots import Missed
from pilot.voting.jobs import due
from pilot.voting.lifecycle import State
from tests.builders.voting import (
    ARRANGED,
    CLOSES,
    DECLARED,
    OFFICER,
    OPENS,
    SCRIPT,
    a_frozen_ballot,
    a_roll,
    an_arranged_ballot,
    nobody_is_told,
    votes,
)


async def state(store, ballot):
    async with store.reading() as session:
        return State((await queries.ballot(session, ballot)).state)


async def test_a_ballot_opens_closes_and_is_counted_by_the_clock(store):
    async with store.writing() as session:
        ballot = await a_frozen_ballot(session)
        await votes(session, ballot, ["yes"] * 3)
    assert await due(store, OPENS - timedelta(seconds=1), nobody_is_told) == []
    assert await due(store, OPENS, nobody_is_told) == ["RAA: vote opened, ballot 1."]
    assert await due(store, OPENS, nobody_is_told) == []
    done = await due(store, CLOSES, nobody_is_told)
    assert done == ["RAA: vote closed, ballot 1.", "RAA: votes counted, ballot 1."]
    assert await due(store, DECLARED, nobody_is_told) == []
    assert await state(store, ballot) is State.TALLIED


async def test_a_server_that_slept_through_a_whole_ballot_catches_up(store):
    async with store.writing() as session:
        ballot = await a_frozen_ballot(session)
    assert len(await due(store, DECLARED, nobody_is_told)) == 3
    assert await state(store, ballot) is State.TALLIED


async def test_one_broken_ballot_keeps_no_other_from_closing(store):
    async with store.writing() as session:
        broken = await a_frozen_ballot(session)
        whole = await an_arranged_ballot(session)
        await service.freeze_electorate(session, whole, by=OFFICER, now=ARRANGED, script=SCRIPT)
        await votes(session, broken, ["yes"] * 2)
        await votes(session, whole, ["no"] * 2)
        box = (await queries.ballot(session, broken)).box_id
        await session.execute(update(LeafRow).where(LeafRow.box_id == box, LeafRow.number == 1).values(body=b"{}"))
    await due(store, OPENS, nobody_is_told)
    with pytest.raises(ExceptionGroup) as raised:
        await due(store, CLOSES, nobody_is_told)
    (fault,) = raised.value.exceptions
    assert fault.__notes__ == [f"This happened to the ballot with the id {broken}."]
    assert (await state(store, broken), await state(store, whole)) == (State.OPEN, State.TALLIED)


async def test_a_ballot_without_a_list_of_voters_is_called_off_when_it_was_to_open(store):
    told = []

    async def on_missed(_session, missed):
        told.append(missed)

    async with store.writing() as session:
        await a_roll(session)
        ballot = await an_arranged_ballot(session, subject="proposal 12")
    assert await due(store, OPENS - timedelta(seconds=1), on_missed) == []
    assert await due(store, OPENS, on_missed) == [
        "RAA: ballot 1 was not held: its list of voters was not fixed before it was to open."
    ]
    assert await due(store, DECLARED, on_missed) == []
    assert told == [Missed(ballot, "RAA", "proposal 12", OPENS)]
    assert await state(store, ballot) is State.MISSED
    async with store.reading() as session:
        assert (await session.scalars(select(EventRow.verb).order_by(EventRow.number.desc()).limit(1))).one() == (
            "vote not held"
        )


async def test_a_ballot_is_not_called_off_when_nobody_could_be_told(store):
    async def on_missed(_session, _missed):
        raise WrongState("This proposal has just moved on.")

    async with store.writing() as session:
        await a_roll(session)
        ballot = await an_arranged_ballot(session)
    assert await due(store, OPENS, on_missed) == []
    assert await state(store, ballot) is State.ARRANGED
