"""Tellers: who takes votes on paper, when there are enough of them, and how a pile of papers is put in. Pure."""

from collections.abc import Mapping, Sequence
from itertools import combinations

from msgspec import Struct

from pilot.errors import BadInput
from pilot.secrecy.tellers import may_sign

LONGEST_REASON = 2000
ENOUGH = (
    "Votes on paper need at least two tellers, and not all of them the employer’s. Add another teller, or take all of "
    "them away: then nobody can vote on paper."
)
GIVEN = (
    "You have been given a vote on paper, so you cannot vote here. Fill in the paper and hand it in to the tellers. "
    "If you do not want it any more, give it back to them unused"
)


class WantedTeller(Struct, frozen=True):
    """Somebody who shall take votes on paper: `number` is that of their keys, as they read it aloud."""

    email: str
    side: str
    number: str


class Pile(Struct, frozen=True):
    """All papers of a ballot as they are put in: sealed, by the number v under which each goes into the box.

    `present` are the two tellers, by id, who typed them one after the other; `why_fewer` says why papers are missing.
    """

    envelopes: Mapping[bytes, bytes]
    present: tuple[int, int]
    why_fewer: str


def enough(sides: Sequence[str]) -> bool:
    """Whether these tellers can take votes on paper: nobody at all, or two who are not all the employer's."""
    return not sides or (len(sides) >= 2 and any(side != "employer" for side in sides))


def pair(signatures: Mapping[int, bytes], sides: Sequence[str]) -> dict[int, bytes]:
    """The signatures of the first two tellers who can sign together, by their places; none where there are no two."""
    for two in combinations(sorted(signatures), 2):
        if may_sign([sides[place] for place in two]):
            return {place: signatures[place] for place in two}
    return {}


def check_pile(pile: Pile, given: int) -> None:
    """Refuse more papers than people were given one, and fewer without a reason."""
    if not 1 <= len(pile.envelopes) <= given:
        raise BadInput(
            f"There can be no more than {given:,} papers, since so many people were given one, and not none."
        )
    if len(pile.envelopes) < given and not pile.why_fewer.strip():
        raise BadInput("Say why there are fewer papers than people who were given one.")
    if len(pile.why_fewer) > LONGEST_REASON:
        raise BadInput(f"The reason must be {LONGEST_REASON:,} characters or fewer.")
