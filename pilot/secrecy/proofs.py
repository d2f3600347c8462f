"""What a trustee proves with a key file: a registration, the answer to a practice, the signature of a ballot. Pure."""

from typing import Any, Literal

import msgspec
from cryptography.exceptions import InvalidTag
from msgspec import Struct

from pilot.errors import BadInput, NotAllowed
from pilot.secrecy import canonical, manifest, seal
from pilot.secrecy.keyfile import KINDS, KeyFile, Keys, not_whole, read_as, to_bytes

DRILL = b"pilot drill"
NOT_A_TRUSTEE = "This key is not one of the keys of this ballot."
NOT_YOUR_DRILL = "This practice list is not for this key file."


class Registration(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A trustee's name, role and public keys, signed with the signing key."""

    type: Literal["pilot registration"] = "pilot registration"
    version: Literal[1] = 1
    name: str
    role: str
    seal_key: bytes
    sign_key: bytes
    signature: bytes


class DrillList(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A challenge, sealed for one key, to show that the key file opens."""

    type: Literal["pilot drill list"] = "pilot drill list"
    challenge: bytes


class DrillAnswer(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The opened challenge and its signature: both keys and the passphrase are at hand."""

    type: Literal["pilot drill"] = "pilot drill"
    challenge: str
    signature: bytes


class Signature(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One trustee's signature of a ballot's description, whose SHA-256 in hex is `m`."""

    type: Literal["pilot signature"] = "pilot signature"
    m: str
    name: str
    signature: bytes


def registration(file: KeyFile, keys: Keys) -> bytes:
    """The registration file."""
    fields: dict[str, Any] = {
        "name": file.name,
        "role": file.role,
        "seal_key": file.seal_key,
        "sign_key": file.sign_key,
    }
    unsigned = Registration(**fields, signature=b"")
    return to_bytes(Registration(**fields, signature=keys.signer.sign(_registration_text(unsigned))))


def read_registration(data: bytes) -> Registration:
    """A registration; refuses keys that are none, and one that its own signing key has not signed."""
    found = read_as(Registration, data)
    seal.read_seal_key(found.seal_key)
    if not manifest.signed(found.sign_key, _registration_text(found), found.signature):
        raise BadInput(not_whole(KINDS["pilot registration"]))
    return found


def _registration_text(found: Registration) -> bytes:
    fields = {key: value for key, value in msgspec.to_builtins(found).items() if key != "signature"}
    return b"pilot registration " + canonical.to_bytes(fields)


def drill_challenge(trust: str, trustee: int, chance: bytes) -> str:
    """The text of a drill; `chance` is 16 random bytes."""
    return f"pilot drill {trust} {trustee} {chance.hex()}"


def drill_list(challenge: str, seal_key: bytes) -> bytes:
    """The practice list: the challenge sealed for one trustee."""
    sealed = seal.SUITE.encrypt(challenge.encode(), seal.read_seal_key(seal_key), DRILL)
    return to_bytes(DrillList(challenge=sealed))


def drill_answer(keys: Keys, data: bytes) -> bytes:
    """The answer to a practice list; refuses one that is not for these keys."""
    try:
        challenge = seal.SUITE.decrypt(read_as(DrillList, data).challenge, keys.sealer, DRILL).decode("ascii")
    except (InvalidTag, ValueError) as trouble:
        raise NotAllowed(NOT_YOUR_DRILL) from trouble
    if not challenge.startswith("pilot drill ") or not challenge.isprintable():
        raise NotAllowed(NOT_YOUR_DRILL)
    return to_bytes(DrillAnswer(challenge=challenge, signature=keys.signer.sign(_drill_text(challenge))))


def check_drill(data: bytes, challenge: str, sign_key: bytes) -> None:
    """Refuse unless this is the answer to this challenge by the holder of both keys."""
    answer = read_as(DrillAnswer, data)
    if answer.challenge != challenge:
        raise BadInput("This is the answer to another practice. Download the practice list again.")
    if not manifest.signed(sign_key, _drill_text(challenge), answer.signature):
        raise BadInput("This answer was made with another key file.")


def _drill_text(challenge: str) -> bytes:
    return b"pilot drill answer " + challenge.encode()


def place(found: manifest.Manifest, file: KeyFile) -> int:
    """At which place (from 1) this trustee opens the votes of a ballot; refuses when both keys are not in one place."""
    for number, trustee in enumerate(found.trustees, start=1):
        if (trustee.seal_key, trustee.sign_key, trustee.custody) == (file.seal_key, file.sign_key, "own"):
            return number
    raise NotAllowed(NOT_A_TRUSTEE)


def signature(text: bytes, file: KeyFile, keys: Keys) -> bytes:
    """The signature of a ballot's description; refuses a wrong one and one that does not name this trustee's keys."""
    found = manifest.read(text)
    name, digest = found.trustees[place(found, file) - 1].name, manifest.digest(text)
    return to_bytes(Signature(m=digest, name=name, signature=manifest.sign(keys.signer, digest)))


def read_signature(data: bytes) -> Signature:
    """A signature file, not yet checked against a ballot."""
    return read_as(Signature, data)
