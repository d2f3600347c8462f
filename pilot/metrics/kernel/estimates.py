"""What is asked of the kernel and what it answers: values that travel between the web and its worker. Pure."""

import msgspec

from pilot.metrics.plan import Missing, Test

FEWEST_PILOTS = 5
"""With fewer pilot units no test keeps its promise, so none is offered (docs/adr/0003-evaluation.md)."""

ENUMERATE_UP_TO = 2_000_000
DRAWS = 99_999

REFUSED = 3
"""The worker's exit code when it answers with a sentence that says why there is no answer."""

STEP = b"step: "
"""What a line on the worker's stderr begins with when it says what is being done."""


class Case(msgspec.Struct, frozen=True):
    """One unit: the arm and set to which it was assigned, and its value in each period (None where missing).

    Units without matched sets share the set "". `cluster` is what was drawn together; alone, the unit's own name.
    """

    name: str
    pilot: bool
    values: tuple[float | None, ...]
    set_id: str = ""
    cluster: str = ""
    weight: float = 1.0


class Question(msgspec.Struct, frozen=True):
    """One outcome to be compared. `before` and `after` are places in `periods`; neither may be empty."""

    outcome: str
    cases: tuple[Case, ...]
    periods: tuple[str, ...]
    before: tuple[int, ...]
    after: tuple[int, ...]
    estimand: str = "simple"
    missing: Missing = "complete"
    test: Test = "permutation"
    alpha: float = 0.05
    seed: int = 20270401


class ArmMeans(msgspec.Struct, frozen=True):
    """One arm: its mean before and after, in the outcome's own unit, and the number of units in each."""

    before: float
    after: float
    n_before: int
    n_after: int

    @property
    def change(self) -> float:
        """After minus before."""
        return self.after - self.before


class Estimate(msgspec.Struct, frozen=True):
    """The effect on the pilots by one estimator, for one aggregate, and how sure it is.

    `att` is in the outcome's unit, above 0 when pilots rose more than controls; `sd_units` the same divided by the
    standard deviation over units of the mean before. `pilots` and `controls` are None where the estimator has no one
    before and after. `se`, `df`, `lo`, `hi` and the p-values are None where they
    cannot be had, or where fewer than five pilot units make them worthless: then `confirmatory` is False.
    """

    outcome: str
    estimand: str
    att: float
    n_pilots: int
    n_controls: int
    test: Test
    alpha: float
    seed: int
    confirmatory: bool
    estimator: str = "did"
    pilots: ArmMeans | None = None
    controls: ArmMeans | None = None
    sd_units: float | None = None
    se: float | None = None
    df: float | None = None
    lo: float | None = None
    hi: float | None = None
    p_permutation: float | None = None
    p_welch: float | None = None
    p_bell_mccaffrey: float | None = None
    p_cluster: float | None = None
    p_wild: float | None = None
    p_holm: float | None = None
    p_romano_wolf: float | None = None
    permutations: int | None = None
    enumerated: bool = False
    n_sets: int = 1
    dropped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def p_value(one: Estimate) -> float | None:
    """The p-value of the test that the plan asked for."""
    return {"permutation": one.p_permutation, "cluster": one.p_cluster, "wild": one.p_wild}[one.test]


class Contrast(msgspec.Struct, frozen=True):
    """One period against the last period before the start. `lo`, `hi` hold for it alone, the bands for all at once."""

    period: str
    att: float
    n_pilots: int
    n_controls: int
    se: float | None = None
    lo: float | None = None
    hi: float | None = None
    band_lo: float | None = None
    band_hi: float | None = None


class GroupTime(msgspec.Struct, frozen=True):
    """The effect in one period on the units that started together. `group` and `period` are periods of the panel.

    `lo` and `hi` hold for it alone, the bands for all at once; they and `se` are None where they cannot be had.
    """

    group: int
    period: int
    att: float
    n_treated: int
    n_control: int
    se: float | None = None
    lo: float | None = None
    hi: float | None = None
    band_lo: float | None = None
    band_hi: float | None = None


class EventTime(msgspec.Struct, frozen=True):
    """The effect so many periods after the start: 0 is the first treated period, below 0 lies before the start.

    `n_units` are the units that it is worked out from. Otherwise as GroupTime.
    """

    event_time: int
    att: float
    n_units: int
    se: float | None = None
    lo: float | None = None
    hi: float | None = None
    band_lo: float | None = None
    band_hi: float | None = None


class Found(msgspec.Struct, frozen=True):
    """Everything that one estimator says of one outcome: an estimate for each aggregate asked, and the path to it."""

    estimates: tuple[Estimate, ...]
    group_times: tuple[GroupTime, ...] = ()
    event_times: tuple[EventTime, ...] = ()


class TrendPoint(msgspec.Struct, frozen=True):
    """The plain mean of one arm in one period over `n` units; None when no unit has a value."""

    period: str
    pilot: bool
    mean: float | None
    n: int


class Picture(msgspec.Struct, frozen=True):
    """What the picture of trends says in words around its lines."""

    title: str
    outcome: str
    footnote: str
    percent: bool = False
    hidden: tuple[tuple[str, bool], ...] = ()
    """The points, (period, pilot), that are not drawn, since they would give a small number away."""


class Order(msgspec.Struct, frozen=True, tag="compare"):
    """What the worker is to do: answer a question and draw its trends."""

    question: Question
    picture: Picture


class Answer(msgspec.Struct, frozen=True):
    """What the worker gives back; `figure` is SVG text."""

    estimate: Estimate | None = None
    contrasts: tuple[Contrast, ...] = ()
    trends: tuple[TrendPoint, ...] = ()
    figure: str = ""


LACKING = {"complete": "a value is missing", "available": "no value at all"}
"""Why units are left out, by what the plan does about missing values."""


def left_out(number: int, why: str, of: int | None = None, what: str = "unit") -> tuple[str, ...]:
    """The note that so many units, or what else, are left out, of `of` where that is known; none where none is."""
    if not number:
        return ()
    among = "" if of is None else f" of {of:,}"
    whole = number if of is None else of
    return (f"{number:,}{among} {what}{'' if whole == 1 else 's'} {'is' if number == 1 else 'are'} left out: {why}.",)
