"""Intervals for one figure alone and bands for many at once, from the scores of clusters. Pure.

Sources: Callaway and Sant'Anna (2021), section 4.1, for the multiplier bootstrap; Satterthwaite (1946) for the degrees
of freedom. The multipliers are Rademacher's (+1 or −1 with the same chance), one for each cluster. For few clusters the
reference is Student's t: the critical value of the bands is carried over from the normal distribution by its tail.
Measured on 600 panels of 8 periods without effect, where 95% is asked: intervals of event times held in 94% to 96%;
bands in 92% with 5 treated and 15 others, 94% with 10 and 30, 90% with starts of 4 and 6 and 30 others, and only 77%
with starts of 2 and 3 and 15 others.
"""

import math

import numpy as np

from pilot.metrics.kernel import tails
from pilot.metrics.kernel.clusters import Bools, Clusters
from pilot.metrics.kernel.grid import Floats

DRAWS = 9_999
"""Draws of the multipliers."""

CHUNK = 2_000


class Errors:
    """Standard errors, degrees of freedom, intervals and bands of figures with influence functions `psi`.

    `psi` is units × figures; `known` says of which figures the spread can be seen. `se` is the published error, the
    root of the squares of influence summed over clusters. Intervals, bands and p-values stand on `wide` instead: n
    clusters with one label spread around their own mean, so their squares are multiplied by n / (n − 1), as in Welch's
    test. The arrays have NaN for a figure whose spread cannot be seen or that does not vary at all.
    """

    def __init__(self, psi: Floats, known: Bools, clusters: Clusters) -> None:
        scores = clusters.sums(psi)
        size = np.bincount(clusters.label)[clusters.label]
        self.scores: Floats = scores * np.sqrt(size / np.maximum(size - 1, 1))[:, None]
        squares = self.scores**2
        total, below = squares.sum(axis=0), np.zeros(psi.shape[1])
        for label in np.unique(clusters.label):
            inside = clusters.label == label
            below += squares[inside].sum(axis=0) ** 2 / max(int(inside.sum()) - 1, 1)
        seen = known & (total > 0)
        self.se: Floats = np.sqrt(np.where(seen, np.sum(scores**2, axis=0), np.nan))
        self.wide: Floats = np.sqrt(np.where(seen, total, np.nan))
        self.df: Floats = np.where(seen, total**2 / np.where(below > 0, below, 1), np.nan)

    def p(self, att: float | Floats) -> Floats:
        """The p-value of each figure by Student's t."""
        found: Floats = 2 * tails.t_above(np.abs(att) / self.wide, self.df)
        return found

    def reach(self, alpha: float) -> Floats:
        """Half the width of each figure's own interval."""
        found: Floats = -tails.t_quantile(alpha / 2, self.df) * self.wide
        return found

    def band(self, alpha: float, seed: int) -> Floats:
        """Half the widths of bands that hold for all figures at once; never narrower than the single intervals."""
        known = np.isfinite(self.wide)
        if not known.any():
            return self.wide
        tail = tails.normal_above(critical(self.scores[:, known] / self.wide[known], alpha, seed))
        found: Floats = -tails.t_quantile(min(tail, alpha / 2), self.df) * self.wide
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
