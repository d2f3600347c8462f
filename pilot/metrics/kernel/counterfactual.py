"""Synthetic difference in differences, and the synthetic control and plain difference beside it. Pure.

Source: Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021), Synthetic difference-in-differences, American Economic
Review 111; the weights are those of synthdid, their package for R. The synthetic control is Abadie, Diamond and
Hainmueller's (2010) on outcomes alone, as that package computes it.
"""

from functools import partial
from typing import NamedTuple

import numpy as np

from pilot.metrics.kernel.grid import Floats, Wholes
from pilot.metrics.kernel.simplex import exact, stepwise

ALMOST_NONE = 1e-6
"""The penalty, in units of the noise, where weights are to be unique and no more."""

LEAST = 1e-5
"""What a step must gain, in units of the noise, for another to follow."""


class Synthetic(NamedTuple):
    """An effect and the weights behind it: of the comparison units and of the periods before, each summing to 1.

    `gap` is, period by period, the treated units' mean less the weighted comparison's, less the weighted mean of that
    before the start; its mean from the start on is `att`, in the outcome's unit.
    """

    att: float
    units: Floats
    periods: Floats
    gap: Floats


def synthetic_did(y: Floats, controls: int, before: int, *, published: bool = True) -> Synthetic:
    """The effect on the rows of y (units × periods) after the first `controls`, from the period with place `before` on.

    There must be two comparison units and two periods before the start, or more. The weights are as far on the way to
    their minimum as the published package goes, or at the minimum itself, which is much faster.
    """
    compared, treated = y[:controls], y[controls:].mean(axis=0)
    noise = _noise(compared, before)
    past, future = compared[:, :before], compared[:, before:].mean(axis=1)
    solve = partial(stepwise, least=LEAST * noise) if published else exact
    zeta = ((len(y) - controls) * (y.shape[1] - before)) ** 0.25 * noise
    periods = solve(past - past.mean(axis=0), future - future.mean(), ALMOST_NONE * noise)
    level = past.mean(axis=1)[:, None]  # a constant may lie between the treated and their comparison
    units = solve((past - level).T, treated[:before] - treated[:before].mean(), zeta)
    return _effect(treated - units @ compared, units, periods)


def synthetic_control(y: Floats, controls: int, before: int) -> Synthetic:
    """The same with the comparison weighted to lie where the treated lay before, and no period weighted."""
    compared, treated = y[:controls], y[controls:].mean(axis=0)
    noise = _noise(compared, before)
    units = stepwise(compared[:, :before].T, treated[:before], ALMOST_NONE * noise, LEAST * noise)
    return _effect(treated - units @ compared, units, np.zeros(before))


def difference(y: Floats, controls: int, before: int) -> Synthetic:
    """The same with all comparison units and all periods before weighing alike: the plain difference in differences."""
    units, periods = np.full(controls, 1 / controls), np.full(before, 1 / before)
    return _effect(y[controls:].mean(axis=0) - units @ y[:controls], units, periods)


def mean_effect(y: Floats, place: Wholes, *, published: bool = True) -> float:
    """The synthetic differences of several starts, each counting by its units. `place` is each unit's start among the
    columns, their number for units that never start."""
    cohorts = [(np.sum(place == start), fit.att) for start, fit in each_start(y, place, published=published)]
    return float(sum(n * att for n, att in cohorts) / sum(n for n, _ in cohorts))


def each_start(y: Floats, place: Wholes, *, published: bool = True) -> list[tuple[int, Synthetic]]:
    """Each start's place and its own synthetic difference, always against the units that never start."""
    never = y[place == y.shape[1]]
    starts = np.unique(place[place < y.shape[1]])
    return [
        (
            int(start),
            synthetic_did(np.vstack([never, y[place == start]]), len(never), int(start), published=published),
        )
        for start in starts
    ]


def _effect(raw: Floats, units: Floats, periods: Floats) -> Synthetic:
    before = len(periods)
    gap = raw - float(periods @ raw[:before])
    return Synthetic(float(gap[before:].mean()), units, periods, gap)


def _noise(compared: Floats, before: int) -> float:
    """The standard deviation of the changes from period to period of the comparison units before the start."""
    return float(np.std(np.diff(compared[:, :before], axis=1), ddof=1))
