"""Means of group-time effects: simple, dynamic, group, calendar and by event time, with their influence. Pure.

Source: Callaway and Sant'Anna (2021), section 3. A mean of cells counts each by the weight of its group; as these
weights are estimated too, their influence is part of each mean's.
"""

import numpy as np

from pilot.metrics.kernel.clusters import Bools
from pilot.metrics.kernel.grid import Floats, Wholes
from pilot.metrics.kernel.group_times import GroupTimes


class Mean:
    """A mean of cells: `att`; `share`, what each cell counts in it (they sum to 1); `psi`, each unit's influence."""

    def __init__(self, cells: GroupTimes, slices: list[Bools], factor: Floats) -> None:
        self.share, self.att, self.psi = np.zeros(len(cells.att)), 0.0, np.zeros(len(cells.weight))
        for inside in slices:
            part = inside * factor * cells.mass[cells.label]
            share = part / part.sum()
            att = float(share @ cells.att)
            pull = np.zeros(len(cells.mass))  # how the mean moves when one label weighs more
            np.add.at(pull, cells.label, inside * factor * (cells.att - att) / part.sum())
            self.share += share / len(slices)
            self.att += att / len(slices)
            self.psi += (cells.psi @ share + cells.weight * pull[cells.unit_label]) / len(slices)


def mean(cells: GroupTimes, aggregate: str) -> Mean:
    """The mean of the cells from their start on.

    "simple" counts every treated unit in every period alike; "dynamic" is the mean over event times 0 and later of
    the mean at each; "group" counts every treated unit alike, each with the mean over its periods; "calendar" is the
    mean over periods of the mean in each.
    """
    after, even = cells.after, np.ones(len(cells.att))
    if aggregate == "dynamic":
        return Mean(cells, _split(after, cells.event_time), even)
    if aggregate == "calendar":
        return Mean(cells, _split(after, cells.time), even)
    if aggregate == "group":
        periods = np.bincount(cells.label[after], minlength=len(cells.mass))
        return Mean(cells, [after], 1 / np.maximum(periods, 1)[cells.label])
    return Mean(cells, [after], even)


def event_times(cells: GroupTimes) -> list[tuple[int, Mean]]:
    """The mean at each event time. A group's base period counts as the 0 that it is by definition, as in R's did."""
    even = np.ones(len(cells.att))
    return [(int(e), Mean(cells, [cells.event_time == e], even)) for e in np.unique(cells.event_time)]


def _split(inside: Bools, by: Wholes) -> list[Bools]:
    return [inside & (by == value) for value in np.unique(by[inside])]
