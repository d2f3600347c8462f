"""How far pilots and controls moved apart in each period, with the covariance between periods. Pure.

Each period is compared with the last one before the first start, within matched sets, each set counting by its
pilots, as did.contrasts does; the variances are those of its intervals. Where every set has two units in each arm the
covariance is Welch's from within the sets, else it is seen from set to set.
"""

import math

import msgspec
import numpy as np
from msgspec.structs import replace

from pilot.errors import BadInput
from pilot.metrics.kernel.estimates import FEWEST_PILOTS, Case, Question
from pilot.metrics.kernel.grid import Floats, Grid
from pilot.metrics.kernel.permutation import MatchedSet
from pilot.metrics.kernel.sample import Sample, usable


class Path(msgspec.Struct, frozen=True):
    """The path of the difference between the arms, in the outcome's unit.

    `times` count periods from the base, which is 0 and not among them: below 0 lies before it, 1 is the first period
    from the start on. `effects` and `covariance` go with them. `covariance` and its degrees of freedom `df` are None
    below five pilots or where no spread can be seen.
    """

    outcome: str
    base: int
    periods: tuple[int, ...]
    times: tuple[int, ...]
    effects: Floats
    covariance: Floats | None
    df: float | None
    notes: tuple[str, ...] = ()


def before_start(grid: Grid) -> Path:
    """The path up to the last period before anybody starts. Raises BadInput with fewer than two such periods."""
    places = int(grid.place.min())
    if places < 2:
        raise BadInput("Trends before the start need two periods or more there.")
    return _path(grid, places)


def whole(grid: Grid) -> Path:
    """The path over all periods. Raises BadInput unless there is one start, with two periods before it."""
    if len(grid.starts) > 1:
        raise BadInput("The path over all periods needs one start for all treated units.")
    if int(grid.place.min()) < 2:
        raise BadInput("Trends before the start need two periods or more there.")
    return _path(grid, len(grid.periods))


def _path(grid: Grid, until: int) -> Path:
    base = int(grid.place.min()) - 1
    places = [place for place in range(until) if place != base]
    cases = tuple(
        Case(
            name=grid.names[i],
            pilot=bool(grid.treated[i]),
            values=tuple(None if math.isnan(value) else float(value) for value in grid.y[i]),
            set_id=grid.set_id[i],
            cluster=grid.cluster[i],
            weight=float(grid.weight[i]),
        )
        for i in range(len(grid.names))
    )
    names = tuple(str(period) for period in grid.periods)
    question = Question(grid.outcome, cases, names, (base,), tuple(places))
    used, _, notes = usable(question)
    samples = [Sample(replace(question, after=(place,)), used) for place in places]
    effects, covariance, df = _moments([list(one) for one in zip(*(s.sets for s in samples), strict=True)])
    confirmatory = samples[0].n_pilots >= FEWEST_PILOTS
    return Path(
        outcome=grid.outcome,
        base=grid.periods[base],
        periods=tuple(grid.periods[place] for place in places),
        times=tuple(place - base for place in places),
        effects=effects,
        covariance=covariance if confirmatory else None,
        df=df if confirmatory else None,
        notes=(*grid.notes, *notes),
    )


def _moments(sets: list[list[MatchedSet]]) -> tuple[Floats, Floats | None, float | None]:
    """Effects, their covariance and its degrees of freedom; each set is given once for each period."""
    shares = np.array([one[0].share for one in sets])
    by_set = np.array([_means(one, pilot=True) - _means(one, pilot=False) for one in sets])
    effects: Floats = shares @ by_set
    if all(one[0].replicated for one in sets):
        parts = [share**2 * part for one, share in zip(sets, shares, strict=True) for part in _arms(one)]
        few = [n - 1 for one in sets for n in (one[0].n_pilots, one[0].n - one[0].n_pilots)]
        return effects, np.sum(parts, axis=0), _welch(parts, few)
    if len(sets) < 2:
        return effects, None, None
    apart = shares[:, None] * (by_set - effects)
    return effects, len(sets) / (len(sets) - 1) * apart.T @ apart, float(len(sets) - 1)


def _arm(one: list[MatchedSet], *, pilot: bool) -> tuple[Floats, Floats]:
    """The weighted changes of an arm's units, units × periods, and their weights."""
    rows = one[0].pilot == pilot
    return np.column_stack([period.z[rows, 0] for period in one]), one[0].z[rows, 1]


def _means(one: list[MatchedSet], *, pilot: bool) -> Floats:
    x, n = _arm(one, pilot=pilot)
    mean: Floats = x.sum(axis=0) / n.sum()
    return mean


def _arms(one: list[MatchedSet]) -> list[Floats]:
    """The covariance of each arm's mean changes, periods × periods."""
    parts = []
    for pilot in (True, False):
        x, n = _arm(one, pilot=pilot)
        apart = (x - np.outer(n, x.sum(axis=0) / n.sum())) / n.sum()
        parts.append(len(n) / (len(n) - 1) * apart.T @ apart)
    return parts


def _welch(parts: list[Floats], few: list[int]) -> float | None:
    """The smallest of the periods' degrees of freedom by Welch and Satterthwaite, to be on the safe side."""
    each = np.array([np.diag(part) for part in parts])
    below = (each**2 / np.array(few)[:, None]).sum(axis=0)
    if not (below > 0).all():
        return None
    return float((each.sum(axis=0) ** 2 / below).min())
