"""The officers of a rehearsal at their browsers: the returning officer, and three trustees with keys of their own."""

import re
import secrets
from html import unescape

from pilot.errors import WrongState
from pilot.rehearsal.browser import Answer, Browser
from pilot.rehearsal.plan import TRUST
from pilot.secrecy import keyfile, lists, peel, proofs
from pilot.voting.trustees import ROLES

_LINK = re.compile(r"/sign-in/([\w-]+)")
_SHOWN = re.compile(r'name="shown" type="hidden" value="([^"]*)"')
_SEAL = re.compile(r'name="seal" type="hidden" value="([^"]*)"')


class Trustee:
    """A trustee with a key file in memory."""

    def __init__(self, browser: Browser, side: str) -> None:
        self.browser, self.side = browser, side
        self.name = f"Trustee for the {side}"
        chance = secrets.token_bytes(48), secrets.token_bytes(32)
        passphrase = secrets.token_hex(16)  # the key file lives as long as the rehearsal
        fresh = keyfile.Fresh(secrets.token_bytes(16), secrets.token_bytes(12))
        self.file = keyfile.read(keyfile.make(self.name, ROLES[side], passphrase, chance, fresh))
        self.keys = keyfile.open_up(self.file, passphrase)
        self.id = 0

    @property
    def email(self) -> str:
        """The address of the trustee's account."""
        return f"{self.side.replace(' ', '.')}@example.org"

    @property
    def fingerprint(self) -> str:
        """The number that the trustee reads aloud."""
        return keyfile.fingerprint(self.file.seal_key, self.file.sign_key)

    def register(self) -> None:
        """Send the public keys."""
        self.browser.upload(f"/trustee/{TRUST}/registration", proofs.registration(self.file, self.keys))

    def sign(self, here: str, manifest: bytes) -> None:
        """Sign what the vote promises."""
        self.browser.upload(f"{here}/sign", proofs.signature(manifest, self.file, self.keys))

    def open(self, here: str) -> peel.Statement:
        """Take the list, check it, open it, and send back what was opened."""
        found = lists.read(self.browser.get(f"{here}/list").body)
        task = lists.check(found)
        self.keys = self.keys.remembering(task.digest, found.head.sha256)
        done = peel.peel(found.items, task, self.keys.sealer, self.keys.signer)
        self.browser.upload(f"{here}/opened", lists.write_opened(done))
        return done.statement


class ReturningOfficer:
    """The returning officer; `here` is the address of the vote."""

    def __init__(self, browser: Browser, ballot: int) -> None:
        self.browser = browser
        self.here = f"/trusts/{TRUST}/ballots/{ballot}"

    def invite(self, trustee: Trustee) -> str:
        """Ask a trustee; the secret of the link that signs them in."""
        fields = {"name": trustee.name, "email": trustee.email, "side": trustee.side, "deputy": "Dee Deputy"}
        page = self.browser.post(f"/trusts/{TRUST}/trustees/new", fields)
        return _found(_LINK, page)

    def confirm(self, trustee: Trustee) -> None:
        """Compare the number of the trustee's keys with the one on the page, and confirm them."""
        number = trustee.fingerprint
        fields = {"number": number, "shown": number, "sure": "on"}
        self.browser.post(f"/trusts/{TRUST}/trustees/{trustee.id}/confirm", fields)

    def choose(self, first: Trustee, second: Trustee, third: Trustee) -> None:
        """Say who opens the sealed votes, in order."""
        fields = {"first": str(first.id), "second": str(second.id), "third": str(third.id)}
        self.browser.post(f"{self.here}/trustees", fields)

    def take_lot(self) -> str:
        """Take the number for lots that the page shows, and type it in."""
        page = self.browser.get(f"{self.here}/lot")
        number = _found(_SHOWN, page)
        self.browser.post(f"{self.here}/lot", {"number": number, "shown": number, "seal": _found(_SEAL, page)})
        return number

    def freeze(self) -> None:
        """Fix the list of voters."""
        self.browser.post(f"{self.here}/freeze")

    def open_lot(self, number: str) -> None:
        """Open the number for lots."""
        self.browser.post(f"{self.here}/lot/open", {"number": number})

    def declare(self) -> None:
        """Declare the result."""
        self.browser.post(f"{self.here}/declare", {"agreed": "on"})


def _found(pattern: re.Pattern[str], page: Answer) -> str:
    match = pattern.search(page.text)
    if match is None:
        raise WrongState(f"{page.path} does not show what a rehearsal looks for.")
    return unescape(match[1])
