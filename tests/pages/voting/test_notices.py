"""The scrutineer's and the officer's pages between the close and the opening, and what everybody reads of them."""

import csv
import io
import re

import pytest

from pilot.voting import queries, service
from tests.builders.own_ballots import NOTICED, an_own_ballot
from tests.builders.voting import ARRANGED, a_frozen_ballot
from tests.signing_in import _give, sign_in, sign_out


def plain(text):
    """The words of a page without its marks."""
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


class Vote:
    """A ballot with own keys behind the application; `trustee(place)` signs one of its trustees in."""

    def __init__(self, client, own):
        self.client, self.own = client, own
        self.here = f"/trusts/RAA/ballots/{own.id}"

    async def trustee(self, place):
        async with self.client.app.state.store.writing() as session:
            await _give(self.client, session, "account", self.own.trustees[place].account)

    async def officer(self):
        await sign_in(self.client, "returning officer", trust="RAA")

    async def row(self):
        async with self.client.app.state.store.reading() as session:
            return await queries.ballot(session, self.own.id)

    async def page(self, path="", **sent):
        answer = await (
            self.client.post(f"{self.here}{path}", data=sent) if sent else self.client.get(self.here + path)
        )
        return plain(answer.text)


@pytest.fixture
async def vote(client, clock):
    """A ballot of 25 voters that its trustees have signed and that has not opened yet."""
    clock.at(ARRANGED)
    async with client.app.state.store.writing() as session:
        own = await an_own_ballot(session)
    return Vote(client, own)


@pytest.fixture
async def closed(vote, clock):
    """The same after its close, with two votes."""
    async with vote.client.app.state.store.writing() as session:
        await vote.own.close(session, "yn")
    clock.at(NOTICED)
    return vote


async def test_the_scrutineer_downloads_the_list_and_nobody_else(vote, client):
    await vote.trustee(0)
    page = await vote.page("/notices")
    assert "Download the list (CSV)" in page
    assert "People on the list 25" in page
    answer = await client.post(f"{vote.here}/notices/list")
    assert answer.headers["content-disposition"] == 'attachment; filename="voters-RAA-B1.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len({row["voter number"] for row in rows}) == 25
    await vote.trustee(1)
    for answer in (await client.get(f"{vote.here}/notices"), await client.post(f"{vote.here}/notices/list")):
        assert answer.status_code == 403
        assert "This page is for the independent scrutineer" in plain(answer.text)
    await vote.officer()
    assert "Download the list" not in await vote.page("/notices")
    assert (await client.post(f"{vote.here}/notices/list")).status_code == 403


async def test_the_notices_are_written_down_after_a_second_word_and_everybody_reads_how_many(closed, client):
    await closed.trustee(0)
    page = await closed.page("/notices")
    assert "pilot notices --voters voters.csv --log log.jsonl --manifest manifest.json" in page
    assert "--watched watched.json --number NUMBER --tell" in page
    assert "Select that the notices were sent" in await closed.page("/notices", count="25")
    assert "Enter a number from 1 to 25" in await closed.page("/notices", count="26", sure="on")
    assert (await closed.row()).state == "closed"
    page = await closed.page("/notices", count="24", sure="on")
    assert "The notices were sent to 24 people of 25." in page
    assert "The sealed votes are opened 7pm on Thursday 18 March 2027 at the earliest" in page
    assert (await closed.row()).state == "noticed"
    sign_out(client)
    assert "24 people were told what is recorded for them, of 25" in await closed.page()


async def test_nobody_but_the_scrutineer_says_that_the_notices_were_sent(closed, client):
    sent = {"count": "25", "sure": "on"}
    await closed.officer()
    page = await closed.page("/notices")
    assert "Nobody else can say it." in page
    assert "Say that the notices were sent" not in page
    assert (await client.post(f"{closed.here}/notices", data=sent)).status_code == 403
    await closed.trustee(1)
    answer = await client.post(f"{closed.here}/notices", data=sent)
    assert (answer.status_code, "This page is for the independent scrutineer" in plain(answer.text)) == (403, True)
    assert (await closed.row()).state == "closed"


async def test_the_papers_of_a_small_vote_are_for_the_scrutineer_and_auditors(closed, client):
    address = f"{closed.here}/papers.jsonl"
    await closed.trustee(0)
    assert (await client.get(address)).status_code == 404
    async with client.app.state.store.writing() as session:
        await closed.own.declare(session)
    page = (await client.get(closed.here)).text
    assert f'href="{address}"' in page
    assert "fewer than 50 people could vote, so they are not published" in plain(page)
    papers = await client.get(address)
    assert (papers.status_code, len(papers.text.splitlines())) == (200, 2)
    for place in (1, 2):
        await closed.trustee(place)
        answer = await client.get(address)
        assert (answer.status_code, "This page is for the independent scrutineer" in plain(answer.text)) == (403, True)
    await sign_in(client, "auditor")
    assert f'href="{address}"' in (await client.get(closed.here)).text
    assert (await client.get(address)).content == papers.content


async def test_the_files_that_the_page_names_can_be_downloaded(closed, client):
    await closed.trustee(0)
    page = (await client.get(f"{closed.here}/notices")).text
    for name in ("log.jsonl", "checkpoints.txt", "manifest.json"):
        assert f'href="{closed.here}/{name}"' in page
        assert (await client.get(f"{closed.here}/{name}")).status_code == 200


async def test_an_objection_is_a_number_for_everybody_and_holds_the_opening_up(closed, client):
    await closed.officer()
    assert "Select what they say" in await closed.page("/objections", name="Sam Name3", text="I was on leave")
    said = {"kind": "did not vote", "name": "Sam Name3", "text": "I was on leave"}
    assert "It says that I voted, and I did not" in await closed.page("/objections", **said)
    await closed.trustee(0)
    await closed.page("/notices", count="25", sure="on")
    sign_out(client)
    page = await closed.page()
    assert "1 person objected to what was recorded for them. 1 objection is open." in page
    assert "Name3" not in page
    assert "on leave" not in page
    await closed.trustee(0)
    assert "I was on leave" in await closed.page("/objections/1")
    assert "Say what you found" in await closed.page("/objections/1", outcome="explained")
    ended = {"outcome": "explained", "finding": "A colleague used the slip by mistake"}
    assert "Explained" in await closed.page("/objections/1", **ended)
    sign_out(client)
    page = await closed.page()
    assert "1 person objected to what was recorded for them." in page
    assert "objection is open" not in page
    assert "Explained: the person agrees with what is recorded: 1" in page


async def test_the_second_trustee_and_other_trusts_reach_no_objections(closed, client):
    await closed.trustee(2)
    for path in ("/objections", "/notices"):
        assert (await client.get(f"{closed.here}{path}")).status_code == 403
    await sign_in(client, "coordinator", trust="RAA")
    for path in ("/objections", "/notices", "/extend", "/erase"):
        assert (await client.get(f"{closed.here}{path}")).status_code == 403
    async with client.app.state.store.writing() as session:
        await a_frozen_ballot(session, trust="RBB")
    for role in ("returning officer", "trustee"):
        await sign_in(client, role, trust="RBB")
        for path in ("/objections", "/notices"):
            shut = await client.get(f"{closed.here}{path}")
            assert (shut.status_code, "You need the role of" in plain(shut.text)) == (403, True)
            moved = await client.get(f"/trusts/RBB/ballots/{closed.own.id}{path}")
            assert (moved.status_code, "We cannot find this vote" in plain(moved.text)) == (404, True)


async def test_the_result_and_the_declaration_tell_of_notices_and_objections(closed, client):
    async with client.app.state.store.writing() as session:
        said = {"kind": "voted", "name": "Sam Name4", "text": "I did vote"}
        made = await service.object_to(session, closed.own.id, **said, by="account 9", now=NOTICED)
        ended = {"outcome": "not shown", "finding": "No stamp was given out"}
        await service.settle(session, closed.own.id, made, **ended, by="account 9", now=NOTICED)
        await closed.own.declare(session)
    for path in ("/result", "/declaration"):
        page = await closed.page(path)
        assert "25 people of 25" in page
        assert "Not shown: nothing bears it out: 1" in page
        assert "Name4" not in page
