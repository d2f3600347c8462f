"""The manifest: all that a secret ballot promises before it opens, in one text that every trustee signs. Pure.

Its hash, H, stands in every paper, layer and statement, so nothing of one ballot is good for another.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Literal

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Struct

from pilot.errors import BadInput
from pilot.secrecy import canonical, seal, stamp, tree

VERSION = 2
MAX_STAMPS = 3
SMALLEST_ROLL = 20
"""Below this many people a ballot cannot be secret (docs/security.md)."""

PUBLIC_PAPERS = 50
"""From this many people on the roll, the papers are public; below, only their check codes."""

_FIELD = 2**255 - 19
_EIGHTH = int.from_bytes(bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little")
_SMALL_ORDER = {0, 1, _FIELD - 1, _EIGHTH, _FIELD - _EIGHTH}
"""The y of the eight points of edwards25519 that have small order; `_EIGHTH` is that of a point of order 8."""

CHANGED = "The ballot's description is not as its trustees signed it."
WRONG = "The ballot's description is wrong: "


class Option(Struct, frozen=True, forbid_unknown_fields=True):
    """One answer that may be chosen; `id` stands in the paper, `text` on the page."""

    id: str
    text: str


class Question(Struct, frozen=True, forbid_unknown_fields=True):
    """A question; from `min` to `max` different options are chosen, in order of preference when `ranked`."""

    text: str
    options: tuple[Option, ...]
    min: int = 1
    max: int = 1
    ranked: bool = False


class Roll(Struct, frozen=True, forbid_unknown_fields=True):
    """How many are entitled, and the Merkle root over their sorted random numbers v."""

    size: int
    root: str


class Trustee(Struct, frozen=True, forbid_unknown_fields=True):
    """One of those who open the envelopes, in the order of opening; `custody` says who holds the keys."""

    name: str
    role: str
    seal_key: bytes
    sign_key: bytes
    custody: Literal["server", "own"]


class Teller(Struct, frozen=True, forbid_unknown_fields=True):
    """One of those who take votes on paper; two of different tellers, not both the employer's, sign each of them."""

    name: str
    side: Literal["employer", "staff side", "scrutineer"]
    sign_key: bytes


class Manifest(Struct, frozen=True, forbid_unknown_fields=True):
    """The ballot's description; `rule` is passed on to whoever counts and means nothing here."""

    version: int
    ballot: str
    kind: Literal["vote", "survey", "rehearsal"]
    title: str
    questions: tuple[Question, ...]
    opens: datetime
    closes: datetime
    rule: dict[str, Any]
    roll: Roll
    stamp_key: bytes
    trustees: tuple[Trustee, ...]
    padded: int
    max_stamps: int
    log_key: bytes
    script: str
    tellers: tuple[Teller, ...]


def to_bytes(manifest: Manifest) -> bytes:
    """The canonical text."""
    return canonical.to_bytes(msgspec.to_builtins(manifest))


def digest(data: bytes) -> str:
    """H: SHA-256 of the canonical text, in lower-case hex."""
    return sha256(data).hexdigest()


def read(data: bytes) -> Manifest:
    """The manifest of a canonical text; refuses any other spelling, unknown or missing fields and weak keys."""
    try:
        manifest = msgspec.convert(canonical.read(data), Manifest)
    except msgspec.ValidationError as trouble:
        raise BadInput(f"{WRONG}{trouble}.") from trouble
    check(manifest)
    if to_bytes(manifest) != data:
        raise BadInput(canonical.NOT_CANONICAL)
    return manifest


def check(manifest: Manifest) -> None:
    """Refuse a manifest that no honest ballot has; the sentence names the first thing that is wrong."""
    stamp.read_public(manifest.stamp_key)
    _check_trustees(manifest.trustees)
    _check_tellers(manifest.tellers)
    _check_questions(manifest.questions)
    wrong = {
        "its version is unknown": manifest.version != VERSION,
        "a time is not in whole seconds of UTC": not _is_plain(manifest.opens) or not _is_plain(manifest.closes),
        "it closes before it opens": _seconds(manifest.closes) <= _seconds(manifest.opens),
        f"fewer than {SMALLEST_ROLL} people may vote": manifest.roll.size < SMALLEST_ROLL,
        "the roll's root is no hash": not is_hash(manifest.roll.root),
        "the script's hash is no hash": not is_hash(manifest.script),
        "the log's key cannot be used": not is_sign_key(manifest.log_key),
        "another number of stamps": manifest.max_stamps != MAX_STAMPS,
        "the envelopes are too small for the answers": manifest.padded < padded(manifest.questions),
        "the envelopes are too large": manifest.padded > seal.padded_length(seal.LONGEST_PAPER),
    }
    for sentence, is_wrong in wrong.items():
        if is_wrong:
            raise BadInput(f"{WRONG}{sentence}.")


def _is_plain(moment: datetime) -> bool:
    return moment.utcoffset() == timedelta(0) and moment.microsecond == 0


def _seconds(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC)


def _check_trustees(trustees: Sequence[Trustee]) -> None:
    if not 1 <= len(trustees) <= 9:
        raise BadInput(f"{WRONG}it needs between 1 and 9 trustees.")
    for trustee in trustees:
        seal.read_seal_key(trustee.seal_key)
        if not is_sign_key(trustee.sign_key):
            raise BadInput(f"{WRONG}a trustee's signing key cannot be used.")
    names = {trustee.name for trustee in trustees}
    keys = {trustee.seal_key for trustee in trustees}, {trustee.sign_key for trustee in trustees}
    if any(len(found) < len(trustees) for found in (names, *keys)):
        raise BadInput(f"{WRONG}two trustees share a name or a key.")


def _check_tellers(tellers: Sequence[Teller]) -> None:
    if not all(is_sign_key(teller.sign_key) for teller in tellers):
        raise BadInput(f"{WRONG}a teller's signing key cannot be used.")
    if any(len(set(found)) < len(tellers) for found in ([t.name for t in tellers], [t.sign_key for t in tellers])):
        raise BadInput(f"{WRONG}two tellers share a name or a key.")


def _check_questions(questions: Sequence[Question]) -> None:
    if not questions:
        raise BadInput(f"{WRONG}it asks nothing.")
    for question in questions:
        ids = [option.id for option in question.options]
        if len(set(ids)) != len(ids) or not all(i.isascii() and i.isprintable() and 0 < len(i) <= 64 for i in ids):
            raise BadInput(f"{WRONG}options need different short names.")
        if not 0 <= question.min <= question.max <= len(ids) or question.max == 0:
            raise BadInput(f"{WRONG}a question allows more or fewer answers than it has.")


def is_hash(text: str) -> bool:
    """Whether this is a SHA-256 hash in lower-case hex."""
    return len(text) == 64 and set(text) <= set("0123456789abcdef")


def padded(questions: Sequence[Question]) -> int:
    """Bytes of an inner envelope that takes the longest possible answers to these questions."""
    longest = [sorted((option.id for option in q.options), key=_width, reverse=True)[: q.max] for q in questions]
    return seal.padded_length(len(seal.paper(bytes(stamp.PREFIX), longest, "0" * 64)))


def _width(option: str) -> int:
    return len(canonical.to_bytes(option))


def roll_root(voters: Sequence[bytes]) -> str:
    """The Merkle root over the sorted random numbers v of the entitled, in hex."""
    return tree.root(sorted(voters)).hex()


def signing_text(digest_: str) -> bytes:
    """What each trustee signs before opening."""
    return f"pilot manifest {digest_}".encode("ascii")


def sign(key: Ed25519PrivateKey, digest_: str) -> bytes:
    """A trustee's signature of the manifest."""
    return key.sign(signing_text(digest_))


def check_signatures(manifest: Manifest, digest_: str, signatures: Sequence[bytes]) -> None:
    """Refuse unless every trustee, in order, has signed this very manifest."""
    if len(signatures) != len(manifest.trustees):
        raise BadInput("Not every trustee has signed the ballot's description.")
    for trustee, signature in zip(manifest.trustees, signatures, strict=True):
        if not signed(trustee.sign_key, signing_text(digest_), signature):
            raise BadInput(f"{CHANGED} ({trustee.name})")


def is_sign_key(raw: bytes) -> bool:
    """Whether this can be somebody's Ed25519 key: 32 bytes, and no point of small order.

    Under such a point, like the neutral one, anybody can sign any text, and RFC 8032 does not make verifiers refuse it.
    """
    return len(raw) == 32 and int.from_bytes(raw, "little") % 2**255 % _FIELD not in _SMALL_ORDER


def signed(sign_key: bytes, text: bytes, signature: bytes) -> bool:
    """Whether `signature` is over `text` and by this Ed25519 key, which must be one that somebody can hold."""
    if not is_sign_key(sign_key):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(sign_key).verify(signature, text)
    except (InvalidSignature, ValueError):
        return False
    return True


def layers(manifest: Manifest) -> int:
    """How many layers an envelope has: one for each trustee."""
    return len(manifest.trustees)
