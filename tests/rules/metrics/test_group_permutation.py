"""Shuffling starts within matched sets: against the estimator itself, and the laws of such a test."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from pilot.metrics.kernel import group_permutation, permutation
from pilot.metrics.kernel.aggregates import mean
from pilot.metrics.kernel.callaway_santanna import estimate
from pilot.metrics.kernel.clusters import Clusters
from pilot.metrics.kernel.group_permutation import Deal, deals, shuffled, ways
from pilot.metrics.kernel.group_times import GroupTimes
from pilot.metrics.plan import AGGREGATES, Plan
from tests.builders.panels import a_grid, a_panel, drawn_values

START = [3, 0, 0, 5, 0, 3, 5, 0, 3, 0, 5, 0]
SETS = list("aaaabbbbcccc")
PLAN = Plan(("morale",), estimator="callaway-santanna")
seeds = st.integers(0, 10**6)


def values(seed=1, start=START, effect=0.4):
    return drawn_values(len(start), 6, start, seed=seed, effect=effect)


def a_deal(y, start=START, sets=SETS, aggregate="simple", control="never", **more):
    grid = a_grid(a_panel(y, start, sets=sets, **more))
    cells = GroupTimes(grid, control)
    return Deal(grid, Clusters(grid), cells.coefficients(mean(cells, aggregate).share))


def every_start(start=START, sets=SETS):
    """Every way to deal the starts within the sets, by plain counting."""
    blocks = [[s for s, name in zip(start, sets, strict=True) if name == one] for one in sorted(set(sets))]
    return [sum(rows, ()) for rows in itertools.product(*(sorted(set(itertools.permutations(b))) for b in blocks))]


def found(y, plan=PLAN, start=START, sets=SETS):
    return estimate(a_grid(a_panel(y, start, sets=sets)), plan).estimates[0]


@pytest.mark.parametrize("aggregate", AGGREGATES)
@pytest.mark.parametrize("control", ["never", "not_yet"])
def test_the_table_gives_what_the_estimator_finds_for_every_allocation(aggregate, control):
    start, sets = [3, 0, 0, 5, 0, 3, 5, 0], list("aaaabbbb")
    y = values(start=start)
    every, count, enumerated = a_deal(y, start, sets, aggregate, control).statistics(1)
    real = mean(GroupTimes(a_grid(a_panel(y, start)), control), aggregate)
    again = []
    for dealt in every_start(start, sets):
        cells = GroupTimes(a_grid(a_panel(y, dealt)), control)
        again.append(mean(cells, aggregate).att)
    assert (count, enumerated) == (len(again), True) == (12**2, True)
    assert np.sort(every.rows[0]) == pytest.approx(np.sort(again), abs=1e-12)
    assert every.rows[0, 0] == pytest.approx(real.att, abs=1e-12)


@pytest.mark.parametrize("control", ["never", "not_yet"])
def test_an_effect_taken_away_from_treated_cells_is_the_quadratic(control):
    y, delta = values(), 0.7
    begun = np.arange(1, 7) >= np.where(np.array(START) == 0, 99, START)[:, None]
    a, b, v0, v1, v2 = a_deal(y, control=control).statistics(1)[0].rows
    less_a, _, less_v0, _, _ = a_deal(y - delta * begun, control=control).statistics(1)[0].rows
    assert a - delta * b == pytest.approx(less_a, abs=1e-12)
    assert v0 - 2 * delta * v1 + delta**2 * v2 == pytest.approx(less_v0, abs=1e-12)
    assert b[0] == pytest.approx(1)


def test_the_variance_is_the_spread_of_scores_within_each_start():
    deal = a_deal(values())
    scores, label = deal.s[np.arange(len(START)), deal.label], deal.label
    by_hand = sum(len(own) * np.var(own, ddof=1) for own in (scores[label == one] for one in range(3)))
    assert deal.observed[2, 0] == pytest.approx(by_hand, abs=1e-12)


def test_with_never_treated_controls_the_scores_are_the_influence_of_the_mean_of_cells():
    y = values()
    cells = GroupTimes(a_grid(a_panel(y, START)), "never")
    deal = a_deal(y)
    scores = deal.s[np.arange(len(START)), deal.label]
    centred = scores - np.array([scores[deal.label == one].mean() for one in range(3)])[deal.label]
    assert centred == pytest.approx(cells.psi @ mean(cells, "simple").share, abs=1e-12)


@settings(max_examples=15)
@given(seeds)
def test_p_is_one_of_its_possible_values_and_never_less_than_the_least(seed):
    one = found(values(seed, effect=0.0))
    assert one.permutations == 12**3
    assert one.p_permutation * one.permutations == pytest.approx(round(one.p_permutation * one.permutations), abs=1e-6)
    assert one.p_permutation >= 1 / one.permutations


@settings(max_examples=15)
@given(seeds, st.floats(-3, 3))
def test_another_effect_moves_the_interval_and_nothing_else(seed, effect):
    begun = np.arange(1, 7) >= np.where(np.array(START) == 0, 99, START)[:, None]
    y = values(seed)
    one, other = found(y), found(y + effect * begun)
    for before, after in zip((one.att, one.lo, one.hi), (other.att, other.lo, other.hi), strict=True):
        assert after == pytest.approx(before + effect, abs=1e-6)


@settings(max_examples=15)
@given(seeds)
def test_zero_lies_in_the_interval_or_p_is_small(seed):
    one = found(values(seed, effect=0.2))
    assert (one.lo < 0 < one.hi) <= (one.p_permutation > one.alpha)
    assert one.lo < one.att < one.hi


def test_units_that_are_all_alike_have_a_p_of_one():
    y = np.tile(np.arange(6.0), (len(START), 1))
    one = found(y)
    assert one.att == pytest.approx(0, abs=1e-12)
    assert one.p_permutation == 1


def test_an_effect_that_cannot_be_overlooked_has_a_small_p():
    begun = np.arange(1, 7) >= np.where(np.array(START) == 0, 99, START)[:, None]
    chance = np.random.default_rng(3)
    one = found(chance.normal(size=begun.shape) * 0.01 + 5.0 * begun)
    assert one.p_permutation <= 5 / 12**3


def test_drawn_allocations_tell_nearly_the_same_as_all(monkeypatch):
    every = found(values())
    monkeypatch.setattr(group_permutation, "ENUMERATE_UP_TO", 100)
    drawn, again, other = found(values()), found(values()), found(values(), replace(PLAN, seed=9))
    assert (drawn.permutations, drawn.enumerated) == (99_999, False)
    assert drawn == again
    assert drawn.p_permutation != other.p_permutation
    assert drawn.p_permutation == pytest.approx(every.p_permutation, abs=0.005)
    assert (drawn.lo, drawn.hi) == pytest.approx((every.lo, every.hi), abs=0.02)


def test_pieces_of_any_size_give_the_same_allocations(monkeypatch):
    whole = a_deal(values()).statistics(1)[0].rows
    monkeypatch.setattr(permutation, "BLOCK", 150)
    assert np.array_equal(a_deal(values()).statistics(1)[0].rows, whole)


def test_clusters_are_dealt_as_a_whole():
    y = values()
    twins = np.repeat(np.arange(len(y)), 2)
    doubled = a_panel(
        y[twins], [START[i] for i in twins], sets=[SETS[i] for i in twins], cluster=[f"C{i}" for i in twins]
    )
    one, plain = estimate(a_grid(doubled), PLAN).estimates[0], found(y)
    assert (one.permutations, one.p_permutation) == (plain.permutations, plain.p_permutation)
    assert (one.lo, one.hi) == pytest.approx((plain.lo, plain.hi), abs=1e-9)


def test_too_few_allocations_leave_the_interval_open_and_say_so():
    start = [3, 0, 3, 0, 5, 5, 3, 0, 0]
    one = found(values(start=start), start=start, sets=["a", "a", "b", "b", "c", "c", "d", "e", "f"])
    assert (one.permutations, one.lo, one.hi) == (4, None, None)
    assert "There are too few possible allocations (4) for a 95% interval with two ends." in one.notes


def test_nobody_who_shares_a_start_leaves_the_effect_itself_as_the_statistic():
    start = [2, 3, 4, 5, 6, 0]
    deal = a_deal(values(start=start), start, [""] * 6)
    every, count, _ = deal.statistics(1)
    assert count == math.factorial(6)
    assert np.array_equal(every.rows[2:], np.tile([[1.0], [0.0], [0.0]], count))


@given(st.lists(st.integers(0, 2), min_size=1, max_size=6))
def test_the_orders_of_labels_are_each_there_once(label):
    rows = [tuple(row) for row in deals(np.array(label)).tolist()]
    assert len(rows) == ways(np.array(label))
    assert sorted(rows) == sorted(set(itertools.permutations(label)))


@given(st.lists(st.integers(0, 2), min_size=1, max_size=6))
def test_a_shuffle_keeps_every_label(label):
    rows = shuffled(np.array(label), 20, np.random.default_rng(1))
    assert all(sorted(row) == sorted(label) for row in rows.tolist())
