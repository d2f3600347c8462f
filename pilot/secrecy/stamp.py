"""The blind stamp: RSA blind signatures of RFC 9474, by default RSABSSA-SHA384-PSS-Randomized. Pure.

The voter's side (`prepare`, `blind`, `finalize`) and the server's side (`blind_sign`) stand beside each other so
that each tests the other. Chance (prefix, salt, blinding factors) is always an argument.
"""

import hashlib
from math import gcd

import gmpy2
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from msgspec import Struct

from pilot.errors import BadInput

BITS = 3072
EXPONENT = 65537
SIZE = BITS // 8
"""Bytes in a blinded paper, a blind signature and a stamp."""

PREFIX = 32
"""Random bytes before the message in the Randomized variants (RFC 9474 section 5)."""

SALT = 48
"""Salt length of the PSS variants, the length of SHA-384; 0 in the PSSZERO variants (RFC 9474 section 5)."""

HASH = "sha384"


class PublicKey(Struct, frozen=True):
    """Modulus and public exponent."""

    n: int
    e: int

    @property
    def size(self) -> int:
        """Bytes of the modulus."""
        return (self.n.bit_length() + 7) // 8


class SecretKey(Struct, frozen=True):
    """The whole key: modulus, exponents and the two primes."""

    n: int
    e: int
    d: int
    p: int
    q: int

    @property
    def public(self) -> PublicKey:
        """The half that everybody may know."""
        return PublicKey(self.n, self.e)


class Unsound(Exception):  # noqa: N818 -- not a refusal: a signature that its own key does not confirm
    """A computed signature is wrong; releasing it could give the key away, so everything stops."""


def prepare(message: bytes, prefix: bytes = b"") -> bytes:
    """What is signed: the random prefix, if the variant has one, and the message (RFC 9474 section 4.1)."""
    return prefix + message


def encode(prepared: bytes, salt: bytes, bits: int, hash_name: str = HASH) -> bytes:
    """EMSA-PSS-ENCODE with MGF1 and one hash for both (RFC 8017 section 9.1.1); `bits` is emBits."""
    size, width = (bits + 7) // 8, hashlib.new(hash_name).digest_size
    if size < width + len(salt) + 2:
        raise ValueError("The key is too short for this hash and salt.")
    digest = hashlib.new(hash_name, bytes(8) + hashlib.new(hash_name, prepared).digest() + salt).digest()
    block = bytes(size - len(salt) - width - 2) + b"\x01" + salt
    mask = _mgf1(digest, len(block), hash_name)
    masked = bytearray(a ^ b for a, b in zip(block, mask, strict=True))
    masked[0] &= 0xFF >> (8 * size - bits)
    return bytes(masked) + digest + b"\xbc"


def _mgf1(seed: bytes, length: int, hash_name: str) -> bytes:
    width = hashlib.new(hash_name).digest_size
    blocks = (hashlib.new(hash_name, seed + i.to_bytes(4, "big")).digest() for i in range(-(-length // width)))
    return b"".join(blocks)[:length]


def blind(key: PublicKey, prepared: bytes, salt: bytes, factor: int) -> tuple[bytes, int]:
    """The blinded message and the inverse of the random `factor` (RFC 9474 section 4.2)."""
    message = int.from_bytes(encode(prepared, salt, key.n.bit_length() - 1))
    if gcd(message, key.n) != 1 or not 1 < factor < key.n or gcd(factor, key.n) != 1:
        raise ValueError("This message or factor cannot be blinded with this key.")
    blinded = message * pow(factor, key.e, key.n) % key.n
    return blinded.to_bytes(key.size), pow(factor, -1, key.n)


def blind_sign(key: SecretKey, blinded: bytes, blinder: int) -> bytes:
    """The signature of a blinded message (RFC 9474 section 4.3), by the two primes apart.

    `blinder` is a random number below n: it hides the message from whoever measures the time (base blinding).
    Refuses what is not a number strictly between 1 and n - 1. Raises Unsound when the result does not verify:
    one faulty signature by the primes apart would give the key away.
    """
    x = int.from_bytes(blinded)
    if len(blinded) != key.public.size or not 1 < x < key.n - 1:
        raise BadInput("The paper did not arrive whole. Try again.")
    if not 1 < blinder < key.n or gcd(blinder, key.n) != 1:
        raise ValueError("This number cannot blind with this key.")
    hidden = x * int(gmpy2.powmod(blinder, key.e, key.n)) % key.n
    at_p = gmpy2.powmod_sec(hidden % key.p, key.d % (key.p - 1), key.p)
    at_q = gmpy2.powmod_sec(hidden % key.q, key.d % (key.q - 1), key.q)
    joined = int(at_q + key.q * ((at_p - at_q) * gmpy2.invert(key.q, key.p) % key.p))
    signature = joined * int(gmpy2.invert(blinder, key.n)) % key.n
    if gmpy2.powmod(signature, key.e, key.n) != x:
        raise Unsound
    return signature.to_bytes(key.public.size)


def finalize(key: PublicKey, prepared: bytes, signed: bytes, inverse: int, *, salt_length: int = SALT) -> bytes:
    """The stamp: the unblinded signature, checked before it is given out (RFC 9474 section 4.4)."""
    if len(signed) != key.size:
        raise BadInput("The stamp did not arrive whole. Try again.")
    stamp = (int.from_bytes(signed) * inverse % key.n).to_bytes(key.size)
    if not verify(rsa_key(key), prepared, stamp, salt_length=salt_length):
        raise BadInput("The stamp is not right for this paper.")
    return stamp


SHA = hashes.SHA384()
MASK = padding.MGF1(SHA)
PSS = padding.PSS(MASK, SALT)


def verify(key: rsa.RSAPublicKey, prepared: bytes, stamp: bytes, *, salt_length: int = SALT) -> bool:
    """Whether `stamp` is a signature of the prepared message (RFC 9474 section 4.5, RFC 8017 section 8.1.2)."""
    scheme = PSS if salt_length == SALT else padding.PSS(MASK, salt_length)
    try:
        key.verify(stamp, prepared, scheme, SHA)
    except InvalidSignature:
        return False
    return True


def rsa_key(key: PublicKey) -> rsa.RSAPublicKey:
    """The library's key of the same numbers."""
    return rsa.RSAPublicNumbers(key.e, key.n).public_key()


def read_public(der: bytes) -> PublicKey:
    """The key of a DER SubjectPublicKeyInfo; refuses every key but RSA of 3072 bits with exponent 65537."""
    try:
        key = serialization.load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm) as trouble:
        raise BadInput("The stamp key cannot be read.") from trouble
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size != BITS or key.public_numbers().e != EXPONENT:
        raise BadInput("The stamp key must be RSA with 3072 bits and the exponent 65537.")
    numbers = key.public_numbers()
    return PublicKey(numbers.n, numbers.e)


def read_secret(der: bytes) -> SecretKey:
    """The secret key of a DER PKCS #8 text that this server wrote itself."""
    key = serialization.load_der_private_key(der, None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise Unsound
    numbers = key.private_numbers()
    public = numbers.public_numbers
    return SecretKey(public.n, public.e, numbers.d, numbers.p, numbers.q)
