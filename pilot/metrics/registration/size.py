"""The smallest effect that a comparison can find, by Student's t in plain Python. Pure.

The web process loads no numpy, so the quantile is worked out here: the distribution of t has a closed form for whole
degrees of freedom (Abramowitz and Stegun 1964, 26.7.3 and 26.7.4), and is turned round by halving.
"""

import math

POWER = 0.8
"""The chance of finding an effect as large as the smallest one."""


def t_share(t: float, df: int) -> float:
    """The share of Student's t below `t`, 0 to 1; `df` is a whole number of degrees of freedom, 1 or more."""
    angle = math.atan(t / math.sqrt(df))
    sine, cosine = math.sin(angle), math.cos(angle)
    term = cosine if df % 2 else 1.0
    total = 0.0
    for k in range(1 + df % 2, df, 2):
        total += term
        term *= cosine * cosine * k / (k + 1)
    middle = 2 / math.pi * (angle + sine * total) if df % 2 else sine * total
    return (1 + middle) / 2


def t_quantile(share: float, df: int) -> float:
    """The value below which that share of Student's t lies. Raises ValueError for a share not in 0.5 to 1."""
    if not 0.5 <= share < 1 or df < 1:
        raise ValueError(share, df)
    low, high = 0.0, 1.0
    while t_share(high, df) < share:
        low, high = high, 2 * high
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if t_share(middle, df) < share else (low, middle)
    return (low + high) / 2


def smallest_effect(
    pilots: int, controls: int, sd_change: float, *, sets: int | None = None, alpha: float = 0.05, power: float = POWER
) -> float:
    """The effect that so many trusts find with that power, in the unit of `sd_change`.

    (t at 1 − α/2 + t at the power) · s · √(1/pilots + 1/controls). With matched sets of one pilot each, `sets` says how
    many, and t has sets − 1 degrees of freedom: the spread is seen from set to set only. None: all pilots are compared
    with all controls, and t has pilots + controls − 2. `sd_change` is the standard deviation over trusts of the change
    from before to after. Source: Bloom 1995, Minimum detectable effects; bench/evaluation.py measures the power.
    """
    df = pilots + controls - 2 if sets is None else sets - 1
    return (t_quantile(1 - alpha / 2, df) + t_quantile(power, df)) * sd_change * math.sqrt(1 / pilots + 1 / controls)
