"""Who held the keys of a vote, and who would have had to work together to break it, in words. Pure."""

from collections.abc import Sequence

from pilot.secrecy.manifest import Manifest, Trustee
from pilot.voting import collusion
from pilot.voting.count.amounts import listed

ALL_KEYS = "The server held all the keys, so it could have made this result"
SWAPS = "To exchange votes unseen by everybody but their voters, {} would have been enough"


def own(trustees: Sequence[Trustee]) -> tuple[str, ...]:
    """The names of the trustees who had keys of their own."""
    return tuple(trustee.name for trustee in trustees if trustee.custody == "own")


def signers(trustees: Sequence[Trustee]) -> str:
    """Who signed what was promised, and with whose keys: the beginning of a sentence, with its verb."""
    mine, all_of = len(own(trustees)), len(trustees)
    if not mine:
        return f"the server, which holds the keys of all {all_of} trustees, signed"
    if mine == all_of:
        return f"{all_of} trustees signed"
    return f"{mine} of {all_of} trustees, and the server with the keys that it holds for the others, signed"


def in_words(manifest: Manifest) -> tuple[str, ...]:
    """Who had which keys, and who would have had to work together: sentences without a full stop."""
    mine = own(manifest.trustees)
    if not mine:
        return (f"{ALL_KEYS}, and the votes were not secret from it",)
    held = [trustee.name for trustee in manifest.trustees if trustee.custody == "server"]
    has = f"{listed(mine)} had keys of their own"
    has += f", and the server held those of {listed(held)}" if held else ""
    found = collusion.of(manifest)
    swap = next(threat.together for threat in found.threats if "swap" in threat.rows)
    return (has, found.sentence.removesuffix("."), SWAPS.format(swap))
