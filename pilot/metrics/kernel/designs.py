"""What is asked of the worker before and after a draw, and what it answers. Pure."""

from typing import Literal

import msgspec

from pilot.metrics.design import Options
from pilot.metrics.eligibility import Candidate
from pilot.metrics.lottery import Leftover, MatchedSet

FINE, FLAGGED = 0.1, 0.25
"""Standardised differences below the first are fine, above the second they are flagged (Austin 2009; Stuart 2010)."""


class BalanceRow(msgspec.Struct, frozen=True):
    """One covariate in both arms: a line of balance.csv.

    `smd` is the difference of the means in standard deviations over all eligible trusts with a value; None where those
    do not differ at all, or an arm has no value. `variance_ratio` is pilots to controls; None where it cannot be had.
    `before_after` is "before" (pilots against all other eligible trusts) or "after" (against the controls of their
    sets, each set counting by its pilots).
    """

    covariate: str
    mean_pilot: float | None
    mean_control: float | None
    smd: float | None
    variance_ratio: float | None
    before_after: Literal["before", "after"]

    @property
    def mark(self) -> str:
        """“fine”, “watch”, “flagged”, or "" where there is no difference to be judged."""
        return "" if self.smd is None else judged(self.smd)


class Typical(msgspec.Struct, frozen=True):
    """How far apart the arms will typically be in one covariate, before anything is drawn.

    Both are root mean squares of the standardised difference over all draws that there could be: a draw of as many
    pilots from all trusts of the sets, and the draw within sets. None where the trusts do not differ.
    """

    covariate: str
    without_sets: float | None
    with_sets: float | None


class PowerPoint(msgspec.Struct, frozen=True):
    """The smallest effect that so many pilots and controls can show: 80% power, 5% level, two-sided.

    `mde_in_sets` is the same for an analysis that sees its error only from set to set, as it must where each set has a
    lone pilot or control; None elsewhere.
    """

    pilots: int
    controls: int
    mde: float
    mde_in_sets: float | None = None


class Spread(msgspec.Struct, frozen=True):
    """How much trusts' changes differ by themselves: a standard deviation, and where it was found."""

    sd: float
    source: str


class DrawUp(msgspec.Struct, frozen=True, tag="draw up"):
    """An order: form the sets, say how alike they are, and what so many pilots could show."""

    candidates: tuple[Candidate, ...]
    options: Options
    baseline: str
    spread: Spread


class DrawnUp(msgspec.Struct, frozen=True):
    """The answer. `covariates` are those that the trusts were matched on; the pictures are SVG text."""

    sets: tuple[MatchedSet, ...]
    leftovers: tuple[Leftover, ...]
    covariates: tuple[str, ...]
    typical: tuple[Typical, ...]
    power: tuple[PowerPoint, ...]
    love: str
    curve: str


class WeighUp(msgspec.Struct, frozen=True, tag="weigh up"):
    """An order: compare the pilots that were drawn with their controls."""

    candidates: tuple[Candidate, ...]
    sets: tuple[MatchedSet, ...]
    pilots: tuple[str, ...]


class Weighed(msgspec.Struct, frozen=True):
    """The answer: two lines for each covariate, before and after, and the Love plot as SVG text."""

    balance: tuple[BalanceRow, ...]
    love: str


class DrawnFrom(msgspec.Struct, frozen=True):
    """The draw that gave a study its arms: what was shown of it before, and how alike the arms came out.

    `pilots` is how many were drawn, `eligible` among how many they could be; `power` is empty where there was one set.
    """

    design_id: int
    title: str
    baseline: str
    eligible: int
    sets: int
    pilots: int
    controls: int
    spread: Spread
    power: tuple[PowerPoint, ...]
    balance: tuple[BalanceRow, ...]


def judged(smd: float) -> str:
    """What a standardised difference means for the comparison."""
    return "fine" if abs(smd) < FINE else "flagged" if abs(smd) > FLAGGED else "watch"
