"""A regression run again for every other way the lottery could have fallen, studentised by CR0. Pure.

A constant effect δ taken away from the treated cells turns y into y − δ·treated, so each statistic is a quadratic in δ.
A constant factor of the error, such as CR1's, changes no comparison and is left out.
"""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from pilot.metrics.kernel.estimates import DRAWS, ENUMERATE_UP_TO
from pilot.metrics.kernel.grid import Floats, Wholes
from pilot.metrics.kernel.inversion import Statistics
from pilot.metrics.kernel.lots import Codes, Lots
from pilot.metrics.kernel.permutation import crossed
from pilot.metrics.kernel.regression import NOTHING, Ground

WORK = 10_000_000
"""Cells times runs that are worked through at most where every run takes the whole panel."""

FEW_DRAWS = 9_999
"""Draws where more would be too much work."""

CHUNK = 1_000_000
"""Numbers held at once, which keeps the memory small."""

BLOCK = 4_096
"""Allocations worked through at once where each is a few sums, which then stay in the processor's cache."""


def statistics(ground: Ground, y: Floats, place: Wholes, lots: Lots, seed: int) -> tuple[Statistics, int, bool]:
    """The statistics of all allocations, or of the real one and those drawn; their number; whether they are all.

    `place` is the place of each cell's period; a cell is treated from its cluster's start on. All allocations are run
    up to two million, else 99,999 are drawn. Where what is held fixed moves with the allocation in more than one way
    (gaps, weights, clusters of different size) each run takes longer, so fewer are made: 9,999 in large panels.
    """
    panel = Panels(ground, y, place, lots)
    sums = ClusterSums(panel)
    runs = sums if sums.enough else panel
    most = ENUMERATE_UP_TO if sums.enough else WORK // ground.cells
    if lots.allocations <= min(most, ENUMERATE_UP_TO):
        return _gather(runs.all(), lots.allocations, panel.scale), lots.allocations, True
    draws = DRAWS if sums.enough or most >= DRAWS else FEW_DRAWS
    drawn = (runs.run(codes) for codes in lots.some(draws, seed, runs.size))
    return _gather(drawn, draws + 1, panel.scale), draws, False


def _gather(pieces: Iterable[Floats], count: int, scale: float) -> Statistics:
    rows, begin = np.empty((5, count)), 0
    for piece in pieces:
        rows[:, begin : begin + piece.shape[1]] = piece
        begin += piece.shape[1]
    return Statistics(rows.T, scale)


class Panels:
    """Runs the regression cell by cell; right for every panel."""

    def __init__(self, ground: Ground, y: Floats, place: Wholes, lots: Lots) -> None:
        self.ground, self.place, self.lots = ground, place, lots
        self.outcome = ground.clear(y)
        self.treated = ground.clear(self._indicator(lots.real[:, None])[0])
        self.whole = float(self.treated @ self.treated)
        self.scale = float(np.sqrt(np.mean(self.outcome**2)))
        self.size = max(1, CHUNK // ground.cells)

    def run(self, codes: Codes) -> Floats:
        """(effect, its slope in δ, V, V1, V2), 5 × allocations; NaN where the regression has no answer."""
        ground = self.ground
        cause = ground.clear(self._indicator(codes))
        own = ground.sums(cause * cause)
        whole = own.sum(axis=1)
        whole = np.where(whole > NOTHING * self.whole, whole, np.nan)
        with0, with1 = ground.sums(cause * self.outcome), ground.sums(cause * self.treated)
        a, b = with0.sum(axis=1) / whole, with1.sum(axis=1) / whole
        s0 = (with0 - a[:, None] * own) / whole[:, None]
        s1 = (with1 - b[:, None] * own) / whole[:, None]
        return np.stack([a, b, (s0 * s0).sum(axis=1), (s0 * s1).sum(axis=1), (s1 * s1).sum(axis=1)])

    def all(self) -> Iterator[Floats]:
        """The same of every allocation, piece by piece, the real one first."""
        return (self.run(codes) for codes in self.lots.all(self.size))

    def _indicator(self, codes: Codes) -> Floats:
        treated: Floats = (self.place >= self.lots.kinds[codes.T][:, self.ground.cluster]).astype(float)
        return treated


class ClusterSums:
    """Runs the same regression by adding up what each cluster brings, which is a hundred times as fast.

    What is held fixed takes γ·columns away from being treated. Within a matched set γ stays the same for all
    allocations but for what is not alike between clusters; `enough` is whether that lies in one direction at most:
    none in a balanced panel, the baseline in an analysis of covariance. Then, with g for γ along that direction,
    every sum over clusters is a polynomial in g whose coefficients are sums over clusters too.
    """

    def __init__(self, panel: Panels) -> None:
        ground, self.lots, self.scale, self.whole = panel.ground, panel.lots, panel.scale, panel.whole
        self.size = max(1, CHUNK // ground.clusters)
        levels = ground.centred((panel.place >= self.lots.kinds[:, None]) * ground.root)
        pulls = ground.sums(levels[:, None, :] * ground.basis)
        moving = self._moving(pulls)
        self.enough = len(moving) <= 1
        direction = moving.sum(axis=0) if self.enough else np.zeros(len(ground.basis))
        real = pulls[self.lots.real, :, np.arange(ground.clusters)].sum(axis=0)
        steady = real - (real @ direction) * direction
        p, q = levels - steady @ ground.basis, direction @ ground.basis
        every = np.ones((len(levels), 1))
        own = [ground.sums(p * p), -2 * ground.sums(p * q), every * ground.sums(q * q)]
        with0, with1 = ([ground.sums(p * y), -every * ground.sums(q * y)] for y in (panel.outcome, panel.treated))
        pairs = ((with0, with0), (with0, with1), (with1, with1), (with0, own), (with1, own), (own, own))
        self._parts = [own, with0, with1, *(_product(one, other) for one, other in pairs)]
        along = np.einsum("lkc,k->lc", pulls, direction)
        features = np.array([along, *(coefficient for part in self._parts for coefficient in part)])
        self._first = features[:, 0, :].sum(axis=1)
        self._steps = features[:, 1:, :] - features[:, :1, :]

    def run(self, codes: Codes) -> Floats:
        """As Panels.run."""
        return self._found(self._first[:, None] + self._added(slice(None), codes))

    def all(self) -> Iterator[Floats]:
        """As Panels.all. What each set adds is worked out once for each of its orders, and the sets are put together:
        first as many of the last sets as make a block, then that block for every way in which the others can lie."""
        order = sorted(zip(self.lots.sets, self.lots.tables, strict=True), key=lambda one: one[1].shape[1])
        members, last = order.pop()
        end = self._added(members, last[:, :1])
        while order and end.shape[1] * order[-1][1].shape[1] * last.shape[1] <= BLOCK:
            end = crossed(self._added(*order.pop()), end)
        begin = self._first[:, None]
        for one in order:
            begin = crossed(begin, self._added(*one))
        for at in range(0, last.shape[1], BLOCK):
            own = self._added(members, last[:, at : at + BLOCK]) - self._added(members, last[:, :1])
            block = crossed(end, own)
            step = max(1, BLOCK // block.shape[1])
            for left in range(0, begin.shape[1], step):
                yield self._found(crossed(begin[:, left : left + step], block))

    def _added(self, members: Wholes | slice, codes: Codes) -> Floats:
        """What these clusters add to every sum over clusters, for each column of their codes."""
        added = np.zeros((len(self._first), codes.shape[1]))
        for level, steps in enumerate(self._steps.transpose(1, 0, 2), start=1):
            added += steps[:, members] @ (codes == level).astype(float)
        return added

    def _found(self, sums: Floats) -> Floats:
        own, with0, with1, v00, v01, v11, v0, v1, vv = self._values(sums)
        whole = np.where(own > NOTHING * self.whole, own, np.nan)
        a, b = with0 / whole, with1 / whole
        cross = v01 - a * v1 - b * v0 + a * b * vv
        errors = np.stack([v00 - a * (2 * v0 - a * vv), cross, v11 - b * (2 * v1 - b * vv)])
        return np.vstack([a, b, errors / whole**2])

    def _values(self, sums: Floats) -> list[Floats]:
        """Each polynomial at its own g, with the lowest coefficient first among its sums."""
        g, values, begin = sums[0], [], 1
        for part in self._parts:
            value = np.zeros_like(g)
            for coefficient in sums[begin : begin + len(part)][::-1]:
                value = value * g + coefficient
            values.append(value)
            begin += len(part)
        return values

    def _moving(self, pulls: Floats) -> Floats:
        """The directions, as rows, in which γ differs between allocations: what row and column of a set do not tell."""
        rest = [np.zeros((1, pulls.shape[1]))]
        for members in self.lots.sets:
            table = pulls[np.unique(self.lots.real[members])][:, :, members]
            table = table - table.mean(axis=0) - table.mean(axis=2, keepdims=True) + table.mean(axis=(0, 2))[:, None]
            rest.append(table.transpose(0, 2, 1).reshape(-1, pulls.shape[1]))
        _, size, rows = np.linalg.svd(np.vstack(rest), full_matrices=False)
        return rows[size > NOTHING * max(1.0, float(np.abs(pulls).max(initial=0.0)))]


def _product(one: Sequence[Floats], other: Sequence[Floats]) -> list[Floats]:
    """The coefficients of the product of two polynomials, lowest first."""
    found = [np.zeros_like(one[0]) for _ in range(len(one) + len(other) - 1)]
    for i, left in enumerate(one):
        for j, right in enumerate(other):
            found[i + j] = found[i + j] + left * right
    return found
