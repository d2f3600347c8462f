"""Those who did not answer: how different they would have to be for an effect to vanish, and who answers more. Pure.

Weights (`pilot.metrics.cells`) help only against differences between staff groups; the tipping point asks about all
the others. The response rate is an outcome in itself: a pilot that changes who answers changes a mean without anybody
having changed.
"""

import math

from msgspec.structs import replace

from pilot.errors import BadInput
from pilot.metrics.kernel import estimators
from pilot.metrics.kernel.checks import Sensitivity, Silence
from pilot.metrics.kernel.estimates import Estimate
from pilot.metrics.kernel.grid import Grid
from pilot.metrics.kernel.studies import Measured
from pilot.metrics.panel import Panel
from pilot.metrics.respondents import RATE

METHOD = "tipping point"

ESTIMAND = "response rate"
"""What estimates.csv calls the effect on the response rate behind an outcome."""


def tipping_point(att: float, response_rate: float) -> float | None:
    """The difference d* = −att/(1 − r) between silent and answering staff of the pilots at which no effect is left.

    If those who did not answer had changed by d more than those who did, the effect on all staff would be
    att + (1 − r)·d. `response_rate` r is that of the pilots after the start, above 0, at most 1; None where everybody
    answered, so that nobody's silence can hide anything. Raises BadInput for another rate.
    """
    if not 0 < response_rate <= 1:
        raise BadInput("The response rate must be above 0 and at most 1.")
    if response_rate == 1:
        return None
    return -att / (1 - response_rate) + 0.0


def silence(measured: Measured, main: Estimate) -> Silence:
    """How different the silent staff of the pilots would have to be, by the response rates of the outcome's own waves.

    r is the mean over the pilots in `main` of their mean rate over the periods from their start on in which they have
    a value. `edge` is the difference at which the interval begins to include no effect: −(its end nearest to
    0)/(1 − r), 0 if it includes none already. The rows hold the interval moved by (1 − r)·d, for d = 0 and d = d*.
    Raises BadInput where no rate is known, or that of a pilot is not.
    """
    rate = _rate_after(measured, main)
    tips = tipping_point(main.att, rate)
    if tips is None or main.lo is None or main.hi is None:
        return Silence(rate, tips)
    nearest = 0.0 if main.lo <= 0 <= main.hi else main.lo if main.lo > 0 else main.hi
    edge = tipping_point(nearest, rate) or 0.0
    rows = []
    for difference in dict.fromkeys((0.0, tips)):
        lo, hi = (end + (1 - rate) * difference for end in (main.lo, main.hi))
        rows.append(Sensitivity(measured.outcome, METHOD, difference, lo, hi, lo <= 0 <= hi, edge))
    return Silence(rate, tips, edge, tuple(rows))


def on_the_rate(measured: Measured) -> Estimate:
    """The plan's first estimate for the response rate behind the outcome, a share from 0 to 1, as an outcome itself.

    Raises BadInput where the rates cannot be compared so.
    """
    _refuse_unknown(measured)
    panel = Panel(measured.panel.units, measured.panel.periods, {RATE: measured.rates})
    plan = replace(measured.plan, outcomes=(RATE,))
    (found, *_) = estimators.ESTIMATORS[plan.estimator](Grid(panel, RATE, plan.missing), plan).estimates
    return replace(found, outcome=measured.outcome, estimand=ESTIMAND)


def _refuse_unknown(measured: Measured) -> None:
    if not measured.rates:
        raise BadInput(measured.no_rates or "The response rate is not known.")


def _rate_after(measured: Measured, main: Estimate) -> float:
    _refuse_unknown(measured)
    panel, means, unknown = measured.panel, [], 0
    for unit, values, rates in zip(panel.units, panel.outcomes[measured.outcome], measured.rates, strict=True):
        if unit.name in main.dropped or not 0 < unit.start <= panel.periods[-1]:
            continue
        after = [
            rate
            for period, value, rate in zip(panel.periods, values, rates, strict=True)
            if period >= unit.start and value is not None
        ]
        known = [rate for rate in after if rate is not None]
        unknown += len(known) < len(after)
        means += [math.fsum(known) / len(known)] if known else []
    if unknown:
        raise BadInput(f"The response rate after the start is not known for {unknown:,} of the pilot trusts.")
    return math.fsum(means) / len(means)
