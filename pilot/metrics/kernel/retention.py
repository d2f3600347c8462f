"""Who leaves: monthly leavers as counts out of the mean headcount, compared between pilots and controls. Pure.

Rates over twelve months that overlap count the same leaver up to twelve times, so the months themselves are counted.
The expected count of a trust and month is headcount · exp(trust + month + effect where treated). The estimates
need only this mean to be right, not that counts are Poisson (Gourieroux, Monfort and Trognon 1984; Wooldridge 1999),
and the errors are robust to any dependence within a trust. The trust effects are concentrated out: given the rest, a
trust's are its leavers over what it would have had. Internal transfers, retirements and ends of fixed terms are
counts of their own, compared one by one; no reason of leaving is ever added to another here. The plain rates of one
trust are in `pilot.metrics.retention`.
"""

import math
from collections.abc import Sequence

import numpy as np
from msgspec.structs import replace

from pilot.errors import BadInput
from pilot.metrics.kernel import tails
from pilot.metrics.kernel.checks import Retention
from pilot.metrics.kernel.estimates import FEWEST_PILOTS, left_out
from pilot.metrics.kernel.grid import Floats
from pilot.metrics.kernel.permutation import MatchedSet, statistics
from pilot.metrics.panel import Panel
from pilot.metrics.plan import Plan

HEADCOUNT = ("headcount_start", "headcount_end")
REASONS = ("leavers", "retired", "fixed_term", "transfers")
"""Columns that may be compared: voluntary and other leavers, retirements, ends of fixed terms and rotations, and
moves within the service."""

NO_ANSWER = "The comparison of leavers has no answer: too few people left, or too few months are there."


def compare(panel: Panel, plan: Plan, reason: str = "leavers") -> Retention:
    """The effect on the count in the column `reason` of a monthly panel that has `headcount_start` and `_end`.

    One start for all pilots. The plan's rule decides about missing months, its alpha about the intervals, its seed
    about drawn allocations. Trusts that nobody left, and months in which nobody did, say nothing about a ratio and
    are left out. Raises BadInput, in a sentence, for counts that cannot be, several starts, or an arm without leavers.
    """
    counts = Counts(panel, plan, reason)
    slopes = counts.fit(with_effect=True)
    effect = float(slopes[-1])
    pilots = {counts.cluster[i] for i in np.flatnonzero(counts.pilot)}
    found = Retention(
        outcome=reason,
        ratio=math.exp(effect),
        difference=counts.treated_rate * -math.expm1(-effect),
        coefficient=effect,
        dispersion=counts.dispersion(slopes),
        n_pilots=int(counts.pilot.sum()),
        n_controls=int((~counts.pilot).sum()),
        counted=int(counts.y.sum()),
        confirmatory=len(pilots) >= FEWEST_PILOTS,
        notes=counts.notes,
    )
    return _with_inference(found, counts, slopes, plan) if found.confirmatory else found


def _with_inference(found: Retention, counts: "Counts", slopes: Floats, plan: Plan) -> Retention:
    """CR1 by cluster with t(G − 1), and the permutation p of the score within matched sets."""
    effect, se, df = found.coefficient, counts.error(slopes), len(set(counts.cluster)) - 1
    lo, hi = (effect + side * float(tails.t_quantile(1 - plan.alpha / 2, df)) * se for side in (-1, 1))
    p, permutations = counts.permutation(plan.seed)
    return replace(
        found,
        se=se,
        df=df,
        ratio_lo=math.exp(lo),
        ratio_hi=math.exp(hi),
        # the ends of the ratio turned into leavers per person, with those who did leave as they are
        difference_lo=counts.treated_rate * -math.expm1(-lo),
        difference_hi=counts.treated_rate * -math.expm1(-hi),
        p_cluster=float(2 * tails.t_above(abs(effect) / se, df)) if se > 0 else None,
        p_permutation=p,
        permutations=permutations,
    )


class Counts:
    """Counts and headcounts as trusts × months, 0 and not `there` where a month is missing."""

    def __init__(self, panel: Panel, plan: Plan, reason: str) -> None:
        for name in (reason, *HEADCOUNT):
            if name not in panel.outcomes:
                raise BadInput(f"The panel has no column “{name}”.")
        grids = [_grid(panel, name) for name in (reason, *HEADCOUNT)]
        y, begin, end = grids
        _refuse_impossible(panel, reason, grids)
        there = np.isfinite(y) & np.isfinite(begin) & np.isfinite(end)
        kept = there.all(axis=1) if plan.missing == "complete" else there.any(axis=1)
        notes = left_out(
            int((~kept).sum()), "a month is missing" if plan.missing == "complete" else "no month is there"
        )
        none = kept & (np.where(there, y, 0).sum(axis=1) == 0)
        notes += left_out(int(none.sum()), "nobody left")
        kept &= ~none
        units = [unit for unit, keep in zip(panel.units, kept, strict=True) if keep]
        if any(unit.weight != 1 for unit in units):
            raise BadInput("Counts of leavers weigh by headcount already, so the panel may have no other weights.")
        last = panel.periods[-1]
        starts = {unit.start for unit in units if 0 < unit.start <= last}
        if len(starts) != 1:
            raise BadInput("A comparison of leavers needs one start for all pilots that have leavers.")
        self.pilot = np.array([0 < unit.start <= last for unit in units])
        self.set_id = tuple(unit.set_id for unit in units)
        self.cluster = tuple(unit.cluster for unit in units)
        silent = np.where(there, y, 0)[kept].sum(axis=0) == 0
        self.there = (there[kept])[:, ~silent]
        self.y: Floats = np.where(self.there, y[kept][:, ~silent], 0.0)
        self.head: Floats = np.where(self.there, (begin + end)[kept][:, ~silent] / 2, 0.0)
        self.after = np.array(panel.periods)[~silent] >= min(starts)
        notes += left_out(int(silent.sum()), "nobody left", what="month")
        self.notes = notes
        self.treated: Floats = (np.outer(self.pilot, self.after) & self.there).astype(float)
        _refuse_empty(self)

    def fit(self, *, with_effect: bool) -> Floats:
        """The logarithms of the months' effects, the first being 0, and of the treatment's, by Newton's method."""
        slopes: Floats = np.zeros(self.y.shape[1] - 1 + with_effect)
        worth = self._likelihood(slopes, with_effect)
        for _ in range(50):
            gradient, curvature = self._derivatives(self.expected(slopes, with_effect=with_effect), with_effect)
            if np.linalg.matrix_rank(curvature, hermitian=True) < len(slopes):
                raise BadInput(NO_ANSWER)
            step = np.linalg.solve(curvature, gradient)
            if float(np.abs(step).max(initial=0.0)) < 1e-10:
                found: Floats = slopes + step
                return found
            while (better := self._likelihood(slopes + step, with_effect)) < worth - 1e-12 * abs(worth):
                step = step / 2
            slopes, worth = slopes + step, better
        raise BadInput(NO_ANSWER)

    def expected(self, slopes: Floats, *, with_effect: bool = True) -> Floats:
        """Expected counts, each trust's adding up to what it really had."""
        share = self._shares(slopes, with_effect)
        expected: Floats = self.y.sum(axis=1, keepdims=True) * share
        return expected

    def error(self, slopes: Floats) -> float:
        """The standard error of the effect, CR1 by cluster.

        The factor is G/(G − 1) · (N − 1)/(N − k), where k counts months and the effect but no trusts, since these
        lie within clusters: as pyfixest and Stata have it.
        """
        expected = self.expected(slopes)
        _, curvature = self._derivatives(expected, with_effect=True)
        rest = self.y - expected
        scores = np.column_stack([rest[:, 1:], (rest * self.treated).sum(axis=1)])
        names = sorted(set(self.cluster))
        member = np.array([[cluster == name for cluster in self.cluster] for name in names], dtype=float)
        influence = np.linalg.solve(curvature, (member @ scores).T)[-1]
        n, k, g = int(self.there.sum()), self.y.shape[1] + 1, len(names)
        return math.sqrt(float(influence @ influence) * g / (g - 1) * (n - 1) / (n - k))

    @property
    def treated_rate(self) -> float:
        """Leavers per person and month of the pilots after the start: as counted, and so as expected by the model."""
        return float((self.y * self.treated).sum() / (self.head * self.treated).sum())

    def dispersion(self, slopes: Floats) -> float | None:
        """Pearson's chi-square over its degrees of freedom; None when the model has as many parameters as counts."""
        expected, left = self.expected(slopes), int(self.there.sum()) - len(self.y) - len(slopes)
        rest = (self.y - expected)[self.there] ** 2 / expected[self.there]
        return float(rest.sum()) / left if left > 0 else None

    def permutation(self, seed: int) -> tuple[float | None, int | None]:
        """p of the studentised score and the number of allocations; None when no matched set has both arms.

        Without an effect the months after the start would bring each trust what the model without it expects. The
        score is the share of leavers beyond that, pilots less controls within sets, over all allocations.
        """
        expected = self.expected(self.fit(with_effect=False), with_effect=False)
        beyond = ((self.y - expected) * self.after).sum(axis=1)
        due = (expected * self.after).sum(axis=1)
        sets = self._sets(np.column_stack([beyond, due, 0 * due, due, due * self.pilot]))
        if not sets:
            return None, None
        z = np.vstack([one.z[one.z[:, 1] > 0] for one in sets])  # a trust may have no month after the start
        scale = float(np.std(z[:, 0] / z[:, 1]))
        every, number, _ = statistics(sets, seed, scale)
        return every.p(0.0), number

    def _sets(self, z: Floats) -> list[MatchedSet]:
        groups: dict[tuple[str, str], list[int]] = {}
        for place, key in enumerate(zip(self.set_id, self.cluster, strict=True)):
            groups.setdefault(key, []).append(place)
        blocks: dict[str, list[tuple[Floats, bool]]] = {}
        for (set_id, cluster), places in sorted(groups.items()):
            if len({bool(self.pilot[place]) for place in places}) > 1:
                raise BadInput(f"Cluster “{cluster}” has both pilots and controls, but is drawn as a whole.")
            blocks.setdefault(set_id, []).append((z[places].sum(axis=0), bool(self.pilot[places[0]])))
        both = [block for block in blocks.values() if len({pilot for _, pilot in block}) == 2]
        everyone = sum(pilot for block in both for _, pilot in block)
        return [
            MatchedSet(
                np.array([row for row, _ in block]),
                np.array([pilot for _, pilot in block]),
                sum(pilot for _, pilot in block) / everyone,
            )
            for block in both
        ]

    def _shares(self, slopes: Floats, with_effect: bool) -> Floats:
        """How a trust's leavers would be spread over its months."""
        months, effect = (slopes[:-1], slopes[-1]) if with_effect else (slopes, 0.0)
        rate = self.head * np.exp(np.r_[0.0, months] + effect * self.treated)
        share: Floats = rate / rate.sum(axis=1, keepdims=True)
        return share

    def _likelihood(self, slopes: Floats, with_effect: bool) -> float:
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            parts = self.y * np.log(np.where(self.y > 0, self._shares(slopes, with_effect), 1.0))
        total = float(parts.sum())
        return total if math.isfinite(total) else -math.inf

    def _derivatives(self, expected: Floats, with_effect: bool) -> tuple[Floats, Floats]:
        """Gradient and negative Hessian of the likelihood in the months but the first and the effect."""
        totals = self.y.sum(axis=1)
        rest = self.y - expected
        by_trust = [expected[:, 1:]]
        gradient = [rest.sum(axis=0)[1:]]
        corner = np.diag(expected.sum(axis=0)[1:])
        if with_effect:
            treated = expected * self.treated
            by_trust.append(treated.sum(axis=1, keepdims=True))
            gradient.append(np.array([float((rest * self.treated).sum())]))
            side = treated.sum(axis=0)[1:]
            corner = np.block([[corner, side[:, None]], [side[None, :], treated.sum()]])
        every = np.hstack(by_trust)
        return np.concatenate(gradient), corner - (every / totals[:, None]).T @ every


def _grid(panel: Panel, name: str) -> Floats:
    return np.array([[np.nan if v is None else v for v in row] for row in panel.outcomes[name]], dtype=float)


def _refuse_impossible(panel: Panel, reason: str, grids: Sequence[Floats]) -> None:
    """Counts are whole numbers, 0 or more, and nobody leaves a trust without staff."""
    y, begin, end = grids
    with np.errstate(invalid="ignore"):
        bad = (y < 0) | (y != np.floor(y)) & np.isfinite(y) | (begin < 0) | (end < 0) | (begin + end <= 0)
    for i, t in np.argwhere(bad):
        raise BadInput(
            f"“{panel.units[i].name}” in period {panel.periods[t]} has {reason} {y[i, t]:g} with {begin[i, t]:g} staff "
            f"at the start and {end[i, t]:g} at the end, which cannot be counts."
        )


def _refuse_empty(counts: Counts) -> None:
    for arm, name in ((counts.pilot, "pilots"), (~counts.pilot, "controls")):
        for when, word in ((counts.after, "after"), (~counts.after, "before")):
            if counts.y[arm][:, when].sum() == 0:
                raise BadInput(f"Nobody left the {name} {word} the start, so no ratio can be estimated.")
