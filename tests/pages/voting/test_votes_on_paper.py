"""The pages of votes on paper: the returning officer's tellers, and what tellers and voters see."""

import re
import sqlite3
from base64 import b64decode, b64encode
from contextlib import closing

import pytest
from httpx import AsyncByteStream

from pilot.people import service as people
from pilot.people.roles import Role
from pilot.secrecy import filling, tellers
from pilot.secrecy import manifest as manifests
from pilot.secrecy import service as secrecy
from pilot.voting import queries, service
from tests.builders.secrecy import a_paper
from tests.builders.trustees import OwnTrustee
from tests.builders.voting import (
    ARRANGED,
    CLOSES,
    DECLARED,
    LOT,
    OFFICER,
    OPENS,
    SCRIPT,
    a_roll,
    a_vote,
    an_arranged_ballot,
    an_arranged_election,
    nobody_is_told,
    the_voters,
    votes,
)
from tests.signing_in import sign_in, sign_in_voter, sign_out

TOM, UNA = OwnTrustee("Tom Teller", "employer"), OwnTrustee("Una Union", "staff side")


def plain(answer):
    """The words of a page without its marks."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split()).replace("&#39;", "'")


class Place:
    """A ballot in RAA, and a browser that changes hands."""

    def __init__(self, client, ballot):
        self.client, self.ballot = client, ballot
        self.here = f"/trusts/RAA/ballots/{ballot}"

    async def add(self, one, **changes):
        form = {"number": one.number, "email": one.email, "side": one.side} | changes
        files = {"file": ("registration.json", one.registration())}
        return await self.client.post(f"{self.here}/tellers", data=form, files=files)

    async def officer(self):
        sign_out(self.client)
        await sign_in(self.client, Role.RETURNING_OFFICER, trust="RAA")

    async def teller(self, one):
        """Become this teller, by a new link of a programme admin's."""
        sign_out(self.client)
        async with self.client.app.state.store.writing() as session:
            (row,) = [row for row in await queries.tellers(session, self.ballot) if row.name == one.name]
            secret = await people.make_link(session, row.account_id, by="account 1", now=self.client.app.state.clock())
        await self.client.post(f"/sign-in/{secret}", follow_redirects=False)

    async def voter(self, place=0):
        async with self.client.app.state.store.reading() as session:
            return sorted(await queries.electors(session, self.ballot))[place]

    async def person(self, place):
        async with self.client.app.state.store.reading() as session:
            row = await queries.ballot(session, self.ballot)
            return await service.paper_voter(session, row, await self.voter(place))

    async def sign(self, one):
        content = (await self.client.get(f"{self.here}/paper/list")).content
        signed = tellers.sign_list(content, one.file, one.keys)
        files = {"file": ("signed.json", signed)}
        return await self.client.post(f"{self.here}/paper/signing", files=files, follow_redirects=True)

    async def declared(self, clock):
        """The vote is closed, counted and declared, and nobody is signed in."""
        sign_out(self.client)
        clock.at(CLOSES)
        async with self.client.app.state.store.writing() as session:
            await service.close_ballot(session, self.ballot, now=CLOSES)
            await service.tally(session, self.ballot, now=CLOSES)
        async with self.client.app.state.store.writing() as session:
            said = {"by": OFFICER, "now": DECLARED, "on_declared": nobody_is_told}
            await service.declare_result(session, self.ballot, **said)
        clock.at(DECLARED)


@pytest.fixture
async def place(client, clock):
    clock.at(ARRANGED)
    async with client.app.state.store.writing() as session:
        await a_roll(session)
        ballot = await an_arranged_ballot(session)
    return Place(client, ballot)


@pytest.fixture
async def open_place(place, clock):
    await place.officer()
    for one in (TOM, UNA):
        assert (await place.add(one)).status_code == 200
    async with place.client.app.state.store.writing() as session:
        await service.freeze_electorate(session, place.ballot, by=OFFICER, now=ARRANGED, script=SCRIPT)
        await service.open_ballot(session, place.ballot, now=OPENS)
    clock.at(OPENS)
    return place


async def test_the_returning_officer_adds_tellers_and_the_list_says_who_they_are(place):
    await place.officer()
    assert "Without two tellers nobody can vote on paper" in plain(await place.client.get(place.here))
    wrong = await place.add(TOM, number="0000-0000-0000-0000")
    assert (wrong.status_code, "This is not the number of the keys" in plain(wrong)) == (422, True)
    empty = await place.client.post(f"{place.here}/tellers", data={})
    for words in ("Choose a file", "Type the number", "Enter an e-mail", "Select for whom"):
        assert words in plain(empty)
    assert "Link for Tom Teller" in plain(await place.add(TOM))
    said = plain(await place.client.get(f"{place.here}/tellers"))
    assert "There must be one more teller" in said
    assert TOM.number in said
    again = await place.client.post(f"{place.here}/tellers/1/link")
    assert "/sign-in/" in again.text
    gone = await place.client.post(f"{place.here}/tellers/1/remove", follow_redirects=True)
    assert "There are no tellers yet" in plain(gone)


async def test_the_returning_officer_makes_no_link_for_a_teller_once_the_list_is_fixed(place, client):
    await place.officer()
    for one in (TOM, UNA):
        added = await place.add(one)
    sign_out(client)
    await client.post(re.search(r"/sign-in/[\w-]+", added.text)[0])
    inside = dict(client.cookies)
    assert (await client.get("/teller")).status_code == 200
    await place.officer()
    await client.post(f"{place.here}/freeze")
    page = plain(await client.get(f"{place.here}/tellers"))
    assert ("Make a link" in page, "A programme admin makes their links" in page) == (False, True)
    refused = await client.post(f"{place.here}/tellers/2/link")
    assert (refused.status_code, "From now on a programme admin makes the links" in plain(refused)) == (409, True)
    client.cookies.clear()
    client.cookies.update(inside)
    assert (await client.get("/teller")).status_code == 403
    async with client.app.state.store.writing() as session:
        place.ballot = await an_arranged_ballot(session, subject="proposal 2")
    place.here = f"/trusts/RAA/ballots/{place.ballot}"
    await place.officer()
    again = await place.add(UNA)
    said = "takes votes on paper in a vote whose list is fixed"
    assert ("/sign-in/" in again.text, said in plain(again)) == (False, True)


async def test_a_paper_is_given_taken_back_and_signed_for_by_two(open_place, client):
    place, one = open_place, await open_place.person(0)
    async with client.app.state.store.writing() as session:
        await votes(session, place.ballot, ["yes"])
    await place.teller(TOM)
    assert "Give out papers and put them in" in plain(await client.get("/teller"))
    found = await client.post(f"{place.here}/paper/find", data={"who": one.number})
    assert one.name in plain(found)
    assert "Nobody on the list of voters" in plain(await client.post(f"{place.here}/paper/find", data={"who": "Zzz"}))
    assert "Enter a staff number or a name" in plain(await client.post(f"{place.here}/paper/find", data={"who": ""}))
    assert one.name not in plain(await client.get(f"{place.here}/paper", params={"who": one.number}))
    given = await client.post(f"{place.here}/paper/{one.person}", follow_redirects=True)
    assert "1 person" in plain(given)
    refused = await client.post(f"{place.here}/paper/{one.person}/back", data={})
    assert "Select that you have the paper in your hand" in plain(refused)
    form = {"unused": "on"}
    back = await client.post(f"{place.here}/paper/{one.person}/back", data=form, follow_redirects=True)
    assert "Nobody so far" in plain(back)
    await client.post(f"{place.here}/paper/{one.person}")
    assert "two tellers have signed for 0 of them" in plain(await client.get(f"{place.here}/paper/enter"))
    assert "Your signature is here for 1" in plain(await place.sign(TOM))
    await place.teller(UNA)
    assert "Every paper is signed" in plain(await place.sign(UNA))
    await place.officer()
    said = plain(await client.get(f"{place.here}/tellers"))
    assert "1 person was given a paper" in said
    assert "Tom Teller: 1 Una Union: 0" in said


async def test_a_teller_cannot_look_up_who_voted_and_looks_nobody_up_after_the_close(open_place, client, clock):
    place, (voted, other) = open_place, [await open_place.person(nth) for nth in (0, 1)]
    async with client.app.state.store.writing() as session:
        await votes(session, place.ballot, ["yes"])
    await place.teller(TOM)

    async def page(one):
        said = plain(await client.get(f"{place.here}/paper/{one.person}"))
        return re.sub(r"pilot-\S+", "", said.replace(one.name, "NAME").replace(one.number, "NUMBER"))

    assert await page(voted) == await page(other)
    assert "If you have voted on a screen, that vote will not count." in await page(other)
    clock.at(CLOSES)
    await place.teller(TOM)
    late = await client.get(f"{place.here}/paper/{voted.person}")
    assert (late.status_code, voted.name in late.text) == (409, False)


async def test_whoever_has_a_paper_reads_so_on_the_page_of_the_vote(open_place, client):
    one = await open_place.person(0)
    await open_place.teller(TOM)
    await client.post(f"{open_place.here}/paper/{one.person}")
    sign_out(client)
    await sign_in_voter(client, one.person)
    said = plain(await client.get(f"/votes/{open_place.ballot}"))
    assert "You vote on paper" in said
    assert "you cannot vote here" in said
    answer = await client.post(f"/votes/{open_place.ballot}/stamp", content=b"\1" * 384)
    assert (answer.status_code, "You have been given a vote on paper" in answer.text) == (409, True)


async def test_whoever_has_a_paper_reads_so_in_the_list_and_is_not_asked_to_vote_on_a_screen(open_place, client):
    async with client.app.state.store.writing() as session:
        other = await an_arranged_ballot(session, subject="another question", title="Quiet rooms")
        await service.freeze_electorate(session, other, by=OFFICER, now=ARRANGED, script=SCRIPT)
        await service.open_ballot(session, other, now=OPENS)
    one = await open_place.person(0)
    await open_place.teller(TOM)
    await client.post(f"{open_place.here}/paper/{one.person}")
    sign_out(client)
    await sign_in_voter(client, one.person)
    listed = plain(await client.get("/votes"))
    assert (listed.count("You vote on paper"), listed.count("Not voted yet")) == (1, 1)
    assert "more vote" not in plain(await client.get(f"/votes/{other}"))


async def test_after_three_votes_on_a_screen_only_a_vote_on_paper_helps_and_the_pages_say_so(open_place, client):
    one = await open_place.person(0)
    async with client.app.state.store.writing() as session:
        (voter,) = [who for who in await the_voters(session, open_place.ballot) if who.person_id == one.person]
        for answer in ("yes", "no", "yes"):
            await a_vote(session, open_place.ballot, voter, answer)
    await sign_in_voter(client, one.person)
    said = plain(await client.get(f"/votes/{open_place.ballot}"))
    assert "You have voted three times" in said
    assert "You cannot change it again. If that is wrong, you can still vote on paper until 5pm" in said
    said = plain(await client.get(f"/votes/{open_place.ballot}/problem"))
    assert "the new code cannot change it. Then only a vote on paper helps: it replaces them all." in said
    sign_out(client)
    await open_place.teller(TOM)
    await client.post(f"{open_place.here}/paper/{one.person}")
    sign_out(client)
    await sign_in_voter(client, one.person)
    said = plain(await client.get(f"/votes/{open_place.ballot}"))
    assert ("You vote on paper" in said, "You have voted three times" in said) == (True, False)


@pytest.fixture
async def signed_place(open_place, client):
    """Two people have papers, and two tellers have signed for both."""
    await open_place.teller(TOM)
    for nth in (0, 1):
        await client.post(f"{open_place.here}/paper/{(await open_place.person(nth)).person}")
    await open_place.sign(TOM)
    await open_place.teller(UNA)
    await open_place.sign(UNA)
    return open_place


async def sealed_papers(place, client, *answers):
    """What the tellers' browser sends at the end, for whoever is signed in: papers that are stamped and sealed."""
    async with client.app.state.store.reading() as session:
        row = await queries.ballot(session, place.ballot)
        text, free = await secrecy.manifest_of(session, row.box_id), await secrecy.without_paper(session, row.box_id)
    filled = {v: a_paper(text, [[answer]]) for v, answer in zip(free, answers, strict=False)}
    asked = {"papers": {v.hex(): b64encode(one.blinded).decode() for v, one in filled.items()}}
    stamps = (await client.post(f"{place.here}/paper/stamps", json=asked)).json()["stamps"]
    read, digest = manifests.read(text), manifests.digest(text)
    sealed = {v.hex(): filling.seal_up(read, digest, one, b64decode(stamps[v.hex()])) for v, one in filled.items()}
    return {"papers": {v: b64encode(one).decode() for v, one in sealed.items()}}


async def test_sealed_papers_go_in_when_another_teller_confirms_them_and_no_plain_ones(signed_place, client):
    place = signed_place
    assert "tellers.js" in (await client.get(f"{place.here}/paper/enter")).text
    body = await sealed_papers(place, client, "yes", "no")
    for wrong in ({}, body | {"answers": ["yes"]}, body | {"papers": {"zz": ""}}):
        assert (await client.put(f"{place.here}/paper/envelopes", json=wrong)).status_code == 422
    kept = (await client.put(f"{place.here}/paper/envelopes", json=body)).json()
    assert "receipts" not in kept
    assert "You sealed these papers" in plain(await client.get(f"{place.here}/paper/confirm"))
    alone = await client.post(f"{place.here}/paper/confirm", data={"number": kept["number"], "typed": "on"})
    assert alone.status_code == 403
    assert "put 2 papers into the box" not in plain(await client.get(f"{place.here}/paper"))
    await place.officer()
    assert "they wait for a second teller" in plain(await client.get(f"{place.here}/tellers"))
    assert "Sealed papers wait for a second teller To do now" in plain(await client.get(place.here))
    await place.teller(TOM)
    seen = plain(await client.get(f"{place.here}/paper")) + plain(await client.get(f"{place.here}/paper/confirm"))
    assert kept["number"] not in seen.replace("-", "")
    empty = plain(await client.post(f"{place.here}/paper/confirm", data={}))
    assert "Type the number that the other teller" in empty
    assert "Select that you were there" in empty
    wrong = await client.post(f"{place.here}/paper/confirm", data={"number": "0" * 16, "typed": "on"})
    assert (wrong.status_code, "This is not the number" in plain(wrong)) == (422, True)
    form = {"number": kept["number"], "typed": "on"}
    done = await client.post(f"{place.here}/paper/confirm", data=form, follow_redirects=True)
    assert "Una Union and Tom Teller put 2 papers into the box" in plain(done)
    await place.teller(UNA)
    told = (await client.put(f"{place.here}/paper/envelopes", json=body)).json()["receipts"]
    assert {v: one["cast"] for v, one in told.items()} == dict.fromkeys(body["papers"], True)


async def test_sealed_papers_are_thrown_away_and_then_everybody_starts_anew(signed_place, client):
    place = signed_place
    body = await sealed_papers(place, client, "yes", "no")
    await client.put(f"{place.here}/paper/envelopes", json=body)
    assert "has sealed 2 papers already" in plain(await client.get(f"{place.here}/paper/enter"))
    gone = await client.post(f"{place.here}/paper/throw-away", follow_redirects=True)
    assert "Put the papers in" in plain(gone)
    again = await client.put(f"{place.here}/paper/envelopes", json=body | {"again": True})
    assert (again.status_code, "were thrown away" in again.text) == (409, True)


async def test_everybody_reads_why_papers_are_missing(signed_place, client, clock):
    place = signed_place
    body = await sealed_papers(place, client, "yes") | {"why_fewer": "One paper was not handed in."}
    kept = (await client.put(f"{place.here}/paper/envelopes", json=body)).json()
    await place.teller(TOM)
    await client.post(f"{place.here}/paper/confirm", data={"number": kept["number"], "typed": "on"})
    sign_out(client)
    words = "1 of 2 votes on paper was put into the box. Why not all: “One paper was not handed in.”"
    assert words not in plain(await client.get(place.here))
    await place.declared(clock)
    for path in ("", "/result", "/declaration"):
        assert words in plain(await client.get(f"{place.here}{path}"))


async def test_everybody_reads_that_nobody_confirmed_the_papers(signed_place, client, clock):
    place = signed_place
    body = await sealed_papers(place, client, "yes", "no")
    await client.put(f"{place.here}/paper/envelopes", json=body)
    await place.declared(clock)
    words = (
        "0 of 2 votes on paper were put into the box before voting closed. Una Union had sealed 2 papers, and no second"
    )
    for path in ("", "/result", "/declaration"):
        assert words in plain(await client.get(f"{place.here}{path}"))
    await place.officer()
    assert "They are not in the box" in plain(await client.get(f"{place.here}/tellers"))
    assert "Sealed papers were not put into the box Not done" in plain(await client.get(place.here))


async def test_no_more_than_fifty_papers_are_stamped_at_once_and_no_body_is_too_large(signed_place, client):
    place, one = signed_place, b64encode(b"\1" * 384).decode()
    many = {f"{number:032x}": one for number in range(51)}
    answer = await client.post(f"{place.here}/paper/stamps", json={"papers": many})
    assert (answer.status_code, "No more than 50 papers" in answer.text) == (422, True)
    headers = {"accept": "application/json", "content-type": "application/json"}
    for send, path, size in ((client.post, "stamps", 65 * 1024), (client.put, "envelopes", 8 * 2**20 + 1)):
        answer = await send(f"{place.here}/paper/{path}", content=b" " * size, headers=headers)
        assert (answer.status_code, answer.json()["reason"]) == (413, "That file is too large.")


class Slow(AsyncByteStream):
    """A body of which the last part arrives when something has happened."""

    def __init__(self, body, happens):
        self.body, self.happens = body, happens

    async def __aiter__(self):
        yield self.body[:10]
        self.happens()
        yield self.body[10:]


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "stamps"), ("PUT", "envelopes"), ("POST", "signing"), ("POST", "find"), ("POST", "confirm")],
)
async def test_a_slow_body_keeps_nobody_else_from_voting(open_place, client, method, path):
    """On SQLite one writes at a time, so nothing is asked of the database before the whole body is here."""
    found = []

    def somebody_else_votes():
        database = client.app.state.settings.database_url.removeprefix("sqlite+aiosqlite:///")
        with closing(sqlite3.connect(database, timeout=0)) as other:
            other.execute("BEGIN IMMEDIATE")
            found.append("free")

    await open_place.teller(TOM)
    form = {"content-type": "application/x-www-form-urlencoded", "x-csrftoken": client.cookies["pilot_form"]}
    asked = client.build_request(method, f"{open_place.here}/paper/{path}", content=b"a" * 40, headers=form)
    asked.stream = Slow(asked.read(), somebody_else_votes)
    del asked._content
    assert (await client.send(asked)).status_code in (409, 422)
    assert found == ["free"]


async def test_signatures_that_arrive_after_the_close_take_no_vote_out(open_place, client, clock):
    place, one = open_place, await open_place.person(0)
    await place.teller(TOM)
    await client.post(f"{place.here}/paper/{one.person}")
    await place.sign(TOM)
    await place.teller(UNA)
    content = (await client.get(f"{place.here}/paper/list")).content
    body = tellers.sign_list(content, UNA.file, UNA.keys)

    asked = client.build_request(
        "POST",
        f"{place.here}/paper/signing",
        files={"file": ("signed.json", body)},
        headers={"x-csrftoken": client.cookies["pilot_form"]},
    )
    asked.stream = Slow(asked.read(), lambda: clock.at(CLOSES))
    del asked._content
    answer = await client.send(asked)
    assert (answer.status_code, "Voting closed" in plain(answer)) == (409, True)


async def test_papers_to_print_are_all_alike(open_place, client):
    await open_place.officer()
    answer = await client.get(f"{open_place.here}/paper/print", params={"copies": "3"})
    papers = re.findall(r'<section class="pilot-ballot-paper" data-paper>(.*?)</section>', answer.text, re.S)
    assert len(papers) == 3
    assert len(set(papers)) == 1
    assert "Put one cross in one box" in papers[0]
    assert "You can vote on paper here" in plain(answer)
    assert "data-paper" not in (await client.get(f"{open_place.here}/paper/print")).text


async def test_the_paper_of_an_election_asks_for_an_order_of_choice(client, clock):
    clock.at(ARRANGED)
    async with client.app.state.store.writing() as session:
        await a_roll(session)
        ballot = await an_arranged_election(session)
        await service.take_lot(session, ballot, LOT, by=OFFICER, now=ARRANGED)
    place = Place(client, ballot)
    await place.officer()
    for one in (TOM, UNA):
        await place.add(one)
    async with client.app.state.store.writing() as session:
        await service.freeze_electorate(session, ballot, by=OFFICER, now=ARRANGED, script=SCRIPT)
    said = plain(await client.get(f"{place.here}/paper/print", params={"copies": "1"}))
    for words in ("Write a 1 in the box", "will be elected", "Amy Osei", "for the staff side"):
        assert words in said
    clock.at(OPENS)
    async with client.app.state.store.writing() as session:
        await service.open_ballot(session, ballot, now=OPENS)
    await place.teller(TOM)
    await client.post(f"{place.here}/paper/{(await place.person(0)).person}")
    await place.sign(TOM)
    await place.teller(UNA)
    await place.sign(UNA)
    assert "Your order so far" in plain(await client.get(f"{place.here}/paper/enter"))


async def test_a_teller_of_another_vote_reaches_nothing_of_this_one(open_place, client):
    sign_out(client)
    await sign_in(client, Role.TELLER, trust="RAA")
    for path in ("paper", "paper/signing", "paper/list", "paper/enter"):
        assert (await client.get(f"{open_place.here}/{path}")).status_code == 404
    assert "There is nothing to do for you now" in plain(await client.get("/teller"))
