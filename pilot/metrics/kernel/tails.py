"""Tails and quantiles of the normal, Student's and Fisher's distributions. Pure.

They stand upon `scipy.special`, as those of `scipy.stats` do. Loading the latter takes longer than most comparisons.
"""

import math
from typing import Any

import numpy as np
from scipy import special


def t_above(x: Any, df: Any) -> Any:
    """Share of Student's t with `df` degrees of freedom that lies above `x`, 0 to 1; numbers or arrays."""
    return special.stdtr(df, -x)


def p_of_t(att: float, se: float | None, df: float | None) -> float | None:
    """Both tails of Student's t beyond att / se, 0 to 1; None without an error above 0 or degrees of freedom."""
    return float(2 * t_above(abs(att) / se, df)) if se and df else None


def t_quantile(share: Any, df: Any) -> Any:
    """Below this value lies `share` (0 to 1) of Student's t with `df` degrees of freedom; numbers or arrays."""
    return np.copysign(
        special.stdtrit(df, share), np.subtract(share, 0.5)
    )  # at 0 it would be above all instead of below


def f_above(x: float, df1: float, df2: float) -> float:
    """Share of Fisher's F with `df1` and `df2` degrees of freedom that lies above `x` (at least 0), 0 to 1."""
    return float(special.fdtrc(df1, df2, x))


def normal_above(x: float) -> float:
    """Share of the standard normal distribution that lies above `x`, 0 to 1."""
    return float(special.ndtr(-x))


def normal_quantile(share: float) -> float:
    """Below this value lies `share` (0 to 1) of the standard normal distribution."""
    return float(special.ndtri(share))


def normal_density(x: float) -> float:
    """The standard normal density at `x`."""
    return math.exp(-x * x / 2) / math.sqrt(2 * math.pi)
