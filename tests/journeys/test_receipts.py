"""The receipt of a vote and the checking file, in a real browser: what is right is said, what is wrong stops.

The first part needs no application (see booth.py); the journeys behind it do.
"""

import json
import random
import re
import string
from collections.abc import Iterator
from functools import partial
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from playwright.sync_api import Browser, Page, expect

from pilot.errors import BadInput
from pilot.people import service as people
from pilot.people.roles import Role
from pilot.secrecy import checkpoint, dispute, leaves, seal, tree
from pilot.voting import queries, service
from pilot.voting.forms import DisputeForm
from pilot.voting.record.archive import unpack
from tests.builders.people import an_account
from tests.builders.secrecy import World
from tests.builders.voting import CLOSES, NIGHT, OFFICER
from tests.journeys.booth import Booth
from tests.journeys.conftest import NO_WIDTH
from tests.journeys.test_voting import Porter, Ward

WRONG = (
    "The receipt for your vote is not right, so we cannot say that it is in the box. Do not vote again yet: "
    "keep this page open and tell the returning officer and the scrutineer."
)


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.fixture
def booth(world: World) -> Iterator[Booth]:
    booth = Booth(world)
    yield booth
    booth.close()


@pytest.fixture
def page(browser: Browser, booth: Booth) -> Iterator[Page]:
    context = browser.new_context(accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(10_000)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda fault: complaints.append(str(fault)))
    page.goto(f"{booth.address}/votes/7#{booth.world.digest}")
    page.locator("#question h1").wait_for()
    yield page
    assert complaints == []
    context.close()


def casts(page: Page) -> None:
    page.get_by_label("Yes", exact=True).check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Cast vote").click()


def another_log(world: World, receipt: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """A receipt signed by the right key, but of a log that says something else."""
    signer = changed.get("key", world.log_signer)
    bodies = [leaves.stamp_leaf(v, 1) for v in world.voters[: changed.get("before", 7)]]
    mine = leaves.envelope_leaf(changed.get("v", world.voters[0]), changed.get("envelope", receipt["envelope"]))
    bodies += [mine, *(leaves.stamp_leaf(v, 2) for v in world.voters[: changed.get("after", 0)])]
    hashes = [tree.leaf_hash(body) for body in bodies]
    leaf = changed.get("before", 7)
    origin = checkpoint.origin(changed.get("digest", world.digest))
    text = checkpoint.text(origin, len(bodies), tree.root_of_hashes(hashes))
    proof = [one.hex() for one in tree.inclusion_proof(hashes, leaf)]
    signed = checkpoint.signed(text, origin, signer).decode()
    return {"cast": True, "envelope": receipt["envelope"], "leaf": leaf, "proof": proof, "checkpoint": signed}


FORGERIES = {
    "nothing": lambda w, r: {"cast": True},
    "not cast": lambda w, r: r | {"cast": False},
    "another envelope": lambda w, r: r | {"envelope": "00" * 32},
    "another place": lambda w, r: r | {"leaf": 6},
    "a place that is no number": lambda w, r: r | {"leaf": "7"},
    "no proof": lambda w, r: r | {"proof": []},
    "a changed proof": lambda w, r: r | {"proof": ["00" * 32, *r["proof"][1:]]},
    "a longer proof": lambda w, r: r | {"proof": [*r["proof"], "00" * 32]},
    "an unsigned checkpoint": lambda w, r: r | {"checkpoint": r["checkpoint"].split("\n\n")[0]},
    "a checkpoint of another size": lambda w, r: r | {"checkpoint": r["checkpoint"].replace("\n8\n", "\n9\n")},
    "another key": lambda w, r: another_log(w, r, key=Ed25519PrivateKey.generate()),
    "another ballot": lambda w, r: another_log(w, r, digest="00" * 32),
    "under another person's number": lambda w, r: another_log(w, r, v=w.voters[1]),
    "the log of another envelope": lambda w, r: another_log(w, r, envelope="00" * 32),
    "a log that went on": lambda w, r: another_log(w, r, after=3),
}
"""What a dishonest server could answer."""


def test_a_wrong_receipt_stops_and_says_what_to_do(booth: Booth, page: Page, world: World) -> None:
    page.get_by_label("Yes", exact=True).check()
    page.get_by_role("button", name="Continue").click()
    for kind, forgery in FORGERIES.items():
        booth.forge = partial(forgery, world)
        with page.expect_response("**/envelope"):
            page.locator("#cast").click()
        expect(page.locator("#cast[aria-disabled]")).to_have_count(0)
        assert WRONG in page.locator("#check-problem:visible").inner_text(), kind
        assert page.get_by_role("heading", name="Your vote has been cast").is_hidden(), kind
        assert page.locator("#code").inner_text() == "", kind


def test_after_a_wrong_receipt_the_same_sealed_vote_is_sent_again(booth: Booth, page: Page) -> None:
    booth.forge = lambda receipt: {}
    casts(page)
    page.locator("#check-problem").get_by_text(WRONG).wait_for()
    booth.forge = lambda receipt: receipt
    page.get_by_role("button", name="Cast vote").click()
    page.get_by_role("heading", name="Your vote has been cast").wait_for()
    _, first, second = (body for _, _, body in booth.requests)
    assert first == second


BROWSER_CHECKS = """async ([receipts, manifest, digest]) => {
  const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  const { isRight } = await import('/static/receipt.js');
  const ballot = { manifest: JSON.parse(manifest), digest };
  const found = [];
  for (const [receipt, v, envelope] of receipts)
    found.push(await isRight(new TextEncoder().encode(receipt), ballot, v, bytes(envelope)).catch(() => false));
  return found;
}"""


def test_the_browser_and_python_agree_on_300_receipts_right_and_wrong(page: Page, world: World) -> None:
    """Logs of every length, and the smallest changes to each part of a receipt."""
    chance = random.Random(7)
    cases, expected = [], []
    for number in range(300):
        envelope = chance.randbytes(40)
        base = another_log(world, {"envelope": sha256(envelope).hexdigest()}, before=chance.randrange(20))
        receipt = base if number % 3 == 0 else altered(base, chance)
        v = world.voters[0] if chance.random() < 0.9 else world.voters[1]
        cases.append([json.dumps(receipt), v.hex(), envelope.hex()])
        expected.append(in_python(world, receipt, v, envelope))
        if number % 3 == 0:
            cases.append([json.dumps(spelt_otherwise(base)), v.hex(), envelope.hex()])
            expected.append(False)
            assert not in_python(world, spelt_otherwise(base), v, envelope)
    assert page.evaluate(BROWSER_CHECKS, [cases, world.text.decode(), world.digest]) == expected
    assert 60 < sum(expected) < 140


def spelt_otherwise(receipt: dict[str, Any]) -> dict[str, Any]:
    """The same signature with a bit set that stands for nothing: its last letter before the “=” is the next one."""
    text = receipt["checkpoint"].rstrip("=\n")
    letters = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"
    other = text[:-1] + letters[letters.index(text[-1]) + 1]
    return receipt | {"checkpoint": other + receipt["checkpoint"][len(text) :]}


def altered(receipt: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """One character changed somewhere."""
    key = chance.choice(["leaf", "proof", "checkpoint", "envelope"])
    if key == "leaf":
        return receipt | {"leaf": receipt["leaf"] + chance.choice([-1, 1, 2, 64])}
    if key == "proof":
        return receipt | {"proof": [*receipt["proof"][:-1], chance.randbytes(32).hex()]}
    text = receipt[key]
    at = chance.randrange(len(text) - 1)
    return receipt | {key: text[:at] + ("a" if text[at] != "a" else "b") + text[at + 1 :]}


def in_python(world: World, receipt: dict[str, Any], v: bytes, envelope: bytes) -> bool:
    if receipt["envelope"] != sha256(envelope).hexdigest():
        return False
    try:
        checkpoint.check_receipt(receipt, v, world.digest, world.manifest.log_key)
    except BadInput:
        return False
    return True


def the_file(page: Page) -> bytes:
    page.get_by_text("Keep a file that proves your vote").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save the checking file").click()
    assert waiting.value.suggested_filename == "checking-file.json"
    page.get_by_text("Saved. Look for checking-file.json in the downloads of this browser.").wait_for()
    return waiting.value.path().read_bytes()


def test_the_checking_file_makes_the_sealed_vote_again_byte_for_byte(booth: Booth, page: Page, world: World) -> None:
    casts(page)
    page.get_by_role("heading", name="Your vote has been cast").wait_for()
    sent = len(booth.requests)
    data = the_file(page)
    assert len(booth.requests) == sent == 2  # it is made on the page and sent nowhere
    found = dispute.read(data)
    assert found.m == world.digest
    assert seal.spaced(seal.check_code(found.paper)) == page.locator("#code").inner_text()
    inner = seal.pack(found.paper, found.stamp, world.manifest.padded)
    publics = [sealer.public_key() for sealer in world.sealers]
    items = seal.seal_with(inner, publics, found.m, [seal.read_seal_secret(key) for key in found.keys])
    assert items[0] == booth.requests[1][2]
    checkpoint.check_receipt(found.receipt, world.voters[0], world.digest, world.manifest.log_key)


def test_the_page_warns_before_it_gives_the_checking_file(page: Page) -> None:
    casts(page)
    page.get_by_role("heading", name="Your vote has been cast").wait_for()
    assert page.get_by_role("button", name="Save the checking file").is_hidden()
    page.get_by_text("Keep a file that proves your vote").click()
    warning = page.locator("#done .nhsuk-details").inner_text()
    assert "The file shows how you voted." in warning
    assert "Somebody who forces or pays you could ask you for it." in warning


# ---- Journeys through the application, at both widths: a ward computer and a phone ----


@pytest.fixture
def ward(server: Any) -> Ward:
    return Ward(server)


class Cut:
    """A connection that is lost at the worst moment, `times` times."""

    def __init__(self, page: Page, address: str, *, arrives: bool, times: int = 1) -> None:
        self.left, self.arrives = times, arrives
        page.route(re.compile(address), self._cut)

    def _cut(self, route: Any) -> None:
        if not self.left:
            return route.continue_()
        self.left -= 1
        if self.arrives:
            route.fetch()  # the server has stored it, and its answer is lost
        return route.abort()


def is_told_of_the_lost_connection(porter: Porter) -> None:
    porter.at.page.get_by_text("Your vote is not lost. Try again.").wait_for()
    porter.at.complaints.clear()  # the browser's own word about the connection that was cut


@pytest.mark.parametrize("address", [r"/stamp$", r"/envelope$"])
@pytest.mark.parametrize("arrives", [False, True], ids=["on the way there", "on the way back"])
@NO_WIDTH
def test_a_connection_lost_at_the_worst_moment_costs_no_vote(ward, visitor, address, arrives):
    porter = Porter(visitor)
    porter.enters(ward.slips[0].code)
    porter.chooses("Yes")
    Cut(porter.at.page, address, arrives=arrives, times=2)
    porter.at.page.get_by_role("button", name="Cast vote").click()
    is_told_of_the_lost_connection(porter)
    assert ward.sealed() == (1 if arrives and "envelope" in address else 0)
    porter.at.page.get_by_role("button", name="Try again").click()
    is_told_of_the_lost_connection(porter)
    porter.at.page.get_by_role("button", name="Try again").click()
    porter.at.reads_heading("Your vote has been cast")  # the receipt that came late is the same, and is right
    assert ward.sealed() == 1


@pytest.mark.parametrize("arrives", [False, True], ids=["before the vote arrived", "after it arrived"])
def test_whoever_lost_the_page_with_the_connection_reads_what_became_of_the_vote(ward, visitor, arrives):
    porter = Porter(visitor)
    porter.enters(ward.slips[0].code)
    porter.chooses("Yes")
    Cut(porter.at.page, r"/envelope$", arrives=arrives, times=9)
    porter.at.page.get_by_role("button", name="Cast vote").click()
    is_told_of_the_lost_connection(porter)
    porter.at.page.unroute_all()
    porter.enters(ward.slips[0].code)
    porter.at.reads_heading("Should the canteen open at night?")
    porter.at.reads("Your sealed vote is in the box." if arrives else "Your vote was not cast. Choose again")
    porter.chooses("No")
    porter.casts()
    assert ward.sealed() == 1


@NO_WIDTH
def test_a_checking_file_of_a_real_vote_is_followed_through_its_record(ward, visitor):
    porter = Porter(visitor)
    code = porter.votes(ward.slips[0].code, "Yes")
    file = dispute.read(the_file(porter.at.page))
    porter.at.looks()
    porter.finishes()
    ward.cast("yes", "no", "abstain")
    ward.closes_and_is_declared()

    async def record(store):
        async with store.reading() as session:
            return await queries.record(session, ward.ballot)

    finding = dispute.settle(file, dispute.read_record(unpack(ward.server.do(record)).files))
    assert (finding.outcome, code in finding.sentence) == (dispute.Outcome.COUNTED, True)


def test_a_voter_reads_who_can_see_what_and_says_what_is_wrong_at_both_widths(ward, visitor):
    porter = Porter(visitor)
    porter.enters(ward.slips[0].code)
    porter.at.reads_heading("Should the canteen open at night?")
    porter.at.goes_to(f"/votes/{ward.ballot}/who-can-see-what")
    porter.at.reads("Whoever runs this server could see how people voted, alone")
    porter.at.follows("Back to the vote")
    porter.at.reads_heading("Should the canteen open at night?")
    porter.at.goes_to(f"/votes/{ward.ballot}/problem")
    porter.at.clicks("Send")
    porter.at.reads("Select what is wrong")
    porter.at.chooses("It says that I voted, but I did not")
    porter.at.types("What happened?", "I was on leave.")
    porter.at.clicks("Send")
    porter.at.reads("The returning officer has been told")
    ward.server.clock.at(CLOSES)
    ward.server.tick()
    porter.enters(ward.slips[1].code)
    porter.at.goes_to(f"/votes/{ward.ballot}")
    porter.at.reads("No vote was recorded for you.")
    porter.at.follows("Is this wrong? Tell the returning officer")


def test_the_officers_pages_of_the_watch_key_and_of_problems_are_good_at_both_widths(ward, visitor):
    officer = visitor("officer")
    said = DisputeForm("refused", "I have worked here since May.")

    async def ready(store):
        async with store.writing() as session:
            row = await queries.ballot_of(session, "RAA", ward.ballot)
            await service.tell_problem(session, row, said, today=NIGHT.date())
            account = await an_account(session, Role.RETURNING_OFFICER, "RAA", email="officer@example.org")
            return await people.make_link(session, account, by=OFFICER, now=NIGHT)

    officer.signs_in(ward.server.do(ready))
    here = f"/trusts/RAA/ballots/{ward.ballot}"
    officer.goes_to(f"{here}/watching")
    officer.clicks("Make the watch key")
    officer.reads("The watch key is made")
    officer.goes_to(f"{here}/problems")
    officer.follows("Write down what you found", exact=False)
    officer.clicks("Write this down")
    officer.reads("Say what you found")
    officer.types("What did you find, and what did you do?", "She is on the list of the other site.")
    officer.clicks("Write this down")
    officer.reads("Answered")
