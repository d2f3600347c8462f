"""Tellers: who takes votes on paper, when there are enough of them, and how a pile of papers is put in. Pure."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from itertools import combinations

from msgspec import Struct

from pilot.errors import BadInput, WrongState
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
    """All papers of a ballot as a teller sends them: sealed, by the number v under which each goes into the box.

    `why_fewer` says why papers are missing; `again`: they were kept here before, so they must still be.
    """

    envelopes: Mapping[bytes, bytes]
    why_fewer: str = ""
    again: bool = False


class PaperPile(Struct, frozen=True, kw_only=True):
    """How the pile of papers stands: `cast` papers of `given`, and "" or why they are fewer.

    `first` sealed it, and `second` confirmed its `number` on the day `put_in_on`: then it is in the box. Until somebody
    does, `second` is "" and the day None; it `waits` until voting closes.
    """

    given: int
    cast: int
    why_fewer: str
    number: str
    first_id: int
    first: str
    second: str
    waits: bool
    put_in_on: date | None


def enough(sides: Sequence[str]) -> bool:
    """Whether these tellers can take votes on paper: nobody at all, or two who are not all the employer's."""
    return not sides or (len(sides) >= 2 and any(side != "employer" for side in sides))


def pair(signatures: Mapping[int, bytes], sides: Sequence[str]) -> dict[int, bytes]:
    """The signatures of the first two tellers who can sign together, by their places; none where there are no two."""
    for two in combinations(sorted(signatures), 2):
        if may_sign([sides[place] for place in two]):
            return {place: signatures[place] for place in two}
    return {}


def check_pile(pile: Pile, free: Collection[bytes]) -> None:
    """Refuse a paper under no number that two tellers have signed for, no paper at all, and fewer without a reason."""
    if not free:
        raise WrongState("Two tellers have not signed for any paper. Sign the list first.")
    if not pile.envelopes or not pile.envelopes.keys() <= set(free):
        raise BadInput(
            f"There can be no more than {len(free):,} papers, since two tellers have signed for so many, and not none."
        )
    if len(pile.envelopes) < len(free) and not pile.why_fewer.strip():
        raise BadInput("Say why there are fewer papers than people who were given one.")
    if len(pile.why_fewer) > LONGEST_REASON:
        raise BadInput(f"The reason must be {LONGEST_REASON:,} characters or fewer.")
