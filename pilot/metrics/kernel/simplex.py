"""Weights that are none below 0 and sum to 1 and bring weighted columns nearest to a target. Pure.

Two ways to the same minimum. `stepwise` goes the way of Frank and Wolfe (1956) exactly as far as synthdid for R goes
(Arkhangelsky and others 2021): with its pause that sets small weights to 0 and its rule for stopping, which comes
before the minimum where that is flat, so that the weights agree with the published ones. `exact` finds the minimum
itself, hundreds of times faster, by the non-negative least squares of Lawson and Hanson (1974).
"""

import math

import numpy as np
from scipy.optimize import nnls

from pilot.metrics.kernel.grid import Floats

FIRST, MOST = 100, 10_000
"""Steps before small weights are set to 0, and after."""

SMALL = 0.25
"""Weights up to this share of the largest are set to 0 at the pause; later steps may bring them back."""


def exact(a: Floats, b: Floats, zeta: float) -> Floats:
    """The x of the simplex with the smallest ζ²|x|² + |ax − b|² / rows. `a` is rows × weights, ζ is 0 or more.

    On the simplex that is |Hx|² with b taken from every column. The x ≥ 0 that minimises |Hx|² + (Σx − 1)² points the
    same way, since for each direction only its length is open.
    """
    rows, size = a.shape
    h = np.vstack([a - b[:, None], math.sqrt(rows) * zeta * np.eye(size)])
    largest = float(np.abs(h).max()) or 1.0
    x, _ = nnls(np.vstack([h / largest, np.ones(size)]), np.append(np.zeros(len(h)), 1.0), maxiter=30 * size)
    found: Floats = x / x.sum()
    return found


def stepwise(a: Floats, b: Floats, zeta: float, least: float) -> Floats:
    """The same, stopping at the first step that lowers the value by no more than `least`²."""
    descent, size = _Descent(a, b, zeta), a.shape[1]
    x = descent.run(np.full(size, 1 / size), least, FIRST)
    x[x <= SMALL * x.max()] = 0
    return descent.run(x / x.sum(), least, MOST)


class _Descent:
    """The problem, held by its products, so that a step costs no more than a few rows of weights."""

    def __init__(self, a: Floats, b: Floats, zeta: float) -> None:
        self.gram, self.target, self.constant = a.T @ a, b @ a, float(b @ b)
        self.diagonal, self.rows, self.eta = np.diag(self.gram).copy(), len(a), len(a) * zeta**2

    def run(self, x: Floats, least: float, steps: int) -> Floats:
        """Step after step towards the corner of the simplex to which the slope falls most, as far as it pays."""
        image, value = self.gram @ x, math.inf
        for step in range(steps):
            slope = image - self.target + self.eta * x
            corner = int(slope.argmin())
            fall = float(slope @ x - slope[corner])
            curve = float(self.diagonal[corner] - 2 * image[corner] + x @ image)
            curve += self.eta * float(1 - 2 * x[corner] + x @ x)
            length = min(1.0, max(0.0, fall / curve)) if curve > 0 else 0.0
            x *= 1 - length
            x[corner] += length
            image *= 1 - length
            image += length * self.gram[corner]
            now = float(self.eta * (x @ x) + x @ image - 2 * (self.target @ x) + self.constant) / self.rows
            if step and value - now <= least**2:
                break
            value = now
        return x
