"""From the values of trusts to a study's panel: who is in it, from when, and what keeps an outcome out of it."""

from datetime import date

import pytest
from msgspec.structs import replace

from pilot.metrics.arms import Arm
from pilot.metrics.download import PanelCell, is_used
from pilot.metrics.gathered import NO_VALUES, gather, steps
from pilot.metrics.retention import Rate
from pilot.metrics.statement import giving_away
from tests.builders.metrics import a_plan

YEARS = ("2013", "2014", "2015", "2016", "2017")
ARMS = {
    "RA1": Arm("RA1", pilot=True, matched_set="s1", starts_on=date(2015, 1, 1)),
    "RA2": Arm("RA2", pilot=False, matched_set="s1"),
    "RA3": Arm("RA3", pilot=True, matched_set="s2", starts_on=date(2019, 1, 1)),
    "RA4": Arm("RA4", pilot=False, matched_set="s2"),
}


def cells(people=500):
    """A value for each trust and year."""
    return [
        PanelCell(trust, year, 6.0, people, None, arm.pilot, arm.matched_set, True)
        for trust, arm in ARMS.items()
        for year in YEARS
    ]


def gathered(values, kind="score", **changes):
    plan = a_plan(**changes)
    return gather(plan, plan.primary, kind, values, ARMS, smallest=11)


def test_a_pilot_starts_with_its_first_period_and_one_that_starts_later_is_not_treated_yet():
    units = gathered(cells()).measured.panel.units
    assert [(unit.name, unit.start) for unit in units] == [("RA1", 3), ("RA2", 0), ("RA3", 6), ("RA4", 0)]


def test_sets_are_kept_only_where_the_plan_has_them():
    assert {unit.set_id for unit in gathered(cells(), sets="matched").measured.panel.units} == {"s1", "s2"}
    assert {unit.set_id for unit in gathered(cells(), sets="none").measured.panel.units} == {""}


def test_one_value_about_few_people_keeps_the_whole_outcome_from_being_estimated():
    few = cells()
    few[7] = replace(few[7], people=10)
    found = gathered(few, kind="count")
    assert (found.measured, found.problem) == (None, giving_away(11))
    few[7] = replace(few[7], people=11)
    assert gathered(few, kind="count").measured is not None


def test_a_mean_of_ten_answers_is_not_used_but_a_count_of_ten_people_is():
    assert [is_used("score", n, 11) for n in (None, 11, 10, 0)] == [True, True, False, False]
    assert is_used("count", 10, 11)
    assert is_used("rate", 10, 11)


def test_a_mean_that_is_not_used_is_no_value():
    some = cells(people=None)
    some[0] = replace(some[0], used=False)
    panel = gathered(some).measured.panel
    assert panel.outcomes["morale"][0] == (None, 6.0, 6.0, 6.0, 6.0)


def test_leavers_are_not_counted_where_one_of_their_numbers_is_hidden():
    """Though the rate is published: whoever works the count out again would have to know the hidden one."""
    some = [replace(one, left=Rate(one.trust, one.period, 0.01, 11, 3000.0)) for one in cells(people=None)]
    assert gathered(some).measured.counts.outcomes["leavers"][0] == (11.0,) * 5
    some[3] = replace(some[3], left=Rate("RA1", "2016", 0.01, 10, 3000.0))
    found = gathered(some).measured
    assert (found.counts, found.no_counts) == (None, f"Leavers are not counted: {giving_away(11)}.")


@pytest.mark.parametrize("there", [YEARS[:2], YEARS[2:], ()])
def test_without_a_period_on_either_side_there_is_nothing_to_estimate(there):
    found = gathered([cell for cell in cells() if cell.period in there])
    assert (found.measured, found.problem) == (None, NO_VALUES)


def test_the_flow_counts_who_was_assigned_measured_and_measured_throughout():
    some = [cell for cell in cells() if cell.trust != "RA2" and (cell.trust, cell.period) != ("RA1", "2013")]
    found = {(step.stage, step.arm): step for step in steps(ARMS, gathered(some))}
    assert [found[stage, "pilot"].trusts for stage in ("assigned", "measured", "measured in every period")] == [2, 2, 1]
    assert found["measured", "control"].trusts == 1
    assert "1" in found["measured", "control"].reason
