"""The browser's half of the sealed box and Python's, against each other, under the strictest policy a page can have.

No application here: a plain HTTP server gives the real scripts and the real voting page, and this file's own keys
stamp and open what comes. So the formats are what is tested, and a fault names the side that made it.
"""

import base64
import json
import re
import secrets
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest
from markupsafe import Markup
from playwright.sync_api import Browser, Page

from pilot.secrecy import canonical, filling, papers, seal, stamp
from pilot.settings import ROOT, Settings
from pilot.web.pages import environment
from tests.builders.secrecy import CLOSES, World, chance

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'"
)
TYPES = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}


class Booth:
    """A voting page on 127.0.0.1 whose stamp and box are in this process's memory."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.page = self._page()
        self.requests: list[tuple[str, str, bytes]] = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def _page(self) -> str:
        ballot = SimpleNamespace(
            id=7,
            title="Night canteen",
            question="Should the canteen open at night?",
            text="Hot food.",
            closes_at=CLOSES,
        )
        signatures = [{"signature": base64.b64encode(each).decode()} for each in self.world.signatures]
        return (
            environment(Settings(database_url="", secret_key=b""))
            .get_template("voting/paper.html")
            .render(
                ballot=ballot,
                question=self.world.manifest.questions[0],
                trustees=self.world.manifest.trustees,
                place=SimpleNamespace(cast=False, begun=False),
                manifest=self.world.text.decode(),
                signatures=json.dumps({"trustees": signatures}),
                digest=self.world.digest,
                csrf_token=lambda: "a form's mark",
                csrf_input=Markup(""),
                service_name="Pilot",
                help_phone="01632 960 123",
            )
        )

    def answer(self, method: str, path: str, body: bytes) -> tuple[str, bytes]:
        """What the server answers, as type and bytes."""
        path = path.partition("?")[0]
        if path.startswith("/static/"):
            return TYPES[path.rpartition(".")[2]], (ROOT / path[1:]).read_bytes()
        if path == "/votes/7":
            return "text/html; charset=utf-8", self.page.encode()
        self.requests.append((method, path, body))
        if path == "/votes/7/stamp":
            key = self.world.stamp_key
            return "application/octet-stream", stamp.blind_sign(key, body, 2 + secrets.randbelow(key.n - 3))
        return "application/json", b'{"cast":true}'

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        booth = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                kind, content = booth.answer(self.command, self.path, body)
                self.send_response(200)
                self.send_header("content-type", kind)
                self.send_header("content-security-policy", POLICY)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_POST = do_PUT = do_GET  # noqa: N815 -- the names that the library looks for

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        return Handler


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.fixture
def booth(world: World) -> Iterator[Booth]:
    booth = Booth(world)
    yield booth
    booth.server.shutdown()
    booth.server.server_close()


@pytest.fixture
def page(browser: Browser, booth: Booth) -> Iterator[Page]:
    """The voting page, opened by the link on a poster. Whatever the browser complains of fails the test."""
    context = browser.new_context()
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


def votes(page: Page, answer: str) -> str:
    """Choose, check, cast; the check code that is shown."""
    page.get_by_label(answer, exact=True).check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Cast vote").click()
    page.get_by_role("heading", name="Your vote has been cast").wait_for()
    return page.locator("#code").inner_text()


def opened(world: World, envelope: bytes) -> bytes:
    """The inner envelope, once every trustee has opened a layer."""
    item: bytes | None = envelope
    for layer, key in enumerate(world.sealers, start=1):
        assert item is not None
        assert len(item) == seal.envelope_length(world.manifest.padded, len(world.sealers) - layer + 1)
        item = seal.open_layer(item, key, world.digest, layer)
    assert item is not None
    return item


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
