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


class Statistics:
    """τ and its variance, both as functions of δ, for many allocations; row 0 is what was really drawn.

    `coefficients` has (τ, ∂τ, V, V1, V2) in each row: τ − δ∂τ and its variance V − 2δV1 + δ²V2. `scale` is the size of
    the values, by which rounding is told from a real difference.
    """

    def __init__(self, coefficients: Floats, scale: float) -> None:
        self.rows, self.scale = np.ascontiguousarray(coefficients.T), scale

    def extreme(self, delta: float) -> Bools:
        """Which allocations are at least as far out as the real one if the effect is δ everywhere.

        Far out is measured by the squared studentised statistic; what cannot be computed counts as far out.
        """
        return np.concatenate(list(self._far(self.rows, delta)))

    def p(self, delta: float) -> float:
        """The share of allocations at least as far out as the real one."""
        return self._count(self.rows, delta) / int(self.rows.shape[1])

    def studentised(self) -> Floats:
        """The statistic of each allocation with its sign, for no effect; infinite where it cannot be computed."""
        numerator, variance = self._parts(self.rows, 0.0)
        with np.errstate(invalid="ignore"):
            statistic: Floats = np.sign(self.rows[0]) * np.sqrt(numerator / variance)
        statistic[np.isnan(statistic)] = np.inf
        return statistic

    def interval(self, alpha: float, step: float) -> tuple[float | None, float | None]:
        """The effects that the test does not reject at `alpha`; an end is None when it lies at infinity."""
        return self._end(alpha, -step), self._end(alpha, step)

    def _end(self, alpha: float, step: float) -> float | None:
        """The last effect on one side that is not rejected, looked for first in steps that double."""
        inside = centre = float(self.rows[0, 0])
        for doubling in range(40):
            outside = centre + step * 2.0**doubling
            if self.p(outside) <= alpha:
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
            if turn and turn % 2 == 0 and rows.shape[1] > BLOCK // 8:
                rows, more = self._undecided(rows, min(inside, outside), max(inside, outside))
                far += more
            if (far + self._count(rows, middle)) / self.rows.shape[1] > alpha:
                inside = middle
            else:
                outside = middle
        return inside

    def _undecided(self, rows: Floats, low: float, high: float) -> tuple[Floats, int]:
        """The allocations that may lie on either side for some effect between two; how many are far out for all."""
        (least, most), (narrow, wide) = self._between(self.rows[:, :1], low, high)
        lowest, highest = float(least[0] / wide[0]) * (1 - 3 * TIE), float(most[0] / narrow[0]) * (1 + TIE)
        undecided, far = [], 0
        for begin in range(0, rows.shape[1], BLOCK):
            block = rows[:, begin : begin + BLOCK]
            (least, most), (narrow, wide) = self._between(block, low, high)
            above, below = ~(least < highest * wide), most < lowest * narrow
            far += int(np.count_nonzero(above))
            undecided.append(block[:, np.flatnonzero(~(above | below))])
        return np.concatenate(undecided, axis=1), far

    def _between(self, rows: Floats, low: float, high: float) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
        """Bounds, over all effects between two, of the squared effect and of its variance.

        The effect is a straight line. The variance is a parabola that opens upwards: nowhere does it lie lower than
        its lower end by more than a quarter of the width squared, times its curve.
        """
        a, b, v0, v1, v2 = rows
        one, other = a - low * b, a - high * b
        crosses = one * other <= 0
        one *= one
        other *= other
        least = np.minimum(one, other)
        least[crosses | (least <= (TIE * self.scale) ** 2)] = 0.0
        begin, end = (v0 + d * (d * v2 - 2 * v1) for d in (low, high))
        narrow = np.minimum(begin, end) - np.maximum(v2, 0.0) * ((high - low) ** 2 / 4)
        wide = np.maximum(begin, end)
        bounds = np.maximum(narrow, self._floor), np.maximum(wide, self._floor)
        return (least, np.maximum(one, other)), bounds

    @property
    def _floor(self) -> float:
        return (1e-8 * self.scale) ** 2 + 1e-300

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
