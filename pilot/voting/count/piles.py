"""The papers of a transferable vote, lying in one pile for each candidate. Pure.

A pile is made of parcels: rankings that came together and are worth the same, with how many papers say each. Papers
that say the same from here on are put together whenever they move, so that work falls with every stage.
"""

from collections.abc import Callable, Collection, Iterable

from pilot.voting.count.contest import Cannot, Contest, Papers

Parcel = tuple[int, Collection[bytes], Collection[int]]
"""What each paper is worth in parts of a vote, the rankings, and how many papers say each."""

Worth = Callable[[int], int]
"""What a paper is worth when it moves on, from what it was worth until then."""

NOBODY = 0
"""No candidate has this number."""


class Piles:
    """The piles of one count. `valid`: papers that choose somebody who stands; `blank`: the others."""

    def __init__(self, contest: Contest, papers: Papers, worth: int) -> None:
        """Sort the papers by first choice. `worth`: parts in one vote. Raises Cannot for a paper that names nobody."""
        _all_known(contest, papers)
        if contest.withdrawn:
            papers = _without(papers, bytes(contest.withdrawn))
        sorted_: list[tuple[list[bytes], list[int]]] = [([], []) for _ in range(len(contest.candidates) + 1)]
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
        arriving: dict[int, dict[int, dict[bytes, int]]] = {}
        for source in sources:
            parcels, self._parcels[source] = self._parcels[source], []
            for was, rankings, numbers in parcels:
                if now := worth(was):
                    _sort(rankings, numbers, gone, arriving.setdefault(now, {}))
        gains = {NOBODY: 0}
        for now, piles in arriving.items():
            for candidate, pile in piles.items():
                if candidate != NOBODY:
                    self._parcels[candidate].append((now, pile.keys(), pile.values()))
                gains[candidate] = gains.get(candidate, 0) + now * sum(pile.values())
        return gains


def _sort(rankings: Iterable[bytes], numbers: Iterable[int], gone: bytes, piles: dict[int, dict[bytes, int]]) -> None:
    """Lay papers on the pile of their next choice, those that say the same from there on together."""
    for ranking, number in zip(rankings, numbers, strict=True):
        rest = ranking.translate(None, gone)
        candidate = rest[0] if rest else NOBODY
        if candidate in piles:
            pile = piles[candidate]
            pile[rest] = pile.get(rest, 0) + number
        else:
            piles[candidate] = {rest: number}


def _without(papers: Papers, gone: bytes) -> dict[bytes, int]:
    """The papers as if those who withdrew had never stood."""
    left: dict[bytes, int] = {}
    for ranking, number in papers.items():
        rest = ranking.translate(None, gone)
        left[rest] = left.get(rest, 0) + number
    return left


def _all_known(contest: Contest, papers: Papers) -> None:
    """Raises Cannot when a paper chooses a number that no candidate has, or a number of papers is not positive."""
    known = bytes(range(1, len(contest.candidates) + 1))
    if strange := b"".join(papers).translate(None, known):
        raise Cannot(f"A paper chooses candidate {strange[0]}, and there are only {len(known)}.")
    if papers and min(papers.values()) < 1:
        raise Cannot("A ranking is listed with no papers that say it.")
