"""Analysis of covariance: against plain least squares, its laws, and what it refuses."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pilot.errors import BadInput
from pilot.metrics.kernel.ancova import _Units, estimate
from pilot.metrics.kernel.reassignment import statistics
from pilot.metrics.plan import Plan
from tests.builders.grids import a_grid

PLAN = Plan(("morale",), estimator="ancova", alpha=0.2)


def plan(test="permutation", **more):
    return Plan(("morale",), estimator="ancova", test=test, **more)


def one(grid, test="permutation", **more):
    found = estimate(grid, plan(test, **more))
    assert (found.group_times, found.event_times) == ((), ())
    return found.estimates[0]


def trusts(seed=1, pilots=6, controls=6, periods=4, effect=0.0):
    """Rows of values that hang together over time, and the starts."""
    rng = np.random.default_rng(seed)
    n = pilots + controls
    level = rng.normal(7, 1, (n, 1))
    starts = [3] * pilots + [0] * controls
    late = (np.arange(periods) >= 2) * np.array(starts)[:, None] > 0
    return level + rng.normal(size=(n, periods)) + effect * late, starts


def plainly(rows, starts, sets=None, weights=None):
    """The coefficient of the arm by plain least squares."""
    rows, pilot = np.asarray(rows), np.array(starts) > 0
    held = [np.ones(len(rows))] if sets is None else [np.array(sets) == name for name in sorted(set(sets))]
    x = np.array([pilot, rows[:, :2].mean(axis=1), *held], dtype=float).T
    root = np.sqrt(np.ones(len(rows)) if weights is None else weights)[:, None]
    return np.linalg.lstsq(x * root, rows[:, 2:].mean(axis=1) * root[:, 0], rcond=None)[0][0]


@pytest.mark.parametrize("sets", [None, ["a", "b", "c"] * 4])
@pytest.mark.parametrize("weights", [None, np.linspace(1, 5, 12)])
def test_the_effect_is_that_of_plain_least_squares(sets, weights):
    rows, starts = trusts(effect=1.0)
    found = one(a_grid(rows, starts, sets=sets or (), weights=() if weights is None else weights))
    assert found.att == pytest.approx(plainly(rows, starts, sets, weights), rel=1e-12)
    assert found.n_sets == (3 if sets else 1)
    assert (found.n_pilots, found.n_controls, found.estimator, found.estimand) == (6, 6, "ancova", "simple")


def test_the_arms_are_described_by_their_plain_means():
    rows, starts = trusts()
    found = one(a_grid(rows, starts))
    assert found.pilots.before == pytest.approx(rows[:6, :2].mean())
    assert found.controls.after == pytest.approx(rows[6:, 2:].mean())
    assert found.sd_units == pytest.approx(found.att / rows[:, :2].mean(axis=1).std(ddof=1))


def test_the_test_in_the_plan_gives_the_interval_and_the_others_stand_beside_it():
    rows, starts = trusts(effect=1.5, pilots=8, controls=8)
    found = {test: one(a_grid(rows, starts), test) for test in ("permutation", "cluster", "wild")}
    cluster = found["cluster"]
    reach = stats.t.ppf(0.975, 15) * cluster.se
    assert (cluster.lo, cluster.hi) == pytest.approx((cluster.att - reach, cluster.att + reach))
    assert cluster.df == 15
    for other in (found["permutation"], found["wild"]):
        assert 2 < other.df < 15, "Bell and McCaffrey's"
        assert other.p_bell_mccaffrey == pytest.approx(2 * stats.t.sf(abs(other.att) / other.se, other.df))
    for name in ("p_permutation", "p_wild", "p_cluster", "p_bell_mccaffrey"):
        p = {getattr(other, name) for other in found.values()}
        assert len(p) == 1, name
        assert 0 < p.pop() < 0.1, name
    assert len({(other.lo, other.hi) for other in found.values()}) == 3
    assert all(other.lo < other.att < other.hi for other in found.values())
    assert found["permutation"].permutations == math.comb(16, 8)
    assert found["wild"].notes == ("The wild cluster bootstrap used all 65,536 ways to give signs to 16 clusters.",)


def test_the_error_by_cluster_is_cr1_with_every_coefficient_counted():
    rows, starts = trusts(pilots=8, controls=8)
    found = one(a_grid(rows, starts), "cluster")
    x = np.array([np.array(starts) > 0, rows[:, :2].mean(axis=1), np.ones(16)], dtype=float).T
    y = rows[:, 2:].mean(axis=1)
    error = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    bread = np.linalg.inv(x.T @ x)
    variance = (bread @ (x.T * error**2) @ x @ bread)[0, 0] * 16 / 15 * 15 / 13
    assert found.se == pytest.approx(np.sqrt(variance))
    assert found.p_cluster == pytest.approx(2 * stats.t.sf(abs(found.att) / found.se, 15))


def test_a_permutation_test_that_was_not_asked_for_is_left_out_when_it_takes_long():
    rows, starts = trusts(pilots=12, controls=12)
    found = one(a_grid(rows, starts), "cluster")
    assert (found.p_permutation, found.permutations) == (None, None)
    assert found.p_wild is not None


def test_pairs_that_were_drawn_have_as_many_allocations_as_coins_have_sides():
    rows, starts = trusts(pilots=8, controls=8)
    found = one(a_grid(rows, starts, sets=[f"s{n % 8}" for n in range(16)]))
    assert (found.permutations, found.enumerated) == (2**8, True)


def test_an_effect_is_in_the_interval_when_the_test_keeps_it():
    """The same data less the effect, tested anew."""
    rows, starts = trusts(seed=5, effect=0.8, pilots=6, controls=7)
    found = one(a_grid(rows, starts), alpha=0.1)
    for effect in np.linspace(found.lo - 0.5, found.hi + 0.5, 9):
        without = rows.copy()
        without[:6, 2:] -= effect
        p = one(a_grid(without, starts)).p_permutation
        assert (p > 0.1) == (found.lo <= effect <= found.hi)


def test_the_permutation_p_is_even_where_nothing_happened():
    found = []
    for seed in range(300):
        units = _Units(a_grid(*trusts(seed, 5, 5)))
        cells = units.cells()
        found.append(statistics(cells.ground, cells.y, cells.place, units.lots, 1)[0].p(0.0))
    assert 0.45 <= np.mean(found) <= 0.55
    assert 0.02 <= np.mean(np.array(found) <= 0.05) <= 0.08


seeds = st.integers(0, 10_000)


@given(seeds, st.permutations(range(12)))
@settings(max_examples=15, deadline=None)
def test_the_order_of_trusts_changes_nothing(seed, order):
    rows, starts = trusts(seed)
    found = one(a_grid(rows, starts))
    other = one(a_grid(rows[order], [starts[n] for n in order]))
    assert other.att == pytest.approx(found.att, rel=1e-9, abs=1e-12)
    for name in ("se", "df", "p_cluster", "p_bell_mccaffrey", "p_permutation", "p_wild"):
        assert getattr(other, name) == pytest.approx(getattr(found, name), rel=1e-9), name


@given(seeds, st.sampled_from([-2.0, 0.001, 1000.0]), st.floats(-50, 50))
@settings(max_examples=15, deadline=None)
def test_another_unit_of_measurement_scales_effect_and_error(seed, factor, shift):
    rows, starts = trusts(seed)
    found, other = one(a_grid(rows, starts), "cluster"), one(a_grid(rows * factor + shift, starts), "cluster")
    assert other.att == pytest.approx(factor * found.att, rel=1e-7, abs=1e-9 * abs(factor))
    assert other.se == pytest.approx(abs(factor) * found.se, rel=1e-7)
    for name in ("sd_units", "p_cluster", "p_wild", "p_permutation", "p_bell_mccaffrey"):
        mine, theirs = getattr(found, name), getattr(other, name)
        assert theirs == pytest.approx(mine if name != "sd_units" else mine * np.sign(factor), rel=1e-6), name


@given(seeds, st.floats(-3, 3))
@settings(max_examples=15, deadline=None)
def test_a_share_of_the_baseline_added_to_what_came_after_changes_nothing(seed, share):
    rows, starts = trusts(seed)
    changed = rows.copy()
    changed[:, 2:] += share * rows[:, :2].mean(axis=1, keepdims=True)
    found, other = one(a_grid(rows, starts)), one(a_grid(changed, starts))
    assert other.att == pytest.approx(found.att, abs=1e-9)
    assert other.p_permutation == pytest.approx(found.p_permutation, abs=1e-12)


def test_two_arms_with_the_same_values_have_no_effect_and_a_p_of_one():
    rows, _ = trusts(pilots=6, controls=0)
    found = one(a_grid([*rows, *rows], [3] * 6 + [0] * 6))
    assert found.att == pytest.approx(0, abs=1e-12)
    assert found.p_permutation == pytest.approx(1.0)


def test_trusts_drawn_together_count_as_one():
    rows, starts = trusts(pilots=12, controls=12)
    found = one(a_grid(rows, starts, clusters=[f"c{n // 2}" for n in range(24)]), "cluster")
    assert (found.permutations, found.df, found.n_pilots) == (math.comb(12, 6), 11, 12)


def test_below_five_pilots_there_is_an_effect_and_nothing_else():
    rows, starts = trusts(pilots=4, controls=8)
    for test in ("permutation", "cluster", "wild"):
        found = one(a_grid(rows, starts), test)
        assert not found.confirmatory
        assert found.att == pytest.approx(plainly(rows, starts))
        given = (found.se, found.df, found.lo, found.hi, found.p_permutation, found.p_cluster, found.p_wild)
        assert {*given, found.p_bell_mccaffrey} == {None}


def test_a_set_without_both_arms_is_left_out_and_named():
    rows, starts = trusts(pilots=6, controls=8)
    sets = ["a", "b", "c", "d", "e", "f", "a", "b", "c", "d", "e", "f", "z", "z"]
    found = one(a_grid(rows, starts, sets=sets))
    assert found.dropped == ("u012", "u013")
    assert found.att == pytest.approx(plainly(rows[:12], starts[:12], sets[:12]))
    assert found.notes[0] == "2 units are left out: no pilot or no control in the matched set."


def test_one_control_alone_leaves_the_permutation_test():
    rows, starts = trusts(pilots=6, controls=1)
    found = one(a_grid(rows, starts))
    assert (found.se, found.p_cluster, found.p_wild, found.p_bell_mccaffrey) == (None,) * 4
    assert found.permutations == 7
    for test in ("cluster", "wild"):
        with pytest.raises(BadInput, match="two clusters or more in each arm"):
            one(a_grid(rows, starts), test)


def refused(rows, starts, match, **more):
    with pytest.raises(BadInput, match=match):
        estimate(a_grid(rows, starts, **more), PLAN)


def test_what_cannot_be_adjusted_is_refused_in_a_sentence():
    rows, starts = trusts()
    refused(rows, starts, "set “missing” to “complete”", missing="available")
    refused(rows, [2, *starts[1:]], "one start for all treated units, but the panel has 2, 3")
    flat = rows.copy()
    flat[:, :2] = 6.9
    refused(flat, starts, "needs units that differ before the start")
    apart = rows.copy()
    apart[:, :2] = np.array(starts)[:, None]
    refused(apart, starts, "cannot be told from the other columns")
    refused(rows[:3], [3, 0, 0], "There are 3 units, too few to adjust")
    refused(rows, starts, "no matched set has both", sets=["a"] * 6 + ["b"] * 6)
    refused(rows, starts, "“x” has units with different starts", clusters=["x", *"abcdefghij", "x"])
    refused(rows, starts, "“x” is in two matched sets", clusters=["x", "x", *"abcdefghij"], sets=["s", "t"] * 6)
    with pytest.raises(BadInput, match="must have “simple” among them"):
        estimate(a_grid(rows, starts), plan(aggregates=("dynamic",)))


def test_an_aggregate_that_it_cannot_give_is_named():
    found = one(a_grid(*trusts()), aggregates=("simple", "dynamic", "group"))
    assert found.notes == ("This estimator gives one number for all: there is none for “dynamic” and “group”.",)
