"""Which module answers which estimator of a plan, and the question that the one with a single start is asked. Pure."""

from collections.abc import Callable

import numpy as np
from msgspec.structs import replace

from pilot.errors import BadInput
from pilot.metrics.kernel import ancova, callaway_santanna, did, matched, synthetic, two_way
from pilot.metrics.kernel.estimates import Case, EventTime, Found, GroupTime, Question
from pilot.metrics.kernel.grid import Grid
from pilot.metrics.plan import Plan


def difference_in_differences(grid: Grid, plan: Plan) -> Found:
    """`did` for a panel with one start: the estimates of the plan's aggregates and the path over periods."""
    if len(grid.starts) > 1:
        starts = ", ".join(str(start) for start in grid.starts)
        raise BadInput(f"The estimator “did” needs one start for all treated units, but the panel has {starts}.")
    asked, start = question(grid, plan), grid.starts[0]
    estimates = []
    for estimand in plan.aggregates:
        put = by_aggregate(asked, estimand)
        found = matched.with_wild(did.compare(put), put)
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


def _estimate_alone(grid: Grid, plan: Plan) -> Found:
    return Found((did.compare(by_aggregate(question(grid, plan), plan.aggregates[0])),))


QUICK = ESTIMATORS | {"did": _estimate_alone}
"""The same for those who ask many times: the first estimate, without the path to it and without the bootstrap."""
