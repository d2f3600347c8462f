"""Analysis of covariance: the mean after on the arm, with the mean before and the matched sets held fixed. Pure.

Sources: Frison and Pocock (1992); Vickers and Altman (2001); docs/adr/0003-evaluation.md. With matched sets the effect
is the least squares mean over sets, in which a set counts by how evenly it is divided between the arms.
"""

import numpy as np

from pilot.errors import BadInput
from pilot.metrics.kernel.estimates import FEWEST_PILOTS, ArmMeans, Estimate, Found, left_out
from pilot.metrics.kernel.grid import Floats, Grid, Wholes
from pilot.metrics.kernel.inference import Cells, Design, infer, numbered, one_number
from pilot.metrics.kernel.lots import Lots
from pilot.metrics.kernel.regression import NOTHING, Ground
from pilot.metrics.plan import Plan


def estimate(grid: Grid, plan: Plan, *, brief: bool = False) -> Found:
    """The effect between units that were at one level before, in the outcome's unit; no path over event times.

    `se` and `df` are Bell and McCaffrey's (CR2 by cluster), or CR1's with t(G − 1) if the plan's test is “cluster”.
    `brief` gives the error and the plan's p-value and no more.
    Raises BadInput when starts differ, values may be missing, or the baseline tells nothing.
    """
    if grid.missing != "complete":
        raise BadInput("The estimator “ancova” needs every period of a unit: set “missing” to “complete”.")
    if len(grid.starts) > 1:
        starts = ", ".join(str(start) for start in grid.starts)
        raise BadInput(f"The estimator “ancova” needs one start for all treated units, but the panel has {starts}.")
    one = _Units(grid)
    cells, spread = one.cells(), float(np.std(one.before, ddof=1))
    att = float(cells.fit().coefficients[0])
    found = Estimate(
        outcome=grid.outcome,
        estimand="simple",
        estimator="ancova",
        att=att,
        pilots=one.means(one.pilot),
        controls=one.means(~one.pilot),
        n_pilots=int(one.pilot.sum()),
        n_controls=int((~one.pilot).sum()),
        test=plan.test,
        alpha=plan.alpha,
        seed=plan.seed,
        confirmatory=one.clusters(one.pilot) >= FEWEST_PILOTS,
        sd_units=att / spread if spread > 0 else None,
        n_sets=len(set(one.set_id)),
        dropped=one.dropped,
        notes=(*grid.notes, *one.notes, *one_number(plan)),
    )
    if found.confirmatory:
        fewest = min(one.clusters(one.pilot), one.clusters(~one.pilot))
        found = infer(found, cells, Design(one.lots, fewest, "CR2"), plan, brief=brief)
    return Found((found,), (), ())


class _Units:
    """The units whose matched set has both arms, in the order of their sets and clusters."""

    def __init__(self, grid: Grid) -> None:
        arms: dict[str, set[bool]] = {}
        for set_id, pilot in zip(grid.set_id, grid.treated.tolist(), strict=True):
            arms.setdefault(set_id, set()).add(pilot)
        kept = [i for i in range(len(grid.names)) if len(arms[grid.set_id[i]]) == 2]
        if not kept:
            raise BadInput("There is nothing to compare: no matched set has both a pilot and a control.")
        order = sorted(kept, key=lambda i: (grid.set_id[i], grid.cluster[i], grid.names[i]))
        first = int(grid.place[grid.treated][0])
        self.before: Floats = grid.y[order, :first].mean(axis=1)
        self.after: Floats = grid.y[order, first:].mean(axis=1)
        self.pilot = grid.treated[order]
        self.weight: Floats = grid.weight[order]
        self.set_id = [grid.set_id[i] for i in order]
        self.cluster: Wholes = numbered([grid.cluster[i] for i in order])
        # one period: pilots are treated from place 0 on, controls from place 1 on, which never comes
        self.lots = Lots([grid.cluster[i] for i in order], self.set_id, (~self.pilot).astype(np.int64), self.cluster)
        alone = [name for i, name in enumerate(grid.names) if i not in set(kept)]
        self.dropped = (*grid.dropped, *alone)
        self.notes = left_out(len(alone), "no pilot or no control in the matched set")

    def cells(self) -> Cells:
        """The regression: one cell for each unit. Raises BadInput when nothing can be adjusted for."""
        sets = numbered(self.set_id)
        members = (np.arange(sets.max() + 1)[:, None] == sets).astype(float)
        before, after = self.before - self.before.mean(), self.after - self.after.mean()
        within = Ground(members, self.weight, self.cluster).clear(before)
        if np.linalg.norm(within) <= NOTHING * np.linalg.norm(self.before):
            raise BadInput(
                "The estimator “ancova” needs units that differ before the start, but they do not: use “did”."
            )
        if len(before) < len(members) + 3:
            raise BadInput(f"There are {len(before)} units, too few to adjust for the time before their start.")
        ground = Ground(np.vstack([members, before]), self.weight, self.cluster)
        place, treated = np.zeros(len(before), dtype=np.int64), self.pilot.astype(float)
        return Cells(ground, after, place, treated, len(members) + 1)

    def means(self, arm: np.ndarray) -> ArmMeans:
        """An arm's weighted means; they are not adjusted, so their difference is not the effect."""
        before, after = (float(np.average(v[arm], weights=self.weight[arm])) for v in (self.before, self.after))
        return ArmMeans(before, after, int(arm.sum()), int(arm.sum()))

    def clusters(self, arm: np.ndarray) -> int:
        """The number of clusters in an arm."""
        return len(set(self.cluster[arm].tolist()))
