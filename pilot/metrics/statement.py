"""What a comparison says, in sentences that promise no more than its numbers. Pure."""

from pilot.metrics.kernel.estimates import Contrast, Estimate
from pilot.metrics.kernel.estimates import p_value as p_value_of
from pilot.metrics.naming import period, shown_name
from pilot.metrics.plan import ERRORS, error_of, is_too_easy

REGRESSION = (
    "Trusts that are chosen when they do badly tend to do better afterwards by themselves. "
    "This comparison cannot tell that apart from an effect of the pilot unless the pilots were drawn by lot."
)
FEW = "Fewer than five pilot trusts: no confirmatory inference. No interval and no p-value are given."
EXPLORATORY = "No plan for this comparison was locked before the figures were seen."
NOT_RANDOMISED = (
    "No draw of this programme gave just these arms: somebody else decided them, or they were changed since. "
    "So nothing shows that they were drawn by lot."
)


LONGER = "Larger numbers, such as the leavers of a quarter instead of a month, can be shown."


def giving_away(smallest: int) -> str:
    """Why something is not shown or not worked out, where figures are about this many people or more."""
    return f"it would give away a figure about fewer than {smallest} people"


def suppressed(outcome: str, smallest: int) -> str:
    """What is said in the place of a finding that is not shown."""
    what = f"How the change in {shown_name(outcome)} differed between pilots and controls"
    return f"{what} is suppressed: {giving_away(smallest)}. {LONGER}"


def said(estimate: Estimate, outcome: str, kind: str = "score") -> str:
    """The finding in one sentence, with its interval, or with the reason why there is none."""
    way = "higher" if estimate.att >= 0 else "lower"
    finding = (
        f"From before to after the start, the change in {shown_name(outcome)} was {gap(abs(estimate.att), kind)} {way} "
        f"in the pilot trusts than in the controls."
    )
    if not estimate.confirmatory:
        return f"{finding} {FEW}"
    if estimate.lo is None or estimate.hi is None:
        return f"{finding} There are too few trusts to say how far chance alone could move it."
    share = f"{100 * (1 - estimate.alpha):g}%"
    interval = f"The {share} interval is from {gap(estimate.lo, kind)} to {gap(estimate.hi, kind)}."
    if estimate.lo <= 0 <= estimate.hi:
        return f"{finding} {interval} It includes 0, so chance alone could explain this difference."
    side = "above" if estimate.lo > 0 else "below"
    return f"{finding} {interval} All of it lies {side} 0."


TOO_EASY = (
    "Standard errors clustered by trust (CR1) find differences too easily when there are few pilots: in simulations "
    "with five, about twice as often as they say."
)


def caution(estimate: Estimate) -> str:
    """What is to be known of the test that was asked for; empty when it keeps its promise."""
    too_easy = is_too_easy(estimate.estimator, estimate.test, in_sets=estimate.n_sets > 1)
    return TOO_EASY if too_easy and estimate.p_cluster is not None else ""


def method(estimate: Estimate) -> str:
    """How the p-value of the test that was asked for was found; empty when there is none."""
    if p_value_of(estimate) is None:
        return ""
    if estimate.estimator == "sdid":
        drawn = f"{estimate.permutations:,} {'possible' if estimate.enumerated else 'drawn'}"
        return f"a permutation of the starts, not studentised, {drawn} allocations; its interval is from placebos"
    if estimate.test == "permutation":
        which = f"all {estimate.permutations:,}" if estimate.enumerated else f"{estimate.permutations:,} drawn"
        where = f" within {estimate.n_sets:,} matched sets" if estimate.n_sets > 1 else ""
        return f"studentised permutation{where}, {which} allocations of the trusts to the arms"
    if estimate.test == "wild":
        return "the wild cluster bootstrap, with each trust as a cluster"
    error = ERRORS[error_of(estimate.estimator, estimate.test, in_sets=estimate.n_sets > 1)]
    return f"a t-test with {estimate.df:g} degrees of freedom; its standard error is {error}"


def parallel_suppressed(smallest: int) -> str:
    """What is said in the place of the sentence about the time before the start."""
    return f"How nearly the arms moved together before the start is suppressed: {giving_away(smallest)}."


def parallel(contrasts: tuple[Contrast, ...], before: tuple[str, ...], kind: str = "score") -> str:
    """What the picture shows before the start, which is where the arms should move together."""
    early = [c for c in contrasts if c.period in before[:-1]]
    if not early:
        return "There is only one period before the start, so nobody can see whether the arms moved together before it."
    widest = max(early, key=lambda c: abs(c.att))
    return (
        f"Before the start the gap between the arms differed from that in {period(before[-1])} by "
        f"{gap(abs(widest.att), kind)} at most, in {period(widest.period)}. The nearer this is to 0, the better the "
        f"controls show what would have happened without the pilot."
    )


def level(value: float, kind: str) -> str:
    """A mean for reading: a rate as a percentage."""
    return f"{_rate(value)}%" if kind == "rate" else figure(value)


def gap(value: float, kind: str) -> str:
    """A difference for reading: of rates in percentage points."""
    return f"{change(value, kind)} percentage points" if kind == "rate" else figure(value)


def change(value: float, kind: str) -> str:
    """A difference for a table, without its unit."""
    return _rate(value) if kind == "rate" else figure(value)


def _rate(value: float) -> str:
    """Per cent with three decimals, so that a table of monthly rates adds up; never a nought below nought."""
    return _minus(f"{round(100 * value, 3) + 0.0:.3f}")


def figure(value: float) -> str:
    """A number with three decimals, two from 1 on and one from 100 on, so that a column lines up."""
    places = 1 if abs(value) >= 100 else 2 if abs(value) >= 1 else 3
    return _minus(f"{round(value, places) + 0.0:,.{places}f}")


def _minus(text: str) -> str:
    return text.replace("-", "−")


def p_value(p: float) -> str:
    """A p-value for reading: three decimals, or “less than 0.001”."""
    return "less than 0.001" if p < 0.001 else f"{p:.3f}"
