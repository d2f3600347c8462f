"""A trustee's key file: two secret keys under a passphrase, and which list they have opened for each H. Pure.

The same format, byte for byte, is read and written by the offline page (assets/trustee/). Passphrase and chance are
arguments. What is made with a key file stands in proofs.py.
"""

import hmac
import unicodedata
from typing import Literal, TypeVar

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from msgspec import Struct

from pilot.errors import BadInput, NotAllowed
from pilot.secrecy import canonical, seal
from pilot.secrecy.manifest import is_sign_key

ITERATIONS = 600_000
"""Rounds of PBKDF2 with SHA-256, as OWASP's Password Storage Cheat Sheet asks."""

MOST_ITERATIONS = 10_000_000
LARGEST = 1_000_000
"""Bytes of a key file, and of every small file about one."""

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Number of points of P-256 (FIPS 186-5); a secret lies between 1 and one less."""

KINDS = {
    "pilot key": "a key file",
    "pilot registration": "a registration file",
    "pilot drill list": "a practice list",
    "pilot drill": "the answer to a practice",
    "pilot signature": "a signature",
    "pilot list": "a list of sealed votes",
    "pilot opened": "a list of opened votes",
    "pilot cancel list": "a list of people who vote on paper",
    "pilot cancel": "the signatures of a teller",
}
"""What people call each file, by its type."""

IS_A_KEY_FILE = f"This is {KINDS['pilot key']}."
"""How a refusal begins where a key file was chosen for something else."""

WEAK = (
    "Choose a longer passphrase: at least 16 characters, for example 5 words. "
    "Parts that are repeated, and runs like 12345, abcde or qwerty, do not count."
)
SHORTEST, FEWEST = 16, 8
"""How many characters a passphrase has at least that are neither repeated nor in a run, and how many different ones."""

KEYBOARD = "1234567890\nqwertyuiop\nasdfghjkl\nzxcvbnm"
WRONG = "This passphrase does not open this key file. Check the passphrase, and that it is the right file."
SECOND_LIST = "This key has already opened another list of this ballot. It opens no second one."


class Derivation(Struct, frozen=True, forbid_unknown_fields=True):
    """How the passphrase becomes a key (RFC 8018 section 5.2)."""

    name: Literal["PBKDF2-SHA-256"]
    iterations: int
    salt: bytes


class KeyFile(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A key file as it lies on a disk. Only `sealed` is secret, and the passphrase covers it and every other field."""

    type: Literal["pilot key"] = "pilot key"
    version: Literal[1] = 1
    name: str
    role: str
    seal_key: bytes
    sign_key: bytes
    kdf: Derivation
    nonce: bytes
    sealed: bytes


class Keys(Struct, frozen=True, forbid_unknown_fields=True):
    """What the passphrase opens: both secrets of 32 bytes, and the hash of the list opened for each H."""

    seal_secret: bytes
    sign_secret: bytes
    opened: dict[str, str]

    @property
    def sealer(self) -> ec.EllipticCurvePrivateKey:
        """The key that opens the sealed votes."""
        return seal.read_seal_secret(self.seal_secret)

    @property
    def signer(self) -> Ed25519PrivateKey:
        """The key that signs."""
        return Ed25519PrivateKey.from_private_bytes(self.sign_secret)

    def remembering(self, digest: str, came: str) -> "Keys":
        """The keys with the list (its hash `came`) that they are about to open for this H; refuses a second list."""
        if self.opened.get(digest, came) != came:
            raise NotAllowed(SECOND_LIST)
        return msgspec.structs.replace(self, opened={**self.opened, digest: came})


class Fresh(Struct, frozen=True):
    """Chance for one sealing of a key file: 16 bytes of salt and 12 of nonce, never used twice."""

    salt: bytes
    nonce: bytes


File = TypeVar("File", bound=Struct)


def check_passphrase(passphrase: str) -> None:
    """Refuse one that is easy to guess: too short without what repeats and what is typed in a run."""
    text = plain(passphrase).lower()
    if _telling(text) < SHORTEST or len(set(text)) < FEWEST:
        raise BadInput(WEAK)


def _telling(text: str) -> int:
    """How many characters are in no three that are a run, or that stood there before."""
    idle: set[int] = set()
    seen: set[str] = set()
    for place in range(len(text) - 2):
        three = text[place : place + 3]
        if three in seen or _is_run(three):
            idle |= {place, place + 1, place + 2}
        seen.add(three)
    return len(text) - len(idle)


def _is_run(three: str) -> bool:
    """Whether three characters follow each other up, down or not at all: "345", "cba", "aaa", "wer"."""
    first, second, third = map(ord, three)
    step = second - first
    return (step == third - second and abs(step) <= 1) or three in KEYBOARD or three[::-1] in KEYBOARD


def plain(passphrase: str) -> str:
    """The passphrase as it is used: composed (NFC), runs of spaces and line ends as one space, none at the ends."""
    return " ".join(part for part in unicodedata.normalize("NFC", passphrase).translate(_SPACES).split(" ") if part)


_SPACES = {ord(character): " " for character in "\t\r\n"}


def make(name: str, role: str, passphrase: str, chance: tuple[bytes, bytes], fresh: Fresh) -> bytes:
    """A new key file. `chance` is 48 random bytes for the key that opens and 32 for the one that signs.

    Refuses a weak passphrase and an empty name or role.
    """
    for what, words in (("name", name), ("role", role)):
        if not words.strip() or len(words) > 200 or not words.isprintable():
            raise BadInput(f"Enter a {what} of up to 200 characters.")
    check_passphrase(passphrase)
    for_seal, for_sign = chance
    secret = int.from_bytes(for_seal) % (ORDER - 1) + 1
    if len(for_seal) != 48 or len(for_sign) != 32:
        raise ValueError("Keys are made of 48 and 32 random bytes.")
    keys = Keys(secret.to_bytes(32), for_sign, {})
    point = keys.sealer.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    kdf = Derivation("PBKDF2-SHA-256", ITERATIONS, fresh.salt)
    file = KeyFile(
        name=name.strip(),
        role=role.strip(),
        seal_key=point,
        sign_key=keys.signer.public_key().public_bytes_raw(),
        kdf=kdf,
        nonce=fresh.nonce,
        sealed=b"",
    )
    return sealed_again(file, keys, passphrase, fresh)


def read(data: bytes) -> KeyFile:
    """The key file, still sealed."""
    file = read_as(KeyFile, data)
    seal.read_seal_key(file.seal_key)
    fits = is_sign_key(file.sign_key) and (len(file.kdf.salt), len(file.nonce)) == (16, 12)
    if not fits or not ITERATIONS <= file.kdf.iterations <= MOST_ITERATIONS:
        raise BadInput(not_whole(KINDS["pilot key"]))
    return file


def open_up(file: KeyFile, passphrase: str) -> Keys:
    """What is sealed in the file; refuses a wrong passphrase, and a file whose other fields were altered."""
    try:
        text = AESGCM(_stretched(file.kdf, passphrase)).decrypt(file.nonce, file.sealed, _around(file))
    except InvalidTag as trouble:
        raise BadInput(WRONG) from trouble
    return msgspec.convert(canonical.read(text), Keys)


def sealed_again(file: KeyFile, keys: Keys, passphrase: str, fresh: Fresh) -> bytes:
    """The key file with these keys in it, sealed anew with the same passphrase."""
    if (len(fresh.salt), len(fresh.nonce)) != (16, 12):
        raise ValueError("A key file is sealed with 16 and 12 random bytes.")
    kdf = msgspec.structs.replace(file.kdf, salt=fresh.salt)
    file = msgspec.structs.replace(file, kdf=kdf, nonce=fresh.nonce)
    text = canonical.to_bytes(msgspec.to_builtins(keys))
    sealed = AESGCM(_stretched(kdf, passphrase)).encrypt(fresh.nonce, text, _around(file))
    return to_bytes(msgspec.structs.replace(file, sealed=sealed))


def _stretched(kdf: Derivation, passphrase: str) -> bytes:
    return PBKDF2HMAC(hashes.SHA256(), 32, kdf.salt, kdf.iterations).derive(plain(passphrase).encode())


def _around(file: KeyFile) -> bytes:
    """What the passphrase covers without hiding it: every other field of the file."""
    return canonical.to_bytes({key: value for key, value in msgspec.to_builtins(file).items() if key != "sealed"})


def to_bytes(file: Struct) -> bytes:
    """The one text of a file."""
    return canonical.to_bytes(msgspec.to_builtins(file))


def read_as(kind: type[File], data: bytes) -> File:
    """A small file of this kind; a file of another kind is called by its name."""
    wanted: str = kind.__struct_defaults__[0]
    try:
        if len(data) > LARGEST:
            raise BadInput(canonical.NOT_CANONICAL)
        value = canonical.read(data.strip(b" \t\r\n"))
    except BadInput as trouble:
        raise BadInput(not_whole(KINDS[wanted])) from trouble
    found = value.get("type") if isinstance(value, dict) else None
    if found != wanted and found in KINDS:
        raise BadInput(f"This is {KINDS[found]}. Choose {KINDS[wanted]}.")
    try:
        file = msgspec.convert(value, kind)
    except msgspec.ValidationError as trouble:
        raise BadInput(not_whole(KINDS[wanted])) from trouble
    if msgspec.to_builtins(file) != value:
        raise BadInput(not_whole(KINDS[wanted]))
    return file


def not_whole(what: str) -> str:
    return f"This is not {what}, or it is not whole."


def fingerprint(seal_key: bytes, sign_key: bytes) -> str:
    """The number by which two people compare a trustee's keys aloud: 80 bits in fours."""
    return seal.spaced(seal.check_code(b"pilot trustee " + seal_key + sign_key))


def same_number(typed: str, number: str) -> bool:
    """Whether somebody typed this number; spaces, hyphens and capitals do not matter."""
    plain = ["".join(sign for sign in one.upper() if sign.isalnum()).encode() for one in (typed, number)]
    return hmac.compare_digest(*plain)


def teller_number(sign_key: bytes) -> str:
    """The number of a teller's key in what a ballot promises, where only the signing key stands: 80 bits in fours."""
    return seal.spaced(seal.check_code(b"pilot teller " + sign_key))
