"""The estimator “sdid” of a plan: synthetic difference in differences, with one start or several. Pure.

Sources: `counterfactual` for the estimate, `synthetic_placebos` for its error and test.
"""

import numpy as np
from msgspec.structs import replace

from pilot.errors import BadInput
from pilot.metrics.kernel import tails
from pilot.metrics.kernel.clusters import Clusters
from pilot.metrics.kernel.counterfactual import Synthetic, each_start
from pilot.metrics.kernel.estimates import Estimate, EventTime, Found, GroupTime
from pilot.metrics.kernel.grid import Grid
from pilot.metrics.kernel.spread import in_sd
from pilot.metrics.kernel.synthetic_placebos import permutation, placebo_error
from pilot.metrics.plan import Plan

NAME = "sdid"


def estimate(grid: Grid, plan: Plan) -> Found:
    """The effect, each treated unit counting alike with the mean over its periods, and the gap in each period.

    With several starts each is estimated by itself against the units that never start. `se` is the placebo error,
    `lo` and `hi` come from it by the normal distribution; `p_permutation` is the share of `permutations` allocations
    of the starts, within the matched sets, with an effect as far from 0. Group-times and event times have no error of
    their own. Below five treated units there is the effect alone.

    Raises BadInput, in a sentence, for anything but units with every period, of one weight and drawn each by itself,
    for fewer than two comparison units or two periods before a start, and for a plan that asks for another test,
    comparison or aggregate.
    """
    _refuse_plan(plan)
    _refuse_grid(grid)
    cohorts = each_start(grid.y, grid.place)
    numbers = [int(np.sum(grid.place == start)) for start, _ in cohorts]
    treated, compared = sum(numbers), int(np.sum(~grid.treated))
    att = sum(n * fit.att for n, (_, fit) in zip(numbers, cohorts, strict=True)) / treated
    found = Estimate(
        outcome=grid.outcome,
        estimand="simple",
        att=att,
        n_pilots=treated,
        n_controls=compared,
        test=plan.test,
        alpha=plan.alpha,
        seed=plan.seed,
        confirmatory=grid.confirmatory,
        estimator=NAME,
        sd_units=in_sd(grid, att),
        n_sets=len(set(grid.set_id)),
        dropped=grid.dropped,
        notes=grid.notes,
    )
    cells = _group_times(grid, cohorts, numbers)
    return Found((_with_inference(found, grid) if grid.confirmatory else found,), cells, _event_times(cells, compared))


def _with_inference(one: Estimate, grid: Grid) -> Estimate:
    p, count, enumerated = permutation(grid.y, grid.place, grid.set_id, one.seed)
    tested = replace(one, p_permutation=p, permutations=count, enumerated=enumerated)
    se = placebo_error(grid.y, grid.place, one.seed)
    if not se:
        why = "There is no standard error: placebos need more comparison units than treated ones, and a spread."
        return replace(tested, notes=(*one.notes, why))
    reach = -tails.normal_quantile(one.alpha / 2) * se
    return replace(tested, se=se, lo=one.att - reach, hi=one.att + reach)


def _group_times(grid: Grid, cohorts: list[tuple[int, Synthetic]], numbers: list[int]) -> tuple[GroupTime, ...]:
    compared = int(np.sum(~grid.treated))
    return tuple(
        GroupTime(int(grid.start[grid.place == start][0]), period, float(gap), n, compared)
        for (start, fit), n in zip(cohorts, numbers, strict=True)
        for period, gap in zip(grid.periods, fit.gap, strict=True)
    )


def _event_times(cells: tuple[GroupTime, ...], compared: int) -> tuple[EventTime, ...]:
    """The mean gap at each event time, each treated unit counting alike."""
    times: dict[int, list[GroupTime]] = {}
    for cell in cells:
        times.setdefault(cell.period - cell.group, []).append(cell)
    found = []
    for time in sorted(times):
        n = sum(cell.n_treated for cell in times[time])
        att = sum(cell.n_treated * cell.att for cell in times[time]) / n
        found.append(EventTime(time, att, n + compared))
    return tuple(found)


def _refuse_plan(plan: Plan) -> None:
    if plan.test != "permutation":
        raise BadInput("The estimator “sdid” has placebo tests only: set “test” to “permutation”.")
    if plan.control != "never":
        raise BadInput("The estimator “sdid” compares with units that never start: set “control” to “never”.")
    if plan.aggregates != ("simple",):
        raise BadInput("The estimator “sdid” gives one aggregate: set “aggregates” to “simple”.")


def _refuse_grid(grid: Grid) -> None:
    if grid.missing != "complete":
        raise BadInput("The estimator “sdid” needs units with every period: set “missing” to “complete”.")
    if np.ptp(grid.weight) > 0:
        raise BadInput("The estimator “sdid” chooses weights itself: leave the column “weight” out.")
    if len(Clusters(grid)) < len(grid.names):
        raise BadInput("The estimator “sdid” takes each unit as drawn by itself: leave the column “cluster” out.")
    if np.sum(~grid.treated) < 2:
        raise BadInput("The estimator “sdid” needs two units that never start, or more.")
    if np.any(grid.place < 2):
        name = grid.names[int(np.argmax(grid.place < 2))]
        raise BadInput(f"The estimator “sdid” needs two periods before each start, but “{name}” has fewer.")
