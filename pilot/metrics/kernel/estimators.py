"""Which module answers which estimator of a plan, and the question that the one with a single start is asked. Pure."""

from collections.abc import Callable
from functools import partial

import numpy as np
from msgspec.structs import replace

from pilot.errors import BadInput
from pilot.metrics.kernel import ancova, callaway_santanna, did, matched, synthetic, two_way
from pilot.metrics.kernel.estimates import Case, Estimate, EventTime, Found, GroupTime, Question
from pilot.metrics.kernel.grid import Grid
from pilot.metrics.plan import Plan


def difference_in_differences(grid: Grid, plan: Plan) -> Found:
    """`did` for a panel with one start: the estimates of the plan's aggregates and the path over periods."""
    if len(grid.starts) > 1:
        starts = ", ".join(str(start) for start in grid.starts)
        raise BadInput(f"The estimator “did” needs one start for all treated units, but the panel has {starts}.")
    asked, start = question(grid, plan), grid.starts[0]
    estimates: list[Estimate] = []
    known: dict[tuple[int, ...], Estimate] = {}
    for estimand in plan.aggregates:
        put = by_aggregate(asked, estimand)
        if put.before not in known:  # with one start most aggregates are the same question
            known[put.before] = matched.with_wild(did.compare(put), put)
        found = replace(known[put.before], estimand=estimand)
        estimates.append(replace(found, notes=(*grid.notes, *found.notes), dropped=(*grid.dropped, *found.dropped)))
    path = did.contrasts(asked)
    return Found(
        tuple(estimates),
        tuple(
            GroupTime(start, int(c.period), c.att, c.n_pilots, c.n_controls, c.se, c.lo, c.hi, c.band_lo, c.band_hi)
            for c in path
        ),
        tuple(
            EventTime(int(c.period) - start, c.att, c.n_pilots + c.n_controls, c.se, c.lo, c.hi, c.band_lo, c.band_hi)
            for c in path
        ),
    )


def question(grid: Grid, plan: Plan) -> Question:
    """The panel as the question that `did` answers: all periods before the first start against all from it on."""
    before = int(grid.place.min())
    cases = tuple(
        Case(
            name,
            bool(grid.treated[i]),
            tuple(None if np.isnan(value) else float(value) for value in grid.y[i]),
            grid.set_id[i],
            grid.cluster[i],
            float(grid.weight[i]),
        )
        for i, name in enumerate(grid.names)
    )
    return Question(
        outcome=grid.outcome,
        cases=cases,
        periods=tuple(str(period) for period in grid.periods),
        before=tuple(range(before)),
        after=tuple(range(before, len(grid.periods))),
        missing=plan.missing,
        test=plan.test,
        alpha=plan.alpha,
        seed=plan.seed,
    )


def by_aggregate(question: Question, estimand: str) -> Question:
    """“simple” compares with the mean of all periods before the start, the others with the last of them only."""
    asked = replace(question, estimand=estimand)
    return asked if estimand == "simple" else replace(asked, before=question.before[-1:])


ESTIMATORS: dict[str, Callable[[Grid, Plan], Found]] = {
    "did": difference_in_differences,
    "ancova": ancova.estimate,
    "callaway-santanna": callaway_santanna.estimate,
    "twfe": two_way.estimate,
    "sdid": synthetic.estimate,
}
"""Each estimator that a plan may name."""


def _difference_alone(grid: Grid, plan: Plan) -> Found:
    asked = by_aggregate(question(grid, plan), plan.aggregates[0])
    return Found((did.compare(asked, brief=True),))


QUICK = ESTIMATORS | {
    "did": _difference_alone,
    "ancova": partial(ancova.estimate, brief=True),
    "callaway-santanna": partial(callaway_santanna.estimate, brief=True),
    "twfe": partial(two_way.estimate, brief=True),
}
"""The same for those who ask many times: the first estimate with its error and the p-value of the plan's test, without
an interval, another test, or the path to it."""
