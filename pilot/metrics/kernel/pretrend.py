"""Whether pilots and controls moved alike before the start: shown, not shown, and never "p > .05, so fine". Pure.

A test that finds no difference may only have looked at too few trusts. So the question is turned round: each early
difference is tested against half the minimum detectable effect, and only when both one-sided tests reject is it shown
to be small. All periods must pass, which needs no adjustment for their number (Berger 1982). Sources: Schuirmann
(1987); Hartman and Hidalgo (2018); Roth (2022) on what the usual test overlooks. The joint test is Wald's with
Hotelling's degrees of freedom, since the covariance is seen in few sets.
"""

import numpy as np

from pilot.errors import BadInput
from pilot.metrics.kernel import tails
from pilot.metrics.kernel.checks import EarlyPeriod, PreTrend
from pilot.metrics.kernel.grid import Floats, Grid
from pilot.metrics.kernel.path import Path, before_start
from pilot.metrics.plan import Plan

SHOWN = "shown to be small"
NOT_SHOWN = "not shown to be small"


def check(grid: Grid, plan: Plan, mde: float) -> PreTrend:
    """Compare the arms in each period before anybody starts with the last of them, against ± half of `mde`.

    `mde` is the minimum detectable effect of the plan, in the outcome's unit, above 0. With several starts only
    periods before the first are used. Raises BadInput with fewer than two such periods.
    """
    if not mde > 0:
        raise BadInput("The minimum detectable effect must be above 0.")
    path, bound = before_start(grid), mde / 2
    if path.covariance is None or path.df is None:
        plain = tuple(EarlyPeriod(p, float(d)) for p, d in zip(path.periods, path.effects, strict=True))
        finding = f"Nothing can be shown about the differences before the start: {_lack(grid)}."
        return PreTrend(path.outcome, path.base, bound, plain, None, finding, notes=path.notes)
    errors = np.sqrt(np.diag(path.covariance))
    reach = float(tails.t_quantile(1 - plan.alpha, path.df)) * errors
    smallest = float(np.max(np.abs(path.effects) + reach))
    wald, df1, df2, p_joint = _joint(path.effects, path.covariance, path.df)
    short = () if p_joint is not None else ("There are too few sets or units for a joint test of so many periods.",)
    return PreTrend(
        outcome=path.outcome,
        base=path.base,
        bound=bound,
        periods=_periods(path, errors, reach, bound),
        small=smallest < bound,
        finding=_finding(smallest < bound, bound, smallest),
        smallest_bound=smallest,
        wald=wald,
        df1=df1,
        df2=df2,
        p_joint=p_joint,
        notes=(*path.notes, *short),
    )


def _periods(path: Path, errors: Floats, reach: Floats, bound: float) -> tuple[EarlyPeriod, ...]:
    found = []
    for period, difference, se, half in zip(path.periods, path.effects, errors, reach, strict=True):
        room = bound - abs(difference)
        p = float(tails.t_above(room / se, path.df)) if se > 0 else float(room <= 0)
        lo, hi = float(difference - half), float(difference + half)
        found.append(EarlyPeriod(period, float(difference), float(se), lo, hi, p))
    return tuple(found)


def _joint(
    effects: Floats, covariance: Floats, df: float
) -> tuple[float | None, int | None, float | None, float | None]:
    """Wald's statistic with Hotelling's F: W (ν − k + 1)/(νk) has k and ν − k + 1 degrees of freedom."""
    k = len(effects)
    df2 = df - k + 1
    if df2 < 1 or np.linalg.matrix_rank(covariance, hermitian=True) < k:
        return None, None, None, None
    wald = float(effects @ np.linalg.solve(covariance, effects))
    return wald, k, df2, tails.f_above(wald * df2 / (df * k), k, df2)


def _finding(small: bool, bound: float, smallest: float) -> str:
    if small:
        return (
            f"The differences before the start are {SHOWN}: each lies within ±{bound:.3g}, "
            f"half the smallest effect that the study can detect."
        )
    return (
        f"The differences before the start are {NOT_SHOWN}: they could be as large as {smallest:.3g}, "
        f"but should lie within ±{bound:.3g}, half the smallest effect that the study can detect."
    )


def _lack(grid: Grid) -> str:
    return "no spread between units can be seen" if grid.confirmatory else "there are fewer than five pilot units"
