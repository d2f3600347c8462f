"""The public pages, and support."""

import pytest
from sqlalchemy import event

from pilot.councils.proposals import State
from pilot.people.roles import Role
from tests.builders import councils
from tests.builders.councils import TEXT
from tests.signing_in import sign_in, sign_in_voter


async def test_everybody_reads_the_list_and_filters_it(house):
    await house.proposal(State.GATHERING)
    await house.proposal(State.DELIBERATING, title="Parking for late shifts")
    page = await house.get(house.at)
    assert TEXT.title in page
    assert "Parking for late shifts" in page
    assert "0 of 3 needed, 28 days left" in page
    only = await house.get(f"{house.at}?show=discussion")
    assert "Parking for late shifts" in only
    assert TEXT.title not in only


async def test_an_empty_list_says_so(house):
    assert "There are no proposals yet." in await house.get(house.at)
    await house.proposal(State.GATHERING)
    assert "No proposal is in this state now." in await house.get(f"{house.at}?show=board")
    assert TEXT.title in await house.get(f"{house.at}?show=nonsense")


async def test_a_trust_without_a_council_says_so(house):
    async with house.client.app.state.store.writing() as session:
        await councils.staff(session, "RBB", 20, now=house.clock())
    assert "This trust has no staff council yet." in await house.get("/trusts/RBB/proposals")
    assert "no staff council yet" in await house.get("/trusts/RBB/council")
    assert "There is no trust with the code" in await house.get("/trusts/RZZ/proposals", status=404)


@pytest.mark.parametrize("state", [State.DRAFT, State.SUBMITTED])
async def test_what_is_not_screened_yet_is_seen_by_its_sponsors_and_the_coordinator_only(house, state):
    address = await house.proposal(state)
    house.as_visitor()
    await house.get(address, status=404)
    await house.as_voter(10)
    await house.get(address, status=404)
    await house.as_secretary()
    await house.get(address, status=404)
    await house.as_voter(0)
    assert TEXT.title in await house.get(address)
    await house.as_coordinator()
    assert TEXT.title in await house.get(address)
    assert TEXT.title not in await house.get(house.at)


@pytest.mark.parametrize("state", [state for state in councils.ROAD if state not in (State.DRAFT, State.SUBMITTED)])
async def test_every_public_state_has_a_page_with_its_words_and_history(house, state):
    page = await house.get(await house.proposal(state))
    for words in (TEXT.title, TEXT.problem, TEXT.change, TEXT.who_decides, TEXT.measure, "P-2027-001", "1 March 2027"):
        assert words in page


async def test_a_voter_supports_and_takes_it_back(house):
    address = await house.proposal(State.GATHERING)
    assert "Enter your voting code to support this proposal" in await house.get(address)
    await house.as_voter()
    assert "Support this proposal" in await house.get(address)
    page = await house.post(f"{address}/support")
    assert "1 of 3 needed, 28 days left" in page
    assert "You support this proposal." in page
    page = await house.post(f"{address}/support/end")
    assert "0 of 3 needed" in page


async def test_a_double_click_counts_once(house):
    address = await house.proposal(State.GATHERING)
    await house.as_voter()
    await house.post(f"{address}/support")
    assert "1 of 3 needed" in await house.post(f"{address}/support")


async def test_nobody_but_staff_of_the_trust_supports(house):
    address = await house.proposal(State.GATHERING)
    await house.post(f"{address}/support", status=403)
    await house.as_coordinator()
    await house.post(f"{address}/support", status=403)
    async with house.client.app.state.store.writing() as session:
        others = await councils.staff(session, "RBB", 20, now=house.clock())
    await sign_in_voter(house.client, others[0])
    await house.post(f"{address}/support", status=403)
    await house.post(address.replace("RAA", "RBB") + "/support", status=404)
    assert "0 of 3 needed" in await house.get(address)


async def test_the_third_supporter_opens_the_discussion_and_a_fourth_comes_too_late(house):
    address = await house.proposal(State.GATHERING)
    for place in (10, 11, 12):
        await house.as_voter(place)
        page = await house.post(f"{address}/support")
    assert "Being discussed" in page
    assert "It can be discussed until 5pm on Monday 15 March 2027" in page
    await house.as_voter(13)
    assert "not being gathered now" in await house.post(f"{address}/support", status=409)


async def test_pages_never_tell_who_supports_or_sponsors(house):
    address = await house.proposal(State.GATHERING)
    await house.as_voter(10)
    await house.post(f"{address}/support")
    await house.as_coordinator()
    for page in (await house.get(address), await house.get(house.at)):
        assert "Worker" not in page


async def test_a_locked_text_shows_its_fingerprint_and_a_ballot_the_way_to_vote(house):
    from pilot.councils.proposals import fingerprint

    assert fingerprint(TEXT) in await house.get(await house.proposal(State.LOCKED))
    assert 'href="/vote"' in await house.get(await house.proposal(State.BALLOTING))


async def test_a_carried_proposal_links_to_the_result(house):
    page = await house.get(await house.proposal(State.AWAITING_RESPONSE))
    assert "/trusts/RAA/ballots/1/result" in page


async def test_a_late_board_is_told_to_everybody(house):
    address = await house.proposal(State.AWAITING_RESPONSE)
    page = await house.get(address)
    assert "Overdue" not in page
    assert "The board has to say that it has the result by 5pm on Thursday 22 April 2027" in page
    house.clock.forward(days=9)
    for place in (address, house.at, "/trusts/RAA/responses"):
        assert "Overdue by 1 working day" in await house.get(place)
    house.clock.forward(days=60)
    page = await house.get(address)
    assert "The council's rules now call on the chair and the programme board to answer." in page


async def test_lateness_past_the_known_bank_holidays_is_told_without_a_count(house):
    address = await house.proposal(State.AWAITING_RESPONSE)
    house.clock.forward(days=900)
    assert "Overdue since 14 May 2027" in await house.get(address)


async def test_the_council_page_tells_seats_and_rules_in_words(house):
    page = await house.get("/trusts/RAA/council")
    assert "Nobody sits on the council yet." in page
    assert "7% of staff must support it, or 100 people if that is fewer." in page
    assert "Version 1, in force since 1 March 2027" in page


async def test_an_evaluator_reads_what_is_public(house):
    address = await house.proposal(State.GATHERING)
    await sign_in(house.client, Role.EVALUATOR)
    assert TEXT.title in await house.get(address)


@pytest.mark.parametrize(("number", "most"), [(1, 5), (4, 5)])
async def test_the_list_asks_the_database_no_more_for_more_proposals(house, number, most):
    for _ in range(number):
        await house.proposal(State.GATHERING)
    asked = []
    engine = house.client.app.state.store._readers.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    await house.get(house.at)
    assert len(asked) <= most, asked
