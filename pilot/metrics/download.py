"""The tables of an evaluation, column by column as the files are described in docs/how-to/evaluate.md. Pure."""

from collections.abc import Sequence

from pilot.metrics.disclosure import Cell, Released, release
from pilot.metrics.estimates import Contrast, Estimate, TrendPoint

ESTIMATES = (
    "outcome", "estimand", "estimator", "spec_id", "status", "att", "att_sd_units", "se", "df", "lo", "hi",
    "p_perm", "p_bm", "p_wcr", "p_holm", "p_rw", "n_trusts_t", "n_trusts_c", "n_resp", "seed", "n_perm",
)  # fmt: skip
ATT_GT = ("outcome", "group", "wave", "att", "se", "lo", "hi", "band_lo", "band_hi", "n_treated", "n_control")
EVENT_STUDY = ("outcome", "event_time", "att", "se", "lo", "hi", "band_lo", "band_hi", "n_trusts")

NO_INFERENCE = "no confirmatory inference: fewer than five pilot trusts"


def estimates(found: Sequence[Estimate], spec_id: str, status: str, responses: int | None = None) -> Released:
    """estimates.csv. Columns of methods that were not used are empty; `status` says what they may be used for."""
    return release("estimates", ESTIMATES, [_estimate(one, spec_id, status, responses) for one in found])


def _estimate(one: Estimate, spec_id: str, status: str, responses: int | None) -> list[Cell]:
    said = status if one.confirmatory else f"{status}; {NO_INFERENCE}" if status else NO_INFERENCE
    return [
        one.outcome, one.estimand, "did", spec_id, said, one.att, one.sd_units, one.se, one.df, one.lo, one.hi,
        one.p_permutation, one.p_bell_mccaffrey, None, None, None, one.n_pilots, one.n_controls, responses,
        one.seed, one.permutations,
    ]  # fmt: skip


def att_gt(outcome: str, start: int, contrasts: Sequence[Contrast]) -> list[list[Cell]]:
    """The rows of att_gt.csv for one outcome: the group is the one start that `did` allows."""
    return [
        [outcome, start, int(c.period), c.att, c.se, c.lo, c.hi, c.band_lo, c.band_hi, c.n_pilots, c.n_controls]
        for c in contrasts
    ]


def event_study(outcome: str, start: int, contrasts: Sequence[Contrast]) -> list[list[Cell]]:
    """The rows of event_study.csv for one outcome: event time is periods since the start, 0 at the start."""
    return [
        [outcome, int(c.period) - start, c.att, c.se, c.lo, c.hi, c.band_lo, c.band_hi, c.n_pilots + c.n_controls]
        for c in contrasts
    ]


def trends(outcome: str, points: Sequence[TrendPoint], status: str) -> Released:
    """trends.csv: the plain mean of each arm in each period, with the number of trusts."""
    rows: list[list[Cell]] = [
        [outcome, p.period, "pilot" if p.pilot else "control", p.mean, p.n, status] for p in points
    ]
    return release("trends", ("outcome", "period", "arm", "mean", "n_trusts", "status"), rows)
