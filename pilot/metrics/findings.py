"""The tables of what a study found, from the kernel's answers, in the columns that codebook.py names. Pure."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from pilot.metrics.codebook import columns
from pilot.metrics.disclosure import Cell, Released, release
from pilot.metrics.download import att_gt, estimate_row, event_study
from pilot.metrics.kernel.checks import PowerPoint
from pilot.metrics.kernel.estimates import Estimate
from pilot.metrics.kernel.studies import OutcomeFound


class Step(msgspec.Struct, frozen=True):
    """One line of the flow diagram: how many trusts of an arm ("" before the draw) came to a stage, and why not all."""

    stage: str
    arm: str
    trusts: int
    staff: int | None = None
    reason: str = ""


def estimates(
    found: Sequence[OutcomeFound], spec_id: str, status: Mapping[str, str], answers: Mapping[str, Mapping[str, int]]
) -> Released:
    """estimates.csv: the planned estimate of each outcome, then the same question put to other estimators.

    `status` and `answers` are by outcome, answers then by trust: those of trusts that were left out do not count. An
    outcome whose publisher gave no number of answers is not in `answers`.
    """
    rows = [
        estimate_row(one, spec_id, status[outcome.outcome], _behind(one, answers.get(outcome.outcome)))
        for outcome in found
        for part in (outcome.main, *outcome.others)
        for one in part.estimates
    ]
    return release("estimates", columns("estimates"), rows)


def _behind(one: Estimate, answers: Mapping[str, int] | None) -> int | None:
    """The answers of the trusts that an estimate uses."""
    return None if answers is None else sum(n for trust, n in answers.items() if trust not in one.dropped)


def effects(found: Sequence[OutcomeFound]) -> tuple[Released, Released]:
    """att_gt.csv and event_study.csv of the planned estimator."""
    mains = {one.outcome: one.main for one in found}
    return (
        release("att_gt", columns("att_gt"), att_gt(mains)),
        release("event_study", columns("event_study"), event_study(mains)),
    )


def placebo(found: Sequence[OutcomeFound]) -> Released:
    """placebo.csv: effects where there can be none, and the effect without each unit."""
    rows = [[p.outcome, p.kind, p.shift_or_unit, p.att, p.se, p.p] for one in found for p in one.placebos]
    return release("placebo", columns("placebo"), rows)


def sensitivity(found: Sequence[OutcomeFound]) -> Released:
    """sensitivity.csv: the interval for each bend of the trend, and the early differences against their bound."""
    rows: list[list[Cell]] = []
    for one in found:
        if one.robustness:
            rows += [
                [s.outcome, s.method, f"{s.parameter:.6g}", s.lo, s.hi, _said(s.includes_zero), _breakdown(s.breakdown)]
                for s in one.robustness.rows
            ]
        if one.pre_trend:
            bound = f"{one.pre_trend.bound:.6g}"
            rows += [
                [one.outcome, f"before the start, period {e.period}", bound, e.lo, e.hi, _said(_holds(e.lo, e.hi)), ""]
                for e in one.pre_trend.periods
            ]
    return release("sensitivity", columns("sensitivity"), rows)


def power(points: Iterable[PowerPoint]) -> Released:
    """power.csv: the smallest effect by number of pilots."""
    rows: list[list[Cell]] = [
        [p.outcome, p.n_pilots, p.n_controls, p.before, p.after, p.sd_change, p.source, p.mde] for p in points
    ]
    return release("power", columns("power"), rows)


def flow(steps: Iterable[Step]) -> Released:
    """flow.csv: how trusts went through the study."""
    return release("flow", columns("flow"), [[s.stage, s.arm, s.trusts, s.staff, s.reason] for s in steps])


def _said(value: bool | None) -> str | None:
    return None if value is None else "yes" if value else "no"


def _holds(lo: float | None, hi: float | None) -> bool | None:
    return None if lo is None or hi is None else lo <= 0 <= hi


def _breakdown(value: float) -> str:
    return f"{value:.6g}"
