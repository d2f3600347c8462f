"""Those who did not answer: weights, effective numbers, the response rate and the tipping point, by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.errors import BadInput
from pilot.metrics.kernel.nonresponse import (
    Answers,
    effective,
    tipping_point,
    weighted_mean,
    weights,
    with_response_rate,
)
from tests.builders.kernel import a_panel


def test_a_group_that_answered_half_as_often_counts_twice_as_much():
    """600 nurses and 400 porters; 90 and 30 of them answer. Nurses: .6/.75, porters: .4/.25."""
    found = weights({"nurses": 600, "porters": 400}, {"nurses": 90, "porters": 30})
    assert found == pytest.approx({"nurses": 0.8, "porters": 1.6})


def test_no_answer_counts_for_more_than_five():
    found = weights({"nurses": 500, "porters": 500}, {"nurses": 99, "porters": 1})
    assert found["porters"] == 5
    assert weights({"nurses": 500, "porters": 500}, {"nurses": 99, "porters": 1}, cap=60)["porters"] == 50


def test_a_group_of_which_nobody_answered_has_no_weight():
    assert set(weights({"nurses": 500, "porters": 500}, {"nurses": 99, "porters": 0})) == {"nurses"}


@pytest.mark.parametrize(
    ("staff", "answered", "said"),
    [
        ({"nurses": 5}, {"nurses": 6}, "6 answers, but 5 staff"),
        ({"nurses": 5}, {"porters": 1}, "1 answers, but 0 staff"),
        ({"nurses": 5}, {"nurses": -1}, "-1 answers"),
        ({"nurses": 5}, {"nurses": 0}, "Nobody answered"),
        ({}, {}, "Nobody answered"),
    ],
)
def test_answers_that_cannot_be_are_refused(staff, answered, said):
    with pytest.raises(BadInput, match=said):
        weights(staff, answered)


def test_a_cap_below_one_is_refused():
    with pytest.raises(BadInput, match="cap"):
        weights({"nurses": 5}, {"nurses": 5}, cap=0.5)


groups = st.dictionaries(st.sampled_from("abcdef"), st.tuples(st.integers(1, 500), st.integers(0, 500)), min_size=1)


@given(groups)
def test_without_a_cap_the_weighted_answers_stand_as_the_staff_do(sizes):
    staff = {name: max(pair) for name, pair in sizes.items()}
    answered = {name: pair[0] for name, pair in sizes.items()}
    found = weights(staff, answered, cap=1e9)
    total = sum(found[name] * answered[name] for name in found)
    for name in found:
        assert found[name] * answered[name] / total == pytest.approx(staff[name] / sum(staff.values()))
    capped = weights(staff, answered)
    assert all(capped[name] == min(5, found[name]) for name in found)


def test_the_effective_number_by_hand_and_its_bounds():
    assert effective([1, 1, 1, 1]) == 4
    assert effective([3, 1]) == pytest.approx(16 / 10)
    with pytest.raises(BadInput):
        effective([0, 0])


@given(st.lists(st.floats(0.01, 5), min_size=1, max_size=50))
def test_unequal_weights_never_make_an_estimate_surer(each):
    assert 1 - 1e-9 <= effective(each) <= len(each) + 1e-9


def summed(scores):
    return Answers(len(scores), sum(scores), sum(score**2 for score in scores))


def test_the_weighted_mean_from_sums_is_the_one_from_single_answers():
    """Sums of each group are enough: no row about a person is needed."""
    rng = np.random.default_rng(1)
    scores = {"nurses": rng.normal(6, 2, 90).tolist(), "porters": rng.normal(5, 2, 30).tolist()}
    weight = {"nurses": 0.8, "porters": 1.6}
    found = weighted_mean({name: summed(one) for name, one in scores.items()}, weight)
    y = np.r_[scores["nurses"], scores["porters"]]
    w = np.r_[np.full(90, 0.8), np.full(30, 1.6)]
    assert found.mean == pytest.approx(np.average(y, weights=w))
    rest = w * (y - found.mean)
    assert found.se == pytest.approx(math.sqrt(rest @ rest * 120 / 119) / w.sum())
    assert found.n_eff == pytest.approx(effective(w.tolist()))
    assert found.n == 120


def test_equal_weights_give_the_plain_mean_and_its_error():
    scores = [2.5, 5.0, 7.5, 10.0]
    found = weighted_mean({"all": summed(scores)}, {"all": 3.0})
    assert found.mean == pytest.approx(np.mean(scores))
    assert found.se == pytest.approx(np.std(scores, ddof=1) / 2)
    assert found.n_eff == pytest.approx(4)


def test_one_answer_has_no_error_and_none_has_no_mean():
    assert weighted_mean({"all": summed([5.0])}, {"all": 1.0}).se is None
    with pytest.raises(BadInput, match="Nobody"):
        weighted_mean({"all": summed([])}, {"all": 1.0})


def test_the_response_rate_becomes_an_outcome_like_any_other():
    panel = a_panel([[5.0, 6.0], [7.0, np.nan]], 1, 2, answered=[[30, 40], [10, np.nan]], invited=[[100, 80], [10, 50]])
    found = with_response_rate(panel, "answered", "invited")
    assert found.outcomes["response_rate"] == ((0.3, 0.5), (1.0, None))
    assert found.outcomes["y"] == panel.outcomes["y"]


@pytest.mark.parametrize(("answered", "invited"), [(11, 10), (0, 0), (-1, 10)])
def test_more_answers_than_people_are_refused_with_their_place(answered, invited):
    panel = a_panel([[1.0]], 1, 2, answered=[[answered]], invited=[[invited]])
    with pytest.raises(BadInput, match=r"“000” in period 1 has"):
        with_response_rate(panel, "answered", "invited")


def test_the_tipping_point_by_hand_and_in_words():
    found = tipping_point(0.14, 0.45)
    assert found.difference == pytest.approx(-0.14 / 0.55)
    assert found.sentence == (
        "No effect would be left if, in the pilot trusts, the 55% of staff who did not answer had changed by "
        "0.255 less on average than those who did."
    )
    assert "0.255 more" in tipping_point(-0.14, 0.45).sentence
    assert tipping_point(0.14, 1.0).difference is None
    assert tipping_point(0.0, 0.5).difference == 0


@given(st.floats(-2, 2), st.floats(0.05, 0.95))
def test_at_the_tipping_point_the_effect_on_all_staff_is_nothing(att, rate):
    found = tipping_point(att, rate)
    assert rate * att + (1 - rate) * (att + found.difference) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("rate", [0.0, -0.1, 1.1, float("nan")])
def test_a_response_rate_that_cannot_be_is_refused(rate):
    with pytest.raises(BadInput, match="response rate"):
        tipping_point(0.1, rate)
