"""The kernel: difference in differences between pilots and controls, with numpy, from values to values. Pure.

Sources: docs/adr/0003-evaluation.md; Chung and Romano (2013) for the studentised permutation; Imbens and Kolesár (2016)
for the degrees of freedom of Bell and McCaffrey; Liang and Zeger (1986) for CR1.
"""

import math
from collections.abc import Sequence

import numpy as np
from msgspec.structs import replace

from pilot.metrics.kernel import tails
from pilot.metrics.kernel.estimates import FEWEST_PILOTS, Case, Contrast, Estimate, Question, TrendPoint
from pilot.metrics.kernel.permutation import Floats, observed, statistics
from pilot.metrics.kernel.sample import Sample, usable


def compare(question: Question, *, brief: bool = False) -> Estimate:
    """Estimate the effect and how sure it is; `brief` leaves the interval of a permutation test out.

    Raises BadInput, in a sentence, when an arm has nobody to compare.
    """
    used, dropped, notes = usable(question)
    sample = Sample(question, used)
    coefficients = observed(sample.sets)[0]
    att, confirmatory = float(coefficients[0]), sample.n_pilots >= FEWEST_PILOTS
    estimate = Estimate(
        outcome=question.outcome,
        estimand=question.estimand,
        att=att,
        pilots=sample.means(pilot=True),
        controls=sample.means(pilot=False),
        n_pilots=sum(case.pilot for case in used),
        n_controls=sum(not case.pilot for case in used),
        test=question.test,
        alpha=question.alpha,
        seed=question.seed,
        confirmatory=confirmatory,
        sd_units=sample.in_sd(att),
        n_sets=len(sample.sets),
        dropped=dropped,
        notes=notes,
    )
    if not confirmatory:
        return estimate
    return _with_inference(estimate, sample, coefficients, brief=brief)


def contrasts(question: Question) -> tuple[Contrast, ...]:
    """Every period against the last one before the start, on the same units; that period itself is 0 by definition.

    Intervals are Welch's for each period; the bands hold for all periods at once (Bonferroni).
    """
    used, _, _ = usable(question)
    base = question.before[-1]
    places = sorted({*question.before, *question.after} - {base})
    found = {base: Contrast(question.periods[base], 0.0, sum(c.pilot for c in used), sum(not c.pilot for c in used))}
    for place in places:
        if contrast := _contrast(question, used, place, len(places)):
            found[place] = contrast
    return tuple(found[place] for place in sorted(found))


def trends(question: Question) -> tuple[TrendPoint, ...]:
    """The plain mean of each arm in each period, over the units that the estimate uses."""
    used, _, _ = usable(question)
    points = []
    for place, period in enumerate(question.periods):
        for pilot in (True, False):
            here = [v for case in used if case.pilot == pilot and (v := case.values[place]) is not None]
            points.append(TrendPoint(period, pilot, math.fsum(here) / len(here) if here else None, len(here)))
    return tuple(points)


def _with_inference(estimate: Estimate, sample: Sample, coefficients: Floats, *, brief: bool) -> Estimate:
    """Add standard error, tests and interval; only for five pilot units or more."""
    att, variance = float(coefficients[0]), max(0.0, float(coefficients[2]))
    known = len(sample.sets) > 1 or all(one.replicated for one in sample.sets)
    se, df = (math.sqrt(variance), _welch_df(sample)) if known else (None, None)
    found = replace(
        estimate, se=se, df=df, p_welch=tails.p_of_t(att, se, df), p_bell_mccaffrey=_bell_mccaffrey(sample, att, se)
    )
    if estimate.test != "permutation":
        return _by_cluster(found, sample)
    scale = sample.scale
    every, count, enumerated = statistics(sample.sets, estimate.seed, scale)
    found = replace(found, p_permutation=every.p(0.0), permutations=count, enumerated=enumerated)
    if brief:
        return found
    lo, hi = every.interval(estimate.alpha, se or scale or 1.0)
    notes = estimate.notes
    if lo is None or hi is None:
        share = f"{100 * (1 - estimate.alpha):g}%"
        notes = (*notes, f"There are too few possible allocations ({count:,}) for a {share} interval with two ends.")
    return replace(found, lo=lo, hi=hi, notes=notes)


def _by_cluster(estimate: Estimate, sample: Sample) -> Estimate:
    """CR1 with t(G − 1) when there are no sets; with sets, the error of the design with its own degrees of freedom."""
    se, df = estimate.se, estimate.df
    if len(sample.sets) == 1 and sample.sets[0].replicated:
        se, df = _cr1(sample), float(sample.n_pilots + sample.n_controls - 1)
    if se is None or df is None:
        return estimate
    reach = float(tails.t_quantile(1 - estimate.alpha / 2, df)) * se
    return replace(
        estimate,
        se=se,
        df=df,
        lo=estimate.att - reach,
        hi=estimate.att + reach,
        p_cluster=tails.p_of_t(estimate.att, se, df),
    )


def _cr1(sample: Sample) -> float:
    """The cluster-robust standard error of the regression: units and periods as fixed effects, or the four means."""
    one, question = sample.sets[0], sample.question
    raw = 0.0
    for arm in (one.pilot, ~one.pilot):
        x1, n1, x0, n0, _ = (z := one.z[arm]).T
        s1, m1, s0, m0 = n1.sum(), x1.sum() / n1.sum(), n0.sum(), x0.sum() / n0.sum()
        raw += float(np.sum(((x1 - m1 * n1) / s1 - (x0 - m0 * n0) / s0) ** 2)) if len(z) else 0.0
    places = (*question.before, *question.after)
    n = sum(case.values[place] is not None for case in sample.cases for place in places)
    # unit effects lie within their cluster and are not counted; period effects and the difference are
    k = len(places) + 1 if question.missing == "complete" else 4
    return math.sqrt(raw * one.n / (one.n - 1) * (n - 1) / (n - k))


def _parts(sample: Sample) -> list[tuple[float, float, int]]:
    """For each arm of each set: the share squared, the variance of its mean change, and its number of units."""
    parts = []
    for one in sample.sets:
        for arm in (one.pilot, ~one.pilot):
            x1, n1, x0, n0, _ = one.z[arm].T
            change = (x1 - x1.sum() / n1.sum() * n1) / n1.sum() - (x0 - x0.sum() / n0.sum() * n0) / n0.sum()
            n = int(arm.sum())
            parts.append((one.share**2, float(np.sum(change**2)) * n / (n - 1), n))
    return parts


def _welch_df(sample: Sample) -> float | None:
    """Welch and Satterthwaite's degrees of freedom; sets that show no spread of their own give sets − 1."""
    if not all(one.replicated for one in sample.sets):
        return float(len(sample.sets) - 1)
    parts = _parts(sample)
    total = sum(w * v for w, v, _ in parts)
    below = sum((w * v) ** 2 / (n - 1) for w, v, n in parts)
    return total**2 / below if below > 0 else None


def _bell_mccaffrey(sample: Sample, att: float, se: float | None) -> float | None:
    """The p-value with degrees of freedom that depend on the numbers of units alone; None where no formula is exact."""
    exact = sample.question.missing == "complete" and all(one.replicated for one in sample.sets)
    plain = all(case.weight == 1 and case.cluster in ("", case.name) for case in sample.cases)
    if not exact or not plain:
        return None
    parts = [(w / n, n) for w, _, n in _parts(sample)]
    df = sum(c for c, _ in parts) ** 2 / sum(c * c / (n - 1) for c, n in parts)
    return tails.p_of_t(att, se, df)


def _contrast(question: Question, used: Sequence[Case], place: int, m: int) -> Contrast | None:
    """One period against the last before the start; None when an arm has nothing there."""
    base = question.before[-1]
    here = [case for case in used if case.values[place] is not None and case.values[base] is not None]
    both = {case.set_id for case in here if case.pilot} & {case.set_id for case in here if not case.pilot}
    here = [case for case in here if case.set_id in both]
    if not here:
        return None
    sample = Sample(replace(question, before=(base,), after=(place,), missing="complete"), here)
    a, _, variance, _, _ = observed(sample.sets)[0]
    pilots, controls = sum(case.pilot for case in here), sum(not case.pilot for case in here)
    plain = Contrast(question.periods[place], float(a), pilots, controls)
    known = len(sample.sets) > 1 or sample.sets[0].replicated
    df = _welch_df(sample) if known else None
    if sample.n_pilots < FEWEST_PILOTS or not df:
        return plain
    se = math.sqrt(max(0.0, float(variance)))
    own, band = (float(tails.t_quantile(1 - question.alpha / 2 / among, df)) * se for among in (1, m))
    return replace(
        plain, se=se, lo=plain.att - own, hi=plain.att + own, band_lo=plain.att - band, band_hi=plain.att + band
    )
