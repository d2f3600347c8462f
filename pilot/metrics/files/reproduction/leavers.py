"""Leavers as counts out of the headcount."""


# mypy: ignore-errors

import math

import numpy as np

from .did import Blocks
from .draws import row, t_reach
from .reading import FEWEST_PILOTS, RefusedError
from .regression import orthonormal, remains


class Leaving:
    """Counts of leavers and the headcount beside them, in the cells that the model uses."""

    def __init__(self, panel, y, head, missing):
        there = np.isfinite(y) & np.isfinite(head)
        if (y[there] < 0).any() or (head[there] <= 0).any():
            raise RefusedError("these cannot be counts")
        total = np.where(there, y, 0.0).sum(axis=1)
        kept = (there.all(axis=1) if missing == "complete" else there.any(axis=1)) & (total > 0)
        self.panel = panel.only(np.flatnonzero(kept))
        if len(self.panel.starts) != 1:
            raise RefusedError("the pilots have several starts, or none")
        there, y, head = there[kept], y[kept], head[kept]
        there = there & (np.where(there, y, 0.0).sum(axis=0) > 0)
        self.unit, period = np.nonzero(there)
        self.y, self.head = y[there], head[there]
        self.pilot = self.panel.treated
        self.after, ours = period >= self.panel.starts[0], self.pilot[self.unit]
        for arm in (ours, ~ours):
            for side in (self.after, ~self.after):
                if not self.y[arm & side].sum() > 0:
                    raise RefusedError("nobody left an arm before or after the start")
        self.x = (ours & self.after).astype(float)
        _, which = np.unique(period, return_inverse=True)
        self.periods = int(which.max()) + 1
        self.others = np.column_stack([np.eye(len(self.pilot))[self.unit], np.eye(self.periods)[which][:, 1:]])

    def expected(self, effect):
        """The expected counts and the last coefficient, with the effect or without, by weighted least squares.

        Each step regresses log mean + (count − mean)/mean on the columns, cells weighing their mean, until nothing
        moves (McCullagh and Nelder 1989, section 2.5).
        """
        columns = np.column_stack([self.others, self.x]) if effect else self.others
        if len(orthonormal(columns).T) < columns.shape[1]:
            raise RefusedError("the effect cannot be told from trusts and periods")
        mean, before = self.y + 0.5, math.inf
        for _ in range(100):
            root, worked = np.sqrt(mean), np.log(mean / self.head) + (self.y - mean) / mean
            slopes = np.linalg.lstsq(columns * root[:, None], worked * root, rcond=None)[0]
            with np.errstate(over="ignore"):
                mean = self.head * np.exp(columns @ slopes)
            moved = float(np.abs(slopes - before).max())
            if moved < 1e-12 or not np.isfinite(mean).all() or not (mean > 0).all():
                break
            before = slopes
        if not moved < 1e-9:
            raise RefusedError("the model of counts has no answer")
        return mean, float(slopes[-1])

    def error(self, mean):
        """CR1 of the effect, trusts being clusters."""
        root = np.sqrt(mean)
        left = remains(self.x * root, self.others * root[:, None])
        g, n, k = len(self.pilot), len(self.y), self.periods + 1
        scores = np.bincount(self.unit, left / root * (self.y - mean), g)
        raw = float((scores**2).sum()) / float(left @ left) ** 2
        return math.sqrt(raw * g / (g - 1) * (n - 1) / (n - k))

    def test(self, seed):
        """p of the permutation test of the score and the number of allocations; None where no set has both arms."""
        mean, _ = self.expected(False)
        g = len(self.pilot)
        more = np.bincount(self.unit, (self.y - mean) * self.after, g)
        due = np.bincount(self.unit, mean * self.after, g)
        columns, sets = (more, due, np.zeros(g), due, due * self.pilot), []
        for places in self.panel.by_set():
            arm = self.pilot[places]
            if arm.any() and not arm.all():
                sets.append(([column[places] for column in columns], arm))
        if not sets:
            return None, None
        share = np.concatenate([one[0][one[1] > 0] / one[1][one[1] > 0] for one, _ in sets])
        draws, count = Blocks(sets, float(np.std(share))).draws(seed)
        return draws.p(), count


def leavers_as_counts(panel, y, head, plan):
    """The two rows of the check “counts”, by name."""
    one = Leaving(panel, y, head, plan.missing)
    mean, effect = one.expected(True)
    treated = one.x > 0
    rate = float(one.y[treated].sum() / one.head[treated].sum())
    pilots = int(one.pilot.sum())
    ratio = row(att=effect, n_trusts_t=pilots, n_trusts_c=len(one.pilot) - pilots, seed=plan.seed)
    if pilots >= FEWEST_PILOTS:
        se, df = one.error(mean), len(one.pilot) - 1
        reach = t_reach(plan.alpha, df, se)
        p, count = one.test(plan.seed)
        ratio.update(se=se, df=df, lo=effect - reach, hi=effect + reach, p_perm=p, n_perm=count)
    people = {**ratio, "se": None, "df": None}
    for column in ("att", "lo", "hi"):
        people[column] = None if ratio[column] is None else rate * -math.expm1(-ratio[column])
    return {"log rate ratio": ratio, "rate difference": people}
