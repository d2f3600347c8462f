"""Writing a proposal on the pages: task list, questions, check answers, second sponsor."""

import re

import pytest

from pilot.councils.proposals import State
from tests.builders import councils
from tests.builders.councils import NO_TO_ALL, TEXT
from tests.signing_in import sign_in_voter

NO = dict.fromkeys(NO_TO_ALL, "no")


async def write_all(house, scope=NO):
    """A complete draft by whoever is signed in; its address."""
    answer = await house.client.post(f"{house.at}/new", data={"title": TEXT.title})
    address = str(answer.url.path).removesuffix("/draft")
    for part in ("problem", "change", "who_decides", "measure"):
        await house.post(f"{address}/draft/{part}", {part: getattr(TEXT, part)})
    await house.post(f"{address}/scope", scope)
    return address


async def test_a_porter_writes_a_proposal_and_a_colleague_sponsors_it(house):
    await house.as_voter(0)
    assert "2 people must put their name to it" in await house.get(f"{house.at}/new")
    address = await write_all(house)
    draft = await house.get(f"{address}/draft")
    assert draft.count("Completed") == 6
    check = await house.get(f"{address}/check")
    assert TEXT.change in check
    assert "Send to a second sponsor" in check
    page = await house.post(f"{address}/check")
    link = re.search(r"http://127\.0\.0\.1:8000(/trusts/RAA/proposals/\d+/sponsor/[\w-]+)", page)[1]
    await house.as_voter(1)
    assert TEXT.problem in await house.get(link)
    page = await house.post(link)
    assert "Waiting for a check" in page
    assert "P-2027-001" in page
    assert "Your name stands under this proposal." in await house.get(link)
    await house.as_voter(2)
    assert "has all its sponsors" in await house.get(link)
    assert "cannot be submitted now" in await house.post(link, status=409)


async def test_an_empty_title_is_named_and_nothing_is_begun(house):
    await house.as_voter(0)
    page = await house.post(f"{house.at}/new", {"title": "  "}, status=422)
    assert "Enter a title" in page
    assert "There is a problem" in page
    assert "Proposals with your name" not in await house.get(house.at)


async def test_a_patients_number_is_refused_and_what_was_typed_is_kept(house):
    await house.as_voter(0)
    address = await write_all(house)
    typed = "Ask patient 943 476 5919 how long it took"
    page = await house.post(f"{address}/draft/problem", {"problem": typed}, status=422)
    assert "seems to have an NHS number (“943 476 5919”)" in page
    assert typed in page
    assert TEXT.problem in await house.get(f"{address}/check")


async def test_a_text_that_is_too_long_is_told_how_long_it_is(house):
    await house.as_voter(0)
    address = await write_all(house)
    page = await house.post(f"{address}/draft/title", {"title": "word " * 16}, status=422)
    assert "“Title” must have 15 words or fewer. It has 16" in page


async def test_the_scope_check_names_every_unanswered_question(house):
    await house.as_voter(0)
    address = await write_all(house)
    page = await house.post(f"{address}/scope", {"pay": "no"}, status=422)
    for sentence in (
        "one person's own case",
        "names or describes a person",
        "about a patient",
        "in dispute with unions",
    ):
        assert sentence in page
    assert "Select yes if it is about pay" not in page


async def test_a_proposal_about_pay_is_shown_the_way_to_the_unions(house):
    await house.as_voter(0)
    address = await write_all(house, NO | {"pay": "yes"})
    assert "Pay is agreed between the trust and unions" in await house.get(f"{address}/scope")
    assert "Not for the council" in await house.get(f"{address}/draft")
    page = await house.post(f"{address}/check", status=422)
    assert "This is about pay." in page


async def test_an_unfinished_draft_is_not_sent_and_everything_missing_is_named(house):
    await house.as_voter(0)
    answer = await house.client.post(f"{house.at}/new", data={"title": TEXT.title})
    address = str(answer.url.path).removesuffix("/draft")
    page = await house.post(f"{address}/check", status=422)
    for label in ("What is the problem?", "What should change?", "Who decides it?", "How will we know that it worked?"):
        assert f"Enter a text for “{label}”" in page
    assert "Answer the five questions" in page


async def test_only_the_writer_sees_and_changes_a_draft(house):
    await house.as_voter(0)
    address = await write_all(house)
    await house.as_voter(5)
    for page in ("draft", "draft/title", "scope", "check", "withdraw"):
        await house.get(f"{address}/{page}", status=403)
    await house.post(f"{address}/draft/title", {"title": "Mine"}, status=403)
    await house.as_coordinator()
    await house.get(f"{address}/draft", status=403)
    await house.as_secretary()
    await house.get(f"{address}/draft", status=403)
    house.as_visitor()
    await house.get(f"{address}/draft", status=403)
    await house.get(f"{house.at}/new", status=403)


async def test_a_coordinator_writes_for_the_council_and_staff_sponsor(house):
    await house.as_coordinator()
    address = await write_all(house)
    page = await house.post(f"{address}/check")
    assert "needs 2 sponsors and has 0" in page
    link = re.search(r"(/trusts/RAA/proposals/\d+/sponsor/[\w-]+)", page)[1]
    await house.get(link, status=403)
    for place in (3, 4):
        await house.as_voter(place)
        page = await house.post(link)
    assert "Waiting for a check" in page


async def test_another_trusts_staff_do_not_sponsor(house):
    await house.as_voter(0)
    address = await write_all(house)
    page = await house.post(f"{address}/check")
    link = re.search(r"(/trusts/RAA/proposals/\d+/sponsor/[\w-]+)", page)[1]
    async with house.client.app.state.store.writing() as session:
        others = await councils.staff(session, "RBB", 20, now=house.clock())
    await sign_in_voter(house.client, others[0])
    await house.get(link, status=403)
    await house.post(link, status=403)


async def test_an_unknown_part_or_address_is_not_found(house):
    await house.as_voter(0)
    address = await write_all(house)
    await house.get(f"{address}/draft/salary", status=404)
    await house.get(f"{address}/sponsor/guess", status=404)


async def test_the_writer_withdraws_after_being_asked_once_more(house):
    address = await house.proposal(State.GATHERING)
    await house.as_voter(0)
    assert "This cannot be undone." in await house.get(f"{address}/withdraw")
    assert "Withdrawn" in await house.post(f"{address}/withdraw")
    assert "It is in the state “Withdrawn”" in await house.post(f"{address}/withdraw", status=409)


@pytest.mark.parametrize("state", [State.SUBMITTED, State.GATHERING, State.LOCKED])
async def test_a_sent_proposal_is_not_written_any_more(house, state):
    address = await house.proposal(state)
    await house.as_voter(0)
    await house.post(f"{address}/draft/title", {"title": "New"}, status=409)
    await house.get(f"{address}/draft", status=409)
