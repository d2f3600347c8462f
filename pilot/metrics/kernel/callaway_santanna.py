"""Difference in differences with several starts: group-time effects, their means, and how sure they are. Pure.

Sources: Callaway and Sant'Anna (2021), Difference-in-differences with multiple time periods, Journal of Econometrics
225; Chung and Romano (2013) for the studentised permutation. Conventions: `group_times` for the base period and the
comparison, `aggregates` for the means, `bands` for errors and bands, `group_permutation` for the test.
"""

import math
from collections.abc import Sequence

import numpy as np
from msgspec.structs import replace

from pilot.errors import BadInput
from pilot.metrics.kernel import aggregates
from pilot.metrics.kernel.bands import Errors
from pilot.metrics.kernel.clusters import Bools, Clusters
from pilot.metrics.kernel.estimates import FEWEST_PILOTS, Estimate, EventTime, Found, GroupTime, left_out
from pilot.metrics.kernel.grid import Floats, Grid
from pilot.metrics.kernel.group_permutation import Deal
from pilot.metrics.kernel.group_times import GroupTimes
from pilot.metrics.kernel.spread import in_sd
from pilot.metrics.plan import Plan

NAME = "callaway-santanna"


def estimate(grid: Grid, plan: Plan, *, brief: bool = False) -> Found:
    """Every ATT(g,t), the event times, and an estimate for each of the plan's aggregates.

    Clusters enter the errors and the test, matched sets the test alone. `se` is the published one, the root of the
    squares of influence summed over clusters; `df`, `p_cluster` and, with the test "cluster", `lo` and `hi` are
    corrected for small samples, so that with one start they are Welch's (see `bands`). With the test "permutation" the
    interval comes from turning round the test for an effect that is the same in every treated cell. Below five treated
    clusters there is neither error nor interval nor p; a start with a single cluster leaves no error. `brief` gives
    the first aggregate with its error and the plan's p-value and no more.

    Raises BadInput, in a sentence, for the test "wild", for units with missing periods, without a period before their
    start or without a comparison, and for a permutation of units that do not weigh the same.
    """
    if plan.test == "wild":
        raise BadInput("The wild bootstrap is not for “callaway-santanna”: set “test” to “permutation” or “cluster”.")
    cells, clusters = GroupTimes(grid, plan.control), Clusters(grid)
    lone = [int(label) for label in np.flatnonzero(cells.effective) if clusters.count(int(label)) < 2]
    plain = _plain(cells, clusters, plan, lone)
    names = plan.aggregates[:1] if brief else plan.aggregates
    means = [aggregates.mean(cells, name) for name in names]
    errors = Errors(np.column_stack([one.psi for one in means]), np.array([not lone] * len(means)), clusters)
    found: list[Estimate] = []
    for place, (name, one) in enumerate(zip(names, means, strict=True)):
        same = next((k for k in range(place) if np.allclose(means[k].share, one.share, rtol=0, atol=1e-12)), None)
        if same is not None:  # with one start every mean is the same one, so it is tested once
            found.append(replace(found[same], estimand=name))
            continue
        here = replace(plain, estimand=name, att=one.att, sd_units=in_sd(grid, one.att))
        if here.confirmatory:
            here = _with_error(here, errors, place)
        if here.confirmatory and plan.test == "permutation":
            deal = Deal(grid, clusters, cells.coefficients(one.share))
            step = float(errors.wide[place]) if here.se else deal.scale or 1.0
            here = _with_permutation(here, deal, None if brief else step)
        found.append(here)
    if brief:
        return Found(tuple(found))
    known = _known(cells, clusters) & plain.confirmatory
    return Found(tuple(found), _group_times(cells, known, clusters, plan), _event_times(cells, known, clusters, plan))


def _plain(cells: GroupTimes, clusters: Clusters, plan: Plan, lone: Sequence[int]) -> Estimate:
    """What is the same for every aggregate; its `estimand` and `att` are still to be filled in."""
    grid, treated = cells.grid, cells.effective[cells.unit_label]
    return Estimate(
        outcome=grid.outcome,
        estimand="",
        att=0.0,
        n_pilots=int(treated.sum()),
        n_controls=int((cells.members[1].any(axis=1) & ~treated).sum()),
        test=plan.test,
        alpha=plan.alpha,
        seed=plan.seed,
        confirmatory=int(cells.effective[clusters.label].sum()) >= FEWEST_PILOTS,
        estimator=NAME,
        n_sets=len(set(grid.set_id)),
        dropped=grid.dropped,
        notes=(*grid.notes, *_notes(cells, clusters, [grid.starts[label] for label in lone])),
    )


def _with_error(one: Estimate, errors: Errors, place: int) -> Estimate:
    """The error by the influence of each cluster, its p-value, and the interval where that is the plan's test."""
    if math.isnan(errors.se[place]):
        return one
    p, reach = float(errors.p(one.att)[place]), float(errors.reach(one.alpha)[place])
    found = replace(one, se=float(errors.se[place]), df=float(errors.df[place]), p_cluster=p)
    return replace(found, lo=one.att - reach, hi=one.att + reach) if one.test == "cluster" else found


def _with_permutation(one: Estimate, deal: Deal, step: float | None) -> Estimate:
    """The p-value and, searched for in such steps unless that is None, the effects that are not rejected."""
    every, count, enumerated = deal.statistics(one.seed)
    found = replace(one, p_permutation=every.p(0.0), permutations=count, enumerated=enumerated)
    if step is None:
        return found
    lo, hi = every.interval(one.alpha, step)
    notes = one.notes
    if lo is None or hi is None:
        share = f"{100 * (1 - one.alpha):g}%"
        notes = (*notes, f"There are too few possible allocations ({count:,}) for a {share} interval with two ends.")
    return replace(found, lo=lo, hi=hi, notes=notes)


def _group_times(cells: GroupTimes, known: Bools, clusters: Clusters, plan: Plan) -> tuple[GroupTime, ...]:
    grid, ends = cells.grid, _ends(cells.att, Errors(cells.psi, known, clusters), plan)
    treated, compared = (members.sum(axis=0) for members in cells.members)
    return tuple(
        GroupTime(
            grid.starts[label],
            grid.periods[time],
            float(cells.att[k]),
            int(treated[k]),
            int(compared[k]),
            *ends[k],
        )
        for k, (label, time) in enumerate(zip(cells.label, cells.time, strict=True))
    )


def _event_times(cells: GroupTimes, known: Bools, clusters: Clusters, plan: Plan) -> tuple[EventTime, ...]:
    means = aggregates.event_times(cells)
    seen = np.array([np.all((known | cells.reference)[one.share > 0]) for _, one in means])
    psi, att = np.column_stack([one.psi for _, one in means]), np.array([one.att for _, one in means])
    ends = _ends(att, Errors(psi, seen, clusters), plan)
    used = np.logical_or(*cells.members)
    return tuple(
        EventTime(e, one.att, int(used[:, one.share > 0].any(axis=1).sum()), *ends[k])
        for k, (e, one) in enumerate(means)
    )


def _ends(att: Floats, errors: Errors, plan: Plan) -> list[tuple[float | None, ...]]:
    """(se, lo, hi, band_lo, band_hi) of each figure, None where its spread cannot be seen."""
    own, band = errors.reach(plan.alpha), errors.band(plan.alpha, plan.seed)
    table = np.column_stack([errors.se, att - own, att + own, att - band, att + band])
    return [tuple(None if math.isnan(value) else float(value) for value in row) for row in table]


def _known(cells: GroupTimes, clusters: Clusters) -> Bools:
    """Which cells have two clusters or more on each side."""
    count = np.bincount(clusters.label, minlength=len(cells.mass))
    known: Bools = (count[cells.label] > 1) & (cells.compared @ count > 1) & ~cells.reference
    return known


def _notes(cells: GroupTimes, clusters: Clusters, lone: Sequence[int]) -> list[str]:
    grid, notes = cells.grid, []
    idle = [start for label, start in enumerate(grid.starts) if not cells.effective[label]]
    if idle:
        notes.append(
            f"Units that start in {_list(idle)} serve as comparison only: nobody is untreated from that time on."
        )
    missing = int(cells.effective[:-1].sum()) * len(grid.periods) - int(cells.effective[cells.label].sum())
    notes += left_out(missing, "no unit is untreated then", what="group-time")
    if lone:
        notes.append(f"There is no standard error, since a single unit or cluster starts in {_list(lone)}.")
    few = [start for label, start in enumerate(grid.starts) if 1 < clusters.count(label) < FEWEST_PILOTS]
    if few:
        notes.append(
            f"Fewer than five start in {_list(few)}, so intervals and bands of their group-times and event times are "
            "too narrow." + (" The permutation test is not affected." if grid.confirmatory else "")
        )
    if len(set(clusters.set_id)) > 1:
        notes.append("Matched sets enter the test; the estimate compares with all comparison units together.")
    return notes


def _list(starts: Sequence[int]) -> str:
    *first, last = [str(start) for start in starts]
    return f"{', '.join(first)} and {last}" if first else last
