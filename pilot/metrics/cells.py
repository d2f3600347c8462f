"""From the papers of one trust to its cells: sufficient statistics for each outcome and group, in one pass. Pure.

A cell holds sums and no answers, so an evaluation reads cells only. Scores are from 0 to 10 and higher is better:
the answers 1 to 5 give 0, 2.5, 5, 7.5 and 10, turned round for a reversed item, and a scale is the mean of the items
that were answered, if enough were. A share is the mean of 1 and 0, so it is from 0 to 1.
The weight of a paper is w = (N_g / N) / (n_g / n), at most 5, where N_g of N people entitled and n_g of n papers that
say so are in its staff group; a paper that does not say has weight 1.
Source: the published scoring of the NHS Staff Survey, as docs/how-to/run-a-survey.md tells it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, groupby
from math import fsum
from operator import mul

from msgspec import Struct

from pilot.metrics.questionnaire import GROUP, SITE, Item, Offer, Questionnaire, Scale, Share

CAP = 5.0
"""The most that one paper weighs."""

NOT_SAID = ""
"""The group of papers that do not say theirs."""

Paper = Sequence[Sequence[str]]
"""The answers of one paper as they come out of the box: for each question a list of option ids, empty for none."""

Score = float | None
"""A person's score on one outcome, 0 to 10, or what they add to a share, 0 or 1; None where too little was answered."""


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
    places = list(zip(*_places(offer, papers, len(asked.items)), strict=True))
    weights = weights_of(dict(offer.groups), Counter(group for group, _ in places))
    order = sorted(range(len(papers)), key=places.__getitem__)
    spans = _spans([places[n] for n in order])
    sorted_papers = [papers[n] for n in order]
    found: dict[tuple[str, str, str], list[_Sums]] = {}
    for outcome, scores in chain(_scores(asked, sorted_papers), _shares(asked, sorted_papers)):
        for (group, site), start, stop in spans:
            if given := [x for x in scores[start:stop] if x is not None]:
                sums = _Sums(weights[group], len(given), fsum(given), fsum(map(mul, given, given)))
                found.setdefault((GROUP, group, outcome), []).append(sums)
                found.setdefault((SITE, site, outcome), []).append(sums)
    return tuple(sorted(_cell(*key, sums) for key, sums in found.items()))


def weights_of(entitled: Mapping[str, int], answered: Mapping[str, int]) -> dict[str, float]:
    """The weight of a paper by its staff group, from the people entitled and the papers in each group."""
    said = {name: n for name, n in answered.items() if name != NOT_SAID and n}
    people, papers = sum(entitled.values()), sum(said.values())
    weights = {name: min(CAP, (entitled[name] / people) / (n / papers)) for name, n in said.items()}
    return {NOT_SAID: 1.0, **weights}


def _places(offer: Offer, papers: Sequence[Paper], items: int) -> tuple[list[str], list[str]]:
    """The staff group and the site of each paper in words; what was not asked was not said."""
    found: list[list[str]] = []
    place = items
    for names in (offer.groups, offer.sites):
        if len(names) > 1:
            words = {str(number): name for number, (name, _) in enumerate(names, start=1)}
            found.append([words[paper[place][0]] if paper[place] else NOT_SAID for paper in papers])
            place += 1
        else:
            found.append([NOT_SAID] * len(papers))
    return found[0], found[1]


def _spans(places: Sequence[tuple[str, str]]) -> list[tuple[tuple[str, str], int, int]]:
    """Each group at each site with its first paper and the one behind its last; `places` are sorted."""
    found, start = [], 0
    for place, run in groupby(places):
        stop = start + sum(1 for _ in run)
        found.append((place, start, stop))
        start = stop
    return found


_PLAIN, _TURNED = (bytes.maketrans(b"012345", bytes(values)) for values in ((0, 1, 2, 3, 4, 5), (0, 5, 4, 3, 2, 1)))
_SAID = bytes.maketrans(bytes(range(6)), bytes((0, 1, 1, 1, 1, 1)))


def _columns(items: Sequence[Item], papers: Sequence[Paper]) -> dict[str, bytes]:
    """By item one byte for each paper: the answer from 1 to 5, 5 the best; 0 where there is none."""
    marks = "".join([one[0] if one else "0" for paper in papers for one in paper[: len(items)]]).encode()
    return {
        item.code: marks[place :: len(items)].translate(_TURNED if item.reverse else _PLAIN)
        for place, item in enumerate(items)
    }


def _scores(asked: Questionnaire, papers: Sequence[Paper]) -> Iterator[tuple[str, list[Score]]]:
    """Every outcome that is a score, with that of each paper, in the order of the papers."""
    if not asked.scales:
        return
    columns = _columns(asked.items, papers)
    scores: dict[str, list[Score]] = {}
    for scale in asked.scales:
        scores[scale.code] = _scale(scale, [columns[code] for code in scale.items])
        yield scale.code, scores[scale.code]
    for mean in asked.means:
        parts = zip(*(scores[code] for code in mean.scales), strict=True)
        count = len(mean.scales)
        yield mean.code, [None if None in part else sum(part) / count for part in parts]


def _shares(asked: Questionnaire, papers: Sequence[Paper]) -> Iterator[tuple[str, list[Score]]]:
    """Every outcome that is a share, with what each paper adds to it, in the order of the papers.

    Answers have one digit each, so those of one paper to one item are the letters of a text.
    """
    places = {item.code: place for place, item in enumerate(asked.items)}
    given = {code: ["".join(paper[places[code]]) for paper in papers] for code in _asked_for(asked.shares)}
    for share in asked.shares:
        known = {marks: share.value(frozenset(marks)) for marks in set(given[share.item])}
        scores = [*map(known.__getitem__, given[share.item])]
        if share.only_if:
            item, answer = share.only_if
            scores = [x if answer in marks else None for x, marks in zip(scores, given[item], strict=True)]
        yield share.code, scores


def _asked_for(shares: Sequence[Share]) -> set[str]:
    return {share.item for share in shares} | {share.only_if[0] for share in shares if share.only_if}


def _scale(scale: Scale, columns: Sequence[bytes]) -> list[Score]:
    """The score of each paper: it depends on the sum of its answers and on how many there are only."""
    size, papers = len(columns), len(columns[0])
    if size == 1:
        return [*map((None, 0.0, 2.5, 5.0, 7.5, 10.0).__getitem__, columns[0])]
    known = [[_mean(total, said, scale.least) for total in range(5 * size + 1)] for said in range(size + 1)]
    answered = _added([column.translate(_SAID) for column in columns], papers)
    return [known[said][total] for said, total in zip(answered, _added(columns, papers), strict=True)]


def _added(columns: Sequence[bytes], papers: int) -> bytes:
    """The columns added up paper by paper, as long numbers: no sum of 40 answers overflows its byte."""
    return sum(int.from_bytes(column, "little") for column in columns).to_bytes(papers, "little")


def _mean(total: int, answered: int, least: int) -> Score:
    """The score of somebody whose answers have this sum; None where too little was answered."""
    return None if answered < max(least, 1) else 2.5 * (total / answered - 1)


class _Sums(Struct, frozen=True):
    """Papers of one weight: their number, and the sums of their scores and of the squares."""

    weight: float
    n: int
    x: float
    xx: float


def _cell(part: str, name: str, outcome: str, found: Sequence[_Sums]) -> Cell:
    return Cell(
        part,
        name,
        outcome,
        n=sum(one.n for one in found),
        sum_w=fsum(one.weight * one.n for one in found),
        sum_wx=fsum(one.weight * one.x for one in found),
        sum_wx2=fsum(one.weight * one.xx for one in found),
        sum_w2=fsum(one.weight * one.weight * one.n for one in found),
    )
