"""Two tellers with three papers: given out, signed for, typed twice, mended, sealed in the browser and counted."""

from pathlib import Path

import pytest

from pilot.people import service as people
from pilot.people.service import link_address
from pilot.secrecy import keyfile, tellers
from pilot.secrecy.files import client_digest
from pilot.voting import queries, service
from pilot.voting.tellers import WantedTeller
from tests.builders import voting as build
from tests.builders.keyfiles import PASSPHRASE, OwnKeys
from tests.builders.trustees import OwnTrustee
from tests.journeys import test_trustee_page as at_home

trustee = at_home.trustee


class Place:
    """A trust with an open ballot and two tellers."""

    def __init__(self, server):
        self.server = server
        self.tom, self.una = OwnTrustee("Tom Teller", "employer"), OwnTrustee("Una Union", "staff side")
        server.clock.at(build.ARRANGED)
        self.ballot = server.do(self._made)
        server.clock.at(build.NIGHT)
        server.tick()

    async def _made(self, store):
        async with store.writing() as session:
            await build.a_roll(session, 25)
            ballot = await build.an_arranged_ballot(session)
            row = await queries.ballot(session, ballot)
            for one in (self.tom, self.una):
                wanted = WantedTeller(one.email, one.side, one.number)
                data = one.registration()
                await service.add_teller(session, row, wanted, data, by=build.OFFICER, now=build.ARRANGED)
            script = client_digest(self.server.settings.static)
            await service.freeze_electorate(session, ballot, by=build.OFFICER, now=build.ARRANGED, script=script)
        return ballot

    def link(self, one):
        """A new link of this teller."""

        async def work(store):
            async with store.writing() as session:
                (row,) = [row for row in await queries.tellers(session, self.ballot) if row.name == one.name]
                return await people.make_link(session, row.account_id, by=build.OFFICER, now=self.server.clock())

        return link_address(self.server.settings, self.server.do(work))

    def people(self, count):
        async def work(store):
            async with store.reading() as session:
                row = await queries.ballot(session, self.ballot)
                electors = sorted(await queries.electors(session, self.ballot))[:count]
                return [await service.paper_voter(session, row, person) for person in electors]

        return self.server.do(work)

    def declared(self):
        self.server.clock.at(build.CLOSES)
        self.server.tick()
        self.server.clock.at(build.DECLARED)

        async def work(store):
            async with store.writing() as session:
                return await service.declare_result(
                    session, self.ballot, by=build.OFFICER, now=build.DECLARED, on_declared=build.nobody_is_told
                )

        return self.server.do(work)


@pytest.fixture
def place(server):
    return Place(server)


def signs_in(teller, place, one):
    teller.goes_to(place.link(one))
    teller.clicks("Sign in")


def signs(teller, one):
    """Get the list, sign it offline, and send the signatures."""
    with teller.page.expect_download() as got:
        teller.page.get_by_role("link", name="Download the list").click()
    content = Path(got.value.path()).read_bytes()
    signed = tellers.sign_list(content, one.file, one.keys)
    teller.page.get_by_label("Your signatures").set_input_files(
        {"name": "signed.json", "mimeType": "application/json", "buffer": signed}
    )
    teller.clicks("Send the signatures")


def types_papers(teller, *answers):
    for answer in answers:
        teller.chooses(answer)
        teller.page.get_by_role("button", name="Add this paper").click()


def test_two_tellers_put_three_papers_in_and_mend_what_they_typed_differently(place, visitor):
    tom, una = visitor("tom"), visitor("una")
    here = f"/trusts/RAA/ballots/{place.ballot}/paper"
    signs_in(tom, place, place.tom)
    tom.goes_to("/teller")
    tom.follows("Give out papers and put them in", exact=False)
    for one in place.people(3):
        tom.types("Staff number or name", one.number)
        tom.clicks("Find")
        tom.follows("Give a paper", exact=False)
        tom.reads("If you have voted on a screen, that vote will not count.")
        tom.clicks("Give a paper")
    tom.reads("3 people")
    tom.goes_to(f"{here}/enter")
    tom.reads("two tellers have signed for 0 of them")
    tom.goes_to(f"{here}/signing")
    signs(tom, place.tom)
    tom.reads("Your signature is here for 3")
    signs_in(una, place, place.una)
    una.goes_to(f"{here}/signing")
    signs(una, place.una)
    una.follows("Put the papers in")

    sent = []
    una.page.on("request", lambda request: sent.append((request.method, request.url, request.post_data or "")))
    una.clicks("Start")
    una.reads("The first teller types all papers")
    una.clicks("Add this paper")
    una.reads("There is a problem")
    types_papers(una, "Yes", "No", "Yes")
    una.reads("3 papers typed")
    types_papers(una, "No")
    una.reads("There cannot be more papers")
    una.clicks("All papers are typed")
    una.reads("The second teller types all papers")
    types_papers(una, "Yes", "Yes", "Yes")
    una.clicks("All papers are typed")
    una.reads("The papers of the two tellers are not the same")
    una.page.get_by_role("button", name="from the second teller: Yes").click()
    una.clicks("Add a paper for the second teller")
    types_papers(una, "No")
    una.clicks("All papers are typed")
    una.reads("Both have typed the same papers")
    assert sent == []  # nothing of a paper has left the page
    una.clicks("Seal the papers")
    una.page.get_by_role("heading", name="The papers are sealed and wait").wait_for(timeout=30_000)
    una.looks()
    una.clicks("Look whether the papers are in the box")
    una.reads("Not yet. The second teller has not confirmed")
    tom.goes_to(here)
    tom.follows("Confirm the papers")
    tom.types("The number on the other teller’s page", una.page.locator("#number").inner_text())
    tom.chooses("I was there, and I typed every paper")
    tom.clicks("Put the papers into the box")
    una.clicks("Look whether the papers are in the box")
    una.page.get_by_role("heading", name="The papers are in the box").wait_for(timeout=30_000)
    una.looks()
    assert [(method, url.rpartition("/")[2]) for method, url, _ in sent if method != "GET"] == [
        ("POST", "stamps"),
        *[("PUT", "envelopes")] * 3,
    ]
    assert not any('"yes"' in body or '"no"' in body for _, _, body in sent)
    tom.goes_to(here)
    tom.reads("Una Union and Tom Teller put 3 papers into the box")
    told = place.declared()
    assert (told.votes, told.on_paper.given, told.on_paper.cast) == ({"yes": 2, "no": 1, "abstain": 0}, 3, 3)
    tom.goes_to(f"/trusts/RAA/ballots/{place.ballot}/declaration")
    tom.reads("Sealed votes in the box, on paper, put in by tellers 3")
    tom.goes_to(f"/trusts/RAA/ballots/{place.ballot}/result")
    tom.reads("3 people were given a paper")


def test_papers_to_print_can_be_read_by_everybody(place, visitor):
    tom = visitor("tom")
    signs_in(tom, place, place.tom)
    tom.goes_to(f"/trusts/RAA/ballots/{place.ballot}/paper/print?copies=2")
    tom.reads("Put one cross in one box")


def test_the_offline_page_signs_as_the_command_does(trustee):
    ballot = OwnKeys(votes=1)
    tom = trustee()
    content = tellers.cancel_list("5c" * 32, [bytes(range(16)), bytes(16)])
    tom.opens("paper")
    tom.gives("List of people who vote on paper", content.replace(b'","', b'", "'))
    tom.gives("Your key file", ballot.files[0])
    tom.presses("Show what I sign")
    tom.is_refused("This is not a list of people who vote on paper, or it is not whole.")
    tom.gives("List of people who vote on paper", content)
    tom.presses("Show what I sign")
    tom.reads("People who were given a vote on paper")
    tom.says("Passphrase", PASSPHRASE)
    tom.presses("Sign")
    tom.is_refused("Tick the box if you sign for these papers")
    tom.chooses("So many papers were given out, and I sign for them")
    tom.presses("Sign")
    keys = keyfile.open_up(ballot.key_files[0], PASSPHRASE)
    assert tom.saves("Save your signatures")[1] == tellers.sign_list(content, ballot.key_files[0], keys)
