"""The spread between units before anyone starts, in which an effect can be told. Pure."""

import numpy as np

from pilot.metrics.kernel.grid import Grid


def in_sd(grid: Grid, att: float) -> float | None:
    """`att` divided by the standard deviation over units of the mean before the first start; None without a spread."""
    before = grid.y[:, : int(grid.place.min())]
    spread = float(np.std(before.mean(axis=1), ddof=1))
    return att / spread if spread > 0 else None
