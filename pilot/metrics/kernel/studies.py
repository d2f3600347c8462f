"""What the worker is asked about a whole study and what it answers: values that load no numpy. Pure."""

import msgspec

from pilot.metrics.kernel.checks import Placebo, PreTrend, Retention, Robustness, Silence
from pilot.metrics.kernel.designs import DrawnFrom
from pilot.metrics.kernel.estimates import Estimate, Found, TrendPoint
from pilot.metrics.panel import Panel
from pilot.metrics.plan import Plan

SEARCHES = ("ancova", "placebo", "leave-one-out", "pre-trends", "smoothness", "response", "counts", "synthetic")
"""What may be done besides the planned estimate, by the names that a plan uses."""


class Division(msgspec.Struct, frozen=True):
    """One way in which the trusts of a study are divided: the group of each unit by its name, where it is known."""

    name: str
    groups: dict[str, str]


class Measured(msgspec.Struct, frozen=True):
    """One outcome of a study with its own panel, which holds nothing else.

    `labels` name the panel's periods in their order. `mde` is the smallest effect that the plan wants to find, in the
    outcome's unit, 0 when it says none. `rates` are response rates from 0 to 1, one for each unit and period of the
    panel, None where it is not known; empty where none may be used, with the sentence `no_rates` that says why.
    `counts` has the columns of `kernel.retention` for an outcome that is about leavers, None for others and where they
    cannot be counted; the sentence `no_counts` says why not. The estimate is made again within groups of `divisions`.
    `unit` is what 1 of the outcome is, in words; empty where that is not known.
    """

    outcome: str
    kind: str
    panel: Panel
    labels: tuple[str, ...]
    plan: Plan
    mde: float = 0.0
    rates: tuple[tuple[float | None, ...], ...] = ()
    no_rates: str = ""
    counts: Panel | None = None
    no_counts: str = ""
    divisions: tuple[Division, ...] = ()
    unit: str = ""


class Step(msgspec.Struct, frozen=True):
    """One line of the flow diagram: how many trusts of an arm ("" before the draw) came to a stage, and why not all."""

    stage: str
    arm: str
    trusts: int
    staff: int | None = None
    reason: str = ""


class StudyOrder(msgspec.Struct, frozen=True, tag="study"):
    """A study to be worked out: its outcomes, the primary first, what is done besides, and the bends that are tried.

    The bends are in the unit of the primary outcome. They are tried for outcomes that are known to have that unit; for
    others they follow from the outcome's own error.
    `footnote` goes under every picture: what the estimates may be used for. `flow` is how trusts went through the
    study, `draw` where its arms come from, None where no draw gave them.
    """

    measured: tuple[Measured, ...]
    checks: tuple[str, ...] = ()
    bends: tuple[float, ...] = ()
    footnote: str = ""
    flow: tuple[Step, ...] = ()
    draw: DrawnFrom | None = None


class OutcomeFound(msgspec.Struct, frozen=True):
    """Everything that was found of one outcome.

    `main` is what the plan asked for, `others` the same question put to other estimators. `on_rate` is the effect on
    the response rate behind the outcome, `leavers` the effect on leavers as counts; `subgroups`
    are the estimates within groups of trusts. `refused` names each
    estimator or check that could not be had, with the sentence that says why.
    """

    outcome: str
    main: Found
    others: tuple[Found, ...] = ()
    trends: tuple[TrendPoint, ...] = ()
    placebos: tuple[Placebo, ...] = ()
    pre_trend: PreTrend | None = None
    robustness: Robustness | None = None
    silence: Silence | None = None
    on_rate: Estimate | None = None
    leavers: Retention | None = None
    subgroups: tuple[Estimate, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()


class Studied(msgspec.Struct, frozen=True):
    """What was found of every outcome, in the order of the plan, and the pictures of it by name: SVG and PNG."""

    outcomes: tuple[OutcomeFound, ...]
    svg: dict[str, str] = {}
    png: dict[str, bytes] = {}
