"""A panel in numbers: units as rows, periods as columns, by the plan's rule for missing values. Pure."""

import numpy as np
from numpy.typing import NDArray

from pilot.errors import BadInput
from pilot.metrics.kernel.estimates import FEWEST_PILOTS, LACKING, left_out
from pilot.metrics.panel import Panel
from pilot.metrics.plan import Missing

Floats = NDArray[np.float64]
Wholes = NDArray[np.int64]

NEVER = 0
"""The start of a unit that does not start within the panel."""


class Grid:
    """One outcome of a panel. `y` is units × periods with NaN where a value is missing; rows are in order of names.

    `start` holds each unit's first treated period (a period, not its place), NEVER for a unit that does not start
    within the panel. `place[i]` is that start's column, the number of columns for NEVER. `notes` say in sentences
    which units were left out and why; `dropped` names them.
    """

    def __init__(self, panel: Panel, outcome: str, missing: Missing) -> None:
        y = np.array([[np.nan if v is None else v for v in row] for row in panel.outcomes[outcome]], dtype=float)
        there = np.isfinite(y).all(axis=1) if missing == "complete" else np.isfinite(y).any(axis=1)
        units = [unit for unit, kept in zip(panel.units, there, strict=True) if kept]
        self.outcome, self.missing, self.periods = outcome, missing, panel.periods
        self.y: Floats = y[there]
        self.names = tuple(unit.name for unit in units)
        self.set_id = tuple(unit.set_id for unit in units)
        self.cluster = tuple(unit.cluster for unit in units)
        self.weight: Floats = np.array([unit.weight for unit in units], dtype=float)
        last = panel.periods[-1]
        self.start: Wholes = np.array([NEVER if unit.start > last else unit.start for unit in units], dtype=np.int64)
        places = np.searchsorted(np.array(panel.periods), self.start)
        self.place: Wholes = np.where(self.start == NEVER, len(panel.periods), places).astype(np.int64)
        self.dropped = tuple(unit.name for unit, kept in zip(panel.units, there, strict=True) if not kept)
        self.notes = _notes(len(self.dropped), len(panel.units), missing)
        self._refuse_one_arm()

    @property
    def starts(self) -> tuple[int, ...]:
        """The different first treated periods, ascending."""
        return tuple(int(start) for start in np.unique(self.start[self.start != NEVER]))

    @property
    def treated(self) -> NDArray[np.bool_]:
        """Which units start within the panel."""
        treated: NDArray[np.bool_] = self.start != NEVER
        return treated

    @property
    def confirmatory(self) -> bool:
        """Whether enough clusters were treated for a test to keep its promise."""
        return len({self.cluster[i] for i in np.flatnonzero(self.treated)}) >= FEWEST_PILOTS

    def _refuse_one_arm(self) -> None:
        if not self.treated.any():
            raise BadInput("There is nothing to compare: no treated unit has the values that are needed.")
        if self.treated.all() and len(self.starts) < 2:
            raise BadInput("There is nothing to compare: no comparison unit has the values that are needed.")


def _notes(gone: int, units: int, missing: Missing) -> tuple[str, ...]:
    return left_out(gone, LACKING[missing], of=units)
