"""HPKE with a one-time key that is given: what a library does not offer, and whoever checks a sealing needs. Pure.

RFC 9180, mode base, DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM, the first and only message of a context.
"""

from hashlib import sha256
from hmac import digest as hmac

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

KEM = b"KEM" + (0x0010).to_bytes(2)
HPKE = b"HPKE" + (0x0010).to_bytes(2) + (0x0001).to_bytes(2) + (0x0002).to_bytes(2)
"""The names of the algorithms inside each derivation (RFC 9180 sections 4.1 and 5.1)."""

BASE = b"\x00"
KEY, NONCE, SECRET = 32, 12, 32
"""Bytes of the AES key, its nonce and the shared secret."""


def seal(
    plain: bytes, recipient: ec.EllipticCurvePublicKey, info: bytes, one_time: ec.EllipticCurvePrivateKey
) -> bytes:
    """The one-time public key and the sealed bytes (RFC 9180 sections 4.1, 5.1 and 6.1).

    Whoever seals anew makes a new key each time: the same key for two texts would open both.
    """
    enc = point(one_time.public_key())
    shared = _shared(one_time.exchange(ec.ECDH(), recipient), enc + point(recipient))
    context = BASE + _extract(HPKE, b"", b"psk_id_hash", b"") + _extract(HPKE, b"", b"info_hash", info)
    secret = _extract(HPKE, shared, b"secret", b"")
    key = _expand(HPKE, secret, b"key", context, KEY)
    nonce = _expand(HPKE, secret, b"base_nonce", context, NONCE)
    return enc + AESGCM(key).encrypt(nonce, plain, None)


def point(key: ec.EllipticCurvePublicKey) -> bytes:
    """The 65 bytes of a public key, uncompressed."""
    return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def _shared(exchanged: bytes, context: bytes) -> bytes:
    return _expand(KEM, _extract(KEM, b"", b"eae_prk", exchanged), b"shared_secret", context, SECRET)


def _extract(suite: bytes, salt: bytes, label: bytes, secret: bytes) -> bytes:
    """LabeledExtract (RFC 9180 section 4)."""
    return hmac(salt or bytes(sha256().digest_size), b"HPKE-v1" + suite + label + secret, "sha256")


def _expand(suite: bytes, secret: bytes, label: bytes, info: bytes, length: int) -> bytes:
    """LabeledExpand (RFC 9180 section 4)."""
    labelled = length.to_bytes(2) + b"HPKE-v1" + suite + label + info
    return HKDFExpand(hashes.SHA256(), length, labelled).derive(secret)
