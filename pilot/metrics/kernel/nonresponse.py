"""Those who did not answer: weights by occupation, the response rate as an outcome, and the tipping point. Pure.

Weights bring each occupation group to its share of the staff, as the NHS Staff Survey's benchmarking does. They help
only against differences between groups; the tipping point asks about all the others.
"""

import math
from collections.abc import Mapping, Sequence

import msgspec
from msgspec.structs import replace

from pilot.errors import BadInput
from pilot.metrics.kernel.checks import Tipping, WeightedMean
from pilot.metrics.panel import Panel

CAP = 5.0
"""No answer counts for more than this many, or one rare answer would decide a trust's mean."""

RATE = "response_rate"


class Answers(msgspec.Struct, frozen=True):
    """The answers of one occupation group of a trust: how many, the sum of their scores and of the squares."""

    n: int
    total: float
    squares: float


def weights(staff: Mapping[str, int], answered: Mapping[str, int], cap: float = CAP) -> dict[str, float]:
    """What one answer of each group counts for: (N of the group / N) / (n of the group / n), at most `cap`.

    `staff` and `answered` give numbers of people by group. A group of which nobody answered has no weight: the mean
    says nothing of it. Raises BadInput for more answers than staff, or for no answer at all.
    """
    if cap < 1:
        raise BadInput("The cap of the weights must be 1 or more.")
    for group, n in answered.items():
        if not 0 <= n <= staff.get(group, 0):
            raise BadInput(f"Group “{group}” has {n:,} answers, but {staff.get(group, 0):,} staff.")
    everyone, n_all = sum(staff.values()), sum(answered.values())
    if not n_all:
        raise BadInput("Nobody answered, so there is nothing to weight.")
    return {group: min(cap, (staff[group] / everyone) / (n / n_all)) for group, n in answered.items() if n}


def effective(each: Sequence[float]) -> float:
    """The number of equally weighted answers that would be as sure as these: (Σw)²/Σw² (Kish 1965)."""
    squares = math.fsum(w * w for w in each)
    if not squares > 0:
        raise BadInput("There is no weight above 0.")
    return math.fsum(each) ** 2 / squares


def weighted_mean(groups: Mapping[str, Answers], weight: Mapping[str, float]) -> WeightedMean:
    """A trust's mean over groups, each answer with its group's weight, and the linearised standard error.

    The error takes answers for independent and the weights for known, and takes nothing off for a large share of
    staff having answered, since the question is about staff like these.
    """
    used = [(weight[name], one) for name, one in groups.items() if one.n]
    n = sum(one.n for _, one in used)
    if not n:
        raise BadInput("Nobody answered, so there is no mean.")
    below = math.fsum(w * one.n for w, one in used)
    mean = math.fsum(w * one.total for w, one in used) / below
    apart = math.fsum(w * w * (one.squares - 2 * mean * one.total + one.n * mean * mean) for w, one in used)
    n_eff = below**2 / math.fsum(w * w * one.n for w, one in used)
    se = math.sqrt(max(0.0, apart) * n / (n - 1)) / below if n > 1 else None
    return WeightedMean(mean, se, n, n_eff)


def with_response_rate(panel: Panel, answered: str, invited: str) -> Panel:
    """The panel with one more outcome, `response_rate`: answers over people invited, 0 to 1, None where either lacks.

    Whether the pilot changes who answers is a question of its own, compared like any outcome. Raises BadInput where
    more answered than were invited.
    """
    rows = zip(panel.units, panel.outcomes[answered], panel.outcomes[invited], strict=True)
    rates = tuple(
        tuple(
            _rate(f"“{unit.name}” in period {period}", n, of)
            for period, n, of in zip(panel.periods, ns, ofs, strict=True)
        )
        for unit, ns, ofs in rows
    )
    return replace(panel, outcomes={**panel.outcomes, RATE: rates})


def _rate(where: str, answered: float | None, invited: float | None) -> float | None:
    if answered is None or invited is None:
        return None
    if not 0 <= answered <= invited or invited == 0:
        raise BadInput(f"{where} has {answered:g} answers of {invited:g} people invited.")
    return answered / invited


def tipping_point(att: float, response_rate: float) -> Tipping:
    """The difference d* = −att/(1 − r) between silent and answering staff of the pilots at which no effect is left.

    If those who did not answer had changed by d more than those who did, the effect on all staff would be
    att + (1 − r)·d. `response_rate` r is that of the pilots after the start, above 0, at most 1.
    """
    if not 0 < response_rate <= 1:
        raise BadInput("The response rate must be above 0 and at most 1.")
    if response_rate == 1:
        return Tipping(None, "Everybody answered, so nobody's silence can hide anything.")
    difference = -att / (1 - response_rate)
    if att == 0:
        return Tipping(0.0, "There is no effect for silent staff to outweigh.")
    silent, way = f"{100 * (1 - response_rate):.0f}%", "less" if difference < 0 else "more"
    return Tipping(
        difference,
        f"No effect would be left if, in the pilot trusts, the {silent} of staff who did not answer had changed by "
        f"{abs(difference):.3g} {way} on average than those who did.",
    )
