"""The statistical analysis plan as a value: what is asked, of whom, by which measure, and how it is tested. Pure."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Literal

import msgspec
from msgspec.structs import replace

from pilot.metrics import naming
from pilot.metrics.periods import Period, in_order, read_period
from pilot.metrics.plan import ERRORS, Missing, Plan, Test, error_of
from pilot.metrics.registration.size import smallest_effect
from pilot.metrics.retention import LEAVER_RATE, LEAVERS

SEED = 20270401
"""The seed that is proposed: the same for everybody, so that nobody can look for a lucky one."""

CHECKS = {
    "ancova": "Adjusted for the baseline, against the return of low trusts to the middle",
    "placebo": "A start that never was, in the periods before the start",
    "leave-one-out": "Without each pilot trust in turn",
    "pre-trends": "Whether the arms moved together before the start, within half the smallest effect",
    "smoothness": "How crooked a trend must be before the finding is gone",
    "response": "Staff who did not answer: how different they would have to be, and whether more or fewer answer",
    "counts": "Leavers counted period by period out of the headcount, beside their rate",
    "synthetic": "A synthetic control for each pilot",
}
"""What is done besides, to see whether a finding holds."""


BASELINE = "baseline"
"""What a plan calls the mean before the start, the one covariate: ANCOVA takes it."""

DIVISIONS = {"type": "By type of trust", "region": "By region"}
"""How trusts may be divided into groups that are looked at by themselves: every group of a division, or none."""


class Span(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All periods from the first to the last, by their labels; both belong to it. Empty labels: not answered yet."""

    first: str = ""
    last: str = ""

    def __str__(self) -> str:
        return self.first if self.first == self.last else f"{self.first} to {self.last}"

    def called(self, instrument: str) -> str:
        """What these periods of an instrument are called for reading: “March 2026 to May 2026”."""
        return naming.span((self.first, self.last), instrument)

    @property
    def ends(self) -> tuple[Period, Period] | None:
        """Both ends as periods; None when one of them is none, or they are the wrong way round."""
        first, last = read_period(self.first), read_period(self.last)
        return None if first is None or last is None or last.last < first.last or last < first else (first, last)

    def of(self, labels: Iterable[str]) -> tuple[str, ...]:
        """Those of the periods that lie wholly in the span, in the order of time."""
        if self.ends is None:
            return ()
        first, last = self.ends
        read = ((label, read_period(label)) for label in labels)
        return in_order({label for label, p in read if p and first.first <= p.first and p.last <= last.last})


class Outcome(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A measure by one instrument, with its periods before and after the start. Instruments are never mixed."""

    instrument: str = ""
    name: str = ""
    before: Span = Span()
    after: Span = Span()


class Sensitivity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is done besides: keys of CHECKS, and for `smoothness` the bends of the trend per period that are tried."""

    checks: tuple[str, ...] = ("ancova", "placebo", "leave-one-out", "pre-trends", "smoothness")
    smoothness: tuple[Decimal, ...] = (Decimal("0"), Decimal("0.01"), Decimal("0.02"), Decimal("0.05"))


class Size(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many trusts there are, and the smallest effect that they can find, in the unit of the primary outcome.

    `sd_change` is the standard deviation over trusts of the change from before to after, `source` where it is from,
    `effect` what a power of 0.8 finds in the design of the plan (`smallest_effect`). 0: not answered yet.
    """

    pilots: int = 0
    controls: int = 0
    sd_change: Decimal = Decimal("0")
    source: str = ""
    power: Decimal = Decimal("0.8")
    effect: Decimal = Decimal("0")


class AnalysisPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be found out and how, before anybody reads an outcome after the start. Empty: not answered yet."""

    estimand: str = ""
    """What is estimated: which difference, over which trusts and periods, and how trusts count that left."""
    population: str = ""
    """The trusts that the study is about, and how they came to be in it."""
    theory: str = ""
    """The theory of change: why a staff council should move the outcome, and by when."""
    primary: Outcome = Outcome()
    """The one outcome that decides."""
    secondaries: tuple[Outcome, ...] = ()
    """The other outcomes, corrected for their number."""
    sets: Literal["matched", "none"] = "matched"
    """Whether pilots are compared with the controls of their own matched set, or all with all."""
    estimator: str = "did"
    """One of `pilot.metrics.plan.ESTIMATORS`."""
    control: Literal["never", "not_yet"] = "never"
    """Which trusts are compared with: those that never start, or also those that have not started yet."""
    aggregates: tuple[str, ...] = ("simple",)
    """How effects of many starts and periods are put together: of `pilot.metrics.plan.AGGREGATES`."""
    covariates: tuple[str, ...] = ()
    """What is adjusted for besides the sets: BASELINE with ANCOVA, which takes it whether it stands here or not.

    Plans of earlier versions may name more, which nothing follows.
    """
    test: Test = "permutation"
    """How chance is told from an effect."""
    standard_error: str = ERRORS["design"]
    """The standard error that goes with the estimator and the test; `settle` writes it."""
    alpha: Decimal = Decimal("0.05")
    """The share of false alarms that is accepted, above 0 and below 0.5; intervals cover 1 − alpha."""
    seed: int = SEED
    """What drawn allocations and bootstraps begin from, 0 or more."""
    missing: Missing = "complete"
    """The rule for missing values: only trusts with every period, or means of whatever is there."""
    subgroups: tuple[str, ...] = ()
    """The divisions, of DIVISIONS, whose groups are looked at by themselves; none besides these."""
    sensitivity: Sensitivity = Sensitivity()
    """What is done besides, to see whether the finding holds."""
    stopping: str = ""
    """When outcomes are looked at, and whether the study may end early."""
    size: Size = Size()
    """The smallest effect that can be found."""

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """The primary outcome, then the others."""
        return (self.primary, *self.secondaries)

    @property
    def unfollowed(self) -> tuple[str, ...]:
        """The covariates that no estimate adjusts for: all but the baseline of ANCOVA."""
        followed = (BASELINE,) if self.estimator == "ancova" else ()
        return tuple(name for name in self.covariates if name.strip().casefold() not in followed)

    @property
    def effect_without_sets(self) -> Decimal:
        """The smallest effect if all pilots were compared with all controls, as far as matched sets do not matter."""
        return _smallest(self, None)


PARTS = {
    "question": ("estimand", "population", "theory"),
    "primary": ("primary",),
    "secondaries": ("secondaries",),
    "comparing": ("sets", "estimator", "control", "aggregates", "covariates"),
    "test": ("test", "standard_error", "alpha", "seed"),
    "missing": ("missing", "subgroups"),
    "sensitivity": ("sensitivity",),
    "size": ("size",),
    "stopping": ("stopping",),
}
"""The parts of a plan that are written one by one, and the fields of each."""


def propose(pilots: int, controls: int, sets: int) -> AnalysisPlan:
    """A plan to begin with, from the design: so many pilots and controls in so many matched sets (0: none)."""
    grouped = f" in {sets:,} matched sets" if sets else ""
    return AnalysisPlan(
        estimand="The mean effect of a staff council on the pilot trusts, in the periods after the start: how much "
        "more they changed than the control trusts. Every trust counts in the arm to which it was assigned, "
        "whatever it did.",
        population=f"{pilots:,} pilot trusts and {controls:,} control trusts{grouped}.",
        sets="matched" if sets else "none",
        stopping="Outcomes after the start are read once, when the last period is in. The study does not end early.",
        size=Size(pilots=pilots, controls=controls),
    )


def settle(plan: AnalysisPlan) -> AnalysisPlan:
    """The plan with what follows from its answers: its standard error, and the smallest effect."""
    sets = plan.size.pilots if plan.sets == "matched" and plan.size.pilots > 1 else None
    size = replace(plan.size, effect=_smallest(plan, sets))
    error = ERRORS[error_of(plan.estimator, plan.test, in_sets=plan.sets == "matched")]
    return replace(plan, standard_error=error, size=size)


def _smallest(plan: AnalysisPlan, sets: int | None) -> Decimal:
    """The smallest effect with so many matched sets, a pilot in each; 0 while the answers are not there."""
    size = plan.size
    if min(size.pilots, size.controls) < 1 or size.pilots + size.controls < 3 or size.sd_change <= 0:
        return Decimal(0)
    alpha, power = float(plan.alpha), float(size.power)
    found = smallest_effect(size.pilots, size.controls, float(size.sd_change), sets=sets, alpha=alpha, power=power)
    return Decimal(f"{found:.4g}")


def problems(plan: AnalysisPlan, starts: Sequence[date] = ()) -> dict[str, str]:
    """A sentence for each part that cannot be locked so. `starts` are the days on which pilots start, if known."""
    wrong = {}
    for name in PARTS["question"]:
        if not getattr(plan, name):
            wrong["question"] = "The question is not written yet"
    if said := outcome_problem(plan.primary, starts):
        wrong["primary"] = said
    keys = [(outcome.instrument, outcome.name) for outcome in plan.outcomes]
    if len(set(keys)) < len(keys):
        wrong["secondaries"] = "One outcome stands twice in the plan"
    for outcome in plan.secondaries:
        if said := outcome_problem(outcome, starts):
            wrong["secondaries"] = f"{outcome.name}: {said}"
    wrong |= _problems_of_choices(plan)
    if plan.size.effect <= 0 or not plan.size.source:
        wrong["size"] = "The smallest effect is not worked out yet"
    if not plan.stopping:
        wrong["stopping"] = "The plan does not say when outcomes are looked at"
    return wrong


def _problems_of_choices(plan: AnalysisPlan) -> dict[str, str]:
    """The same for the parts in which something is chosen."""
    wrong = {}
    if plan.unfollowed:
        named = ", ".join(plan.unfollowed)
        wrong["comparing"] = (
            f"No estimate is adjusted for “{named}”: ANCOVA takes the baseline, and nothing else is adjusted for. "
            "Save this part again to leave it out"
        )
    if not plan.aggregates:
        wrong["comparing"] = "The plan does not say how effects are put together"
    if plan.test == "permutation" and plan.sets == "matched" and 0 < plan.size.pilots == plan.size.controls:
        # in pairs each allocation has one that is its opposite and just as far
        least = Decimal(2) / 2**plan.size.pilots
        if least > plan.alpha:
            wrong["test"] = f"With so few pairs no p-value can be below {least:.2g}. Take more controls for each pilot"
    if not 0 < plan.alpha < Decimal("0.5"):
        wrong["test"] = "The share of false alarms must be above 0 and below 0.5"
    if strange := [name for name in plan.subgroups if name not in DIVISIONS]:
        wrong["missing"] = f"Trusts are divided by type or by region, and not by “{strange[0]}”"
    checks = plan.sensitivity.checks
    if ("smoothness" in checks) != bool(plan.sensitivity.smoothness):
        wrong["sensitivity"] = "Bends of the trend are tried with “smoothness”, and only there"
    elif "counts" in checks and not any(one.name in (LEAVER_RATE, LEAVERS) for one in plan.outcomes):
        wrong["sensitivity"] = "Only leavers are counted, and no outcome of the plan is about them"
    return wrong


def outcome_problem(outcome: Outcome, starts: Sequence[date] = ()) -> str | None:
    """Why an outcome cannot be compared so; None when it can."""
    before, after = outcome.before.ends, outcome.after.ends
    if not outcome.name or not outcome.instrument or before is None or after is None:
        return "The outcome or its periods are not written yet"
    if before[1].last >= after[0].first:
        return "The periods before the start must end before those after it begin"
    if starts and before[1].side(min(starts)) == "after":
        return f"The first pilot starts on {min(starts).isoformat()}; the periods before must begin earlier"
    if starts and after[0].side(max(starts)) == "before":
        return f"The last pilot starts on {max(starts).isoformat()}; the periods after must not end earlier"
    return None


def as_kernel_plan(plan: AnalysisPlan, digest: str, instrument: str = "") -> Plan:
    """The plan for the kernel: the outcomes of one instrument (the primary's, if none is named), the primary first.

    Outcomes of another instrument have other periods and so another panel. `digest` is the hash of the document.
    """
    wanted = instrument or plan.primary.instrument
    return Plan(
        outcomes=tuple(outcome.name for outcome in plan.outcomes if outcome.instrument == wanted),
        estimator=plan.estimator,
        control=plan.control,
        test=plan.test,
        seed=plan.seed,
        alpha=float(plan.alpha),
        aggregates=plan.aggregates,
        missing=plan.missing,
        digest=digest[:12],
    )
