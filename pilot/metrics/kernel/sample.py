"""Which units count, and the sums by which the kernel holds them. Pure."""

import math
from collections.abc import Sequence

import numpy as np

from pilot.errors import BadInput
from pilot.metrics.kernel.estimates import LACKING, ArmMeans, Case, Question, left_out
from pilot.metrics.kernel.permutation import Floats, MatchedSet


def usable(question: Question) -> tuple[tuple[Case, ...], tuple[str, ...], tuple[str, ...]]:
    """The units that count, the names of those that do not, and what is to be said about them."""
    places = (*question.before, *question.after)
    if question.missing == "complete":
        kept = [case for case in question.cases if all(case.values[place] is not None for place in places)]
    else:
        kept = [case for case in question.cases if any(case.values[place] is not None for place in places)]
    notes: list[str] = []
    if gone := len(question.cases) - len(kept):
        notes += left_out(gone, LACKING[question.missing], of=len(question.cases))
    both = {case.set_id for case in kept if case.pilot} & {case.set_id for case in kept if not case.pilot}
    matched = [case for case in kept if case.set_id in both]
    if not matched:
        raise BadInput(_nobody(kept))
    if alone := len(kept) - len(matched):
        notes += left_out(alone, "no pilot or no control in the matched set")
    names = {case.name for case in matched}
    return tuple(matched), tuple(c.name for c in question.cases if c.name not in names), tuple(notes)


def _nobody(kept: Sequence[Case]) -> str:
    if not any(case.pilot for case in kept):
        return "There is nothing to compare: no pilot has the values that are needed."
    if any(not case.pilot for case in kept):
        return "There is nothing to compare: no matched set has both a pilot and a control with the values needed."
    return "There is nothing to compare: no control has the values that are needed."


class Sample:
    """The units in numbers, gathered by what was drawn together, one block for each matched set."""

    def __init__(self, question: Question, cases: Sequence[Case]) -> None:
        self.question, self.cases = question, cases
        self.z = _sums(question, cases)
        groups: dict[tuple[str, str], list[int]] = {}
        for place, case in enumerate(cases):
            groups.setdefault((case.set_id, case.cluster or case.name), []).append(place)
        _refuse_split(cases, groups)
        self.sets = self._sets(groups)
        self.n_pilots = sum(one.n_pilots for one in self.sets)
        self.n_controls = sum(one.n - one.n_pilots for one in self.sets)

    def _sets(self, groups: dict[tuple[str, str], list[int]]) -> list[MatchedSet]:
        blocks: dict[str, list[tuple[Floats, bool]]] = {}
        for (set_id, _), places in sorted(groups.items()):
            blocks.setdefault(set_id, []).append((self.z[places].sum(0), self.cases[places[0]].pilot))
        everyone = sum(pilot for block in blocks.values() for _, pilot in block)
        return [
            MatchedSet(
                np.array([z for z, _ in block]),
                np.array([pilot for _, pilot in block]),
                sum(pilot for _, pilot in block) / everyone,
            )
            for block in blocks.values()
        ]

    def means(self, *, pilot: bool) -> ArmMeans:
        """An arm's means, controls averaged within sets as in the estimate, so that the table adds up to it."""
        before, after = 0.0, 0.0
        for one, cases in zip(self.sets, self._cases_by_set(), strict=True):
            arm = [case for case in cases if case.pilot == pilot]
            before += one.share * _mean(self.question, arm, self.question.before)
            after += one.share * _mean(self.question, arm, self.question.after)
        arm = [case for case in self.cases if case.pilot == pilot]
        counts = [
            sum(any(case.values[place] is not None for place in places) for case in arm)
            for places in (self.question.before, self.question.after)
        ]
        return ArmMeans(before, after, counts[0], counts[1])

    def _cases_by_set(self) -> list[list[Case]]:
        blocks: dict[str, list[Case]] = {}
        for case in sorted(self.cases, key=lambda case: case.set_id):
            blocks.setdefault(case.set_id, []).append(case)
        return list(blocks.values())

    def in_sd(self, att: float) -> float | None:
        """The estimate divided by the spread over units of the mean before; None when there is no spread."""
        levels = [
            _mean(self.question, [case], self.question.before)
            for case in self.cases
            if any(case.values[place] is not None for place in self.question.before)
        ]
        spread = float(np.std(levels, ddof=1)) if len(levels) > 1 else 0.0
        return att / spread if spread > 0 else None

    @property
    def scale(self) -> float:
        """The size of the changes, by which rounding is told from a real difference."""
        z = np.vstack([one.z for one in self.sets])
        with np.errstate(divide="ignore", invalid="ignore"):
            change = z[:, 0] / z[:, 1] - z[:, 2] / z[:, 3]
        change = change[np.isfinite(change)]
        return float(np.sqrt(np.mean((change - change.mean()) ** 2))) if len(change) else 0.0


def _sums(question: Question, cases: Sequence[Case]) -> Floats:
    """For each unit (x1, n1, x0, n0, d). With every period there, x1 is the change itself and x0 nothing."""
    rows = []
    seen = [
        v for case in cases for place in (*question.before, *question.after) if (v := case.values[place]) is not None
    ]
    level = math.fsum(seen) / len(seen)  # any constant leaves the estimate alone; this one keeps the sums small
    for case in cases:
        after = [v - level for place in question.after if (v := case.values[place]) is not None]
        before = [v - level for place in question.before if (v := case.values[place]) is not None]
        w = case.weight
        if question.missing == "complete":
            change = math.fsum(after) / len(after) - math.fsum(before) / len(before)
            rows.append((w * change, w, 0.0, w, w * case.pilot))
        else:
            n1, n0 = w * len(after), w * len(before)
            rows.append((w * math.fsum(after), n1, w * math.fsum(before), n0, n1 * case.pilot))
    return np.array(rows, dtype=float)


def _mean(question: Question, cases: Sequence[Case], places: Sequence[int]) -> float:
    """The mean over units and periods of what is there, each unit with its weight."""
    weighted: list[float] = []
    weights: list[float] = []
    for case in cases:
        here = [v for place in places if (v := case.values[place]) is not None]
        share = case.weight / len(here) if question.missing == "complete" and here else case.weight
        weighted.extend(share * value for value in here)
        weights.extend([share] * len(here))
    if not weights:
        raise BadInput("There is nothing to compare: an arm has no value at all before or after the start.")
    return math.fsum(weighted) / math.fsum(weights)


def _refuse_split(cases: Sequence[Case], groups: dict[tuple[str, str], list[int]]) -> None:
    """A cluster was drawn as a whole, so it cannot be in two arms or two sets."""
    homes: dict[str, str] = {}
    for (set_id, cluster), places in groups.items():
        if len({cases[place].pilot for place in places}) > 1:
            raise BadInput(f"Cluster “{cluster}” has both pilots and controls, but is drawn as a whole.")
        if homes.setdefault(cluster, set_id) != set_id:
            raise BadInput(f"Cluster “{cluster}” is in two matched sets, but is drawn as a whole.")
