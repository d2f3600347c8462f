"""From the statistics of many allocations to a p-value, and to the effects that the test does not reject. Pure.

A constant effect δ taken away from the pilots makes every statistic a quadratic in δ, so one pass over the allocations
serves both. The interval is found by halving; an allocation that can no longer change sides is not looked at again.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

TIE = 1e-9
"""Statistics that are nearer to each other than this share count as equal, so that rounding decides nothing."""

BLOCK = 16_384
"""Allocations worked through at once, few enough to stay in the processor's cache."""

HALVINGS = 52
"""As often as a number can be halved before nothing is left of it."""


def studentised(effect: Floats, variance: Floats, scale: float) -> Floats:
    """Each effect over the root of its variance; as in Statistics, next to nothing is 0 and the variance above 0."""
    with np.errstate(invalid="ignore"):
        statistic: Floats = effect / np.sqrt(np.maximum(variance, _floor(scale)))
    statistic[np.abs(effect) <= TIE * scale] = 0.0
    statistic[np.isnan(statistic)] = np.inf
    return statistic


def _floor(scale: float) -> float:
    return (1e-6 * scale) ** 2 + 1e-300


class Statistics:
    """τ and its variance, both as functions of δ, for many allocations; row 0 is what was really drawn.

    `coefficients` has (τ, ∂τ, V, V1, V2) in each row: τ − δ∂τ and its variance V − 2δV1 + δ²V2. `scale` is the size of
    the values, by which rounding is told from a real difference.
    """

    def __init__(self, coefficients: Floats, scale: float) -> None:
        self.rows, self.scale, self._floor = np.ascontiguousarray(coefficients.T), scale, _floor(scale)

    def p(self, delta: float) -> float:
        """The share of allocations at least as far out as the real one."""
        return self._count(self.rows, delta) / int(self.rows.shape[1])

    def studentised(self) -> Floats:
        """The statistic of each allocation with its sign, for no effect; infinite where it cannot be computed."""
        return studentised(self.rows[0], self.rows[2], self.scale)

    def interval(self, alpha: float, step: float) -> tuple[float | None, float | None]:
        """The effects that the test does not reject at `alpha`; an end is None when it lies at infinity."""
        return self._end(alpha, -step), self._end(alpha, step)

    def _end(self, alpha: float, step: float) -> float | None:
        """The last effect on one side that is not rejected, looked for first in steps that double."""
        inside = centre = float(self.rows[0, 0])
        for doubling in range(40):
            outside = centre + step * 2.0**doubling
            if not self._kept(self.rows, 0, outside, alpha):
                return self._halve(alpha, inside, outside)
            inside = outside
        return None

    def _halve(self, alpha: float, inside: float, outside: float) -> float:
        """Narrow down where the test begins to reject."""
        rows, far = self.rows, 0
        for turn in range(HALVINGS):
            middle = (inside + outside) / 2
            if middle in (inside, outside):
                break
            if turn % 2 == 0 and rows.shape[1] > BLOCK // 8:
                rows, more = self._undecided(rows, min(inside, outside), max(inside, outside))
                far += more
            if self._kept(rows, far, middle, alpha):
                inside = middle
            else:
                outside = middle
        return inside

    def _kept(self, rows: Floats, far: int, delta: float, alpha: float) -> bool:
        """Whether the test keeps the effect δ, where so many besides `rows` are far out; enough of them settle it."""
        every = int(self.rows.shape[1])
        for found in self._far(rows, delta):
            if far / every > alpha:
                break
            far += int(np.count_nonzero(found))
        return far / every > alpha

    def _undecided(self, rows: Floats, low: float, high: float) -> tuple[Floats, int]:
        """The allocations that may lie on either side for some effect between two; how many are far out for all."""
        real = self.rows[:, :1]
        (least, most), (narrow, wide) = self._squares(real, low, high), self._spreads(real, low, high)
        lowest, highest = float(least[0] / wide[0]) * (1 - 3 * TIE), float(most[0] / narrow[0]) * (1 + TIE)
        undecided, far = [], 0
        for begin in range(0, rows.shape[1], BLOCK):
            block = rows[:, begin : begin + BLOCK]
            near = self._largest(block, low, high) < lowest * self._spreads(block, low, high)[0]
            block = block[:, np.flatnonzero(~near)]  # few are left, so that what takes longer is done for these
            near = self._squares(block, low, high)[0] < highest * self._spreads(block, low, high)[1]
            far += int(np.count_nonzero(~near))
            undecided.append(block[:, np.flatnonzero(near)])
        return np.concatenate(undecided, axis=1), far

    def _largest(self, rows: Floats, low: float, high: float) -> Floats:
        """The largest square of the effect, which is a straight line, over all effects between two."""
        one, other = (rows[0] - delta * rows[1] for delta in (low, high))
        one *= one
        other *= other
        largest: Floats = np.maximum(one, other, out=one)
        return largest

    def _squares(self, rows: Floats, low: float, high: float) -> tuple[Floats, Floats]:
        """The smallest, and the largest."""
        one, other = (rows[0] - delta * rows[1] for delta in (low, high))
        least = np.minimum(one * one, other * other)
        least[(one * other <= 0) | (least <= (TIE * self.scale) ** 2)] = 0.0
        return least, self._largest(rows, low, high)

    def _spreads(self, rows: Floats, low: float, high: float) -> tuple[Floats, Floats]:
        """Bounds of the variance between two effects.

        It is a parabola that opens upwards: nowhere does it lie lower than its lower end by more than a quarter of the
        width squared, times its curve.
        """
        _, _, v0, v1, v2 = rows
        begin, end = (v0 + delta * (delta * v2 - 2 * v1) for delta in (low, high))
        narrow = np.minimum(begin, end)
        narrow -= np.maximum(v2, 0.0) * ((high - low) ** 2 / 4)
        return np.maximum(narrow, self._floor, out=narrow), np.maximum(np.maximum(begin, end), self._floor)

    def _count(self, rows: Floats, delta: float) -> int:
        return sum(int(np.count_nonzero(far)) for far in self._far(rows, delta))

    def _far(self, rows: Floats, delta: float) -> Iterator[Bools]:
        """Block by block, which are at least as far out as the real one."""
        real, spread = self._parts(self.rows[:, :1], delta)
        share = (real / spread)[0] * (1 - TIE)
        for begin in range(0, rows.shape[1], BLOCK):
            numerator, variance = self._parts(rows[:, begin : begin + BLOCK], delta)
            variance *= share
            near: Bools = numerator < variance
            yield ~near

    def _parts(self, rows: Floats, delta: float) -> tuple[Floats, Floats]:
        """The squared effect and its variance, kept above 0."""
        a, b, v0, v1, v2 = rows
        numerator = a - delta * b
        numerator *= numerator
        numerator[numerator <= (TIE * self.scale) ** 2] = 0.0
        variance = delta * v2
        variance -= 2 * v1
        variance *= delta
        variance += v0
        return numerator, np.maximum(variance, self._floor, out=variance)
