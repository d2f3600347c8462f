"""What the worker is asked about a whole study and what it answers: values that load no numpy. Pure."""

import msgspec

from pilot.metrics.kernel.checks import Placebo, PreTrend, Robustness
from pilot.metrics.kernel.designs import DrawnFrom
from pilot.metrics.kernel.estimates import Found, TrendPoint
from pilot.metrics.panel import Panel
from pilot.metrics.plan import Plan

SEARCHES = ("ancova", "placebo", "leave-one-out", "pre-trends", "smoothness", "synthetic")
"""What may be done besides the planned estimate, by the names that a plan uses."""


class Measured(msgspec.Struct, frozen=True):
    """One outcome of a study with its own panel, which holds nothing else.

    `labels` name the panel's periods in their order. `mde` is the smallest effect that the plan wants to find, in the
    outcome's unit, 0 when it says none.
    """

    outcome: str
    kind: str
    panel: Panel
    labels: tuple[str, ...]
    plan: Plan
    mde: float = 0.0


class Step(msgspec.Struct, frozen=True):
    """One line of the flow diagram: how many trusts of an arm ("" before the draw) came to a stage, and why not all."""

    stage: str
    arm: str
    trusts: int
    staff: int | None = None
    reason: str = ""


class StudyOrder(msgspec.Struct, frozen=True, tag="study"):
    """A study to be worked out: its outcomes, the primary first, what is done besides, and the bends that are tried.

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

    `main` is what the plan asked for, `others` the same question put to other estimators. `refused` names each
    estimator or check that could not be had, with the sentence that says why.
    """

    outcome: str
    main: Found
    others: tuple[Found, ...] = ()
    trends: tuple[TrendPoint, ...] = ()
    placebos: tuple[Placebo, ...] = ()
    pre_trend: PreTrend | None = None
    robustness: Robustness | None = None
    refused: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()


class Studied(msgspec.Struct, frozen=True):
    """What was found of every outcome, in the order of the plan, and the pictures of it by name: SVG and PNG."""

    outcomes: tuple[OutcomeFound, ...]
    svg: dict[str, str] = {}
    png: dict[str, bytes] = {}
