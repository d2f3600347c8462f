"""What remains of an effect if the arms' trends were not parallel but only smooth. Pure.

The difference in trends may change its slope from one period to the next by at most M: the restriction ΔSD(M) of
Rambachan and Roth (2023), "A more credible approach to parallel trends", Review of Economic Studies 90. M = 0 draws
the early difference out as a straight line. The interval is their fixed-length one: the effects are added up with
weights chosen before looking at them, so that the interval that allows for the largest bias under M is shortest
(Armstrong and Kolesár 2018).

The path of the bias is δ(t) = slope·t + Σ second differences; with weights a on the path, the bias is bounded only
if Σ a(t)·t = 0, and then by M · Σ|a'D|, D being the second differences added up. The half-length is
σ · cv(bias/σ), where cv(b) is the 1 − alpha quantile of |N(b, 1)| and σ the standard error of the weighted sum.

The paper takes the covariance for known. Weights chosen by a covariance that was estimated from ten sets would find
directions that only seem to have no error. So where the covariance has degrees of freedom the weights are chosen
as if every period had the same error, independent of the others: any weights give a valid interval, and these do not
depend on the noise. The error is then the estimated one of that weighted sum, widened by t over normal quantiles.
"""

import math
from collections.abc import Sequence
from functools import cached_property
from typing import Literal

import numpy as np
from scipy import optimize, special

from pilot.errors import BadInput
from pilot.metrics.kernel import tails
from pilot.metrics.kernel.checks import Robustness, Sensitivity
from pilot.metrics.kernel.grid import Floats
from pilot.metrics.kernel.path import Path

ALIKE = 1e-9
"""Lengths that differ by no more than this share of them are the same; sums of weights below its root are 0."""

Target = Literal["average", "first"]

NOTHING = 1e-12
"""The least error of a weighted sum, in units of the largest of the path, so that nothing is divided by 0."""


class Smooth:
    """A path of effects with its covariance, ready for the interval at any M.

    `target` is the average of the effects after the start, or the first of them. A path with `df` None has a known
    covariance, as in the paper. Raises BadInput where the path has no covariance, or no period on one side.
    """

    def __init__(self, path: Path, target: Target, alpha: float) -> None:
        if path.covariance is None:
            raise BadInput("The sensitivity to trends needs five pilot units and a spread between units.")
        times = np.array(path.times, dtype=float)
        after = times > 0
        if after.all() or not after.any():
            raise BadInput("The sensitivity to trends needs two periods before the start and one after it.")
        self.effects, self.alpha = path.effects, alpha
        self.scale = float(np.sqrt(np.diag(path.covariance).max()))
        if self.scale == 0:
            raise BadInput("The sensitivity to trends needs a spread between units, but there is none.")
        few = float(tails.t_quantile(1 - alpha / 2, path.df) / tails.normal_quantile(1 - alpha / 2)) if path.df else 1.0
        self.covariance = path.covariance * (few / self.scale) ** 2
        equal = (np.eye(len(times)) + 1) * np.trace(self.covariance) / (2 * len(times))
        self.working = equal if path.df else self.covariance
        self.bends = _bends(path.times)
        asked = np.where(after, 1 / after.sum(), 0.0) if target == "average" else (times == 1).astype(float)
        # all weights that ask for the target and let a straight line cancel: one solution and the free directions
        early = times[~after]
        self.start = asked.copy()
        self.start[~after] = -(asked @ times) * early / (early @ early)
        self.free = np.zeros((len(times), len(early) - 1))
        self.free[~after] = np.linalg.svd(early[None, :])[2][1:].T

    def interval(self, m: float) -> tuple[float, float]:
        """The shortest fixed-length interval if slopes change by at most `m` (0 or more) from period to period."""
        weights = self.weights(m)
        centre, half = float(weights @ self.effects), self.half_length(weights, m)
        return centre - half, centre + half

    def half_length(self, weights: Floats, m: float) -> float:
        """Half the length of the interval with these weights, in the outcome's unit."""
        return self._half_length(weights, m, self.covariance)

    def _half_length(self, weights: Floats, m: float, covariance: Floats) -> float:
        bias = float(np.abs(weights @ self.bends).sum()) * m
        error = self.scale * _error(weights, covariance)
        return error * critical(bias / error, self.alpha)

    def weights(self, m: float) -> Floats:
        """The weights whose interval is shortest, M being `m`; any others would be valid too, only longer."""
        straight = self._most_precise()
        if m == 0 or not self.free.shape[1]:
            return straight

        def length(weights: Floats) -> float:
            return self._half_length(weights, m, self.working)

        candidates = [straight, self._least_biased]
        near = min([*candidates, self._between(min(candidates, key=length), m)], key=length)
        exact = self._exact(near, m)
        return exact if length(exact) <= length(near) * (1 + ALIKE) else near

    def _most_precise(self) -> Floats:
        inner = self.free.T @ self.working @ self.free
        step = np.linalg.lstsq(inner, self.free.T @ self.working @ self.start, rcond=None)[0]
        found: Floats = self.start - self.free @ step
        return found

    @cached_property
    def _least_biased(self) -> Floats:
        """The same for every M. A linear programme: Σu is least where −u ≤ a'D ≤ u."""
        k, n = self.free.shape[1], self.bends.shape[1]
        turned = self.bends.T @ self.free
        fixed = self.bends.T @ self.start
        found = optimize.linprog(
            np.r_[np.zeros(k), np.ones(n)],
            A_ub=np.block([[turned, -np.eye(n)], [-turned, -np.eye(n)]]),
            b_ub=np.r_[-fixed, fixed],
            bounds=[(None, None)] * k + [(0, None)] * n,
        )
        weights: Floats = self.start + self.free @ found.x[:k]
        return weights

    def _between(self, nearest: Floats, m: float) -> Floats:
        """A convex programme in the free directions z and the bounds u: σ(z) · cv(M·Σu/σ(z)) is least."""
        k, n = self.free.shape[1], self.bends.shape[1]
        turned, fixed, steps = self.bends.T @ self.free, self.bends.T @ self.start, m / self.scale

        def length(x: Floats) -> tuple[float, Floats]:
            weights = self.start + self.free @ x[:k]
            error = _error(weights, self.working)
            ratio = steps * float(x[k:].sum()) / error
            far = critical(ratio, self.alpha)
            slope = _slope(ratio, far)
            by_error = (far - ratio * slope) * (self.working @ weights / error)
            return error * far, np.r_[self.free.T @ by_error, np.full(n, slope * steps)]

        z = self.free.T @ (nearest - self.start)
        limits = [
            {
                "type": "ineq",
                "fun": lambda x: x[k:] - turned @ x[:k] - fixed,
                "jac": lambda _: np.c_[-turned, np.eye(n)],
            },
            {
                "type": "ineq",
                "fun": lambda x: x[k:] + turned @ x[:k] + fixed,
                "jac": lambda _: np.c_[turned, np.eye(n)],
            },
        ]
        begin = np.r_[z, np.abs(turned @ z + fixed)]
        found = optimize.minimize(
            length, begin, jac=True, method="SLSQP", constraints=limits, options={"ftol": 1e-12, "maxiter": 200}
        )
        weights: Floats = self.start + self.free @ found.x[:k]
        return weights if np.isfinite(weights).all() else nearest

    def _exact(self, near: Floats, m: float) -> Floats:
        """The weights to the last digits. The search stops where lengths no longer differ, and there weights still
        differ in the seventh digit. At the minimum some of the sums a'D are 0 and the others keep their sign, and in
        the directions that leave it so the length is smooth: its slope is brought to 0.
        """
        sums = near @ self.bends
        still = np.abs(sums) <= ALIKE**0.5 * np.abs(near).max()
        signs = np.where(still, 0.0, np.sign(sums))
        fixed = self.bends[:, still].T @ self.free
        step = np.linalg.lstsq(fixed, -sums[still], rcond=None)[0] if still.any() else np.zeros(self.free.shape[1])
        begin = near + self.free @ step
        _, size, rows = np.linalg.svd(fixed)
        room = self.free @ rows[int(np.sum(size > ALIKE)) :].T
        if not room.shape[1]:
            return begin
        pull, steps = room.T @ self.bends @ signs, m / self.scale

        def slope(z: Floats) -> Floats:
            weights = begin + room @ z
            error = _error(weights, self.working)
            ratio = steps * float(signs @ (weights @ self.bends)) / error
            far = critical(ratio, self.alpha)
            rise = _slope(ratio, far)
            found: Floats = (far - ratio * rise) * (room.T @ self.working @ weights) / error + rise * steps * pull
            return found

        weights: Floats = begin + room @ optimize.root(slope, np.zeros(room.shape[1]), tol=1e-14).x
        return weights


def _error(weights: Floats, covariance: Floats) -> float:
    return max(NOTHING, math.sqrt(max(0.0, float(weights @ covariance @ weights))))


def critical(bias: float, alpha: float) -> float:
    """The 1 − alpha quantile of |N(bias, 1)|: 1.96 at 0 for 5%, and bias + 1.645 when the bias is large."""
    bias = abs(bias)
    if bias > 10:  # the other tail is nothing there
        return bias + float(special.ndtri(1 - alpha))
    low, high = float(special.ndtri(1 - alpha)) + bias, float(special.ndtri(1 - alpha / 2)) + bias
    return float(
        optimize.brentq(
            lambda c: special.ndtr(c - bias) - special.ndtr(-c - bias) - (1 - alpha),
            low - 1e-9,
            high + 1e-9,
            xtol=1e-13,
        )
    )


def _slope(bias: float, far: float) -> float:
    """How fast the quantile grows with the bias."""
    near, other = tails.normal_density(far - bias), tails.normal_density(far + bias)
    return float((near - other) / (near + other))


def _bends(times: Sequence[int]) -> Floats:
    """Paths × second differences: δ(t) = slope·t + Σ_j bends(t, j)·w_j, with δ(0) = 0 and slope = δ(1) − δ(0).

    Going forward, the second difference at j = 1, 2, … counts t − j times at t; going back, the one at −j counts
    |t| − j times for j = 0, 1, ….
    """
    first, last = min(times), max(times)
    centres = range(first + 1, last)
    return np.array(
        [[max(0, t - j) if j > 0 else max(0, j - t) if t < 0 else 0 for j in centres] for t in times], dtype=float
    )


def analyse(path: Path, alpha: float, target: Target = "average", steps: Sequence[float] | None = None) -> Robustness:
    """The interval for each M of `steps` (None: 0 to 2 standard errors of the first effect, by quarters), ascending.

    `breakdown` is the smallest M at which 0 lies in the interval, to six digits; 0 when it does so at M = 0.
    """
    smooth, own = Smooth(path, target, alpha), steps is None
    if steps is None:
        unit = smooth.scale * float(np.sqrt(smooth.covariance[path.times.index(1), path.times.index(1)]))
        steps = [unit * quarter / 4 for quarter in range(9)]
    if any(not (0 <= m < np.inf) for m in steps):
        raise BadInput("The bends of a sensitivity analysis must be numbers, 0 or more.")
    breakdown = _breakdown(smooth)
    rows = []
    for m in sorted(steps):
        lo, hi = smooth.interval(m)
        rows.append(Sensitivity(path.outcome, f"smoothness, {target} effect", m, lo, hi, lo <= 0 <= hi, breakdown))
    return Robustness(tuple(rows), breakdown, _bend_before(path), path.notes, own)


def _breakdown(smooth: Smooth) -> float:
    def short_of_zero(m: float) -> float:
        lo, hi = smooth.interval(m)
        return max(lo, -hi)

    if short_of_zero(0.0) <= 0:
        return 0.0
    outside = smooth.scale
    while short_of_zero(outside) > 0:  # ends, since the length grows without bound and the centre does not
        outside *= 2
    return float(optimize.brentq(short_of_zero, 0.0, outside, xtol=1e-9 * smooth.scale, rtol=1e-7))


def _bend_before(path: Path) -> float | None:
    """The largest second difference of the path before the start, the base with its 0 among it."""
    early = dict(zip(path.times, path.effects, strict=True)) | {0: 0.0}
    before = [float(early[t]) for t in sorted(early) if t <= 0]
    return float(np.abs(np.diff(before, 2)).max()) if len(before) > 2 else None
