"""A study's panel from the values of its trusts: what the kernel is asked, and what the download holds of it. Pure."""

from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import date

import msgspec
from msgspec.structs import replace

from pilot.metrics.arms import Arm
from pilot.metrics.download import PanelCell, gives_one_away
from pilot.metrics.kernel.studies import Measured, Step
from pilot.metrics.panel import Panel, Unit
from pilot.metrics.periods import in_order, read_period
from pilot.metrics.plan import Plan
from pilot.metrics.registration import AnalysisPlan, Outcome, as_kernel_plan

NO_VALUES = "there are no values of it in the periods of the plan"
HIDDEN = "it would give away a figure about fewer than 11 people"
STARTED_NEVER = 0


class Gathered(msgspec.Struct, frozen=True):
    """One outcome of the plan: its values, and the order for the kernel, or the sentence why it cannot be estimated."""

    outcome: str
    instrument: str
    kind: str
    cells: tuple[PanelCell, ...]
    periods: tuple[str, ...]
    measured: Measured | None = None
    problem: str = ""


def gather(
    plan: AnalysisPlan, outcome: Outcome, kind: str, cells: Sequence[PanelCell], arms: Mapping[str, Arm]
) -> Gathered:
    """What a study knows of one outcome. `cells` are its values with those that count marked as used.

    A trust is in the arm to which it was assigned; a pilot starts with its first period that is not wholly before its
    start. A pilot whose start lies behind the last period is not yet treated in this panel.
    """
    periods = in_order({cell.period for cell in cells})
    wanted = (*outcome.before.of(periods), *outcome.after.of(periods))
    here = tuple(cell for cell in cells if cell.period in wanted)
    plain = Gathered(outcome.name, outcome.instrument, kind, here, wanted)
    if not outcome.before.of(periods) or not outcome.after.of(periods):
        return replace(plain, problem=NO_VALUES)
    if gives_one_away(here):
        return replace(plain, problem=HIDDEN)
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
    return replace(plain, measured=Measured(outcome.name, kind, panel, wanted, asked, mde))


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
