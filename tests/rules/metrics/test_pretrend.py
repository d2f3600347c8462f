"""Trends before the start: shown to be small, or not shown; the path of effects against what the estimate gives."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from scipy import stats

from pilot.errors import BadInput
from pilot.metrics.kernel import did
from pilot.metrics.kernel.grid import Grid
from pilot.metrics.kernel.path import before_start, whole
from pilot.metrics.kernel.pretrend import check
from pilot.metrics.plan import Plan
from tests.builders.kernel import a_panel, matched, question

PLAN = Plan(("y",))


def a_grid(y, pilots=6, start=4, sets=None, missing="complete"):
    return Grid(a_panel(y, pilots, start, sets), "y", missing)


def noise(units, periods, seed=1, size=1.0):
    return size * np.random.default_rng(seed).normal(size=(units, periods))


@pytest.mark.parametrize("sets", [None, matched(6, 2), ["a"] * 3 + ["b"] * 3 + ["a"] * 5 + ["b"] * 7])
def test_the_path_has_the_effects_and_errors_of_the_event_study(sets):
    grid = a_grid(noise(18, 6), sets=sets)
    path = whole(grid)
    beside = {int(c.period): c for c in did.contrasts(question(grid, PLAN))}
    assert path.base == 3
    assert path.times == (-2, -1, 1, 2, 3)
    for place, period in enumerate(path.periods):
        assert path.effects[place] == pytest.approx(beside[period].att, abs=1e-12)
        assert np.sqrt(path.covariance[place, place]) == pytest.approx(beside[period].se, rel=1e-9)


def test_the_covariance_from_set_to_set_by_hand():
    y = noise(18, 4)
    path = before_start(a_grid(y, start=4, sets=matched(6, 2)))
    by_set = y[:6] - y[6:].reshape(6, 2, 4).mean(1)
    apart = by_set[:, :2] - by_set[:, 2:3]
    assert path.effects == pytest.approx(apart.mean(0))
    assert path.covariance == pytest.approx(np.cov(apart.T) / 6)
    assert path.df == 5


def test_the_covariance_within_sets_by_hand():
    y = noise(14, 3)
    path = before_start(a_grid(y, pilots=6, start=3))
    change = y[:, 0] - y[:, 1]
    a, b = change[:6].var(ddof=1) / 6, change[6:].var(ddof=1) / 8
    assert path.covariance[0, 0] == pytest.approx(a + b)
    assert path.df == pytest.approx((a + b) ** 2 / (a**2 / 5 + b**2 / 7))


def test_weights_and_clusters_count_as_in_the_estimate():
    panel = a_panel(noise(20, 5), 8, 3)
    units = tuple(
        replace(unit, weight=1.0 + place % 3, cluster=f"pair {place // 2}") for place, unit in enumerate(panel.units)
    )
    path = whole(Grid(replace(panel, units=units), "y", "complete"))
    assert path.covariance is None  # eight pilots, but only four that were drawn
    ten = tuple(replace(unit, start=3 if place < 10 else 0) for place, unit in enumerate(units))
    grid = Grid(replace(panel, units=ten), "y", "complete")
    w, change = np.array([unit.weight for unit in ten]), np.array(panel.outcomes["y"])
    change = change[:, 2] - change[:, 1]
    path = whole(grid)
    assert path.effects[1] == pytest.approx(
        np.average(change[:10], weights=w[:10]) - np.average(change[10:], weights=w[10:])
    )
    variance = 0.0
    for arm in (slice(0, 10), slice(10, 20)):
        mean = np.average(change[arm], weights=w[arm])
        rest = (w[arm] * (change[arm] - mean)).reshape(5, 2).sum(1) / w[arm].sum()
        variance += 5 / 4 * float(rest @ rest)
    assert path.covariance[1, 1] == pytest.approx(variance)


def test_what_happens_after_the_start_does_not_change_the_check():
    y = noise(18, 6)
    found = check(a_grid(y, sets=matched(6, 2)), PLAN, 1.0)
    y[:, 3:] = noise(18, 3, seed=9) * 100
    assert check(a_grid(y, sets=matched(6, 2)), PLAN, 1.0) == found
    assert [one.period for one in found.periods] == [1, 2]


def test_small_differences_in_a_quiet_panel_are_shown_to_be_small():
    found = check(a_grid(noise(24, 5, size=0.01), sets=matched(6, 3)), PLAN, 0.2)
    assert found.small
    assert "are shown to be small" in found.finding
    assert all(one.p_equivalence < 0.05 for one in found.periods)
    assert found.smallest_bound < found.bound == 0.1


def test_no_significant_difference_in_a_noisy_panel_is_never_called_small():
    found = check(a_grid(noise(24, 5, size=1.0), sets=matched(6, 3)), PLAN, 0.2)
    assert found.p_joint > 0.05
    assert found.small is False
    assert "not shown to be small" in found.finding
    assert max(one.p_equivalence for one in found.periods) > 0.05


def test_a_true_difference_is_not_shown_to_be_small_however_many_trusts_there_are():
    y = noise(400, 4, size=0.01)
    y[:100, 1] += 0.1
    found = check(a_grid(y, pilots=100), PLAN, 0.1)
    assert found.small is False
    assert found.p_joint < 1e-6


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.floats(0.01, 3))
def test_the_finding_the_intervals_and_the_two_tests_agree(seed, mde):
    found = check(a_grid(noise(18, 5, seed=seed, size=0.3), sets=matched(6, 2)), PLAN, mde)
    inside = all(-found.bound < one.lo and one.hi < found.bound for one in found.periods)
    assert found.small == inside
    assert found.small == all(one.p_equivalence < PLAN.alpha for one in found.periods)
    assert found.small == (found.smallest_bound < found.bound)


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.floats(-5, 5), st.sampled_from([-2.0, 0.1, 10.0]))
def test_constants_change_nothing_and_units_of_measurement_only_the_scale(seed, constant, factor):
    y = noise(18, 5, seed=seed)
    found = check(a_grid(y, sets=matched(6, 2)), PLAN, 1.0)
    moved = y + constant * np.arange(5) + np.arange(18)[:, None]
    other = check(a_grid(moved * factor, sets=matched(6, 2)), PLAN, abs(factor))
    assert other.wald == pytest.approx(found.wald, rel=1e-6)
    assert other.smallest_bound == pytest.approx(found.smallest_bound * abs(factor), rel=1e-6)
    assert other.small == found.small


def test_the_joint_test_of_one_period_is_the_square_of_t():
    y = noise(18, 3)
    found = check(a_grid(y, start=3, sets=matched(6, 2)), PLAN, 1.0)
    by_set = y[:6] - y[6:].reshape(6, 2, 3).mean(1)
    t = stats.ttest_1samp(by_set[:, 0] - by_set[:, 1], 0.0)
    assert found.wald == pytest.approx(t.statistic**2)
    assert found.p_joint == pytest.approx(t.pvalue)


def test_the_joint_test_is_hotellings_and_keeps_its_promise():
    """With nothing there it rejects one in twenty, where the usual chi-square rejects far more often."""
    rng, p_values, usual = np.random.default_rng(5), [], []
    for _ in range(200):
        y = rng.normal(size=(20, 4))
        found = check(a_grid(y, pilots=10, sets=matched(10, 1)), PLAN, 1.0)
        p_values.append(found.p_joint)
        usual.append(stats.chi2.sf(found.wald, found.df1))
    assert 0.02 < np.mean(np.array(p_values) < 0.05) < 0.08
    assert np.mean(np.array(usual) < 0.05) > 0.1


def test_too_many_periods_for_the_sets_have_no_joint_test_but_each_its_own():
    found = check(a_grid(noise(10, 8), pilots=5, start=8, sets=matched(5, 1)), PLAN, 1.0)
    assert (found.wald, found.df1, found.df2, found.p_joint) == (None,) * 4
    assert "too few sets or units" in found.notes[-1]
    assert len(found.periods) == 6
    assert found.small is False


def test_below_five_pilots_the_differences_are_given_and_nothing_is_concluded():
    found = check(a_grid(noise(18, 5), pilots=4), PLAN, 1.0)
    assert found.small is None
    assert "fewer than five pilot units" in found.finding
    assert {(one.se, one.lo, one.hi, one.p_equivalence) for one in found.periods} == {(None,) * 4}
    assert found.periods[0].difference != 0


def test_one_set_with_a_lone_control_shows_no_spread():
    found = check(a_grid(noise(7, 5), pilots=6), PLAN, 1.0)
    assert found.small is None
    assert "no spread" in found.finding


def test_arms_that_move_exactly_alike_are_shown_to_be_small():
    found = check(a_grid(np.tile(np.arange(5.0), (18, 1)), sets=matched(6, 2)), PLAN, 0.1)
    assert found.small
    assert found.p_joint is None


def test_with_several_starts_only_the_time_before_the_first_counts():
    panel = a_panel(noise(18, 6), 6, 4)
    units = tuple(replace(unit, start=5) if unit.name == "000" else unit for unit in panel.units)
    grid = Grid(replace(panel, units=units), "y", "complete")
    assert [one.period for one in check(grid, PLAN, 1.0).periods] == [1, 2]
    with pytest.raises(BadInput, match="one start"):
        whole(grid)


def test_a_unit_with_a_gap_before_the_start_is_left_out_and_counted():
    y = noise(18, 5)
    y[17, 0] = np.nan
    found = check(a_grid(y, missing="available"), PLAN, 1.0)
    assert "1 of 18 units is left out: a value is missing." in found.notes


@pytest.mark.parametrize("mde", [0.0, -1.0, float("nan")])
def test_no_bound_no_check(mde):
    with pytest.raises(BadInput, match="above 0"):
        check(a_grid(noise(18, 5)), PLAN, mde)


@pytest.mark.parametrize("of", [before_start, whole])
def test_one_period_before_the_start_tells_no_trend(of):
    with pytest.raises(BadInput, match="two periods"):
        of(a_grid(noise(18, 5), start=2))
