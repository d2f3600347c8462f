"""Trustees with key files of their own, and the lists that a ballot gives them; no database, no server."""

import secrets
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace

from pilot.secrecy import canonical, checkpoint, keyfile, leaves, lists, peel, seal, tree
from pilot.secrecy import manifest as manifests
from tests.builders.secrecy import CLOSES, OPENS, RULE, SCRIPT, YES_NO

PASSPHRASE = "seven small otters count the ferries"
NAMES = (
    ("Ada Scrutineer", "independent scrutineer"),
    ("Ben Employer", "employer"),
    ("Cy Staff-Side", "staff-side representative"),
)


def fresh() -> keyfile.Fresh:
    return keyfile.Fresh(secrets.token_bytes(16), secrets.token_bytes(12))


def a_key_file(name: str = "Ada Scrutineer", role: str = "independent scrutineer") -> bytes:
    return keyfile.make(name, role, PASSPHRASE, (secrets.token_bytes(48), secrets.token_bytes(32)), fresh())


@lru_cache(maxsize=64)
def opened(data: bytes) -> keyfile.Keys:
    """The keys of a file. Stretching the passphrase takes a quarter of a second, so each file is opened once."""
    return keyfile.open_up(keyfile.read(data), PASSPHRASE)


@lru_cache(maxsize=1)
def a_stamp_key() -> bytes:
    """The public half; these ballots need no stamps."""
    public = rsa.generate_private_key(65537, 3072).public_key()
    return public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


class OwnKeys:
    """A ballot whose three trustees hold key files, with its log and its sealed votes."""

    def __init__(self, votes: int = 7, files: Sequence[bytes] | None = None, **changes: Any) -> None:
        self.log_signer = Ed25519PrivateKey.generate()
        self.files = list(files or (a_key_file(name, role) for name, role in NAMES))
        self.key_files = [keyfile.read(data) for data in self.files]
        self.keys = [opened(data) for data in self.files]
        self.manifest = replace(self._manifest(), **changes)
        self.text = manifests.to_bytes(self.manifest)
        self.digest = manifests.digest(self.text)
        self.envelopes = [self.sealed(secrets.token_bytes(self.manifest.padded)) for _ in range(votes)]
        self.peels: list[peel.Peeled] = []

    def _manifest(self) -> manifests.Manifest:
        held = [manifests.Trustee(file.name, file.role, file.seal_key, file.sign_key, "own") for file in self.key_files]
        return manifests.Manifest(
            version=manifests.VERSION,
            ballot="RAA-1",
            kind="vote",
            title="Breaks on nights",
            questions=(YES_NO,),
            opens=OPENS,
            closes=CLOSES,
            rule=dict(RULE),
            roll=manifests.Roll(1204, "ab" * 32),
            stamp_key=a_stamp_key(),
            trustees=tuple(held),
            padded=manifests.padded((YES_NO,)),
            max_stamps=manifests.MAX_STAMPS,
            log_key=self.log_signer.public_key().public_bytes_raw(),
            script=SCRIPT,
            tellers=(),
        )

    def sealed(self, inner: bytes, *, layers: int = 0) -> bytes:
        """An envelope around these bytes, or its innermost layers from number `layers` + 1 on."""
        item = inner
        for layer in range(len(self.keys), layers, -1):
            item = seal.SUITE.encrypt(item, self.keys[layer - 1].sealer.public_key(), seal.info(self.digest, layer))
        return item

    def close(self, envelopes: Sequence[bytes] | None = None) -> dict[str, Any]:
        """The close leaf."""
        items = self.envelopes if envelopes is None else envelopes
        counts = leaves.Counts(len(items), len(items), len(items))
        found = leaves.close_leaf(self.digest, self.manifest.roll.size, counts, peel.list_hash(items))
        return canonical.read(found)

    def closed(self, close: dict[str, Any]) -> lists.Place:
        """Where that leaf stands in a signed log with others around it."""
        bodies = [b"a leaf", b"another", canonical.to_bytes(close), b"a later one", b"the last"]
        hashes = [tree.leaf_hash(body) for body in bodies]
        name = checkpoint.origin(self.digest)
        text = checkpoint.signed(checkpoint.text(name, 5, tree.root(bodies)), name, self.log_signer)
        return lists.Place(2, tuple(one.hex() for one in tree.inclusion_proof(hashes, 2)), text.decode())

    def head(self, layer: int, items: Sequence[bytes], **changes: Any) -> lists.Head:
        close = self.close()
        head = lists.Head(
            manifest=self.text.decode(),
            layer=layer,
            count=len(items),
            sha256=peel.list_hash(items),
            before=tuple(msgspec.to_builtins(peel.entry(one.statement, one.signature)) for one in self.peels),
            close=close,
            closed=self.closed(close),
        )
        return replace(head, **changes)

    def list(self, layer: int = 1, **changes: Any) -> bytes:
        """The list file of this layer; the peels before it are done first."""
        while len(self.peels) < layer - 1:
            self.peel()
        items = self.peels[layer - 2].items if layer > 1 else self.envelopes
        return lists.write(self.head(layer, items, **changes), items)

    def peel(self) -> peel.Peeled:
        """The next trustee's peel."""
        layer = len(self.peels) + 1
        found = lists.read(self.list(layer))
        key = self.keys[layer - 1]
        self.peels.append(peel.peel(found.items, lists.check(found), key.sealer, key.signer))
        return self.peels[-1]
