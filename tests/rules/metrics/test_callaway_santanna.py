"""Effects with several starts: laws that such an estimate must keep, what it says, and what it refuses."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from scipy import stats

from pilot.errors import BadInput
from pilot.metrics.kernel.bands import critical
from pilot.metrics.kernel.callaway_santanna import estimate
from pilot.metrics.kernel.did import compare
from pilot.metrics.kernel.estimates import Case, Question
from pilot.metrics.plan import AGGREGATES, Plan
from tests.builders.panels import a_grid, a_panel, drawn_values

STARTS = [3, 3, 3, 5, 5, 6, 6, 0, 0, 0, 0]
PLAN = Plan(("morale",), estimator="callaway-santanna", test="cluster", aggregates=AGGREGATES)
seeds = st.integers(0, 10**6)
controls = st.sampled_from(["never", "not_yet"])


def values(seed=1, start=STARTS, **more):
    return drawn_values(len(start), 7, start, seed=seed, **more)


def found(y, start=STARTS, plan=PLAN, **more):
    return estimate(a_grid(a_panel(y, start, **more)), plan)


def figures(answer):
    """Every estimate, group-time and event time, with its error."""
    rows = (*answer.estimates, *answer.group_times, *answer.event_times)
    return np.array([[one.att, math.nan if one.se is None else one.se] for one in rows])


def same(one, other, tolerance=1e-9):
    assert np.allclose(one, other, rtol=0, atol=tolerance, equal_nan=True)


@settings(max_examples=15)
@given(seeds, controls)
def test_a_level_of_each_unit_and_of_each_period_changes_nothing(seed, control):
    y, chance, plan = values(seed), np.random.default_rng(seed), replace(PLAN, control=control)
    levels = 10 * chance.normal(size=(len(y), 1)) + 10 * chance.normal(size=(1, y.shape[1]))
    same(figures(found(y, plan=plan)), figures(found(y + levels, plan=plan)), 1e-8)


@settings(max_examples=15)
@given(seeds, controls, st.floats(0.01, 100))
def test_another_unit_of_measurement_scales_effects_and_errors(seed, control, factor):
    y, plan = values(seed), replace(PLAN, control=control)
    same(factor * figures(found(y, plan=plan)), figures(found(factor * y, plan=plan)), 1e-9 * factor)


@settings(max_examples=15)
@given(seeds, controls, st.permutations(range(len(STARTS))))
def test_the_order_of_units_never_matters(seed, control, order):
    y, plan = values(seed), replace(PLAN, control=control)
    weight = np.random.default_rng(seed).uniform(0.5, 2, len(y))
    moved = found(y[order], [STARTS[i] for i in order], plan, weight=weight[order])
    same(figures(found(y, plan=plan, weight=weight)), figures(moved))


@settings(max_examples=15)
@given(seeds, controls, st.floats(-5, 5))
def test_without_noise_every_group_time_is_the_effect(seed, control, effect):
    chance = np.random.default_rng(seed)
    begun = np.arange(1, 8) >= np.where(np.array(STARTS) == 0, 99, STARTS)[:, None]
    y = chance.normal(size=(len(STARTS), 1)) + chance.normal(size=(1, 7)) + effect * begun
    answer = found(y, plan=replace(PLAN, control=control))
    for cell in answer.group_times:
        assert cell.att == pytest.approx(effect if cell.period >= cell.group else 0, abs=1e-12)
    assert [one.att for one in answer.estimates] == pytest.approx([effect] * 4, abs=1e-12)


@settings(max_examples=15)
@given(seeds)
def test_not_yet_and_never_agree_when_all_others_never_start(seed):
    start = [4] * 5 + [0] * 6
    y = values(seed, start)
    same(*(figures(found(y, start, replace(PLAN, control=control))) for control in ("never", "not_yet")))


@settings(max_examples=15)
@given(seeds)
def test_with_one_start_the_four_means_are_the_difference_in_differences(seed):
    start = [4] * 5 + [0] * 6
    y = values(seed, start)
    cases = tuple(Case(f"T{i:03d}", start[i] > 0, tuple(row)) for i, row in enumerate(y.tolist()))
    question = Question("morale", cases, tuple("1234567"), (2,), (3, 4, 5, 6))
    theirs, ours = compare(question), found(y, start, replace(PLAN, test="permutation"))
    for one in ours.estimates:
        assert one.att == pytest.approx(theirs.att, abs=1e-12)
        assert (one.permutations, one.enumerated, one.p_permutation) == (462, True, theirs.p_permutation)
        assert (one.lo, one.hi) == pytest.approx((theirs.lo, theirs.hi), abs=1e-7)
        assert (one.n_pilots, one.n_controls) == (5, 6)
    changes = y[:, 3:].mean(axis=1) - y[:, 2]
    parts = [np.var(arm, ddof=0) / len(arm) for arm in (changes[:5], changes[5:])]
    one = ours.estimates[0]
    assert one.se == pytest.approx(math.sqrt(sum(parts)), abs=1e-12)
    assert (one.p_cluster, one.df) == pytest.approx((theirs.p_welch, theirs.df), rel=1e-9)
    alone, reach = found(y, start).estimates[0], stats.t.isf(0.025, theirs.df) * theirs.se
    assert (alone.lo, alone.hi) == pytest.approx((theirs.att - reach, theirs.att + reach), abs=1e-9)


def test_the_effect_is_told_in_the_spread_of_units_before_anyone_starts():
    y = values()
    one = found(y).estimates[0]
    assert one.sd_units == pytest.approx(one.att / np.std(y[:, :2].mean(axis=1), ddof=1), abs=1e-12)
    assert found(np.tile(np.arange(7.0), (11, 1))).estimates[0].sd_units is None


def test_weights_count_as_so_many_units():
    y, start = values(), [3, 3, 3, 5, 5, 6, 6, 0, 0, 0, 0]
    weight = [1, 2, 3, 1, 2, 1, 1, 2, 1, 3, 1]
    many = np.repeat(np.arange(len(y)), weight)
    one, other = found(y, start, weight=weight), found(y[many], [start[i] for i in many])
    assert [a.att for a in one.estimates] == pytest.approx([a.att for a in other.estimates], abs=1e-12)


def test_a_cluster_counts_as_one_unit():
    """Twins add nothing to what is known: in one cluster, two copies of each unit have the error of one."""
    y = values()
    twins = np.repeat(np.arange(len(y)), 2)
    doubled = found(y[twins], [STARTS[i] for i in twins], cluster=[f"C{i:02d}" for i in twins])
    same(figures(doubled), figures(found(y)))


def test_event_time_is_counted_in_the_names_of_periods():
    y = values()
    answer = found(y, [2015] * 5 + [2018] * 2 + [0] * 4, periods=[2010, 2012, 2013, 2015, 2017, 2018, 2020])
    assert [one.event_time for one in answer.event_times] == [-8, -6, -5, -3, -2, -1, 0, 2, 3, 5]
    base = {one.group: one.period for one in answer.group_times if one.att == 0}
    assert base == {2015: 2013, 2018: 2017}
    assert [one.se is None for one in answer.event_times] == [one.event_time in (-2, -1) for one in answer.event_times]


def test_a_start_between_two_periods_counts_from_the_next_one():
    y = values()
    between = found(y, [2014] * 5 + [0] * 6, periods=[2010, 2012, 2013, 2015, 2017, 2018, 2020])
    on_it = found(y, [2015] * 5 + [0] * 6, periods=[2010, 2012, 2013, 2015, 2017, 2018, 2020])
    assert [one.att for one in between.estimates] == [one.att for one in on_it.estimates]


def test_bands_are_wider_than_intervals_and_narrower_than_bonferroni():
    answer = found(values())
    cells = [one for one in answer.group_times if one.se]
    for one in cells:
        assert one.band_lo < one.lo < one.att < one.hi < one.band_hi
        assert one.hi - one.att == pytest.approx(one.att - one.lo)
    assert len(cells) == 18
    chance = np.random.default_rng(1)
    scores = chance.normal(size=(60, 1)) + 0.3 * chance.normal(size=(60, 18))
    together = critical(scores / np.sqrt((scores**2).sum(axis=0)), 0.05, 1)
    assert 1.97 < together < stats.norm.isf(0.025 / 18) - 0.3  # figures that move together need less


def test_the_critical_value_is_that_of_the_largest_of_independent_figures():
    one = critical(np.full((400, 1), 0.05), 0.05, 7)
    assert one == pytest.approx(1.96, abs=0.08)
    independent = np.kron(np.eye(10), np.full((40, 1), 40**-0.5))
    assert critical(independent, 0.05, 7) == pytest.approx(stats.norm.isf((1 - 0.95**0.1) / 2), abs=0.1)


def test_the_same_seed_gives_the_same_bands_and_another_seed_others():
    start = [3] * 20 + [5] * 20 + [0] * 20  # with a dozen units there are so few signs that two seeds may agree
    y = values(start=start)
    bands = [[one.band_hi for one in found(y, start, replace(PLAN, seed=s)).event_times] for s in (1, 1, 2)]
    assert bands[0] == bands[1] != bands[2]


def test_below_five_treated_units_there_is_the_effect_alone():
    start = [3, 3, 5, 5] + [0] * 7
    answer = found(values(start=start), start, replace(PLAN, test="permutation"))
    for one in answer.estimates:
        assert not one.confirmatory
        assert {one.se, one.df, one.lo, one.hi, one.p_permutation, one.p_cluster, one.permutations} == {None}
    for row in (*answer.group_times, *answer.event_times):
        assert {row.se, row.lo, row.hi, row.band_lo, row.band_hi} == {None}


def test_a_lone_unit_of_a_start_leaves_no_error_but_a_test():
    start = [3, 3, 3, 3, 5] + [0] * 6
    answer = found(values(start=start), start, replace(PLAN, test="permutation", aggregates=("simple",)))
    one = answer.estimates[0]
    assert one.se is one.p_cluster is None
    assert "There is no standard error, since a single unit or cluster starts in 5." in one.notes
    assert 0 < one.p_permutation <= 1
    assert one.lo < one.att < one.hi
    assert {cell.group for cell in answer.group_times if cell.se} == {3}


def test_few_units_of_a_start_are_said():
    said = "Fewer than five start in 3, 5 and 6, so intervals and bands of their group-times"
    assert any(note.startswith(said) for note in found(values()).estimates[0].notes)
    start = [3] * 5 + [0] * 6
    assert found(values(start=start), start).estimates[0].notes == ()


def test_where_everybody_starts_the_last_to_start_are_the_comparison():
    start = [3] * 5 + [6] * 3
    answer = found(values(start=start), start, replace(PLAN, control="not_yet"))
    assert {(cell.group, cell.period) for cell in answer.group_times if cell.period >= cell.group} == {
        (3, 3),
        (3, 4),
        (3, 5),
    }
    one = answer.estimates[0]
    assert (one.n_pilots, one.n_controls) == (5, 3)
    assert "Units that start in 6 serve as comparison only: nobody is untreated from that time on." in one.notes
    assert "2 group-times are left out: no unit is untreated then." in one.notes


def test_units_that_lack_a_period_are_left_out_and_said():
    y = values()
    y[-1, 3] = math.nan
    one = found(y).estimates[0]
    assert one.dropped == ("T010",)
    assert one.notes[0] == "1 of 11 units is left out: a value is missing."
    assert one.n_controls == 3


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"plan": replace(PLAN, test="wild")}, "The wild bootstrap is not for “callaway-santanna”"),
        ({"start": [1, *STARTS[1:]]}, "“T000” starts before the panel has a period to compare with."),
        ({"start": [3] * 5 + [5] * 6}, "There is no unit that never starts: set “control” to “not_yet”."),
        ({"cluster": ["A", "B", "C", "C", *"DEFGHIJ"]}, "Cluster “C” has more than one start, but is drawn as a whole"),
        ({"cluster": list("AABCDEFGHIJ"), "sets": list("xyxxxxxxxxx")}, "Cluster “A” has more than one matched set"),
        (
            {"plan": replace(PLAN, test="permutation"), "weight": [2.0] + [1.0] * 10},
            "The permutation test of “callaway-santanna” needs units that weigh the same",
        ),
    ],
)
def test_what_cannot_be_estimated_is_refused_in_a_sentence(change, said):
    with pytest.raises(BadInput) as refusal:
        found(values(), **change)
    assert said in refusal.value.reason


def test_units_with_gaps_are_refused():
    with pytest.raises(BadInput, match="needs units with every period"):
        estimate(a_grid(a_panel(values(), STARTS), "available"), PLAN)
