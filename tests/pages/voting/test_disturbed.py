"""The returning officer's pages for a vote that goes wrong, and what everybody else then reads."""

import re
from datetime import timedelta

import pytest

from pilot.voting import queries
from tests.builders.own_ballots import NOTICED, an_own_ballot
from tests.builders.voting import CLOSES, DECLARED, OPENS, the_voters, votes
from tests.signing_in import sign_in, sign_in_voter

REASON = "The website did not answer"
PUBLISHED = "The website did not answer. People could not vote for 1 hour and 35 minutes."
LONGER = {"hours": "2", "minutes": "", "outage": "95", "reason": REASON}


def plain(text):
    """The words of a page without its marks."""
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


@pytest.fixture
async def open_vote(hall, client, clock):
    """A ballot of 25 voters that is open, before its returning officer."""
    await hall.ready(25)
    clock.at(OPENS)
    await hall.tick()
    await sign_in(client, "returning officer", trust="RAA")
    return hall


@pytest.fixture
async def declared(hall, client, clock):
    """A declared ballot of 25 voters with three votes, before its returning officer."""
    await hall.ready(25)
    async with hall.store.writing() as session:
        await votes(session, hall.ballot, ["yes", "no", "yes"])
    for moment in (OPENS, CLOSES, DECLARED):
        clock.at(moment)
        await hall.tick()
    await sign_in(client, "returning officer", trust="RAA")
    await client.post(f"{hall.here}/declare", data={"agreed": "on"})
    return hall


async def row(hall):
    async with hall.store.reading() as session:
        return await queries.ballot(session, hall.ballot)


async def as_voter(hall):
    """Sign in as somebody on the list of voters."""
    async with hall.store.reading() as session:
        voter = (await the_voters(session, hall.ballot))[0]
    await sign_in_voter(hall.client, voter.person_id)


async def test_a_vote_is_extended_after_a_check_and_everybody_reads_why(open_vote, client):
    page = plain((await client.get(f"{open_vote.here}/extend")).text)
    assert "once only, and by at most 7 days, 4 hours and 30 minutes" in page
    check = await client.post(f"{open_vote.here}/extend", data=LONGER)
    assert check.status_code == 200
    assert f"Will close 7pm on Wednesday 17 March 2027 What everybody reads {PUBLISHED}" in plain(check.text)
    assert (await row(open_vote)).closes_at == CLOSES
    done = await client.post(f"{open_vote.here}/extend", data=LONGER | {"sure": "on"})
    assert done.url.path == f"{open_vote.here}/disturbed"
    assert "The vote closes 7pm on Wednesday 17 March 2027" in plain(done.text)
    assert "Extend the vote" not in plain(done.text)
    assert (await row(open_vote)).closes_at == CLOSES + timedelta(hours=2)
    told = f"This vote was extended. It was to close 5pm on Wednesday 17 March 2027. {PUBLISHED}"
    assert told in plain((await client.get(open_vote.here)).text)
    await as_voter(open_vote)
    assert told in plain((await client.get(f"/votes/{open_vote.ballot}")).text)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"hours": ""}, "Enter how much longer people can vote"),
        ({"hours": "999"}, "The vote can be extended by at most 7 days, 4 hours and 30 minutes"),
        ({"outage": ""}, "Enter for how many minutes people could not vote"),
        ({"reason": ""}, "Say why. Everybody reads it"),
        ({"hours": "-1"}, "Hours must be a whole number from 0 to 9,999"),
    ],
)
async def test_what_is_wrong_is_said_and_what_was_typed_is_kept(open_vote, client, changes, words):
    answer = await client.post(f"{open_vote.here}/extend", data=LONGER | changes | {"sure": "on"})
    assert answer.status_code == 422
    assert words in plain(answer.text)
    assert 'value="95"' in answer.text or "outage" in changes
    assert (await row(open_vote)).closes_at == CLOSES


async def test_a_paused_vote_says_so_and_goes_on(open_vote, client, clock):
    said = {"reason": "A wrong poster hangs at Main site"}
    check = await client.post(f"{open_vote.here}/suspend", data=said)
    assert "What everybody reads A wrong poster hangs at Main site." in plain(check.text)
    assert await open_vote.state() == "open"
    done = plain((await client.post(f"{open_vote.here}/suspend", data=said | {"sure": "on"})).text)
    assert "The vote is paused" in done
    told = "This vote was paused 8am on Wednesday 3 March 2027. A wrong poster hangs at Main site."
    await as_voter(open_vote)
    page = plain((await client.get(f"/votes/{open_vote.ballot}")).text)
    assert "Voting is paused" in page
    assert told in page
    await sign_in(client, "returning officer", trust="RAA")
    clock.forward(hours=3)
    assert "it closes 8pm on Wednesday 17 March 2027" in plain((await client.get(f"{open_vote.here}/resume")).text)
    said = {"reason": "The poster is replaced", "sure": "on"}
    done = plain((await client.post(f"{open_vote.here}/resume", data=said)).text)
    assert "The vote closes 8pm on Wednesday 17 March 2027" in done
    page = plain((await client.get(open_vote.here)).text)
    assert told in page
    assert "It went on 11am on Wednesday 3 March 2027" in page


async def test_a_stopped_vote_does_not_count_and_says_why(open_vote, client):
    await client.post(f"{open_vote.here}/suspend", data={"reason": "The question is wrong", "sure": "on"})
    check = await client.post(f"{open_vote.here}/void", data={"reason": "The question is wrong"})
    assert "The sealed votes are destroyed at once" in plain(check.text)
    assert await open_vote.state() == "suspended"
    await client.post(f"{open_vote.here}/void", data={"reason": "The question is wrong", "sure": "on"})
    assert await open_vote.state() == "void"
    page = plain((await client.get(open_vote.here)).text)
    assert "Does not count" in page
    assert "This vote does not count. The question is wrong." in page
    await as_voter(open_vote)
    assert "This vote does not count" in plain((await client.get(f"/votes/{open_vote.ballot}")).text)


async def test_a_vote_whose_keys_are_lost_is_stopped_after_the_close_and_says_why(client, clock):
    clock.at(NOTICED)
    async with client.app.state.store.writing() as session:
        own = await an_own_ballot(session, subject="a question")
        await own.close(session, "yn")
        await own.notice(session)
    here = f"/trusts/RAA/ballots/{own.id}"
    await sign_in(client, "returning officer", trust="RAA")
    assert "Stop the vote for good If keys are lost" in plain((await client.get(here)).text)
    page = await client.get(f"{here}/disturbed")
    assert "The sealed votes can never be opened" in plain(page.text)
    assert f'href="{here}/void"' in page.text
    assert "Its sealed votes are destroyed" in plain((await client.get(f"{here}/void")).text)
    said = {"reason": "A trustee and the deputy have lost the keys"}
    await client.post(f"{here}/void", data=said)
    async with client.app.state.store.reading() as session:
        assert (await own.row(session)).state == "noticed"
    await client.post(f"{here}/void", data=said | {"sure": "on"})
    await client.post("/sign-out")
    told = "This vote does not count. A trustee and the deputy have lost the keys."
    assert told in plain((await client.get(here)).text)


async def test_the_longest_reason_is_taken_after_the_check_and_a_longer_one_before(open_vote, client):
    said = {"reason": "x" * 439}
    assert (await client.post(f"{open_vote.here}/suspend", data=said)).status_code == 200
    await client.post(f"{open_vote.here}/suspend", data=said | {"sure": "on"})
    assert await open_vote.state() == "suspended"
    longer = await client.post(f"{open_vote.here}/resume", data={"reason": "x" * 440})
    assert (longer.status_code, "Reason must be 439 characters or fewer" in plain(longer.text)) == (422, True)


async def test_a_declared_result_is_neither_extended_nor_paused(declared, client):
    for verb in ("extend", "suspend", "resume", "void"):
        answer = await client.get(f"{declared.here}/{verb}")
        assert answer.status_code == 409
        assert "This vote has been declared" in plain(answer.text)


SAID = {"kind": "candidate", "name": "Amy Osei", "grounds": "The poster named the wrong day"}


async def test_everybody_reads_why_a_result_is_questioned_and_nobody_who_does_it(declared, client):
    page = await client.post(f"{declared.here}/challenges", data=SAID)
    assert "Amy Osei (only you see the name)" in plain(page.text)
    await client.post("/sign-out")
    for address in ("challenges", "result", ""):
        page = plain((await client.get(f"{declared.here}/{address}".rstrip("/"))).text)
        assert "Amy Osei" not in page
    page = plain((await client.get(f"{declared.here}/challenges")).text)
    assert "A candidate, 18 March 2027 The poster named the wrong day Not decided yet" in page
    assert "This result is questioned." in plain((await client.get(f"{declared.here}/result")).text)


async def test_a_question_is_decided_after_a_check_with_published_reasons(declared, client):
    await client.post(f"{declared.here}/challenges", data=SAID)
    answer = await client.post(f"{declared.here}/challenges/1", data={"decision": "dismiss", "reasons": ""})
    assert answer.status_code == 422
    assert "Give your reasons. Everybody reads them" in plain(answer.text)
    said = {"decision": "dismiss", "reasons": "The day was right on every slip"}
    check = await client.post(f"{declared.here}/challenges/1", data=said)
    assert "Your decision The result stands" in plain(check.text)
    assert await declared.state() == "challenged"
    page = await client.post(f"{declared.here}/challenges/1", data=said | {"sure": "on"})
    assert "The result stands. The day was right on every slip" in plain(page.text)
    assert await declared.state() == "declared"


async def test_a_result_that_does_not_count_says_so_wherever_it_stands(declared, client):
    await client.post(f"{declared.here}/challenges", data=SAID)
    said = {"decision": "uphold", "reasons": "The poster was wrong", "sure": "on"}
    await client.post(f"{declared.here}/challenges/1", data=said)
    assert await declared.state() == "void"
    for address in ("", "/result", "/declaration", "/challenges"):
        page = plain((await client.get(f"{declared.here}{address}")).text)
        assert "does not count. The poster was wrong." in page, address


async def test_a_result_is_not_questioned_after_21_days(declared, client, clock):
    clock.forward(days=21)
    await declared.tick()
    assert "Record a question" not in plain((await client.get(f"{declared.here}/challenges")).text)
    assert (await client.post(f"{declared.here}/challenges", data=SAID)).status_code == 409


async def test_the_declaration_says_how_sure_it_is(declared, client):
    page = plain((await client.get(f"{declared.here}/declaration")).text)
    assert "No more than 0 papers could have been exchanged" in page
    assert "(3 stamps given out, 3 valid papers)" in page
    assert "1 paper would have to be exchanged for another outcome." in page
    assert "64% if 5% of voters check and 20 papers are wrong" in page
    assert "99% if 10% of voters check and 50 papers are wrong." in page


async def test_two_people_destroy_the_sealed_votes_on_their_pages(declared, client, clock):
    assert (await client.get(f"{declared.here}/erase")).status_code == 409
    clock.forward(days=22)
    await declared.tick()
    page = plain((await client.get(f"{declared.here}/erase")).text)
    assert "“Destroyed” is a promise of people." in page
    assert "the result, its declaration and its record" in page
    answer = await client.post(f"{declared.here}/erase", data={})
    assert "Select that you have read what is destroyed" in plain(answer.text)
    page = plain((await client.post(f"{declared.here}/erase", data={"sure": "on"})).text)
    assert "Somebody else must confirm it" in page
    same = await client.post(f"{declared.here}/erase/confirm", data={"sure": "on"})
    assert same.status_code == 403
    assert "You asked for it, so somebody else must confirm it." in plain(same.text)
    await sign_in(client, "auditor")
    assert "If you confirm it" in plain((await client.get(f"{declared.here}/erase")).text)
    page = plain((await client.post(f"{declared.here}/erase/confirm", data={"sure": "on"})).text)
    assert "The sealed votes were destroyed by two people" in page
    assert await declared.state() == "erased"
    for address in ("/result", "/declaration", "/record.zip", "/challenges"):
        assert (await client.get(f"{declared.here}{address}")).status_code == 200


async def test_two_people_destroy_the_sealed_votes_of_a_result_that_does_not_count(declared, client, clock):
    await client.post(f"{declared.here}/challenges", data=SAID)
    said = {"decision": "uphold", "reasons": "The poster was wrong", "sure": "on"}
    await client.post(f"{declared.here}/challenges/1", data=said)
    page = await client.get(declared.here)
    assert "They are kept until 10am on Thursday 8 April 2027 Cannot start yet" in plain(page.text)
    assert f'href="{declared.here}/erase"' not in page.text
    clock.forward(days=22)
    await sign_in(client, "returning officer", trust="RAA")
    assert f'href="{declared.here}/erase"' in (await client.get(declared.here)).text
    assert "The result does not count. The sealed votes are not needed" in plain(
        (await client.get(f"{declared.here}/erase")).text
    )
    await client.post(f"{declared.here}/erase", data={"sure": "on"})
    await sign_in(client, "trustee", trust="RAA")
    assert "Destroy the sealed votes" not in (await client.get(declared.here)).text, "not one of this vote's"
    await sign_in(client, "auditor")
    assert f'href="{declared.here}/erase"' in (await client.get(declared.here)).text
    page = await client.post(f"{declared.here}/erase/confirm", data={"sure": "on"})
    assert "The sealed votes were destroyed by two people" in plain(page.text)
    assert f'href="{declared.here}/erase"' not in page.text
    assert (await row(declared)).state == "void"
    for address in ("", "/result", "/declaration"):
        assert "does not count" in plain((await client.get(f"{declared.here}{address}")).text)


async def test_what_was_asked_can_be_taken_back(declared, client, clock):
    clock.forward(days=22)
    await declared.tick()
    await client.post(f"{declared.here}/erase", data={"sure": "on"})
    page = plain((await client.post(f"{declared.here}/erase/keep")).text)
    assert "Ask to destroy the sealed votes" in page
