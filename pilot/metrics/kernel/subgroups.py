"""The planned estimate within groups of trusts that are alike, to see whether the finding is alike everywhere. Pure.

No group is a finding of its own: it has few trusts, and among many groups some differ by chance (Assmann, Pocock, Enos
and Kasten 2000). So the groups are all those of a division that the plan names, each is estimated as the whole is, and
below five pilots without inference.
"""

from msgspec.structs import replace

from pilot.errors import BadInput
from pilot.metrics.kernel import estimators
from pilot.metrics.kernel.estimates import Estimate
from pilot.metrics.kernel.grid import Grid
from pilot.metrics.kernel.studies import Division, Measured

Refused = tuple[tuple[str, str], ...]
"""Names of what could not be had, each with the sentence that says why."""


def within(measured: Measured, division: Division) -> tuple[tuple[Estimate, ...], Refused, tuple[str, ...]]:
    """The plan's first estimate among the units of each group alone, by the group's name; what was refused; notes.

    A unit keeps its matched set, of which only the members of the group count. `estimand` is “division: group”. Units
    whose group is not known are left out, which a note tells. Raises BadInput where there are not two groups.
    """
    there = [unit.name for unit in measured.panel.units if unit.name in division.groups]
    groups = sorted({division.groups[name] for name in there})
    if len(groups) < 2:
        raise BadInput(_no_division(division.name, len(groups)))
    found, refused = [], []
    for group in groups:
        name = f"{division.name}: {group}"
        try:
            found.append(replace(_alone(measured, division, group), estimand=name))
        except BadInput as refusal:
            refused.append((name, refusal.reason))
    unknown = len(measured.panel.units) - len(there)
    notes = (f"{unknown:,} trusts are in no group, since their {division.name} is not known.",) if unknown else ()
    return tuple(found), tuple(refused), notes


def _alone(measured: Measured, division: Division, group: str) -> Estimate:
    panel, plan = measured.panel, measured.plan
    places = [place for place, unit in enumerate(panel.units) if division.groups.get(unit.name) == group]
    values = panel.outcomes[measured.outcome]
    part = replace(
        panel,
        units=tuple(panel.units[place] for place in places),
        outcomes={measured.outcome: tuple(values[place] for place in places)},
    )
    grid = Grid(part, measured.outcome, plan.missing)
    return estimators.ESTIMATORS[plan.estimator](grid, plan).estimates[0]


def _no_division(name: str, groups: int) -> str:
    return f"All trusts are of one {name}." if groups else f"The {name} of these trusts is not known."
