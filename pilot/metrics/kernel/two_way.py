"""Two-way fixed effects: the outcome on being treated now, beside effects of units and periods; to compare. Pure.

Sources: de Chaisemartin and D'Haultfœuille (2020) for the weights that it gives to the effects of single cells; Sun and
Abraham (2021) for why its event study mixes event times where starts differ.
"""

import math

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from pilot.errors import BadInput
from pilot.metrics.kernel import tails
from pilot.metrics.kernel.estimates import FEWEST_PILOTS, Estimate, EventTime, Found, left_out
from pilot.metrics.kernel.grid import Floats, Grid, Wholes
from pilot.metrics.kernel.inference import Cells, Design, infer, numbered, one_number
from pilot.metrics.kernel.lots import Lots
from pilot.metrics.kernel.regression import Fit, Ground, independent
from pilot.metrics.plan import Plan

REFERENCE = -1
"""The event time against which the others are measured: the last period before the start."""


def estimate(grid: Grid, plan: Plan, *, brief: bool = False) -> Found:
    """The coefficient of “treated now” and of each event time, in the outcome's unit. Starts may differ.

    `se` and `df` are CR1's by cluster with t(G − 1). `brief` gives the error and the plan's p-value and no more.
    Raises BadInput when the effect follows from units and periods, or when clusters were not drawn as a whole and the
    plan's test is “permutation”.
    """
    one = _Panel(grid)
    cells = one.cells()
    att, spread = float(cells.fit().coefficients[0]), one.spread()
    events, said = _event_times(one, cells, plan)
    found = Estimate(
        outcome=grid.outcome,
        estimand="simple",
        estimator="twfe",
        att=att,
        n_pilots=int(one.treated.sum()),
        n_controls=int((~one.treated).sum()),
        test=plan.test,
        alpha=plan.alpha,
        seed=plan.seed,
        confirmatory=one.confirmatory,
        sd_units=att / spread if spread else None,
        n_sets=len(set(one.set_id)),
        dropped=one.dropped,
        notes=(*grid.notes, *one.notes, *_weighting(one, cells), *said, *one_number(plan)),
    )
    if one.confirmatory:
        found = infer(found, cells, Design(one.lots(plan), one.fewest, "CR1"), plan, brief=brief)
    return Found((found,), (), events)


class _Panel:
    """The units with values that can be compared, in the order of their clusters, and the cells of these values."""

    def __init__(self, grid: Grid) -> None:
        there = _comparable(np.isfinite(grid.y))
        kept = np.flatnonzero(there.any(axis=1))
        order = sorted(kept.tolist(), key=lambda i: (grid.cluster[i], grid.names[i]))
        self.treated, self.place = grid.treated[order], grid.place[order]
        if not self.treated.any():
            raise BadInput("There is nothing to compare: no treated unit has values in two periods.")
        self.names = [grid.cluster[i] for i in order]
        self.set_id = [grid.set_id[i] for i in order]
        self.cluster = numbered(self.names)
        self.y: Floats = np.where(there, grid.y, np.nan)[order]
        self.weight: Floats = grid.weight[order]
        self.unit, self.period = np.nonzero(there[order])
        lone = [name for i, name in enumerate(grid.names) if i not in set(order)]
        self.dropped = (*grid.dropped, *lone)
        self.notes = left_out(len(lone), "no two values in periods that others share")

    @property
    def event_time(self) -> Wholes:
        """For each cell the number of periods since its unit's start; it has no meaning where a unit never starts."""
        since: Wholes = self.period - self.place[self.unit]
        return since

    @property
    def staggered(self) -> bool:
        """Whether starts differ."""
        return len(set(self.place[self.treated].tolist())) > 1

    @property
    def fewest(self) -> int:
        """The number of clusters in the smaller arm; where starts differ, units are compared over the arms as well."""
        pilots, controls = (len(set(self.cluster[arm].tolist())) for arm in (self.treated, ~self.treated))
        return pilots if self.staggered else min(pilots, controls)

    @property
    def confirmatory(self) -> bool:
        """Whether enough clusters were treated for a test to keep its promise."""
        return len(set(self.cluster[self.treated].tolist())) >= FEWEST_PILOTS

    def clusters_at(self, event_time: int) -> int:
        """The number of treated clusters with a value so many periods after their start."""
        units = self.unit[self.treated[self.unit] & (self.event_time == event_time)]
        return len(set(self.cluster[units].tolist()))

    def seen_at(self, event_time: int) -> int:
        """The number of treated units with a value then, and of all units that never start; 0 where none is treated."""
        units = self.unit[self.treated[self.unit] & (self.event_time == event_time)]
        return len(units) + int((~self.treated).sum()) if len(units) else 0

    def cells(self) -> Cells:
        """The regression: one cell for each value, unit effects absorbed and period effects held fixed."""
        y = self.y[self.unit, self.period]
        periods = np.unique(self.period)
        columns = (periods[:, None] == self.period).astype(float)
        ground = Ground(columns, self.weight[self.unit], self.cluster[self.unit], self.unit)
        treated = (self.event_time >= 0).astype(float)
        return Cells(ground, y - y.mean(), self.period, treated, len(periods))

    def lots(self, plan: Plan) -> Lots | None:
        """What the lottery drew. A cluster that was not drawn as a whole is refused where the test needs the draw."""
        try:
            return Lots(self.names, self.set_id, self.place, self.cluster)
        except BadInput:
            if plan.test == "permutation":
                raise
            return None

    def spread(self) -> float | None:
        """The standard deviation over units of the mean before anyone started; None where there is none."""
        early = self.y[:, : self.place[self.treated].min()]
        early = early[np.isfinite(early).any(axis=1)]
        spread = float(np.std(np.nanmean(early, axis=1), ddof=1)) if len(early) > 1 else 0.0
        return spread if spread > 0 else None


def _comparable(there: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The values whose unit has another one, and whose period has another one: the rest fit exactly and say nothing."""
    kept = there & (there.sum(axis=1, keepdims=True) > 1) & (there.sum(axis=0) > 1)
    return kept if kept.sum() == there.sum() else _comparable(kept)


def _weighting(one: _Panel, cells: Cells) -> tuple[str, ...]:
    """How many treated cells count negatively: their weight is what units and periods leave of being treated."""
    if not one.staggered:
        return ()
    left = cells.fit().x[0][cells.treated > 0]
    negative = int(np.sum(left < -1e-9 * np.abs(left).max()))
    share = f"{100 * negative / len(left):.1f}% of the treated values ({negative:,} of {len(left):,})"
    return (f"Where starts differ, two-way fixed effects can count effects with a negative weight: here {share}.",)


def _event_times(one: _Panel, cells: Cells, plan: Plan) -> tuple[tuple[EventTime, ...], tuple[str, ...]]:
    """The path over event times, and what is to be said of those that follow from the others.

    Intervals are of t(G − 1); the bands hold for all event times at once (Bonferroni).
    """
    since, treated = one.event_time, one.treated[one.unit]
    seen = sorted(set(since[treated].tolist()) - {REFERENCE})
    # the first to give way is the earliest
    asked = [e for e in seen if e >= 0] + [e for e in reversed(seen) if e < 0]
    x = np.array([(treated & (since == e)).astype(float) for e in asked])
    kept = independent(cells.ground, x)
    gone = sorted(set(asked) - {asked[place] for place in kept})
    fit, clusters = Fit(cells.ground, cells.y, x[kept]), cells.ground.clusters
    reaches = [float(tails.t_quantile(1 - plan.alpha / 2 / m, clusters - 1)) for m in (1, len(kept))]
    points = [EventTime(REFERENCE, 0.0, one.seen_at(REFERENCE))] if one.seen_at(REFERENCE) else []
    for place, att, se in zip(kept, fit.coefficients.tolist(), _errors(one, cells, fit), strict=True):
        sure = se is not None and one.clusters_at(asked[place]) >= FEWEST_PILOTS
        points.append(_point(EventTime(asked[place], att, one.seen_at(asked[place])), se if sure else None, reaches))
    return tuple(sorted(points, key=lambda point: point.event_time)), _held(gone)


def _errors(one: _Panel, cells: Cells, fit: Fit) -> list[float | None]:
    """CR1 of each coefficient; None where there are too few clusters, or more coefficients than values."""
    if not one.confirmatory or one.fewest < 2 or cells.ground.cells <= len(fit.x) + cells.counted:
        return [None] * len(fit.x)
    return [math.sqrt(variance) for variance in np.diag(fit.cr1(cells.counted)).tolist()]


def _point(plain: EventTime, se: float | None, reaches: list[float]) -> EventTime:
    if se is None:
        return plain
    own, band = (reach * se for reach in reaches)
    att = plain.att
    return replace(plain, se=se, lo=att - own, hi=att + own, band_lo=att - band, band_hi=att + band)


def _held(gone: list[int]) -> tuple[str, ...]:
    if not gone:
        return ()
    times = ", ".join(str(e).replace("-", "−") for e in gone)
    return (f"Event times held at 0, as −1 is, since nothing tells them from the others: {times}.",)
