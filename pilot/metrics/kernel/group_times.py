"""The effect in each period on the units that started together, with its influence function. Pure.

Source: Callaway and Sant'Anna (2021), Difference-in-differences with multiple time periods, Journal of Econometrics
225, without covariates.
"""

import numpy as np

from pilot.errors import BadInput
from pilot.metrics.kernel.clusters import Bools, labels
from pilot.metrics.kernel.grid import Floats, Grid, Wholes


class GroupTimes:
    """ATT(g,t) = E[Y_t − Y_b | G = g] − E[Y_t − Y_b | comparison] for every start g and period t of a grid.

    The base b is the last period of the panel before g, for periods before the start too (a universal base period):
    the cell t = b is 0 by definition, `reference`, and has no error. The comparison is the units that never start, or
    with `control` "not_yet" all units that have not started by the later of t and b, without the group itself. Means
    are weighted by the units' weights.

    `label`, `time` and `base` are places (of the start among `grid.starts`, of the periods among `grid.periods`), one
    for each cell, ordered by start and period. `att` is in the outcome's unit; `psi` is units × cells, each unit's
    influence: the error of a cell is the root of its sum of squares (over clusters, summed within them first).
    `mass` is the weight of each start's units, and of those that never start as its last entry. A cell without a
    comparison unit is left out; raises BadInput when no cell from the start on is left.
    """

    def __init__(self, grid: Grid, control: str) -> None:
        self.grid, self.unit_label, self.weight = grid, labels(grid), grid.weight
        _refuse(grid, control)
        starts, periods = len(grid.starts), len(grid.periods)
        self.places: Wholes = np.append(np.searchsorted(np.array(grid.periods), np.array(grid.starts)), periods)
        label, time = (axis.ravel() for axis in np.meshgrid(np.arange(starts), np.arange(periods), indexing="ij"))
        base = self.places[label] - 1
        compared = self._compared(label, np.maximum(time, base), control)
        self.mass: Floats = np.bincount(self.unit_label, self.weight, starts + 1).astype(float)
        kept = compared @ self.mass > 0
        self.label: Wholes = label[kept]
        self.time: Wholes = time[kept]
        self.base: Wholes = base[kept]
        self.compared = compared[kept]
        self.reference: Bools = self.time == self.base
        self.after: Bools = self.time > self.base
        self.att, self.psi = self._estimate()
        if not self.after.any():
            raise BadInput("There is nothing to compare: no unit is untreated once the first have started.")

    @property
    def event_time(self) -> Wholes:
        """Periods since the start by their names, 0 for the start itself."""
        grid = self.grid
        time: Wholes = np.array(grid.periods)[self.time] - np.array(grid.starts)[self.label]
        return time

    @property
    def effective(self) -> Bools:
        """Which starts have a cell from their start on, so that they are in the aggregates."""
        return np.isin(np.arange(len(self.mass)), self.label[self.after])

    @property
    def members(self) -> tuple[Bools, Bools]:
        """Which units (rows) are treated in each cell, and which are compared with."""
        treated: Bools = self.unit_label[:, None] == self.label
        return treated, self.compared[:, self.unit_label].T

    def coefficients(self, share: Floats) -> Floats:
        """periods × labels: what a unit's weighted value counts in the mean of the cells with these shares.

        They depend on the units only by the weight of each label, so they stay when starts are shuffled among units
        that weigh the same.
        """
        rows = np.arange(len(self.label))
        by_label = self.compared / -(self.compared @ self.mass)[:, None]
        by_label[rows, self.label] += 1 / self.mass[self.label]
        by_period = np.zeros((len(rows), len(self.grid.periods)))
        by_period[rows, self.time] += 1
        by_period[rows, self.base] -= 1
        found: Floats = by_period.T @ (share[:, None] * by_label)
        return found

    def _compared(self, label: Wholes, latest: Wholes, control: str) -> Bools:
        """cells × labels: who is compared with."""
        never = np.arange(len(self.places)) == len(self.places) - 1
        if control == "never":
            return np.tile(never, (len(label), 1))
        untreated = self.places[None, :] > latest[:, None]
        untreated[np.arange(len(label)), label] = False
        return untreated

    def _estimate(self) -> tuple[Floats, Floats]:
        y = self.grid.y
        change = y[:, self.time] - y[:, self.base]
        att, psi = np.zeros(len(self.label)), np.zeros_like(change)
        for members, sign in zip(self.members, (1.0, -1.0), strict=True):
            share = members * self.weight[:, None]
            share = share / share.sum(axis=0)
            mean = np.sum(share * change, axis=0)
            att += sign * mean
            psi += sign * share * (change - mean)
        return att, psi


def _refuse(grid: Grid, control: str) -> None:
    if grid.missing != "complete":
        raise BadInput("The estimator “callaway-santanna” needs units with every period: set “missing” to “complete”.")
    if np.any(grid.place == 0):
        name = grid.names[int(np.argmax(grid.place == 0))]
        raise BadInput(f"“{name}” starts before the panel has a period to compare with.")
    if control == "never" and grid.treated.all():
        raise BadInput("There is no unit that never starts: set “control” to “not_yet”.")
