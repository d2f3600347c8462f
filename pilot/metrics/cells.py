"""From the papers of one trust to its cells: sufficient statistics for each outcome and group, in one pass. Pure.

A cell holds sums and no answers, so an evaluation reads cells only. Scores are from 0 to 10 and higher is better:
the answers 1 to 5 give 0, 2.5, 5, 7.5 and 10, turned round for a reversed item, and a scale is the mean of the items
that were answered, if enough were. A share is the mean of 1 and 0, so it is from 0 to 1.
The weight of a paper is w = (N_g / N) / (n_g / n), at most 5, where N_g of N people entitled and n_g of n papers that
say so are in its staff group; a paper that does not say has weight 1.
Source: the published scoring of the NHS Staff Survey, as docs/how-to/run-a-survey.md tells it.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from math import fsum

from msgspec import Struct

from pilot.metrics.questionnaire import GROUP, SITE, Offer, Questionnaire
from pilot.metrics.scores import Paper, Sums, added_up

CAP = 5.0
"""The most that one paper weighs."""

NOT_SAID = ""
"""The group of papers that do not say theirs."""


class Cell(Struct, frozen=True, order=True):
    """Sums over the papers of one group with a score: their number, of weights, of w·x, of w·x², of w².

    `part` says whether `name` is a staff group or a site. The cells of one part add up to the trust.
    """

    part: str
    name: str
    outcome: str
    n: int
    sum_w: float
    sum_wx: float
    sum_wx2: float
    sum_w2: float

    @property
    def mean(self) -> float:
        """The weighted mean."""
        return self.sum_wx / self.sum_w


class Summary(Struct, frozen=True):
    """One outcome of a whole trust: people with a score, the weighted mean and the plain one, and how sure it is.

    `n_eff` = (Σw)² / Σw² is the number of people who would tell as much with equal weights (Kish 1965). `se` takes
    answers for independent and the weights for known, and takes nothing off for a large share of the staff having
    answered; None with one answer. `smallest` is the number of scores in the smallest staff group that has any.
    """

    n: int
    mean: float
    mean_unw: float
    n_eff: float
    se: float | None
    smallest: int


def summary(groups: Sequence[Cell]) -> Summary:
    """A trust from the cells of all its staff groups on one outcome, at least one of them. Papers of one group weigh
    the same, so its plain sum is n · Σwx / Σw. se² = n / (n − 1) · Σ w² (x − mean)² / (Σw)²."""
    n, sum_w = sum(one.n for one in groups), fsum(one.sum_w for one in groups)
    mean = fsum(one.sum_wx for one in groups) / sum_w
    plain = fsum(one.n * one.mean for one in groups) / n
    apart = fsum(one.sum_w / one.n * (one.sum_wx2 - 2 * mean * one.sum_wx + mean * mean * one.sum_w) for one in groups)
    se = math.sqrt(max(0.0, apart) * n / (n - 1)) / sum_w if n > 1 else None
    return Summary(n, mean, plain, sum_w**2 / fsum(one.sum_w2 for one in groups), se, min(one.n for one in groups))


def cells_of(asked: Questionnaire, offer: Offer, papers: Sequence[Paper]) -> tuple[Cell, ...]:
    """The cells of one trust in order; a group without any score on an outcome has none. Papers have no order."""
    if not papers:
        return ()
    places, found = added_up(asked, papers)
    words = [_words(offer, place) for place in places]
    known = weights_of(dict(offer.groups), _number_by_group(words, places.values()))
    weights = [known[group] for group, _ in words]
    members: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for at, (group, site) in enumerate(words):
        members[GROUP, group].append(at)
        members[SITE, site].append(at)
    return tuple(sorted(chain.from_iterable(_cells(outcome, one, weights, members) for outcome, one in found.items())))


def weights_of(entitled: Mapping[str, int], answered: Mapping[str, int]) -> dict[str, float]:
    """The weight of a paper by its staff group, from the people entitled and the papers in each group."""
    said = {name: n for name, n in answered.items() if name != NOT_SAID and n}
    people, papers = sum(entitled.values()), sum(said.values())
    weights = {name: min(CAP, (entitled[name] / people) / (n / papers)) for name, n in said.items()}
    return {NOT_SAID: 1.0, **weights}


def _words(offer: Offer, place: Paper) -> tuple[str, str]:
    """The staff group and the site in words; what was not asked was not said."""
    said = iter(place)
    group, site = (
        names[int(answer[0]) - 1][0] if len(names) > 1 and (answer := next(said)) else NOT_SAID
        for names in (offer.groups, offer.sites)
    )
    return group, site


def _number_by_group(words: Iterable[tuple[str, str]], numbers: Iterable[int]) -> dict[str, int]:
    found: defaultdict[str, int] = defaultdict(int)
    for (group, _), number in zip(words, numbers, strict=True):
        found[group] += number
    return found


def _cells(
    outcome: str, sums: Sums, weights: Sequence[float], members: Mapping[tuple[str, str], Sequence[int]]
) -> Iterator[Cell]:
    """The cells of one outcome. Papers of one place weigh the same."""
    rows = [
        (n, weight * n, weight * x, weight * xx, weight * weight * n)
        for n, x, xx, weight in zip(sums.n, sums.x, sums.xx, weights, strict=True)
    ]
    for (part, name), places in members.items():
        n, *weighted = map(fsum, zip(*[rows[at] for at in places], strict=True))
        if n:
            yield Cell(part, name, outcome, int(n), *weighted)
