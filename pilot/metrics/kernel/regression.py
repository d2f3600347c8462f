"""Weighted least squares on the cells of a panel, with errors that allow for clusters. Pure.

Sources: Frisch and Waugh (1933) for partialling out; Liang and Zeger (1986) for CR0 and CR1; Bell and McCaffrey (2002)
for CR2; Pustejovsky and Tipton (2018) for CR2 with weights and absorbed effects and for Satterthwaite's degrees of
freedom. The working model is independent cells of equal spread, as in clubSandwich for least squares.
"""

import itertools
import math

import numpy as np

from pilot.errors import BadInput
from pilot.metrics.kernel.grid import Floats, Wholes

NOTHING = 1e-9
"""What is left of a column, as a share of it, below which it follows from the others."""

FEW = "There are too few units for a standard error of the regression."


class Ground:
    """What regressions on the same cells share: weights, clusters, and the columns that are only held fixed.

    `nuisance` is columns × cells. `cluster` and `within` number the cells from 0 and never fall from one cell to the
    next; `within` absorbs an effect for each of its groups, which lie in one cluster and have one weight (units do).
    """

    def __init__(self, nuisance: Floats, weight: Floats, cluster: Wholes, within: Wholes | None = None) -> None:
        self.root: Floats = np.sqrt(weight / weight.mean())
        self.cluster, self.within = cluster, within
        self.begins = np.flatnonzero(np.diff(cluster, prepend=-1))
        self.clusters = len(self.begins)
        self.cells = len(cluster)
        if within is not None:
            self._groups = np.flatnonzero(np.diff(within, prepend=-1))
            self._sizes = np.diff(self._groups, append=self.cells)
        centred = self.centred(nuisance * self.root)
        lengths = np.linalg.norm(centred, axis=1)
        kept = lengths > NOTHING * np.linalg.norm(nuisance * self.root, axis=1)
        _, size, rows = np.linalg.svd(centred[kept] / lengths[kept, None], full_matrices=False)
        self.basis: Floats = rows[size > NOTHING * size.max(initial=0.0)]

    def clear(self, rows: Floats) -> Floats:
        """What the columns that are held fixed leave of each row, times the root of the weights; … × cells."""
        centred = self.centred(rows * self.root)
        cleared: Floats = centred - (centred @ self.basis.T) @ self.basis
        return cleared

    def sums(self, rows: Floats) -> Floats:
        """The sum over each cluster; … × clusters."""
        summed: Floats = np.add.reduceat(rows, self.begins, axis=-1)
        return summed

    def same_group(self, place: slice) -> Floats:
        """The projection on the absorbed effects among these cells, cells × cells."""
        size = place.stop - place.start
        if self.within is None:
            return np.zeros((size, size))
        here = self.within[place]
        same = here[:, None] == here[None, :]
        shared: Floats = same / same.sum(axis=0)
        return shared

    def centred(self, rows: Floats) -> Floats:
        """The rows, already times the root of the weights, less the effects that are absorbed."""
        if self.within is None:
            return rows
        means = np.add.reduceat(rows, self._groups, axis=-1) / self._sizes
        return rows - np.repeat(means, self._sizes, axis=-1)


def independent(ground: Ground, x: Floats) -> list[int]:
    """Which rows of `x` do not follow from what is held fixed and the rows before them."""
    cleared, kept = ground.clear(x), []
    basis = np.zeros((0, ground.cells))
    for place, (row, whole) in enumerate(zip(cleared, x, strict=True)):
        rest = row - (basis @ row) @ basis
        rest = rest - (basis @ rest) @ basis
        if (length := float(np.linalg.norm(rest))) > NOTHING * float(np.linalg.norm(whole * ground.root)):
            kept.append(place)
            basis = np.vstack([basis, rest / length])
    return kept


class Fit:
    """`y` (cells) regressed on the rows of `x` (columns × cells). Raises BadInput when a row follows from others."""

    def __init__(self, ground: Ground, y: Floats, x: Floats) -> None:
        if len(independent(ground, x)) < len(x):
            raise BadInput("The effect cannot be told from the other columns of the regression: they move together.")
        self.ground = ground
        self.x, outcome = ground.clear(x), ground.clear(y)
        self._rows, triangle = (part.T for part in np.linalg.qr(self.x.T))
        inverse = np.linalg.inv(triangle.T)
        self.bread: Floats = inverse @ inverse.T
        self.coefficients: Floats = inverse @ (self._rows @ outcome)
        self.residual: Floats = outcome - self.coefficients @ self.x

    def classical(self, counted: int) -> Floats:
        """The covariance if cells are independent and spread alike, as in a textbook; `counted` is as in cr1."""
        free = self.ground.cells - len(self.x) - counted
        if free < 1:
            raise BadInput(FEW)
        return self.bread * float(self.residual @ self.residual) / free

    def cr0(self) -> Floats:
        """The covariance of the coefficients from the sums of scores over clusters, without a factor."""
        scores = self.ground.sums(self.x * self.residual)
        covariance: Floats = self.bread @ (scores @ scores.T) @ self.bread
        return covariance

    def cr1(self, counted: int) -> Floats:
        """CR0 times G/(G − 1) · (N − 1)/(N − k), for G clusters and N cells, as Stata and pyfixest have it.

        k is the rows of `x` plus `counted`: every level of effects that do not lie within a cluster (the periods),
        none of those that do (the units), and 1 for a constant.
        """
        g, n, k = self.ground.clusters, self.ground.cells, len(self.x) + counted
        if g < 2 or n <= k:
            raise BadInput(FEW)
        return self.cr0() * g / (g - 1) * (n - 1) / (n - k)

    def cr2(self, place: int = 0) -> tuple[float, float | None]:
        """The standard error CR2 of one coefficient and its degrees of freedom, None where it has no spread at all."""
        ground = self.ground
        full = np.vstack([ground.basis, self._rows])
        left, right = full / ground.root, full * ground.root
        core = right @ right.T
        pull = (self.bread[place] @ self.x) * ground.root
        error = self.residual / ground.root
        square, own, a, b = 0.0, [], [], []
        for cells in self._clusters():
            before, after = left[:, cells], right[:, cells]
            free = np.eye(before.shape[1]) - ground.same_group(cells)
            both = before.T @ after
            v = _inverse_root(free - both - both.T + before.T @ core @ before) @ pull[cells]
            square += float(v @ error[cells]) ** 2
            own.append(float(v @ free @ v))
            a.append(before @ v)
            b.append(after @ v)
        return math.sqrt(square), _satterthwaite(np.array(own), np.array(a), np.array(b), core)

    def _clusters(self) -> list[slice]:
        begins = [*self.ground.begins.tolist(), self.ground.cells]
        return [slice(begin, end) for begin, end in itertools.pairwise(begins)]


def _inverse_root(block: Floats) -> Floats:
    """The symmetric root of the pseudo-inverse."""
    values, vectors = np.linalg.eigh(block)
    scale = np.where(values > 1e-10, 1 / np.sqrt(np.maximum(values, 1e-10)), 0.0)
    root: Floats = (vectors * scale) @ vectors.T
    return root


def _satterthwaite(own: Floats, a: Floats, b: Floats, core: Floats) -> float | None:
    """Twice the squared mean over the variance of the estimated variance, if the working model holds."""
    cross = a @ b.T
    products = np.diag(own) - cross - cross.T + a @ core @ a.T
    below = float(np.sum(products**2))
    return float(np.trace(products)) ** 2 / below if below > 0 else None
