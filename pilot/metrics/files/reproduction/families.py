"""Several outcomes: p-values adjusted for their number."""

# ruff: noqa: B905 -- it runs on Python 3.9
# mypy: ignore-errors

import numpy as np

from .did import Did, spans
from .draws import TIE
from .reading import RefusedError


def adjust(found, plan):
    """Fill in p_holm and p_rw. `found` are (panel, Found) of the outcomes, the primary first."""
    if len(found) < 2:
        return
    for aggregate in found[0][1].estimates:
        rows = [one.estimates[aggregate] for _, one in found]
        p = [one.p(plan, estimate) for (_, one), estimate in zip(found, rows)]
        if None in p:
            continue
        for estimate, value in zip(rows[1:], holm(p[1:])):
            estimate["p_holm"] = value
        if (plan.estimator, plan.test) == ("did", "permutation"):
            for estimate, value in zip(rows[1:], romano_wolf([panel for panel, _ in found[1:]], aggregate, plan)):
                estimate["p_rw"] = value


def holm(p):
    """Holm's adjusted p-values."""
    adjusted, before = [0.0] * len(p), 0.0
    for j, place in enumerate(sorted(range(len(p)), key=lambda i: p[i])):
        before = max(before, min(1.0, (len(p) - j) * p[place]))
        adjusted[place] = before
    return adjusted


def romano_wolf(panels, aggregate, plan):
    """Romano and Wolf's adjusted p-values; None where the outcomes have other units."""
    left = [panel.kept(plan.missing) for panel in panels]
    first = left[0]
    if any((p.names, p.sets, p.treated.tolist()) != (first.names, first.sets, first.treated.tolist()) for p in left):
        return [None] * len(panels)
    try:
        used = [set(Did(panel, *spans(panel, aggregate), plan.missing).panel.names) for panel in left]
        shared = set.intersection(*used)
        both = [panel.only([i for i, name in enumerate(panel.names) if name in shared]) for panel in left]
        draws = [Did(panel, *spans(panel, aggregate), plan.missing).draws(plan.seed)[0] for panel in both]
    except RefusedError:
        return [None] * len(panels)
    real = [one.real_size() for one in draws]
    largest, shares = np.zeros(len(draws[0].sizes())), [0.0] * len(draws)
    upward = sorted(range(len(draws)), key=lambda i: real[i])
    for place in upward:
        largest = np.maximum(largest, draws[place].sizes())
        shares[place] = float(np.mean(largest >= real[place] * (1 - TIE)))
    before = 0.0
    for place in reversed(upward):
        before = shares[place] = max(before, shares[place])
    return shares
