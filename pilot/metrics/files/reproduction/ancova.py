"""ancova: the mean after, adjusted for the mean before and the sets."""


# mypy: ignore-errors

import numpy as np

from .did import one_start
from .draws import Found, in_sd, row
from .reading import FEWEST_PILOTS, NOTHING, RefusedError
from .regression import Lots, Regression, remains


def ancova(panel, plan, quick=False):  # noqa: ARG001 -- all estimators are called alike
    """The estimator “ancova”."""
    if plan.missing != "complete":
        raise RefusedError("ancova needs complete units")
    if "simple" not in plan.aggregates:
        raise RefusedError("ancova gives one number")
    left = one_start(panel.kept("complete")).in_sets_with_both_arms()
    order = sorted(range(len(left.names)), key=lambda i: (left.sets[i], left.names[i]))
    left = left.only(order)
    (start,) = left.starts
    before, after = left.y[:, :start].mean(axis=1), left.y[:, start:].mean(axis=1)
    blocks = left.by_set()
    sets = np.zeros((len(order), len(blocks)))
    for number, places in enumerate(blocks):
        sets[places, number] = 1.0
    level = before - before.mean()
    if np.linalg.norm(remains(level, sets)) <= NOTHING * np.linalg.norm(before):
        raise RefusedError("units do not differ before the start")
    if len(order) < len(blocks) + 3:
        raise RefusedError("too few units")
    x = left.treated.astype(float)
    one = Regression(after - after.mean(), x, np.column_stack([sets, level]), np.arange(len(order)), len(blocks) + 1)
    pilots, controls = int(x.sum()), int((1 - x).sum())
    found = row(att=one.att, n_trusts_t=pilots, n_trusts_c=controls, seed=plan.seed)
    found["att_sd_units"] = in_sd(one.att, before)
    if pilots >= FEWEST_PILOTS:
        lots = Lots(one, blocks, np.where(left.treated, 0, 1), np.zeros(len(order), dtype=int), None)
        one.infer(found, plan, min(pilots, controls), lots, "CR2")
    return Found({"simple": found}, left.names)
