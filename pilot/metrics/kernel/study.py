"""A whole study: the planned estimate of each outcome, and everything by which a reader can try to break it. Pure."""

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from pilot.errors import BadInput
from pilot.metrics import naming
from pilot.metrics.kernel import (
    did,
    estimators,
    family,
    nonresponse,
    path,
    placebo,
    pretrend,
    retention,
    smoothness,
    subgroups,
)
from pilot.metrics.kernel.checks import Placebo, Placebos, PreTrend, Retention, Robustness, Silence
from pilot.metrics.kernel.estimates import Estimate, Found
from pilot.metrics.kernel.grid import Grid
from pilot.metrics.kernel.studies import Division, Measured, OutcomeFound, Studied, StudyOrder
from pilot.metrics.naming import shown_name

Said = Callable[[str], None]

BESIDES = {"ancova": "ancova", "synthetic": "sdid"}
"""The estimator behind each check that is the same question put in another way."""

NO_SMALLEST_EFFECT = (
    "The plan works out the smallest effect for its primary outcome only, so there is nothing to measure the "
    "differences before the start of this one against."
)


def work_out(order: StudyOrder, said: Said) -> Studied:
    """Everything that the order asks, outcome by outcome; `said` hears a sentence before each step.

    A check that cannot be had is refused by its own sentence and keeps nothing else back; the planned estimate of an
    outcome that cannot be had is refused by raising BadInput, since a study without it says nothing.
    """
    found = [_outcome(measured, order, said) for measured in order.measured]
    said("Adjusting for the number of outcomes")
    asked = [(Grid(one.panel, one.outcome, one.plan.missing), one.plan) for one in order.measured]
    mains = family.adjusted([one.main for one in found], asked)
    return Studied(tuple(replace(one, main=main) for one, main in zip(found, mains, strict=True)))


def _outcome(measured: Measured, order: StudyOrder, said: Said) -> OutcomeFound:
    """One outcome from its estimate to the last check."""
    said(f"Estimating the effect on {shown_name(measured.outcome)}")
    panel, plan, outcome = measured.panel, measured.plan, measured.outcome
    grid = Grid(panel, outcome, plan.missing)
    main = estimators.ESTIMATORS[plan.estimator](grid, plan)
    trends = did.trends(replace(estimators.question(grid, plan), periods=measured.labels))
    checks = _Checks(measured, grid, main.estimates[0], said)
    primary = order.measured[0]
    in_its_unit = measured is primary or (measured.unit != "" and measured.unit == primary.unit)
    for check in order.checks:
        checks.make(check, order.bends if in_its_unit else ())
    for division in measured.divisions:
        checks.divide(division)
    return OutcomeFound(
        outcome=outcome,
        main=main,
        others=tuple(checks.others),
        trends=trends,
        placebos=tuple(checks.placebos),
        pre_trend=checks.pre_trend,
        robustness=checks.robustness,
        silence=checks.silence,
        on_rate=checks.on_rate,
        leavers=checks.leavers,
        subgroups=tuple(checks.subgroups),
        refused=tuple(checks.refused),
        notes=tuple(checks.notes),
    )


def _counted(one: Measured) -> Retention | None:
    """Leavers as counts; None for an outcome that is not about leavers."""
    if one.no_counts:
        raise BadInput(one.no_counts)
    return retention.compare(one.counts, one.plan) if one.counts else None


class _Checks:
    """What has been checked of one outcome so far."""

    def __init__(self, measured: Measured, grid: Grid, main: Estimate, said: Said) -> None:
        self.measured, self.grid, self.main, self.said = measured, grid, main, said
        self.others: list[Found] = []
        self.placebos: list[Placebo] = []
        self.pre_trend: PreTrend | None = None
        self.robustness: Robustness | None = None
        self.silence: Silence | None = None
        self.on_rate: Estimate | None = None
        self.leavers: Retention | None = None
        self.subgroups: list[Estimate] = []
        self.refused: list[tuple[str, str]] = []
        self.notes: list[str] = []

    def make(self, check: str, bends: Sequence[float]) -> None:
        """Make one check, or note the sentence that refuses it."""
        self.said(f"Checking the effect on {shown_name(self.measured.outcome)}: {naming.check(check)}")
        try:
            self._make(check, bends)
        except BadInput as refusal:
            self.refused.append((check, refusal.reason))

    def divide(self, division: Division) -> None:
        """Estimate within the groups of a division, or note the sentence that refuses it."""
        self.said(f"Estimating the effect on {shown_name(self.measured.outcome)} by {division.name}")
        try:
            found, refused, notes = subgroups.within(self.measured, division)
        except BadInput as refusal:
            self.refused.append((f"by {division.name}", refusal.reason))
            return
        self.subgroups += found
        self.refused += refused
        self.notes += notes

    def _make(self, check: str, bends: Sequence[float]) -> None:
        one, plan = self.measured, self.measured.plan
        quick = estimators.QUICK[plan.estimator]
        if estimator := BESIDES.get(check):
            asked = replace(plan, estimator=estimator, aggregates=("simple",), missing="complete")
            self.others.append(estimators.ESTIMATORS[estimator](Grid(one.panel, one.outcome, "complete"), asked))
        elif check == "placebo":
            self._take(placebo.in_time(one.panel, plan, one.outcome, quick))
            self._take(placebo.in_space(one.panel, plan, one.outcome, quick))
        elif check == "leave-one-out":
            clustered = replace(plan, test="cluster")  # a permutation test for each unit would take minutes
            self._take(placebo.leave_one_out(one.panel, clustered, one.outcome, quick))
        elif check == "pre-trends":
            if not one.mde:
                raise BadInput(NO_SMALLEST_EFFECT)
            self.pre_trend = pretrend.check(self.grid, plan, one.mde)
        elif check == "smoothness":
            steps = tuple(bends) or None
            self.robustness = smoothness.analyse(path.whole(self.grid), plan.alpha, steps=steps)
        elif check == "response":
            self.silence = nonresponse.silence(one, self.main)
            self.on_rate = nonresponse.on_the_rate(one)
        elif check == "counts":
            self.leavers = _counted(one)
        else:
            raise BadInput(f"The check “{check}” is not one of this version.")

    def _take(self, found: Placebos) -> None:
        self.placebos += found.rows
        self.notes += found.notes
