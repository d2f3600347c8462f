"""How small an effect a study of a given size can show, from how much units change by themselves. Pure.

The minimum detectable effect of a two-sided test is (t of 1 − alpha/2 + t of power) · s · √(1/pilots + 1/controls).
Source: Bloom (1995), "Minimum detectable effects", Evaluation Review 19.
"""

import math
from collections.abc import Sequence

import numpy as np

from pilot.errors import BadInput
from pilot.metrics.kernel import tails
from pilot.metrics.kernel.checks import Spread
from pilot.metrics.kernel.grid import Floats
from pilot.metrics.panel import Panel


def mde(
    sd: float, n_pilots: int, n_controls: int, n_sets: int | None = None, *, alpha: float = 0.05, power: float = 0.8
) -> float:
    """The smallest effect found with `power` by a two-sided test at `alpha`, in the unit of `sd`.

    `sd` is the standard deviation over units of the change, 0 or more. The degrees of freedom are pilots + controls
    − 2, or sets − 1 with `n_sets`: matched sets with a lone pilot show their error only from set to set, so that
    ten of them need a larger effect than forty units that are compared directly. Raises BadInput for an arm without
    units or too few for a degree of freedom.
    """
    if not math.isfinite(sd) or sd < 0:
        raise BadInput("The standard deviation of the change must be 0 or more.")
    if not 0 < alpha < power < 1:
        raise BadInput("The power must lie between the test's alpha and 1.")
    df = n_pilots + n_controls - 2 if n_sets is None else n_sets - 1
    if min(n_pilots, n_controls, df) < 1:
        raise BadInput("A power calculation needs both arms, and three units or two matched sets at least.")
    needed = float(tails.t_quantile(1 - alpha / 2, df) + tails.t_quantile(power, df))
    return needed * sd * math.sqrt(1 / n_pilots + 1 / n_controls)


def spreads(panel: Panel, outcome: str, before: int, after: int) -> tuple[Spread, ...]:
    """How much units changed over every stretch of `before` + `after` periods, oldest first.

    Only periods before the first start are looked at, so that no effect is among the changes, and only units with a
    value in each of those periods, so that the stretches tell of the same units. The stretches can differ a lot;
    whoever plans with the calmest one promises too much. Raises BadInput when there are too few periods or units.
    """
    if min(before, after) < 1:
        raise BadInput("A change needs one period before and one after at least.")
    first = min(panel.starts, default=panel.periods[-1] + 1)
    periods = [period for period in panel.periods if period < first]
    y = np.array([[np.nan if v is None else v for v in row] for row in panel.outcomes[outcome]], dtype=float)
    y = y[:, : len(periods)]
    y = y[np.isfinite(y).all(axis=1)]
    if len(periods) < before + after:
        raise BadInput(f"There are {len(periods)} periods before the first start, but {before + after} are needed.")
    if len(y) < 4:
        raise BadInput("Fewer than four units have a value in each period before the first start.")
    return tuple(
        _spread(outcome, y[:, at : at + before], y[:, at + before : at + before + after], periods[at:])
        for at in range(len(periods) - before - after + 1)
    )


def _spread(outcome: str, early: Floats, late: Floats, periods: Sequence[int]) -> Spread:
    n, baseline = len(early), early.mean(axis=1)
    change, level = late.mean(axis=1) - baseline, baseline - baseline.mean()
    squares = float(level @ level)
    rest = change - change.mean() - level * (float(level @ change) / squares if squares > 0 else 0.0)
    waves = early.shape[1], late.shape[1]
    return Spread(
        outcome=outcome,
        before=waves[0],
        after=waves[1],
        sd=float(np.std(change, ddof=1)),
        sd_adjusted=math.sqrt(float(rest @ rest) / (n - 2)),
        n_units=n,
        first=periods[0],
        last=periods[sum(waves) - 1],
    )
