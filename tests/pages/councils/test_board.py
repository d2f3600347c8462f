"""The board secretary's pages: inbox, acknowledgement, answer, check and publish."""

import re

import pytest

from pilot.councils.proposals import State
from pilot.people.roles import Role
from tests.builders import councils
from tests.builders.councils import TEXT
from tests.signing_in import sign_in

YES = {
    "decision": "accepted",
    "reasons": "The board agrees that staff must rest.",
    "what_1": "Open a rest room on each site",
    "owner_1": "Head of estates",
    "due_on_1-day": "1", "due_on_1-month": "3", "due_on_1-year": "2028",
    "measure_1": "Rest rooms open at night",
}  # fmt: skip
FIFTY = " ".join(["reason"] * 50)


async def test_the_inbox_shows_what_is_overdue_first(house):
    late = await house.proposal(State.AWAITING_RESPONSE, title="The late one")
    house.clock.forward(days=20)
    await house.proposal(State.AWAITING_RESPONSE, title="The new one")
    await house.as_secretary()
    page = await house.get("/trusts/RAA/responses")
    assert page.index("The late one") < page.index("The new one")
    assert "Overdue by" in page
    assert f"{late}/" in page


async def test_an_empty_inbox_says_so(house):
    await house.as_secretary()
    assert "The board has nothing to answer now." in await house.get("/trusts/RAA/responses")


async def test_everybody_reads_what_the_board_owes_and_only_the_secretary_has_buttons(house):
    await house.proposal(State.AWAITING_RESPONSE)
    page = await house.get("/trusts/RAA/responses")
    assert TEXT.title in page
    assert "acknowledgement" not in page
    await house.as_secretary()
    assert "acknowledgement" in await house.get("/trusts/RAA/responses")


async def test_the_board_says_that_it_has_the_result_once(house):
    address = await house.proposal(State.AWAITING_RESPONSE)
    await house.as_secretary()
    assert "It has said that it has the result." in await house.get(f"{address}/acknowledgement")
    assert "Write the answer" in await house.post(f"{address}/acknowledgement")
    await house.post(f"{address}/acknowledgement", status=409)
    assert "It has said that it has the result." in await house.get(address)


async def test_an_answer_is_checked_changed_and_published(house):
    address = await house.proposal(State.ACKNOWLEDGED)
    await house.as_secretary()
    page = await house.post(f"{address}/response/check", YES)
    assert "Nothing is published yet." in page
    assert "By 1 March 2028" in page
    house_page = await house.get(address)
    assert "The board accepts" not in house_page
    form = await house.post(f"{address}/response/change", YES)
    assert "The board agrees that staff must rest." in form
    assert 'value="accepted" checked' in form
    assert 'name="due_on_1-year" type="text" inputmode="numeric" value="2028"' in form
    hidden = dict(re.findall(r'type="hidden" name="([\w-]+)" value="([^"]*)"', page))
    assert {name: hidden[name] for name in YES} == YES
    page = await house.post(f"{address}/response", YES)
    assert "The board accepts this proposal." in page
    assert "Responsible: Head of estates" in page
    assert "Accepted by the board" in page
    house.as_visitor()
    assert "Open a rest room on each site" in await house.get(address)


async def test_publishing_twice_publishes_once(house):
    address = await house.proposal(State.ACKNOWLEDGED)
    await house.as_secretary()
    await house.post(f"{address}/response", YES)
    again = YES | {"decision": "declined", "ground": "cost", "reasons": FIFTY}
    assert "Accepted by the board" in await house.post(f"{address}/response", again, status=409)


async def test_an_empty_answer_names_what_it_lacks(house):
    address = await house.proposal(State.ACKNOWLEDGED)
    await house.as_secretary()
    page = await house.post(f"{address}/response/check", {}, status=422)
    assert "Select what the board decides" in page
    assert "Enter the board's reasons" in page


async def test_declining_with_a_shrug_names_everything_at_once(house):
    address = await house.proposal(State.ACKNOWLEDGED)
    await house.as_secretary()
    sent = {"decision": "declined", "reasons": "No money.", "what_1": "Nothing"}
    page = await house.post(f"{address}/response/check", sent, status=422)
    for sentence in (
        "The board's reasons must have at least 50 words. They have 2",
        "Select the ground on which the board declines",
        "Enter who is responsible for commitment 1",
        "Enter the date of commitment 1",
        "Enter how one can see that commitment 1 is done",
    ):
        assert sentence in page
    assert "No money.</textarea>" in page
    assert await house.get(address)


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"decision": "accepted", "reasons": "Yes."}, "Enter at least one commitment"),
        ({**YES, "decision": "accepted with changes"}, "Enter what the board changes"),
        ({"decision": "deferred", "reasons": "Later."}, "Enter the day until which the board puts this off"),
        ({**YES, "due_on_1-year": "2026"}, "The date of commitment 1 must be in the future"),
        ({**YES, "due_on_1-month": "13"}, "The date of commitment 1 must be a real date"),
        ({**YES, "decision": "maybe"}, "Select what the board decides"),
    ],
)
async def test_each_decision_asks_for_what_belongs_to_it(house, sent, sentence):
    address = await house.proposal(State.ACKNOWLEDGED)
    await house.as_secretary()
    assert sentence in await house.post(f"{address}/response/check", sent, status=422)
    assert sentence in await house.post(f"{address}/response", sent, status=422)


async def test_declining_and_putting_off_are_published_in_words(house):
    address = await house.proposal(State.ACKNOWLEDGED)
    await house.as_secretary()
    page = await house.post(f"{address}/response", {"decision": "declined", "ground": "cost", "reasons": FIFTY})
    assert "The board declines this proposal. It costs too much." in page
    address = await house.proposal(State.ACKNOWLEDGED)
    until = {"until-day": "3", "until-month": "1", "until-year": "2028"}
    page = await house.post(f"{address}/response", {"decision": "deferred", "reasons": "Later.", **until})
    assert "The board puts this proposal off until 3 January 2028." in page


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.RETURNING_OFFICER, Role.AUDITOR, Role.PROGRAMME_ADMIN])
async def test_other_roles_do_not_answer_for_the_board(house, role):
    address = await house.proposal(State.ACKNOWLEDGED)
    await sign_in(house.client, role, trust="RAA")
    for page in ("acknowledgement", "response"):
        await house.get(f"{address}/{page}", status=403)
    for page in ("acknowledgement", "response", "response/check", "response/change"):
        await house.post(f"{address}/{page}", YES, status=403)


async def test_the_board_of_another_trust_does_not_answer(house):
    address = await house.proposal(State.ACKNOWLEDGED)
    async with house.client.app.state.store.writing() as session:
        await councils.staff(session, "RBB", 20, now=house.clock())
    await sign_in(house.client, Role.BOARD_SECRETARY, trust="RBB")
    await house.post(f"{address}/response", YES, status=403)
    await house.post(address.replace("RAA", "RBB") + "/response", YES, status=404)


@pytest.mark.parametrize("state", [State.GATHERING, State.AWAITING_RESPONSE, State.ACCEPTED])
async def test_an_answer_at_the_wrong_time_is_refused(house, state):
    address = await house.proposal(state)
    await house.as_secretary()
    await house.get(f"{address}/response", status=409)
    await house.post(f"{address}/response", YES, status=409)
    await house.post(f"{address}/response/check", YES, status=409)
