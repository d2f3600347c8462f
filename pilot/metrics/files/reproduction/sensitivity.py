"""sensitivity.csv: trends before the start, and trends that bend."""

# ruff: noqa: B905 -- it runs on Python 3.9
# mypy: ignore-errors

import math

import numpy as np
from scipy import stats

from .did import one_start
from .reading import FEWEST_PILOTS, RefusedError
from .smooth import Smooth


class EffectPath:
    """The path of the effects with its covariance; `until` periods of the panel are looked at."""

    def __init__(self, panel, until):
        self.base = min(panel.starts) - 1
        if self.base < 1:
            raise RefusedError("two periods are needed before the start")
        self.places = [t for t in range(until) if t != self.base]
        self.times = np.array([t - self.base for t in self.places])
        whole = np.isfinite(panel.y[:, [self.base, *self.places]]).all(axis=1)
        left = panel.only(np.flatnonzero(whole)).in_sets_with_both_arms()
        pilots = int(left.treated.sum())
        change = left.y[:, self.places] - left.y[:, [self.base]]
        blocks = [(np.array(block), left.treated[block]) for block in left.by_set()]
        shares = [int(arm.sum()) / pilots for _, arm in blocks]
        apart = [change[block][arm].mean(axis=0) - change[block][~arm].mean(axis=0) for block, arm in blocks]
        self.effects = sum(w * one for w, one in zip(shares, apart))
        self.covariance = self.df = None
        if pilots < FEWEST_PILOTS:
            return
        if all(min(int(arm.sum()), int((~arm).sum())) >= 2 for _, arm in blocks):
            parts = []
            for (block, arm), w in zip(blocks, shares):
                for side in (arm, ~arm):
                    n = int(side.sum())
                    parts.append((w**2 * np.atleast_2d(np.cov(change[block][side].T)) / n, n))
            self.covariance = sum(part for part, _ in parts)
            below = sum(np.diag(part) ** 2 / (n - 1) for part, n in parts)
            if (below > 0).all():
                self.df = float((np.diag(self.covariance) ** 2 / below).min())
        elif len(blocks) > 1:
            k = len(blocks)
            off = np.array([w * (one - self.effects) for w, one in zip(shares, apart)])
            self.covariance, self.df = k / (k - 1) * off.T @ off, float(k - 1)


def trends_before(panel, plan):
    """The rows of the check “pre-trends”."""
    if plan.effect <= 0:
        raise RefusedError("there is no smallest effect for this outcome")
    left = panel.kept(plan.missing)
    path, bound, rows = EffectPath(left, min(left.starts)), f"{plan.effect / 2:.6g}", []
    for k, place in enumerate(path.places):
        lo = hi = None
        if path.covariance is not None and path.df is not None:
            reach = float(stats.t.ppf(1 - plan.alpha, path.df)) * math.sqrt(path.covariance[k, k])
            lo, hi = float(path.effects[k]) - reach, float(path.effects[k]) + reach
        rows.append((f"before the start, period {place + 1}", bound, lo, hi, said(lo, hi), ""))
    return rows


def smoothness(panel, plan):
    """The rows of the check “smoothness”."""
    left = one_start(panel.kept(plan.missing))
    path = EffectPath(left, left.periods)
    if path.covariance is None or not np.diag(path.covariance).max() > 0:
        raise RefusedError("no spread can be seen")
    one = Smooth(path, plan.alpha)
    bends = plan.bends or [quarter / 4 * one.first for quarter in range(9)]
    breakdown = f"{one.breakdown():.6g}"
    rows = []
    for m in sorted(bends):
        lo, hi = one.interval(m)
        rows.append(("smoothness, average effect", f"{m:.6g}", lo, hi, said(lo, hi), breakdown))
    return rows


def said(lo, hi):
    """Whether 0 lies in an interval."""
    return "" if lo is None else "yes" if lo <= 0 <= hi else "no"
