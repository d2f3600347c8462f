"""The wild cluster bootstrap of one coefficient, with the effect under test imposed and CR1 as its measure. Pure.

Sources: Cameron, Gelbach and Miller (2008); MacKinnon, Nielsen and Webb (2023) for working with clusters only; Webb
(2023) for the six points. The effect δ under test enters every bootstrap statistic as a quadratic, so that one pass
over the draws serves the p-value and the whole interval.
"""

import numpy as np

from pilot.metrics.kernel.grid import Floats
from pilot.metrics.kernel.permutation import Statistics
from pilot.metrics.kernel.regression import Ground

DRAWS = 9_999
SIGNS_FROM = 12
"""With fewer clusters the signs alone give too few different values, so Webb's six points are drawn."""

SIX_POINTS = np.array([-np.sqrt(1.5), -1.0, -np.sqrt(0.5), np.sqrt(0.5), 1.0, np.sqrt(1.5)])


def bootstrap(ground: Ground, y: Floats, x: Floats, seed: int) -> tuple[Statistics, int, bool]:
    """The statistics of y (cells) on x (cells); the number of draws; whether they are all that there are.

    The first row is what was observed: with all weights 1 the bootstrap gives the data back. So the p-value is
    #/2^G where all signs are enumerated and (1 + #)/(1 + B) where B are drawn.
    """
    outcome, cause = ground.clear(y), ground.clear(x)
    weights, count, enumerated = _weights(ground.clusters, seed)
    whole = float(cause @ cause)
    c0, c1 = ground.sums(cause * outcome), ground.sums(cause * cause)
    of_x = ground.sums(ground.basis * cause).T
    of_y = ground.sums(ground.basis * outcome).T
    # how much the weight of one cluster moves the score of another
    moves0 = np.diag(c0) - of_x @ of_y.T - np.outer(c1, c0) / whole
    moves1 = np.diag(c1) - of_x @ of_x.T - np.outer(c1, c1) / whole
    s0, s1 = weights @ moves0.T / whole, weights @ moves1.T / whole
    rows = np.stack(
        [
            weights @ c0 / whole,
            weights @ c1 / whole,
            np.einsum("bg,bg->b", s0, s0),
            np.einsum("bg,bg->b", s0, s1),
            np.einsum("bg,bg->b", s1, s1),
        ]
    )
    spread = float(np.sqrt(outcome @ outcome / whole))
    return Statistics(rows.T, spread), count, enumerated


def _weights(clusters: int, seed: int) -> tuple[Floats, int, bool]:
    """Weights for each draw and cluster, the first row all 1."""
    if clusters >= SIGNS_FROM and 2**clusters <= DRAWS:
        bits = np.arange(2**clusters)[:, None] >> np.arange(clusters)
        return 1.0 - 2.0 * (bits & 1), 2**clusters, True
    chance = np.random.default_rng(seed)
    if clusters >= SIGNS_FROM:
        drawn = 2.0 * chance.integers(0, 2, (DRAWS, clusters)) - 1.0
    else:
        drawn = SIX_POINTS[chance.integers(0, 6, (DRAWS, clusters))]
    return np.vstack([np.ones(clusters), drawn]), DRAWS, False
