"""A study's panel from the values of its trusts: what the kernel is asked, and what the download holds of it. Pure."""

from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import date
from itertools import pairwise
from math import fsum

import msgspec
from msgspec.structs import replace

from pilot.metrics.arms import Arm
from pilot.metrics.catalogue import unit_of
from pilot.metrics.codebook import columns
from pilot.metrics.disclosure import SPREAD, Cell, Figure, Publication, Released, derived, gives_away, release
from pilot.metrics.download import PanelCell, gives_one_away
from pilot.metrics.kernel.estimates import ArmMeans
from pilot.metrics.kernel.studies import Measured, Step
from pilot.metrics.panel import Panel, Unit
from pilot.metrics.periods import in_order, read_period
from pilot.metrics.plan import Plan
from pilot.metrics.registration import AnalysisPlan, Outcome, as_kernel_plan
from pilot.metrics.respondents import RATE, Answering
from pilot.metrics.retention import LEAVER_RATE, LEAVERS, Rate
from pilot.metrics.statement import giving_away

NO_VALUES = "there are no values of it in the periods of the plan"
STARTED_NEVER = 0

MEAN_HEADCOUNT = "mean_headcount"
"""What panel.csv calls the mean of the headcount at the start and at the end of a period."""


class Gathered(msgspec.Struct, frozen=True):
    """One outcome of the plan: its values, and the order for the kernel, or the sentence why it cannot be estimated.

    `periods` are those of the plan, `available` all of which there are values. `unit` is what 1 of it is, empty where
    that is not known.

    `response` are the response rates behind it, of pilots and of controls, None where they are not known.
    """

    outcome: str
    instrument: str
    kind: str
    cells: tuple[PanelCell, ...]
    periods: tuple[str, ...]
    measured: Measured | None = None
    problem: str = ""
    response: tuple[ArmMeans, ArmMeans] | None = None
    available: tuple[str, ...] = ()
    unit: str = ""


def gather(
    plan: AnalysisPlan,
    outcome: Outcome,
    kind: str,
    cells: Sequence[PanelCell],
    arms: Mapping[str, Arm],
    *,
    smallest: int,
) -> Gathered:
    """What a study knows of one outcome. `cells` are its values with those that count marked as used, `smallest` is
    the fewest people about whom a figure is shown.

    A trust is in the arm to which it was assigned; a pilot starts with its first period that is not wholly before its
    start. A pilot whose start lies behind the last period is not yet treated in this panel.
    """
    periods = in_order({cell.period for cell in cells})
    wanted = (*outcome.before.of(periods), *outcome.after.of(periods))
    here = tuple(cell for cell in cells if cell.period in wanted)
    unit = unit_of(outcome.instrument, outcome.name)
    plain = Gathered(outcome.name, outcome.instrument, kind, here, wanted, available=periods, unit=unit)
    if not outcome.before.of(periods) or not outcome.after.of(periods):
        return replace(plain, problem=NO_VALUES)
    if gives_one_away(here, smallest):
        return replace(plain, problem=giving_away(smallest))
    values: dict[str, dict[str, float]] = {}
    for cell in here:
        if cell.used:
            values.setdefault(cell.trust, {})[cell.period] = cell.value
    grouped = plan.sets == "matched" and any(arms[trust].matched_set for trust in values)
    units = tuple(
        Unit(trust, _start(arms[trust], wanted), arms[trust].matched_set if grouped else "", trust, 1.0, 0)
        for trust in sorted(values)
    )
    rows = tuple(tuple(values[unit.name].get(period) for period in wanted) for unit in units)
    panel = Panel(units, tuple(range(1, len(wanted) + 1)), {outcome.name: rows})
    asked: Plan = replace(as_kernel_plan(plan, ""), outcomes=(outcome.name,))
    mde = float(plan.size.effect) if outcome is plan.primary else 0.0
    measured = Measured(outcome.name, kind, panel, wanted, asked, mde, unit=unit)
    measured = _with_counts(_with_rates(measured, outcome, here, smallest), here, smallest)
    return replace(plain, measured=measured, response=_response(outcome, here, smallest))


def _with_rates(measured: Measured, outcome: Outcome, cells: Sequence[PanelCell], smallest: int) -> Measured:
    """The order with the response rate behind each value, or the sentence why there is none."""
    if outcome.name == RATE:
        return replace(measured, no_rates="The response rate is what is asked here, so it has none of its own.")
    found = {(cell.trust, cell.period): cell.answering for cell in cells if cell.used and cell.answering}
    if unfit := sum(not one.is_share for one in found.values()):
        said = f"The response rates of the {outcome.instrument} are not used: {_no_shares(unfit)}"
        return replace(measured, no_rates=said)
    if not found:
        said = f"No response rate of the {outcome.instrument} is known in these periods."
        return replace(measured, no_rates=said)
    if gives_away([Figure(one.rate, one.answered) for one in found.values()], smallest):
        return replace(measured, no_rates=f"The response rates are not used: {giving_away(smallest)}.")
    places = [(unit.name, label) for unit in measured.panel.units for label in measured.labels]
    rates = [one.rate if (one := found.get(place)) else None for place in places]
    size = len(measured.labels)
    return replace(measured, rates=tuple(tuple(rates[at : at + size]) for at in range(0, len(rates), size)))


def _no_shares(unfit: int) -> str:
    many = "1 of them is" if unfit == 1 else f"{unfit:,} of them are"
    return f"{many} not from 0 to 1. Percentages were taken before; load them again as shares, such as 0.62."


def _with_counts(measured: Measured, cells: Sequence[PanelCell], smallest: int) -> Measured:
    """The order with leavers as counts and the headcount beside them, where the plan asks for that.

    The kernel needs only the mean of the headcounts at start and end, so that stands for both.
    """
    left = {(cell.trust, cell.period): cell.left for cell in cells if cell.used and cell.left}
    if not left:
        named = measured.outcome in (LEAVER_RATE, LEAVERS)
        return replace(measured, no_counts="There is no headcount beside the leavers." if named else "")
    if gives_away([_leavers(cell.left, cell) for cell in cells if cell.used and cell.left], smallest):
        return replace(measured, no_counts=f"Leavers are not counted: {giving_away(smallest)}.")
    spans = [period for label in measured.labels if (period := read_period(label))]
    if any(later.first <= earlier.last for earlier, later in pairwise(spans)):
        return replace(measured, no_counts="Leavers are counted once, but periods of the plan overlap.")
    rows: dict[str, list[tuple[float | None, ...]]] = {"leavers": [], "headcount_start": [], "headcount_end": []}
    for unit in measured.panel.units:
        here = [left.get((unit.name, label)) for label in measured.labels]
        rows["leavers"].append(tuple(None if one is None else float(one.leavers) for one in here))
        for end in ("headcount_start", "headcount_end"):
            rows[end].append(tuple(None if one is None else one.headcount for one in here))
    counts = replace(measured.panel, outcomes={name: tuple(each) for name, each in rows.items()})
    return replace(measured, counts=counts)


def _response(outcome: Outcome, cells: Sequence[PanelCell], smallest: int) -> tuple[ArmMeans, ArmMeans] | None:
    """The response rate of pilots and of controls, before and after: means over trusts of their means over periods.

    Of trusts with a rate both before and after; None where an arm has no such trust, where a rate is no share, or where
    a small number would be given away.
    """
    told = [cell for cell in cells if cell.used and cell.answering]
    if any(cell.answering and not cell.answering.is_share for cell in told):
        return None
    if gives_away([Figure(cell.answering.rate, cell.answering.answered) for cell in told if cell.answering], smallest):
        return None
    arms = []
    for pilot in (True, False):
        sides: list[dict[str, float]] = []
        for span in (outcome.before, outcome.after):
            wanted = span.of({cell.period for cell in told})
            rates: dict[str, list[float]] = {}
            for cell in told:
                if cell.pilot == pilot and cell.period in wanted and cell.answering:
                    rates.setdefault(cell.trust, []).append(cell.answering.rate)
            sides.append({trust: fsum(each) / len(each) for trust, each in rates.items()})
        both = sides[0].keys() & sides[1].keys()
        if not both:
            return None
        before, after = (fsum(side[trust] for trust in both) / len(both) for side in sides)
        arms.append(ArmMeans(before, after, len(both), len(both)))
    return arms[0], arms[1]


def outcomes(gathered: Sequence[Gathered]) -> Released:
    """outcomes.csv: every outcome of the plan, the primary first: kind, unit, waves, and why it is not estimated."""
    rows = [
        [
            one.outcome,
            one.instrument,
            "secondary" if place else "primary",
            one.kind,
            one.unit,
            " ".join(one.available),
            one.problem,
        ]
        for place, one in enumerate(gathered)
    ]
    return release("outcomes", columns("outcomes"), rows)


def panel(gathered: Sequence[Gathered], smallest: int) -> Released:
    """panel.csv: every value of every outcome, with what is known of the people behind it.

    Where leavers are counted, their number and the mean headcount stand there too, unless they are outcomes themselves.
    """
    lines = [_line(one.outcome, cell, smallest) for one in gathered for cell in one.cells]
    there = {(one.outcome, cell.trust, cell.period) for one in gathered for cell in one.cells}
    for cell in (cell for one in gathered for cell in one.cells):
        if cell.left is None:
            continue
        left = _leavers(cell.left, cell)
        staff = Figure(cell.left.headcount, cell.people, hidden=cell.hidden)
        for name, figure in ((LEAVERS, left), (MEAN_HEADCOUNT, staff)):
            if (name, cell.trust, cell.period) not in there:
                lines.append(_bare(name, cell, figure))
                there.add((name, cell.trust, cell.period))
    return release("panel", columns("panel"), lines, earlier=Publication(smallest))


def _leavers(left: Rate, cell: PanelCell) -> Figure:
    """The leavers beside a value, hidden with it."""
    return Figure(left.leavers, left.leavers, hidden=cell.hidden)


def _bare(outcome: str, cell: PanelCell, figure: Figure) -> list[Cell | Figure]:
    """A line of panel.csv with a value and nothing else."""
    empty: list[Cell | Figure] = [""] * 2
    return [cell.trust, cell.period, outcome, *[None] * 7, figure, None, *empty]


def _line(outcome: str, cell: PanelCell, smallest: int) -> list[Cell | Figure]:
    """Each figure is hidden by the number of people whom it is about, those about the value with the value."""
    sample, asked = cell.sample, cell.answering or Answering(0.0)
    rate = asked.rate if cell.answering and asked.is_share else None
    value, papers = Figure(cell.value, cell.people, hidden=cell.hidden), Figure(asked.answered, asked.answered)
    return [
        cell.trust,
        cell.period,
        outcome,
        asked.entitled,
        asked.invited,
        papers,
        None if rate is None else derived(rate, [papers], smallest),
        Figure(cell.n, cell.n, hidden=cell.hidden),
        Figure(sample.n_eff, cell.people, hidden=cell.hidden),
        value if sample.weighted else None,
        Figure(sample.mean_unw, cell.people, hidden=cell.hidden) if sample.weighted else value,
        Figure(sample.se, cell.people, least=SPREAD, hidden=cell.hidden),
        "",
        "",
    ]


def staff_of(trusts: Iterable[str], fte: Mapping[str, float | None]) -> int | None:
    """The full-time equivalents of these trusts together, rounded; None where one is not known."""
    known = [fte.get(trust) for trust in trusts]
    return None if not known or None in known else round(sum(number for number in known if number is not None))


def steps(
    assigned: Mapping[str, Arm], gathered: Gathered, fte: Mapping[str, float | None] | None = None
) -> tuple[Step, ...]:
    """The flow of trusts: assigned, with a value, and with every period of the plan's primary outcome.

    `fte` are the full-time equivalents of trusts, as far as they are known.
    """
    found, known = [], fte or {}
    valued = {cell.trust for cell in gathered.cells if cell.used}
    counts: dict[str, int] = {}
    for cell in gathered.cells:
        counts[cell.trust] = counts.get(cell.trust, 0) + cell.used
    whole = {trust for trust, count in counts.items() if count == len(gathered.periods)}
    for pilot in (True, False):
        arm = "pilot" if pilot else "control"
        trusts = {trust for trust, one in assigned.items() if one.pilot == pilot}
        found += [
            _step("assigned", arm, trusts, known),
            _step("measured", arm, trusts & valued, known, _lost(len(trusts - valued), "no value")),
            _step(
                "measured in every period",
                arm,
                trusts & whole,
                known,
                _lost(len((trusts & valued) - whole), "a period missing"),
            ),
        ]
    return tuple(found)


def _step(stage: str, arm: str, trusts: Set[str], fte: Mapping[str, float | None], reason: str = "") -> Step:
    return Step(stage, arm, len(trusts), staff_of(trusts, fte), reason)


def _lost(count: int, why: str) -> str:
    return f"{count:,} with {why}" if count else ""


def _start(arm: Arm, periods: Sequence[str]) -> int:
    if not arm.pilot or arm.starts_on is None:
        return STARTED_NEVER
    late = [place for place, label in enumerate(periods, start=1) if _begun(label, arm.starts_on)]
    return late[0] if late else len(periods) + 1


def first_wave(arm: Arm, periods: Sequence[str]) -> str | None:
    """The first period that is not wholly before a pilot's start; None for a control, and where there is none yet."""
    place = _start(arm, periods)
    return periods[place - 1] if 0 < place <= len(periods) else None


def _begun(label: str, start: date) -> bool:
    period = read_period(label)
    return period is not None and period.side(start) != "before"
