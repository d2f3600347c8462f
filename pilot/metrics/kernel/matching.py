"""Sets of trusts that are alike, formed before anything is drawn. Pure.

Trusts of one set share their type, and their region where that is asked. Within such a group sets are formed so that
the sum of squared Mahalanobis distances between the trusts of a set is small, over the CQC ratings, the logarithm of
the staff, the baseline's level and slope, the response rate and the turnover (Rosenbaum 2010, chapter 9):

1. Centres are laid out many times: along the baseline level, and, beginning with one trust after another, each as
   far as possible from those before it.
2. All trusts are given to the centres, so many to each, at the least total squared distance: a linear assignment
   (Crouse 2016, as in scipy). The centres move to the means of their sets. Both are repeated while the sum falls.
3. Trusts change places two by two, the best pair first, while the sum falls. The best of all ends is taken.

Each assignment is optimal, the whole is the best that no exchange of two improves. A missing value stands at the mean,
and that it is missing counts as a difference of two standard deviations from a trust that has it.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from pilot.errors import BadInput
from pilot.metrics.design import Options
from pilot.metrics.eligibility import WORDS, Candidate, figures
from pilot.metrics.kernel.grid import Floats, Wholes
from pilot.metrics.lottery import Leftover, MatchedSet

LACKING = 2.0
"""How far apart two trusts are, in standard deviations, when only one of them has a value."""

BEGINNINGS, WORK = 24, 3000
"""How often the centres are laid out anew: often in small groups, less often where each time takes long."""

NONE = -1
"""The set of a trust that is in none."""


def matched_on(candidates: Sequence[Candidate]) -> tuple[str, ...]:
    """The figures in which the trusts differ, by the keys of WORDS: the others cannot tell them apart."""
    rows = [figures(one) for one in candidates]
    return tuple(name for name in WORDS if len({row[name] for row in rows}) > 1)


def coordinates(candidates: Sequence[Candidate]) -> Floats:
    """Trusts as points, one row each, whose squared Euclidean distance is the squared Mahalanobis distance.

    The covariance is that over all these trusts. Figures that follow from others add nothing to a distance.
    """
    names = matched_on(candidates)
    rows = [[figures(one)[name] for name in names] for one in candidates]
    values = np.array([[np.nan if v is None else v for v in row] for row in rows], dtype=float)
    values = values.reshape(len(candidates), len(names))
    if "fte" in names:
        values[:, names.index("fte")] = np.log(values[:, names.index("fte")])
    lacking = np.isnan(values)
    filled = np.where(lacking, 0.0, values - _means(values))
    return np.column_stack([_whitened(filled), LACKING * lacking[:, lacking.any(axis=0)]])


def form_sets(candidates: Sequence[Candidate], options: Options) -> tuple[tuple[MatchedSet, ...], tuple[Leftover, ...]]:
    """The sets by the least code in each, called 1, 2, 3 …; and every trust that is in none, with the reason.

    With `options.most`, the sets whose trusts are most alike are kept. The order of `candidates` never matters.
    Raises BadInput when there are too few trusts for any set.
    """
    ordered = sorted(candidates, key=lambda one: one.code)
    points = coordinates(ordered) if ordered else np.zeros((0, 0))
    found: list[tuple[float, tuple[str, ...]]] = []
    leftovers: list[Leftover] = []
    for group in _groups(ordered, options.same_region):
        labels = partition(points[group], [ordered[place].level or 0.0 for place in group], options.size)
        codes = np.array([ordered[place].code for place in group])
        for label in range(labels.max() + 1):
            inside = labels == label
            found.append((_spread(points[group][inside]), tuple(str(code) for code in codes[inside])))
        reason = _reason(len(group), options)
        leftovers += [Leftover(str(code), reason) for code in codes[labels == NONE]]
    if not found:
        raise BadInput(f"No set of {options.size} trusts of one type can be formed. Ask for fewer in each set")
    kept = sorted(found, key=lambda one: (round(one[0], 9), one[1]))[: options.most]
    told = f"No more than {len(kept)} sets were asked for, and the trusts of others are more alike."
    leftovers += [Leftover(code, told) for one in found if one not in kept for code in one[1]]
    sets = sorted(codes for _, codes in kept)
    return (
        tuple(MatchedSet(str(number), codes) for number, codes in enumerate(sets, 1)),
        tuple(sorted(leftovers, key=lambda one: one.code)),
    )


def partition(points: Floats, levels: Sequence[float], size: int) -> Wholes:
    """For each point the number of its set, from 0, or NONE. Each set has `size` points; fewer than `size` are over."""
    n = len(points)
    if n < size:
        return np.full(n, NONE, dtype=np.int64)
    order = np.argsort(np.asarray(levels), kind="stable")
    begins = order[np.linspace(0, n - 1, min(n, BEGINNINGS, max(2, WORK // n))).astype(int)]
    best, least = np.full(n, NONE, dtype=np.int64), np.inf
    for centres in (_along(points, order, n // size), *(_apart(points, n // size, int(one)) for one in begins)):
        labels = _exchanged(points, _assigned(points, centres, size))
        if (total := _total(points, labels)) < least - 1e-9:
            best, least = labels, total
    return best


def _means(values: Floats) -> Floats:
    """The mean of what is there in each column; every column has a value."""
    return np.nanmean(values, axis=0) if values.size else np.zeros(values.shape[1])


def _whitened(centred: Floats) -> Floats:
    """Columns turned and scaled so that each has variance 1 and none goes with another; directions without any go."""
    if len(centred) < 2 or not centred.shape[1]:
        return np.zeros((len(centred), 0))
    scale = centred.std(axis=0, ddof=1)
    standard = centred / np.where(scale > 0, scale, 1.0)  # a rank is told in standard deviations, not in staff
    values, vectors = np.linalg.eigh(np.cov(standard, rowvar=False).reshape(centred.shape[1], -1))
    there = values > 1e-9 * max(1.0, float(values.max()))
    whitened: Floats = standard @ vectors[:, there] / np.sqrt(values[there])
    return whitened


def _groups(ordered: Sequence[Candidate], same_region: bool) -> list[NDArray[np.intp]]:
    """The places of the trusts that may share a set."""
    found: dict[tuple[str, str], list[int]] = {}
    for place, one in enumerate(ordered):
        found.setdefault((one.type, one.region if same_region else ""), []).append(place)
    return [np.array(found[key], dtype=np.intp) for key in sorted(found)]


def _reason(n: int, options: Options) -> str:
    like = "type and region" if options.same_region else "type"
    if n < options.size:
        return f"A set needs {options.size} trusts of one {like}, and there are {n} of its own."
    return f"The {n} trusts of its {like} do not divide into sets of {options.size}; the others are more alike."


def _along(points: Floats, order: NDArray[np.intp], sets: int) -> Floats:
    """Centres of trusts that are neighbours in this order."""
    return np.array([points[part].mean(axis=0) for part in np.array_split(order, sets)])


def _apart(points: Floats, sets: int, first: int) -> Floats:
    """Centres at trusts: the first as given, then always the one farthest from all before."""
    chosen = [first]
    near = ((points - points[first]) ** 2).sum(axis=1)
    while len(chosen) < sets:
        near[chosen] = -1.0  # trusts that are equal in everything are still different trusts
        chosen.append(int(np.argmax(near)))
        near = np.minimum(near, ((points - points[chosen[-1]]) ** 2).sum(axis=1))
    return points[chosen]


def _assigned(points: Floats, centres: Floats, size: int) -> Wholes:
    """Points given to centres at the least total squared distance, and centres to the means, while the sum falls."""
    best, least = np.full(len(points), NONE, dtype=np.int64), np.inf
    while True:
        cost = ((points[:, None, :] - centres[None, :, :]) ** 2).sum(axis=2)
        taken, places = linear_sum_assignment(np.repeat(cost, size, axis=1))
        labels = np.full(len(points), NONE, dtype=np.int64)
        labels[taken] = places // size
        total = _total(points, labels)
        if total >= least - 1e-9:
            return best
        best, least = labels, total
        centres = np.array([points[labels == label].mean(axis=0) for label in range(len(centres))])


def _exchanged(points: Floats, labels: Wholes) -> Wholes:
    """Two points change places, or one with a point that is over, always the best such pair, while the sum falls."""
    labels = labels.copy()
    distance = ((points[:, None, :] - points[None, :, :]) ** 2).sum(axis=2)
    sets = int(labels.max()) + 1
    labels[labels == NONE] = sets  # those that are over are a set whose distances do not count
    to_set = distance @ (labels[:, None] == np.arange(sets + 1)[None, :]).astype(float)
    to_set[:, sets] = 0.0
    inside = labels < sets
    while True:
        other = to_set[:, labels]
        own = np.diagonal(other)
        # what lies between the two themselves is in the other's sum but not in the new set's
        between = distance * (inside[:, None].astype(float) + inside[None, :])
        gain = own[:, None] + own[None, :] - other - other.T + between
        gain[labels[:, None] == labels[None, :]] = 0.0
        one, two = np.unravel_index(int(np.argmax(gain)), gain.shape)
        if gain[one, two] <= 1e-9:
            return np.where(labels == sets, NONE, labels)
        a, b = labels[one], labels[two]
        for label, gone, come in ((a, one, two), (b, two, one)):
            if label < sets:
                to_set[:, label] += distance[:, come] - distance[:, gone]
        labels[one], labels[two] = b, a
        inside = labels < sets


def _total(points: Floats, labels: Wholes) -> float:
    """The sum over sets of the squared distances between their points."""
    return float(sum(_spread(points[labels == label]) for label in range(int(labels.max()) + 1)))


def _spread(points: Floats) -> float:
    """The sum of the squared distances between any two points: their number times that to their mean."""
    return float(len(points) * ((points - points.mean(axis=0)) ** 2).sum())
