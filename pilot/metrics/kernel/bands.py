"""Intervals for one figure alone and bands for many at once, from the scores of clusters. Pure.

Sources: Callaway and Sant'Anna (2021), section 4.1, for the multiplier bootstrap; Satterthwaite (1946) for the degrees
of freedom. The multipliers are Rademacher's (+1 or −1 with the same chance), one for each cluster. For few clusters the
reference is Student's t: the critical value of the bands is carried over from the normal distribution by its tail.
"""

import math

import numpy as np
from scipy import stats

from pilot.metrics.kernel.clusters import Bools, Clusters
from pilot.metrics.kernel.grid import Floats

DRAWS = 9_999
"""Draws of the multipliers."""

CHUNK = 2_000


class Errors:
    """Standard errors, degrees of freedom, intervals and bands of figures with influence functions `psi`.

    `psi` is units × figures; `known` says of which figures the spread can be seen. `se` and `df` are NaN for the rest
    and for a figure that does not vary at all.
    """

    def __init__(self, psi: Floats, known: Bools, clusters: Clusters) -> None:
        self.scores = clusters.sums(psi)
        squares = self.scores**2
        total = squares.sum(axis=0)
        self.se: Floats = np.sqrt(np.where(known & (total > 0), total, np.nan))
        below = np.zeros_like(total)
        for label in np.unique(clusters.label):
            inside = clusters.label == label
            below += squares[inside].sum(axis=0) ** 2 / max(int(inside.sum()) - 1, 1)
        self.df: Floats = np.where(np.isnan(self.se), np.nan, total**2 / np.where(below > 0, below, 1))

    def reach(self, alpha: float) -> Floats:
        """Half the width of each figure's own interval."""
        found: Floats = stats.t.isf(alpha / 2, self.df) * self.se
        return found

    def band(self, alpha: float, seed: int) -> Floats:
        """Half the widths of bands that hold for all figures at once; never narrower than the single intervals."""
        known = np.isfinite(self.se)
        if not known.any():
            return self.se
        tail = float(stats.norm.sf(critical(self.scores[:, known] / self.se[known], alpha, seed)))
        found: Floats = stats.t.isf(min(tail, alpha / 2), self.df) * self.se
        return found


def critical(scores: Floats, alpha: float, seed: int) -> float:
    """What the largest of the studentised figures exceeds in a share `alpha` of the draws.

    `scores` are clusters × figures, each figure's squares summing to 1. The same seed gives the same number.
    """
    chance = np.random.default_rng(seed)
    largest = []
    for begin in range(0, DRAWS, CHUNK):
        size = min(CHUNK, DRAWS - begin)
        signs = 2.0 * chance.integers(0, 2, (size, len(scores)), dtype=np.int8) - 1.0
        largest.append(np.abs(signs @ scores).max(axis=1))
    return float(np.sort(np.concatenate(largest))[math.ceil((1 - alpha) * (DRAWS + 1)) - 1])
