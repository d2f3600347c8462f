"""The browser's half of the sealed box and Python's, against each other, under the strictest policy a page can have.

No application here (see booth.py): the formats are what is tested, and a fault names the side that made it.
"""

import json
import re
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from pilot.secrecy import canonical, filling, papers, seal, stamp
from tests.builders.secrecy import World, chance
from tests.journeys.booth import Booth, opened


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
    """The voting page, opened by the link on a poster. Whatever the browser complains of fails the test."""
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(30_000)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda fault: complaints.append(str(fault)))
    page.goto(f"{booth.address}/votes/7#{booth.world.digest}")
    page.locator("#question h1").wait_for()
    yield page
    assert complaints == []
    context.close()


def votes(page: Page, answer: str) -> str:
    """Choose, check, cast; the check code that is shown."""
    page.get_by_label(answer, exact=True).check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Cast vote").click()
    page.get_by_role("heading", name="Your vote has been cast").wait_for()
    return page.locator("#code").inner_text()


@pytest.mark.parametrize(
    ("words", "option"),
    [("Yes", "yes"), ("No", "no"), ("I do not want to choose", "abstain")],
    ids=["yes", "no", "abstain"],
)
def test_python_stamps_and_opens_what_a_browser_blinds_and_seals(
    booth: Booth, page: Page, world: World, words: str, option: str
) -> None:
    code = votes(page, words)
    (method, path, blinded), (method_, path_, envelope) = booth.requests
    assert [(method, path, len(blinded)), (method_, path_)] == [
        ("POST", "/votes/7/stamp", stamp.SIZE),
        ("PUT", "/votes/7/envelope"),
    ]
    inner = opened(world, envelope)
    paper, stamped, zeros = seal.unpack(inner)
    assert paper[32:] == canonical.to_bytes({"a": [[option]], "m": world.digest})
    assert stamp.verify(stamp.rsa_key(world.stamp_key.public), paper, stamped)
    assert not any(zeros)
    assert code == seal.spaced(seal.check_code(paper))
    judged = papers.judge(inner, world.manifest, world.digest, stamp.rsa_key(world.stamp_key.public))
    assert judged.verdict == papers.Verdict.VALID


def test_the_browser_says_that_the_vote_is_the_one_on_the_poster(page: Page) -> None:
    page.get_by_text("How your vote stays secret").click()
    page.get_by_text("It is the vote on your poster or slip.").wait_for()


def test_two_votes_of_one_answer_share_no_byte_that_tells(booth: Booth, page: Page) -> None:
    votes(page, "Yes")
    page.reload()
    votes(page, "Yes")
    first, second = booth.requests[:2], booth.requests[2:]
    assert [(m, p, len(b)) for m, p, b in first] == [(m, p, len(b)) for m, p, b in second]
    for (_, _, one), (_, _, other) in zip(first, second, strict=True):
        assert sum(a == b for a, b in zip(one, other, strict=True)) < len(one) // 16


BROWSER_OPENS = """async ([secret, enc, sealed, info]) => {
  const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16)).buffer;
  const { CipherSuite, DhkemP256HkdfSha256, HkdfSha256, Aes256Gcm } = await import('/static/seal.js');
  const suite = new CipherSuite({ kem: new DhkemP256HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
  const recipientKey = await suite.kem.deserializePrivateKey(bytes(secret));
  const opener = await suite.createRecipientContext({ recipientKey, enc: bytes(enc), info: bytes(info) });
  const opened = new Uint8Array(await opener.open(bytes(sealed)));
  return Array.from(opened, (byte) => byte.toString(16).padStart(2, '0')).join('');
}"""

BROWSER_VERIFIES = """async ([n, e, signature, message]) => {
  const bytes = (hex) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
  const base64url = (hex) => btoa(String.fromCharCode(...bytes(hex)))
    .replace(/\\+/g, '-').replace(/\\//g, '_').replace(/=+$/, '');
  const { stamping } = await import('/static/seal.js');
  const jwk = { kty: 'RSA', alg: 'PS384', n: base64url(n), e: base64url(e), ext: true };
  const key = await crypto.subtle.importKey('jwk', jwk, { name: 'RSA-PSS', hash: 'SHA-384' }, true, ['verify']);
  return stamping().verify(key, bytes(signature), bytes(message));
}"""

BROWSER_FINALIZES = """async ([n, e, message, signed, inverse]) => {
  const bytes = (hex) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
  const base64url = (hex) => btoa(String.fromCharCode(...bytes(hex)))
    .replace(/\\+/g, '-').replace(/\\//g, '_').replace(/=+$/, '');
  const { stamping } = await import('/static/seal.js');
  const jwk = { kty: 'RSA', alg: 'PS384', n: base64url(n), e: base64url(e), ext: true };
  const key = await crypto.subtle.importKey('jwk', jwk, { name: 'RSA-PSS', hash: 'SHA-384' }, true, ['verify']);
  const stamp = await stamping().finalize(key, bytes(message), bytes(signed), bytes(inverse));
  return Array.from(stamp, (byte) => byte.toString(16).padStart(2, '0')).join('');
}"""


def test_a_browser_opens_what_python_seals(page: Page, world: World) -> None:
    inner = secrets.token_bytes(world.manifest.padded)
    key = world.sealers[0]
    item = seal.seal(inner, [key.public_key()], world.digest)
    secret = key.private_numbers().private_value.to_bytes(32)
    sent = [secret.hex(), item[:65].hex(), item[65:].hex(), seal.info(world.digest, 1).hex()]
    assert page.evaluate(BROWSER_OPENS, sent) == inner.hex()


def test_a_browser_verifies_a_stamp_that_python_made(page: Page, world: World) -> None:
    key = world.stamp_key.public
    filled = filling.fill(world.manifest, world.digest, [["no"]], chance(key.n))
    signed = stamp.blind_sign(world.stamp_key, filled.blinded, 2 + secrets.randbelow(key.n - 3))
    stamped = stamp.finalize(key, filled.paper, signed, filled.inverse)
    numbers = [key.n.to_bytes(stamp.SIZE).hex(), "010001"]
    assert page.evaluate(BROWSER_VERIFIES, [*numbers, stamped.hex(), filled.paper.hex()]) is True
    changed = bytes([filled.paper[0] ^ 1]) + filled.paper[1:]
    assert page.evaluate(BROWSER_VERIFIES, [*numbers, stamped.hex(), changed.hex()]) is False


def test_a_browser_takes_the_blinding_off_as_rfc_9474_does(page: Page, reference_data: Any) -> None:
    cases = json.loads((reference_data / "secrecy" / "rfc9474_vectors.json").read_text())
    case = next(each for each in cases if each["name"] == "RSABSSA-SHA384-PSS-Randomized")
    plain = {name: str(value).removeprefix("0x") for name, value in case.items()}
    sent = [plain["n"], "010001", plain["input_msg"], plain["blind_sig"], plain["inv"]]
    assert int(plain["e"], 16) == 65537
    assert page.evaluate(BROWSER_FINALIZES, sent) == plain["sig"]


def test_a_browser_opens_the_published_hpke_vectors(page: Page, reference_data: Any) -> None:
    cases = json.loads((reference_data / "secrecy" / "hpke_rfc9180_base_p256_x25519.json").read_text())
    ours = [case for case in cases if (case["kem_id"], case["kdf_id"], case["aead_id"]) == (16, 1, 2)]
    if not ours:
        pytest.skip("the reference data has no vector for P-256 with AES-256-GCM")
    for case in ours:
        first = next(each for each in case["encryptions"] if each["nonce"] == case["base_nonce"])
        opened = page.evaluate(
            BROWSER_OPENS.replace("opener.open(bytes(sealed))", f"opener.open(bytes(sealed), bytes('{first['aad']}'))"),
            [case["skRm"], case["enc"], first["ct"], case["info"]],
        )
        assert opened == first["pt"]


def test_nothing_that_the_page_sends_names_the_answer(booth: Booth, page: Page) -> None:
    addresses: list[str] = []
    page.on("request", lambda request: addresses.append(request.url))
    votes(page, "No")
    assert all(re.fullmatch(r"http://127\.0\.0\.1:\d+/votes/7/(stamp|envelope)", address) for address in addresses)
    assert not [body for _, _, body in booth.requests if b'"no"' in body or booth.world.digest.encode() in body]
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]
