"""The constitution's numbers: bounds, support needed, and the same in words."""

from fractions import Fraction
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from pilot.councils import constitution
from pilot.councils.constitution import BOUNDS, Constitution, support_needed
from pilot.voting.count.rules import RULES
from pilot.voting.outcomes import WAYS


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
    short = replace(Constitution(), term_months=6, vacancy_least_months=6)
    assert set(short.problems()) == {"vacancy_least_months"}


@pytest.mark.parametrize("name", ["counting_rule", "one_seat_rule", "vacancy_rule"])
def test_a_way_that_nobody_knows_is_named(name):
    assert set(replace(Constitution(), **{name: "shouting"}).problems()) == {name}


def test_every_way_of_counting_is_one_of_the_rules_and_is_told_in_words():
    rules = {*get_args(constitution.ManySeats), *get_args(constitution.OneSeat)}
    assert rules == set(WAYS) == set(RULES)
    assert set(constitution.FOLLOWS) == set(get_args(constitution.VacancyRule))


def test_how_members_are_elected_and_followed_is_told_in_words():
    told = dict(constitution.in_words(Constitution(reopen_nominations=True)))
    several = "Elections for more than one seat"
    assert told[several].startswith(WAYS["scottish-stv"])
    assert told[several].endswith("A seat that it wins stays empty.")
    assert "Re-open" not in dict(constitution.in_words(Constitution()))[several]
    assert told["Elections for one seat"] == WAYS["alternative-vote"]
    assert told["How long a seat is held"] == "Elected members hold their seats for 36 months."
    assert told["If a member leaves early"].endswith("With less than 6 months left, the seat stays empty.")
    empty = dict(constitution.in_words(Constitution(vacancy_rule="leave_vacant")))
    assert empty["If a member leaves early"] == "The seat stays empty until the next election."


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
    assert len(told) == 14
