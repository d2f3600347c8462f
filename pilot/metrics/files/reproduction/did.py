"""did: difference in differences within matched sets."""

# ruff: noqa: B905 -- it runs on Python 3.9
# mypy: ignore-errors

import itertools
import math

import numpy as np

from .draws import ALL_UP_TO, MANY, Draws, Found, in_sd, pieces, row, t_p, t_reach
from .reading import FEWEST_PILOTS, RefusedError
from .regression import wild_bootstrap


class Blocks:
    """Sets of units whose pilots could have been others: five columns for each unit, and which are pilots."""

    def __init__(self, sets, scale):
        pilots = sum(int(arm.sum()) for _, arm in sets)
        self.blocks = [(columns, arm, int(arm.sum()) / pilots) for columns, arm in sets]
        self.replicated = all(min(arm.sum(), (~arm).sum()) >= 2 for _, arm in sets)
        self.scale = scale
        self.real = self.together([set_terms(columns, arm[None, :].astype(float))[0] for columns, arm in sets])[:, 0]

    def together(self, by_set):
        """a, b, v0, v1, v2 of whole allocations from those of each set (each allocations × 5, or one row)."""
        terms = np.array([np.atleast_2d(one) for one in by_set])  # sets × allocations × 5
        share = np.array([block[2] for block in self.blocks])[:, None]
        a, b = (share * terms[:, :, 0]).sum(axis=0), (share * terms[:, :, 1]).sum(axis=0)
        if self.replicated:
            return np.array([a, b, *[(share**2 * terms[:, :, k]).sum(axis=0) for k in (2, 3, 4)]])
        k = len(self.blocks)
        if k == 1:
            return np.array([a, b, np.ones_like(a), np.zeros_like(a), np.zeros_like(a)])
        off, tilt = share * (terms[:, :, 0] - a), share * (terms[:, :, 1] - b)
        moments = [(one * other).sum(axis=0) * k / (k - 1) for one, other in ((off, off), (off, tilt), (tilt, tilt))]
        return np.array([a, b, *moments])

    def draws(self, seed):
        """Every allocation, or the drawn ones; and their number."""
        ways = [math.comb(len(arm), int(arm.sum())) for _, arm, _ in self.blocks]
        total = math.prod(ways)
        if total <= ALL_UP_TO:
            tables = [set_terms(columns, choices(len(arm), int(arm.sum()))) for columns, arm, _ in self.blocks]
            found = []
            for begin in range(0, total, 100_000):
                digits = np.unravel_index(np.arange(begin, min(begin + 100_000, total)), ways)
                found.append(self.together([table[digit] for table, digit in zip(tables, digits)]))
            return Draws(self.real, np.hstack(found), self.scale, True), total
        chance, found = np.random.default_rng(seed), []
        for size in pieces(MANY, 20_000):
            by_set = []
            for columns, arm, _ in self.blocks:
                keys = chance.random((size, len(arm)))
                smallest = np.argsort(keys, axis=1)[:, : int(arm.sum())]
                chosen = np.zeros((size, len(arm)))
                chosen[np.arange(size)[:, None], smallest] = 1.0
                by_set.append(set_terms(columns, chosen))
            found.append(self.together(by_set))
        return Draws(self.real, np.hstack(found), self.scale, False), MANY


class Did(Blocks):
    """One question: which periods are before and after. Its units are those with the values that are needed."""

    def __init__(self, panel, before, after, missing):
        here = panel.y[:, [*before, *after]]
        there = np.isfinite(here).all(axis=1) if missing == "complete" else np.isfinite(here).any(axis=1)
        self.panel = panel.only(np.flatnonzero(there)).in_sets_with_both_arms()
        self.before, self.after, self.missing = list(before), list(after), missing
        y, pilot = self.panel.y, self.panel.treated
        late, early = y[:, self.after], y[:, self.before]
        if missing == "complete":
            x1, n1 = late.mean(axis=1) - early.mean(axis=1), np.ones(len(y))
            x0, n0 = np.zeros(len(y)), np.ones(len(y))
        else:
            middle = np.nanmean(np.hstack([late, early]))  # taken away only to keep the sums small
            x1, n1 = np.nansum(late - middle, axis=1), np.isfinite(late).sum(axis=1).astype(float)
            x0, n0 = np.nansum(early - middle, axis=1), np.isfinite(early).sum(axis=1).astype(float)
        self.pilots, self.controls = int(pilot.sum()), int((~pilot).sum())
        five = (x1, n1, x0, n0, n1 * pilot)
        with np.errstate(divide="ignore", invalid="ignore"):
            change = x1 / n1 - x0 / n0
        change = change[np.isfinite(change)]
        sets = [([column[places] for column in five], pilot[places]) for places in self.panel.by_set()]
        super().__init__(sets, float(np.std(change)) if len(change) else 0.0)
        if not np.isfinite(self.real[0]):
            raise RefusedError("an arm has no value before or after")
        self.att = float(self.real[0])

    def arms(self):
        """For each arm of each set its part of the variance, its squared share, and its number of units."""
        parts = []
        for columns, arm, share in self.blocks:
            for side in (arm, ~arm):
                value = arm_terms(columns, side[None, :].astype(float))[2][0]
                parts.append((share**2 * value, share**2, int(side.sum())))
        return parts

    def error(self):
        """The standard error and its degrees of freedom; None where no spread can be seen."""
        if not self.replicated and len(self.blocks) == 1:
            return None, None
        se = math.sqrt(max(0.0, self.real[2]))
        if not self.replicated:
            return se, float(len(self.blocks) - 1)
        parts = self.arms()
        below = sum(value**2 / (n - 1) for value, _, n in parts)
        return se, sum(value for value, _, _ in parts) ** 2 / below if below > 0 else None

    def p_bm(self, se):
        """With the degrees of freedom of Bell and McCaffrey."""
        if self.missing != "complete" or not self.replicated:
            return None
        c = [(share / n, n) for _, share, n in self.arms()]
        return t_p(self.att, se, sum(one for one, _ in c) ** 2 / sum(one**2 / (n - 1) for one, n in c))

    def cr1(self):
        """CR1 of the regression behind one replicated set."""
        columns, arm, _ = self.blocks[0]
        raw = 0.0
        for side in (arm, ~arm):
            k = int(side.sum())
            raw += arm_terms(columns, side[None, :].astype(float))[2][0] * (k - 1) / k
        used = [*self.before, *self.after]
        n, g = int(np.isfinite(self.panel.y[:, used]).sum()), len(arm)
        k = len(used) + 1 if self.missing == "complete" else 4
        return math.sqrt(raw * g / (g - 1) * (n - 1) / (n - k))

    def levels(self):
        """The mean before of each unit that has one."""
        early = self.panel.y[:, self.before]
        return np.nanmean(early[np.isfinite(early).any(axis=1)], axis=1)

    def estimate(self, plan):
        """The row, without the wild bootstrap."""
        found = row(att=self.att, n_trusts_t=self.pilots, n_trusts_c=self.controls, seed=plan.seed)
        found["att_sd_units"] = in_sd(self.att, self.levels())
        if self.pilots < FEWEST_PILOTS:
            return found
        se, df = self.error()
        found.update(se=se, df=df, p_bm=self.p_bm(se))
        if plan.test == "permutation":
            draws, count = self.draws(plan.seed)
            lo, hi = draws.interval(plan.alpha, se or self.scale or 1.0)
            found.update(lo=lo, hi=hi, p_perm=draws.p(), n_perm=count)
            return found
        if len(self.blocks) == 1 and self.replicated:
            se, df = self.cr1(), float(self.pilots + self.controls - 1)
        if se is not None and df is not None:
            reach = t_reach(plan.alpha, df, se)
            found.update(se=se, df=df, lo=self.att - reach, hi=self.att + reach, p_cluster=t_p(self.att, se, df))
        return found

    def wild(self, found, plan):
        """The same with the wild cluster bootstrap, where it is to be had."""
        asked = plan.test == "wild"
        if self.pilots < FEWEST_PILOTS:
            return
        n = self.pilots + self.controls
        if self.missing != "complete" or min(self.pilots, self.controls) < 2 or n > (2000 if asked else 200):
            if asked:
                raise RefusedError("the wild bootstrap cannot be had")
            return
        change, x, weight = (np.concatenate(parts) for parts in zip(*[self._regressed(one) for one in self.blocks]))
        sizes = [len(arm) for _, arm, _ in self.blocks]
        sets = np.repeat(np.eye(len(sizes)), sizes, axis=0)
        draws = wild_bootstrap(change, x, sets, np.arange(n), plan.seed, weight=weight)
        found["p_wcr"] = draws.p()
        if asked:
            found["lo"], found["hi"] = draws.interval(plan.alpha, found["se"] or draws.scale or 1.0)

    @staticmethod
    def _regressed(block):
        columns, arm, share = block
        pilots, controls = int(arm.sum()), int((~arm).sum())
        weight = np.full(len(arm), share * (pilots + controls) / (pilots * controls))
        return columns[0], arm.astype(float), weight


def choices(n, k):
    """Every way to choose k of n, as rows of 0 and 1."""
    rows = np.array(list(itertools.combinations(range(n), k)))
    chosen = np.zeros((len(rows), n))
    chosen[np.arange(len(rows))[:, None], rows] = 1.0
    return chosen


def arm_terms(columns, chosen):
    """Effect, its slope, and the three parts of the variance of an arm, for each row of `chosen` (1: in the arm)."""
    x1, n1, x0, n0, d = columns
    k = chosen.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        late, early = chosen @ n1, chosen @ n0
        mean1, mean0, slope = (chosen @ x1) / late, (chosen @ x0) / early, (chosen @ d) / late
        u = (x1 - mean1[:, None] * n1) / late[:, None] - (x0 - mean0[:, None] * n0) / early[:, None]
        v = (d - slope[:, None] * n1) / late[:, None]
        few = k / (k - 1)
        u, v = chosen * u, chosen * v
        return mean1 - mean0, slope, few * (u * u).sum(1), few * (u * v).sum(1), few * (v * v).sum(1)


def set_terms(columns, chosen):
    """a, b, v0, v1, v2 of one set for each row of `chosen` (1: pilot)."""
    pilots, controls = arm_terms(columns, chosen), arm_terms(columns, 1.0 - chosen)
    less = [one - other for one, other in zip(pilots[:2], controls[:2])]
    return np.column_stack([*less, *[one + other for one, other in zip(pilots[2:], controls[2:])]])


def spans(panel, aggregate="simple"):
    """The periods before and after; but for “simple” only the last one before."""
    (start,) = panel.starts
    before = range(start) if aggregate == "simple" else [start - 1]
    return list(before), list(range(start, panel.periods))


def did(panel, plan, quick=False):
    """The estimator “did”; `quick` without the path over periods and the bootstrap."""
    left = one_start(panel.kept(plan.missing))
    estimates = {}
    for aggregate in plan.aggregates[:1] if quick else plan.aggregates:
        one = Did(left, *spans(left, aggregate), plan.missing)
        estimates[aggregate] = one.estimate(plan)
        if not quick:
            one.wild(estimates[aggregate], plan)
    whole = Did(left, *spans(left), plan.missing)
    if quick:
        return Found(estimates, whole.panel.names)
    (start,) = left.starts
    cells, events = [], []
    for period, figures, pilots, controls in did_path(whole, start, plan):
        cells.append((start + 1, period + 1, *figures, pilots, controls))
        events.append((period - start, *figures, pilots + controls))
    return Found(estimates, whole.panel.names, cells, events)


def did_path(whole, start, plan):
    """Each period against the last before the start: att, se, lo, hi, band_lo, band_hi and the numbers of units."""
    used, base = whole.panel, start - 1
    for period in range(used.periods):
        if period == base:
            yield period, (0.0, None, None, None, None, None), whole.pilots, whole.controls
            continue
        try:
            one = Did(used, [base], [period], "complete")
        except RefusedError:
            continue
        se, df = one.error()
        ends = (None,) * 5
        if one.pilots >= FEWEST_PILOTS and df:
            own, band = t_reach(plan.alpha, df, se), t_reach(plan.alpha / (used.periods - 1), df, se)
            ends = (se, one.att - own, one.att + own, one.att - band, one.att + band)
        yield period, (one.att, *ends), one.pilots, one.controls


def one_start(panel):
    """Refused unless all treated units start together."""
    if len(panel.starts) > 1:
        raise RefusedError("this estimator needs one start")
    return panel
