"""Which module answers which estimator of a plan, and the question that the one with a single start is asked. Pure."""

from collections.abc import Callable

from msgspec.structs import replace

from pilot.errors import BadInput
from pilot.metrics.kernel import did
from pilot.metrics.kernel.estimates import Case, EventTime, Found, GroupTime, Question
from pilot.metrics.panel import Panel
from pilot.metrics.plan import Plan


def estimate(panel: Panel, plan: Plan, outcome: str) -> Found:
    """What the plan's estimator says of one outcome, an estimate for each aggregate of the plan in their order.

    Raises BadInput, in a sentence, when the panel does not fit the estimator or an arm has nobody to compare.
    """
    return ESTIMATORS[plan.estimator](panel, plan, outcome)


def one_start(panel: Panel, estimator: str) -> int:
    """The start of all treated units. Raises BadInput when they start in different periods."""
    if len(panel.starts) > 1:
        starts = ", ".join(str(start) for start in panel.starts)
        raise BadInput(
            f"The estimator “{estimator}” needs one start for all treated units, but the panel has {starts}."
        )
    return panel.starts[0]


def _did(panel: Panel, plan: Plan, outcome: str) -> Found:
    start = one_start(panel, "did")
    asked = _question(panel, plan, outcome, start)
    estimates = tuple(did.compare(_by_aggregate(asked, estimand)) for estimand in plan.aggregates)
    path = did.contrasts(asked)
    return Found(
        estimates,
        tuple(
            GroupTime(start, int(c.period), c.att, c.n_pilots, c.n_controls, c.se, c.lo, c.hi, c.band_lo, c.band_hi)
            for c in path
        ),
        tuple(
            EventTime(int(c.period) - start, c.att, c.n_pilots + c.n_controls, c.se, c.lo, c.hi, c.band_lo, c.band_hi)
            for c in path
        ),
    )


def _question(panel: Panel, plan: Plan, outcome: str, start: int) -> Question:
    cases = tuple(
        Case(unit.name, unit.start != 0, values, unit.set_id, unit.cluster, unit.weight)
        for unit, values in zip(panel.units, panel.outcomes[outcome], strict=True)
    )
    return Question(
        outcome=outcome,
        cases=cases,
        periods=tuple(str(period) for period in panel.periods),
        before=tuple(place for place, period in enumerate(panel.periods) if period < start),
        after=tuple(place for place, period in enumerate(panel.periods) if period >= start),
        missing=plan.missing,
        test=plan.test,
        alpha=plan.alpha,
        seed=plan.seed,
    )


def _by_aggregate(question: Question, estimand: str) -> Question:
    """“simple” compares with the mean of all periods before the start, the others with the last of them only, on the
    same units."""
    asked = replace(question, estimand=estimand)
    if estimand == "simple":
        return asked
    if question.missing == "complete":
        places = (*question.before, *question.after)
        kept = tuple(case for case in question.cases if all(case.values[place] is not None for place in places))
        asked = replace(asked, cases=kept)
    return replace(asked, before=question.before[-1:])


ESTIMATORS: dict[str, Callable[[Panel, Plan, str], Found]] = {"did": _did}
"""Each estimator that a plan may name."""
