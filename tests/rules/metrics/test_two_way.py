"""Two-way fixed effects: published figures, plain least squares, laws, weights that are negative, and refusals."""

import csv
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pilot.errors import BadInput
from pilot.metrics.kernel.two_way import estimate
from pilot.metrics.plan import Plan
from tests.builders.grids import a_grid

STAGGERED = [2, 3, 4, 2, 3, 4, 0, 0, 0, 0, 0, 0]


def found(grid, test="cluster", **more):
    plan = Plan(("morale",), estimator="twfe", test=test, missing=grid.missing, **more)
    return estimate(grid, plan)


def one(grid, test="cluster", **more):
    return found(grid, test, **more).estimates[0]


def trusts(seed=1, units=12, periods=5, gaps=0.0):
    rng = np.random.default_rng(seed)
    rows = rng.normal(7, 1, (units, 1)) + rng.normal(size=(units, periods)) + rng.normal(size=periods)
    rows[rng.random(rows.shape) < gaps] = np.nan
    return rows


def test_the_forty_trusts_have_the_reference_figures(reference_data):
    expected = json.loads((reference_data / "evaluation" / "wcr_panel_expected.json").read_text())
    units = {}
    with (reference_data / "evaluation" / "wcr_panel_40x8.csv").open() as file:
        for row in csv.DictReader(file):  # its lines are in the order of waves
            units.setdefault((row["trust"], row["tr"]), []).append(float(row["y"]))
    known = one(a_grid(list(units.values()), [5 if mark == "1" else 0 for _, mark in units]), "wild")
    assert known.att == pytest.approx(expected["b"], abs=1e-12)
    assert known.se == pytest.approx(expected["CR1_se_pyfixest_default"], abs=1e-12)
    assert known.p_cluster == pytest.approx(expected["CR1_p"], abs=1e-9)
    wild = expected["wild_cluster_restricted_rademacher_p"]["wildboottest_0.3.2_99999"]
    assert known.p_wild == pytest.approx(wild, abs=expected["tolerance"])
    assert known.lo < known.att < known.hi


def plainly(rows, starts, weights=None, event_times=()):
    """The coefficients of being treated, or of the event times, by plain least squares with every indicator."""
    rows, columns = np.asarray(rows), []
    unit, period = np.nonzero(np.isfinite(rows))
    start = np.array(starts)[unit]
    since = period + 1 - start
    x = [(start > 0) & (since == e) for e in event_times] or [(start > 0) & (since >= 0)]
    columns = [*x, *(unit == n for n in range(rows.shape[0])), *(period == t for t in range(rows.shape[1]))]
    root = np.sqrt(np.ones(len(rows)) if weights is None else np.asarray(weights))[unit]
    design = np.array(columns, dtype=float).T * root[:, None]
    return np.linalg.lstsq(design, rows[unit, period] * root, rcond=None)[0][: len(x)]


@pytest.mark.parametrize("gaps", [0.0, 0.15])
@pytest.mark.parametrize("weights", [None, np.linspace(1, 4, 12)])
def test_the_effect_and_its_path_are_those_of_plain_least_squares(gaps, weights):
    rows = trusts(gaps=gaps)
    grid = a_grid(rows, STAGGERED, weights=() if weights is None else weights, missing="available")
    answer = found(grid)
    assert answer.estimates[0].att == pytest.approx(plainly(rows, STAGGERED, weights)[0], rel=1e-9)
    times = [point.event_time for point in answer.event_times]
    assert times == [-3, -2, -1, 0, 1, 2, 3]
    others = [e for e in times if e != -1]
    path = plainly(rows, STAGGERED, weights, others)
    assert [p.att for p in answer.event_times if p.event_time != -1] == pytest.approx(path, rel=1e-8, abs=1e-10)
    assert answer.event_times[2].att == 0
    assert answer.group_times == ()


def test_an_event_time_of_too_few_clusters_has_no_error():
    rows = trusts(units=14)
    answer = found(a_grid(rows, [3] * 4 + [4] * 3 + [0] * 7))
    path = {point.event_time: point for point in answer.event_times}
    assert [e for e, point in path.items() if point.se] == [-2, 0, 1]
    assert path[-3].lo is None
    assert path[0].n_units == 14
    assert path[2].n_units == 11
    m, df = 5, 13
    for quantile, lo, hi in ((0.975, path[0].lo, path[0].hi), (1 - 0.025 / m, path[0].band_lo, path[0].band_hi)):
        reach = stats.t.ppf(quantile, df) * path[0].se
        assert (lo, hi) == pytest.approx((path[0].att - reach, path[0].att + reach))


def test_without_units_that_never_start_the_earliest_event_time_is_held_at_nothing():
    starts = [2, 3, 4, 5] * 3
    answer = found(a_grid(trusts(), starts))
    assert [point.event_time for point in answer.event_times] == [-3, -2, -1, 0, 1, 2, 3]
    note = "Event times held at 0, as −1 is, since nothing tells them from the others: −4."
    assert note in answer.estimates[0].notes


def test_negative_weights_are_counted_and_named():
    """One unit starts in the second period, one in the last: the effect on the first in the last counts negatively."""
    rows = trusts(units=2, periods=3)
    notes = one(a_grid(rows, [2, 3])).notes
    assert any("negative weight: here 33.3% of the treated values (1 of 3)" in note for note in notes)
    single = one(a_grid(trusts(), [3] * 6 + [0] * 6))
    assert not any("negative" in note for note in single.notes)


def test_the_effect_is_the_weighted_sum_of_the_effects_of_single_cells():
    """What the note says of the weights: an effect put into one treated cell moves the estimate with that sign."""
    rows = trusts(units=2, periods=3)
    starts, known = [2, 3], one(a_grid(trusts(units=2, periods=3), [2, 3])).att
    moved = []
    for unit, period in ((0, 1), (0, 2), (1, 2)):
        other = rows.copy()
        other[unit, period] += 1
        moved.append(one(a_grid(other, starts)).att - known)
    assert [value < -1e-9 for value in moved] == [False, True, False]


def test_with_one_start_and_a_balanced_panel_it_is_the_difference_in_differences():
    rows = trusts()
    known = one(a_grid(rows, [3] * 6 + [0] * 6))
    change = rows[:, 2:].mean(axis=1) - rows[:, :2].mean(axis=1)
    assert known.att == pytest.approx(change[:6].mean() - change[6:].mean())
    assert known.sd_units == pytest.approx(known.att / rows[:, :2].mean(axis=1).std(ddof=1))
    assert (known.pilots, known.controls) == (None, None)


def test_the_test_in_the_plan_gives_the_interval_and_the_others_stand_beside_it():
    rows = trusts(units=15)
    grid = a_grid(rows, [3] * 6 + [0] * 9)
    answers = {test: one(grid, test) for test in ("permutation", "cluster", "wild")}
    assert len({(a.lo, a.hi) for a in answers.values()}) == 3
    for a in answers.values():
        assert a.lo < a.att < a.hi
        assert (a.se, a.df) == (answers["cluster"].se, 14)
        assert None not in (a.p_cluster, a.p_bell_mccaffrey, a.p_wild)
    assert (answers["permutation"].permutations, answers["permutation"].enumerated) == (math.comb(15, 6), True)
    assert answers["permutation"].p_permutation == answers["cluster"].p_permutation
    assert "The wild cluster bootstrap used all 32,768 ways to give signs to 15 clusters." in answers["wild"].notes


def test_gaps_in_a_large_panel_are_drawn_less_often_and_it_says_so():
    rows = trusts(units=40, periods=12, gaps=0.05)
    known = one(a_grid(rows, [7] * 10 + [0] * 30, missing="available"), "permutation")
    assert (known.permutations, known.enumerated) == (9_999, False)
    assert known.lo < known.att < known.hi


def test_what_was_not_drawn_as_a_whole_cannot_be_shuffled_but_has_other_tests():
    clusters = [f"c{n % 6}" for n in range(12)]
    grid = a_grid(trusts(), STAGGERED, clusters=clusters)
    with pytest.raises(BadInput, match="has units with different starts, but is drawn as a whole"):
        one(grid, "permutation")
    known = one(grid, "cluster")
    assert (known.p_permutation, known.df) == (None, 5)
    assert known.p_wild is not None


def test_below_five_treated_clusters_there_is_an_effect_and_nothing_else():
    for clusters in ((), ["x", "x", "x", "y", "y", "z", *"abcdef"]):
        starts = [3, 3, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0] if not clusters else [3] * 6 + [0] * 6
        answer = found(a_grid(trusts(), starts, clusters=clusters), "permutation")
        known = answer.estimates[0]
        assert not known.confirmatory
        given = (known.se, known.df, known.lo, known.hi, known.p_permutation, known.p_cluster, known.p_wild)
        assert {*given, known.p_bell_mccaffrey} == {None}
        assert {point.se for point in answer.event_times} == {None}


def test_what_cannot_be_told_apart_is_refused_in_a_sentence():
    with pytest.raises(BadInput, match="two clusters or more in each arm"):
        one(a_grid(trusts(units=7), [3] * 6 + [0]), "wild")
    gone = np.full((8, 3), np.nan)
    gone[:4, 2], gone[4:, :] = 1.0, np.arange(12).reshape(4, 3)
    with pytest.raises(BadInput, match="no treated unit has values in two periods"):
        one(a_grid(gone, [3] * 4 + [0] * 4, missing="available"))
    late = trusts(units=12)
    late[:6, :2] = np.nan
    with pytest.raises(BadInput, match="cannot be told from the other columns"):
        one(a_grid(late, [3] * 6 + [0] * 6, missing="available"))


seeds = st.integers(0, 10_000)
SETS = ["a", "b", "c"] * 4
designs = st.sampled_from([STAGGERED, [3] * 6 + [0] * 6])
P_VALUES = ("p_cluster", "p_bell_mccaffrey", "p_permutation", "p_wild")


def same(left, right, factor=1.0):
    assert right.att == pytest.approx(factor * left.att, rel=1e-6, abs=1e-8 * abs(factor))
    assert right.se == pytest.approx(abs(factor) * left.se, rel=1e-6)
    for name in P_VALUES:
        assert getattr(right, name) == pytest.approx(getattr(left, name), rel=1e-6), name


@given(seeds, designs, st.integers(0, 11), st.integers(0, 4), st.floats(-100, 100))
@settings(max_examples=12, deadline=None)
def test_a_constant_for_a_trust_or_a_period_changes_nothing(seed, starts, unit, period, constant):
    rows = trusts(seed)
    changed = rows.copy()
    changed[unit] += constant
    changed[:, period] -= constant
    same(one(a_grid(rows, starts, sets=SETS)), one(a_grid(changed, starts, sets=SETS)))


@given(seeds, designs, st.sampled_from([-3.0, 0.001, 1e4]))
@settings(max_examples=12, deadline=None)
def test_another_unit_of_measurement_scales_effect_and_error(seed, starts, factor):
    rows = trusts(seed)
    same(one(a_grid(rows, starts, sets=SETS)), one(a_grid(rows * factor, starts, sets=SETS)), factor)


@given(seeds, designs, st.permutations(range(12)))
@settings(max_examples=12, deadline=None)
def test_the_order_of_trusts_changes_nothing(seed, starts, order):
    rows = trusts(seed, gaps=0.1)
    left = one(a_grid(rows, starts, sets=SETS, missing="available"))
    other = a_grid(rows[order], [starts[n] for n in order], sets=[SETS[n] for n in order], missing="available")
    right = one(other)
    for name in ("att", "se", "p_cluster", "p_bell_mccaffrey", "p_permutation"):
        assert getattr(right, name) == pytest.approx(getattr(left, name), rel=1e-6), name
    assert right.p_wild == pytest.approx(left.p_wild, abs=0.01), "below twelve clusters its weights are drawn"


def test_two_arms_with_the_same_values_have_a_p_of_one():
    rows = trusts(units=6)
    known = one(a_grid([*rows, *rows], [3] * 6 + [0] * 6), "permutation")
    assert known.att == pytest.approx(0, abs=1e-12)
    assert (known.p_permutation, known.p_wild) == (1.0, 1.0)
