"""Effects where there can be none, and the estimate without each unit."""

import numpy as np
import pytest
from msgspec.structs import replace

from pilot.errors import BadInput
from pilot.metrics.kernel.estimates import Found
from pilot.metrics.kernel.grid import Grid
from pilot.metrics.kernel.placebo import in_space, in_time, leave_one_out
from pilot.metrics.plan import Plan
from tests.builders.kernel import a_panel, by_difference, matched

PLAN = Plan(("y",), test="cluster", seed=7)


def a_study(effect=0.0, pilots=6, each=2, periods=6, start=5):
    y = np.random.default_rng(3).normal(size=(pilots * (1 + each), periods))
    y[:pilots, start - 1 :] += effect
    return y, a_panel(y, pilots, start, matched(pilots, each))


def test_a_false_start_is_estimated_from_periods_before_the_true_one_alone():
    y, panel = a_study()
    found = in_time(panel, PLAN, "y", by_difference)
    assert [row.shift_or_unit for row in found.rows] == ["1 period earlier", "2 periods earlier", "3 periods earlier"]
    y[:, 4:] = 1e6
    assert in_time(a_panel(y, 6, 5, matched(6, 2)), PLAN, "y", by_difference) == found
    change = y[:, 2:4].mean(1) - y[:, :2].mean(1)
    by_set = change[:6] - change[6:].reshape(6, 2).mean(1)
    assert found.rows[1].att == pytest.approx(by_set.mean())
    assert found.rows[1].se == pytest.approx(by_set.std(ddof=1) / np.sqrt(6))
    assert 0 < found.rows[1].p < 1


def test_with_several_starts_the_false_one_lies_before_the_first_and_later_starters_are_pilots_too():
    _, panel = a_study()
    units = tuple(replace(unit, start=6) if unit.name == "000" else unit for unit in panel.units)
    seen = []

    def spy(grid, plan):
        seen.append((grid.periods, grid.starts, int(grid.treated.sum())))
        return by_difference(grid, plan)

    in_time(replace(panel, units=units), PLAN, "y", spy)
    assert seen == [((1, 2, 3, 4), (start,), 6) for start in (4, 3, 2)]


def test_one_period_before_the_start_leaves_no_room_for_a_false_one():
    _, panel = a_study(periods=4, start=2)
    with pytest.raises(BadInput, match="two periods"):
        in_time(panel, PLAN, "y", by_difference)


def test_placebos_among_controls_know_nothing_of_the_pilots():
    _, panel = a_study(each=3)
    far, _ = a_study(each=3, effect=1000)
    found = in_space(panel, PLAN, "y", by_difference, draws=5)
    assert in_space(a_panel(far, 6, 5, matched(6, 3)), PLAN, "y", by_difference, draws=5) == found
    assert len({row.att for row in found.rows}) > 3
    assert max(abs(row.att) for row in found.rows) < 3
    assert [row.shift_or_unit for row in found.rows[:2]] == ["draw 1", "draw 2"]


def test_the_same_seed_draws_the_same_placebos_and_another_seed_others():
    _, panel = a_study(each=3)
    first, again = (in_space(panel, PLAN, "y", by_difference, draws=3) for _ in range(2))
    assert first == again
    assert in_space(panel, replace(PLAN, seed=8), "y", by_difference, draws=3) != first


def test_one_control_in_each_set_stands_in_for_its_pilot():
    _, panel = a_study(each=3)
    seen = []

    def spy(grid, plan):
        seen.append(sorted(np.array(grid.set_id)[grid.treated]))
        assert grid.starts == (5,)
        return by_difference(grid, plan)

    in_space(panel, PLAN, "y", spy, draws=2)
    assert seen == [[f"s{i:02}" for i in range(6)]] * 2


def test_without_sets_as_many_controls_are_drawn_as_there_were_pilots():
    y = np.random.default_rng(1).normal(size=(20, 4))
    seen = []

    def spy(grid, plan):
        seen.append(int(grid.treated.sum()))
        return by_difference(grid, plan)

    in_space(a_panel(y, 6, 3), PLAN, "y", spy, draws=2)
    assert seen == [6, 6]


def test_what_was_drawn_together_is_drawn_together_as_a_placebo():
    y = np.random.default_rng(1).normal(size=(26, 4))
    panel = a_panel(y, 6, 3)
    units = tuple(
        replace(unit, cluster=f"pair {(place - 6) // 2}") if place >= 6 else unit
        for place, unit in enumerate(panel.units)
    )

    def spy(grid, plan):
        together = {grid.cluster[i] for i in np.flatnonzero(grid.treated)}
        assert int(grid.treated.sum()) == 2 * len(together) == 12
        return by_difference(grid, plan)

    assert len(in_space(replace(panel, units=units), PLAN, "y", spy, draws=3).rows) == 3


def test_a_set_with_one_control_has_no_placebo_and_a_note_says_so():
    _, panel = a_study(each=2)
    units = tuple(unit for unit in panel.units if unit.name != "006")
    rows = tuple(row for unit, row in zip(panel.units, panel.outcomes["y"], strict=True) if unit.name != "006")
    found = in_space(replace(panel, units=units, outcomes={"y": rows}), PLAN, "y", by_difference, draws=1)
    assert found.notes == ("1 of 6 matched sets is left out: one control only.",)
    assert len(found.rows) == 1


def test_a_set_with_as_many_controls_as_pilots_keeps_one_of_them_as_a_control():
    panel = a_panel(np.random.default_rng(1).normal(size=(20, 4)), 10, 3, [f"s{i % 5}" for i in range(20)])
    seen = []

    def spy(grid, plan):
        seen.append((int(grid.treated.sum()), len(grid.names)))
        return by_difference(grid, plan)

    in_space(panel, PLAN, "y", spy, draws=1)
    assert seen == [(5, 10)]


def test_pairs_allow_no_placebo_among_controls():
    _, panel = a_study(each=1)
    with pytest.raises(BadInput, match="two controls"):
        in_space(panel, PLAN, "y", by_difference)


def test_leaving_a_pilot_out_takes_its_set_along_and_leaving_a_control_out_does_not():
    y, panel = a_study()
    found = leave_one_out(panel, PLAN, "y", by_difference)
    assert [row.shift_or_unit for row in found.rows[:7]] == [*(f"00{i}, with set s0{i}" for i in range(6)), "006"]
    assert len(found.rows) == 18
    change = y[:, 4:].mean(1) - y[:, :4].mean(1)
    by_set = change[:6] - change[6:].reshape(6, 2).mean(1)
    assert found.rows[2].att == pytest.approx(np.delete(by_set, 2).mean())
    by_set[0] = change[0] - change[7]
    assert found.rows[6].att == pytest.approx(by_set.mean())


def test_an_estimator_is_never_given_half_a_set():
    """Not every estimator drops a set that lacks an arm, so that no lone control may be left in it."""
    _, panel = a_study()
    seen = []

    def spy(grid, plan):
        seen.append((len(grid.names), "s00" in grid.set_id))
        return by_difference(grid, plan)

    leave_one_out(panel, PLAN, "y", spy)
    assert seen[0] == (15, False)
    assert seen[6] == (17, True)


def test_one_trust_that_makes_the_whole_effect_shows_itself():
    y, _ = a_study()
    y[3, 4:] += 30
    found = leave_one_out(a_panel(y, 6, 5, matched(6, 2)), PLAN, "y", by_difference)
    least = min(found.rows, key=lambda row: abs(row.att))
    assert least.shift_or_unit == "003, with set s03"
    assert abs(least.att) < 0.3 * sorted(abs(row.att) for row in found.rows)[1]


def test_five_pilots_less_one_have_no_inference_any_more():
    _, panel = a_study(pilots=5)
    found = leave_one_out(panel, PLAN, "y", by_difference).rows
    assert {(row.se, row.p) for row in found[:5]} == {(None, None)}
    assert None not in {row.p for row in found[5:]}


def test_a_unit_without_which_nothing_can_be_compared_is_named():
    found = leave_one_out(a_panel(np.eye(4), 1, 3), PLAN, "y", by_difference)
    assert len(found.rows) == 3
    assert found.notes[0].startswith("leave one out, 000: There is nothing to compare")


def test_any_estimator_can_be_checked_and_its_fault_is_not_hidden():
    _, panel = a_study()

    def broken(grid: Grid, plan: Plan) -> Found:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        in_time(panel, PLAN, "y", broken)


def test_the_permutation_test_gives_its_own_p():
    _, panel = a_study()
    row = in_time(panel, replace(PLAN, test="permutation"), "y", by_difference).rows[0]
    assert row.p * 3**6 == pytest.approx(round(row.p * 3**6))
