"""placebo.csv: effects where there can be none, and without each unit."""

# ruff: noqa: B905 -- it runs on Python 3.9
# mypy: ignore-errors

import numpy as np

from .estimators import ESTIMATORS
from .reading import RefusedError


def placebos(panel, plan):
    """The rows of the check “placebo”."""
    estimate = ESTIMATORS[plan.estimator]
    tries = [*in_time(panel), *in_space(panel, plan.seed)] if panel.starts else []
    return [line for kind, label, other in tries for line in attempt(estimate, other, plan, kind, label)]


def attempt(estimate, panel, plan, kind, label):
    """One row, or none where the estimator refuses the panel."""
    try:
        found = estimate(panel, plan, quick=True)
    except RefusedError:
        return []
    return [(kind, label, found.first["att"], found.first["se"], found.p(plan))]


def in_time(panel):
    """False starts."""
    early = min(panel.starts)
    for k in range(1, early):
        start = np.where(panel.treated, early - k, early)
        label = "1 period earlier" if k == 1 else f"{k} periods earlier"
        yield "in time", label, panel.only(np.arange(len(panel.names)), early, start)


def in_space(panel, seed):
    """False pilots."""
    chance, sets = np.random.default_rng(seed), {}
    for name in sorted({s for s, t in zip(panel.sets, panel.treated) if t}):
        others = [i for i, s in enumerate(panel.sets) if s == name and not panel.treated[i]]
        starts = [int(panel.start[i]) for i, s in enumerate(panel.sets) if s == name and panel.treated[i]]
        if len(others) > 1:
            sets[name] = (others, starts)
    for number in range(1, 21 if sets else 1):
        start = {}
        for others, starts in sets.values():
            order = chance.permutation(len(others))
            for rank, place in enumerate(order):
                treated = rank < min(len(starts), len(others) - 1)
                start[others[place]] = starts[rank] if treated else panel.periods
        places = sorted(start)
        yield "in space", f"draw {number}", panel.only(places, None, [start[i] for i in places])


def leave_one_out(panel, plan):
    """The rows of the check “leave-one-out”."""
    rows, clustered = [], plan.but(test="cluster")
    for place, name in enumerate(panel.names):
        others, label = [i for i in range(len(panel.names)) if i != place], name
        home = panel.sets[place]
        if home and len({bool(panel.treated[i]) for i in others if panel.sets[i] == home}) < 2:
            others, label = [i for i in others if panel.sets[i] != home], f"{name}, with set {home}"
        if others:
            rows += attempt(ESTIMATORS[plan.estimator], panel.only(others), clustered, "leave one out", label)
    return rows
