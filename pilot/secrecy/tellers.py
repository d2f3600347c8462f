"""Votes on paper: what two tellers sign for each person who is given one, and the files that go to them and back. Pure.

The list has the numbers of people and nothing else: who they are, and what any paper says, is in no file.
"""

import re
from collections.abc import Collection, Mapping
from typing import Literal

from msgspec import Struct

from pilot.errors import BadInput
from pilot.secrecy.box import cancel_text
from pilot.secrecy.keyfile import KINDS, KeyFile, Keys, not_whole, read_as, to_bytes
from pilot.secrecy.manifest import Manifest, signed

_V = re.compile("[0-9a-f]{32}")
_H = re.compile("[0-9a-f]{64}")


class OnPaper(Struct, frozen=True):
    """Votes on paper in numbers: people who were `given` one, and papers that tellers `cast` in their place."""

    given: int = 0
    cast: int = 0


class CancelList(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The numbers, in hex and sorted, of those who were given a vote on paper in the ballot with the number `m`."""

    type: Literal["pilot cancel list"] = "pilot cancel list"
    m: str
    voters: list[str]


class Cancel(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One teller's signatures, by the person's number in hex."""

    type: Literal["pilot cancel"] = "pilot cancel"
    m: str
    name: str
    signatures: dict[str, bytes]


def may_sign(sides: Collection[str]) -> bool:
    """Whether tellers of these sides can sign together: two of them, not both the employer's."""
    return len(sides) == 2 and not all(side == "employer" for side in sides)


def check_tellers(manifest: Manifest, digest: str, v: bytes, signatures: Mapping[int, bytes]) -> None:
    """Refuse a vote on paper unless two tellers of the manifest signed it, not both of them the employer's.

    `signatures` by the teller's place in the manifest, from 0.
    """
    if len(signatures) != 2 or not all(0 <= place < len(manifest.tellers) for place in signatures):
        raise BadInput("Two tellers of this vote must sign for each vote on paper.")
    tellers = [manifest.tellers[place] for place in signatures]
    if not may_sign([teller.side for teller in tellers]):
        raise BadInput("One of the two tellers must not be the employer’s.")
    text = cancel_text(digest, v)
    for teller, signature in zip(tellers, signatures.values(), strict=True):
        if not signed(teller.sign_key, text, signature):
            raise BadInput(f"This is not the signature of {teller.name} for this vote on paper.")


def cancel_list(digest: str, voters: Collection[bytes]) -> bytes:
    """The list for the tellers; sorted, so that its order tells nothing."""
    return to_bytes(CancelList(m=digest, voters=sorted(v.hex() for v in voters)))


def read_cancel_list(data: bytes) -> CancelList:
    """A list to be signed; refuses one that is not sorted, names somebody twice, or names nobody."""
    found = read_as(CancelList, data)
    fits = _H.fullmatch(found.m) and all(_V.fullmatch(v) for v in found.voters)
    if not fits or not found.voters or found.voters != sorted(set(found.voters)):
        raise BadInput(not_whole(KINDS["pilot cancel list"]))
    return found


def sign_list(data: bytes, file: KeyFile, keys: Keys) -> bytes:
    """A teller's signatures for everybody on the list."""
    found = read_cancel_list(data)
    texts = {v: cancel_text(found.m, bytes.fromhex(v)) for v in found.voters}
    return to_bytes(Cancel(m=found.m, name=file.name, signatures={v: keys.signer.sign(texts[v]) for v in found.voters}))


def read_cancel(data: bytes) -> Cancel:
    """A teller's signatures, not yet checked against a ballot."""
    found = read_as(Cancel, data)
    if not found.signatures or not all(_V.fullmatch(v) for v in found.signatures):
        raise BadInput(not_whole(KINDS["pilot cancel"]))
    return found
