"""From the papers of one trust to its cells: sufficient statistics for each outcome and group, in one pass. Pure.

A cell holds sums and no answers, so an evaluation reads cells only. Scores are from 0 to 10 and higher is better:
the answers 1 to 5 give 0, 2.5, 5, 7.5 and 10, turned round for a reversed item, and a scale is the mean of the items
that were answered, if enough were. The weight of a paper is w = (N_g / N) / (n_g / n), at most 5, where N_g of N
people entitled and n_g of n papers that say so are in its staff group; a paper that does not say has weight 1.
Source: the published scoring of the NHS Staff Survey, as docs/how-to/run-a-survey.md tells it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from pilot.metrics.questionnaire import GROUP, SITE, Item, Offer, Questionnaire, Scale

CAP = 5.0
"""The most that one paper weighs."""

NOT_SAID = ""
"""The group of papers that do not say theirs."""

Paper = Sequence[Sequence[str]]
"""The answers of one paper as they come out of the box: for each question a list of option ids, empty for none."""

Score = float | None
"""A person's score on one outcome, 0 to 10; None where too little was answered."""


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


def cells_of(asked: Questionnaire, offer: Offer, papers: Sequence[Paper]) -> tuple[Cell, ...]:
    """The cells of one trust in order; a group without any score on an outcome has none. Papers have no order."""
    if not papers:
        return ()
    columns: list[list[str]] = [[answer[0] if answer else "" for answer in column] for column in zip(*papers)]  # noqa: B905 -- the box took only papers with an answer to each question
    groups, sites = _places(offer, columns[len(asked.items) :], len(papers))
    weights = weights_of(dict(offer.groups), Counter(groups))
    found: list[Cell] = []
    for outcome, scores in _scores(asked, columns):
        counted = Counter(zip(groups, sites, scores, strict=True))
        found += _cells(GROUP, outcome, ((group, weights[group], x, n) for (group, _, x), n in counted.items()))
        found += _cells(SITE, outcome, ((site, weights[group], x, n) for (group, site, x), n in counted.items()))
    return tuple(sorted(found))


def weights_of(entitled: Mapping[str, int], answered: Mapping[str, int]) -> dict[str, float]:
    """The weight of a paper by its staff group, from the people entitled and the papers in each group."""
    said = {name: n for name, n in answered.items() if name != NOT_SAID and n}
    people, papers = sum(entitled.values()), sum(said.values())
    weights = {name: min(CAP, (entitled[name] / people) / (n / papers)) for name, n in said.items()}
    return {NOT_SAID: 1.0, **weights}


def _places(offer: Offer, columns: Sequence[Sequence[str]], papers: int) -> tuple[list[str], list[str]]:
    """The staff group and the site of each paper in words; what was not asked was not said."""
    found: list[list[str]] = []
    rest = iter(columns)
    for names in (offer.groups, offer.sites):
        if len(names) > 1:
            words = {"": NOT_SAID} | {str(number): name for number, (name, _) in enumerate(names, start=1)}
            found.append([words[answer] for answer in next(rest)])
        else:
            found.append([NOT_SAID] * papers)
    return found[0], found[1]


def _scores(asked: Questionnaire, columns: Sequence[Sequence[str]]) -> Iterator[tuple[str, list[Score]]]:
    """Every outcome with the score of each paper, in the order of the papers."""
    values = {item.code: _values(item, column) for item, column in zip(asked.items, columns, strict=False)}
    scores: dict[str, list[Score]] = {}
    for scale in asked.scales:
        scores[scale.code] = _scale(scale, values)
        yield scale.code, scores[scale.code]
    for mean in asked.means:
        parts = zip(*(scores[code] for code in mean.scales), strict=True)
        count = len(mean.scales)
        yield mean.code, [None if None in part else sum(part) / count for part in parts]


def _values(item: Item, column: Sequence[str]) -> list[int]:
    """Answers as 1 to 5, 5 the best; 0 where there is none."""
    value = {"": 0} | {str(number): 6 - number if item.reverse else number for number in range(1, 6)}
    return [value[answer] for answer in column]


def _scale(scale: Scale, values: Mapping[str, Sequence[int]]) -> list[Score]:
    """The score of each paper. It depends on the sum and on how many are missing only, of which there are few."""
    items, size = [values[code] for code in scale.items], len(scale.items)
    if size == 1:
        single: list[Score] = [None, 0.0, 2.5, 5.0, 7.5, 10.0]
        return [single[value] for value in items[0]]
    known = [
        [_mean(total, size - missing, scale.least) for total in range(5 * size + 1)] for missing in range(size + 1)
    ]
    return [known[answers.count(0)][sum(answers)] for answers in zip(*items, strict=True)]


def _mean(total: int, answered: int, least: int) -> Score:
    """The score of somebody whose answers have this sum; None where too little was answered."""
    return None if answered < max(least, 1) else 2.5 * (total / answered - 1)


def _cells(part: str, outcome: str, counted: Iterable[tuple[str, float, Score, int]]) -> Iterator[Cell]:
    """The cells of one outcome from how often each group, weight and score stands there; sums in a fixed order."""
    by_name: dict[str, list[tuple[float, float, int]]] = {}
    for name, weight, score, n in counted:
        if score is not None:
            by_name.setdefault(name, []).append((weight, score, n))
    for name, found in by_name.items():
        found.sort()
        yield Cell(
            part,
            name,
            outcome,
            n=sum(n for _, _, n in found),
            sum_w=sum(n * w for w, _, n in found),
            sum_wx=sum(n * w * x for w, x, n in found),
            sum_wx2=sum(n * w * x * x for w, x, n in found),
            sum_w2=sum(n * w * w for w, _, n in found),
        )
