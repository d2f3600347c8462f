"""The difference in differences within matched sets as one weighted regression, for the wild cluster bootstrap. Pure.

The change of each unit is regressed on its arm and on its set. A regression lets a set count by how evenly it is
divided; here its units weigh so much more or less that it counts by its pilots, as in the estimate.
"""

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from pilot.errors import BadInput
from pilot.metrics.kernel import wild
from pilot.metrics.kernel.estimates import Estimate, Question
from pilot.metrics.kernel.grid import Floats, Wholes
from pilot.metrics.kernel.inference import numbered
from pilot.metrics.kernel.regression import Ground
from pilot.metrics.kernel.sample import usable

CHEAP, MOST = 200, 2_000
"""Clusters up to which the bootstrap is made though the plan asks for another test, and up to which it is made."""


def with_wild(estimate: Estimate, question: Question) -> Estimate:
    """The estimate with its wild bootstrap p-value, and with the interval of that test where the plan asks for it.

    Without either below five pilots. Raises BadInput when the plan asks for it and it cannot be had: values may be
    missing, an arm is one cluster, or there are too many clusters.
    """
    asked = question.test == "wild"
    if not estimate.confirmatory:
        return estimate
    if question.missing != "complete":
        return _without(estimate, asked, "every period of each unit: set “missing” to “complete”")
    change, pilot, ground = _regression(question)
    clusters = ground.clusters
    if min(len(set(ground.cluster[arm].tolist())) for arm in (pilot, ~pilot)) < 2:
        return _without(estimate, asked, "two clusters or more in each arm")
    if clusters > (MOST if asked else CHEAP):
        return _without(estimate, asked, f"{MOST:,} clusters at most")
    every, count, enumerated = wild.bootstrap(ground, change, pilot.astype(float), question.seed)
    found = replace(estimate, p_wild=every.p(0.0))
    if not asked:
        return found
    lo, hi = every.interval(question.alpha, estimate.se or every.scale or 1.0)
    how = f"all {count:,} ways to give signs" if enumerated else f"{count:,} draws of weights"
    note = f"The wild cluster bootstrap used {how} to {clusters:,} clusters."
    return replace(found, lo=lo, hi=hi, notes=(*found.notes, note))


def _without(estimate: Estimate, asked: bool, need: str) -> Estimate:
    if asked:
        raise BadInput(f"The wild bootstrap of “did” needs {need}.")
    return estimate


def _regression(question: Question) -> tuple[Floats, NDArray[np.bool_], Ground]:
    """Change and arm of each unit, in the order of clusters, and the ground of the regression."""
    cases = sorted(usable(question)[0], key=lambda case: (case.set_id, case.cluster or case.name, case.name))
    values = np.array([case.values for case in cases], dtype=float)
    change: Floats = values[:, list(question.after)].mean(axis=1) - values[:, list(question.before)].mean(axis=1)
    pilot = np.array([case.pilot for case in cases])
    plain = np.array([case.weight for case in cases])
    sets: Wholes = numbered([case.set_id for case in cases])
    members = np.arange(sets.max() + 1)[:, None] == sets
    clusters = {(case.set_id, case.cluster or case.name): case.pilot for case in cases}
    weight = plain.copy()
    for number, here in enumerate(members):
        name = cases[int(np.flatnonzero(here)[0])].set_id
        share = sum(arm for (set_id, _), arm in clusters.items() if set_id == name) / sum(clusters.values())
        pilots, controls = (float(plain[here & arm].sum()) for arm in (pilot, ~pilot))
        weight[sets == number] *= share * (pilots + controls) / (pilots * controls)
    ground = Ground(members.astype(float), weight, numbered([case.cluster or case.name for case in cases]))
    return change - change.mean(), pilot, ground
