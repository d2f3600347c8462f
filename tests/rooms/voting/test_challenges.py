"""After the declaration: a result is questioned and stands or not; and two people destroy its sealed votes."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from pilot.errors import NotAllowed, WrongState
from pilot.people import queries as people
from pilot.people.roles import Role
from pilot.secrecy import service as secrecy
from pilot.secrecy.tables import EnvelopeRow, ItemRow, PaperRow, StampRow
from pilot.voting import jobs, queries, service
from pilot.voting.tables import BallotRow
from tests.builders.own_ballots import an_own_ballot
from tests.builders.people import an_account
from tests.builders.voting import DECLARED, NIGHT, OFFICER, OPENS, a_frozen_ballot, declared, nobody_is_told, votes

OTHER = "account 2"
OVER = DECLARED + timedelta(days=21)
SAID = {"kind": "candidate", "name": "Amy Osei", "grounds": "The poster named the wrong day"}
WHY = "The day was right on every slip"


@pytest.fixture
async def ballot(session):
    """A declared ballot of 25 voters with three votes."""
    found = await a_frozen_ballot(session)
    await votes(session, found, ["yes", "no", "yes"])
    await declared(session, found)
    return found


async def questioned(session, ballot, now=DECLARED, **changes):
    return await service.challenge(session, ballot, **(SAID | changes), by=OFFICER, now=now)


async def set_aside(session, ballot, challenge, reasons=WHY):
    """Uphold a question; what is told to whoever asked for the vote."""
    told = []

    async def tell(_session, news):
        told.append(news)

    said = {"reasons": reasons, "by": OFFICER, "now": DECLARED}
    await service.uphold(session, ballot, challenge, **said, on_set_aside=tell)
    return told


async def state(session, ballot):
    return (await queries.ballot(session, ballot)).state


async def final(session, ballot):
    await service.finish(session, ballot, now=OVER)


async def test_a_questioned_result_is_not_final_until_it_is_decided(session, ballot):
    found = await questioned(session, ballot)
    assert await state(session, ballot) == "challenged"
    assert ballot not in await queries.to_finish(session, OVER)
    with pytest.raises(WrongState):
        await service.finish(session, ballot, now=OVER)
    with pytest.raises(WrongState):
        await service.ask_to_erase(session, ballot, by=OFFICER, now=OVER)
    await service.dismiss(session, ballot, found, reasons=WHY, by=OFFICER, now=OVER)
    assert await state(session, ballot) == "declared"
    assert ballot in await queries.to_finish(session, OVER)
    assert (await queries.declared(session, ballot)).votes["yes"] == 2


async def test_a_result_is_declared_already_also_when_it_is_questioned_or_its_votes_are_destroyed(session, ballot):
    async def refused():
        with pytest.raises(WrongState, match="declared already"):
            await service.to_declare(session, "RAA", ballot)

    found = await questioned(session, ballot)
    await refused()
    await service.dismiss(session, ballot, found, reasons=WHY, by=OFFICER, now=OVER)
    await final(session, ballot)
    await service.ask_to_erase(session, ballot, by=OFFICER, now=OVER)
    await service.erase(session, ballot, by=OTHER, now=OVER)
    await refused()


async def test_of_two_questions_both_must_be_decided(session, ballot):
    one, two = await questioned(session, ballot), await questioned(session, ballot, kind="scrutineer")
    await service.dismiss(session, ballot, one, reasons=WHY, by=OFFICER, now=DECLARED)
    assert await state(session, ballot) == "challenged"
    with pytest.raises(WrongState, match="decided already"):
        await set_aside(session, ballot, one)
    await service.dismiss(session, ballot, two, reasons=WHY, by=OFFICER, now=DECLARED)
    assert await state(session, ballot) == "declared"
    await questioned(session, ballot)
    assert await state(session, ballot) == "challenged"


async def test_a_result_that_is_set_aside_does_not_count_and_says_why(session, ballot):
    found = await questioned(session, ballot)
    told = await set_aside(session, ballot, found, "The poster was wrong")
    assert [(one.ballot, one.subject) for one in told] == [(ballot, "proposal 1")]
    row = await queries.ballot(session, ballot)
    assert (row.state, row.over_because) == ("void", "The poster was wrong.")
    assert [one.what for one in await service.disturbances(session, row)] == ["void"]
    for verb in (questioned(session, ballot), final(session, ballot)):
        with pytest.raises(WrongState):
            await verb


async def test_a_result_is_questioned_for_21_days(session, ballot):
    row = await queries.ballot(session, ballot)
    assert await service.can_be_questioned(session, row, now=OVER - timedelta(seconds=1))
    assert not await service.can_be_questioned(session, row, now=OVER)
    with pytest.raises(WrongState, match="21 days"):
        await questioned(session, ballot, OVER)
    await final(session, ballot)
    assert not await service.can_be_questioned(session, await queries.ballot(session, ballot), now=OVER)


async def test_nothing_is_questioned_before_the_declaration(session):
    ballot = await a_frozen_ballot(session)
    with pytest.raises(WrongState):
        await questioned(session, ballot)


async def held(session, box):
    """How many rows of each kind the box holds."""
    kinds = (EnvelopeRow, ItemRow, StampRow, PaperRow)
    return [await session.scalar(select(func.count()).select_from(kind).where(kind.box_id == box)) for kind in kinds]


async def test_two_people_destroy_the_sealed_votes_and_the_record_stays(session, ballot):
    await final(session, ballot)
    record, box = await queries.record(session, ballot), (await queries.ballot(session, ballot)).box_id
    await service.ask_to_erase(session, ballot, by=OFFICER, now=OVER)
    assert (await held(session, box))[0] == 3
    with pytest.raises(NotAllowed, match="somebody else must confirm"):
        await service.erase(session, ballot, by=OFFICER, now=OVER)
    await service.erase(session, ballot, by=OTHER, now=OVER)
    row = await queries.ballot(session, ballot)
    assert (row.state, row.erase_asked_by, row.erased_by) == ("erased", OFFICER, OTHER)
    assert (await held(session, box))[:3] == [0, 0, 0]
    assert await queries.record(session, ballot) == record
    assert (await secrecy.log_lines(session, box)).endswith(b'{"type":"erase","what":"sealed votes"}\n')
    with pytest.raises(WrongState):
        await service.ask_to_erase(session, ballot, by=OFFICER, now=OVER)


async def test_the_sealed_votes_of_a_result_that_does_not_count_are_destroyed_and_it_still_says_so(session, ballot):
    await set_aside(session, ballot, await questioned(session, ballot), "The poster was wrong")
    row = await queries.ballot(session, ballot)
    with pytest.raises(WrongState, match="kept for 21 days"):
        await service.ask_to_erase(session, ballot, by=OFFICER, now=OVER - timedelta(seconds=1))
    await service.ask_to_erase(session, ballot, by=OFFICER, now=OVER)
    with pytest.raises(NotAllowed, match="somebody else must confirm"):
        await service.erase(session, ballot, by=OFFICER, now=OVER)
    assert (await held(session, row.box_id))[0] == 3
    await service.erase(session, ballot, by=OTHER, now=OVER)
    assert (await held(session, row.box_id))[:3] == [0, 0, 0]
    assert (row.state, row.erased_by, row.erased_on) == ("void", OTHER, OVER.date())
    assert row.over_because == "The poster was wrong."
    for again in (service.ask_to_erase, service.erase):
        with pytest.raises(WrongState, match="destroyed already"):
            await again(session, ballot, by=OFFICER, now=OVER)


async def test_a_vote_that_was_stopped_has_nothing_left_to_destroy(session):
    ballot = await a_frozen_ballot(session)
    await service.open_ballot(session, ballot, now=OPENS)
    await service.suspend(session, ballot, reason="Wrong", by=OFFICER, now=NIGHT)
    await service.void(session, ballot, reason="Wrong", by=OFFICER, now=NIGHT, on_missed=nobody_is_told)
    with pytest.raises(WrongState, match="destroyed already"):
        await service.ask_to_erase(session, ballot, by=OFFICER, now=OVER)


async def test_nothing_is_destroyed_unasked_or_when_it_was_taken_back(session, ballot):
    await final(session, ballot)
    with pytest.raises(WrongState, match="Nobody has asked"):
        await service.erase(session, ballot, by=OTHER, now=OVER)
    await service.ask_to_erase(session, ballot, by=OFFICER, now=OVER)
    with pytest.raises(WrongState, match="already"):
        await service.ask_to_erase(session, ballot, by=OTHER, now=OVER)
    await service.take_back_erase(session, ballot, by=OFFICER, now=OVER)
    with pytest.raises(WrongState, match="Nobody has asked"):
        await service.erase(session, ballot, by=OTHER, now=OVER)


async def test_nothing_is_destroyed_before_the_result_is_final(session, ballot):
    with pytest.raises(WrongState, match="when its result is final"):
        await service.ask_to_erase(session, ballot, by=OFFICER, now=OVER)


async def test_the_database_itself_holds_that_two_people_destroy(session, ballot):
    await final(session, ballot)
    await service.ask_to_erase(session, ballot, by=OFFICER, now=OVER)
    with pytest.raises(IntegrityError):
        await session.execute(
            update(BallotRow)
            .where(BallotRow.id == ballot)
            .values(state="erased", erased_by=OFFICER, erased_on=OVER.date())
        )


async def test_a_trustee_of_the_vote_an_auditor_or_an_officer_is_the_second_person(session):
    own = await an_own_ballot(session)
    await own.close(session, "yn")
    await own.declare(session)
    later = OVER + timedelta(days=2)
    await final(session, own.id)
    stranger = await an_account(session, Role.TRUSTEE, "RAA", email="stranger@example.org")
    auditor = await an_account(session, Role.AUDITOR, None, email="auditor@example.org")
    for who in (await own.officer(session, 2), await people.officer(session, auditor)):
        assert (await service.to_erase(session, "RAA", own.id, who, now=later)).id == own.id
    with pytest.raises(NotAllowed):
        await service.to_erase(session, "RAA", own.id, await people.officer(session, stranger), now=later)
    await service.ask_to_erase(session, own.id, by="account 77", now=later)
    await service.erase(session, own.id, by=(await own.scrutineer(session)).actor, now=later)
    assert await state(session, own.id) == "erased"


async def test_the_clock_makes_a_result_final_that_was_questioned_and_stands(store):
    async with store.writing() as session:
        ballot = await a_frozen_ballot(session)
        await declared(session, ballot)
        found = await questioned(session, ballot)
    await jobs.due(store, OVER, nobody_is_told)
    async with store.writing() as session:
        assert await state(session, ballot) == "challenged"
        await service.dismiss(session, ballot, found, reasons=WHY, by=OFFICER, now=OVER)
    await jobs.due(store, OVER, nobody_is_told)
    async with store.reading() as session:
        assert await state(session, ballot) == "final"
