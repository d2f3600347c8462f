"""The wild bootstrap of a difference in differences within sets, and outcomes that share a family."""

import numpy as np
import pytest
from msgspec.structs import replace

from pilot.errors import BadInput
from pilot.metrics.kernel import did, estimators, family, matched, two_way
from pilot.metrics.kernel.estimates import DRAWS
from pilot.metrics.kernel.grid import Grid
from pilot.metrics.plan import Plan
from tests.builders.kernel import a_panel, question
from tests.builders.kernel import matched as sets_of

WILD = Plan(outcomes=("y",), test="wild")


def numbers(units, periods=4, seed=3):
    chance = np.random.default_rng(seed)
    return chance.normal(size=(units, periods)).cumsum(axis=1) + chance.normal(size=(units, 1))


def uneven(effect=0.0, seed=3):
    """Six pilots in sets of different sizes, of which two hold two pilots."""
    sets = ["a", "a", "b", "b", "c", "d"] + ["a"] * 2 + ["b"] * 5 + ["c"] * 3 + ["d"] * 4
    y = numbers(len(sets), seed=seed)
    y[:6, 2:] += effect
    return a_panel(y, 6, 3, sets)


def test_its_regression_is_the_very_same_estimate_even_when_sets_are_uneven():
    grid = Grid(uneven(0.7), "y", "complete")
    asked = question(grid, WILD)
    change, pilot, ground = matched._regression(asked)
    cause, outcome = ground.clear(pilot.astype(float)), ground.clear(change)
    assert cause @ outcome / (cause @ cause) == pytest.approx(did.compare(asked).att, abs=1e-12)


def test_without_sets_it_is_the_bootstrap_of_two_way_fixed_effects():
    grid = Grid(a_panel(numbers(24), 8, 3), "y", "complete")
    ours = estimators.difference_in_differences(grid, WILD).estimates[0]
    theirs = two_way.estimate(grid, WILD).estimates[0]
    assert ours.p_wild == theirs.p_wild
    assert (ours.lo, ours.hi) == (pytest.approx(theirs.lo, abs=1e-7), pytest.approx(theirs.hi, abs=1e-7))


def test_it_finds_a_large_effect_and_its_interval_holds_it():
    none = estimators.difference_in_differences(Grid(uneven(0.0), "y", "complete"), WILD).estimates[0]
    large = estimators.difference_in_differences(Grid(uneven(9.0), "y", "complete"), WILD).estimates[0]
    assert large.p_wild < 0.01 < none.p_wild
    assert large.lo < large.att < large.hi
    assert large.lo - none.lo == pytest.approx(9, abs=1e-6)


def test_it_is_refused_where_it_cannot_be_had_and_left_out_where_nobody_asked():
    rows = numbers(12)
    rows[0, 0] = np.nan
    gap = a_panel(rows, 6, 3)
    with pytest.raises(BadInput, match="every period"):
        estimators.difference_in_differences(Grid(gap, "y", "available"), replace(WILD, missing="available"))
    found = estimators.difference_in_differences(
        Grid(gap, "y", "available"), replace(WILD, test="permutation", missing="available")
    ).estimates[0]
    assert found.p_wild is None
    assert found.p_permutation is not None
    few = estimators.difference_in_differences(Grid(a_panel(numbers(12), 4, 3), "y", "complete"), WILD).estimates[0]
    assert (few.p_wild, few.lo) == (None, None)
    with pytest.raises(BadInput, match="two clusters or more in each arm"):
        estimators.difference_in_differences(Grid(a_panel(numbers(7), 6, 3), "y", "complete"), WILD)
    many = Grid(a_panel(numbers(matched.CHEAP + 1), 6, 3), "y", "complete")
    assert estimators.difference_in_differences(many, replace(WILD, test="cluster")).estimates[0].p_wild is None
    assert estimators.difference_in_differences(many, WILD).estimates[0].p_wild is not None


def three_outcomes(copies=False):
    y = numbers(24, seed=5)
    other = y if copies else numbers(24, seed=6)
    return a_panel(y, 6, 3, sets_of(6, 3), morale=numbers(24, seed=7), leaving=other)


PLAN = Plan(outcomes=("y", "morale", "leaving"))


def test_the_first_outcome_stands_alone_and_the_others_pay_for_their_number():
    found = family.estimate(three_outcomes(), PLAN)
    y, morale, leaving = (found[name].estimates[0] for name in PLAN.outcomes)
    assert (y.p_holm, y.p_romano_wolf) == (None, None)
    for one in (morale, leaving):
        assert one.p_permutation <= one.p_romano_wolf <= one.p_holm <= 1
    assert max(morale.p_holm, leaving.p_holm) >= 2 * min(morale.p_permutation, leaving.p_permutation)


def test_two_outcomes_that_are_one_cost_nothing_by_romano_and_wolf_and_twice_by_holm():
    panel = three_outcomes()
    twice = replace(panel, outcomes={**panel.outcomes, "leaving": panel.outcomes["morale"]})
    morale = family.estimate(twice, PLAN)["morale"].estimates[0]
    assert morale.p_romano_wolf == pytest.approx(morale.p_permutation, abs=1e-12)
    assert morale.p_holm == pytest.approx(min(1, 2 * morale.p_permutation))


def test_each_aggregate_is_a_family_of_its_own():
    found = family.estimate(three_outcomes(), replace(PLAN, aggregates=("simple", "dynamic")))
    for place in (0, 1):
        p = [found[name].estimates[place] for name in ("morale", "leaving")]
        assert min(one.p_holm for one in p) == pytest.approx(min(1, 2 * min(one.p_permutation for one in p)))


def test_other_estimators_are_adjusted_by_holm_alone():
    found = family.estimate(three_outcomes(), replace(PLAN, estimator="ancova"))
    morale = found["morale"].estimates[0]
    assert morale.p_holm is not None
    assert morale.p_romano_wolf is None
    assert morale.permutations <= DRAWS


def test_without_a_p_value_there_is_nothing_to_adjust():
    y = numbers(12)
    found = family.estimate(a_panel(y, 4, 3, morale=numbers(12, seed=8)), replace(PLAN, outcomes=("y", "morale")))
    assert {one.estimates[0].p_holm for one in found.values()} == {None}
