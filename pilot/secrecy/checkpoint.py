"""A checkpoint: how long a log is and what its root is, signed; and the receipt that rests on one. Pure.

The text is a C2SP tlog-checkpoint in a C2SP signed note (https://c2sp.org/tlog-checkpoint, https://c2sp.org/signed-note),
so that any tool for such logs can watch a ballot. Ours has no further lines between the root and the signatures.
"""

from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from io import BytesIO
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Struct

from pilot.errors import BadInput
from pilot.secrecy import canonical, leaves, tree

ED25519 = b"\x01"
"""The kind of signature, as C2SP signed-note numbers it."""

DASH = b"\xe2\x80\x94 "
"""A signature line begins with an em dash and a space."""

LONGEST = 8192
"""Bytes; ours have about 300."""

UNREADABLE = "This is not a checkpoint of a log."
NOT_SIGNED = "This checkpoint is not signed by the key of this log."
OTHER_LOG = "This checkpoint is of another log."
NO_RECEIPT = "This is not a receipt."
NOT_IN_LOG = "The receipt does not show that this sealed vote is in the log."


class Checkpoint(Struct, frozen=True):
    """A log of `size` leaves with this root (32 bytes); `text` is what is signed, up to the line before the gap."""

    origin: str
    size: int
    root: bytes
    text: bytes


def origin(digest: str) -> str:
    """The log's name: "pilot/" and H, the SHA-256 of the manifest in hex."""
    return f"pilot/{digest}"


def text(name: str, size: int, root: bytes) -> bytes:
    """The three lines that are signed: the log's name, its number of leaves, its root in base64."""
    return f"{name}\n{size}\n{b64encode(root).decode('ascii')}\n".encode()


def key_id(name: str, public: bytes) -> bytes:
    """Four bytes that name an Ed25519 key in a signature line (signed-note, "Signatures")."""
    return sha256(name.encode() + b"\n" + ED25519 + public).digest()[:4]


def signed(body: bytes, name: str, key: Ed25519PrivateKey) -> bytes:
    """The whole checkpoint: the text, an empty line, and the signature line."""
    public = key.public_key().public_bytes_raw()
    line = DASH + name.encode() + b" " + b64encode(key_id(name, public) + key.sign(body))
    return body + b"\n" + line + b"\n"


def read(data: bytes) -> Checkpoint:
    """The checkpoint as it is written, whoever signed it; refuses every other spelling of the same."""
    body, gap, notes = data.partition(b"\n\n")
    body += b"\n"
    lines = body.split(b"\n")
    if not gap or len(data) > LONGEST or len(lines) != 4 or not notes.startswith(DASH) or not notes.endswith(b"\n"):
        raise BadInput(UNREADABLE)
    try:
        name, size, root = lines[0].decode(), int(lines[1].decode("ascii")), canonical.from_base64(lines[2])
    except ValueError as trouble:
        raise BadInput(UNREADABLE) from trouble
    if len(root) != tree.HASH or not name or size < 0 or text(name, size, root) != body:
        raise BadInput(UNREADABLE)
    return Checkpoint(name, size, root, body)


def split(data: bytes) -> list[bytes]:
    """The checkpoints of a file that holds one after the other, as checkpoints.txt does; none is read yet."""
    found: list[bytes] = []
    over = True
    for line in BytesIO(data):
        note = line.startswith(DASH)
        if not found or (over and not note):
            found.append(b"")
        found[-1] += line
        over = note
    return found


def verify(data: bytes, name: str, public: bytes) -> Checkpoint:
    """The checkpoint of this log; refuses unless this key has signed it.

    Signature lines of other keys are passed over, as signed-note asks: a witness may add one.
    """
    found = read(data)
    if found.origin != name:
        raise BadInput(OTHER_LOG)
    start = DASH + name.encode() + b" "
    notes = data[len(found.text) + 1 :].split(b"\n")
    if not any(_signs(line[len(start) :], found, public) for line in notes if line.startswith(start)):
        raise BadInput(NOT_SIGNED)
    return found


def _signs(encoded: bytes, found: Checkpoint, public: bytes) -> bool:
    try:
        given = canonical.from_base64(encoded)
        if given[:4] != key_id(found.origin, public):
            return False
        Ed25519PublicKey.from_public_bytes(public).verify(given[4:], found.text)
    except (InvalidSignature, ValueError):
        return False
    return True


def check_receipt(receipt: Mapping[str, Any], v: bytes, digest: str, public: bytes) -> Checkpoint:
    """The signed checkpoint of a receipt; refuses unless it shows that this person's sealed vote is in the log.

    `receipt` is the answer to a cast (docs/record-format.md), `v` the person's random number, `digest` H and `public`
    the manifest's log key. A receipt is always for the log that ends with its own leaf.
    """
    name, leaf, proof, data = (receipt.get(key) for key in ("envelope", "leaf", "proof", "checkpoint"))
    if not isinstance(name, str) or type(leaf) is not int or not isinstance(proof, list) or not isinstance(data, str):
        raise BadInput(NO_RECEIPT)
    try:
        path = [bytes.fromhex(one) for one in proof]
        written = data.encode()
    except (TypeError, ValueError) as trouble:
        raise BadInput(NO_RECEIPT) from trouble
    found = verify(written, origin(digest), public)
    mine = tree.leaf_hash(leaves.envelope_leaf(v, name))
    if found.size != leaf + 1 or not tree.included(mine, leaf, found.size, path, found.root):
        raise BadInput(NOT_IN_LOG)
    return found
