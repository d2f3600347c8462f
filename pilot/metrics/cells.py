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
from functools import reduce
from itertools import chain
from math import fsum, lcm
from operator import add, and_, mul

from msgspec import Struct, msgpack

from pilot.metrics.questionnaire import GROUP, SITE, Item, Offer, Questionnaire, Share

CAP = 5.0
"""The most that one paper weighs."""

NOT_SAID = ""
"""The group of papers that do not say theirs."""

Paper = tuple[tuple[str, ...], ...]
"""The answers of one paper as they come out of the box: for each question its option ids, empty for none."""

Given = Sequence[tuple[str, ...]]
"""The answers to the items, paper after paper."""


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
    spans, answers = _spans(offer, papers, len(asked.items))
    weights = weights_of(dict(offer.groups), _number_by_group(spans))
    kept: defaultdict[tuple[str, str, str], list[_Sums]] = defaultdict(list)
    for outcome, scored in chain(_scored(asked, answers), _shared(asked, answers)):
        for span in spans:
            if sums := _sums(scored, span, weights[span.group]):
                kept[GROUP, span.group, outcome].append(sums)
                kept[SITE, span.site, outcome].append(sums)
    return tuple(sorted(_cell(*key, sums) for key, sums in kept.items()))


def weights_of(entitled: Mapping[str, int], answered: Mapping[str, int]) -> dict[str, float]:
    """The weight of a paper by its staff group, from the people entitled and the papers in each group."""
    said = {name: n for name, n in answered.items() if name != NOT_SAID and n}
    people, papers = sum(entitled.values()), sum(said.values())
    weights = {name: min(CAP, (entitled[name] / people) / (n / papers)) for name, n in said.items()}
    return {NOT_SAID: 1.0, **weights}


class _Sums(Struct, frozen=True):
    """Papers of one weight: their number, and the sums of their scores and of the squares."""

    weight: float
    n: int
    x: float
    xx: float


class _Span(Struct, frozen=True):
    """The papers of one staff group at one site: they stand from `start` to before `stop`."""

    group: str
    site: str
    start: int
    stop: int


def _spans(offer: Offer, papers: Sequence[Paper], items: int) -> tuple[list[_Span], list[tuple[str, ...]]]:
    """Where the papers of each group and site stand, and the answers to the items, paper after paper in that order."""
    found: defaultdict[Paper, list[Paper]] = defaultdict(list)
    for paper in papers:
        found[paper[items:]].append(paper[:items])
    spans, start = [], 0
    for place, there in found.items():
        spans.append(_Span(*_words(offer, place), start, start + len(there)))
        start += len(there)
    return spans, [*chain.from_iterable(chain.from_iterable(found.values()))]


def _words(offer: Offer, place: Paper) -> tuple[str, str]:
    """The staff group and the site in words; what was not asked was not said."""
    said = iter(place)
    group, site = (
        names[int(answer[0]) - 1][0] if len(names) > 1 and (answer := next(said)) else NOT_SAID
        for names in (offer.groups, offer.sites)
    )
    return group, site


def _number_by_group(spans: Sequence[_Span]) -> dict[str, int]:
    found: defaultdict[str, int] = defaultdict(int)
    for span in spans:
        found[span.group] += span.stop - span.start
    return found


_PLAIN, _TURNED = (bytes.maketrans(b"012345", bytes(values)) for values in ((0, 1, 2, 3, 4, 5), (0, 5, 4, 3, 2, 1)))
_SAID = bytes.maketrans(bytes(range(6)), bytes((0, 1, 1, 1, 1, 1)))
_BEYOND_ONE = bytes.maketrans(bytes(range(6)), bytes((0, 0, 1, 2, 3, 4)))
_SQUARES = bytes.maketrans(bytes(range(6)), bytes((0, 0, 1, 4, 9, 16)))
_EMPTY = msgpack.encode(())
_NO_MARK = bytes(set(range(256)) - set(b"012345"))


def _columns(items: Sequence[Item], answers: Given) -> dict[str, bytes]:
    """By item one byte for each paper: the answer from 1 to 5, 5 the best; 0 where there is none.

    A survey has millions of answers, so they are written down by one call and what stands around each is struck out;
    the number of answers, which stands before them all, is cut off.
    """
    marks = msgpack.encode(answers).replace(_EMPTY, b"0").translate(None, _NO_MARK)[-len(answers) :]
    return {
        item.code: marks[place :: len(items)].translate(_TURNED if item.reverse else _PLAIN)
        for place, item in enumerate(items)
    }


class _Scored(Struct, frozen=True):
    """One outcome, paper by paper: a byte 1 where there is a score and 0 where there is none; the score as a whole
    number, of which `unit` make 2.5, and its square, both 0 where there is none. So sums over papers are exact."""

    given: bytes
    parts: Sequence[int]
    squares: Sequence[int]
    unit: int


def _scored(asked: Questionnaire, answers: Given) -> Iterator[tuple[str, _Scored]]:
    """Every outcome that is a score, with what the papers score."""
    if not asked.scales:
        return
    columns = _columns(asked.items, answers)
    found: dict[str, _Scored] = {}
    for scale in asked.scales:
        found[scale.code] = _scale(max(scale.least, 1), [columns[code] for code in scale.items])
        yield scale.code, found[scale.code]
    for mean in asked.means:
        yield mean.code, _mean([found[code] for code in mean.scales])


def _shared(asked: Questionnaire, answers: Given) -> Iterator[tuple[str, _Scored]]:
    """Every outcome that is a share, with what the papers add to it: 0 or 1.

    Answers have one digit each, so those of one paper to one item are the letters of a text.
    """
    places = {item.code: place for place, item in enumerate(asked.items)}
    said = {code: [*map("".join, answers[places[code] :: len(places)])] for code in _asked_for(asked.shares)}
    for share in asked.shares:
        known = {marks: share.value(frozenset(marks)) for marks in set(said[share.item])}
        values = [*map(known.__getitem__, said[share.item])]
        if share.only_if:
            item, answer = share.only_if
            values = [value if answer in there else None for value, there in zip(values, said[item], strict=True)]
        yield share.code, _share(values)


def _asked_for(shares: Sequence[Share]) -> set[str]:
    return {share.item for share in shares} | {share.only_if[0] for share in shares if share.only_if}


def _share(values: Sequence[float | None]) -> _Scored:
    """Shares as scores: two of five parts, each of half a point, are 1."""
    parts = [2 if value else 0 for value in values]
    return _Scored(bytes(value is not None for value in values), parts, [*map(mul, parts, parts)], 5)


def _scale(least: int, columns: Sequence[bytes]) -> _Scored:
    """A score depends on the sum of the answers and on how many there are only: 2.5 · (sum / number − 1)."""
    size = len(columns)
    answered = _added([column.translate(_SAID) for column in columns])
    if size == 1:
        return _Scored(answered, columns[0].translate(_BEYOND_ONE), columns[0].translate(_SQUARES), 1)
    unit = lcm(*range(least, size + 1))
    known = [
        [0 if said < least else unit // said * (total - said) for total in range(5 * size + 1)]
        for said in range(size + 1)
    ]
    parts = [known[said][total] for said, total in zip(answered, _added(columns), strict=True)]
    enough = bytes(said >= least for said in range(256))
    return _Scored(answered.translate(enough), parts, [*map(mul, parts, parts)], unit)


def _added(columns: Sequence[bytes]) -> bytes:
    """The columns added up paper by paper, as long numbers: no sum of 40 answers overflows its byte."""
    return sum(int.from_bytes(column, "little") for column in columns).to_bytes(len(columns[0]), "little")


def _mean(scales: Sequence[_Scored]) -> _Scored:
    """The mean of scales for those who have a score on each."""
    unit = lcm(*(scale.unit for scale in scales))
    numbers = (int.from_bytes(scale.given, "little") for scale in scales)
    given = reduce(and_, numbers).to_bytes(len(scales[0].given), "little")
    alike: Iterator[Iterable[int]] = ([part * (unit // scale.unit) for part in scale.parts] for scale in scales)
    sums = reduce(_both, alike)
    parts = [*map(mul, given, sums)]
    return _Scored(given, parts, [*map(mul, parts, parts)], unit * len(scales))


def _both(some: Iterable[int], more: Iterable[int]) -> Iterable[int]:
    return map(add, some, more)


def _sums(scored: _Scored, span: _Span, weight: float) -> _Sums | None:
    """What the papers of one span score together; None where none of them has a score."""
    start, stop, twice = span.start, span.stop, 2 * scored.unit
    number = scored.given.count(1, start, stop)
    x, xx = 5 * sum(scored.parts[start:stop]) / twice, 25 * sum(scored.squares[start:stop]) / twice**2
    return _Sums(weight, number, x, xx) if number else None


def _cell(part: str, name: str, outcome: str, found: Sequence[_Sums]) -> Cell:
    return Cell(
        part,
        name,
        outcome,
        n=sum([one.n for one in found]),
        sum_w=fsum([one.weight * one.n for one in found]),
        sum_wx=fsum([one.weight * one.x for one in found]),
        sum_wx2=fsum([one.weight * one.xx for one in found]),
        sum_w2=fsum([one.weight * one.weight * one.n for one in found]),
    )
