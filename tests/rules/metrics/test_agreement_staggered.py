"""Callaway and Sant'Anna's estimator against diff-diff 3.13.0 and against its formulas worked out by hand.

diff-diff reports the group-time effects, the event times, the means of each group, the simple mean, and an error of
each. It multiplies variances over clusters by G / (G − 1), and so does this file when it compares them. It has no
calendar mean, no mean over groups, and no dynamic mean: those are compared with the formulas of the paper, written
out cell by cell, and their errors with the influence function as what it is by definition, the derivative of the
estimate by the weight of each unit times that weight, taken by a complex step, which is exact to rounding.
"""

import functools
import math
import warnings

import numpy as np
import pytest

from pilot.metrics.kernel.callaway_santanna import estimate
from pilot.metrics.plan import AGGREGATES, Plan
from tests.builders.panels import a_grid, a_panel, drawn_values

diff_diff = pytest.importorskip("diff_diff", reason="diff-diff is not installed")
pandas = pytest.importorskip("pandas", reason="pandas is not installed")

SAME = 1e-8
PANELS = 100


def made(number):
    """The panel of this number: units, periods, starts, weights, clusters and comparison all vary with it."""
    chance = np.random.default_rng(number)
    count = int(chance.integers(4, 9))
    # the names of periods leave gaps in every third panel, as surveys that were skipped do
    periods = sorted(chance.choice(np.arange(1, 13), count, replace=False)) if number % 3 == 0 else range(1, count + 1)
    starts = chance.choice(np.array(periods[1:]), int(chance.integers(1, min(4, count))), replace=False)
    start = [int(starts[0])] * 10 + [int(s) for s in starts[1:] for _ in range(2 * int(chance.integers(2, 5)))]
    start += [0] * (2 * int(chance.integers(3, 9)))
    n = len(start)
    weight = chance.uniform(0.3, 3, n) if number % 2 else None
    cluster = [f"C{i // 2:02d}" for i in range(n)] if number % 5 == 0 else None
    values = drawn_values(n, count, start, seed=number)
    panel = a_panel(values, start, weight=weight, cluster=cluster, periods=[int(period) for period in periods])
    return panel, "not_yet" if number % 4 < 2 else "never"


@functools.cache
def answered_by_us(number):
    panel, control = made(number)
    return estimate(a_grid(panel), Plan(("morale",), test="cluster", control=control, aggregates=AGGREGATES))


def answered_by_the_library(panel, control):
    rows = [
        (unit.name, period, unit.start, unit.weight, unit.cluster, value)
        for unit, values in zip(panel.units, panel.outcomes["morale"], strict=True)
        for period, value in zip(panel.periods, values, strict=True)
    ]
    frame = pandas.DataFrame(rows, columns=["unit", "period", "start", "weight", "cluster", "morale"])
    frame["cluster"] = frame["cluster"].astype("category").cat.codes
    clustered = any(unit.cluster != unit.name for unit in panel.units)
    weighted = any(unit.weight != 1 for unit in panel.units)
    kernel = diff_diff.CallawaySantAnna(
        control_group="not_yet_treated" if control == "not_yet" else "never_treated",
        estimation_method="reg",
        base_period="universal",
        cluster="cluster" if clustered else None,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says that weights were normalised, and other things that are so
        design = diff_diff.SurveyDesign(weights="weight") if weighted else None
        found = kernel.fit(frame, "morale", "unit", "period", "start", survey_design=design)
        events, groups = found.aggregate("event_study"), found.aggregate("group")
    clusters = len({unit.cluster for unit in panel.units})
    return found, events, groups, math.sqrt(clusters / (clusters - 1)) if clustered else 1.0


def close(ours, theirs):
    return ours is not None and abs(ours - theirs) <= SAME * max(1.0, abs(theirs))


def test_a_hundred_panels_agree_with_diff_diff():
    for number in range(PANELS):
        panel, control = made(number)
        found = answered_by_us(number)
        theirs, events, groups, factor = answered_by_the_library(panel, control)
        cells = {(cell.group, cell.period): cell for cell in found.group_times}
        known = {key for key, cell in theirs.group_time_effects.items() if not math.isnan(cell["effect"])}
        assert set(cells) == known, number
        for key, cell in cells.items():
            their = theirs.group_time_effects[key]
            assert close(cell.att, their["effect"]), (number, key)
            if their.get("is_reference"):
                assert (cell.att, cell.se) == (0, None)
            else:
                assert close(cell.se * factor, their["se"]), (number, key)
                assert (cell.n_treated, cell.n_control) == (their["n_treated"], their["n_control"])
        assert close(found.estimates[0].att, theirs.overall_att), number
        assert close(found.estimates[0].se * factor, theirs.overall_se), number
        agree_on_event_times(found.event_times, events, factor)
        for group, att in zip(groups.label, groups.att, strict=True):
            assert close(np.mean([c.att for key, c in cells.items() if key[0] == group <= key[1]]), att), number


def agree_on_event_times(ours, theirs, factor):
    assert [one.event_time for one in ours] == list(theirs.event_time)
    for one, att, se in zip(ours, theirs.att, theirs.se, strict=True):
        assert close(one.att, att)
        if math.isnan(se):
            assert one.se is None
        else:
            assert close(one.se * factor, se)


def by_hand(panel, control, weight):
    """The four means of the paper, worked out cell by cell for rows of (complex) weights."""
    y, start = np.array(panel.outcomes["morale"]), np.array([unit.start for unit in panel.units])
    begins = np.where(start == 0, 10**6, start)
    cells = {}
    for group in panel.starts:
        base = list(panel.periods).index(group) - 1
        for place, period in enumerate(panel.periods):
            if period < group:
                continue
            change = y[:, place] - y[:, base]
            treated = weight * (start == group)
            others = weight * (start == 0 if control == "never" else (begins > period) & (start != group))
            cells[group, period] = treated @ change / treated.sum(1) - others @ change / others.sum(1)
    mass = {group: (weight * (start == group)).sum(1) for group in panel.starts}

    def mean(keys):
        return sum(mass[g] * cells[g, t] for g, t in keys) / sum(mass[g] for g, _ in keys)

    events = sorted({t - g for g, t in cells})
    lasting = {g: [cells[key] for key in cells if key[0] == g] for g in panel.starts}
    calendar = sorted({t for _, t in cells})
    return {
        "simple": mean(list(cells)),
        "dynamic": sum(mean([key for key in cells if key[1] - key[0] == e]) for e in events) / len(events),
        "group": sum(mass[g] * sum(lasting[g]) / len(lasting[g]) for g in lasting) / sum(mass.values()),
        "calendar": sum(mean([key for key in cells if key[1] == t]) for t in calendar) / len(calendar),
    }


def test_the_four_means_and_their_errors_are_those_of_the_formulas():
    for number in range(PANELS):
        panel, control = made(number)
        weight = np.array([unit.weight for unit in panel.units])
        moved = by_hand(panel, control, weight + 1e-20j * np.eye(len(weight)))
        clusters = [unit.cluster for unit in panel.units]
        for one in answered_by_us(number).estimates:
            value = moved[one.estimand]
            assert close(one.att, value[0].real), (number, one.estimand)
            influence = weight * value.imag / 1e-20
            sums = [sum(influence[i] for i, name in enumerate(clusters) if name == c) for c in set(clusters)]
            assert close(one.se, math.sqrt(math.fsum(s**2 for s in sums))), (number, one.estimand)
