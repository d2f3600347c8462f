"""How alike pilots and controls are before the pilots begin, and how alike a draw will make them. Pure.

Differences are told in standard deviations over all eligible trusts, the same before and after, so that a smaller
difference is never a larger spread (Stuart 2010, "Matching methods for causal inference", Statistical Science 25).
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pilot.metrics.eligibility import WORDS, Candidate, figures
from pilot.metrics.kernel.designs import BalanceRow, Typical
from pilot.metrics.kernel.grid import Floats
from pilot.metrics.lottery import MatchedSet

REGION = "region: "


class Sides(NamedTuple):
    """The values of one covariate in both arms."""

    pilots: Floats
    controls: Floats


def columns(candidates: Sequence[Candidate]) -> dict[str, Floats]:
    """Each covariate of each trust, NaN where it has none: figures by the keys of WORDS, regions as 0 or 1.

    Those in which the trusts do not differ are left out.
    """
    rows = [figures(one) for one in candidates]
    found = {
        name: np.array([np.nan if (value := row[name]) is None else value for row in rows], dtype=float)
        for name in WORDS
    }
    for region in sorted({one.region for one in candidates} - {""}):
        found[REGION + region] = np.array([float(one.region == region) for one in candidates])
    return {name: column for name, column in found.items() if _sd(column) > 0}


def typical(candidates: Sequence[Candidate], sets: Sequence[MatchedSet], pilots: int) -> tuple[Typical, ...]:
    """How far apart the arms will typically be in each covariate, worked out exactly over all draws.

    The mean square of a difference of means is s²·(1/pilots + 1/controls) in each set, with s² the set's variance; sets
    count alike. Trusts without a value are left out of their sets, so that there it is a near figure.
    """
    place = {one.code: at for at, one in enumerate(candidates)}
    members = [np.array([place[code] for code in one.trusts], dtype=np.intp) for one in sets]
    return tuple(_typical(name, column, members, pilots) for name, column in columns(candidates).items())


def weigh(candidates: Sequence[Candidate], sets: Sequence[MatchedSet], pilots: Sequence[str]) -> tuple[BalanceRow, ...]:
    """Two rows for each covariate: against all other eligible trusts, then against the controls of their sets."""
    drawn = np.array([one.code in pilots for one in candidates])
    number = {code: at for at, one in enumerate(sets) for code in one.trusts}
    in_set = np.array([number.get(one.code, -1) for one in candidates])
    rows = []
    for name, column in columns(candidates).items():
        there = np.isfinite(column)
        before = Sides(column[there & drawn], column[there & ~drawn])
        after = Sides(column[there & drawn & (in_set >= 0)], column[there & ~drawn & (in_set >= 0)])
        sd, sets_too = _sd(column), _by_sets(column, drawn, in_set, len(sets))
        rows.append(_row(name, sd, before, (_mean(before.pilots), _mean(before.controls)), "before"))
        rows.append(_row(name, sd, after, sets_too, "after"))
    return tuple(rows)


def _typical(name: str, column: Floats, members: Sequence[NDArray[np.intp]], pilots: int) -> Typical:
    sd = _sd(column)
    held = [values[np.isfinite(values)] for values in (column[places] for places in members)]
    held = [values for values in held if len(values) > pilots]
    if not held:
        return Typical(name, None, None)
    count, everybody = len(held), np.concatenate(held)
    within = sum(values.var(ddof=1) * (1 / pilots + 1 / (len(values) - pilots)) for values in held) / count**2
    drawn = count * pilots
    without = everybody.var(ddof=1) * (1 / drawn + 1 / (len(everybody) - drawn))
    return Typical(name, float(np.sqrt(without)) / sd, float(np.sqrt(within)) / sd)


def _by_sets(column: Floats, drawn: NDArray[np.bool_], in_set: Floats, sets: int) -> tuple[float, float]:
    """The means of both arms, each set counting alike; sets in which an arm has no value are left out."""
    there = np.isfinite(column)
    pairs = []
    for number in range(sets):
        inside = there & (in_set == number)
        if (inside & drawn).any() and (inside & ~drawn).any():
            pairs.append((column[inside & drawn].mean(), column[inside & ~drawn].mean()))
    return (_mean(np.array([p for p, _ in pairs])), _mean(np.array([c for _, c in pairs])))


def _row(
    name: str, sd: float, sides: Sides, means: tuple[float, float], when: Literal["before", "after"]
) -> BalanceRow:
    spreads = [float(arm.var(ddof=1)) if len(arm) > 1 else np.nan for arm in (sides.pilots, sides.controls)]
    ratio = spreads[0] / spreads[1] if spreads[1] > 0 else np.nan
    gap = _known((means[0] - means[1]) / sd)
    return BalanceRow(name, _known(means[0]), _known(means[1]), gap, _known(ratio), when)


def _mean(values: Floats) -> float:
    return float(values.mean()) if values.size else float("nan")


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _sd(column: Floats) -> float:
    """The standard deviation of what is there; 0 for fewer than two values."""
    values = column[np.isfinite(column)]
    return float(values.std(ddof=1)) if len(values) > 1 else 0.0
