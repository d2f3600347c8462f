"""The shortest fixed-length interval under a bound on bends."""


# mypy: ignore-errors

import itertools
import math

import numpy as np
from scipy import optimize, stats


class Smooth:
    """The shortest fixed-length interval under a bound on bends, in units of the largest error of the path."""

    def __init__(self, path, alpha):
        times, self.alpha, self.effects = path.times, alpha, path.effects
        few = float(stats.t.ppf(1 - alpha / 2, path.df) / stats.norm.ppf(1 - alpha / 2)) if path.df else 1.0
        self.unit = math.sqrt(float(np.diag(path.covariance).max()))
        self.covariance = path.covariance * (few / self.unit) ** 2
        self.first = self.unit * math.sqrt(float(self.covariance[times == 1, times == 1][0]))
        n = len(times)
        alike = (np.eye(n) + 1.0) * np.trace(self.covariance) / (2 * n)
        self.working = alike if path.df else self.covariance
        middle = range(int(times.min()) + 1, int(times.max()))
        self.bends = np.array(
            [[max(0, t - j) if j > 0 else max(0, j - t) * (t < 0) for j in middle] for t in times], dtype=float
        )
        early = times < 0
        fixed = np.where(times > 0, 1.0 / (times > 0).sum(), 0.0)
        slope = times[early].astype(float)
        self.begin = fixed.copy()
        self.begin[early] = -float(fixed @ times) * slope / float(slope @ slope)
        self.free = np.zeros((n, len(slope) - 1))
        if len(slope) > 1:
            # directions at right angles to a straight line
            self.free[early] = np.linalg.qr(np.column_stack([slope, np.eye(len(slope))]))[0][:, 1 : len(slope)]

    def interval(self, m):
        """The interval at the bend m."""
        a = self.weights(m / self.unit)
        error = math.sqrt(float(a @ self.covariance @ a))
        half = self.unit * error * far(m / self.unit * self._bias(a) / error, self.alpha)
        return float(a @ self.effects) - half, float(a @ self.effects) + half

    def breakdown(self):
        """The smallest bend at which 0 lies in the interval."""

        def short(m):
            lo, hi = self.interval(m)
            return max(lo, -hi)

        if short(0.0) <= 0:
            return 0.0
        outside = self.unit
        while short(outside) > 0:
            outside *= 2
        return float(optimize.brentq(short, 0.0, outside, xtol=1e-12 * self.unit, rtol=1e-12))

    def weights(self, m):
        """The weights with the shortest interval. On the way from the least error to the least bias they minimise
        error²/2 + price·B for some price; the right price is where a little more of one costs what it saves."""
        if m == 0 or not self.free.shape[1]:
            return self._priced(0.0)

        def too_dear(price):
            a = self._priced(price)
            error = math.sqrt(float(a @ self.working @ a))
            ratio = m * self._bias(a) / error
            quantile = far(ratio, self.alpha)
            near, other = stats.norm.pdf(quantile - ratio), stats.norm.pdf(quantile + ratio)
            slope = float((near - other) / (near + other))
            return price * (quantile - ratio * slope) - m * slope * error

        high = 1.0
        while too_dear(high) < 0:
            high *= 2
        return self._priced(float(optimize.brentq(too_dear, 0.0, high, xtol=1e-15, rtol=1e-14)))

    def _bias(self, a):
        return float(np.abs(a @ self.bends).sum())

    def _priced(self, price):
        """min a'Wa/2 + price·Σ|a'D| over the free directions z. Its dual is least squares with |signs| ≤ price."""
        inner = self.free.T @ self.working @ self.free
        if not len(inner):
            return self.begin
        pull = self.free.T @ self.working @ self.begin
        if price == 0.0:
            return self.begin - self.free @ np.linalg.solve(inner, pull)
        turned, fixed = self.bends.T @ self.free, self.bends.T @ self.begin
        moving = np.abs(turned).sum(axis=1) > 1e-12
        z = active_set(inner, pull, turned[moving], fixed[moving], price)
        return self.begin + self.free @ z


def active_set(inner, pull, c, d, price):
    """The z that minimises z'Gz/2 + pull'z + price·Σ|cz + d|, tried for every choice of which sums are exactly 0.

    There are few of them (periods before the start), and the solution is unique, so the first that is stationary is it.
    """
    best = None
    for signs in sign_patterns(inner, pull, c, d, price):
        zero = np.flatnonzero(signs == 0)
        size = len(inner) + len(zero)
        system = np.zeros((size, size))
        system[: len(inner), : len(inner)] = inner
        system[: len(inner), len(inner) :] = c[zero].T
        system[len(inner) :, : len(inner)] = c[zero]
        right = np.concatenate([-pull - price * c.T @ signs, -d[zero]])
        try:
            solved = np.linalg.solve(system, right)
        except np.linalg.LinAlgError:
            continue
        z, force = solved[: len(inner)], solved[len(inner) :]
        value = float(z @ inner @ z) / 2 + float(pull @ z) + price * float(np.abs(c @ z + d).sum())
        if best is None or value < best[0]:
            best = (value, z)
        rest = c @ z + d
        right_side = np.all(rest[signs > 0] >= 0) and np.all(rest[signs < 0] <= 0)
        if right_side and np.all(np.abs(force) <= price * (1 + 1e-9)):
            return z
    return best[1]


def sign_patterns(inner, pull, c, d, price):
    """First the pattern that bounded least squares suggests, then every other one."""
    root = np.linalg.cholesky(np.linalg.inv(inner))
    # the dual: signs y in [−1, 1] that minimise |root'(pull + price·c'y)|²/2 − price·d'y
    shift = np.linalg.lstsq(c @ root, d, rcond=None)[0]
    found = optimize.lsq_linear(price * (c @ root).T, shift - root.T @ pull, (-1.0, 1.0), method="bvls")
    guess = np.where(found.x > 1 - 1e-9, 1.0, np.where(found.x < -1 + 1e-9, -1.0, 0.0))
    yield guess
    for signs in itertools.product((1.0, -1.0, 0.0), repeat=len(c)):
        yield np.array(signs)


def far(bias, alpha):
    """The 1 − alpha quantile of |N(bias, 1)|."""
    low, high = stats.norm.ppf(1 - alpha) + bias, stats.norm.ppf(1 - alpha / 2) + bias
    if bias > 10:
        return float(low)

    def short(c):
        return stats.norm.cdf(c - bias) - stats.norm.cdf(-c - bias) - (1 - alpha)

    return float(optimize.brentq(short, low - 1e-9, high + 1e-9, xtol=1e-15, rtol=1e-15))
