"""What the checks around an estimate answer, as plain values for the pages and files; loads no numpy. Pure."""

from typing import Literal

import msgspec

PlaceboKind = Literal["in time", "in space", "leave one out"]


class Spread(msgspec.Struct, frozen=True):
    """How much units change by themselves from `before` waves to the `after` waves that follow them.

    `sd` is the standard deviation over units of that change, in the outcome's unit; `sd_adjusted` the same after a
    straight line in the mean before has been taken out, as ANCOVA does. `first` and `last` are periods of the panel.
    """

    outcome: str
    before: int
    after: int
    sd: float
    sd_adjusted: float
    n_units: int
    first: int
    last: int


class Placebo(msgspec.Struct, frozen=True):
    """One row of placebo.csv: an effect where there can be none, or the effect with one unit left out.

    `shift_or_unit` says by how many periods the start was brought forward, which draw it was, or which unit was left
    out (with its matched set after a comma, where the set went with it). `se` and `p` are those of the plan's test and
    None where there are none.
    """

    outcome: str
    kind: PlaceboKind
    shift_or_unit: str
    att: float
    se: float | None
    p: float | None


class Placebos(msgspec.Struct, frozen=True):
    """The rows of one kind of placebo; `notes` say in sentences what could not be computed and why."""

    rows: tuple[Placebo, ...]
    notes: tuple[str, ...] = ()


class EarlyPeriod(msgspec.Struct, frozen=True):
    """A period before the start against the last one before it: how differently the arms moved while nothing was done.

    `lo` and `hi` hold at 1 − 2·alpha, the interval that goes with two one-sided tests; `p_equivalence` is small when
    the difference is shown to lie within the bound. All four are None without inference.
    """

    period: int
    difference: float
    se: float | None = None
    lo: float | None = None
    hi: float | None = None
    p_equivalence: float | None = None


class PreTrend(msgspec.Struct, frozen=True):
    """Whether pilots and controls moved alike before the start.

    `bound` is half the minimum detectable effect. `small` is True when every difference is shown to lie within it,
    False when that is not shown (which is not the same as a difference), None when no inference is possible.
    `smallest_bound` is the bound at which it would just be shown. `p_joint` is the Wald test that all differences are
    0, with `df1` and `df2` degrees of freedom; None when there are too few sets for so many periods.
    """

    outcome: str
    base: int
    bound: float
    periods: tuple[EarlyPeriod, ...]
    small: bool | None
    finding: str
    smallest_bound: float | None = None
    wald: float | None = None
    df1: int | None = None
    df2: float | None = None
    p_joint: float | None = None
    notes: tuple[str, ...] = ()


class Sensitivity(msgspec.Struct, frozen=True):
    """One row of sensitivity.csv: the interval if the trends of the arms may bend by `parameter` from period to period,
    or if silent staff had changed by `parameter` more than those who answered.

    `parameter` is in the outcome's unit; as a bend, 0 draws the early difference in trends out as a straight line.
    `breakdown` is the smallest such `parameter` at which 0 enters the interval, the same in every row of a method.
    """

    outcome: str
    method: str
    parameter: float
    lo: float
    hi: float
    includes_zero: bool
    breakdown: float


class Robustness(msgspec.Struct, frozen=True):
    """The rows of a sensitivity analysis. `bend_before` is the largest bend seen before the start, None with fewer
    than three periods there: a breakdown of twice it means that trends would have to bend twice as much as they did.
    `own`: the bends that were tried follow from the outcome's own error, and are not those that a plan named."""

    rows: tuple[Sensitivity, ...]
    breakdown: float | None
    bend_before: float | None
    notes: tuple[str, ...] = ()
    own: bool = False


class Adjusted(msgspec.Struct, frozen=True):
    """A p-value as it stands and adjusted for having asked about several secondary outcomes.

    The primary outcome stands alone, so that both adjusted values are None for it; `p_romano_wolf` is None also where
    no shared permutations were made.
    """

    outcome: str
    p: float
    primary: bool
    p_holm: float | None
    p_romano_wolf: float | None


class Silence(msgspec.Struct, frozen=True):
    """How different those who did not answer would have to be for the effect to vanish.

    `rate` is the share of the pilots' staff that answered after the start, above 0, at most 1. `tips` is the difference
    between silent and answering staff at which no effect is left, None when all answered; `edge` the one at which the
    interval begins to include no effect, 0 if it does already, None without an interval. Both in the outcome's unit.
    """

    rate: float
    tips: float | None
    edge: float | None = None
    rows: tuple[Sensitivity, ...] = ()


class Retention(msgspec.Struct, frozen=True):
    """The effect on monthly leavers for one reason of leaving.

    `ratio` is the leaver rate of the pilots after the start over what it would have been; `difference` the same as
    leavers per person and month. `coefficient` is the logarithm of the ratio and `se` its error. `dispersion` is the
    variance over the mean of the counts, 1 for plain chance, None where the panel is too small to see it. Inference
    is None below five pilot units.
    """

    outcome: str
    ratio: float
    difference: float
    coefficient: float
    dispersion: float | None
    n_pilots: int
    n_controls: int
    counted: int
    confirmatory: bool
    se: float | None = None
    df: int | None = None
    ratio_lo: float | None = None
    ratio_hi: float | None = None
    difference_lo: float | None = None
    difference_hi: float | None = None
    p_cluster: float | None = None
    p_permutation: float | None = None
    permutations: int | None = None
    notes: tuple[str, ...] = ()
