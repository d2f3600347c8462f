"""Somebody who votes: signs in with a code, has a paper stamped, seals and casts it, and checks the receipt.

What a browser does with static/seal.js is done here by `pilot.secrecy.filling`; the requests are the same.
"""

import json
import re
import secrets
from functools import lru_cache
from typing import Any

from msgspec import Struct

from pilot.errors import WrongState
from pilot.rehearsal.browser import SEALED, Answer, Browser
from pilot.secrecy import checkpoint, filling, stamp
from pilot.secrecy import manifest as manifests
from pilot.secrecy.seal import Answers

_BALLOT = re.compile(r'<script type="application/json" id="ballot">(.*?)</script>', re.DOTALL)

_read = lru_cache(maxsize=8)(manifests.read)
"""Everybody in one vote reads the same promise."""


class Asked(Struct, frozen=True):
    """What the page of a vote says to the script that seals: the promise, where to send what, and the voter's own v."""

    manifest: manifests.Manifest
    digest: str
    stamp: str
    cast: str
    v: bytes


class Booth:
    """One voter at a browser."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser

    def enter(self, code: str) -> Asked:
        """Sign in with a voting code; the only vote that is open comes up."""
        return asked(self.browser.post("/vote", {"code": code}))

    def seal(self, vote: Asked, answers: Answers) -> tuple[bytes, bytes]:
        """A filled paper that the server has stamped, and its envelope, which is not cast yet."""
        filled = fill(vote, answers)
        return filled.paper, self.stamped(vote, filled)

    def stamped(self, vote: Asked, filled: filling.Filled) -> bytes:
        """The envelope of a filled paper. Raises WrongState when the server refuses to stamp it."""
        answer = self._taken(self.browser.send("POST", vote.stamp, filled.blinded, SEALED))
        return filling.seal_up(vote.manifest, vote.digest, filled, answer.body)

    def cast(self, vote: Asked, envelope: bytes) -> dict[str, Any]:
        """Hand the envelope in; the receipt, which is checked. Raises WrongState when it is refused."""
        receipt = self._taken(self.browser.send("PUT", vote.cast, envelope, SEALED)).value
        checkpoint.check_receipt(receipt, vote.v, vote.digest, vote.manifest.log_key)
        return dict(receipt)

    def finish(self) -> None:
        """End the session and clear the computer."""
        self.browser.post("/finish")

    @staticmethod
    def _taken(answer: Answer) -> Answer:
        if answer.status != 200:
            raise WrongState(str(answer.value["reason"]))
        return answer


def asked(page: Answer) -> Asked:
    """What the page of an open vote asks. Raises WrongState for another page."""
    found = _BALLOT.search(page.text)
    if found is None:
        raise WrongState(f"{page.path} does not show a vote that is open.")
    told = json.loads(found[1])
    text = told["manifest"].encode()
    return Asked(_read(text), manifests.digest(text), told["stamp"], told["cast"], bytes.fromhex(told["v"]))


def fill(vote: Asked, answers: Answers) -> filling.Filled:
    """A filled paper, with chance of its own."""
    order = stamp.read_public(vote.manifest.stamp_key).n
    chance = filling.Chance(secrets.token_bytes(32), secrets.token_bytes(48), 2 + secrets.randbelow(order - 3))
    return filling.fill(vote.manifest, vote.digest, answers, chance)
