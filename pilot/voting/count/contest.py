"""What is counted in an election: seats, candidates, places kept for a class, and the papers. Pure."""

from collections.abc import Mapping, Sequence

import msgspec

from pilot.voting.count.amounts import listed

Papers = Mapping[bytes, int]
"""How many papers say each ranking. A ranking is one byte for each candidate chosen, their number from 1, in order of
preference; without an order of preference the numbers ascend. `b""` is a blank paper. Numbers of papers are positive.
"""

MOST_CANDIDATES = 255
"""A candidate's number is one byte of a ranking."""

MOST_SEATS = 60

MOST_RESERVES = 10
"""Classes with reserved seats; more would make a count that nobody can follow."""

REOPEN = "Re-open nominations"
"""The name of the candidate who is nobody: a seat that it wins stays empty."""


class Reserve(msgspec.Struct, frozen=True):
    """Seats kept for a class of candidates: at least `least` and at most `most` of them are elected.

    `candidates` are the numbers of the class, ascending. `most` None: no upper limit.
    """

    name: str
    candidates: tuple[int, ...]
    least: int = 0
    most: int | None = None


class Contest(msgspec.Struct, frozen=True):
    """One election. Candidate number n is `candidates[n - 1]`, as in a BLT file.

    `withdrawn`: candidates who no longer stand; their preferences are passed over.
    `reserves`: no candidate is in two of them.
    `reopen`: the number of the candidate "Re-open nominations"; None when there is none. A seat that it wins stays
    empty.
    `kept`: sitting members who must be elected, in a countback; empty in an ordinary election.
    """

    seats: int
    candidates: tuple[str, ...]
    withdrawn: tuple[int, ...] = ()
    reserves: tuple[Reserve, ...] = ()
    reopen: int | None = None
    kept: tuple[int, ...] = ()
    title: str = ""

    @property
    def standing(self) -> tuple[int, ...]:
        """The numbers of the candidates who can be voted for, ascending."""
        return tuple(n for n in range(1, len(self.candidates) + 1) if n not in self.withdrawn)

    def name(self, number: int) -> str:
        """The name of a candidate."""
        return self.candidates[number - 1]


class Cannot(ValueError):  # noqa: N818 -- a sentence for a person
    """This cannot be counted; the text says why."""


def names(contest: Contest, numbers: Sequence[int]) -> str:
    """Names as people say them: "Amy Osei", "Amy Osei and Ben Roy", "Amy Osei, Ben Roy and Cat Hill"."""
    return listed([contest.name(number) for number in numbers])
