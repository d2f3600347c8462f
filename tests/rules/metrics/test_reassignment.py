"""Regressions run again for other draws of the lottery: against plain least squares, and the laws of such a test."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilot.errors import BadInput
from pilot.metrics.kernel import reassignment
from pilot.metrics.kernel.lots import Lots
from pilot.metrics.kernel.reassignment import ClusterSums, Panels, statistics
from pilot.metrics.kernel.regression import Ground

NEVER = 9


def lots(starts, sets):
    names = [f"c{place}" for place in range(len(starts))]
    return Lots(names, sets, np.array(starts), np.arange(len(starts)))


def a_panel(starts, sets, seed=1, periods=4, weight=None, gaps=0.0):
    """Units that are clusters, with effects of units and periods."""
    rng = np.random.default_rng(seed)
    unit, period = np.nonzero(rng.random((len(starts), periods)) >= gaps)
    weight = np.ones(len(starts)) if weight is None else weight
    ground = Ground((np.unique(period)[:, None] == period).astype(float), weight[unit], unit, unit)
    return ground, rng.normal(size=len(unit)) + unit, period, lots(starts, sets)


def a_cross_section(pilots, sets, seed=1):
    """One value after and one before for each unit, as in an analysis of covariance."""
    rng = np.random.default_rng(seed)
    n = len(pilots)
    held = np.vstack([(np.unique(sets)[:, None] == np.array(sets)).astype(float), rng.normal(size=n)])
    ground = Ground(held, np.ones(n), np.arange(n))
    return ground, rng.normal(size=n), np.zeros(n, dtype=np.int64), lots(1 - np.array(pilots), sets)


def plainly(ground, y, place, starts, real, delta):
    """Squared t of a plain regression when the effect δ is taken from the cells that were really treated."""
    n, at = len(y), ground.cluster
    dummies = [] if ground.within is None else list((np.unique(ground.within)[:, None] == ground.within).astype(float))
    columns = np.vstack([(place >= starts[at]).astype(float), *dummies, ground.basis / ground.root])
    w = ground.root**2
    bread = np.linalg.pinv((columns * w) @ columns.T)
    y = y - delta * (place >= real[at])
    coefficients = bread @ (columns * w) @ y
    error = (y - coefficients @ columns) * w
    scores = np.array([columns[:, at == g] @ error[at == g] for g in range(ground.clusters)])
    assert n == len(error)
    return coefficients[0] ** 2 / (bread @ scores.T @ scores @ bread)[0, 0]


PAIRS = ["a", "a", "a", "b", "b", "b"]
CASES = {
    "one set": a_panel([2, 2, NEVER, NEVER, 2, NEVER], [""] * 6),
    "sets": a_panel([2, NEVER, NEVER, 2, NEVER, NEVER], PAIRS),
    "staggered": a_panel([1, NEVER, 3, 2, NEVER, 2], PAIRS),
    "weights": a_panel([2, NEVER, 2, NEVER, 2, NEVER], [""] * 6, weight=np.array([1, 2, 3, 1, 0.5, 1.0])),
    "gaps": a_panel([2, NEVER, 1, NEVER, 2, NEVER], [""] * 6, periods=6, gaps=0.25),
    "cross section": a_cross_section([1, 0, 0, 1, 1, 0, 0, 1], ["a"] * 4 + ["b"] * 4),
}


@pytest.mark.parametrize("name", list(CASES))
@pytest.mark.parametrize("delta", [0.0, 0.6])
def test_enumeration_finds_what_plain_regressions_find(name, delta):
    ground, y, place, drawn = CASES[name]
    every, count, enumerated = statistics(ground, y, place, drawn, 1)
    starts = drawn.kinds[drawn.real]
    orders = [sorted(set(itertools.permutations(starts[members]))) for members in drawn.sets]
    brute = []
    for choice in itertools.product(*orders):
        other = np.empty_like(starts)
        for members, order in zip(drawn.sets, choice, strict=True):
            other[members] = order
        brute.append(plainly(ground, y, place, other, starts, delta))
    real = plainly(ground, y, place, starts, starts, delta)
    assert (count, enumerated) == (len(brute), True)
    assert every.p(delta) == pytest.approx(np.mean(np.array(brute) >= real * (1 - 1e-8)))


@pytest.mark.parametrize("name", list(CASES))
def test_sums_over_clusters_give_what_whole_panels_give_where_they_are_enough(name):
    ground, y, place, drawn = CASES[name]
    panels = Panels(ground, y, place, drawn)
    sums = ClusterSums(panels)
    assert sums.enough == (name != "gaps")
    if sums.enough:
        codes = np.hstack(list(drawn.all(7)))
        assert sums.run(codes) == pytest.approx(panels.run(codes), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("block", [1, 3, 8, 4_096])
@pytest.mark.parametrize("name", ["one set", "sets", "staggered", "weights"])
def test_sums_are_put_together_from_sets_as_if_each_allocation_were_run(name, block, monkeypatch):
    monkeypatch.setattr(reassignment, "BLOCK", block)
    sums = ClusterSums(Panels(*CASES[name]))
    every, brute = np.hstack(list(sums.all())), sums.run(np.hstack(list(CASES[name][-1].all(7))))
    assert every[:, 0] == pytest.approx(brute[:, 0], rel=1e-9, abs=1e-12)
    order, other = (np.lexsort(np.round(found, 8)) for found in (every, brute))
    assert every[:, order] == pytest.approx(brute[:, other], rel=1e-9, abs=1e-12)


def test_drawn_allocations_agree_with_all_of_them(monkeypatch):
    starts = np.tile([2, NEVER, NEVER, NEVER], 4)
    ground, y, place, drawn = a_panel(starts, [""] * 16)
    every, count, enumerated = statistics(ground, y, place, drawn, 1)
    assert (count, enumerated) == (math.comb(16, 4), True)
    monkeypatch.setattr(reassignment, "ENUMERATE_UP_TO", 100)
    monkeypatch.setattr(reassignment, "DRAWS", 20_000)
    some, count, enumerated = statistics(ground, y, place, drawn, 1)
    assert (count, enumerated, some.rows.shape[1]) == (20_000, False, 20_001)
    assert some.p(0.0) == pytest.approx(every.p(0.0), abs=0.015)
    assert some.p(0.0) == statistics(ground, y, place, drawn, 1)[0].p(0.0), "the same seed gives the same p"
    assert some.p(0.0) != statistics(ground, y, place, drawn, 2)[0].p(0.0)


def test_a_panel_with_gaps_is_run_less_often(monkeypatch):
    starts = np.tile([2, NEVER, NEVER], 4)
    ground, y, place, drawn = a_panel(starts, [""] * 12, gaps=0.2)
    assert statistics(ground, y, place, drawn, 1)[1:] == (math.comb(12, 4), True)
    monkeypatch.setattr(reassignment, "WORK", 400 * ground.cells)
    assert statistics(ground, y, place, drawn, 1)[1:] == (9_999, False)


def test_every_draw_keeps_the_starts_of_every_set():
    drawn = lots([1, 2, NEVER, 2, 2, NEVER, NEVER], ["a", "a", "a", "b", "b", "b", "b"])
    assert drawn.allocations == 6 * 6
    every = np.hstack(list(drawn.all(10)))
    assert every[:, 0].tolist() == drawn.real.tolist()
    assert len({tuple(column) for column in every.T.tolist()}) == 36
    for codes in (every, *drawn.some(50, 1, 20)):
        for members in drawn.sets:
            assert (np.sort(codes[members], axis=0) == np.sort(drawn.real[members])[:, None]).all()


def test_a_cluster_that_was_not_drawn_as_a_whole_is_refused():
    cluster = np.array([0, 0, 1])
    with pytest.raises(BadInput, match="“x” has units with different starts"):
        Lots(["x", "x", "y"], ["", "", ""], np.array([1, 2, 2]), cluster)
    with pytest.raises(BadInput, match="“x” is in two matched sets"):
        Lots(["x", "x", "y"], ["a", "b", "a"], np.array([1, 1, 2]), cluster)


def test_no_spread_at_all_gives_a_p_of_one():
    ground, y, place, drawn = CASES["sets"]
    every, _, _ = statistics(ground, np.full_like(y, 3.0), place, drawn, 1)
    assert every.p(0.0) == 1


def test_where_every_unit_of_a_set_rose_alike_the_p_is_one():
    ground, y, place, drawn = a_panel([2, NEVER] * 5, [f"s{n // 2}" for n in range(10)])
    pairs = np.random.default_rng(2).normal(size=(5, 1, 4)).repeat(2, axis=1).ravel()
    every, count, _ = statistics(ground, pairs, place, drawn, 1)
    assert count == 32
    assert every.p(0.0) == 1
    assert statistics(ground, y, place, drawn, 1)[0].p(0.0) < 1


def test_two_units_that_mirror_each_other_have_a_p_of_one():
    ground, _, place, drawn = a_panel([2, NEVER], ["", ""])
    every, count, _ = statistics(ground, np.array([0.0, 0, 1, 1, 0, 0, -1, -1]), place, drawn, 1)
    assert (count, every.p(0.0)) == (2, 1)


@given(st.integers(0, 10_000), st.sampled_from(list(CASES)))
@settings(max_examples=25, deadline=None)
def test_the_p_is_a_share_of_the_allocations_and_counts_the_real_one(seed, name):
    ground, y, place, drawn = CASES[name]
    values = np.random.default_rng(seed).normal(size=len(y)).round(1)
    every, count, _ = statistics(ground, values, place, drawn, 1)
    times = every.p(0.0) * count
    assert times == pytest.approx(round(times), abs=1e-9)
    assert round(times) >= 1


@given(st.integers(0, 10_000), st.sampled_from(list(CASES)), st.sampled_from([-3.0, 0.01, 1e6]))
@settings(max_examples=25, deadline=None)
def test_another_unit_of_measurement_changes_no_p(seed, name, factor):
    ground, y, place, drawn = CASES[name]
    values = np.random.default_rng(seed).normal(size=len(y)).round(1)
    found, other = (statistics(ground, v, place, drawn, 1)[0].p(0.0) for v in (values, values * factor))
    assert found == pytest.approx(other, abs=1e-12)
