"""twfe: two-way fixed effects."""


# mypy: ignore-errors

import math

import numpy as np

from .draws import Found, in_sd, row, t_reach
from .reading import FEWEST_PILOTS, NOTHING, RefusedError
from .regression import Lots, Regression, remains


def twfe(panel, plan, quick=False):  # noqa: ARG001 -- all estimators are called alike
    """The estimator “twfe”."""
    if "simple" not in plan.aggregates:
        raise RefusedError("twfe gives one number")
    left = panel.kept(plan.missing)
    there = np.isfinite(left.y)
    while True:
        fewer = there & (there.sum(axis=1, keepdims=True) > 1) & (there.sum(axis=0) > 1)
        if fewer.sum() == there.sum():
            break
        there = fewer
    left = left.only(np.flatnonzero(there.any(axis=1)))
    there = there[there.any(axis=1)]
    if not left.treated.any():
        raise RefusedError("no treated unit has two values")
    unit, period = np.nonzero(there)
    y = left.y[unit, period]
    units, periods = np.eye(len(left.names))[unit], np.eye(left.periods)[period][:, there.any(axis=0)]
    since = period - left.start[unit]
    counted = int(there.any(axis=0).sum())
    x = (since >= 0).astype(float)
    one = Regression(y - y.mean(), x, np.column_stack([units, periods]), unit, counted, units=units)
    treated, others = int(left.treated.sum()), int((~left.treated).sum())
    fewest = treated if len(left.starts) > 1 else min(treated, others)
    early = np.where(there, left.y, math.nan)[:, : min(left.starts)]
    early = early[np.isfinite(early).any(axis=1)]
    found = row(att=one.att, n_trusts_t=treated, n_trusts_c=others, seed=plan.seed)
    found["att_sd_units"] = in_sd(one.att, np.nanmean(early, axis=1) if len(early) else [])
    events = twfe_path(one, left, (unit, since), (fewest, counted), plan)
    if treated >= FEWEST_PILOTS:
        one.infer(found, plan, fewest, Lots(one, left.by_set(), left.start, period, units), "CR1")
    return Found({"simple": found}, left.names, (), events)


def twfe_path(one, left, cells, numbers, plan):
    """The rows of event_study.csv."""
    (unit, since), (fewest, counted) = cells, numbers
    treated, never = left.treated[unit], int((~left.treated).sum())
    seen = sorted(set(since[treated].tolist()) - {-1})
    asked = [e for e in seen if e >= 0] + [e for e in reversed(seen) if e < 0]
    taken, kept, columns = one.others, [], []
    for e in asked:
        column = (treated & (since == e)).astype(float)
        rest = remains(column, taken)
        if np.linalg.norm(rest) > NOTHING * np.linalg.norm(column):
            taken = np.column_stack([taken, rest / np.linalg.norm(rest)])
            kept.append(e)
            columns.append(column)
    events = {}
    if (treated & (since == -1)).any():
        events[-1] = (-1, 0.0, None, None, None, None, None, int((treated & (since == -1)).sum()) + never)
    design = np.column_stack([one.others, *columns])
    slopes, errors = path_errors(one, design, len(kept), counted)
    g, n = int(unit.max()) + 1, len(unit)
    for place, e in enumerate(kept):
        count, att, se = int((treated & (since == e)).sum()), float(slopes[place]), errors[place]
        sure = left.treated.sum() >= FEWEST_PILOTS and fewest >= 2 and n > len(kept) + counted
        ends = (None,) * 5
        if sure and count >= FEWEST_PILOTS:
            own, band = t_reach(plan.alpha, g - 1, se), t_reach(plan.alpha / len(kept), g - 1, se)
            ends = (se, att - own, att + own, att - band, att + band)
        events[e] = (e, att, *ends, count + never)
    return [events[e] for e in sorted(events)]


def path_errors(one, design, many, counted):
    """The last `many` coefficients of a regression of the outcome on a design, and their CR1."""
    inverse = np.linalg.pinv(design.T @ design, hermitian=True)
    slopes = inverse @ (design.T @ one.y)
    residual = one.y - design @ slopes
    g, n, k = one.clusters, len(one.y), many + counted
    scores = np.array([(design[one.cluster == c] * residual[one.cluster == c, None]).sum(axis=0) for c in range(g)])
    middle = inverse @ scores.T
    variance = (middle * middle).sum(axis=1) * g / (g - 1) * (n - 1) / max(n - k, 1)
    return slopes[-many:], np.sqrt(variance[-many:])
