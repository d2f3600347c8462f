"""The tests and their statistics: allocations beside the real one, p-values, intervals."""


# mypy: ignore-errors

import math

import numpy as np
from scipy import stats

MANY, FEW = 99_999, 9_999

ALL_UP_TO = 2_000_000

TIE = 1e-9


class Draws:
    """Effects and variances of many allocations, a − δb and v0 − 2δv1 + δ²v2, beside those of the real one.

    `rows` are five columns. With `all_of_them` the real one is among the rows, else it comes on top of them.
    """

    def __init__(self, real, rows, scale, all_of_them):
        self.real, self.rows, self.scale, self.all = np.array(real).reshape(5, 1), rows, scale, all_of_them

    def parts(self, five, delta):
        """Numerator and denominator of the squared statistic."""
        a, b, v0, v1, v2 = five
        top = (a - delta * b) ** 2
        top = np.where(top <= (TIE * self.scale) ** 2, 0.0 * top, top)
        return top, np.maximum(v0 - 2 * delta * v1 + delta**2 * v2, (1e-6 * self.scale) ** 2 + 1e-300)

    def p(self, delta=0.0):
        """The share of allocations that are far."""
        top, below = self.parts(self.real, delta)
        tops, belows = self.parts(self.rows, delta)
        far = int(np.sum(~(tops < (1 - TIE) * (top[0] / below[0]) * belows)))
        return far / len(tops) if self.all else (1 + far) / (1 + len(tops))

    def interval(self, alpha, step):
        """The ends of what is not rejected; None where nothing is rejected on that side."""
        return self._end(alpha, -step), self._end(alpha, step)

    def _end(self, alpha, step):
        att = inside = float(self.real[0, 0])
        for k in range(40):
            outside = att + step * 2.0**k
            if self.p(outside) <= alpha:
                break
            inside = outside
        else:
            return None
        for _ in range(52):
            middle = (inside + outside) / 2
            if middle in (inside, outside):
                break
            if self.p(middle) > alpha:
                inside = middle
            else:
                outside = middle
        return inside

    def sizes(self):
        """The size of each statistic at 0, the real one first where it is not among the others."""
        five = self.rows if self.all else np.hstack([self.real, self.rows])
        top, below = self.parts(five, 0.0)
        found = np.sqrt(top / below)
        return np.where(np.isnan(found), np.inf, found)

    def real_size(self):
        """The size of the real statistic."""
        top, below = self.parts(self.real, 0.0)
        return math.sqrt(top[0] / below[0])


def t_p(estimate, error, df):
    """Two-sided p-value; None without an error or degrees of freedom."""
    return float(2 * stats.t.sf(abs(estimate) / error, df)) if error and df else None


def t_reach(alpha, df, error):
    """Half the width of an interval."""
    return float(stats.t.ppf(1 - alpha / 2, df)) * error


def pieces(many, size):
    """How many there are in each piece."""
    return [min(size, many - begin) for begin in range(0, many, size)]


def row(**known):
    """A row of estimates.csv: what is not known is None."""
    columns = (
        "att att_sd_units se df lo hi p_perm p_bm p_wcr p_holm p_rw n_trusts_t n_trusts_c n_resp seed n_perm p_cluster"
    )
    return {**dict.fromkeys(columns.split()), **known}


def in_sd(att, levels):
    """The effect in standard deviations of the level before."""
    spread = float(np.std(levels, ddof=1)) if len(levels) > 1 else 0.0
    return att / spread if spread > 0 else None


class Found:
    """The rows of one estimator, and who was left."""

    def __init__(self, estimates, units, cells=(), events=(), p_of=None):
        self.estimates, self.units, self.cells, self.events = estimates, units, list(cells), list(events)
        self.first, self.p_of = next(iter(estimates.values())), p_of

    def p(self, plan, estimate=None):
        """The p-value of the plan's test."""
        column = {"permutation": "p_perm", "cluster": "p_cluster", "wild": "p_wcr"}[plan.test]
        return (estimate or self.first)[column]
