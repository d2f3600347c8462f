"""trustee.html opened from a disk: it and Python read each other's files, and refuse the same in the same words.

No server here. Every request that the page might make is an error, since nothing but file: is answered.
"""

import base64
import json
import re
import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace
from playwright.sync_api import Browser, Download, expect

from pilot.errors import Refused
from pilot.secrecy import canonical, keyfile, lists, peel, proofs, seal
from pilot.secrecy import manifest as manifests
from pilot.settings import ROOT
from pilot.voting.ballots import Election, Majority
from pilot.voting.count.contest import Reserve
from pilot.voting.promised import promise
from tests.builders.keyfiles import PASSPHRASE, OwnKeys, a_key_file, fresh
from tests.builders.secrecy import CLOSES
from tests.journeys.conftest import NO_WIDTH, WINDOWS, Visitor

PAGE = ROOT / "static" / "trustee.html"
AFTERWARDS = CLOSES + timedelta(days=60)
"""What the clock of a trustee's computer shows, unless a test sets another time."""


@pytest.fixture(scope="module")
def ballot() -> OwnKeys:
    return OwnKeys(votes=11)


COMES_TO = """async (view) => {
  for (const next of ['', view]) {
    if (location.hash.slice(1) === next) continue;
    const come = new Promise((done) => addEventListener('hashchange', done, { once: true }));
    location.hash = next;
    await come;
  }
}"""


class Trustee(Visitor):
    """Somebody with the page on their disk."""

    where = PAGE.as_uri()
    """Where on the disk the page is."""

    def opens(self, view: str = "") -> None:
        """Open the page anew."""
        self.page.goto("about:blank")
        self.page.goto(f"{self.where}#{view}")
        self.page.locator("h1:visible").wait_for()
        self.looks()

    def begins_again(self, view: str) -> None:
        """Leave what was shown and come to this view: the page forgets what it has read."""
        self.page.evaluate(COMES_TO, view)

    def gives(self, label: str, data: bytes, name: str = "file.json") -> None:
        """Choose a file of these bytes."""
        self.page.get_by_label(label, exact=True).locator("visible=true").set_input_files(
            [{"name": name, "mimeType": "application/json", "buffer": data}]
        )

    def says(self, label: str, words: str) -> None:
        """Fill in the visible field with this label."""
        self.page.get_by_label(label, exact=True).locator("visible=true").fill(words)

    def presses(self, name: str) -> None:
        """Press the visible button and wait until it has done its work."""
        self.page.get_by_role("button", name=name, exact=True).click()
        expect(self.page.locator("button[aria-disabled]")).to_have_count(0)
        self.looks()

    def saves(self, name: str) -> tuple[str, bytes]:
        """Follow a link that gives a file: its name and bytes."""
        with self.page.expect_download() as found:
            self.page.get_by_role("link", name=name, exact=True).click()
        download: Download = found.value
        return download.suggested_filename, Path(download.path()).read_bytes()

    def is_refused(self, sentence: str) -> None:
        """The problem is told above, in the title, beside its field, and has the focus."""
        expect(self.page.locator(".problem:visible")).to_be_focused()
        assert sentence in self.page.locator(".problem:visible").inner_text()
        assert self.page.title().startswith("Error: ")
        self.looks()

    def has_focus_on(self, heading: str) -> None:
        expect(self.page.get_by_role("heading", name=heading, exact=True)).to_be_focused()

    def reads_nothing_wrong(self) -> None:
        expect(self.page.locator(".problem:visible")).to_have_count(0)

    def has_no_file(self) -> None:
        assert self.page.locator(".files a:visible").count() == 0


@pytest.fixture
def trustee(browser: Browser, width: str, request: pytest.FixtureRequest) -> Iterator[Callable[[], Trustee]]:
    """Makes a trustee at a browser that is not connected to anything."""
    made: list[Trustee] = []

    def make(name: str = "trustee") -> Trustee:
        first, *also = WINDOWS[width]
        context = browser.new_context(viewport=first, accept_downloads=True, offline=True)
        somebody = Trustee(context, None, f"{request.node.name}-{name}", also)  # type: ignore[arg-type]
        somebody.page.clock.set_fixed_time(AFTERWARDS)
        asked: list[str] = []
        somebody.page.on("request", lambda r: asked.append(r.url) if not r.url.startswith(("file:", "blob:")) else None)
        somebody.asked = asked
        made.append(somebody)
        return somebody

    yield make
    for somebody in made:
        assert somebody.asked == []
        somebody.context.close()


def test_keys_made_in_the_page_are_read_by_the_command(trustee):
    ada = trustee()
    ada.opens()
    ada.follows("Make your keys")
    ada.says("Your full name", "Zoë O’Hara")
    ada.says("What you are", "independent scrutineer")
    ada.says("New passphrase", PASSPHRASE)
    ada.says("The same passphrase again", PASSPHRASE + " ")
    ada.presses("Make my keys")
    name, data = ada.saves("Save your key file")
    assert name == "zoe-o-hara.key.json"
    file = keyfile.read(data)
    keys = keyfile.open_up(file, PASSPHRASE)
    assert (file.name, file.role, keys.opened) == ("Zoë O’Hara", "independent scrutineer", {})
    assert keys.signer.public_key().public_bytes_raw() == file.sign_key
    words = seal.SUITE.encrypt(b"words", seal.read_seal_key(file.seal_key), b"x")
    assert seal.SUITE.decrypt(words, keys.sealer, b"x") == b"words"
    found = proofs.read_registration(ada.saves("Save your registration file")[1])
    assert (found.name, found.seal_key, found.sign_key) == (file.name, file.seal_key, file.sign_key)
    ada.reads(keyfile.fingerprint(file.seal_key, file.sign_key))
    assert proofs.registration(file, keys) == ada.saves("Save your registration file")[1]


@pytest.mark.parametrize(
    ("passphrase", "again", "sentence"),
    [
        ("otters", "otters", "Choose a longer passphrase: at least 16 characters, for example 5 words"),
        ("aaaaaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaaaaa", "Choose a longer passphrase"),
        (PASSPHRASE, "another one entirely, really", "The two passphrases are different"),
        ("", "", "Enter a new passphrase"),
    ],
)
def test_a_weak_or_mistyped_passphrase_makes_no_keys(trustee, passphrase, again, sentence):
    ada = trustee()
    ada.opens("make")
    ada.says("Your full name", "Ada")
    ada.says("What you are", "scrutineer")
    ada.says("New passphrase", passphrase)
    ada.says("The same passphrase again", again)
    ada.presses("Make my keys")
    ada.is_refused(sentence)
    ada.has_no_file()


PASSPHRASES = (
    "sixteen letters!",
    "five old hens eat corn",
    "a b c d e",
    "ab ab ab ab ab ab",
    "fifteen letters",
    "ééééééééàèìòùçñô",
    "one two three four",
    "🦦🦦🦦🦦🦦🦦🦦🦦🦦🦦",
    "1234567812345678",
    "abcdefghabcdefgh",
    "password password1",
    "Password pAssword2",
    "qwertyuiop 09876!",
    "aaa bbb ccc ddd eee",
    "one two six ten red",
    "ÀÉÎ àéî ÕÜ õü ß ÿ",
)


@NO_WIDTH
def test_both_sides_call_the_same_passphrases_weak(trustee):
    ada = trustee()
    ada.opens("make")
    weak = []
    for passphrase in PASSPHRASES:
        ada.begins_again("make")
        ada.says("Your full name", "Ada")
        ada.says("What you are", "scrutineer")
        ada.says("New passphrase", passphrase)
        ada.says("The same passphrase again", passphrase)
        ada.page.get_by_role("button", name="Make my keys", exact=True).click()
        expect(ada.page.locator("button[aria-disabled]")).to_have_count(0)
        if ada.page.locator(".problem:visible").count():
            weak.append(passphrase)
        else:
            keyfile.open_up(keyfile.read(ada.saves("Save your key file")[1]), passphrase)
    assert weak == [passphrase for passphrase in PASSPHRASES if is_weak(passphrase)]
    assert 0 < len(weak) < len(PASSPHRASES)


def is_weak(passphrase: str) -> bool:
    try:
        keyfile.check_passphrase(passphrase)
    except Refused:
        return True
    return False


def test_a_fingerprint_is_shown_without_the_passphrase(trustee, ballot):
    ben = trustee()
    ben.opens("show")
    ben.gives("Your key file", ballot.files[1])
    ben.presses("Show the fingerprint")
    file = ballot.key_files[1]
    ben.reads(keyfile.fingerprint(file.seal_key, file.sign_key))
    ben.page.emulate_media(media="print")
    assert ben.page.get_by_text(keyfile.fingerprint(file.seal_key, file.sign_key)).is_visible()
    assert not ben.page.get_by_role("button", name="Print this page").is_visible()


def test_a_deputy_practises_with_the_copy_of_the_key_file(trustee, ballot):
    deputy = trustee()
    challenge = proofs.drill_challenge("RAA", 12, secrets.token_bytes(16))
    deputy.opens("practise")
    deputy.gives("Practice list", proofs.drill_list(challenge, ballot.key_files[0].seal_key))
    deputy.gives("Key file", ballot.files[0])
    deputy.says("Passphrase", "this is not the passphrase")
    deputy.presses("Practise")
    deputy.is_refused("This passphrase does not open this key file.")
    deputy.says("Passphrase", PASSPHRASE)
    deputy.presses("Practise")
    proofs.check_drill(deputy.saves("Save the answer")[1], challenge, ballot.key_files[0].sign_key)


@NO_WIDTH
def test_a_practice_list_signs_nothing_but_a_practice(trustee, ballot):
    ada = trustee()
    key = ballot.key_files[0].seal_key
    ada.opens("practise")
    ada.gives("Key file", ballot.files[0])
    ada.says("Passphrase", PASSPHRASE)
    for asked in (
        proofs.drill_list(f"pilot manifest {ballot.digest}", key),
        proofs.drill_list("pilot drill RAA 1 x", ballot.key_files[1].seal_key),
        proofs.to_bytes(proofs.DrillList(challenge=ballot.envelopes[0])),
    ):
        ada.gives("Practice list", asked)
        ada.presses("Practise")
        ada.is_refused("This practice list is not for this key file.")
        ada.has_no_file()


def promised(ada: Trustee) -> list[tuple[str, str]]:
    names = ada.page.locator("#sign-rows dt").all_inner_texts()
    return list(zip(names, ada.page.locator("#sign-rows dd").all_inner_texts(), strict=True))


def test_a_ballot_is_signed_after_its_promise_was_read(trustee, ballot):
    ben = trustee()
    ben.opens("sign")
    ben.gives("The ballot’s file, manifest.json", ballot.text + b"\n", "manifest.json")
    ben.gives("Your key file", ballot.files[1])
    ben.presses("Show what is promised")
    assert promised(ben) == promise(ballot.manifest, ballot.digest)
    ben.says("Passphrase", PASSPHRASE)
    ben.presses("Sign")
    ben.is_refused("Tick the box if you sign this")
    ben.chooses("I have read this, it is what was agreed, and I sign it")
    ben.presses("Sign")
    found = proofs.read_signature(ben.saves("Save the signature")[1])
    assert found == proofs.read_signature(proofs.signature(ballot.text, ballot.key_files[1], ballot.keys[1]))


def a_wide_ballot(files: list[bytes]) -> OwnKeys:
    """Every kind of question, words beyond English, a teller, a trustee whose keys the server has."""
    many = tuple(manifests.Option(f"o{n}", f"Ümlaut “{n}” \u2028 😀") for n in range(12))
    questions = (
        manifests.Question('Which \\ of "these"?\tNow', many, 0, 12),
        manifests.Question("In what order?", many, 1, 9, ranked=True),
    )
    made = OwnKeys(votes=0, files=files)
    one, two, three = made.manifest.trustees
    trustees = (one, manifests.Trustee("R", "server", two.seal_key, two.sign_key, "server"), three)
    tellers = (manifests.Teller("T", "staff side", b"t" * 32), manifests.Teller("U", "scrutineer", bytes(31) + b"1"))
    rule = {"name": "scottish-stv", "seats": 3, "lot": {"b": True, "a": ["é", 2]}}
    summer = {"opens": datetime(2027, 6, 30, 23, 5, tzinfo=UTC), "closes": datetime(2027, 10, 31, 0, 59, tzinfo=UTC)}
    changes = {
        **summer,
        "kind": "rehearsal",
        "questions": questions,
        "tellers": tellers,
        "rule": rule,
        "trustees": trustees,
    }
    return OwnKeys(votes=0, files=files, padded=manifests.padded(questions), **changes)


@NO_WIDTH
def test_both_sides_tell_the_same_promise_of_any_ballot(trustee, ballot):
    wide = a_wide_ballot(ballot.files)
    ada = trustee()
    ada.opens("sign")
    ada.gives("The ballot’s file, manifest.json", wide.text)
    ada.gives("Your key file", ballot.files[0])
    ada.presses("Show what is promised")
    plain = [(name, " ".join(words.split())) for name, words in promise(wide.manifest, wide.digest)]
    assert [(name, " ".join(words.split())) for name, words in promised(ada)] == plain
    assert promised(ada)[-1][1] == wide.digest


def rules_of_every_kind() -> Iterator[tuple[dict[str, object], manifests.Question]]:
    """What can be promised, what a hostile website could write in its place, and a question for each."""
    majority = Majority().in_manifest()
    paper = Majority().on_paper("Shall we?")
    for changes in (
        {},
        {"threshold": "2/3", "strict": False, "base": "entitled"},
        {"threshold": "1", "strict": False, "base": "cast", "turnout_quorum": "2/5", "approval_quorum": "3/7"},
        {"threshold": "99/100", "base": "cast", "turnout_quorum": "1", "approval_quorum": "1/3"},
        *({"threshold": wrong} for wrong in ("0", "1", "2/4", "3/2", "0.5", "50%", " 1/2", "1234567/9999999", 1)),
        {"turnout_quorum": "1/2/3"},
        {"strict": "true"},
        {"base": "all"},
        {"version": "2"},
        {"more": "1"},
        {"name": "borda"},
    ):
        yield majority | changes, paper
    mark, names = "5a" * 32, ("Amy", "Ben", "Cat", "Dee")
    kept = (Reserve("Nurses; night", (1, 3), 1, 2), Reserve("Nobody", (), 0))
    for name in ("scottish-stv", "alternative-vote", "first-past-the-post", "block-plurality", "approval", "meek-stv"):
        seats = 1 if name in ("alternative-vote", "first-past-the-post") else 3
        one = Election(name, seats, names, reopen=name != "approval", reserves=kept if seats > 1 else ())
        yield one.in_manifest(mark), one.on_paper("Who?")
    rule, paper = one.in_manifest(mark), one.on_paper("Who?")
    for changes in (
        {"seats": 0},
        {"seats": 26},
        {"seats": True},
        {"reopen": 2},
        {"lot": mark.upper()},
        {"reserves": [{"name": "N", "candidates": [6], "least": 1}]},
        {"reserves": [{"name": "N", "candidates": [1], "least": "1"}]},
        {"reserves": [{"name": "N", "candidates": [1], "least": 1, "more": 1}]},
        {"version": "2"},
        {"name": "toString"},
    ):
        yield rule | changes, paper


@NO_WIDTH
def test_both_sides_tell_every_way_to_decide_in_the_same_words(trustee, ballot):
    ada = trustee()
    ada.opens("sign")
    told = []
    for rule, question in rules_of_every_kind():
        made = OwnKeys(
            votes=0, files=ballot.files, rule=rule, questions=(question,), padded=manifests.padded((question,))
        )
        ada.begins_again("sign")
        ada.gives("The ballot’s file, manifest.json", made.text)
        ada.gives("Your key file", ballot.files[0])
        ada.page.get_by_role("button", name="Show what is promised", exact=True).click()
        expect(ada.page.get_by_role("heading", name="What this ballot promises")).to_be_focused()
        words = dict(promised(ada))["How it is decided"]
        assert words == " ".join(dict(promise(made.manifest, made.digest))["How it is decided"].split())
        told.append(words)
    assert len([words for words in told if "carried if" in words or "filled. Voters" in words]) == 10


def faulty(text: bytes) -> dict[str, bytes]:
    value = json.loads(text)
    one, two, three = value["trustees"]
    question = value["questions"][0]
    changes = {
        "version": {"version": 1},
        "stamps": {"max_stamps": 4},
        "roll": {"roll": {"size": 19, "root": "ab" * 32}},
        "root": {"roll": {"size": 20, "root": "AB" * 32}},
        "times": {"closes": value["opens"]},
        "padded": {"padded": value["padded"] - 1},
        "no question": {"questions": []},
        "min": {"questions": [{**question, "min": 2}]},
        "same option": {"questions": [{**question, "options": [question["options"][0]] * 2}]},
        "one key twice": {"trustees": [one, {**two, "seal_key": one["seal_key"]}, three]},
        "no point": {"trustees": [one, {**two, "seal_key": base64.b64encode(b"\x04" + bytes(64)).decode()}, three]},
        "stamp key": {"stamp_key": base64.b64encode(b"x" * 422).decode()},
        "log key": {"log_key": base64.b64encode(bytes(31)).decode()},
        "anybody's log key": {"log_key": base64.b64encode(bytes([1, *bytes(31)])).decode()},
        "anybody's key": {"trustees": [one, {**two, "sign_key": base64.b64encode(bytes(32)).decode()}, three]},
        "anybody is a teller": {
            "tellers": [
                {
                    "name": "T",
                    "side": "employer",
                    "sign_key": base64.b64encode(bytes([0xED, *[255] * 30, 127])).decode(),
                }
            ]
        },
        "unknown field": {"more": 1},
        "custody": {"trustees": [one, {**two, "custody": "mine"}, three]},
        "not named": {"trustees": [two, three]},
        "server": {"trustees": [{**one, "custody": "server"}, two, three]},
    }
    found = {name: canonical.to_bytes({**value, **change}) for name, change in changes.items()}
    less = {key: item for key, item in value.items() if key != "script"}
    found |= {"half": text[:300], "spaces": json.dumps(value).encode(), "less": canonical.to_bytes(less)}
    return found | {"twice": text.replace(b'"version":2', b'"version":2,"version":2')}


@NO_WIDTH
def test_both_sides_refuse_the_same_ballots(trustee, ballot):
    ada = trustee()
    ada.opens("sign")
    ada.gives("Your key file", ballot.files[0])
    for name, text in faulty(ballot.text).items():
        with pytest.raises(Refused):
            proofs.signature(text, ballot.key_files[0], ballot.keys[0])
        ada.gives("The ballot’s file, manifest.json", text)
        ada.page.get_by_role("button", name="Show what is promised", exact=True).click()
        expect(ada.page.locator(".problem:visible")).to_be_focused()
        assert ada.page.locator("#sign-promise").is_hidden(), name
        assert "does not know" not in ada.page.locator(".problem:visible").inner_text(), name
        ada.page.locator("#sign-read").evaluate("form => document.querySelector('#main').focus()")


def number_in(data: bytes) -> str:
    """The number of the list that this file says it is, or none."""
    try:
        return lists.number(json.loads(data.split(b"\n", 1)[0])["close"]["sha256"])
    except (ValueError, LookupError, TypeError):
        return ""


def checks(ada: Trustee, data: bytes, key: bytes, passphrase: str = PASSPHRASE, number: str | None = None) -> None:
    """As far as the list's check, with the right number of the list where it is asked for."""
    ada.opens("open")
    ada.gives("List of sealed votes", data, "list.txt")
    if re.search(rb'"layer":1,', data.split(b"\n", 1)[0]):
        ada.says("Number of the list", number_in(data) if number is None else number)
    ada.gives("Your key file", key)
    ada.says("Passphrase", passphrase)
    ada.presses("Check the list")


def opens_all(ada: Trustee) -> bytes:
    ada.presses("Open the sealed votes")
    ada.reads_nothing_wrong()
    return ada.saves("Save the opened votes")[1]


def test_the_sealed_votes_are_opened_as_the_command_opens_them(trustee, ballot):
    ada = trustee()
    ada.opens()
    checks(ada, ballot.list(1), ballot.files[0])
    ada.reads("It has 11 sealed votes of “Breaks on nights”. You are number 1 of 3 to open them.")
    ada.reads("Sealed votes in the box when voting closed: 11. This must be the number in the public log.")
    ada.has_focus_on("The list is right")
    ada.presses("Open the sealed votes")
    ada.is_refused("Save the new key file first.")
    name, key = ada.saves("Save the new key file")
    assert name == "ada-scrutineer.key-after-raa-1.json"
    assert keyfile.open_up(keyfile.read(key), PASSPHRASE).opened == {ballot.digest: peel.list_hash(ballot.envelopes)}
    ada.presses("Open the sealed votes")
    ada.is_refused("Tick the box when you have saved the new key file")
    assert not ada.page.get_by_role("link", name="Save the opened votes").is_visible()
    ada.chooses("I have saved the new key file")
    done = lists.read_opened(opens_all(ada))
    ada.reads("11 sealed votes came in: 11 are opened and mixed, 0 were copies, 0 did not open.")
    task = lists.check(lists.read(ballot.list(1)))
    mine = peel.peel(ballot.envelopes, task, ballot.keys[0].sealer, ballot.keys[0].signer)
    assert done == mine


def test_a_list_that_the_website_made_up_is_refused_by_the_number_that_the_first_trustee_has(trustee, ballot):
    """Whoever has the log's key can sign a log around any list; only the public log's number shows it."""
    true = lists.number(ballot.close()["sha256"])
    items = ballot.envelopes[:1]
    close = ballot.close(items)
    forged = lists.write(ballot.head(1, items, before=(), close=close, closed=ballot.closed(close)), items)
    lists.check(lists.read(forged))
    ada = trustee()
    for number, sentence in (
        (true, "This list has another number than the one that you entered."),
        (" ", "Enter the number"),
    ):
        checks(ada, forged, ballot.files[0], number=number)
        ada.is_refused(sentence)
        assert sentence in ada.page.locator("#open-number-error").inner_text()
        ada.has_no_file()
    checks(ada, ballot.list(1), ballot.files[0], number=f" {true.lower().replace('-', '')} ")
    ada.reads_nothing_wrong()


@NO_WIDTH
def test_only_the_first_trustee_is_asked_for_the_number(trustee, ballot):
    turns = OwnKeys(votes=2, files=ballot.files, title="Asked once")
    ada = trustee()
    ada.opens("open")
    asked = ada.page.get_by_label("Number of the list", exact=True)
    expect(asked).to_be_hidden()
    for layer, visible in ((1, True), (2, False), (1, True)):
        ada.gives("List of sealed votes", turns.list(layer))
        expect(asked).to_be_visible(visible=visible)
    ada.gives("List of sealed votes", turns.text)
    expect(asked).to_be_hidden()


@NO_WIDTH
def test_nothing_is_opened_before_the_close_by_the_clock_of_the_computer(trustee, ballot):
    ada = trustee()
    ada.page.clock.set_fixed_time(CLOSES - timedelta(seconds=1))
    checks(ada, ballot.list(1), ballot.files[0])
    ada.is_refused("By the clock of this computer voting is not over. Nothing is opened before.")
    ada.has_no_file()
    ada.page.clock.set_fixed_time(CLOSES)
    ada.presses("Check the list")
    ada.reads_nothing_wrong()


WATCHED = """() => {
  window.seen = [];
  const bar = document.getElementById('open-bar');
  const note = () => window.seen.push([bar.value, bar.max, document.getElementById('open-told').textContent]);
  new MutationObserver(note).observe(bar, { attributes: true });
}"""


@NO_WIDTH
def test_the_bar_and_its_words_move_while_some_hundred_votes_are_opened(trustee, ballot):
    many = OwnKeys(votes=900, files=ballot.files, title="Many")
    ada = trustee()
    checks(ada, many.list(1), many.files[0])
    ada.saves("Save the new key file")
    ada.chooses("I have saved the new key file")
    ada.page.evaluate(WATCHED)
    assert len(lists.read_opened(opens_all(ada)).items) == 900
    seen = ada.page.evaluate("window.seen")
    done = sorted({value for value, most, _ in seen if most == 900})
    assert len(done) > 2
    assert done[-1] == 900
    words = list(dict.fromkeys(words for _, most, words in seen if most == 900))
    assert len(words) > 2
    assert all(re.fullmatch(r"\d{1,3}% of 900 sealed votes are opened\.|", one) for one in words)


@NO_WIDTH
def test_copies_garbage_and_broken_votes_are_set_aside_alike(trustee, ballot):
    odd = OwnKeys(votes=3, files=ballot.files, title="Odd ones")
    inner = secrets.token_bytes(odd.manifest.padded)
    first = odd.sealed(inner, layers=1)
    to = odd.keys[0].sealer.public_key()
    broken = bytearray(odd.envelopes[0])
    broken[100] ^= 1
    odd.envelopes += [
        *(seal.SUITE.encrypt(first, to, seal.info(odd.digest, 1)) for _ in range(2)),
        seal.SUITE.encrypt(first, to, seal.info(odd.digest, 2)),
        bytes(broken),
        b"",
        b"\x04" + secrets.token_bytes(len(broken) - 1),
        secrets.token_bytes(40),
        odd.envelopes[1] + b"x",
        odd.envelopes[1],
    ]
    ada = trustee()
    checks(ada, odd.list(1), odd.files[0])
    ada.saves("Save the new key file")
    ada.chooses("I have saved the new key file")
    done = lists.read_opened(opens_all(ada))
    assert done == odd.peel()
    assert (done.statement.in_, done.statement.out, done.statement.duplicates) == (12, 4, 2)


def test_a_whole_ballot_is_opened_by_page_and_command_in_turn(trustee, ballot):
    turns = OwnKeys(votes=5, files=ballot.files, title="In turns")
    inside = [secrets.token_bytes(turns.manifest.padded) for _ in range(5)]
    turns.envelopes = [turns.sealed(one) for one in inside]
    for layer in (1, 2, 3):
        if layer == 2:
            turns.peel()
            continue
        somebody = trustee(f"trustee{layer}")
        checks(somebody, turns.list(layer), turns.files[layer - 1])
        somebody.saves("Save the new key file")
        somebody.chooses("I have saved the new key file")
        turns.peels.append(lists.read_opened(opens_all(somebody)))
    assert turns.peels[-1].items == tuple(sorted(inside))


def test_the_same_list_may_be_opened_again_and_a_second_one_never(trustee, ballot):
    ada = trustee()
    listed = ballot.list(1)
    checks(ada, listed, ballot.files[0])
    key = ada.saves("Save the new key file")[1]
    checks(ada, listed, key)
    ada.reads("Your key file remembers this list already, so it stays as it is.")
    assert len(lists.read_opened(opens_all(ada)).items) == 11
    items = ballot.envelopes[1:]
    close = ballot.close(items)
    second = lists.write(ballot.head(1, items, before=(), close=close, closed=ballot.closed(close)), items)
    lists.check(lists.read(second))  # it is whole and signed: only the key file knows better
    checks(ada, second, key)
    ada.is_refused("This key has already opened another list of this ballot. It opens no second one.")
    ada.has_no_file()


@NO_WIDTH
def test_a_key_file_of_the_command_that_remembers_a_list_is_obeyed_by_the_page(trustee, ballot):
    keys = ballot.keys[0].remembering(ballot.digest, "0" * 64)
    ada = trustee()
    checks(ada, ballot.list(1), keyfile.sealed_again(ballot.key_files[0], keys, PASSPHRASE, fresh()))
    ada.is_refused("It opens no second one.")


def test_a_wrong_passphrase_opens_nothing(trustee, ballot):
    ada = trustee()
    checks(ada, ballot.list(1), ballot.files[0], "not the passphrase at all")
    ada.is_refused("This passphrase does not open this key file.")
    ada.has_no_file()
    field = ada.page.get_by_label("Passphrase", exact=True).locator("visible=true")
    assert field.get_attribute("aria-invalid") == "true"
    ada.page.get_by_role("link", name="This passphrase does not open").click()
    expect(field).to_be_focused()


def test_a_wrong_file_is_refused_beside_its_field(trustee, ballot):
    ada = trustee()
    checks(ada, ballot.list(1), ballot.text)
    ada.is_refused("This is not a key file, or it is not whole.")
    assert "it is not whole" in ada.page.locator("#open-key-error").inner_text()
    ada.page.get_by_label("Your key file", exact=True).locator("visible=true").set_input_files([])
    ada.presses("Check the list")
    ada.is_refused("Choose the key file")
    ada.has_no_file()


@NO_WIDTH
def test_wrong_files_are_refused_by_their_names(trustee, ballot):
    ada = trustee()
    listed, key = ballot.list(1), ballot.files[0]
    registration = proofs.registration(ballot.key_files[0], ballot.keys[0])
    for data, mine, words in (
        (listed, registration, "This is a registration file. Choose a key file."),
        (listed, listed, "not a key file, or it is not whole"),
        (listed, key[:200], "not a key file, or it is not whole"),
        (listed, b"\xff\xfe", "This is not a file of this kind."),
        (key, key, "not a list of sealed votes, or it is not whole"),
        (ballot.text, key, "not a list of sealed votes, or it is not whole"),
        (listed[: len(listed) // 2], key, "not whole"),
        (b"\n".join(listed.split(b"\n")[:-2]), key, "it has 10 of 11 sealed votes"),
        (listed, ballot.files[1], "This list is for trustee number 1; you are number 2 of this ballot."),
        (listed, a_key_file(), "This key is not one of the keys of this ballot."),
        (OwnKeys(votes=1).list(1), key, "This key is not one of the keys of this ballot."),
    ):
        checks(ada, data, mine)
        ada.is_refused(words)
        ada.has_no_file()


def lists_that_do_not_follow(ballot: OwnKeys) -> Iterator[bytes]:
    """Each is refused by Python too."""
    items, close = ballot.envelopes, ballot.close()
    place = ballot.closed(close)
    other = [*items[1:], ballot.sealed(secrets.token_bytes(ballot.manifest.padded))]
    yield lists.write(ballot.head(1, items, before=()), other)
    yield lists.write(ballot.head(1, other, before=()), other)
    yield lists.write(ballot.head(1, items[1:], before=()), items[1:])
    less = ballot.close(items[1:])
    yield lists.write(ballot.head(1, items[1:], before=(), close=less), items[1:])
    fields: list[dict[str, object]] = [
        {"close": {**close, "roll": 3}},
        {"close": {**close, "m": "0" * 64}},
        {"sha256": "0" * 64},
    ]
    for wrong in (
        {"leaf": 3},
        {"proof": place.proof[1:]},
        {"proof": (*place.proof, place.proof[0])},
        {"proof": ("zz", *place.proof[1:])},
        {"checkpoint": ""},
        {"checkpoint": place.checkpoint.replace("\n5\n", "\n6\n")},
        {"checkpoint": place.checkpoint.replace(ballot.digest, "0" * 64)},
    ):
        fields.append({"closed": lists.Place(**{**{f: getattr(place, f) for f in place.__struct_fields__}, **wrong})})
    for layer in (0, 2):
        yield lists.write(ballot.head(layer, items, before=()), items)
    for changes in fields:
        yield lists.write(ballot.head(1, items, **{"before": (), **changes}), items)


def refused_by_python(data: bytes) -> str:
    try:
        found = lists.read(data)
        if found.head.layer in (0, 2) and not found.head.before:
            return f"This list is for trustee number {found.head.layer}"
        lists.check(found)
    except Refused as refusal:
        return str(refusal)
    raise AssertionError("This list must be refused.")


@NO_WIDTH
def test_both_sides_refuse_lists_that_do_not_follow_from_the_log(trustee, ballot):
    ada = trustee()
    for place, data in enumerate(lists_that_do_not_follow(ballot)):
        sentence = refused_by_python(data)
        checks(ada, data, ballot.files[0])
        said = ada.page.locator(".problem:visible").inner_text()
        assert sentence in said, place
        ada.has_no_file()


@NO_WIDTH
def test_an_earlier_trustee_whose_statement_does_not_follow_is_named(trustee, ballot):
    chain = OwnKeys(votes=4, files=ballot.files, title="A chain")
    honest = chain.peel()
    items = honest.items
    fields = [
        {"m": "0" * 64},
        {"i": 2},
        {"sha256_in": "0" * 64},
        {"in_": 3, "out": 3},
        {"out": 3},
        {"out": 5, "duplicates": -1},
    ]
    cyril = trustee()
    entries = []
    for changes in fields:
        statement = replace(honest.statement, **changes)
        entries.append(peel.entry(statement, chain.keys[0].signer.sign(peel.signing_text(statement))))
    entries.append({**peel.entry(honest.statement, honest.signature), "duplicates": 1, "out": 3})
    for entry in entries:
        data = lists.write(chain.head(2, items, before=(entry,)), items)
        sentence = refused_by_python(data)
        checks(cyril, data, chain.files[1])
        assert sentence in cyril.page.locator(".problem:visible").inner_text()


def test_the_page_does_nothing_when_it_comes_from_a_website(browser):
    context = browser.new_context()
    page = context.new_page()
    page.route("**/*", lambda route: route.fulfill(body=PAGE.read_text(), content_type="text/html"))
    page.goto("http://trust.example/static/trustee.html#make")
    assert page.get_by_role("heading", name="Open this page from your own disk").is_visible()
    assert page.locator("form:visible").count() == 0
    context.close()


@NO_WIDTH
def test_the_policy_of_the_page_lets_nothing_else_run_or_load(trustee):
    ada = trustee()
    ada.opens()
    tried = ada.page.evaluate(
        """async () => {
          const refused = [];
          addEventListener('securitypolicyviolation', (event) => refused.push(event.effectiveDirective));
          const script = document.createElement('script');
          script.textContent = 'window.ran = true';
          document.body.append(script);
          document.body.append(Object.assign(new Image(), { src: 'https://elsewhere.example/x.png' }));
          await fetch('https://elsewhere.example/').catch(() => {});
          await new Promise((resume) => setTimeout(resume, 200));
          return [Boolean(window.ran), refused.sort()];
        }"""
    )
    ada.complaints.clear()
    ada.asked.clear()  # refused before it left, as the next line says
    assert tried == [False, ["connect-src", "img-src", "script-src-elem"]]


def test_the_whole_page_is_used_by_keyboard_alone(trustee, ballot):
    ada = trustee()
    ada.opens()
    page = ada.page
    page.locator("body").press("Tab")
    link = page.get_by_role("link", name="Show your fingerprint")
    for _ in range(12):
        if link.evaluate("link => link === document.activeElement"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    ada.has_focus_on("Show your fingerprint")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Your key file", exact=True).locator("visible=true")).to_be_focused()
    ada.gives("Your key file", ballot.files[0])
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    ada.has_focus_on("Your fingerprint")
