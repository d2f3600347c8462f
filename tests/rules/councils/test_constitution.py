"""The constitution's numbers: bounds, support needed, and the same in words."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from pilot.councils import constitution
from pilot.councils.constitution import BOUNDS, Constitution, support_needed


def test_the_defaults_are_within_their_own_bounds():
    assert Constitution().problems() == {}


@pytest.mark.parametrize("name", sorted(BOUNDS))
def test_a_number_outside_its_bounds_is_named(name):
    _, low, high = BOUNDS[name]
    assert name in replace(Constitution(), **{name: low - 1}).problems()
    assert name in replace(Constitution(), **{name: high + 1}).problems()


def test_every_number_has_bounds_and_is_described():
    numbers = {name for name, kind in Constitution.__annotations__.items() if kind is int}
    assert numbers == set(BOUNDS)
    assert all(f"`{name}`" in Constitution.__doc__ for name in Constitution.__struct_fields__)


def test_numbers_that_contradict_one_another_are_named():
    late = replace(Constitution(), response_ack_working_days=20, response_due_working_days=10)
    assert set(late.problems()) == {"response_ack_working_days"}
    ladder = replace(Constitution(), overdue_chief_executive_working_days=10, overdue_chair_working_days=10)
    assert set(ladder.problems()) == {"overdue_chair_working_days"}
    weekends = replace(Constitution(), voting_weekends_min=3)
    assert set(weekends.problems()) == {"voting_weekends_min"}
    assert set(replace(Constitution(), majority_base="loudest").problems()) == {"majority_base"}


@pytest.mark.parametrize(
    ("electorate", "needed"), [(1, 1), (20, 1), (21, 2), (400, 20), (401, 21), (1999, 100), (2000, 100), (15000, 100)]
)
def test_support_is_five_in_a_hundred_rounded_up_and_at_most_a_hundred(electorate, needed):
    assert support_needed(Constitution(), electorate) == needed


@given(electorate=st.integers(1, 200_000), percent=st.integers(1, 20), cap=st.integers(5, 1000))
def test_enough_support_is_never_out_of_reach_and_never_above_the_cap(electorate, percent, cap):
    needed = support_needed(Constitution(support_percent=percent, support_cap=cap), electorate)
    assert 1 <= needed <= min(electorate, cap)
    assert needed == cap or Fraction(needed, electorate) >= Fraction(percent, 100)


def test_there_is_no_support_without_an_electorate():
    with pytest.raises(ValueError, match="at least one person"):
        support_needed(Constitution(), 0)


def test_the_majority_is_more_than_half_and_there_is_no_turnout_quorum():
    assert constitution.majority(Constitution()) == Fraction(1, 2)
    assert constitution.turnout_quorum(Constitution()) == 0


def test_the_numbers_are_told_in_words():
    told = dict(constitution.in_words(Constitution(sponsor_min=1, turnout_quorum_percent=20)))
    assert told["Sponsors"] == "A proposal needs 1 person to put their name to it."
    assert "At least 20% of the people entitled to vote must take part." in told["Majority"]
    assert "There is no lowest turnout." in dict(constitution.in_words(Constitution()))["Majority"]
    assert len(told) == 9
