"""Studies that the kernel can work out: several outcomes of made-up trusts in matched sets."""

from collections.abc import Callable

import numpy as np
from msgspec.structs import replace

from pilot.metrics.kernel.studies import SEARCHES, Measured, StudyOrder
from pilot.metrics.plan import Plan
from tests.builders.kernel import a_panel, matched

EFFECT = 0.5


def a_measured(outcome: str, seed: int, *, pilots: int = 6, effect: float = EFFECT, periods: int = 6) -> Measured:
    """`pilots` pilots with three controls each, `periods` years from 2020 on, the start in the middle."""
    chance = np.random.default_rng(seed)
    units = 4 * pilots
    y = 6 + chance.normal(0, 0.5, (units, 1)) + 0.05 * np.arange(periods) + chance.normal(0, 0.1, (units, periods))
    start = periods // 2
    y[:pilots, start:] += effect
    panel = a_panel(y, pilots, start + 1, matched(pilots, 3))
    labels = tuple(str(2020 + place) for place in range(periods))
    panel = type(panel)(panel.units, panel.periods, {outcome: panel.outcomes["y"]})
    found = Measured(outcome, "score", panel, labels, Plan(outcomes=(outcome,)), mde=0.2)
    return replace(found, rates=rates_of(found, lambda *_: 0.4 + chance.normal(0, 0.02)))


def rates_of(one: Measured, rate: Callable[[bool, int], float]) -> tuple[tuple[float, ...], ...]:
    """A response rate for each trust and period, by whether it is a pilot and the place of the period."""
    places = range(len(one.labels))
    return tuple(tuple(rate(unit.start > 0, place) for place in places) for unit in one.panel.units)


def counted(headcount: float = 2000.0) -> Measured:
    """A study of the leaver rate with its leavers: 2% of the pilots leave after the start, 3% of all others."""
    chance = np.random.default_rng(4)
    one = a_measured("leaver_rate", 1)
    left = [
        [float(chance.poisson(headcount * (0.02 if unit.start and place >= 3 else 0.03))) for place in range(6)]
        for unit in one.panel.units
    ]
    staff = ((headcount,) * 6,) * len(left)
    rates = tuple(tuple(n / headcount for n in row) for row in left)
    panel = replace(one.panel, outcomes={"leaver_rate": rates})
    leavers = {"leavers": tuple(map(tuple, left)), "headcount_start": staff, "headcount_end": staff}
    return replace(one, kind="rate", panel=panel, counts=replace(panel, outcomes=leavers))


def an_order(*names: str, **changes: int) -> StudyOrder:
    """A study of these outcomes, the first the primary, with every check."""
    measured = tuple(a_measured(name, seed, **changes) for seed, name in enumerate(names or ("engagement",), start=1))
    return StudyOrder(measured, SEARCHES, footnote="Prespecified.")
