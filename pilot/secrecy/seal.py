"""Papers and their envelopes: one HPKE layer for each trustee (RFC 9180). Pure.

Sealing (the voter's side, also in static/) and opening (the trustee's side) stand beside each other. HPKE takes its
one-time keys from the library, or gets those that sealed a vote before; every other chance is an argument.
"""

from collections.abc import Sequence
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from pilot.errors import BadInput
from pilot.secrecy import canonical, hpke, stamp

SUITE = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
"""DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM, base mode (RFC 9180 section 7)."""

LAYER = 65 + 16
"""Bytes that one layer adds: the one-time public key and the tag."""

LENGTH = 2
"""Bytes that give the paper's length, before the stamp."""

LONGEST_PAPER = 2**16 - 1
CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O or U."""

_PAIRS = [first + second for first in CODE_ALPHABET for second in CODE_ALPHABET]
"""Ten bits in two characters."""

Answers = Sequence[Sequence[str]]
"""For each question the ids of the chosen options, in the order of choice."""


def paper(prefix: bytes, answers: Answers, digest: str) -> bytes:
    """A filled paper: 32 random bytes, then the answers with the manifest's hash; this is what is stamped."""
    if len(prefix) != stamp.PREFIX:
        raise ValueError("A paper begins with 32 random bytes.")
    return stamp.prepare(canonical.to_bytes({"a": [list(chosen) for chosen in answers], "m": digest}), prefix)


def padded_length(longest_paper: int) -> int:
    """Bytes of an inner envelope that takes every paper up to this length."""
    if longest_paper > LONGEST_PAPER:
        raise BadInput("The questions and options are too long for one paper.")
    return LENGTH + stamp.SIZE + longest_paper


def pack(filled: bytes, stamped: bytes, padded: int) -> bytes:
    """The inner envelope: length, stamp, paper, then zeros up to `padded` bytes."""
    body = len(filled).to_bytes(LENGTH) + stamped + filled
    if len(stamped) != stamp.SIZE or len(body) > padded:
        raise ValueError("This paper does not fit into the envelope.")
    return body.ljust(padded, b"\x00")


def unpack(inner: bytes) -> tuple[bytes, bytes, bytes]:
    """Paper, stamp and padding of an inner envelope; refuses a length that its bytes do not hold."""
    start = LENGTH + stamp.SIZE
    end = start + int.from_bytes(inner[:LENGTH])
    if len(inner) < start or end > len(inner):
        raise BadInput("This is not a paper.")
    return inner[start:end], inner[LENGTH:start], inner[end:]


def info(digest: str, layer: int) -> bytes:
    """What binds a layer to its ballot and place: the manifest's hash, a slash, the layer's number from 1."""
    return f"{digest}/{layer}".encode("ascii")


def envelope_length(padded: int, layers: int) -> int:
    """Bytes of an item that still has this many layers around it."""
    return padded + LAYER * layers


def seal(inner: bytes, seal_keys: Sequence[ec.EllipticCurvePublicKey], digest: str) -> bytes:
    """The envelope: a layer for each trustee, the last trustee's innermost."""
    sealed = inner
    for layer in range(len(seal_keys), 0, -1):
        sealed = SUITE.encrypt(sealed, seal_keys[layer - 1], info(digest, layer))
    return sealed


def seal_with(
    inner: bytes,
    seal_keys: Sequence[ec.EllipticCurvePublicKey],
    digest: str,
    one_time_keys: Sequence[ec.EllipticCurvePrivateKey],
) -> tuple[bytes, ...]:
    """A vote sealed anew with the one-time keys that its sealer kept, the first trustee's first.

    The envelope, then what is left after each peel, at last the inner envelope: so its way can be followed.
    """
    items = [inner]
    for layer in range(len(seal_keys), 0, -1):
        items.append(hpke.seal(items[-1], seal_keys[layer - 1], info(digest, layer), one_time_keys[layer - 1]))
    return tuple(reversed(items))


def open_layer(item: bytes, key: ec.EllipticCurvePrivateKey, digest: str, layer: int) -> bytes | None:
    """What is inside one layer, or None when this key, ballot and layer do not open it."""
    try:
        return SUITE.decrypt(item, key, info(digest, layer))
    except (InvalidTag, ValueError):
        return None


def read_seal_key(raw: bytes) -> ec.EllipticCurvePublicKey:
    """A trustee's public key from its 65 bytes; refuses what is no uncompressed point of P-256."""
    try:
        if len(raw) != 65:
            raise ValueError("not an uncompressed point")
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)
    except ValueError as trouble:
        raise BadInput("A trustee's key cannot be read.") from trouble


def read_seal_secret(raw: bytes) -> ec.EllipticCurvePrivateKey:
    """A trustee's secret key from its 32 bytes."""
    return ec.derive_private_key(int.from_bytes(raw), ec.SECP256R1())


def check_code(filled: bytes) -> str:
    """The voter's check code: the first 80 bits of the paper's SHA-256 in 16 characters, without hyphens."""
    bits = int.from_bytes(sha256(filled).digest()[:10])
    return "".join([_PAIRS[bits >> shift & 1023] for shift in range(70, -1, -10)])


def spaced(code: str) -> str:
    """A check code as people read it: in fours with hyphens."""
    return "-".join(code[i : i + 4] for i in range(0, len(code), 4))
