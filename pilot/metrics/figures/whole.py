"""Every picture of a study, by name, from what was found."""

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from pilot.metrics.figures import designs, effects
from pilot.metrics.figures.effects import Row
from pilot.metrics.figures.ground import Drawing, Words
from pilot.metrics.figures.plans import Bound, Stage, bounds, flow
from pilot.metrics.figures.trends import arms_over_time
from pilot.metrics.kernel import estimators
from pilot.metrics.kernel.estimates import Estimate, Picture
from pilot.metrics.kernel.grid import Grid
from pilot.metrics.kernel.studies import Measured, OutcomeFound, Step, Studied, StudyOrder
from pilot.metrics.naming import ESTIMATORS, shown_name


class Named(msgspec.Struct, frozen=True):
    """The words that go under every picture of one outcome: how many trusts, and what the estimate may be used for."""

    outcome: str
    footnote: str
    percent: bool


def pictures(order: StudyOrder, found: Studied) -> dict[str, Drawing]:
    """The pictures by the names that their files get, without an ending: kind, hyphen, outcome."""
    drawn: dict[str, Drawing] = {}
    for measured, one in zip(order.measured, found.outcomes, strict=True):
        for kind, drawing in _of_outcome(measured, one, order.footnote).items():
            drawn[f"{kind}-{one.outcome}"] = drawing
    rows = [_in_sd(one.main.estimates[0], main=not place) for place, one in enumerate(found.outcomes)]
    known = [row for row in rows if row is not None]
    if known:
        words = Words(
            "Effects on all outcomes", order.footnote, across="standard deviations of trusts before the start"
        )
        drawn["forest"] = effects.forest(known, words)
    return drawn | _of_the_study(order)


def _of_the_study(order: StudyOrder) -> dict[str, Drawing]:
    """How trusts went through it, and the pictures of its draw, from the same figures as before and at the draw."""
    drawn = {}
    if order.flow:
        drawn["flow"] = flow(stages(order.flow), Words("How trusts went through the study", order.footnote))
    if order.draw:
        drawn["balance"] = designs.love(order.draw.balance)
        if order.draw.power:
            drawn["power"] = designs.power(order.draw.power, order.draw.baseline)
    return drawn


def stages(steps: Sequence[Step]) -> tuple[Stage, ...]:
    """The boxes of the flow diagram: one before the draw, one for each arm from then on."""
    by_stage: dict[str, list[str]] = {}
    for step in steps:
        trusts = f"{step.trusts:,} {step.arm or 'trust'}{'' if step.trusts == 1 else 's'}"
        staff = f", {step.staff:,} full-time equivalents" if step.staff is not None else ""
        lost = step.reason.partition(" (")[0]  # the table has the reasons
        by_stage.setdefault(step.stage, []).append(trusts + staff + (f"\n{lost}" if lost else ""))
    return tuple(Stage(f"{stage[:1].upper()}{stage[1:]}", tuple(boxes)) for stage, boxes in by_stage.items())


def _of_outcome(measured: Measured, one: OutcomeFound, footnote: str) -> dict[str, Drawing]:
    name = shown_name(one.outcome)
    said = Named(name, footnote, measured.kind == "rate")
    main = one.main.estimates[0]
    grid = Grid(measured.panel, measured.outcome, measured.plan.missing)
    asked = replace(estimators.question(grid, measured.plan), periods=measured.labels)
    drawn = {
        "trends": arms_over_time(
            asked, one.trends, Picture(f"{name[:1].upper()}{name[1:]}: both arms", name, footnote, said.percent)
        ),
    }
    if one.main.event_times:
        words = _words(f"Effect on {name} by waves since the start", said, across="waves since the start")
        drawn["event-study"] = effects.event_study(one.main.event_times, words)
    rows = [Row(p.shift_or_unit.replace(", with set ", ", "), p.att) for p in one.placebos if p.kind == "leave one out"]
    if rows:
        words = _words(f"Effect on {name} with each trust left out", said, up="")
        drawn["left-out"] = effects.left_out(rows, _row(main, "all"), replace(words, across=f"effect on {name}"))
    if one.robustness and one.robustness.rows:
        bends = [Bound(s.parameter, s.lo, s.hi) for s in one.robustness.rows]
        words = _words(f"Effect on {name} if trends bend", said, across="bend of the trend from wave to wave")
        drawn["bends"] = bounds(bends, one.robustness.breakdown or None, words)
    others = [(ESTIMATORS[found.estimates[0].estimator], found.estimates[0]) for found in (one.main, *one.others)]
    if len(others) > 1:
        lines = [replace(_row(each, label), main=not place) for place, (label, each) in enumerate(others)]
        words = Words(
            f"Effect on {name} by each way of estimating", footnote, across=f"effect on {name}", percent=said.percent
        )
        drawn["estimators"] = effects.forest(lines, words)
    if one.subgroups:
        lines = [replace(_row(main, "all trusts"), main=True), *(_row(each, each.estimand) for each in one.subgroups)]
        words = Words(f"Effect on {name} within groups of trusts", footnote, f"effect on {name}", percent=said.percent)
        drawn["subgroups"] = effects.forest(lines, words)
    return drawn


def _words(title: str, said: Named, across: str = "", up: str | None = None) -> Words:
    return Words(title, said.footnote, across, f"effect on {said.outcome}" if up is None else up, said.percent)


def _row(one: Estimate, label: str) -> Row:
    return Row(label, one.att, one.lo, one.hi)


def _in_sd(one: Estimate, *, main: bool) -> Row | None:
    """The estimate in standard deviations of its own outcome; None when trusts did not differ before."""
    if one.sd_units is None or one.att == 0:
        return None
    each = one.sd_units / one.att
    lo, hi = (None if end is None else end * each for end in (one.lo, one.hi))
    return Row(shown_name(one.outcome), one.sd_units, lo, hi, main)
