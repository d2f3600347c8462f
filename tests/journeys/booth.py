"""A voting page without the application: the real page and scripts, under the strictest policy that a page can have.

A plain HTTP server gives them, and the keys of a World in memory stamp and open what comes.
"""

import base64
import json
import secrets
import threading
from collections.abc import Callable
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

from markupsafe import Markup

from pilot.secrecy import checkpoint, leaves, seal, stamp, tree
from pilot.settings import ROOT, Settings
from pilot.voting import collusion
from pilot.web.pages import environment
from tests.builders.secrecy import CLOSES, World

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'"
)
TYPES = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}


class Booth:
    """A voting page on 127.0.0.1 whose stamp and box are in this process's memory."""

    def __init__(self, world: World, title: str = "Night canteen", text: str = "Hot food.") -> None:
        self.world = world
        self.title, self.text = title, text
        self.page = self._page()
        self.requests: list[tuple[str, str, bytes]] = []
        self.forge: Callable[[dict[str, Any]], dict[str, Any]] = lambda receipt: receipt
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def _page(self) -> str:
        ballot = SimpleNamespace(
            id=7,
            title=self.title,
            text=self.text,
            closes_at=CLOSES,
        )
        signatures = [{"signature": base64.b64encode(each).decode()} for each in self.world.signatures]
        return (
            environment(Settings(database_url="", secret_key=b""))
            .get_template("voting/paper.html")
            .render(
                ballot=ballot,
                questions=self.world.manifest.questions,
                rule=self.world.manifest.rule,
                trustees=self.world.manifest.trustees,
                tellers=self.world.manifest.tellers,
                place=SimpleNamespace(cast=False, begun=False, left=3),
                v=self.world.voters[0].hex(),
                collusion=collusion.of(self.world.manifest),
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
        return "application/json", json.dumps(self.receipt(body)).encode()

    def receipt(self, envelope: bytes) -> dict[str, Any]:
        """The receipt of an envelope that comes after seven stamps; `forge` may change it."""
        name = sha256(envelope).hexdigest()
        bodies = [leaves.stamp_leaf(v, 1) for v in self.world.voters[:7]]
        bodies.append(leaves.envelope_leaf(self.world.voters[0], name))
        hashes = [tree.leaf_hash(body) for body in bodies]
        origin = checkpoint.origin(self.world.digest)
        text = checkpoint.text(origin, len(bodies), tree.root_of_hashes(hashes))
        proof = [one.hex() for one in tree.inclusion_proof(hashes, 7)]
        signed = checkpoint.signed(text, origin, self.world.log_signer).decode()
        return self.forge({"cast": True, "envelope": name, "leaf": 7, "proof": proof, "checkpoint": signed})

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        booth = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                kind, content = booth.answer(self.command, self.path, body)
                self.send_response(200)
                self.send_header("content-type", kind)
                self.send_header("content-security-policy", POLICY)
                self.send_header("pilot-left", "2")
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_POST = do_PUT = do_GET  # noqa: N815 -- the names that the library looks for

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        return Handler

    def close(self) -> None:
        """Stop serving."""
        self.server.shutdown()
        self.server.server_close()


def opened(world: World, envelope: bytes) -> bytes:
    """The inner envelope, once every trustee has opened a layer."""
    item: bytes | None = envelope
    for layer, key in enumerate(world.sealers, start=1):
        assert item is not None
        assert len(item) == seal.envelope_length(world.manifest.padded, len(world.sealers) - layer + 1)
        item = seal.open_layer(item, key, world.digest, layer)
    assert item is not None
    return item
