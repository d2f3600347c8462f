"""From answers to scores, and from people to the mean of a trust. Pure.

An answer is a whole number from 1 to 5, or None where a person gave none. It becomes 0, 2.5, 5, 7.5 or 10, reversed for
items in which a high answer is bad news, so that higher is always better. Source: the technical guide of the NHS Staff
Survey; that 2 of 3 answers are enough is from memory, and that more than half are enough on longer scales is ours.
"""

import math
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from pilot.errors import BadInput
from pilot.metrics.instruments import ENGAGEMENT, LEAVING_DESTINATION, MORALE, items, reversed_items

LOWEST, HIGHEST = 1, 5
STEP = 2.5

CAP = 5.0
"""The largest weight of one person, as in the published benchmarks."""

FEWEST = 2
"""People without whom there is no spread, and so no standard error."""

Scored = dict[str, float | None]


def score(answer: int | None, *, reverse: bool = False) -> float | None:
    """The score of one answer: 0 to 10 in steps of 2.5; None for none. Raises BadInput for anything but 1 to 5."""
    if answer is None:
        return None
    if isinstance(answer, bool) or not isinstance(answer, int) or not LOWEST <= answer <= HIGHEST:
        raise BadInput(f"An answer is a whole number from {LOWEST} to {HIGHEST}, not {answer!r}.")
    return STEP * (HIGHEST - answer if reverse else answer - LOWEST)


def enough(asked: int) -> int:
    """The least number of answers for a score: more than half, so 2 of 3, 3 of 4 and 4 of 7."""
    return asked // 2 + 1


def mean_score(scores: Sequence[float | None]) -> float | None:
    """The mean of the items that were answered, 0 to 10; None unless more than half were."""
    there = [one for one in scores if one is not None]
    return math.fsum(there) / len(there) if scores and len(there) >= enough(len(scores)) else None


def themes(answers: Mapping[str, int | None], year: int) -> Scored:
    """One person's subscores, engagement and morale, each from 0 to 10; None where too little was answered.

    `answers` are by item code; an item that is not there was not answered. A theme is the mean of all its subscores:
    where one is None the theme is, since a mean of other subscores would be another measure. Raises BadInput for a
    year whose items are not known, and for an item that is not of that year.
    """
    asked = items(year)
    if strange := set(answers) - {code for codes in asked.values() for code in codes}:
        raise BadInput(f"{', '.join(sorted(strange))} is not an item of {year} that is scored.")
    backwards = reversed_items(year)
    scored: Scored = {
        name: mean_score([score(answers.get(code), reverse=code in backwards) for code in codes])
        for name, codes in asked.items()
        if name != LEAVING_DESTINATION
    }
    return scored | {"engagement": _all(scored, ENGAGEMENT), "morale": _all(scored, MORALE)}


def _all(scored: Scored, names: Sequence[str]) -> float | None:
    parts = [one for name in names if (one := scored[name]) is not None]
    return math.fsum(parts) / len(names) if len(parts) == len(names) else None


class Shares(msgspec.Struct, frozen=True):
    """Of those who answered, the shares that agree (4 or 5), are between (3), and disagree (1 or 2); they sum to 1."""

    n: int
    agree: float
    between: float
    disagree: float


def shares(answers: Iterable[int | None]) -> Shares | None:
    """How the answers to one item fall; None when nobody answered. Raises BadInput like `score`."""
    there = [one for one in answers if score(one) is not None]
    if not there:
        return None
    n = len(there)
    agree, disagree = sum(one > 3 for one in there if one), sum(one < 3 for one in there if one)
    return Shares(n, agree / n, (n - agree - disagree) / n, disagree / n)


def weights(staff: Mapping[str, int], answered: Mapping[str, int], cap: float = CAP) -> dict[str, float]:
    """What one person of each occupation group counts: w = (N_occ / N) / (n_occ / n), never more than `cap`.

    `staff` is the number of people in each group, `answered` how many of them answered. A group in which nobody
    answered has no weight and stands for nobody. Raises BadInput for a group that answered but has no staff, or fewer
    than answered, and for a number below 0.
    """
    if any(number < 0 for number in (*staff.values(), *answered.values())):
        raise BadInput("A number of people is 0 or more.")
    for group, number in sorted(answered.items()):
        if number > staff.get(group, 0):
            raise BadInput(f"{number:,} people of “{group}” answered, but it has {staff.get(group, 0):,} staff.")
    everybody, n = sum(staff.values()), sum(answered.values())
    return {group: min(cap, (staff[group] / everybody) / (number / n)) for group, number in answered.items() if number}


class Cell(msgspec.Struct, frozen=True):
    """What is kept of one measure in one group of a trust: sums over people, and no person.

    Every person of a cell has the same weight, so the plain mean can be had from it too. Cells can be added up.
    """

    n: int
    sum_w: float
    sum_wx: float
    sum_wx2: float
    sum_w2: float


def cell(scores: Iterable[float | None], weight: float = 1.0) -> Cell:
    """The sums over one group; people without a score are not counted."""
    there = [one for one in scores if one is not None]
    n = len(there)
    total, squares = math.fsum(there), math.fsum(one * one for one in there)
    return Cell(n, weight * n, weight * total, weight * squares, weight * weight * n)


class Summary(msgspec.Struct, frozen=True):
    """One measure of one trust: the weighted mean and the plain one, and how sure the weighted one is.

    `n_eff` = (Σw)² / Σw² is the number of people that would tell as much with equal weights (Kish 1965). `se` is None
    below two effective people.
    """

    n: int
    mean_w: float
    mean_unw: float
    se: float | None
    n_eff: float


def summarise(cells: Sequence[Cell]) -> Summary | None:
    """The mean of a trust over its groups, with se² = (Σwx²/Σw − mean²) / (n_eff − 1); None when nobody answered.

    With equal weights that is the usual standard error, s/√n.
    """
    there = [one for one in cells if one.n]
    if not there:
        return None
    n, sum_w = sum(one.n for one in there), math.fsum(one.sum_w for one in there)
    mean = math.fsum(one.sum_wx for one in there) / sum_w
    plain = math.fsum(one.n * one.sum_wx / one.sum_w for one in there) / n
    n_eff = sum_w**2 / math.fsum(one.sum_w2 for one in there)
    spread = max(0.0, math.fsum(one.sum_wx2 for one in there) / sum_w - mean**2)
    return Summary(n, mean, plain, math.sqrt(spread / (n_eff - 1)) if n_eff >= FEWEST else None, n_eff)
