"""From answers to scores, worked by hand; and the items of each year against the published questionnaires."""

import csv
import math
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.errors import BadInput
from pilot.metrics.instruments import (
    ENGAGEMENT,
    LEAVING_DESTINATION,
    MORALE,
    items,
    read_wording_pack,
    reversed_items,
)
from pilot.metrics.scoring import Cell, cell, enough, mean_score, score, shares, summarise, themes, weights
from pilot.metrics.sheet import Unusable

YEARS = (2021, 2022, 2023, 2024, 2025)
ANSWERS = st.one_of(st.none(), st.integers(1, 5))


def test_an_answer_becomes_a_score_in_steps_of_two_and_a_half():
    assert [score(answer) for answer in (1, 2, 3, 4, 5)] == [0, 2.5, 5, 7.5, 10]
    assert [score(answer, reverse=True) for answer in (1, 2, 3, 4, 5)] == [10, 7.5, 5, 2.5, 0]
    assert score(None) is None
    assert score(None, reverse=True) is None


@pytest.mark.parametrize("answer", [0, 6, -1, 2.5, True, "3"])
def test_what_is_no_answer_is_refused(answer):
    with pytest.raises(BadInput, match="whole number from 1 to 5"):
        score(answer)


def test_more_than_half_of_the_items_must_be_answered():
    assert [enough(asked) for asked in (1, 3, 4, 7)] == [1, 2, 3, 4]
    assert mean_score([10, 5, None]) == 7.5
    assert mean_score([10, None, None]) is None
    assert mean_score([10, 10, None, None]) is None
    assert mean_score([0, 0, 0, 10, None, None, None]) == 2.5
    assert mean_score([]) is None


def test_a_person_worked_by_hand():
    """Ann, 2023. Motivation 5 4 3 → 10, 7.5, 5: 7.5. Involvement 4 4 none → 7.5. Advocacy 2 3 4 → 2.5, 5, 7.5: 5.

    Engagement (7.5 + 7.5 + 5) / 3 = 6.667. Leaving 1 2 2, reversed → 10, 7.5, 7.5: 8.333. Pressure 3 3 2 → 5, 5, 2.5:
    4.167. Stressors q3a 5, q3e 3, q5a 4 (reversed), q5b 3, q5c 2 (reversed), q7c 4, q9a 4 → 10, 5, 2.5, 5, 7.5, 7.5,
    7.5: 45 / 7 = 6.429. Morale (8.333 + 4.167 + 6.429) / 3 = 6.310.
    """
    ann = {
        "q2a": 5, "q2b": 4, "q2c": 3, "q3c": 4, "q3d": 4, "q3f": None, "q25a": 2, "q25c": 3, "q25d": 4,
        "q26a": 1, "q26b": 2, "q26c": 2, "q3g": 3, "q3h": 3, "q3i": 2,
        "q3a": 5, "q3e": 3, "q5a": 4, "q5b": 3, "q5c": 2, "q7c": 4, "q9a": 4, "q26d": 2,
    }  # fmt: skip
    scored = themes(ann, 2023)
    assert (scored["motivation"], scored["involvement"], scored["advocacy"]) == (7.5, 7.5, 5)
    assert scored["engagement"] == pytest.approx(20 / 3)
    assert scored["leaving"] == pytest.approx(25 / 3)
    assert scored["work_pressure"] == pytest.approx(12.5 / 3)
    assert scored["stressors"] == pytest.approx(45 / 7)
    assert scored["morale"] == pytest.approx((25 / 3 + 12.5 / 3 + 45 / 7) / 3)
    assert scored["raising_concerns"] is None, "none of its four items was answered"
    assert LEAVING_DESTINATION not in scored, "a choice of places has no score"


def test_a_theme_without_one_of_its_subscores_is_none():
    answers = dict.fromkeys(("q2a", "q2b", "q2c", "q3c", "q3d", "q3f", "q25a"), 5)
    scored = themes(answers, 2024)
    assert (scored["motivation"], scored["involvement"], scored["advocacy"], scored["engagement"]) == (
        10,
        10,
        None,
        None,
    )


def test_an_item_of_another_year_is_refused():
    assert themes({"q21a": 5, "q21c": 5, "q21d": 5}, 2021)["advocacy"] == 10
    with pytest.raises(BadInput, match="q21a is not an item of 2023"):
        themes({"q21a": 5}, 2023)
    with pytest.raises(BadInput, match="known for 2021 to 2025, not for 2020"):
        themes({}, 2020)


@given(st.sampled_from(YEARS), st.data())
def test_scores_stay_within_the_scale_and_turn_over_when_every_answer_does(year, data):
    codes = sorted({code for codes in items(year).values() for code in codes})
    answers = {code: data.draw(ANSWERS) for code in codes}
    scored = themes(answers, year)
    turned = themes({code: None if one is None else 6 - one for code, one in answers.items()}, year)
    for name, value in scored.items():
        assert (value is None) == (turned[name] is None)
        if value is not None:
            assert 0 <= value <= 10
            assert value + turned[name] == pytest.approx(10)


def test_higher_is_always_better():
    """Whoever is happiest answers 5 everywhere but in the reversed items, and has 10 in everything."""
    for year in YEARS:
        backwards = reversed_items(year)
        best = {code: 1 if code in backwards else 5 for codes in items(year).values() for code in codes}
        assert set(themes(best, year).values()) == {10.0}


def test_shares_are_of_those_who_answered():
    found = shares([1, 2, 3, 4, 5, None, 5, 4])
    assert (found.n, found.agree, found.between, found.disagree) == (7, 4 / 7, 1 / 7, 2 / 7)
    assert shares([None, None]) is None


def test_weights_worked_by_hand():
    """100 nurses and 100 porters; 40 nurses and 10 porters answer: 0.5 / 0.8 = 0.625 and 0.5 / 0.2 = 2.5."""
    assert weights({"nurses": 100, "porters": 100}, {"nurses": 40, "porters": 10}) == {"nurses": 0.625, "porters": 2.5}


def test_no_person_counts_more_than_five():
    assert weights({"nurses": 100, "porters": 900}, {"nurses": 90, "porters": 10})["porters"] == 5
    assert weights({"nurses": 100, "porters": 900}, {"nurses": 90, "porters": 10}, cap=20)["porters"] == 9


def test_a_group_in_which_nobody_answered_has_no_weight():
    assert set(weights({"nurses": 10, "porters": 10}, {"nurses": 4, "porters": 0})) == {"nurses"}
    assert weights({"nurses": 10}, {}) == {}


@pytest.mark.parametrize(
    ("staff", "answered", "said"),
    [
        ({"nurses": 3}, {"nurses": 4}, "4 people of “nurses” answered, but it has 3 staff"),
        ({"nurses": 3}, {"porters": 1}, "1 people of “porters” answered, but it has 0 staff"),
        ({"nurses": -3}, {}, "0 or more"),
    ],
)
def test_numbers_of_people_that_cannot_be_are_refused(staff, answered, said):
    with pytest.raises(BadInput, match=said):
        weights(staff, answered)


@given(st.dictionaries(st.sampled_from("abcdef"), st.tuples(st.integers(1, 500), st.integers(1, 500)), min_size=1))
def test_without_a_cap_the_weighted_shares_are_those_of_the_staff(groups):
    staff = {name: max(pair) for name, pair in groups.items()}
    answered = {name: min(pair) for name, pair in groups.items()}
    found = weights(staff, answered, cap=math.inf)
    for name in groups:
        share = answered[name] * found[name] / sum(answered[one] * found[one] for one in groups)
        assert share == pytest.approx(staff[name] / sum(staff.values()))


def test_a_trust_worked_by_hand():
    """Nurses 4, 6, 8 with weight 1 and porters 2, 4 with weight 2.

    Σw = 7, Σwx = 18 + 12 = 30: mean 30/7; plain 24/5. Σwx² = 116 + 40 = 156, Σw² = 3 + 8 = 11, n_eff = 49/11.
    se² = (156/7 − (30/7)²) / (49/11 − 1).
    """
    found = summarise([cell([4, None, 6, 8]), cell([2, 4], 2.0)])
    assert found.n == 5
    assert found.mean_w == pytest.approx(30 / 7)
    assert found.mean_unw == pytest.approx(24 / 5)
    assert found.n_eff == pytest.approx(49 / 11)
    assert found.se == pytest.approx(math.sqrt((156 / 7 - (30 / 7) ** 2) / (49 / 11 - 1)))


@given(st.lists(st.floats(0, 10), min_size=2, max_size=30), st.floats(0.1, 5))
def test_with_equal_weights_the_error_is_the_usual_one(scores, weight):
    found = summarise([cell(scores, weight)])
    mean = sum(scores) / len(scores)
    usual = math.sqrt(sum((one - mean) ** 2 for one in scores) / (len(scores) - 1) / len(scores))
    assert found.mean_w == pytest.approx(mean)
    assert found.n_eff == pytest.approx(len(scores))
    assert found.se == pytest.approx(usual, abs=1e-6)


def test_nobody_has_no_mean_and_one_person_no_error():
    assert summarise([]) is None
    assert summarise([cell([None, None])]) is None
    assert summarise([Cell(0, 0, 0, 0, 0), cell([7.5])]).se is None


def test_the_items_agree_with_the_published_questionnaires(reference_data):
    names = {"thinking_about_leaving": "leaving"}
    published, backwards = defaultdict(set), defaultdict(set)
    with (reference_data / "nhs" / "nss_items.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            for year in YEARS:
                code = row[f"code_{year if year < 2023 else '2023_25'}"]
                published[year, names.get(row["subscore"], row["subscore"])].add(code)
                if row["reverse_scored"] == "1":
                    backwards[year].add(code)
    for year in YEARS:
        for subscore, codes in items(year).items():
            if subscore != LEAVING_DESTINATION:
                assert set(codes) == published[year, subscore], (year, subscore)
        assert reversed_items(year) == backwards[year]


def test_morale_has_thirteen_items_and_engagement_nine():
    for year in YEARS:
        assert sum(len(items(year)[name]) for name in MORALE) == 13
        assert sum(len(items(year)[name]) for name in ENGAGEMENT) == 9


def test_wordings_need_a_reference_to_the_permission():
    content = b"code,wording\nq2a,The words of q2a\nq2b,Those of q2b\nq2c,Those of q2c\n"
    with pytest.raises(BadInput, match="reference of NHS England"):
        read_wording_pack(content, "  ", 2023)
    pack = read_wording_pack(content, "Letter 12/2026", 2023)
    assert pack.permission == "Letter 12/2026"
    assert pack.wording("q2a") == "The words of q2a"
    assert pack.wording("q3c") is None


def test_a_wording_pack_names_every_problem_with_its_line():
    with pytest.raises(Unusable) as refusal:
        read_wording_pack(b"code,wording\nq99,x\nq2a,\nq2b,ok\nq2b,again\n", "Letter 12/2026", 2023)
    assert [str(problem) for problem in refusal.value.problems] == [
        "Line 2: “q99” is not an item of 2023.",
        "Line 3: the wording of q2a must have 1 to 300 letters.",
        "Line 5: q2b is there twice.",
    ]
    with pytest.raises(Unusable, match="the column “wording” is missing"):
        read_wording_pack(b"code\nq2a\n", "Letter 12/2026", 2023)
