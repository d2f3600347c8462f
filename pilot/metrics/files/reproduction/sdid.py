"""sdid: synthetic difference in differences."""


# mypy: ignore-errors

import math

import numpy as np
from scipy import optimize, stats

from .callaway_santanna import drawn_deals, every_deal
from .draws import TIE, Found, in_sd, row
from .reading import FEWEST_PILOTS, RefusedError
from .regression import arrangements, orders


def sdid(panel, plan, quick=False):  # noqa: ARG001 -- all estimators are called alike
    """The estimator “sdid”."""
    if plan.test != "permutation" or plan.control != "never" or plan.aggregates != ["simple"]:
        raise RefusedError("not for sdid")
    if plan.missing != "complete":
        raise RefusedError("sdid needs complete units")
    left = panel.kept("complete")
    treated, never = int(left.treated.sum()), int((~left.treated).sum())
    if never < 2 or min(left.starts) < 2:
        raise RefusedError("too few units or periods")
    gaps = {start: synthetic_gap(left.y, left.start, start, frank_wolfe) for start in left.starts}
    size = {start: int((left.start == start).sum()) for start in left.starts}
    att = sum(size[s] * float(gaps[s][s:].mean()) for s in left.starts) / treated
    found = row(att=att, n_trusts_t=treated, n_trusts_c=never, seed=plan.seed)
    found["att_sd_units"] = in_sd(att, left.y[:, : min(left.starts)].mean(axis=1))
    if treated >= FEWEST_PILOTS:
        sdid_inference(left, found, plan)
    none = (None,) * 5
    cells = [(s + 1, t + 1, float(gaps[s][t]), *none, size[s], never) for s in left.starts for t in range(left.periods)]
    events = []
    for e in sorted({t - s for s in left.starts for t in range(left.periods)}):
        here = [(size[s], float(gaps[s][s + e])) for s in left.starts if 0 <= s + e < left.periods]
        n = sum(one for one, _ in here)
        events.append((e, sum(one * gap for one, gap in here) / n, *none, n + never))
    return Found({"simple": found}, left.names, cells, events)


def sdid_inference(left, found, plan):
    """Fill in the placebo error and the permutation test."""
    rows, everything, many = sdid_deals(left.by_set(), left.start, plan.seed)
    real = abs(synthetic_effect(left.y, left.start))
    far = sum(abs(synthetic_effect(left.y, row)) >= real * (1 - TIE) for row in rows)
    found.update(p_perm=far / many if everything else (1 + far) / (1 + many), n_perm=many)
    never = left.start == left.periods
    if never.sum() <= (~never).sum():
        return
    labels = np.full(int(never.sum()), left.periods)
    labels[: int((~never).sum())] = left.start[~never]
    rows, _, _ = sdid_deals([list(range(len(labels)))], labels, plan.seed)
    se = float(np.std([synthetic_effect(left.y[never], row) for row in rows]))
    if se:
        reach = float(stats.norm.ppf(1 - plan.alpha / 2)) * se
        found.update(se=se, lo=found["att"] - reach, hi=found["att"] + reach)


def sdid_deals(blocks, labels, seed):
    """Up to 499 allocations: all, or drawn with the blocks in their own order."""
    total = math.prod(orders(labels[block]) for block in blocks)
    if total <= 499:
        return (
            np.vstack(list(every_deal(blocks, [arrangements(labels[b]) for b in blocks], total, len(labels)))),
            True,
            total,
        )
    return np.vstack(list(drawn_deals(blocks, labels, seed, (499, 499)))), False, 499


def synthetic_effect(y, start):
    """The effect with weights at the minimum, each treated unit counting alike."""
    starts, size = np.unique(start[start < y.shape[1]], return_counts=True)
    effects = [float(synthetic_gap(y, start, one, at_minimum)[one:].mean()) for one in starts]
    return float(np.dot(size, effects)) / float(size.sum())


def synthetic_gap(y, start, one, solve):
    """The gap in each period between the units with a start and their synthetic comparison."""
    never, treated = y[start == y.shape[1]], y[start == one]
    noise = float(np.std(np.diff(never[:, :one], axis=1), ddof=1))
    early, late, ours = never[:, :one], never[:, one:].mean(axis=1), treated.mean(axis=0)
    zeta = (len(treated) * (y.shape[1] - one)) ** 0.25 * noise
    periods = solve(early - early.mean(axis=0), late - late.mean(), 1e-6 * noise, 1e-5 * noise)
    wide = early.T
    units = solve(wide - wide.mean(axis=0), ours[:one] - ours[:one].mean(), zeta, 1e-5 * noise)
    gap = ours - units @ never
    return gap - periods @ gap[:one]


def frank_wolfe(a, b, zeta, least):
    """Weights as the published package finds them."""

    def steps(x, most):
        value = None
        for _ in range(most):
            slope = a.T @ (a @ x - b) + eta * x
            corner = int(np.argmin(slope))
            way = -x
            way[corner] += 1.0
            bend = float((a @ way) @ (a @ way)) + eta * float(way @ way)
            if bend > 0:
                x = x + min(1.0, max(0.0, -float(slope @ way) / bend)) * way
            now = (float(((a @ x - b) ** 2).sum()) + eta * float(x @ x)) / len(a)
            if value is not None and value - now <= least**2:
                break
            value = now
        return x

    eta = len(a) * zeta**2
    x = steps(np.full(a.shape[1], 1.0 / a.shape[1]), 100)
    x = np.where(x <= x.max() / 4, 0.0, x)
    return steps(x / x.sum(), 10_000)


def at_minimum(a, b, zeta, _):
    """Weights at the minimum itself: |Ax − b|² + rows·ζ²|x|² with x ≥ 0 and Σx = 1, as one least squares problem.

    With Σx = 1 it is |Hx|², H = (A − b, √rows·ζ·I); the x ≥ 0 with the smallest |Hx|² + (Σx − 1)² only has another sum.
    """
    h = np.vstack([a - b[:, None], math.sqrt(len(a)) * zeta * np.eye(a.shape[1])])
    h = np.vstack([h / (np.abs(h).max() or 1.0), np.ones(a.shape[1])])
    target = np.zeros(len(h))
    target[-1] = 1.0
    x = optimize.nnls(h, target, maxiter=100 * a.shape[1])[0]
    return x / x.sum()
