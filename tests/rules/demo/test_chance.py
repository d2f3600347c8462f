"""Chance from a seed."""

from statistics import fmean, pstdev

from hypothesis import given
from hypothesis import strategies as st

from pilot.demo.chance import Chance


def test_the_same_seed_gives_the_same_numbers():
    assert [Chance("a", 1).share() for _ in range(3)] == [Chance("a", 1).share() for _ in range(3)]


def test_the_numbers_are_fixed_for_good():
    assert round(Chance("pilot").share(), 12) == 0.312715003457


def test_other_words_give_other_numbers():
    assert Chance("a", 1).share() != Chance("a", 2).share()


@given(st.text(), st.integers(1, 10**6))
def test_below_stays_below(seed, limit):
    assert 0 <= Chance(seed).below(limit) < limit


@given(st.text(), st.lists(st.integers()))
def test_shuffling_keeps_everything(seed, things):
    assert sorted(Chance(seed).shuffled(things)) == sorted(things)


def test_normal_numbers_have_their_mean_and_spread():
    chance = Chance("spread")
    drawn = [chance.normal(5, 2) for _ in range(4000)]
    assert abs(fmean(drawn) - 5) < 0.1
    assert abs(pstdev(drawn) - 2) < 0.1


@given(st.text(), st.integers(0, 10**5), st.floats(0, 1))
def test_a_count_is_never_more_than_there_are(seed, out_of, chance):
    assert 0 <= Chance(seed).count(out_of, chance) <= out_of
