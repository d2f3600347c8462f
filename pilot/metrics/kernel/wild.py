"""The wild cluster bootstrap of one coefficient, with the effect under test imposed and CR1 as its measure. Pure.

Sources: Cameron, Gelbach and Miller (2008); MacKinnon, Nielsen and Webb (2023) for working with clusters only; Webb
(2023) for the six points. The effect δ under test enters every bootstrap statistic as a quadratic, so that one pass
over the draws serves the p-value and the whole interval.
"""

from collections.abc import Iterator

import numpy as np

from pilot.metrics.kernel.estimates import DRAWS
from pilot.metrics.kernel.grid import Floats
from pilot.metrics.kernel.inversion import Statistics
from pilot.metrics.kernel.reassignment import FEW_DRAWS, WORK
from pilot.metrics.kernel.regression import Ground

SIGNS_FROM = 12
"""With fewer clusters the signs alone give too few different values, so Webb's six points are drawn."""

SIX_POINTS = np.array([-np.sqrt(1.5), -1.0, -np.sqrt(0.5), np.sqrt(0.5), 1.0, np.sqrt(1.5)])

CHUNK = 10_000
"""Draws made at once, which keeps the memory small."""

BLOCK = 1_000
"""Draws worked through at once, few enough to stay in the processor's cache."""


def bootstrap(ground: Ground, y: Floats, x: Floats, seed: int) -> tuple[Statistics, int, bool]:
    """The statistics of y (cells) on x (cells); the number of draws; whether they are all that there are.

    The first row is what was observed: with all weights 1 the bootstrap gives the data back. So the p-value is
    #/2^G where all signs are enumerated and (1 + #)/(1 + B) where B are drawn.
    """
    outcome, cause = ground.clear(y), ground.clear(x)
    size = float(cause @ cause)
    scores = _Scores(ground, outcome, cause / size)
    enumerated = ground.clusters >= SIGNS_FROM and 2**ground.clusters <= DRAWS
    every = _signs(ground.clusters) if enumerated else _drawn(ground.clusters, seed)
    blocks = (weights[begin : begin + BLOCK] for weights in every for begin in range(0, len(weights), BLOCK))
    rows = np.hstack([scores.run(weights) for weights in blocks])
    spread = float(np.sqrt(outcome @ outcome / size))
    return Statistics(rows.T, spread), rows.shape[1] - (not enumerated), enumerated


class _Scores:
    """How the clusters' weights make the estimate and the scores of the clusters."""

    def __init__(self, ground: Ground, outcome: Floats, cause: Floats) -> None:
        """`cause` is already divided by its sum of squares, so that it gives the estimate."""
        size = 1 / float(cause @ cause)
        c0, c1 = ground.sums(cause * outcome), ground.sums(cause * cause) * size
        directions = np.vstack([ground.basis, cause * np.sqrt(size)])
        pull = ground.sums(directions * cause)
        of_y, of_x = ground.sums(directions * outcome), pull * size
        self.effects = np.column_stack([c0, c1])
        self.scores = np.hstack([np.diag(c0) - of_y.T @ pull, np.diag(c1) - of_x.T @ pull])

    def run(self, weights: Floats) -> Floats:
        """(effect, its slope in δ, V, V1, V2), 5 × draws: residuals less what the regression takes back out."""
        scores = weights @ self.scores
        s0, s1 = np.hsplit(scores, 2)
        variances = [np.einsum("bg,bg->b", one, other) for one, other in ((s0, s0), (s0, s1), (s1, s1))]
        return np.vstack([(weights @ self.effects).T, variances])


def _signs(clusters: int) -> Iterator[Floats]:
    """Every way to give signs, all of them + at first."""
    count = 2**clusters
    for begin in range(0, count, CHUNK):
        bits = np.arange(begin, min(begin + CHUNK, count))[:, None] >> np.arange(clusters)
        yield np.where(bits & 1, -1.0, 1.0)


def _drawn(clusters: int, seed: int) -> Iterator[Floats]:
    """All weights 1, then those drawn: 99,999 times, or 9,999 above a hundred clusters. A seed gives the same draws."""
    chance = np.random.default_rng(seed)
    points = np.array([-1.0, 1.0]) if clusters >= SIGNS_FROM else SIX_POINTS
    yield np.ones((1, clusters))
    draws = DRAWS if DRAWS * clusters <= WORK else FEW_DRAWS
    for begin in range(0, draws, CHUNK):
        yield points[chance.integers(0, len(points), (min(CHUNK, draws - begin), clusters))]
