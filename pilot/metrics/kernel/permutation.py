"""Every way the lottery could have fallen within its matched sets, and what the statistic would then have been. Pure.

A unit is held as five sums z = (x1, n1, x0, n0, d): weighted values and weights after and before, and the weight
after where it was a pilot. A constant effect δ taken away from the pilots only turns x1 into x1 − δd, so each
statistic is a quadratic in δ: one pass over the allocations serves the p-value and the whole interval.
"""

import itertools
import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from pilot.metrics.kernel import inversion
from pilot.metrics.kernel.estimates import DRAWS, ENUMERATE_UP_TO
from pilot.metrics.kernel.inversion import Statistics

Floats = NDArray[np.float64]

CHUNK = 20_000
"""Allocations held at once, which keeps the memory small."""

BLOCK = 8_192
"""Allocations put together at once, few enough to stay in the processor's cache."""


class MatchedSet:
    """The units of one set. `share` is the set's part of all pilots; the shares of all sets sum to 1."""

    def __init__(self, z: Floats, pilot: NDArray[np.bool_], share: float) -> None:
        self.z, self.pilot, self.share = z, pilot, share
        self.n, self.n_pilots = len(pilot), int(pilot.sum())

    @property
    def allocations(self) -> int:
        """The number of ways to choose the set's pilots."""
        return math.comb(self.n, self.n_pilots)

    @property
    def replicated(self) -> bool:
        """Whether each arm has two units or more, so that their spread can be seen within the set."""
        return min(self.n_pilots, self.n - self.n_pilots) >= 2

    def terms(self, chosen: Floats) -> Floats:
        """(τ, ∂τ, V, V1, V2) for each row of `chosen` (1 = pilot): τ − δ∂τ and its variance V − 2δV1 + δ²V2."""
        z2 = (self.z[:, :, None] * self.z[:, None, :]).reshape(self.n, 25)
        first, second = chosen @ self.z, (chosen @ z2).reshape(-1, 5, 5)
        pilots = _arm(first, second, self.n_pilots)
        controls = _arm(self.z.sum(0) - first, z2.sum(0).reshape(5, 5) - second, self.n - self.n_pilots)
        return np.column_stack([pilots[:, :2] - controls[:, :2], pilots[:, 2:] + controls[:, 2:]])


def _arm(first: Floats, second: Floats, n: int) -> Floats:
    """Mean change, its slope in δ, and the variance of the mean change as a quadratic in δ."""
    x1, n1, x0, n0, d = first.T
    few = n / (n - 1) if n > 1 else math.nan
    with np.errstate(divide="ignore", invalid="ignore"):  # an arm that an allocation leaves empty becomes NaN
        slope = d / n1
        nothing = np.zeros_like(x1)
        value = np.stack([1 / n1, -x1 / n1**2, -1 / n0, x0 / n0**2, nothing], axis=1)
        shift = np.stack([nothing, -slope / n1, nothing, nothing, 1 / n1], axis=1)
        change = x1 / n1 - x0 / n0
        m_value, m_shift = (np.einsum("bij,bj->bi", second, a) for a in (value, shift))
        quadratic = [few * (a * m).sum(axis=1) for a, m in ((value, m_value), (value, m_shift), (shift, m_shift))]
    return np.column_stack([change, slope, *quadratic])


def observed(sets: Sequence[MatchedSet]) -> Floats:
    """The five coefficients of the allocation that was really drawn, as one row."""
    return _finish(sets, _real(sets)).T


def allocations(sets: Sequence[MatchedSet]) -> int:
    """The number of allocations that the lottery could have made."""
    return math.prod(one.allocations for one in sets)


def statistics(sets: Sequence[MatchedSet], seed: int, scale: float) -> tuple[Statistics, int, bool]:
    """The statistics of all allocations, or of the real one and 99,999 drawn; their number; whether they are all."""
    total = allocations(sets)
    if total <= ENUMERATE_UP_TO:
        return Statistics(_enumerated(sets, _finish, slice(None)).T, scale), total, True
    rows = np.vstack([observed(sets), *_drawn(sets, seed)])
    return Statistics(rows, scale), DRAWS, False


def studentised(sets: Sequence[MatchedSet], seed: int, scale: float) -> Floats:
    """The same for no effect alone, and as Statistics.studentised gives them, in less time."""
    if allocations(sets) > ENUMERATE_UP_TO:
        return statistics(sets, seed, scale)[0].studentised()
    effect, variance = _enumerated(sets, _finish_plain, [0, 2] if _within(sets) else [0, 2, 5])
    return inversion.studentised(effect, variance, scale)


def _within(sets: Sequence[MatchedSet]) -> bool:
    return all(one.replicated for one in sets)


def _addends(one: MatchedSet, terms: Floats, within: bool) -> Floats:
    """What a set adds to the sums over sets. With replicated sets their variances; else moments between the sets."""
    w, (a, b, v0, v1, v2) = one.share, terms.T
    if within:
        return np.column_stack([w * a, w * b, w**2 * v0, w**2 * v1, w**2 * v2])
    return np.column_stack([w * a, w * b, w**2 * a * a, w**2 * a * b, w**2 * b * b, w**2 * a, w**2 * b])


def _finish(sets: Sequence[MatchedSet], sums: Floats) -> Floats:
    """The five coefficients, as rows, from the sums over sets."""
    if _within(sets):
        return sums
    a, b, saa, sab, sbb, sa, sb = sums
    if len(sets) == 1:  # one set with a lone unit: its spread cannot be seen, so the statistic is the difference itself
        one, none = np.ones_like(a), np.zeros_like(a)
        return np.stack([a, b, one, none, none])
    squares = sum(one.share**2 for one in sets)
    few = len(sets) / (len(sets) - 1)
    v0 = saa + a * (squares * a - 2 * sa)
    v1 = sab + a * (squares * b - sb) - b * sa
    v2 = sbb + b * (squares * b - 2 * sb)
    return np.stack([a, b, few * v0, few * v1, few * v2])


def _finish_plain(sets: Sequence[MatchedSet], sums: Floats) -> Floats:
    """The first and the third of them, for no effect, from the sums that these need."""
    if _within(sets):
        return sums
    a, saa, sa = sums
    if len(sets) == 1:
        return np.stack([a, np.ones_like(a)])
    few = len(sets) / (len(sets) - 1)
    return np.stack([a, few * (saa + a * (sum(one.share**2 for one in sets) * a - 2 * sa))])


def _real(sets: Sequence[MatchedSet]) -> Floats:
    """The sums over sets for the allocation that was really drawn, as one column."""
    terms = [one.terms(one.pilot[None, :].astype(float)) for one in sets]
    found: Floats = np.sum([_addends(one, row, _within(sets)) for one, row in zip(sets, terms, strict=True)], axis=0).T
    return found


def _enumerated(
    sets: Sequence[MatchedSet], finish: Callable[[Sequence[MatchedSet], Floats], Floats], rows: slice | list[int]
) -> Floats:
    """Every allocation as a column, the last set's choice changing fastest; but the real one goes first, and the one
    that stood first takes its place. `rows` are the sums that `finish` needs."""
    within, real = _within(sets), finish(sets, _real(sets)[rows])
    tables = [np.vstack([_addends(one, one.terms(chosen), within) for chosen in _choices(one)]).T[rows] for one in sets]
    found, begin = np.empty((len(real), allocations(sets))), 0
    for sums in sums_of(tables):
        found[:, begin : begin + sums.shape[1]] = finish(sets, sums)
        begin += sums.shape[1]
    found[:, _place(sets)] = found[:, 0]
    found[:, 0] = real[:, 0]
    return found


def sums_of(tables: Sequence[Floats]) -> Iterator[Floats]:
    """Every sum of one column from each table, block by block, the last table's column changing fastest."""
    *others, end = tables
    while others and others[-1].shape[1] * end.shape[1] <= BLOCK:
        end = crossed(others.pop(), end)
    begin = np.zeros((len(end), 1))
    for table in others:
        begin = crossed(begin, table)
    step = max(1, BLOCK // end.shape[1])
    for left in range(0, begin.shape[1], step):
        for right in range(0, end.shape[1], BLOCK):
            yield crossed(begin[:, left : left + step], end[:, right : right + BLOCK])


def crossed(one: Floats, other: Floats) -> Floats:
    """Every column of one plus every column of the other, the other's changing fastest."""
    both: Floats = (one[:, :, None] + other[:, None, :]).reshape(len(one), -1)
    return both


def _choices(one: MatchedSet) -> Iterator[Floats]:
    """All ways to choose the set's pilots, as rows of 0 and 1, in the order of itertools.combinations."""
    every = itertools.combinations(range(one.n), one.n_pilots)
    while batch := list(itertools.islice(every, CHUNK)):
        members = np.fromiter(itertools.chain.from_iterable(batch), dtype=np.intp, count=len(batch) * one.n_pilots)
        chosen = np.zeros((len(batch), one.n))
        np.put_along_axis(chosen, members.reshape(len(batch), one.n_pilots), 1.0, axis=1)
        yield chosen


def _place(sets: Sequence[MatchedSet]) -> int:
    """Where the real allocation stands in the order of `_enumerated`."""
    place = 0
    for one in sets:
        place = place * one.allocations + _rank(np.flatnonzero(one.pilot).tolist(), one.n)
    return place


def _rank(members: list[int], n: int) -> int:
    """The place of a combination in the order of itertools.combinations."""
    k, rank, start = len(members), 0, 0
    for position, member in enumerate(members):
        rank += sum(math.comb(n - 1 - skipped, k - 1 - position) for skipped in range(start, member))
        start = member + 1
    return rank


def _drawn(sets: Sequence[MatchedSet], seed: int) -> Iterator[Floats]:
    """Allocations drawn with a seed: the same seed, the same draws."""
    chance, within = np.random.default_rng(seed), _within(sets)
    for begin in range(0, DRAWS, CHUNK):
        size = min(CHUNK, DRAWS - begin)
        addends = [_addends(one, one.terms(_draw(one, size, chance)), within) for one in sets]
        yield _finish(sets, np.sum(addends, axis=0).T).T


def _draw(one: MatchedSet, size: int, chance: np.random.Generator) -> Floats:
    keys = chance.random((size, one.n))
    chosen = np.zeros((size, one.n))
    np.put_along_axis(chosen, np.argpartition(keys, one.n_pilots - 1, axis=1)[:, : one.n_pilots], 1.0, axis=1)
    return chosen
