"""The pages of trustees: the returning officer's, and each trustee's own."""

import re

import pytest
from msgspec.structs import replace

from pilot.app import do_what_is_due
from pilot.people.roles import Role
from pilot.secrecy import keyfile
from pilot.voting import queries, service
from tests.builders import trustees as own
from tests.builders.voting import (
    ARRANGED,
    NOTICED,
    OFFICER,
    OPENED,
    OPENS,
    a_frozen_ballot,
    an_arranged_ballot,
    an_own_key_ballot,
    noticed,
    votes,
)
from tests.signing_in import sign_in, sign_out

INVITED = {"name": "Ada Fell", "email": "ada@example.org", "side": "scrutineer", "deputy": "Dot Deputy"}


@pytest.fixture
def settings(settings):
    """The rules of production hold, over a test's plain http."""
    return replace(settings, mode="production", public_url="http://testserver.local")


def plain(answer):
    """The words of a page without its marks."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split()).replace("&#39;", "'")


def link_on(answer):
    """The path of the sign-in link that a page shows."""
    return re.search(r"/sign-in/[\w-]+", answer.text)[0]


async def send(client, address, content, name="file.json"):
    return await client.post(address, data={}, files={"file": (name, content)}, follow_redirects=True)


class Offices:
    """A browser that changes hands between the returning officer and the trustees."""

    def __init__(self, client, clock):
        self.client, self.clock, self.store = client, clock, client.app.state.store

    async def officer(self):
        sign_out(self.client)
        await sign_in(self.client, Role.RETURNING_OFFICER, trust="RAA")

    async def trustee(self, one):
        """Sign in with a new link of this trustee, made by a programme admin."""
        async with self.store.reading() as session:
            account = (await queries.trustee(session, one.id)).account_id
        sign_out(self.client)
        await sign_in(self.client, Role.PROGRAMME_ADMIN)
        answer = await self.client.post(f"/accounts/{account}/link")
        sign_out(self.client)
        assert (await self.client.post(link_on(answer))).status_code == 200

    async def get(self, address, status=200):
        answer = await self.client.get(address)
        assert answer.status_code == status, plain(answer)
        return answer

    async def post(self, address, data=None, status=200):
        answer = await self.client.post(address, data=data or {}, follow_redirects=True)
        assert answer.status_code == status, plain(answer)
        return answer


@pytest.fixture
async def offices(client, clock):
    clock.at(ARRANGED)
    return Offices(client, clock)


@pytest.fixture
async def ballot(offices):
    """A frozen ballot with three trustees who have not signed: its id and they."""
    async with offices.store.writing() as session:
        return await an_own_key_ballot(session, signed=False, subject="a question")


@pytest.fixture
async def to_open(offices):
    """The same after the close and the notices, with three votes."""
    async with offices.store.writing() as session:
        found, mine = await an_own_key_ballot(session, subject="a question")
        await votes(session, found, ["yes", "yes", "no"])
        await noticed(session, found)
    return found, mine


async def test_a_trustee_is_invited_registers_is_confirmed_and_practises(offices, client):
    async with offices.store.writing() as session:
        await a_frozen_ballot(session)
    ada = own.three_trustees()[0]
    await offices.officer()
    assert "Nobody has been invited yet" in plain(await offices.get("/trusts/RAA/trustees"))
    shown = await offices.post("/trusts/RAA/trustees/new", INVITED)
    assert "it is shown only on this page" in plain(shown)
    ada.id = int(re.search(r"/trustees/(\d+)", shown.text)[1])
    sign_out(client)
    await client.post(link_on(shown))
    assert "Make a key file and register" in plain(await offices.get("/trustee"))
    done = await send(client, "/trustee/RAA/registration", ada.registration())
    assert f"Your number is {ada.number}" in plain(done)
    await offices.officer()
    confirm = f"/trusts/RAA/trustees/{ada.id}/confirm"
    assert ada.number in plain(await offices.get(confirm))
    typed = {"number": ada.number.lower().replace("-", " "), "sure": "on", "shown": ada.number}
    page = plain(await offices.post(confirm, typed))
    assert ("Confirmed" in page, "Compare the number" in page) == (True, False)
    await offices.post(f"/trusts/RAA/trustees/{ada.id}/practice")
    await offices.trustee(ada)
    practice = await offices.get("/trustee/RAA/practice/list")
    assert "practice-list.json" in practice.headers["content-disposition"]
    assert "Backup tried" in plain(await send(client, "/trustee/RAA/practice", ada.drilled(practice.content)))


async def test_a_number_that_was_not_compared_is_not_confirmed(offices):
    async with offices.store.writing() as session:
        await a_frozen_ballot(session)
        ada, ben, _ = own.three_trustees()
        row = await own.invited(session, ada, by=OFFICER, now=ARRANGED)
        await service.register(session, row, ada.registration(), by="account 9", now=ARRANGED)
    await offices.officer()
    confirm = f"/trusts/RAA/trustees/{ada.id}/confirm"
    wrong = {"number": ben.number, "sure": "on", "shown": ada.number}
    assert "This is not the number of the keys that came here" in plain(await offices.post(confirm, wrong, status=422))
    page = plain(await offices.post(confirm, {"number": ben.number, "shown": ada.number}, status=422))
    assert "This is not the number of the keys that came here" in page
    assert "Select that you know that you spoke to this person" in page
    page = plain(await offices.post(confirm, {"shown": ada.number}, status=422))
    assert "Type the number as the trustee reads it" in page
    assert "Select that you know that you spoke to this person" in page
    aloud = {"aloud": "on", "sure": "on", "shown": ben.number}
    assert "has sent other keys since" in plain(await offices.post(confirm, aloud, status=409))


async def test_another_name_in_the_registration_file_is_taken_and_both_are_shown(offices, client):
    async with offices.store.writing() as session:
        await a_frozen_ballot(session)
        ada, *_ = own.three_trustees()
        row = await own.invited(session, ada, by=OFFICER, now=ARRANGED)
        ada.file = replace(ada.file, name="ADA  fell")
        await service.register(session, row, ada.registration(), by="account 9", now=ARRANGED)
    await offices.officer()
    confirm = f"/trusts/RAA/trustees/{ada.id}/confirm"
    assert "the registration file has the name" not in plain(await offices.get(confirm))
    async with offices.store.writing() as session:
        row = await queries.trustee(session, ada.id)
        ada.file = replace(ada.file, name="A.\x00 <b>Other</b>" + "x" * 500)
        await service.register(session, row, ada.registration(), by="account 9", now=ARRANGED)
    page = await offices.get(confirm)
    assert "You invited Ada Fell, and the registration file has the name A. &lt;b&gt;Other&lt;/b&gt;xxx" in plain(page)
    assert "x" * 120 not in page.text
    await offices.post(confirm, {"aloud": "on", "sure": "on", "shown": ada.number})


async def test_keys_of_another_trustee_and_other_files_are_refused_at_the_field(offices, client, ballot):
    _, mine = ballot
    async with offices.store.writing() as session:
        dot = own.OwnTrustee("Dot Reed", "employer")
        await own.invited(session, dot, by=OFFICER, now=ARRANGED)
    await offices.trustee(dot)
    address = "/trustee/RAA/registration"
    for content, why in (
        (mine[0].registration(), "These keys belong to another trustee"),
        (b"{}", "This is not a registration file, or it is not whole."),
        (keyfile.to_bytes(dot.file), "It has just been sent to this website"),
        (keyfile.to_bytes(dot.file), "Nothing of it was kept here. Make new keys, use these no more"),
    ):
        answer = await send(client, address, content)
        assert (answer.status_code, why in plain(answer)) == (422, True), plain(answer)
    await send(client, address, dot.registration())
    await offices.officer()
    await offices.post(f"/trusts/RAA/trustees/{dot.id}/confirm", {"aloud": "on", "sure": "on", "shown": dot.number})
    await offices.trustee(dot)
    answer = await send(client, address, own.other_keys(dot).registration())
    assert (answer.status_code, "This trustee is confirmed" in plain(answer)) == (409, True)


async def test_the_returning_officer_makes_no_link_for_keys_that_are_confirmed_and_who_had_one_is_signed_out(
    offices, client
):
    async with offices.store.writing() as session:
        await a_frozen_ballot(session)
        ada = own.three_trustees()[0]
        row = await own.invited(session, ada, by=OFFICER, now=ARRANGED)
        await service.register(session, row, ada.registration(), by="account 9", now=ARRANGED)
    here = f"/trusts/RAA/trustees/{ada.id}"
    await offices.officer()
    used = await offices.post(f"{here}/link")
    sign_out(client)
    await client.post(link_on(used))
    await offices.get("/trustee")
    inside = dict(client.cookies)
    await offices.officer()
    kept = await offices.post(f"{here}/link")
    await offices.post(f"{here}/confirm", {"aloud": "on", "sure": "on", "shown": ada.number})
    page = plain(await offices.get(here))
    assert ("Make a link" in page, "A programme admin makes it, on the page People and roles" in page) == (False, True)
    assert "From now on a programme admin makes the links" in plain(await offices.post(f"{here}/link", status=409))
    sign_out(client)
    assert (await client.post(link_on(kept))).status_code == 404
    client.cookies.clear()
    client.cookies.update(inside)
    await offices.get("/trustee", status=403)
    await offices.trustee(ada)
    assert "Number compared" in plain(await offices.get("/trustee"))


async def test_somebody_with_other_roles_gets_the_role_and_no_link(offices, client):
    async with offices.store.writing() as session:
        await a_frozen_ballot(session)
        await a_frozen_ballot(session, trust="RBB")
    await sign_in(client, Role.COORDINATOR, trust="RBB")
    await sign_in(client, Role.COORDINATOR, trust="RAA")
    await offices.officer()
    page = await offices.post("/trusts/RAA/trustees/new", INVITED | {"email": "coordinator-rbb@example.org"})
    assert ("/sign-in/" in page.text, "signs in as always" in plain(page)) == (False, True)
    refused = await offices.post("/trusts/RAA/trustees/new", INVITED | {"email": "coordinator-raa@example.org"}, 422)
    assert "cannot also be its coordinator" in plain(refused)


async def test_a_real_vote_is_refused_without_trustees_and_goes_through_with_them(offices, client):
    async with offices.store.writing() as session:
        _, mine = await an_own_key_ballot(session)
        other = await an_arranged_ballot(session, subject="proposal 2")
    await offices.officer()
    here = f"/trusts/RAA/ballots/{other}"
    page = plain(await offices.get(here))
    assert "A real vote needs at least two people who keep their own keys" in page
    assert "Choose who opens the sealed votes first" in page
    refused = await offices.post(f"{here}/freeze", status=409)
    assert "A real vote needs at least two trustees who keep their own keys" in plain(refused)
    one = {"first": str(mine[0].id), "second": "server"}
    assert "at least two trustees" in plain(await offices.post(f"{here}/trustees", one, status=409))
    page = await offices.get(f"{here}/trustees")
    assert [int(value) for value in re.findall(r'value="(\d+)" selected', page.text)] == [one.id for one in mine]
    await offices.post(f"{here}/trustees", {"first": mine[0].id, "second": "server", "third": mine[2].id})
    assert "This server, for the employer" in plain(await offices.get(here))
    await offices.post(f"{here}/freeze")
    page = plain(await offices.get(here))
    assert "Still missing: Ada Fell, Cy Stone" in page
    assert "This server, for the employer (this server holds the key)" in page
    assert "this server holds all the keys" not in page


async def test_a_trustee_signs_what_is_promised(offices, client, ballot):
    found, mine = ballot
    here = f"/trusts/RAA/ballots/{found}"
    for one in mine:
        await offices.trustee(one)
        assert "Sign it before 8am on Wednesday 3 March 2027" in plain(await offices.get("/trustee"))
        page = plain(await offices.get(f"{here}/sign"))
        assert f"own keys, {one.number}" in page
        text = (await offices.get(f"{here}/manifest.json")).content
        if one is mine[0]:
            wrong = await send(client, f"{here}/sign", mine[1].signature(text))
            assert (wrong.status_code, "not the signature of Ada Fell" in plain(wrong)) == (422, True)
        assert "You have signed it" in plain(await send(client, f"{here}/sign", one.signature(text)))
    await offices.officer()
    assert "Everybody who opens the sealed votes has signed" in plain(await offices.get(here))


async def test_the_officer_reads_whose_signature_is_missing_and_whom_to_call(offices, ballot):
    found, mine = ballot
    async with offices.store.writing() as session:
        await own.signs(session, found, mine[0], now=ARRANGED)
    await offices.officer()
    page = plain(await offices.get(f"/trusts/RAA/ballots/{found}/trustees"))
    assert "Call Ben Emery (ben@example.org); the deputy is Deputy of Ben Emery" in page
    assert "Ada Fell , independent scrutineer. Has signed" in page


async def test_a_vote_that_was_not_signed_says_so_to_everybody(offices, ballot, clock, client):
    found, _ = ballot
    clock.at(OPENS)
    await do_what_is_due(offices.store, OPENS)
    sign_out(client)
    page = plain(await offices.get(f"/trusts/RAA/ballots/{found}"))
    assert "This vote was not held: Ada Fell, Ben Emery and Cy Stone, who help to open the sealed votes" in page


async def test_the_trustees_open_in_turn_and_the_votes_are_counted_by_the_clock(offices, client, clock, to_open):
    found, mine = to_open
    here = f"/trusts/RAA/ballots/{found}"
    clock.at(NOTICED)
    await offices.trustee(mine[0])
    assert "until 6pm on Thursday 18 March 2027" in plain(await offices.get(f"{here}/list", status=409))
    clock.at(OPENED)
    await offices.trustee(mine[1])
    assert "It is not your turn yet: Ada Fell opens" in plain(await offices.get("/trustee"))
    await offices.get(f"{here}/list", status=409)
    for one in mine:
        await offices.officer()
        page = plain(await offices.get(f"{here}/trustees"))
        assert f"Next Everybody has waited for them since 6pm on Thursday 18 March 2027. Call {one.name}" in page
        await offices.trustee(one)
        assert "It is your turn: open the sealed votes" in plain(await offices.get("/trustee"))
        content = (await offices.get(f"{here}/list")).content
        right = one.opened(content)
        wrong = await send(client, f"{here}/opened", right[:-40])
        assert wrong.status_code == 422
        done = await send(client, f"{here}/opened", right)
        assert "You have opened the sealed votes" in plain(done)
    await do_what_is_due(offices.store, OPENED)
    async with offices.store.reading() as session:
        assert (await queries.ballot(session, found)).state == "tallied"


async def test_the_deputy_stands_in_with_a_reason_and_the_trustee_cannot_come_in_any_more(offices, client, to_open):
    found, mine = to_open
    offices.clock.at(OPENED)
    await offices.trustee(mine[0])
    old = dict(client.cookies)
    await offices.officer()
    replace_ = f"/trusts/RAA/trustees/{mine[0].id}/replace"
    assert "Say why they are replaced" in plain(await offices.post(replace_, {"email": "dot@example.org"}, status=422))
    said = {"email": "dot@example.org", "reason": "Ada is away.", "sure": "on"}
    shown = await offices.post(replace_, said)
    assert ("/sign-in/" in shown.text, "A programme admin makes the link" in plain(shown)) == (False, True)
    await offices.trustee(mine[0])
    assert "You stand in for Ada Fell" in plain(await offices.get("/trustee"))
    content = (await offices.get(f"/trusts/RAA/ballots/{found}/list")).content
    done = await send(client, f"/trusts/RAA/ballots/{found}/opened", mine[0].opened(content))
    assert "You have opened the sealed votes" in plain(done)
    told = "Deputy of Ada Fell opened the sealed votes in the place of Ada Fell, with the backup of the same keys."
    page = plain(await offices.get(f"/trusts/RAA/ballots/{found}"))
    assert f"{told} The reason: Ada is away." in page
    client.cookies.clear()
    client.cookies.update(old)
    await offices.get("/trustee", status=403)


async def test_a_trustee_reaches_neither_another_trusts_ballot_nor_one_that_is_not_theirs(offices, client, ballot):
    found, mine = ballot
    async with offices.store.writing() as session:
        other = await a_frozen_ballot(session, trust="RBB")
        dot = own.OwnTrustee("Dot Reed", "employer")
        await own.confirmed(session, dot, by=OFFICER, now=ARRANGED)
    await offices.trustee(mine[0])
    await offices.get(f"/trusts/RBB/ballots/{other}/sign", status=403)
    await offices.trustee(dot)
    page = plain(await offices.get(f"/trusts/RAA/ballots/{found}/sign", status=409))
    assert "You are not one of those who open the sealed votes of this ballot" in page


async def test_the_list_of_steps_goes_from_arranging_to_destroying(offices, ballot):
    found, _ = ballot
    await offices.officer()
    page = (await offices.get(f"/trusts/RAA/ballots/{found}")).text
    ids = re.findall(r'nhsuk-task-list__status[^"]*" id="([a-z]+)-status"', page)
    assert ids == [
        "arranged", "trustees", "tellers", "freeze", "signatures", "rehearse", "codes", "poster", "watching", "opens",
        "closes", "notices", "peeled", "counted", "declare", "challenges", "erase",
    ]  # fmt: skip


async def test_a_rehearsal_is_arranged_on_a_page_and_says_what_it_is(offices, ballot):
    found, _ = ballot
    await offices.officer()
    address = f"/trusts/RAA/ballots/{found}/rehearse"
    when = {"on-day": "2", "on-month": "3", "on-year": "2027", "start": "10", "end": "12"}
    late = plain(await offices.post(address, when | {"end": "9"}, status=422))
    assert "The rehearsal must end after it starts" in late
    past = plain(await offices.post(address, when | {"on-day": "1", "start": "8", "end": "9"}, status=422))
    assert "The vote must open in the future" in past
    page = plain(await offices.post(address, when))
    assert ("Rehearsal: Night canteen" in page, "It decides nothing." in page) == (True, True)
    assert "Without a choice this server holds all the keys" in page
    assert "This vote was rehearsed: 2 March 2027" in plain(await offices.get(f"/trusts/RAA/ballots/{found}"))


async def test_only_somebody_whom_no_ballot_needs_is_retired(offices, ballot):
    _, mine = ballot
    async with offices.store.writing() as session:
        dot = own.OwnTrustee("Dot Reed", "employer")
        await own.invited(session, dot, by=OFFICER, now=ARRANGED)
    await offices.officer()
    address = "/trusts/RAA/trustees/{}/retire"
    assert "Select that you are sure" in plain(await offices.post(address.format(dot.id), status=422))
    refused = plain(await offices.post(address.format(mine[0].id), {"sure": "on"}, status=409))
    assert "Ada Fell is chosen to open the sealed votes of RAA-B1" in refused
    assert "Trustee no more" in plain(await offices.post(address.format(dot.id), {"sure": "on"}))
