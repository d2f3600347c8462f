"""The papers of a transferable vote, lying in one pile for each candidate. Pure.

A pile is made of parcels: rankings that came together and are worth the same, with how many papers say each. A
ranking loses the candidates who are gone when it moves; all rankings of a parcel lose them in one go.
"""

from collections.abc import Callable, Iterable

from pilot.voting.count.checking import readable, without
from pilot.voting.count.contest import Contest, Papers

Pile = tuple[list[bytes], list[int]]
"""Rankings, and how many papers say each."""

Parcel = tuple[int, list[bytes], list[int]]
"""What each paper is worth in parts of a vote, the rankings, and how many papers say each."""

Worth = Callable[[int], int]
"""What a paper is worth when it moves on, from what it was worth until then."""

NOBODY = 0
"""No candidate has this number."""


class Piles:
    """The piles of one count. `valid`: papers that choose somebody who stands; `blank`: the others."""

    def __init__(self, contest: Contest, papers: Papers, worth: int) -> None:
        """Sort the papers by first choice. `worth`: parts in one vote. Raises Cannot for a paper that names nobody."""
        readable(contest, papers)
        if contest.withdrawn:
            papers = without(papers, bytes(contest.withdrawn))
        sorted_: list[Pile] = [([], []) for _ in range(len(contest.candidates) + 1)]
        for ranking, number in papers.items():
            if ranking:
                rankings, numbers = sorted_[ranking[0]]
                rankings.append(ranking)
                numbers.append(number)
        self._parcels: list[list[Parcel]] = [[(worth, *pile)] if pile[0] else [] for pile in sorted_]
        self.blank = papers.get(b"", 0)
        self.valid = sum(sum(numbers) for _, numbers in sorted_)

    def first(self, candidate: int) -> int:
        """How many papers put this candidate first."""
        return sum(sum(numbers) for _, _, numbers in self._parcels[candidate])

    def all_worth(self, candidate: int, worth: int) -> bool:
        """Whether each of this candidate's papers is worth so much."""
        return all(value == worth for value, _, _ in self._parcels[candidate])

    def move(self, sources: Iterable[int], gone: bytes, worth: Worth) -> dict[int, int]:
        """Give each paper of these candidates to its next choice; the parts of a vote that each candidate gains.

        `gone`: who takes no votes any more, the sources among them. What papers without a next choice are worth is
        found under NOBODY; papers worth nothing now go nowhere.
        """
        arriving: dict[int, list[Pile]] = {}
        for source in sources:
            parcels, self._parcels[source] = self._parcels[source], []
            for was, rankings, numbers in parcels:
                if now := worth(was):
                    if now not in arriving:
                        arriving[now] = [([], []) for _ in self._parcels]
                    _sort(rankings, numbers, gone, arriving[now])
        gains = {NOBODY: 0}
        for now, piles in arriving.items():
            for candidate, (rankings, numbers) in enumerate(piles):
                if rankings:
                    self._parcels[candidate].append((now, rankings, numbers))
                if numbers:
                    gains[candidate] = gains.get(candidate, 0) + now * sum(numbers)
        return gains


def _sort(rankings: list[bytes], numbers: list[int], gone: bytes, piles: list[Pile]) -> None:
    """Lay papers on the pile of their next choice; of those that have none, only how many they are."""
    _, unused = piles[NOBODY]
    rests = b"\0".join(rankings).translate(None, gone).split(b"\0")  # no candidate has the number 0
    for rest, number in zip(rests, numbers, strict=True):
        if rest:
            pile, alike = piles[rest[0]]
            pile.append(rest)
            alike.append(number)
        else:
            unused.append(number)
