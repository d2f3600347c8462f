"""What a panel hides is hidden under one name in every table, whatever is looked at first."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilot.metrics.counted import LEAVERS, STAFF, marked, movements, people, settle
from pilot.metrics.disclosure import FIRST
from pilot.metrics.download import PanelCell, panel
from pilot.metrics.workforce import REASONS, following
from tests.builders.crosstabs import intervals

MONTHS = ("2027-11", "2027-12", "2028-01")
MOVES = st.tuples(st.lists(st.integers(0, 14), min_size=4, max_size=4), st.integers(0, 40))


def a_cell(trust, month, number, *, pilot=False):
    return PanelCell(trust, month, float(number), number, None, pilot, "", True)


def a_workforce(*trusts):
    """Movements of three months; each trust is (reasons of leaving, joiners) month by month."""
    panels = {name: [] for name in (LEAVERS, *STAFF, *REASONS)}
    for place, months in enumerate(trusts):
        start = 300
        for month, (reasons, joined) in zip(MONTHS, months, strict=True):
            end = start + joined - sum(reasons)
            for name, number in zip(panels, (sum(reasons), start, joined, end, *reasons), strict=True):
                panels[name].append(a_cell(f"R{place}", month, number, pilot=place == 0))
            start = end
    return panels


def numbers(panels):
    return {people(c.trust, c.period, name): c.people for name, cells in panels.items() for c in cells}


QUIET = [([20, 15, 12, 11], 30)] * 3


def test_the_month_after_december_is_january_and_what_is_no_month_has_none_after_it():
    assert [following(month) for month in ("2027-03", "2027-12", "2027")] == ["2027-04", "2028-01", ""]


def test_movements_add_up_by_reasons_by_headcounts_and_from_month_to_month():
    found = movements(numbers(a_workforce(QUIET)))
    assert sum(one.total[2] == LEAVERS for one in found) == 3
    assert sum(one.total[2] == "ever there" for one in found) == 6
    assert [(one.total, one.parts) for one in found if one.total[2] == "headcount_end"] == [
        (("R0", "2027-11", "headcount_end"), (("R0", "2027-12", "headcount_start"),)),
        (("R0", "2027-12", "headcount_end"), (("R0", "2028-01", "headcount_start"),)),
    ]


def test_what_does_not_add_up_is_no_sum():
    counts = numbers(a_workforce(QUIET)) | {("R0", "2027-11", "retired"): 99, ("R0", "2027-12", "headcount_start"): 1}
    assert len(movements(counts)) == len(movements(numbers(a_workforce(QUIET)))) - 1 - 2 - 1
    assert movements({("R0", "2027", "headcount"): 40}) == ()


def test_nothing_is_hidden_where_nothing_is_small():
    assert settle(a_workforce(QUIET, QUIET), FIRST).hidden == frozenset()


def test_a_small_number_of_leavers_cannot_be_had_from_the_headcounts():
    low = [([20, 15, 12, 11], 30), ([2, 2, 2, 1], 30), ([20, 15, 12, 11], 30)]
    hidden = {name[2] for name in settle(a_workforce(low, QUIET), FIRST).hidden if name[1] == "2027-12"}
    assert {LEAVERS, *REASONS} <= hidden
    assert hidden & set(STAFF)


@settings(max_examples=6, deadline=None)
@given(st.lists(st.lists(MOVES, min_size=3, max_size=3), min_size=2, max_size=3))
def test_no_small_number_of_a_workforce_can_be_told_to_within_eleven(trusts):
    panels = a_workforce(*trusts)
    counts = numbers(panels)
    done = settle(panels, FIRST)
    assert {name for name, number in counts.items() if number < 11} <= done.hidden
    shown = {name: number for name, number in counts.items() if name not in done.hidden}
    unpublished = {name for one in done.sums for name in (one.total, *one.parts)} - counts.keys()
    found = intervals(shown, sorted(done.hidden | unpublished), done.sums)
    for name in done.hidden:
        assert found[name][1] - found[name][0] >= 11 - 1e-6, name


@settings(max_examples=10, deadline=None)
@given(st.lists(st.lists(MOVES, min_size=3, max_size=3), min_size=1, max_size=2))
def test_what_is_released_twice_is_the_same_the_second_time(trusts):
    panels = a_workforce(*trusts)
    done = settle(panels, FIRST)
    assert settle(panels, done) == done


def test_leavers_are_not_hidden_for_the_sake_of_a_reason():
    one = [([30, 3, 12, 11], 30)] * 3
    assert not [name for name in settle(a_workforce(one), FIRST).hidden if name[2] == LEAVERS]


def test_a_lone_hidden_value_of_an_arm_takes_another_with_it_and_both_stay_hidden_in_every_panel():
    cells = [
        a_cell("RA", "2027", 4),
        a_cell("RB", "2027", 30),
        a_cell("RC", "2027", 20),
        a_cell("RD", "2027", 5, pilot=True),
    ]
    done = settle({"headcount": cells}, FIRST)
    assert {name[0] for name in done.hidden} == {"RA", "RC", "RD"}
    alone = marked("headcount", cells[2:3], done)
    assert panel("headcount", alone, "", 11).hidden == 1
    assert panel("headcount", cells[2:3], "", 11).hidden == 0


def test_the_rate_is_hidden_with_its_leavers():
    low = [([20, 15, 12, 11], 30), ([2, 2, 2, 1], 30), ([20, 15, 12, 11], 30)]
    done = settle(a_workforce(low, QUIET), FIRST)
    rate = [PanelCell("R0", month, 0.02, 40, None, True, "", True) for month in MONTHS]
    assert [cell.hidden for cell in marked("leaver_rate", rate, done)] == [False, True, False]


@pytest.mark.parametrize("first", [LEAVERS, "joiners"])
def test_a_value_that_came_in_later_is_refused_rather_than_given_away(first):
    """What was shown stays shown; the rest is hidden around it, or the panel is refused."""
    low = [([20, 15, 12, 11], 30), ([2, 2, 2, 1], 30), ([20, 15, 12, 11], 30)]
    panels = a_workforce(low, QUIET)
    before = settle({first: panels[first]}, FIRST)
    done = settle(panels, before)
    assert before.hidden <= done.hidden
    assert not (before.people.keys() - before.hidden) & done.hidden
