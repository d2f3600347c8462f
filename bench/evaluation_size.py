"""How often each estimator finds what is not there, as the primary of a plan. A part of bench/evaluation.py.

Trusts differ in level, their periods hang together (autoregressive noise, 0.5 from one period to the next), all are
equally noisy, and nothing is done to any. Each estimator is asked as a plan asks it, with its own test and no interval;
the share of studies with p ≤ 0.05 should be 5%. Below five pilots the estimators give no test at all: the limit is
lifted here, to see what it keeps back.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import numpy as np
from msgspec.structs import replace

from pilot.errors import BadInput
from pilot.metrics.kernel import (
    ancova,
    callaway_santanna,
    did,
    estimators,
    grid,
    group_permutation,
    permutation,
    reassignment,
    synthetic_placebos,
    two_way,
    wild,
)
from pilot.metrics.kernel.estimates import p_value
from pilot.metrics.kernel.grid import Floats, Grid
from pilot.metrics.panel import Panel
from pilot.metrics.plan import Plan
from tests.builders.kernel import a_panel

PERIODS, START, LATER = 8, 5, 7
DRAWS = 199
"""Allocations drawn where there are more than ENUMERATE: 5% of 200 is a whole number, so the test stays exact."""

PLACEBOS = 99
"""The same of synthetic difference in differences, whose every allocation is a search."""

ENUMERATE = 2_000
GAPS = 0.05
"""The share of values that is missing in a panel with gaps."""


@contextmanager
def few_allocations() -> Iterator[None]:
    """With DRAWS allocations where there are more than ENUMERATE."""
    with (
        _set("ENUMERATE_UP_TO", ENUMERATE, permutation, reassignment, group_permutation),
        _set("DRAWS", DRAWS, permutation, reassignment, group_permutation, wild),
        _set("PLACEBOS", PLACEBOS, synthetic_placebos),
    ):
        yield


@contextmanager
def no_limit() -> Iterator[None]:
    """With tests however few the pilots are."""
    with _set("FEWEST_PILOTS", 1, ancova, callaway_santanna, did, grid, two_way):
        yield


@contextmanager
def _set(name: str, value: int, *modules: Any) -> Iterator[None]:
    kept = [getattr(module, name) for module in modules]
    for module in modules:
        setattr(module, name, value)
    try:
        yield
    finally:
        for module, before in zip(modules, kept, strict=True):
            setattr(module, name, before)


def panel(
    chance: np.random.Generator, pilots: int, controls: int, *, in_set: int = 1, staggered: bool = False
) -> Panel:
    """A study in which nothing is done: matched sets of `in_set` pilots and their controls; half of the sets start
    later when `staggered`."""
    y = chance.normal(size=(pilots + controls, 1)) + noise(chance, pilots + controls)
    sets, each = pilots // in_set, controls // (pilots // in_set)
    names = [f"s{i // in_set:02}" for i in range(pilots)] + [f"s{i // each:02}" for i in range(controls)]
    made = a_panel(y, pilots, START, names)
    if not staggered:
        return made
    late = {f"s{i:02}" for i in range(sets // 2)}
    units = tuple(replace(one, start=LATER) if one.start and one.set_id in late else one for one in made.units)
    return replace(made, units=units)


def noise(chance: np.random.Generator, units: int) -> Floats:
    """Units × periods, each period half of the one before."""
    shocks = chance.normal(size=(units, PERIODS))
    for at in range(1, PERIODS):
        shocks[:, at] = 0.5 * shocks[:, at - 1] + 0.75**0.5 * shocks[:, at]
    found: Floats = shocks
    return found


def with_gaps(chance: np.random.Generator, whole: Panel) -> Panel:
    """The same with GAPS of all values missing, wherever they fall."""
    rows = tuple(tuple(None if chance.random() < GAPS else value for value in row) for row in whole.outcomes["y"])
    return replace(whole, outcomes={"y": rows})


def share(studies: int, make: Callable[[np.random.Generator], Panel], plan: Plan) -> dict[str, Any]:
    """The share of studies with p ≤ α among those with a test, with its standard error."""
    chance, began, p = np.random.default_rng(20270401), time.process_time(), []
    for seed in range(studies):
        value = _p(make(chance), replace(plan, seed=seed))
        if value is not None:
            p.append(value)
    found = float(np.mean(np.array(p) <= plan.alpha))
    error = (found * (1 - found) / len(p)) ** 0.5
    seconds = round(time.process_time() - began, 1)
    return {"share": round(found, 4), "error": round(error, 4), "studies": len(p), "seconds": seconds}


def _p(made: Panel, plan: Plan) -> float | None:
    """None where gaps leave too little for a test."""
    known = estimators.ESTIMATORS if plan.test == "wild" else estimators.QUICK
    try:
        return p_value(known[plan.estimator](Grid(made, "y", plan.missing), plan).estimates[0])
    except BadInput:
        return None


SIZES = {"10:30": (10, 30), "5:30": (5, 30), "3:30": (3, 30)}
ONE_START = ("did", "ancova", "callaway-santanna", "twfe", "sdid")
SEVERAL_STARTS = ("callaway-santanna", "twfe", "sdid")
STUDIES, FEWER = 1_500, 250
"""Studies of each kind; fewer by synthetic difference in differences."""


@few_allocations()
def methods() -> dict[str, Any]:
    """By the permutation test, which a plan has unless it asks for another, and by the other tests."""
    found = {}
    for name, (pilots, controls) in SIZES.items():
        found[name] = _each(ONE_START, lambda chance, n=pilots, m=controls: panel(chance, n, m), limit=pilots >= 5)
    found["10:30, starts apart"] = _each(SEVERAL_STARTS, lambda chance: panel(chance, 10, 30, staggered=True))
    found["5:30, starts apart"] = _each(SEVERAL_STARTS, lambda chance: panel(chance, 5, 30, staggered=True))
    found["10:30, two pilots in a set"] = _each(ONE_START, lambda chance: panel(chance, 10, 30, in_set=2))
    found["10:30, gaps"] = _each(ONE_START, lambda chance: with_gaps(chance, panel(chance, 10, 30)))
    found["10:30, gaps, means of what is there"] = _each(
        ("did", "twfe"), lambda chance: with_gaps(chance, panel(chance, 10, 30)), missing="available"
    )
    return found


@few_allocations()
def other_tests() -> dict[str, Any]:
    """By errors clustered by trust and by the wild bootstrap, where a plan asks for these instead."""
    found = {}
    for name in ("10:30", "5:30"):
        pilots, controls = SIZES[name]
        for test, asked in (("cluster", ONE_START[:4]), ("wild", ("did", "ancova", "twfe"))):
            found[f"{name}, {test}"] = _each(asked, lambda chance, n=pilots, m=controls: panel(chance, n, m), test=test)
    found["10:30, starts apart, cluster"] = _each(
        ("callaway-santanna", "twfe"), lambda chance: panel(chance, 10, 30, staggered=True), test="cluster"
    )
    return found


def _each(
    names: Sequence[str], make: Callable[[np.random.Generator], Panel], *, limit: bool = True, **plan: Any
) -> dict[str, Any]:
    with nullcontext() if limit else no_limit():
        return {
            name: share(FEWER if name == "sdid" else STUDIES, make, Plan(("y",), estimator=name, **plan))
            for name in names
        }
