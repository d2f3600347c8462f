"""The tables of what a study found, from the kernel's answers, in the columns that codebook.py names. Pure."""

import math
from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from pilot.metrics.codebook import columns
from pilot.metrics.disclosure import Cell, Released, release
from pilot.metrics.download import att_gt, estimate_row, event_study
from pilot.metrics.kernel.checks import Retention
from pilot.metrics.kernel.designs import DrawnFrom
from pilot.metrics.kernel.estimates import Estimate
from pilot.metrics.kernel.studies import OutcomeFound, Step
from pilot.metrics.registration import as_exploratory

IN_SETS = "; sets compared, with sets − 1 degrees of freedom"
"""What is added to the source of a smallest effect that needs a set for each degree of freedom."""


def estimates(
    found: Sequence[OutcomeFound], spec_id: str, status: Mapping[str, str], answers: Mapping[str, Mapping[str, int]]
) -> Released:
    """estimates.csv: the planned estimate of each outcome, then the same question put to other estimators,
    within groups of trusts, the effect on its response rate, and leavers as counts.

    `status` and `answers` are by outcome, answers then by trust: those of trusts that were left out do not count. An
    outcome whose publisher gave no number of answers is not in `answers`. They are those behind the outcome's own
    values, so that estimates of parts of the trusts, of the response rate and of counts have none. That of the response
    rate is exploratory whatever the others are: it can be followed while a survey is open.
    """
    rows = []
    for outcome in found:
        said, n = status[outcome.outcome], answers.get(outcome.outcome)
        whole = [one for part in (outcome.main, *outcome.others) for one in part.estimates]
        rows += [estimate_row(one, spec_id, said, _behind(one, n)) for one in whole]
        rows += [estimate_row(one, spec_id, said, None) for one in outcome.subgroups]
        if outcome.on_rate:  # whoever holds a survey can follow how many answer
            rows.append(estimate_row(outcome.on_rate, spec_id, as_exploratory(said), None))
        rows += [estimate_row(one, spec_id, said, None) for one in _counted(outcome)]
    return release("estimates", columns("estimates"), rows)


def _counted(outcome: OutcomeFound) -> tuple[Estimate, ...]:
    """The estimates of leavers as counts."""
    return _as_counts(outcome.leavers, outcome.main.estimates[0]) if outcome.leavers else ()


AS_COUNTS = "leavers-as-counts"
"""What estimates.csv calls the model of leavers as counts out of the headcount."""


def _as_counts(found: Retention, main: Estimate) -> tuple[Estimate, Estimate]:
    """Leavers as counts in two rows: the logarithm of the rate ratio with its error, and leavers per person and period.

    Both have the same permutation p; the ends of the second are those of the first turned into people.
    """
    lo, hi = (None if end is None else math.log(end) for end in (found.ratio_lo, found.ratio_hi))
    ratio = Estimate(
        outcome=main.outcome, estimand="log rate ratio", estimator=AS_COUNTS, att=found.coefficient,
        n_pilots=found.n_pilots, n_controls=found.n_controls, test="permutation", alpha=main.alpha, seed=main.seed,
        confirmatory=found.confirmatory, se=found.se, df=found.df, lo=lo, hi=hi,
        p_permutation=found.p_permutation, permutations=found.permutations,
    )  # fmt: skip
    difference = replace(
        ratio, estimand="rate difference", att=found.difference, se=None, df=None, lo=found.difference_lo,
        hi=found.difference_hi,
    )  # fmt: skip
    return ratio, difference


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
    """sensitivity.csv: the interval for each bend of the trend and for silent staff who differ, and the early
    differences against their bound."""
    rows: list[list[Cell]] = []
    for one in found:
        assumed = [*(one.robustness.rows if one.robustness else ()), *(one.silence.rows if one.silence else ())]
        rows += [
            [s.outcome, s.method, f"{s.parameter:.6g}", s.lo, s.hi, _said(s.includes_zero), _breakdown(s.breakdown)]
            for s in assumed
        ]
        if one.pre_trend:
            bound = f"{one.pre_trend.bound:.6g}"
            rows += [
                [one.outcome, f"before the start, period {e.period}", bound, e.lo, e.hi, _said(_holds(e.lo, e.hi)), ""]
                for e in one.pre_trend.periods
            ]
    return release("sensitivity", columns("sensitivity"), rows)


def balance(draw: DrawnFrom) -> Released:
    """balance.csv: each covariate in both arms, as it was worked out when the pilots were drawn."""
    rows: list[list[Cell]] = [
        [row.covariate, row.mean_pilot, row.mean_control, row.smd, row.variance_ratio, row.before_after]
        for row in draw.balance
    ]
    return release("balance", columns("balance"), rows)


def power(draw: DrawnFrom) -> Released:
    """power.csv: the smallest effect by number of pilots, as it was shown before the draw.

    Where sets have a lone pilot or control each number stands twice: for trusts compared, and for sets compared.
    """
    rows: list[list[Cell]] = []
    for point in draw.power:
        for mde, source in ((point.mde, draw.spread.source), (point.mde_in_sets, draw.spread.source + IN_SETS)):
            if mde is not None:
                rows.append([draw.baseline, point.pilots, point.controls, draw.spread.sd, source, mde])
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
