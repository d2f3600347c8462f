"""Sensitivity to trends that bend: closed forms worked by hand, laws, and coverage."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from scipy import stats

from pilot.errors import BadInput
from pilot.metrics.kernel.grid import Grid
from pilot.metrics.kernel.path import Path, whole
from pilot.metrics.kernel.smoothness import Smooth, analyse, critical
from tests.builders.kernel import a_panel, matched


def a_path(before, after, effects=None, covariance=None, df=None):
    """A path with its base at 0; by default equal errors of 1 in every period, the base included."""
    times = tuple(t for t in range(-before, after + 1) if t)
    covariance = np.eye(len(times)) + 1 if covariance is None else np.array(covariance, dtype=float)
    effects = np.zeros(len(times)) if effects is None else np.array(effects, dtype=float)
    return Path("y", 0, times, times, effects, covariance, df)


def test_the_quantile_of_a_biased_normal_by_its_definition():
    assert critical(0, 0.05) == pytest.approx(stats.norm.ppf(0.975))
    assert critical(40, 0.05) == pytest.approx(40 + stats.norm.ppf(0.95))
    for bias in (0.01, 0.5, 1, 3, 9.99, 10.01):
        far = critical(bias, 0.1)
        assert stats.norm.cdf(far - bias) - stats.norm.cdf(-far - bias) == pytest.approx(0.9, abs=1e-12)
        assert critical(-bias, 0.1) == far


def test_one_early_period_leaves_no_choice_so_the_interval_has_a_closed_form():
    """θ is estimated by β(1) + β(−1): a straight line cancels, and a bend of M at 0 is the bias."""
    covariance = [[2.0, 0.5], [0.5, 3.0]]
    smooth = Smooth(a_path(1, 1, [0.3, 1.2], covariance), "first", 0.05)
    error = math.sqrt(2 + 3 + 2 * 0.5)
    for m in (0.0, 0.2, 1.0, 30.0):
        lo, hi = smooth.interval(m)
        assert (lo + hi) / 2 == pytest.approx(1.5)
        assert (hi - lo) / 2 == pytest.approx(error * critical(m / error, 0.05))


def test_no_bend_draws_the_early_difference_out_as_a_straight_line():
    """With two early periods and M = 0: least squares through 0 with the covariance, β(1) less slope · 1."""
    covariance = np.array([[2.0, 0.3, 0.1], [0.3, 1.0, 0.2], [0.1, 0.2, 1.5]])
    effects = np.array([-0.9, -0.2, 1.0])
    smooth = Smooth(a_path(2, 1, effects, covariance), "first", 0.05)
    # all unbiased weights: (a, b, 1) with −2a − b + 1 = 0; the variance is a parabola in a
    c = covariance
    at, slope = np.array([0, 1, 1.0]), np.array([1, -2, 0.0])
    best = at - slope * (slope @ c @ at) / (slope @ c @ slope)
    assert smooth.weights(0) == pytest.approx(best)
    lo, hi = smooth.interval(0)
    assert (lo + hi) / 2 == pytest.approx(best @ effects)
    assert (hi - lo) / 2 == pytest.approx(1.959964 * math.sqrt(best @ c @ best), rel=1e-6)


def test_equal_errors_and_no_bend_are_the_usual_straight_line():
    """With independent equal errors in each period, M = 0 is the regression line through the early periods."""
    levels = np.array([3.0, 1.0, 2.5, 2.0])  # three early ones and one after; the third is the base
    path = a_path(2, 1, np.delete(levels, 2) - levels[2])
    lo, hi = Smooth(path, "first", 0.05).interval(0)
    line = np.polyfit([-2, -1, 0], levels[:3], 1)
    assert (lo + hi) / 2 == pytest.approx(levels[3] - np.polyval(line, 1))


@pytest.mark.parametrize(
    ("target", "after", "least"), [("first", 1, 1), ("first", 3, 1), ("average", 2, 2), ("average", 3, 10 / 3)]
)
def test_when_anything_may_bend_only_the_bias_counts(target, after, least):
    """The least bias for the k-th period after is k(k + 1)/2 · M: it is drawn out from the last two early ones."""
    smooth = Smooth(a_path(3, after), target, 0.05)
    for m in (1e4, 1e6):
        assert smooth.half_length(smooth.weights(m), m) / m == pytest.approx(least, rel=1e-3)
    assert np.abs(smooth.weights(1e6) @ smooth.bends).sum() == pytest.approx(least, abs=1e-6)


@pytest.mark.parametrize("df", [None, 9.0])
@pytest.mark.parametrize("target", ["first", "average"])
def test_no_other_weights_are_better(target, df):
    rng = np.random.default_rng(1)
    root = rng.normal(size=(5, 9))
    smooth = Smooth(a_path(3, 2, covariance=root @ root.T, df=df), target, 0.05)
    for m in (0.0, 0.05, 0.5, 5.0):
        weights = smooth.weights(m)
        best = smooth._half_length(weights, m, smooth.working)
        for _ in range(150):
            step = smooth.free @ rng.normal(size=smooth.free.shape[1]) * 10 ** rng.uniform(-5, 0)
            assert smooth._half_length(weights + step, m, smooth.working) >= best * (1 - 1e-9)
            assert abs((weights + step) @ np.array([-3, -2, -1, 1, 2])) < 1e-9


seeds = st.integers(0, 10_000)


@settings(max_examples=15)
@given(seeds, st.sampled_from(["first", "average"]))
def test_the_more_may_bend_the_longer_the_interval(seed, target):
    rng = np.random.default_rng(seed)
    smooth = Smooth(a_path(3, 2, rng.normal(size=5)), target, 0.05)
    lengths = [np.diff(smooth.interval(m))[0] for m in (0, 0.1, 0.3, 1, 3)]
    assert all(more > less for less, more in itertools.pairwise(lengths))


@settings(max_examples=15)
@given(seeds, st.floats(-3, 3), st.sampled_from([-5.0, 0.01, 100.0]))
def test_a_straight_line_changes_nothing_and_another_unit_only_the_scale(seed, slope, factor):
    path = a_path(3, 2, np.random.default_rng(seed).normal(size=5))
    moved = (path.effects + slope * np.array(path.times)) * factor
    other = replace(path, effects=moved, covariance=path.covariance * factor**2)
    for m in (0.0, 0.4):
        expected = sorted(factor * end for end in Smooth(path, "average", 0.05).interval(m))
        found = Smooth(other, "average", 0.05).interval(m * abs(factor))
        assert found == pytest.approx(expected, rel=1e-4, abs=1e-4 * abs(factor))


def test_the_sign_turned_turns_the_interval():
    path = a_path(2, 2, [0.1, -0.4, 1.0, 2.0])
    lo, hi = Smooth(path, "average", 0.05).interval(0.3)
    assert Smooth(replace(path, effects=-path.effects), "average", 0.05).interval(0.3) == pytest.approx((-hi, -lo))


def test_the_worst_bend_is_covered_as_often_as_promised_and_no_gentler_one_less():
    """A known covariance: coverage of 95% exactly at the worst bias, worked out from draws."""
    path, m = a_path(3, 2), 0.5
    smooth = Smooth(path, "average", 0.05)
    weights = smooth.weights(m)
    half = smooth.half_length(weights, m)
    worst = m * smooth.bends @ np.sign(weights @ smooth.bends)
    draws = np.random.default_rng(2).multivariate_normal(np.zeros(5), path.covariance, size=40_000)
    covered = [np.mean(np.abs((draws + bend * worst) @ weights) <= half) for bend in (1, 0.5, 0)]
    assert covered[0] == pytest.approx(0.95, abs=0.004)
    assert covered[0] < covered[1] < covered[2]


def test_with_ten_sets_whose_covariance_is_only_estimated_the_promise_is_kept():
    """The weights that are best for the estimated covariance would cover too seldom; so they are not used."""
    rng = np.random.default_rng(3)
    kept, tempted, slope = 0, 0, 0.4 * np.arange(8)
    for _ in range(150):
        y = rng.normal(size=(20, 8))
        y[:10] += slope
        path = whole(Grid(a_panel(y, 10, 6, matched(10, 1)), "y", "complete"))
        lo, hi = Smooth(path, "average", 0.05).interval(0)
        kept += lo <= 0 <= hi
        lo, hi = Smooth(replace(path, df=None), "average", 0.05).interval(0)
        tempted += lo <= 0 <= hi
    assert kept / 150 == pytest.approx(0.95, abs=0.03)
    assert tempted / 150 < 0.85


def test_the_breakdown_is_where_nothing_is_no_longer_excluded():
    path = a_path(2, 2, [0.0, 0.1, 9.0, 12.0])
    found = analyse(path, 0.05, steps=[2.0, 0.0, 1.0])
    assert [row.parameter for row in found.rows] == [0.0, 1.0, 2.0]
    assert {row.breakdown for row in found.rows} == {found.breakdown}
    smooth = Smooth(path, "average", 0.05)
    assert smooth.interval(found.breakdown * 0.9999)[0] > 0
    assert smooth.interval(found.breakdown * 1.0001)[0] <= 0
    assert [row.includes_zero for row in found.rows] == [row.parameter >= found.breakdown for row in found.rows]


def test_the_breakdown_with_one_early_period_by_hand():
    """The estimate 5 has error √2·√3: M is where σ·cv(M/σ) = 5."""
    found = analyse(a_path(1, 1, [0.0, 5.0]), 0.05, "first")
    error = math.sqrt(6)
    assert error * critical(found.breakdown / error, 0.05) == pytest.approx(5, rel=1e-5)


def test_an_effect_that_a_straight_line_explains_breaks_down_at_once():
    found = analyse(a_path(3, 2, [-3, -2, -1, 1, 2]), 0.05)
    assert found.breakdown == 0
    assert all(row.includes_zero for row in found.rows)
    assert found.bend_before == pytest.approx(0)


def test_the_largest_bend_before_the_start_is_told_beside_the_breakdown():
    assert analyse(a_path(3, 1, [1.0, 0.5, -0.5, 4]), 0.05).bend_before == pytest.approx(1.5)
    assert analyse(a_path(1, 1), 0.05).bend_before is None


def test_by_default_bends_go_up_to_two_errors_of_the_first_effect():
    rows = analyse(a_path(2, 2), 0.05).rows
    assert [row.parameter for row in rows] == pytest.approx([math.sqrt(2) * k / 4 for k in range(9)])
    assert {row.method for row in rows} == {"smoothness, average effect"}


def test_few_sets_make_the_interval_at_no_bend_the_one_of_t():
    path = a_path(1, 1, [0.2, 3.0], df=4.0)
    lo, hi = Smooth(path, "first", 0.05).interval(0)
    assert (hi - lo) / 2 == pytest.approx(stats.t.ppf(0.975, 4) * math.sqrt(6))


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (replace(a_path(2, 2), covariance=None), "five pilot units"),
        (a_path(0, 2), "two periods before"),
        (a_path(2, 0), "one after"),
        (a_path(2, 2, covariance=np.zeros((4, 4))), "there is none"),
    ],
)
def test_what_cannot_be_analysed_is_refused(path, said):
    with pytest.raises(BadInput, match=said):
        analyse(path, 0.05)


@pytest.mark.parametrize("steps", [[-0.1], [math.inf], [math.nan]])
def test_a_bend_that_cannot_be_is_refused(steps):
    with pytest.raises(BadInput, match="0 or more"):
        analyse(a_path(2, 2), 0.05, steps=steps)
