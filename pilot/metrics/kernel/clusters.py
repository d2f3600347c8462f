"""What was drawn as a whole: each cluster's start and matched set, and sums of unit scores within clusters. Pure."""

import numpy as np
from numpy.typing import NDArray

from pilot.errors import BadInput
from pilot.metrics.kernel.grid import Floats, Grid, Wholes

Bools = NDArray[np.bool_]


class Clusters:
    """The clusters of a grid in order of their names; a unit without one is a cluster of its own.

    `code[i]` is the cluster of unit i; `label[c]` is the start of cluster c as its place among `grid.starts`, their
    number for a cluster that never starts; `set_id[c]` is its matched set. Raises BadInput for a cluster with two
    starts or in two sets, since it could not have been drawn as a whole.
    """

    def __init__(self, grid: Grid) -> None:
        names, code = np.unique(np.array(grid.cluster), return_inverse=True)
        self.code: Wholes = code.astype(np.int64)
        first = np.unique(self.code, return_index=True)[1]
        self.unit_label = labels(grid)
        self.label: Wholes = self.unit_label[first]
        sets = np.array(grid.set_id)
        self.set_id = tuple(str(name) for name in sets[first])
        _refuse(names, self.unit_label != self.label[self.code], self.code, "more than one start")
        _refuse(names, sets != sets[first][self.code], self.code, "more than one matched set")

    def __len__(self) -> int:
        return len(self.label)

    def count(self, label: int) -> int:
        """The number of clusters with this label."""
        return int(np.sum(self.label == label))

    def sums(self, scores: Floats) -> Floats:
        """The scores of units (units × anything) summed within clusters."""
        total = np.zeros((len(self), *scores.shape[1:]))
        np.add.at(total, self.code, scores)
        return total


def labels(grid: Grid) -> Wholes:
    """Each unit's start as its place among `grid.starts`; their number for units that never start."""
    starts = np.array(grid.starts)
    return np.where(grid.treated, np.searchsorted(starts, grid.start), len(starts)).astype(np.int64)


def _refuse(names: NDArray[np.str_], wrong: Bools, code: Wholes, what: str) -> None:
    if np.any(wrong):
        name = names[code[int(np.argmax(wrong))]]
        raise BadInput(f"Cluster “{name}” has {what}, but is drawn as a whole.")
