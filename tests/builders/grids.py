"""Panels for the kernel: a row of values for each unit, and when it starts."""

from collections.abc import Sequence

import numpy as np

from pilot.metrics.kernel.grid import Grid
from pilot.metrics.panel import Panel, Unit
from pilot.metrics.plan import Missing

Rows = Sequence[Sequence[float | None]]


def a_grid(
    rows: Rows,
    starts: Sequence[int],
    *,
    sets: Sequence[str] = (),
    clusters: Sequence[str] = (),
    weights: Sequence[float] = (),
    missing: Missing = "complete",
) -> Grid:
    """Units u000, u001, … with the periods 1, 2, …; `starts` has 0 for a unit that never starts."""
    units = tuple(
        Unit(
            name=f"u{n:03}",
            start=start,
            set_id=sets[n] if sets else "",
            cluster=clusters[n] if clusters else f"u{n:03}",
            weight=weights[n] if len(weights) else 1.0,
            line=n + 2,
        )
        for n, start in enumerate(starts)
    )
    values = tuple(tuple(None if v is None or np.isnan(v) else float(v) for v in row) for row in rows)
    return Grid(Panel(units, tuple(range(1, len(values[0]) + 1)), {"morale": values}), "morale", missing)
