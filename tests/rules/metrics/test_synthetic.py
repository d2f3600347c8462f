"""Synthetic difference in differences against the published numbers, and the laws that it must keep."""

import csv
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from pilot.errors import BadInput
from pilot.metrics.files.reproduction.sdid import frank_wolfe
from pilot.metrics.kernel import synthetic_placebos
from pilot.metrics.kernel.counterfactual import (
    difference,
    each_start,
    mean_effect,
    synthetic_control,
    synthetic_did,
)
from pilot.metrics.kernel.simplex import exact, stepwise
from pilot.metrics.kernel.synthetic import estimate
from pilot.metrics.kernel.synthetic_placebos import permutation, placebo_effects, placebo_error
from pilot.metrics.plan import Plan
from tests.builders.panels import a_grid, a_panel, drawn_values

PLAN = Plan(("morale",), estimator="sdid")
STARTS = [4] * 3 + [6] * 2 + [0] * 8
seeds = st.integers(0, 10**6)


@pytest.fixture(scope="module")
def prop99(reference_data):
    """The states in the order of R's weights, California last; the place of 1989; the folder."""
    folder = reference_data / "evaluation" / "prop99"
    packs: dict[str, list[float]] = {}
    with (folder / "california_prop99.csv").open() as file:
        for row in csv.DictReader(file, delimiter=";"):
            packs.setdefault(row["State"], []).append(float(row["PacksPerCapita"]))
    california = packs.pop("California")
    return np.array([*packs.values(), california]), 1989 - 1970, folder


def column(path, name):
    with path.open() as file:
        return np.array([float(row[name]) for row in csv.DictReader(file)])


def test_proposition_99_has_the_numbers_of_r(prop99):
    y, before, folder = prop99
    expected = json.loads((folder / "expected.json").read_text())
    ours = {
        "sdid": synthetic_did(y, 38, before),
        "sc": synthetic_control(y, 38, before),
        "did": difference(y, 38, before),
    }
    for name, found in ours.items():
        assert found.att == pytest.approx(expected[name], abs=1e-6), name
    weights = folder / "weights_R_synthdid.csv"
    assert ours["sdid"].units == pytest.approx(column(weights, "sdid_omega"), abs=1e-6)
    assert ours["sc"].units == pytest.approx(column(weights, "sc_omega"), abs=1e-6)
    assert ours["sdid"].periods == pytest.approx(column(folder / "lambda_R_synthdid.csv", "sdid_lambda"), abs=1e-6)


def test_the_minimum_itself_is_within_the_tolerance_of_the_published_number(prop99):
    y, before, folder = prop99
    expected = json.loads((folder / "expected.json").read_text())
    found = synthetic_did(y, 38, before, published=False)
    assert found.att == pytest.approx(expected["sdid"], abs=expected["tolerance"]["sdid"])


def test_the_placebo_error_of_proposition_99_is_one_that_r_could_have_drawn(prop99):
    """R draws 200 of the 38 states at random; ours takes each once, 9.37. R's own draws spread from 7.7 to 11.1."""
    y, before, folder = prop99
    expected = json.loads((folder / "expected.json").read_text())["sdid_placebo_se_seed12345"]
    place = np.array([31] * 38 + [before])
    effects = placebo_effects(y, place, seed=1)
    assert len(effects) == 38
    assert placebo_error(y, place, seed=1) == pytest.approx(np.std(effects), abs=1e-12)
    assert np.std(effects) == pytest.approx(expected, rel=0.15)
    chance = np.random.default_rng(1)
    drawn = np.std(chance.choice(effects, (2_000, 200)), axis=1)
    assert np.quantile(drawn, 0.005) < expected < np.quantile(drawn, 0.995)
    assert permutation(y, place, ("",) * 39, seed=1) == (2 / 39, 39, True)  # only Rhode Island fell by more


def test_proposition_99_has_no_confirmatory_inference(prop99):
    y = prop99[0]
    panel = a_panel(y, [0] * 38 + [1989], periods=list(range(1970, 2001)))
    found = estimate(a_grid(panel), PLAN)
    one = found.estimates[0]
    assert one.att == pytest.approx(-15.603828, abs=1e-6)
    assert not one.confirmatory
    assert {one.se, one.lo, one.hi, one.p_permutation, one.permutations} == {None}
    assert (found.group_times[0].group, found.group_times[0].period, found.group_times[-1].period) == (1989, 1970, 2000)
    after = [cell.att for cell in found.group_times if cell.period >= 1989]
    assert len(after) == 12
    assert np.mean(after) == pytest.approx(one.att, abs=1e-9)
    assert found.event_times[0].event_time == -19


def a_problem(seed):
    chance = np.random.default_rng(seed)
    rows, size = int(chance.integers(2, 9)), int(chance.integers(2, 12))
    return chance.normal(size=(rows, size)), chance.normal(size=rows), float(chance.uniform(0.05, 1))


def value(problem, x):
    a, b, zeta = problem
    return zeta**2 * (x @ x) + np.sum((a @ x - b) ** 2) / len(a)


@given(seeds)
def test_weights_are_never_below_0_and_sum_to_1(seed):
    problem = a_problem(seed)
    for x in (exact(*problem), stepwise(*problem, least=1e-5)):
        assert np.all(x >= 0)
        assert np.sum(x) == pytest.approx(1, abs=1e-12)


@given(seeds)
def test_no_other_weights_are_nearer_than_the_exact_ones(seed):
    """At the minimum no corner of the simplex lies downhill; so it is the minimum, since the problem is convex."""
    a, b, zeta = problem = a_problem(seed)
    x = exact(*problem)
    slope = zeta**2 * x + a.T @ (a @ x - b) / len(a)
    assert slope @ x - slope.min() < 1e-10
    assert value(problem, x) <= value(problem, stepwise(*problem, least=1e-5)) + 1e-12


@settings(max_examples=15)
@given(seeds)
def test_steps_end_close_to_the_minimum(seed):
    problem = a_problem(seed)
    assert value(problem, stepwise(*problem, least=1e-5)) - value(problem, exact(*problem)) < 1e-3


PAUSES = {
    "above a quarter stays": ([0.0, 11.0, 22.0], 16.0, [2 / 11, 2 / 11, 7 / 11]),
    "below a quarter goes": ([0.0, 13.0, 26.0], 20.0, [3 / 13, 0.0, 10 / 13]),
}
"""One row of values and its target, and the weights by hand. From equal weights one step towards the largest value
meets the target: 2, 2 and 7 elevenths, or 2, 2 and 9 thirteenths. Nothing more is gained, so the pause comes, and
2/7 is more than a quarter, 2/9 less. In the second the largest value is left alone, and a step to the smallest, 0,
meets the target again."""


@pytest.mark.parametrize("solve", [stepwise, frank_wolfe])
@pytest.mark.parametrize("name", PAUSES)
def test_weights_up_to_a_quarter_of_the_largest_are_set_to_0_at_the_pause(solve, name):
    """The kernel's, and those of the program in each download, which shares nothing with it."""
    row, target, weights = PAUSES[name]
    assert solve(np.array([row]), np.array([target]), 0.0, 1e-6) == pytest.approx(weights, abs=1e-12)


def test_columns_without_a_difference_share_the_weight():
    assert exact(np.ones((3, 4)), np.ones(3), 1.0) == pytest.approx(np.full(4, 0.25))
    assert stepwise(np.ones((3, 4)), np.ones(3), 1.0, 1e-5) == pytest.approx(np.full(4, 0.25))


def test_the_column_that_is_the_target_takes_all_the_weight():
    a = np.array([[1.0, 5.0, 9.0], [2.0, 5.0, 7.0], [4.0, 5.0, 3.0]])
    assert exact(a, a[:, 0], 0.0) == pytest.approx([1, 0, 0], abs=1e-12)


def found(y, start=STARTS, plan=PLAN, **more):
    return estimate(a_grid(a_panel(y, start, **more)), plan)


def values(seed=1, start=STARTS, periods=8):
    return drawn_values(len(start), periods, start, seed=seed)


PLACE = np.array([3] * 3 + [5] * 2 + [8] * 8)


@settings(max_examples=15)
@given(seeds)
def test_a_level_of_each_unit_changes_nothing(seed):
    y, levels = values(seed), 5 * np.random.default_rng(seed).normal(size=(len(STARTS), 1))
    before, after = (mean_effect(one, PLACE, published=False) for one in (y, y + levels))
    assert after == pytest.approx(before, abs=1e-9)


@settings(max_examples=15)
@given(seeds, st.floats(0.01, 100))
def test_another_unit_of_measurement_scales_the_effect(seed, factor):
    y = values(seed)
    before, after = (mean_effect(one, PLACE, published=False) for one in (y, factor * y))
    assert after == pytest.approx(factor * before, abs=1e-9 * factor)


@settings(max_examples=15)
@given(seeds, st.permutations(range(len(STARTS))))
def test_the_order_of_units_never_matters(seed, order):
    y = values(seed)
    before, after = (mean_effect(y[rows], PLACE[rows], published=False) for rows in (slice(None), order))
    assert after == pytest.approx(before, abs=1e-9)


def test_the_published_way_keeps_these_laws_too():
    y, levels, order = values(), np.arange(13.0)[:, None], np.random.default_rng(1).permutation(13)
    real = mean_effect(y, PLACE)
    assert mean_effect(y + levels, PLACE) == pytest.approx(real, abs=1e-6)
    assert mean_effect(7 * y, PLACE) == pytest.approx(7 * real, abs=1e-6)
    assert mean_effect(y[order], PLACE[order]) == pytest.approx(real, abs=1e-6)
    assert mean_effect(y, PLACE, published=False) == pytest.approx(real, abs=1e-2)


@settings(max_examples=15)
@given(seeds, st.floats(-5, 5))
def test_without_noise_the_effect_is_found(seed, effect):
    chance = np.random.default_rng(seed)
    begun = np.arange(8) >= PLACE[:, None]
    y = chance.normal(size=(13, 1)) + chance.normal(size=(1, 8)) + effect * begun
    for one in (*(fit for _, fit in each_start(y, PLACE)), difference(y[PLACE != 5][::-1], 8, 3)):
        assert one.att == pytest.approx(effect, abs=1e-9)
        assert one.gap[-1] == pytest.approx(effect, abs=1e-9)


def test_several_starts_count_by_their_units(monkeypatch):
    monkeypatch.setattr(synthetic_placebos, "PLACEBOS", 9)
    y = values()
    alone = [
        found(y[[i for i, s in enumerate(STARTS) if s in (0, start)]], [s for s in STARTS if s in (0, start)])
        for start in (4, 6)
    ]
    together = found(y)
    by_units = (3 * alone[0].estimates[0].att + 2 * alone[1].estimates[0].att) / 5
    assert together.estimates[0].att == pytest.approx(by_units, abs=1e-12)
    assert mean_effect(y, PLACE) == pytest.approx(by_units, abs=1e-12)
    assert (together.estimates[0].n_pilots, together.estimates[0].n_controls) == (5, 8)
    assert [cell.att for cell in together.group_times] == pytest.approx(
        [cell.att for one in alone for cell in one.group_times], abs=1e-12
    )
    zero = next(one for one in together.event_times if one.event_time == 0)
    first = [cell.att for cell in together.group_times if cell.period == cell.group]
    assert zero.att == pytest.approx((3 * first[0] + 2 * first[1]) / 5)
    assert zero.n_units == 13


def test_error_interval_and_test_are_those_of_the_placebos(monkeypatch):
    assert synthetic_placebos.PLACEBOS == 499
    monkeypatch.setattr(synthetic_placebos, "PLACEBOS", 49)
    y = values()
    one = found(y).estimates[0]
    assert one.confirmatory
    assert one.se == placebo_error(y, PLACE, PLAN.seed)
    assert (one.lo, one.hi) == pytest.approx((one.att - 1.959964 * one.se, one.att + 1.959964 * one.se), abs=1e-6)
    assert (one.permutations, one.enumerated) == (49, False)
    assert 1 / 50 <= one.p_permutation <= 1
    assert found(y).estimates == (one,)
    assert found(y, plan=replace(PLAN, seed=5)).estimates[0].se != one.se


def test_placebos_leave_the_treated_out(monkeypatch):
    monkeypatch.setattr(synthetic_placebos, "PLACEBOS", 20)
    y = values()
    wild = y.copy()
    wild[:5] += 1000 * np.random.default_rng(1).normal(size=(5, 8))
    assert np.array_equal(placebo_effects(y, PLACE, 3), placebo_effects(wild, PLACE, 3))


def test_starts_are_shuffled_within_sets_only():
    start, sets = [4, 0, 4, 0, 4, 0, 4, 0, 4, 0], list("aabbccddee")
    y = values(start=start)
    place = np.where(np.array(start) == 4, 3, 8)
    p, count, enumerated = permutation(y, place, tuple(sets), 1)
    assert (count, enumerated) == (32, True)
    again = []
    for turned in np.ndindex(*[2] * 5):
        shuffled = place.reshape(5, 2).copy()
        for one, turn in enumerate(turned):
            shuffled[one] = np.roll(shuffled[one], turn)
        again.append(abs(mean_effect(y, shuffled.ravel(), published=False)))
    real = abs(mean_effect(y, place, published=False))
    assert p == np.mean([other >= real - 1e-12 for other in again])
    assert found(y, start, sets=sets).estimates[0].p_permutation == p


def test_as_many_treated_as_comparison_units_leave_no_error():
    start = [4] * 5 + [0] * 5
    one = found(values(start=start), start, sets=[str(i % 5) for i in range(10)]).estimates[0]
    assert one.se is one.lo is one.hi is None
    assert one.p_permutation is not None
    assert "placebos need more comparison units than treated ones" in one.notes[-1]


def test_a_panel_without_any_change_has_an_effect_of_nothing():
    start = [4] * 5 + [0] * 6
    one = found(np.ones((11, 8)), start).estimates[0]
    assert (one.att, one.p_permutation, one.sd_units, one.se) == (0, 1, None, None)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"plan": replace(PLAN, test="cluster")}, "has placebo tests only: set “test” to “permutation”"),
        ({"plan": replace(PLAN, control="not_yet")}, "set “control” to “never”"),
        ({"plan": replace(PLAN, aggregates=("simple", "group"))}, "gives one aggregate: set “aggregates” to “simple”"),
        ({"weight": [2.0] + [1.0] * 12}, "chooses weights itself: leave the column “weight” out"),
        ({"cluster": ["A", "A", *"BCDEFGHIJKL"]}, "takes each unit as drawn by itself"),
        ({"start": [4] * 12 + [0]}, "needs two units that never start, or more"),
        ({"start": [4, 2, *STARTS[2:]]}, "needs two periods before each start, but “T001” has fewer"),
    ],
)
def test_what_cannot_be_estimated_is_refused_in_a_sentence(change, said):
    with pytest.raises(BadInput) as refusal:
        found(values(), **change)
    assert said in refusal.value.reason


def test_units_with_gaps_are_refused_or_left_out(monkeypatch):
    monkeypatch.setattr(synthetic_placebos, "PLACEBOS", 9)
    y = values()
    y[-1, 3] = math.nan
    assert found(y).estimates[0].dropped == ("T012",)
    with pytest.raises(BadInput, match="needs units with every period"):
        estimate(a_grid(a_panel(y, STARTS), "available"), PLAN)
