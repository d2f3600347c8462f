"""Voting through the pages, with a Python program in the place of the browser's script."""

import json
import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from pilot.people import service as people
from pilot.people.roles import Role
from pilot.secrecy import filling
from pilot.secrecy import manifest as manifests
from pilot.voting.count.contest import Reserve
from pilot.web.sessions import SessionRow
from tests.builders.voting import ARRANGED, CLOSES, FOUR, NIGHT, OFFICER, OPENS, a_frozen_election, an_election, fill

SEALED = {"content-type": "application/octet-stream", "accept": "application/json"}


async def sign_in(client, code):
    return await client.post("/vote", data={"code": code})


def manifest_in(text: str) -> bytes:
    """The manifest that stands in the voting page."""
    found = re.search(r'<script type="application/json" id="ballot">(.*?)</script>', text, re.DOTALL)
    assert found, text
    return json.loads(found[1])["manifest"].encode()


async def ask_for_stamp(client, ballot, filled):
    return await client.post(f"/votes/{ballot}/stamp", content=filled.blinded, headers=SEALED)


async def vote(client, ballot, answer, document=None):
    """What the browser does: read the page (or one that is the same), stamp, seal, cast; the receipt."""
    text = manifest_in(document or (await client.get(f"/votes/{ballot}")).text)
    filled = fill(text, answer)
    stamped = await ask_for_stamp(client, ballot, filled)
    assert stamped.status_code == 200, stamped.text
    envelope = filling.seal_up(manifests.read(text), manifests.digest(text), filled, stamped.content)
    return await client.put(f"/votes/{ballot}/envelope", content=envelope, headers=SEALED)


async def test_a_whole_vote_on_a_ward_computer(hall, client, clock):
    await hall.ready(25)
    clock.at(NIGHT)
    assert "Enter your voting code" in (await client.get("/vote")).text
    document = await sign_in(client, hall.codes[0].lower().replace("-", " "))
    assert document.url.path == f"/votes/{hall.ballot}"
    assert "Should the canteen open at night?" in document.text
    assert document.headers["cache-control"] == "no-store"
    receipt = await vote(client, hall.ballot, "yes")
    assert receipt.status_code == 200
    assert receipt.json()["cast"] is True
    assert set(receipt.json()) == {"cast", "envelope", "leaf", "proof", "checkpoint"}
    again = await client.get(f"/votes/{hall.ballot}")
    assert "Your sealed vote is in the box. You can change it two more times, until 5pm on" in again.text
    assert (await vote(client, hall.ballot, "no")).status_code == 200
    end = await client.post("/finish", follow_redirects=False)
    assert end.headers["clear-site-data"] == '"cookies", "storage"'
    assert end.headers["location"] == "/vote"
    assert (await client.get("/votes")).status_code == 403
    async with hall.store.reading() as session:
        assert await session.scalar(select(func.count()).select_from(SessionRow)) == 0


async def test_the_start_page_shows_nothing_of_whoever_was_there_before(hall, client, clock):
    await hall.ready(25)
    clock.at(NIGHT)
    await sign_in(client, hall.codes[0])
    text = (await client.get("/vote")).text
    assert "Sam Name0" not in text
    assert "Finish" not in text
    await sign_in(client, hall.codes[1])
    async with hall.store.reading() as session:
        assert await session.scalar(select(func.count()).select_from(SessionRow)) == 1


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Enter your voting code"),
        ("7KQ4", "Voting code must be 10 letters and numbers, like 7KQ4-M2XD-9P"),
        ("7KQ4-M2XD-9U", "That code is not right. Check each letter. We never use I, L, O or U"),
    ],
)
async def test_a_wrong_code_is_answered_with_its_sentence(client, typed, sentence):
    answer = await sign_in(client, typed)
    assert answer.status_code == 422
    assert answer.text.count(sentence) >= 2
    assert "There is a problem" in answer.text


async def test_after_five_wrong_codes_this_computer_waits_and_the_person_is_not_locked_out(hall, client, clock):
    await hall.ready(25)
    wrong = hall.codes[0][:-1] + ("2" if hall.codes[0][-1] != "2" else "3")
    for _ in range(5):
        await sign_in(client, wrong)
    assert "Wait 10 minutes or use another computer" in (await sign_in(client, wrong)).text
    clock.forward(minutes=11)
    assert (await sign_in(client, hall.codes[0])).status_code == 200


async def test_with_several_votes_open_there_is_a_list(hall, client, clock):
    await hall.ready(25)
    other = await hall.ballot_like(title="Car park", closes_at=CLOSES - timedelta(days=1))
    clock.at(NIGHT)
    listed = await sign_in(client, hall.codes[0])
    assert listed.url.path == "/votes"
    assert "2 votes open to you" in listed.text
    assert listed.text.index("Car park") < listed.text.index("Night canteen")
    await vote(client, other, "abstain")
    text = (await client.get("/votes")).text
    assert text.count("Voted. You can change it two more times") == 1
    assert text.count("Not voted yet") == 1


async def test_who_is_not_on_the_list_reads_why(hall, client, clock):
    await hall.ready(25)
    clock.at(NIGHT)
    await sign_in(client, hall.codes[25])
    answer = await client.get(f"/votes/{hall.ballot}")
    assert answer.status_code == 403
    assert "Agency workers are not employed by the trust" in answer.text
    refused = await client.post(f"/votes/{hall.ballot}/stamp", content=b"x" * 384, headers=SEALED)
    assert refused.status_code == 403
    assert refused.json()["reason"].startswith("Agency workers")


async def test_before_the_opening_and_after_the_close_there_is_a_page_that_says_so(hall, client, clock):
    await hall.ready(25)
    clock.at(OPENS - timedelta(minutes=10))
    await sign_in(client, hall.codes[0])
    assert "This vote opens 8am on Wednesday 3 March 2027" in (await client.get(f"/votes/{hall.ballot}")).text
    early = await client.post(f"/votes/{hall.ballot}/stamp", content=b"\x00" * 383 + b"\x02", headers=SEALED)
    assert (early.status_code, early.json()) == (409, {"reason": "Voting has not opened yet."})
    clock.at(CLOSES - timedelta(minutes=5))
    await sign_in(client, hall.codes[0])
    await vote(client, hall.ballot, "yes")
    text = manifest_in((await client.get(f"/votes/{hall.ballot}")).text)
    filled = fill(text, "no")
    stamped = await ask_for_stamp(client, hall.ballot, filled)
    envelope = filling.seal_up(manifests.read(text), manifests.digest(text), filled, stamped.content)
    clock.at(CLOSES)
    late = await client.put(f"/votes/{hall.ballot}/envelope", content=envelope, headers=SEALED)
    assert late.status_code == 409
    assert late.json()["reason"].startswith("Voting closed at 5pm on 17 March 2027. Your vote was not changed")
    assert "Your sealed vote is in the box" in (await client.get(f"/votes/{hall.ballot}")).text
    await sign_in(client, hall.codes[1])
    closed = (await client.get(f"/votes/{hall.ballot}")).text
    assert "Voting closed at 5pm on 17 March 2027. Your vote was not cast" in closed


async def test_a_vote_sent_twice_gets_the_same_receipt_and_nobody_elses_copy_is_taken(hall, client, clock):
    await hall.ready(25)
    clock.at(NIGHT)
    text = manifest_in((await sign_in(client, hall.codes[0])).text)
    filled = fill(text, "yes")
    stamped = await ask_for_stamp(client, hall.ballot, filled)
    assert (await ask_for_stamp(client, hall.ballot, filled)).content == stamped.content
    envelope = filling.seal_up(manifests.read(text), manifests.digest(text), filled, stamped.content)
    path = f"/votes/{hall.ballot}/envelope"
    first = await client.put(path, content=envelope, headers=SEALED)
    assert (await client.put(path, content=envelope, headers=SEALED)).json() == first.json()
    await sign_in(client, hall.codes[1])
    await ask_for_stamp(client, hall.ballot, fill(text, "yes"))
    assert (await client.put(path, content=envelope, headers=SEALED)).status_code == 409


@pytest.mark.parametrize("body", [b"", b"\x01", b"\x01" * 383, b"\x01" * 385])
async def test_bytes_of_another_length_are_refused(hall, client, clock, body):
    await hall.ready(25)
    clock.at(NIGHT)
    await sign_in(client, hall.codes[0])
    stamp = await client.post(f"/votes/{hall.ballot}/stamp", content=body, headers=SEALED)
    assert stamp.status_code == 422
    assert stamp.json()["reason"]


async def test_without_the_forms_secret_nothing_is_stamped(hall, client, clock):
    await hall.ready(25)
    clock.at(NIGHT)
    await sign_in(client, hall.codes[0])
    headers = SEALED | {"x-csrftoken": "wrong"}
    assert (await client.post(f"/votes/{hall.ballot}/stamp", content=b"x" * 384, headers=headers)).status_code == 403


async def test_a_connection_lost_before_the_vote_arrived_is_told_when_the_code_is_entered_again(hall, client, clock):
    await hall.ready(25)
    clock.at(NIGHT)
    text = (await sign_in(client, hall.codes[0])).text
    assert "Your vote was not cast" not in text
    await ask_for_stamp(client, hall.ballot, fill(manifest_in(text), "yes"))
    assert "Your vote was not cast" in (await sign_in(client, hall.codes[0])).text
    await vote(client, hall.ballot, "yes")
    again = (await sign_in(client, hall.codes[0])).text
    assert "Your vote was not cast" not in again
    assert "Your sealed vote is in the box" in again


async def test_an_officer_cannot_vote(hall, client, clock):
    await hall.ready(25)
    clock.at(NIGHT)
    await hall.officer(Role.RETURNING_OFFICER)
    assert (await client.get(f"/votes/{hall.ballot}")).status_code == 403


async def test_two_voters_with_different_answers_look_alike_on_the_wire(hall, client, clock):
    await hall.ready(25)
    clock.at(NIGHT)
    seen = []

    async def listen(response):
        request = response.request
        await response.aread()
        seen.append(
            (request.method, request.url.path, len(request.content), response.status_code, len(response.content))
        )

    await client.get("/vote")
    client.event_hooks = {"response": [listen]}
    sets = []
    for code, answer in ((hall.codes[0], "yes"), (hall.codes[1], "abstain")):
        seen.clear()
        await sign_in(client, code)
        await vote(client, hall.ballot, answer)
        await client.post("/finish")
        sets.append(list(seen))
    client.event_hooks = {}
    assert [(method, path, sent, status) for method, path, sent, status, _ in sets[0]] == [
        (method, path, sent, status) for method, path, sent, status, _ in sets[1]
    ]
    bodies = [[received for _, path, _, _, received in one if path.endswith(("stamp", "envelope"))] for one in sets]
    # The receipt's length tells how long the log is, and that is published: not what was cast.
    assert abs(bodies[0][1] - bodies[1][1]) <= 3 * 67 + 4
    assert bodies[0][0] == bodies[1][0] == 384


async def test_a_page_for_one_who_has_voted_tells_nothing_to_another(hall, client, clock):
    await hall.ready(25)
    clock.at(NIGHT)
    before = (await client.get(hall.here)).text
    await sign_in(client, hall.codes[0])
    await vote(client, hall.ballot, "yes")
    await client.post("/finish")
    strip = re.compile(r'value="[0-9a-f]{64,}"')
    assert strip.sub("", (await client.get(hall.here)).text) == strip.sub("", before)


async def test_every_page_of_such_a_vote_says_that_the_server_holds_the_keys(hall, client, clock):
    await hall.ready(25)
    clock.at(NIGHT)
    words = "Demonstration: this server holds all the keys"
    asked = await sign_in(client, hall.codes[0])
    assert "Your vote" in asked.text
    assert asked.text.count(words) == 3  # the question, the check and the end are one document
    await every_page_says(client, words, "/votes")
    await client.post("/finish")
    everybodys = ("/vote", "/who-can-see-what", "/trusts/RAA/ballots", hall.here, f"{hall.here}/poster")
    await every_page_says(client, words, *everybodys)
    clock.at(CLOSES)
    await hall.tick()
    await sign_in(client, hall.codes[0])
    await every_page_says(client, words, f"/votes/{hall.ballot}", "/votes")
    await client.post("/finish")
    await hall.officer()
    await every_page_says(client, words, hall.here, f"{hall.here}/electorate", f"{hall.here}/declare")
    await client.post(f"{hall.here}/declare", data={"agreed": "on"})
    await every_page_says(client, words, hall.here, f"{hall.here}/result", "/check", f"/check/{hall.ballot}")


async def every_page_says(client, words, *addresses):
    answers = {address: await client.get(address) for address in addresses}
    assert [address for address, answer in answers.items() if answer.status_code != 200] == []
    assert [address for address, answer in answers.items() if words not in answer.text] == []


async def test_with_too_few_people_the_list_of_voters_is_refused_in_a_sentence(hall, client):
    await hall.ready(10, frozen=False)
    await hall.officer()
    answer = await client.post(f"{hall.here}/freeze")
    assert answer.status_code == 409
    assert "Only 10 people could vote. A secret vote needs at least 20" in answer.text
    assert await hall.state() == "arranged"


async def test_the_manifest_of_the_page_is_signed_and_names_the_ballot(hall, client, clock):
    await hall.ready(25)
    clock.at(NIGHT)
    manifest = json.loads(manifest_in((await sign_in(client, hall.codes[0])).text))
    assert manifest["ballot"] == f"RAA-{hall.ballot}"
    assert [trustee["name"] for trustee in manifest["trustees"]] == ["Independent scrutineer", "Employer", "Staff side"]
    assert {trustee["custody"] for trustee in manifest["trustees"]} == {"server"}


async def an_open_election(hall, clock, ask):
    """An election with its voters' codes, open."""
    clock.at(ARRANGED)
    async with hall.store.writing() as session:
        hall.ballot = await a_frozen_election(session, ask)
        slips = await people.issue_codes(session, hall.settings, "RAA", by=OFFICER, now=ARRANGED)
    hall.codes = [slip.code for slip in sorted(slips, key=lambda slip: slip.person_id)]
    clock.at(NIGHT)


@pytest.mark.parametrize(
    ("rule", "seats", "words", "controls"),
    [
        ("scottish-stv", 2, "Put a 1 beside your first choice.", '<select class="nhsuk-select"'),
        ("first-past-the-post", 1, "Choose one candidate.", 'type="radio"'),
        ("block-plurality", 2, "Choose up to 2.", 'type="checkbox"'),
        ("approval", 2, "Choose as many as you like.", 'type="checkbox"'),
    ],
)
async def test_a_paper_asks_in_native_controls_as_its_rule_wants(hall, client, clock, rule, seats, words, controls):
    await an_open_election(hall, clock, an_election(rule=rule, seats=seats, reopen=True))
    text = (await sign_in(client, hall.codes[0])).text
    assert words in text
    options = re.findall(r'data-option="(\d+)"', text)
    assert options == ["1", "2", "3", "4", "5"]  # the order of the ballot's description, the same for everybody
    assert text.count(controls) == len(options) + (rule != "scottish-stv")  # one more to choose nobody
    assert text.count("data-nobody") == 1
    names = re.findall(r'<label class="[^"]*" for="answer(?:-\d)?">([^<]*)</label>', text)
    assert names == [*FOUR, "Re-open nominations"]
    assert "What the candidates say" in text
    assert ("1 person will be elected" if seats == 1 else "2 people will be elected") in text


async def test_whatever_is_chosen_in_an_election_the_requests_have_the_same_lengths(hall, client, clock):
    await an_open_election(hall, clock, an_election())
    lengths = set()
    for code, answer in zip(hall.codes, ([], ["3"], ["4", "1", "3", "2"]), strict=False):
        text = manifest_in((await sign_in(client, code)).text)
        filled = fill(text, *answer)
        stamped = await ask_for_stamp(client, hall.ballot, filled)
        envelope = filling.seal_up(manifests.read(text), manifests.digest(text), filled, stamped.content)
        receipt = await client.put(f"/votes/{hall.ballot}/envelope", content=envelope, headers=SEALED)
        assert receipt.status_code == 200, receipt.text
        lengths.add((len(filled.blinded), len(stamped.content), len(envelope)))
    assert len(lengths) == 1


async def test_what_candidates_and_reserved_seats_are_called_cannot_become_markup(hall, client, clock):
    name = '<b onclick=x>Amy</b> & "Co" O\'Neill'
    ask = an_election(candidates=(name, "Ben Roy", "Cat Hill"), reserves=(Reserve("<i>Nights</i>", (1, 2), 1, 1),))
    await an_open_election(hall, clock, ask)
    text = (await sign_in(client, hall.codes[0])).text
    assert "<b onclick" not in text
    assert "Exactly 1 of them must be from this group: &lt;i&gt;Nights&lt;/i&gt;." in text
    assert json.loads(manifest_in(text))["questions"][0]["options"][0]["text"] == name


async def test_whoever_has_more_open_votes_is_led_to_them_after_the_cast(hall, client, clock):
    await hall.ready(25)
    other = await hall.ballot_like(subject="another question", title="Quiet rooms")
    clock.at(NIGHT)
    await sign_in(client, hall.codes[0])
    document = (await client.get(f"/votes/{hall.ballot}")).text
    assert "You have 1 more vote open" in document
    await vote(client, hall.ballot, "yes", document)
    assert "more vote" not in (await client.get(f"/votes/{other}")).text


async def read(client, address):
    """The words of a page, without its marks."""
    text = re.sub(r"<(script|style).*?</\1>", " ", (await client.get(address)).text, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


async def test_whoever_voted_reads_how_often_they_can_change_it_and_after_the_third_that_they_cannot(
    hall, client, clock
):
    await hall.ready(25)
    clock.at(NIGHT)
    document = await sign_in(client, hall.codes[0])
    address = f"/votes/{hall.ballot}"
    assert "You can fill in this vote three times in all. Only the newest counts." in document.text
    for answer, left, more in (("yes", "2", "two more times"), ("no", "1", "once more")):
        assert (await vote(client, hall.ballot, answer)).headers["pilot-left"] == left
        assert f"Voted. You can change it {more}" in await read(client, "/votes")
        said = await read(client, address)
        assert f"Your sealed vote is in the box. You can change it {more}, until 5pm on Wednesday 17 March 2027" in said
        assert "Until then the vote that you cast before counts." in said
        assert ("After that you cannot change it again." in said) is (left == "1")
    text = (await client.get(address)).text
    assert (await vote(client, hall.ballot, "yes")).headers["pilot-left"] == "0"
    assert "Voted. You cannot change it again" in await read(client, "/votes")
    said = await read(client, address)
    assert "You have voted three times" in said
    assert "Your third vote is the one that counts. You cannot change it again. If that is wrong, ask the" in said
    assert "Nobody can vote on paper in this vote." in said
    assert "3 sealed votes were handed in for you." in said
    assert 'id="question-form"' not in (await client.get(address)).text
    # An old window still has the form: the refusal says that a vote counts.
    refused = await ask_for_stamp(client, hall.ballot, fill(manifest_in(text), "no"))
    words = "You can fill in this vote three times, and you have. Your newest vote in the box still counts. Ask"
    assert (refused.status_code, refused.json()["reason"].startswith(words)) == (409, True)


async def test_a_vote_that_was_stamped_and_lost_can_still_be_sent_and_the_page_says_so(hall, client, clock):
    await hall.ready(25)
    clock.at(NIGHT)
    address, envelope = f"/votes/{hall.ballot}", f"/votes/{hall.ballot}/envelope"
    text = manifest_in((await sign_in(client, hall.codes[0])).text)
    for _ in range(2):  # these never arrive
        await ask_for_stamp(client, hall.ballot, fill(text, "yes"))
    filled = fill(text, "no")
    stamped = await ask_for_stamp(client, hall.ballot, filled)
    assert (await ask_for_stamp(client, hall.ballot, filled)).content == stamped.content
    said = await read(client, address)
    assert "Your vote was not cast. You have filled in this vote three times" in said
    assert "go back there and select Try again. If that does not help, ask the returning officer" in said
    assert "Not voted yet" in await read(client, "/votes")
    refused = await ask_for_stamp(client, hall.ballot, fill(text, "yes"))
    assert "still counts" not in refused.json()["reason"]
    sealed = filling.seal_up(manifests.read(text), manifests.digest(text), filled, stamped.content)
    assert (await client.put(envelope, content=sealed, headers=SEALED)).status_code == 200
    said = await read(client, address)
    assert "Your sealed vote is in the box. You have filled in this vote three times" in said
    assert "Voted. You cannot change it again" in await read(client, "/votes")
    assert (await client.put(envelope, content=sealed, headers=SEALED)).headers["pilot-left"] == "0"


async def test_the_page_of_problems_says_what_a_new_code_can_do(hall, client, clock):
    await hall.ready(25)
    clock.at(NIGHT)
    await sign_in(client, hall.codes[0])
    said = await read(client, f"/votes/{hall.ballot}/problem")
    assert "If three were cast with your code already, the new code cannot change it. Nobody can vote on paper" in said
