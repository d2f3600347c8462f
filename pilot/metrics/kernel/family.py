"""The outcomes of one plan together: the first stands alone, the others are adjusted for their number. Pure."""

from collections.abc import Sequence

from msgspec.structs import replace

from pilot.errors import BadInput
from pilot.metrics.kernel import estimators, multiplicity
from pilot.metrics.kernel.estimates import Estimate, Found, Question, p_value
from pilot.metrics.kernel.grid import Floats, Grid
from pilot.metrics.panel import Panel
from pilot.metrics.plan import Plan


def estimate(panel: Panel, plan: Plan) -> dict[str, Found]:
    """What the plan's estimator says of each of its outcomes, adjusted for their number.

    Where Romano and Wolf's adjustment cannot be had, the notes of the secondary outcomes say why.
    """
    grids = [Grid(panel, outcome, plan.missing) for outcome in plan.outcomes]
    found = [estimators.ESTIMATORS[plan.estimator](grid, plan) for grid in grids]
    return dict(zip(plan.outcomes, adjusted(found, [(grid, plan) for grid in grids]), strict=True))


def adjusted(found: Sequence[Found], asked: Sequence[tuple[Grid, Plan]]) -> list[Found]:
    """The same with p_holm and p_romano_wolf in every estimate of a secondary outcome.

    `asked` is the panel and plan of each. Nothing is adjusted where an outcome has no p-value, or is the only one.
    Aggregates are families of their own.
    """
    if len(found) < 2:
        return list(found)
    shared = _Shared(asked[1:])
    families = [_family(column, shared) for column in zip(*(one.estimates for one in found), strict=True)]
    return [replace(one, estimates=tuple(family[place] for family in families)) for place, one in enumerate(found)]


def _family(members: Sequence[Estimate], shared: "_Shared") -> list[Estimate]:
    """One aggregate of every outcome."""
    p_values = [(one.outcome, p) for one in members if (p := p_value(one)) is not None]
    if len(p_values) < len(members):
        return list(members)
    table, note = shared.statistics([one.estimand for one in members[1:]])
    with_p = multiplicity.adjust(p_values, table)
    return [
        replace(one, p_holm=p.p_holm, p_romano_wolf=p.p_romano_wolf, notes=one.notes if p.primary else one.notes + note)
        for one, p in zip(members, with_p, strict=True)
    ]


class _Shared:
    """The statistics of the secondary outcomes over shared allocations, worked out once for each question."""

    def __init__(self, asked: Sequence[tuple[Grid, Plan]]) -> None:
        self.asked = asked
        self.known: dict[tuple[tuple[int, ...], ...], tuple[Floats | None, tuple[str, ...]]] = {}

    def statistics(self, estimands: Sequence[str]) -> tuple[Floats | None, tuple[str, ...]]:
        """The statistics of one aggregate, or a sentence that says why there are none."""
        if any((plan.estimator, plan.test) != ("did", "permutation") for _, plan in self.asked):
            return None, ()
        questions = [
            estimators.by_aggregate(estimators.question(grid, plan), estimand)
            for (grid, plan), estimand in zip(self.asked, estimands, strict=True)
        ]
        same = tuple(question.before for question in questions)
        if same not in self.known:
            self.known[same] = _over_shared(questions)
        return self.known[same]


def _over_shared(questions: Sequence[Question]) -> tuple[Floats | None, tuple[str, ...]]:
    try:
        return multiplicity.shared_statistics(questions), ()
    except BadInput as refusal:
        return None, (f"Romano and Wolf’s adjustment is not given. {refusal.reason}",)
