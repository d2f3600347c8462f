"""How sure the effect of a regression is: its errors, its tests, and the interval of the test in the plan. Pure."""

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from msgspec.structs import replace

from pilot.errors import BadInput
from pilot.metrics.kernel import reassignment, tails, wild
from pilot.metrics.kernel.estimates import Estimate
from pilot.metrics.kernel.grid import Floats, Wholes
from pilot.metrics.kernel.inversion import Statistics
from pilot.metrics.kernel.lots import Lots
from pilot.metrics.kernel.regression import Fit, Ground
from pilot.metrics.plan import Plan

CHEAP = 2_000_000
"""Cells times allocations that are run for a permutation test that the plan did not ask for."""


class Cells:
    """The cells of one regression of an effect: their ground, their outcome, and where they are treated.

    `y` and `place` (that of the cell's period) have one entry for each cell, `treated` is 1 where a cell is treated.
    `counted` is as in Fit.cr1.
    """

    def __init__(self, ground: Ground, y: Floats, place: Wholes, treated: Floats, counted: int) -> None:
        self.ground, self.y, self.place, self.treated, self.counted = ground, y, place, treated, counted

    def fit(self) -> Fit:
        """The regression of the outcome on being treated."""
        return Fit(self.ground, self.y, self.treated[None, :])


class Design:
    """What the lottery drew, for the test; `lots` is None where a cluster was not drawn as a whole.

    `fewest` is the number of clusters in the smaller arm. `main` is the error that stands in `se` and `df`: CR1 with
    t(G − 1), or Bell and McCaffrey's CR2, which gives way to CR1 where the plan's test is “cluster”.
    """

    def __init__(self, lots: Lots | None, fewest: int, main: Literal["CR1", "CR2"]) -> None:
        self.lots, self.fewest, self.main = lots, fewest, main


def numbered(names: Sequence[str]) -> Wholes:
    """The number of each name, counting from 0 as they first appear."""
    found: dict[str, int] = {}
    return np.array([found.setdefault(name, len(found)) for name in names], dtype=np.int64)


def infer(estimate: Estimate, cells: Cells, design: Design, plan: Plan, *, brief: bool = False) -> Estimate:
    """Add errors, tests and interval. The permutation test is left out where the plan asks for another and there
    are too many allocations to run them all in no time; `brief` leaves out every test but the plan's, and the interval.

    With one cluster alone in an arm there is no error, and a test that needs one is refused (BadInput).
    """
    found = estimate
    if design.fewest >= 2:
        found = _errors(found, cells, design, plan, brief=brief)
    elif plan.test != "permutation":
        raise BadInput("A standard error needs two clusters or more in each arm, but one arm has a single one.")
    cheap = not brief and design.lots is not None and design.lots.allocations * cells.ground.cells <= CHEAP
    if design.lots and (plan.test == "permutation" or cheap):
        found = _permuted(found, cells, design.lots, plan, brief=brief)
    return found


def one_number(plan: Plan) -> tuple[str, ...]:
    """What is to be said where a plan asks a regression for more aggregates. Raises BadInput when none is left."""
    others = [name for name in plan.aggregates if name != "simple"]
    if "simple" not in plan.aggregates:
        raise BadInput(
            f"The estimator “{plan.estimator}” gives one number: the plan's “aggregates” must have “simple” among them."
        )
    names = " and ".join(f"“{name}”" for name in others)
    return (f"This estimator gives one number for all: there is none for {names}.",) if others else ()


def _errors(estimate: Estimate, cells: Cells, design: Design, plan: Plan, *, brief: bool) -> Estimate:
    fit, clusters, att = cells.fit(), cells.ground.clusters, estimate.att
    cr1: tuple[float, float | None] = (math.sqrt(float(fit.cr1(cells.counted)[0, 0])), float(clusters - 1))
    cr2 = fit.cr2()
    se, df = cr2 if design.main == "CR2" and plan.test != "cluster" else cr1
    found = replace(estimate, se=se, df=df, p_cluster=tails.p_of_t(att, *cr1), p_bell_mccaffrey=tails.p_of_t(att, *cr2))
    if brief and plan.test != "wild":
        return found
    every, count, enumerated = wild.bootstrap(cells.ground, cells.y, cells.treated, plan.seed)
    found = replace(found, p_wild=every.p(0.0))
    if brief:
        return found
    if plan.test == "cluster":
        reach = float(tails.t_quantile(1 - plan.alpha / 2, clusters - 1)) * se
        return replace(found, lo=att - reach, hi=att + reach)
    if plan.test == "wild":
        how = f"all {count:,} ways to give signs" if enumerated else f"{count:,} draws of weights"
        note = f"The wild cluster bootstrap used {how} to {clusters:,} clusters."
        return _inverted(replace(found, notes=(*found.notes, note)), every, plan)
    return found


def _permuted(estimate: Estimate, cells: Cells, lots: Lots, plan: Plan, *, brief: bool) -> Estimate:
    every, count, enumerated = reassignment.statistics(cells.ground, cells.y, cells.place, lots, plan.seed)
    found = replace(estimate, p_permutation=every.p(0.0), permutations=count, enumerated=enumerated)
    if brief or plan.test != "permutation":
        return found
    found = _inverted(found, every, plan)
    if found.lo is None or found.hi is None:
        share = f"{100 * (1 - plan.alpha):g}%"
        few = f"There are too few possible allocations ({count:,}) for a {share} interval with two ends."
        found = replace(found, notes=(*found.notes, few))
    return found


def _inverted(estimate: Estimate, every: Statistics, plan: Plan) -> Estimate:
    lo, hi = every.interval(plan.alpha, estimate.se or every.scale or 1.0)
    return replace(estimate, lo=lo, hi=hi)
