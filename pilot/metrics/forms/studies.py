"""What people may type on the pages of studies: a short form for each part of a plan."""

import re
from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta, Struct
from msgspec.structs import replace

from pilot.metrics.catalogue import is_known
from pilot.metrics.periods import FORMATS, read_period
from pilot.metrics.plan import AGGREGATES
from pilot.metrics.registration import (
    BASELINE,
    CHECKS,
    DIVISIONS,
    AnalysisPlan,
    Outcome,
    Sensitivity,
    Size,
    Span,
    outcome_problem,
)
from pilot.web.forms import ask_for, wants

LONGEST = 4000
"""The most letters of a text in a plan."""

NUMBER = r"^\d{1,6}(\.\d{1,8})?$"
"""A number from 0 upwards as it is typed. It is kept as a decimal, since a plan holds no number with a point."""

MOST_TRUSTS = 10_000


def _lines(text: str | None) -> tuple[str, ...]:
    """One entry for each line that is not empty, each once."""
    return tuple(dict.fromkeys(" ".join(line.split()) for line in (text or "").splitlines() if line.strip()))


def _decimals(text: str | None) -> tuple[Decimal, ...]:
    """Numbers, one on each line. Raises ValueError for what is none, or is below 0."""
    found = []
    for line in _lines(text):
        if not re.fullmatch(NUMBER, line):
            raise ValueError(line)
        found.append(Decimal(line))
    return tuple(sorted(found))


class StudyForm(Struct, frozen=True):
    """What a study is called, and which trusts it is about: "programme", or the number of a dataset."""

    name: Annotated[str, ask_for("Name", "Enter a name", max_length=80)]
    trusts: Annotated[str, wants("Trusts", "Select whom the study is about", pattern=r"^(programme|\d{1,9})$")]


class PartForm(Struct, frozen=True, kw_only=True):
    """What all parts have in common: `was` marks the part as it stood on the page."""

    was: Annotated[str, Meta(max_length=12)] | None = None

    def put_into(self, plan: AnalysisPlan) -> AnalysisPlan:
        """The plan with what was answered here in it."""
        return plan


class QuestionForm(PartForm, frozen=True, kw_only=True):
    """What is estimated, of whom, and why it should move."""

    estimand: Annotated[str, ask_for("The answer", "Enter what is estimated", max_length=LONGEST)]
    population: Annotated[
        str,
        ask_for("The trusts", "Enter whom it is about", max_length=LONGEST),
    ]
    theory: Annotated[
        str,
        ask_for("The theory of change", "Enter why a staff council should change the outcome", max_length=LONGEST),
    ]

    def put_into(self, plan: AnalysisPlan) -> AnalysisPlan:
        return replace(plan, estimand=self.estimand, population=self.population, theory=self.theory)


class OutcomeForm(PartForm, frozen=True, kw_only=True):
    """One outcome, with its periods before and after the start."""

    instrument: Annotated[str, wants("Source", "Select where the figures come from", max_length=80)]
    name: Annotated[str, ask_for("Measure", "Enter the name of the measure", max_length=80)]
    before_from: Annotated[str, wants("First period before", "Enter the first period before the start", max_length=20)]
    before_to: Annotated[str, wants("Last period before", "Enter the last period before the start", max_length=20)]
    after_from: Annotated[str, wants("First period after", "Enter the first period after the start", max_length=20)]
    after_to: Annotated[str, wants("Last period after", "Enter the last period after the start", max_length=20)]

    def problems(self) -> dict[str, str]:
        """A source that is not on the list, periods that are none, and periods the wrong way round."""
        wrong = {}
        if self.instrument is None or not is_known(self.instrument):
            wrong["instrument"] = "Select where the figures come from"
        for name in ("before_from", "before_to", "after_from", "after_to"):
            if (text := getattr(self, name)) and read_period(text) is None:
                wrong[name] = f"Enter {FORMATS}"
        if not wrong and None not in (self.before_from, self.before_to, self.after_from, self.after_to, self.name):
            outcome = self.outcome()
            if outcome.before.ends is None:
                wrong["before_to"] = "The last period before must not come before the first one"
            elif outcome.after.ends is None:
                wrong["after_to"] = "The last period after must not come before the first one"
            elif said := outcome_problem(outcome):
                wrong["after_from"] = said
        return wrong

    def outcome(self) -> Outcome:
        """The outcome; its periods are written in the one way in which figures are stored."""
        spans = ((self.before_from, self.before_to), (self.after_from, self.after_to))
        before, after = (Span(_label(first), _label(last)) for first, last in spans)
        return Outcome(self.instrument, self.name, before, after)


class PrimaryForm(OutcomeForm, frozen=True, kw_only=True):
    """The one outcome that decides."""

    def put_into(self, plan: AnalysisPlan) -> AnalysisPlan:
        return replace(plan, primary=self.outcome())


class SecondaryForm(OutcomeForm, frozen=True, kw_only=True):
    """One more outcome."""

    def put_into(self, plan: AnalysisPlan) -> AnalysisPlan:
        return replace(plan, secondaries=(*plan.secondaries, self.outcome()))


class ComparingForm(PartForm, frozen=True, kw_only=True):
    """How pilots and controls are compared."""

    sets: Annotated[Literal["matched", "none"], wants("Sets", "Select which trusts are compared with each other")]
    estimator: Annotated[
        Literal["did", "ancova", "callaway-santanna", "twfe", "sdid"],
        wants("Way of estimating", "Select how the effect is estimated"),
    ]
    control: Annotated[Literal["never", "not_yet"], wants("Compared with", "Select whom pilots are compared with")]
    aggregates: Annotated[
        list[Literal["simple", "dynamic", "group", "calendar"]],
        wants("Put together", "Select how effects are put together"),
    ]

    def put_into(self, plan: AnalysisPlan) -> AnalysisPlan:
        return replace(
            plan,
            sets=self.sets,
            estimator=self.estimator,
            control=self.control,
            aggregates=tuple(name for name in AGGREGATES if name in self.aggregates),
            covariates=(BASELINE,) if self.estimator == "ancova" else (),
        )


class TestForm(PartForm, frozen=True, kw_only=True):
    """How chance is told from an effect."""

    __test__ = False  # no test of pytest

    test: Annotated[Literal["permutation", "cluster", "wild"], wants("Test", "Select a test")]
    alpha: Annotated[str, wants("False alarms", "Enter a number above 0 and below 0.5, like 0.05", pattern=NUMBER)]
    seed: Annotated[int, wants("Seed", "Enter a whole number, 0 or more", ge=0, le=2**53 - 1)]

    def problems(self) -> dict[str, str]:
        """A share that is none."""
        if self.alpha is not None and not 0 < Decimal(self.alpha) < Decimal("0.5"):
            return {"alpha": "Enter a number above 0 and below 0.5, like 0.05"}
        return {}

    def put_into(self, plan: AnalysisPlan) -> AnalysisPlan:
        return replace(plan, test=self.test, alpha=_plain(self.alpha), seed=self.seed)


class MissingForm(PartForm, frozen=True, kw_only=True):
    """What is done about missing values, and which groups are looked at by themselves."""

    missing: Annotated[
        Literal["complete", "available"], wants("Missing values", "Select what to do about missing values")
    ]
    subgroups: Annotated[
        list[Literal["type", "region"]], Meta(title="Groups", extra_json_schema={"invalid": "Select from the list"})
    ] = []

    def put_into(self, plan: AnalysisPlan) -> AnalysisPlan:
        return replace(plan, missing=self.missing, subgroups=tuple(x for x in DIVISIONS if x in self.subgroups))


class SensitivityForm(PartForm, frozen=True, kw_only=True):
    """What is done besides, to see whether the finding holds."""

    checks: Annotated[list[str], wants("Checks", "Select at least one check")]
    smoothness: Annotated[str, Meta(title="Bends", max_length=400)] | None = None

    def problems(self) -> dict[str, str]:
        """A check that is not on the list, and bends that are no numbers, or stand without their check."""
        if not set(self.checks or CHECKS) <= set(CHECKS):
            return {"checks": "Select checks from the list"}
        try:
            bends = _decimals(self.smoothness)
        except ValueError:
            return {"smoothness": "Enter numbers from 0 upwards, one on each line, like 0.02"}
        if bends and "smoothness" not in (self.checks or CHECKS):
            return {"smoothness": "Leave this empty, or select the check of how crooked a trend must be"}
        if not bends and "smoothness" in (self.checks or ()):
            return {"smoothness": "Enter the bends that are tried, one on each line, like 0.02"}
        return {}

    def put_into(self, plan: AnalysisPlan) -> AnalysisPlan:
        checks = tuple(name for name in CHECKS if name in self.checks)
        return replace(plan, sensitivity=Sensitivity(checks, tuple(map(_plain, _decimals(self.smoothness)))))


class SizeForm(PartForm, frozen=True, kw_only=True):
    """What the smallest effect that can be found follows from."""

    pilots: Annotated[int, wants("Pilot trusts", "Enter how many pilot trusts there are", ge=1, le=MOST_TRUSTS)]
    controls: Annotated[int, wants("Control trusts", "Enter how many control trusts there are", ge=2, le=MOST_TRUSTS)]
    sd_change: Annotated[str, wants("Spread", "Enter a number above 0, like 0.104", pattern=NUMBER)]
    source: Annotated[str, ask_for("Source", "Enter where this number is from", max_length=200)]

    def problems(self) -> dict[str, str]:
        """A spread of nothing."""
        if self.sd_change is not None and not Decimal(self.sd_change):
            return {"sd_change": "Enter a number above 0, like 0.104"}
        return {}

    def put_into(self, plan: AnalysisPlan) -> AnalysisPlan:
        return replace(plan, size=Size(self.pilots, self.controls, _plain(self.sd_change), self.source))


class StoppingForm(PartForm, frozen=True, kw_only=True):
    """When outcomes are looked at."""

    stopping: Annotated[
        str,
        ask_for("Stopping", "Enter when outcomes are looked at", max_length=LONGEST),
    ]

    def put_into(self, plan: AnalysisPlan) -> AnalysisPlan:
        return replace(plan, stopping=self.stopping)


class LockForm(Struct, frozen=True):
    """The mark of the plan that was read before it is locked."""

    read: Annotated[str, ask_for("Mark", "Read the plan first", max_length=12)]


class AmendForm(LockForm, frozen=True):
    """Why a plan is changed, and what was known by then."""

    reason: Annotated[str, ask_for("Reason", "Enter why the plan is changed", max_length=LONGEST)]
    seen: Annotated[
        Literal["yes", "no"],
        wants("Seen", "Select yes if anybody has seen outcomes from the start on"),
    ]


PART_FORMS: dict[str, type[PartForm]] = {
    "question": QuestionForm,
    "primary": PrimaryForm,
    "secondaries": PartForm,
    "comparing": ComparingForm,
    "test": TestForm,
    "missing": MissingForm,
    "sensitivity": SensitivityForm,
    "size": SizeForm,
    "stopping": StoppingForm,
}
"""The form of each part of a plan."""


def _plain(number: str | Decimal) -> Decimal:
    """The same number without noughts at its end, so that it has one text."""
    return Decimal(f"{Decimal(number).normalize():f}")


def _label(text: str) -> str:
    period = read_period(text)
    return period.label if period else text
