"""The tables of an evaluation, column by column as the files are described in docs/how-to/evaluate.md. Pure."""

from collections.abc import Sequence

import msgspec

from pilot.metrics.disclosure import Cell, Figure, Released, release, total
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


def contrasts(outcome: str, found: Sequence[Contrast], base: str, status: str) -> Released:
    """event_study.csv of a page's comparison: event time counts the periods from the last one before the start, −1."""
    place = next((place for place, c in enumerate(found) if c.period == base), 0)
    rows: list[list[Cell]] = [
        [
            outcome, number - place - 1, c.att, c.se, c.lo, c.hi, c.band_lo, c.band_hi, c.n_pilots + c.n_controls,
            c.period, status,
        ]
        for number, c in enumerate(found)
    ]  # fmt: skip
    return release("event_study", (*EVENT_STUDY, "period", "status"), rows)


PANEL = (
    "ods_code", "wave", "outcome", "n_eligible", "n_invited", "n_resp", "response_rate", "n_valid", "n_eff",
    "mean_w", "mean_unw", "se", "suppressed", "suppression_reason", "arm", "set_id", "status",
)  # fmt: skip
TRENDS = ("outcome", "period", "arm", "mean", "n_trusts", "status")


class PanelCell(msgspec.Struct, frozen=True):
    """One value that a comparison was made from. `people` are those behind it, None when no number was given;
    `n` is the number of answers; `used` is False when the value did not enter the estimate."""

    trust: str
    period: str
    value: float
    people: int | None
    n: int | None
    pilot: bool
    set_id: str
    used: bool


def panel(outcome: str, cells: Sequence[PanelCell], status: str) -> Released:
    """panel.csv: every value as it was imported, small numbers suppressed."""
    rows: list[list[Cell | Figure]] = [
        [
            cell.trust, cell.period, outcome, None, None,
            None if cell.n is None else Figure(cell.n, cell.n), None, None, None,
            None, _figure(cell), None, "", "", _arm(cell.pilot), cell.set_id, status,
        ]
        for cell in cells
    ]  # fmt: skip
    return release("panel", PANEL, rows)


def trends(outcome: str, points: Sequence[TrendPoint], cells: Sequence[PanelCell], status: str) -> Released:
    """trends.csv: the plain mean of each arm in each period, hidden where it would give a small number away."""
    parts: dict[str, list[Figure]] = {}
    for cell in cells:
        if cell.used:
            parts.setdefault(_group(cell.period, cell.pilot), []).append(_figure(cell))
    rows: list[list[Cell | Figure]] = [
        [outcome, p.period, _arm(p.pilot), total(parts.get(_group(p.period, p.pilot), []), p.mean), p.n, status]
        for p in points
    ]
    return release("trends", TRENDS, rows)


def arms(estimate: Estimate, cells: Sequence[PanelCell], spec: tuple[Sequence[str], Sequence[str]]) -> Released:
    """The table of the page: both arms before and after, their change, and the difference between their changes."""
    rows: list[list[Cell | Figure]] = []
    for pilot, means in ((True, estimate.pilots), (False, estimate.controls)):
        behind = [_people(cells, periods, pilot=pilot) for periods in spec]
        least = None if None in behind else min(n for n in behind if n is not None)
        rows.append(
            [
                _arm(pilot),
                Figure(means.before, behind[0]),
                Figure(means.after, behind[1]),
                Figure(means.change, least),
                estimate.n_pilots if pilot else estimate.n_controls,
            ]
        )
    return release("arms", ("arm", "before", "after", "change", "n_trusts"), rows)


def _people(cells: Sequence[PanelCell], periods: Sequence[str], *, pilot: bool) -> int | None:
    here = [cell.people for cell in cells if cell.used and cell.pilot == pilot and cell.period in periods]
    return None if any(n is None for n in here) else sum(n for n in here if n is not None)


def _figure(cell: PanelCell) -> Figure:
    return Figure(cell.value, cell.people, _group(cell.period, cell.pilot) if cell.used else "")


def _group(period: str, pilot: bool) -> str:
    return f"{period} {_arm(pilot)}"


def _arm(pilot: bool) -> str:
    return "pilot" if pilot else "control"
