"""The returning officer's way through an election: the number for lots, the list of voters, the count, the result."""

import re

import pytest

from pilot.people.roles import Role
from pilot.voting import queries, service
from pilot.voting.count.contest import Reserve
from pilot.voting.count.lot import mark
from pilot.web.pages import fours
from tests.builders.voting import ARRANGED, CLOSES, DECLARED, LOT, OFFICER, OPENS, SCRIPT, an_election, rankings_cast

WORDS = {"title": "Staff council", "question": "Who should sit on the staff council?"}
KEPT = (Reserve("People who work nights", (3, 4), least=1, most=2),)


@pytest.fixture
async def election(hall, client):
    """An election of 25 voters that is arranged and no more, before its returning officer."""
    await hall.ready(25, frozen=False, ask=an_election(reopen=True, reserves=KEPT), **WORDS)
    await hall.officer()
    return hall


async def take(client, hall):
    """Take the number that the page shows, as somebody does who writes it down; the number."""
    sent = await shown_to(client, hall)
    await client.post(f"{hall.here}/lot", data=sent | {"number": fours(sent["shown"])})
    return fours(sent["shown"])


async def shown_to(client, hall):
    """What the page shows and sends with the number."""
    page = (await client.get(f"{hall.here}/lot")).text
    return {name: re.search(f'name="{name}" type="hidden" value="([0-9a-f]+)"', page)[1] for name in ("shown", "seal")}


@pytest.fixture
async def closed(hall, clock):
    """The same election a day after its close, with twelve papers and its number not opened, before its officer."""
    await hall.ready(25, frozen=False, ask=an_election(reopen=True, reserves=KEPT), **WORDS)
    async with hall.store.writing() as session:
        await service.take_lot(session, hall.ballot, LOT, by=OFFICER, now=ARRANGED)
        await service.freeze_electorate(session, hall.ballot, by=OFFICER, now=ARRANGED, script=SCRIPT)
        await rankings_cast(session, hall.ballot, {"1": 6, "3": 2, "4": 2, "": 2})
    for moment in (OPENS, CLOSES, DECLARED):
        clock.at(moment)
        await hall.tick()
    await hall.officer()
    return hall


def plain(text):
    """The words of a page without its marks."""
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


async def test_everybody_reads_who_stands_and_how_it_is_counted(hall, client):
    await hall.ready(25, frozen=False, ask=an_election(reopen=True, reserves=KEPT), **WORDS)
    text = plain((await client.get(hall.here)).text)
    assert "Seats 2 Candidates Amy Osei Ben Roy Cat Hill Dan Webb" in text
    assert "You can also choose “Re-open nominations”. A seat that it wins stays empty." in text
    assert "People who work nights At least 1 seat and at most 2 for Cat Hill or Dan Webb." in text
    assert "How it is counted 2 seats are filled. Voters put the candidates in order" in text
    assert "Majority" not in text
    assert "number for lots" not in text


async def test_the_number_is_shown_in_fours_typed_once_and_not_kept(election, client):
    page = await client.get(f"{election.here}/lot")
    shown = re.search(r'id="shown">([0-9 ]+)<', page.text)[1]
    assert re.fullmatch(r"\d{4}( \d{4}){4}", shown)
    assert shown not in (await client.get(f"{election.here}/lot")).text
    seal = re.search(r'name="seal" type="hidden" value="(\w+)"', page.text)[1]
    sent = {"number": shown, "shown": shown.replace(" ", ""), "seal": seal}
    done = await client.post(f"{election.here}/lot", data=sent)
    assert done.url.path == election.here
    assert "Take another number for lots" in done.text
    async with election.store.reading() as session:
        row = await queries.ballot(session, election.ballot)
    assert row.lot_mark == mark(shown.replace(" ", ""))
    again = (await client.get(f"{election.here}/lot")).text
    assert "A number has been taken already." in again
    assert shown not in again


async def test_a_number_that_was_copied_wrongly_is_not_taken_and_the_same_one_is_shown_again(election, client):
    answer = await client.post(f"{election.here}/lot", data={"number": "1" * 20, "shown": LOT})
    assert answer.status_code == 422
    assert "This is not the number that is shown above" in answer.text
    assert fours(LOT) in answer.text
    empty = await client.post(f"{election.here}/lot", data={"number": "", "shown": LOT})
    assert "Enter the number that is shown above" in empty.text
    async with election.store.reading() as session:
        assert (await queries.ballot(session, election.ballot)).lot_mark is None


async def test_after_a_slip_of_the_pen_the_same_number_can_be_taken(election, client):
    sent = await shown_to(client, election)
    slip = (await client.post(f"{election.here}/lot", data=sent | {"number": "1" * 20})).text
    assert f'name="seal" type="hidden" value="{sent["seal"]}"' in slip
    await client.post(f"{election.here}/lot", data=sent | {"number": sent["shown"]})
    async with election.store.reading() as session:
        assert (await queries.ballot(session, election.ballot)).lot_mark == mark(sent["shown"])


async def test_no_number_is_taken_that_was_not_made_for_this_officer_and_this_election(election, client):
    sent = await shown_to(client, election)
    for seal in ("", "x", sent["seal"]):
        answer = await client.post(f"{election.here}/lot", data={"number": LOT, "shown": LOT, "seal": seal})
        assert answer.status_code == 409
        assert "This number was not made for this page." in answer.text
    settings = client.app.state.settings
    for ballot, by in ((election.ballot + 1, OFFICER), (election.ballot, "account 99")):
        seal = service.sealed_number(settings, ballot, LOT, by=by)
        answer = await client.post(f"{election.here}/lot", data={"number": LOT, "shown": LOT, "seal": seal})
        assert answer.status_code == 409
    async with election.store.reading() as session:
        assert (await queries.ballot(session, election.ballot)).lot_mark is None


async def test_the_list_is_fixed_only_after_the_number_was_taken(election, client):
    before = (await client.get(election.here)).text
    assert "Take the number for lots first" in before
    assert f'action="{election.here}/freeze"' not in before
    refused = await client.post(f"{election.here}/freeze")
    assert refused.status_code == 409
    assert "Take the number for lots first." in refused.text
    await take(client, election)
    assert f'action="{election.here}/freeze"' in (await client.get(election.here)).text
    assert (await client.post(f"{election.here}/freeze")).url.path == f"{election.here}/electorate"
    late = await client.get(f"{election.here}/lot")
    assert late.status_code == 409
    assert "It cannot be taken now." in late.text
    assert (await client.post(f"{election.here}/lot", data={"number": LOT, "shown": LOT})).status_code == 409


async def test_the_mark_of_the_number_is_public_once_the_list_is_fixed(election, client):
    number = await take(client, election)
    await client.post(f"{election.here}/freeze")
    await client.post("/sign-out")
    text = (await client.get(election.here)).text
    assert mark(number.replace(" ", "")) in text
    assert number not in text


async def test_the_officer_opens_the_number_checks_the_count_and_declares(closed, client):
    page = (await client.get(closed.here)).text
    assert "Closed, not counted yet" in page
    assert f'href="{closed.here}/lot/open"' in page
    assert "waits for the number for lots" in (await client.get(f"{closed.here}/declare")).text
    assert "12 papers" in (await client.get(f"{closed.here}/lot/open")).text
    counted = await client.post(f"{closed.here}/lot/open", data={"number": fours(LOT)})
    assert counted.url.path == f"{closed.here}/declare"
    text = plain(counted.text)
    assert "Elected Amy Osei, at stage 1" in text
    assert "The quota is 4" in text
    assert "Candidates who were level" in text
    assert "an observer: somebody who watches" in text
    assert "A candidate who reaches it is elected." in text
    assert "Papers that were counted 10 Blank papers 2, they chose nobody, and took part Spoilt 0" in text
    assert (await client.get(f"{closed.here}/result")).status_code == 404
    done = await client.post(f"{closed.here}/declare", data={"agreed": "on"})
    assert done.url.path == f"{closed.here}/result"
    assert "Amy Osei" in done.text
    assert "Number for lots opened, votes counted" in (await client.get(closed.here)).text
    await client.post("/sign-out")
    assert fours(LOT) in (await client.get(closed.here)).text


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"number": ""}, "Enter the number for lots"),
        ({"number": "123"}, "The number for lots has 20 digits"),
        ({"number": "9" * 20}, "This is not the number that was taken before the vote"),
        ({"lost": "on", "reason": " "}, "Say what happened to the number"),
        ({"lost": "on", "reason": "x" * 301}, "What happened must be 300 characters or fewer"),
    ],
)
async def test_what_opens_nothing_is_said_on_the_same_page(closed, client, sent, said):
    answer = await client.post(f"{closed.here}/lot/open", data=sent)
    assert answer.status_code == 422
    assert said in answer.text
    assert ('<details class="nhsuk-details" open>' in answer.text) == ("lost" in sent)
    assert await closed.state() == "peeled"


async def test_a_lost_number_is_counted_without_and_every_page_says_so(closed, client):
    reason = "The envelope was thrown away."
    counted = await client.post(f"{closed.here}/lot/open", data={"lost": "on", "reason": reason})
    assert counted.url.path == f"{closed.here}/declare"
    assert f"The number for lots was lost: {reason}" in plain(counted.text)
    done = await client.post(f"{closed.here}/declare", data={"agreed": "on"})
    assert reason in done.text
    assert f"The number was lost: {reason}" in (await client.get(closed.here)).text
    await client.post("/sign-out")
    assert f"The number could not be opened: {reason}" in (await client.get(closed.here)).text


async def test_a_second_press_opens_nothing_twice(closed, client):
    await client.post(f"{closed.here}/lot/open", data={"number": LOT})
    again = await client.post(f"{closed.here}/lot/open", data={"number": LOT})
    assert again.status_code == 409
    assert "counted and not declared yet" in again.text
    assert "opened already" in (await client.get(f"{closed.here}/lot/open")).text


async def test_nobody_but_this_trusts_officer_touches_the_number(election, client):
    elsewhere = f"/trusts/RBB/ballots/{election.ballot}/lot"
    assert (await client.get(elsewhere)).status_code == 403
    await client.post("/sign-out")
    await election.officer(Role.COORDINATOR)
    for address in ("lot", "lot/open"):
        assert (await client.get(f"{election.here}/{address}")).status_code == 403
        sent = {"number": LOT, "shown": LOT}
        assert (await client.post(f"{election.here}/{address}", data=sent)).status_code == 403


async def test_a_question_has_no_number_for_lots(hall, client):
    await hall.ready(25, frozen=False)
    await hall.officer()
    assert "number for lots" not in (await client.get(hall.here)).text
    for address in ("lot", "lot/open"):
        answer = await client.get(f"{hall.here}/{address}")
        assert answer.status_code == 409
        assert "This vote is not an election." in answer.text


async def test_an_election_that_was_not_held_says_so(election, client, clock):
    clock.at(OPENS)
    await election.tick()
    text = (await client.get(election.here)).text
    assert "This vote was not held" in text
    assert "new dates for this election" in text


async def test_a_number_taken_twice_at_once_is_the_one_that_was_typed_last(election):
    first, second = "1" * 20, "2" * 20
    for number in (first, second):
        async with election.store.writing() as session:
            await service.take_lot(session, election.ballot, number, by=OFFICER, now=election.clock())
    async with election.store.reading() as session:
        assert (await queries.ballot(session, election.ballot)).lot_mark == mark(second)
