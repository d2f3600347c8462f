"""Tidy panels for the tests of estimators: drawn with a seed, or built from numbers."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from pilot.metrics.kernel.grid import Grid
from pilot.metrics.panel import Panel, Unit
from pilot.metrics.plan import Missing


def a_panel(
    y: ArrayLike,
    start: Sequence[int],
    *,
    sets: Sequence[str] | None = None,
    cluster: Sequence[str] | None = None,
    weight: Sequence[float] | None = None,
    periods: Sequence[int] | None = None,
) -> Panel:
    """A panel with the outcome "morale"; `y` is units × periods, NaN where missing; periods are 1, 2, … by default."""
    values = np.asarray(y, dtype=float)
    units = tuple(
        Unit(
            f"T{i:03d}",
            int(start[i]),
            sets[i] if sets else "",
            cluster[i] if cluster else f"T{i:03d}",
            float(weight[i]) if weight is not None else 1.0,
            i + 2,
        )
        for i in range(len(values))
    )
    rows = tuple(tuple(None if np.isnan(v) else float(v) for v in row) for row in values)
    return Panel(units, tuple(periods or range(1, values.shape[1] + 1)), {"morale": rows})


def a_grid(panel: Panel, missing: Missing = "complete") -> Grid:
    """The panel in numbers."""
    return Grid(panel, "morale", missing)


def drawn_values(
    units: int, periods: int, start: Sequence[int], *, seed: int = 0, effect: float = 0.4
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Values of units that drift, each with a level of its own, and that rise by `effect` from their start on."""
    chance = np.random.default_rng(seed)
    drift = 0.3 * chance.normal(size=(units, periods)).cumsum(axis=1)
    begun = np.arange(1, periods + 1)[None, :] >= np.where(np.array(start) == 0, periods + 1, start)[:, None]
    return chance.normal(size=(units, 1)) + drift + 0.2 * chance.normal(size=(units, periods)) + effect * begun
