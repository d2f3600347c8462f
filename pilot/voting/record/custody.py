"""Who held the keys of a vote, and who would have had to work together to break it, in words. Pure."""

from collections.abc import Sequence

from pilot.secrecy.manifest import Trustee
from pilot.voting.count.amounts import listed

ALL_KEYS = "The server held all the keys, so it could have made this result"
SEES = "To see how anybody voted, {} would have had to work together"
SWAPS = "To exchange votes unseen, the website and one trustee would have been enough: only voters' check codes show it"


def own(trustees: Sequence[Trustee]) -> tuple[str, ...]:
    """The names of the trustees who had keys of their own."""
    return tuple(trustee.name for trustee in trustees if trustee.custody == "own")


def in_words(trustees: Sequence[Trustee]) -> tuple[str, ...]:
    """Who had which keys, and who would have had to work together: sentences without a full stop."""
    mine, held = own(trustees), [trustee.name for trustee in trustees if trustee.custody == "server"]
    if not mine:
        return (f"{ALL_KEYS}, and the votes were not secret from it",)
    has = f"{listed(list(mine))} had keys of their own"
    if not held:
        return (has, SEES.format(f"all of {listed(list(mine))}" if len(mine) > 1 else mine[0]), SWAPS)
    has += f", and the server held those of {listed(held)}"
    return (has, SEES.format(f"{listed([*mine, 'whoever runs the server'])}"), SWAPS)
