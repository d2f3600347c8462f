"""Effects where there can be none: before the start, among controls; and the effect without each unit in turn. Pure.

Each works for any estimator. It costs one estimate for each row; where the permutation test is too slow for that,
give a plan with the test "cluster". Sources: Abadie, Diamond and Hainmueller (2010) for placebos in space and in time.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from msgspec.structs import replace

from pilot.errors import BadInput
from pilot.metrics.kernel.checks import Placebo, PlaceboKind, Placebos
from pilot.metrics.kernel.estimates import Found, left_out, p_value
from pilot.metrics.kernel.grid import Grid
from pilot.metrics.panel import Panel, Unit
from pilot.metrics.plan import Plan

Estimator = Callable[[Grid, Plan], Found]


def in_time(panel: Panel, plan: Plan, outcome: str, estimate: Estimator) -> Placebos:
    """Bring the start forward by 1, 2, … periods, and look only at periods before anybody really started.

    With several starts all treated units get the same false one. Raises BadInput with fewer than two such periods.
    """
    last = panel.periods[-1]
    first = min((unit.start for unit in panel.units if _starts_within(unit, last)), default=last + 1)
    periods = [period for period in panel.periods if period < first]
    if len(periods) < 2:
        raise BadInput("A false start needs two periods or more before the true one.")
    rows: list[Placebo] = []
    notes: list[str] = []
    for shift in range(1, len(periods)):
        units = {
            i: replace(unit, start=periods[-shift] if _starts_within(unit, last) else 0)
            for i, unit in enumerate(panel.units)
        }
        early = _panel(panel, outcome, units, len(periods))
        label = "1 period earlier" if shift == 1 else f"{shift} periods earlier"
        _add(rows, notes, (early, plan, outcome, estimate), ("in time", label))
    return Placebos(tuple(rows), tuple(notes))


def in_space(panel: Panel, plan: Plan, outcome: str, estimate: Estimator, draws: int = 20) -> Placebos:
    """Leave the pilots out and call controls pilots: in each matched set as many as it had, drawn by the plan's seed.

    What was drawn together is drawn together here. A set with a single control is left out. Raises BadInput when no
    set has two.
    """
    chance = np.random.default_rng(plan.seed)
    last = panel.periods[-1]
    sets = _control_sets(panel, last)
    usable = {name: block for name, block in sets.items() if len(block) > 1}
    if not usable:
        raise BadInput("A placebo among controls needs a matched set with two controls or more.")
    notes = [*left_out(len(sets) - len(usable), "one control only", of=len(sets), what="matched set")]
    rows: list[Placebo] = []
    for number in range(1, draws + 1):
        units: dict[int, Unit] = {}
        for name, block in usable.items():
            starts = _starts(panel, name, last)
            order = chance.permutation(len(block))
            for rank, place in enumerate(order):
                start = starts[rank] if rank < min(len(starts), len(block) - 1) else 0
                units |= {i: replace(panel.units[i], start=start) for i in block[place]}
        drawn = _panel(panel, outcome, units)
        _add(rows, notes, (drawn, plan, outcome, estimate), ("in space", f"draw {number}"))
    return Placebos(tuple(rows), tuple(notes))


def leave_one_out(panel: Panel, plan: Plan, outcome: str, estimate: Estimator) -> Placebos:
    """The estimate without each unit in turn, and without its matched set where it was the set's only one of its arm.

    A unit without which nothing can be compared has no row, and a note says so.
    """
    last = panel.periods[-1]
    rows: list[Placebo] = []
    notes: list[str] = []
    for place, unit in enumerate(panel.units):
        others = {i: other for i, other in enumerate(panel.units) if i != place}
        arms = {_starts_within(other, last) for other in others.values() if other.set_id == unit.set_id}
        whole_set = bool(unit.set_id) and len(arms) < 2
        if whole_set:
            others = {i: other for i, other in others.items() if other.set_id != unit.set_id}
        label = f"{unit.name}, with set {unit.set_id}" if whole_set else unit.name
        without = _panel(panel, outcome, others)
        _add(rows, notes, (without, plan, outcome, estimate), ("leave one out", label))
    return Placebos(tuple(rows), tuple(notes))


def _add(
    rows: list[Placebo],
    notes: list[str],
    asked: tuple[Panel, Plan, str, Estimator],
    label: tuple[PlaceboKind, str],
) -> None:
    panel, plan, outcome, estimate = asked
    kind, name = label
    try:
        found = estimate(Grid(panel, outcome, plan.missing), plan).estimates[0]
    except BadInput as refusal:
        notes.append(f"{kind}, {name}: {refusal.reason}")
        return
    rows.append(Placebo(outcome, kind, name, found.att, found.se, p_value(found)))


def _panel(panel: Panel, outcome: str, units: Mapping[int, Unit], periods: int | None = None) -> Panel:
    """The panel with these units, by their places in it, and only the first `periods` periods."""
    places = sorted(units)
    values = tuple(panel.outcomes[outcome][place][:periods] for place in places)
    return Panel(tuple(units[place] for place in places), panel.periods[:periods], {outcome: values})


def _starts_within(unit: Unit, last: int) -> bool:
    """Whether the unit is a pilot of this panel: one that starts after its last period is not."""
    return 0 < unit.start <= last


def _control_sets(panel: Panel, last: int) -> dict[str, list[list[int]]]:
    """The controls of each matched set that has a pilot, as places in the panel, gathered by what is drawn together."""
    with_pilots = {unit.set_id for unit in panel.units if _starts_within(unit, last)}
    sets: dict[str, dict[str, list[int]]] = {}
    for place, unit in enumerate(panel.units):
        if not _starts_within(unit, last) and unit.set_id in with_pilots:
            sets.setdefault(unit.set_id, {}).setdefault(unit.cluster, []).append(place)
    return {name: list(clusters.values()) for name, clusters in sorted(sets.items())}


def _starts(panel: Panel, set_id: str, last: int) -> Sequence[int]:
    """The true starts of the set's pilots, one for each thing that was drawn."""
    starts = {unit.cluster: unit.start for unit in panel.units if unit.set_id == set_id and _starts_within(unit, last)}
    return [starts[cluster] for cluster in sorted(starts)]
