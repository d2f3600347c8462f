"""The coordinator's pages: screening, dates of a vote, council and seats."""

import re

import pytest

from pilot.app import do_what_is_due
from pilot.councils.proposals import State
from pilot.people.roles import Role
from tests.builders import councils
from tests.builders.councils import TEXT
from tests.signing_in import sign_in, sign_in_voter


async def test_the_coordinator_opens_a_proposal_for_support(house):
    address = await house.proposal(State.SUBMITTED)
    await house.as_coordinator()
    assert "1 proposal to check" in await house.get(house.at)
    assert "Check it by 5pm on Monday 8 March 2027" in await house.get("/trusts/RAA/screening")
    page = await house.post(f"{address}/screening", {"decision": "take in"})
    assert "Gathering support" in page
    assert "Nothing waits to be checked." in await house.get("/trusts/RAA/screening")


async def test_words_that_may_be_a_name_are_marked(house):
    address = await house.proposal(State.SUBMITTED, problem="Ask Dr Foster why there is no room.")
    await house.as_coordinator()
    page = await house.get(f"{address}/screening")
    assert "<mark>Dr Foster</mark>" in page
    assert "(a person's name?)" in page


async def test_a_returned_proposal_tells_its_sponsors_why(house):
    address = await house.proposal(State.SUBMITTED)
    await house.as_coordinator()
    page = await house.post(f"{address}/screening", {"decision": "return", "reason": "Say which sites."})
    assert "Sent back for changes" in page
    await house.as_voter(0)
    page = await house.get(address)
    assert "Say which sites." in page
    assert "Change the proposal" in page


async def test_a_proposal_is_passed_on(house):
    address = await house.proposal(State.SUBMITTED)
    await house.as_coordinator()
    sent = {"decision": "refer", "reason": "It is about pay.", "referred_to": "staff side"}
    assert "Passed on to staff side" in await house.post(f"{address}/screening", sent)


async def test_screening_names_everything_that_is_missing_and_keeps_what_was_typed(house):
    address = await house.proposal(State.SUBMITTED)
    await house.as_coordinator()
    assert "Select what happens with this proposal" in await house.post(f"{address}/screening", {}, status=422)
    page = await house.post(f"{address}/screening", {"decision": "refer"}, status=422)
    assert "Enter why this is passed on" in page
    assert "Enter who this is passed on to" in page
    page = await house.post(f"{address}/screening", {"decision": "refer", "reason": "About pay"}, status=422)
    assert "About pay</textarea>" in page
    assert 'value="refer" checked' in page


async def test_screening_twice_is_refused(house):
    address = await house.proposal(State.SUBMITTED)
    await house.as_coordinator()
    await house.post(f"{address}/screening", {"decision": "take in"})
    assert "Gathering support" in await house.post(f"{address}/screening", {"decision": "take in"}, status=409)
    await house.get(f"{address}/screening", status=409)


@pytest.mark.parametrize("role", [Role.BOARD_SECRETARY, Role.RETURNING_OFFICER, Role.EVALUATOR, Role.PROGRAMME_ADMIN])
async def test_other_roles_do_not_screen_or_set_dates(house, role):
    address = await house.proposal(State.LOCKED)
    await sign_in(house.client, role, trust="RAA")
    for page in ("/trusts/RAA/screening", f"{address}/ballot", "/trusts/RAA/council/seats/new"):
        await house.get(page, status=403)
    await house.post(f"{address}/ballot", {}, status=403)


async def test_a_coordinator_of_another_trust_does_neither(house):
    address = await house.proposal(State.LOCKED)
    async with house.client.app.state.store.writing() as session:
        await councils.staff(session, "RBB", 20, now=house.clock())
    await sign_in(house.client, Role.COORDINATOR, trust="RBB")
    await house.get(f"{address}/ballot", status=403)
    await house.get(address.replace("RAA", "RBB") + "/ballot", status=404)


async def test_dates_are_proposed_with_their_reasons_and_a_vote_is_arranged(house):
    address = await house.proposal(State.LOCKED)
    await house.as_coordinator()
    assert "Set the dates of the vote" in await house.get(address)
    page = await house.get(f"{address}/ballot")
    assert "The first working day after 5 whole working days" in page
    assert "14 days after opening with 2 whole weekends" in page
    assert f"Should the trust adopt this proposal: “{TEXT.title}”?" in page
    sent = {
        "opens_on-day": "23", "opens_on-month": "3", "opens_on-year": "2027",
        "closes_on-day": "7", "closes_on-month": "4", "closes_on-year": "2027",
    }  # fmt: skip
    assert "Being voted on" in await house.post(f"{address}/ballot", sent)
    await house.post(f"{address}/ballot", sent, status=409)


async def test_new_dates_are_set_after_a_vote_that_was_not_held(house):
    address = await house.proposal(State.BALLOTING)  # nobody fixed the list of voters, and weeks have passed
    await do_what_is_due(house.client.app.state.store, house.clock())
    house.as_visitor()
    page = await house.get(address)
    assert "The vote was not held, because its list of voters was not fixed before it was to open." in page
    assert "Ready for a vote" in page
    votes = await house.get("/trusts/RAA/ballots")
    assert "Not held" in votes
    ballot = re.search(r"/trusts/RAA/ballots/[0-9]+", votes)[0]
    assert "Nobody has voted. The coordinator can set new dates" in await house.get(ballot)
    await house.as_coordinator()
    assert "Set new dates" in await house.get(address)
    assert "The last vote was not held" in await house.get(f"{address}/ballot")
    await sign_in(house.client, Role.RETURNING_OFFICER, trust="RAA")
    page = await house.get(ballot)
    assert "This vote was not held" in page
    assert "Fix the list of voters" not in page


async def test_forbidden_dates_are_all_named_and_kept(house):
    address = await house.proposal(State.LOCKED)
    await house.as_coordinator()
    sent = {
        "opens_on-day": "20", "opens_on-month": "3", "opens_on-year": "2027",
        "closes_on-day": "26", "closes_on-month": "3", "closes_on-year": "2027",
    }  # fmt: skip
    page = await house.post(f"{address}/ballot", sent, status=422)
    assert "Voting can open on Tuesday 23 March 2027 at the earliest" in page
    assert "Voting must be open for at least 14 days" in page
    assert 'name="closes_on-day" type="text" inputmode="numeric" value="26"' in page
    page = await house.post(f"{address}/ballot", {"opens_on-day": "31", "opens_on-month": "2"}, status=422)
    assert "The day on which voting opens must be a real date" in page
    assert "Enter the day on which voting closes" in page
    assert "Ready for a vote" in await house.get(address)


async def test_a_coordinator_sets_up_a_council_and_its_seats(house):
    async with house.client.app.state.store.writing() as session:
        await councils.staff(session, "RBB", 20, now=house.clock())
    await sign_in(house.client, Role.COORDINATOR, trust="RBB")
    at = "/trusts/RBB/council"
    assert "A proposal needs 2 people" in await house.get(f"{at}/new")
    assert "Enter the name of the council" in await house.post(f"{at}/new", {"name": ""}, status=422)
    assert "Nobody sits on the council yet" in await house.post(f"{at}/new", {"name": "Staff council"})
    assert "already" in await house.post(f"{at}/new", {"name": "Second"}, status=409)
    page = await house.post(f"{at}/seats/new", {"holder": "Ada Porter"}, status=422)
    assert "Enter the body that fills the seat" in page
    assert "Enter the day from which the seat is held" in page
    assert 'value="Ada Porter"' in page
    sent = {"body": "Estates", "holder": "Ada Porter"}
    sent |= {"held_from-day": "1", "held_from-month": "3", "held_from-year": "2027"}
    page = await house.post(f"{at}/seats/new", sent)
    assert "Ada Porter" in page
    assert "since 1 March 2027" in page
    assert "Empty seat" in await house.post(f"{at}/seats/new", {"body": "Domestics"})
    house.as_visitor()
    assert "Ada Porter" in await house.get(at)


async def test_a_voter_does_not_set_up_councils(house):
    await sign_in_voter(house.client, house.people[0])
    await house.get("/trusts/RAA/council/new", status=403)
    await house.post("/trusts/RAA/council/seats/new", {"body": "Mine"}, status=403)
