"""Approval, version 1: any number of choices on a paper, and the seats go to those with the most. Pure."""

from collections.abc import Sequence

from pilot.voting.count.contest import Contest, Papers
from pilot.voting.count.plurality import most_votes
from pilot.voting.count.result import CountResult


def count(contest: Contest, papers: Papers, order: Sequence[int] | None = None) -> CountResult:
    """One vote for each candidate that a paper chooses; the candidates with the most votes are elected.

    `order`: the lot, luckiest first; it decides between level candidates. Raises Cannot for reserves that cannot be
    met, NeedsLot where a lot is needed and was not drawn.
    """
    return most_votes("approval", contest, papers, order, choices=None)
