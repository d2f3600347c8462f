"""What a voter's own device does: fill a paper, blind it, and seal it once it is stamped. Pure.

static/ holds the same for browsers; this one serves the demonstration, the tests and whoever checks a record.
"""

from msgspec import Struct

from pilot.secrecy import seal, stamp
from pilot.secrecy.manifest import Manifest


class Chance(Struct, frozen=True):
    """The random numbers of one paper: 32 bytes, 48 bytes, and a number from 2 to n - 2. Never use them twice."""

    prefix: bytes
    salt: bytes
    factor: int


class Filled(Struct, frozen=True):
    """A paper with its blinded form for the stamp request, and what takes the blinding off again."""

    paper: bytes
    blinded: bytes
    inverse: int


def fill(manifest: Manifest, digest: str, answers: seal.Answers, chance: Chance) -> Filled:
    """A filled paper, ready to be stamped."""
    key = stamp.read_public(manifest.stamp_key)
    paper = seal.paper(chance.prefix, answers, digest)
    blinded, inverse = stamp.blind(key, paper, chance.salt, chance.factor)
    return Filled(paper, blinded, inverse)


def seal_up(manifest: Manifest, digest: str, filled: Filled, signature: bytes) -> bytes:
    """The envelope to cast; refuses an answer to the stamp request that does not stamp this paper."""
    stamped = stamp.finalize(stamp.read_public(manifest.stamp_key), filled.paper, signature, filled.inverse)
    inner = seal.pack(filled.paper, stamped, manifest.padded)
    keys = [seal.read_seal_key(trustee.seal_key) for trustee in manifest.trustees]
    return seal.seal(inner, keys, digest)
