"""The staff survey scored by the one way in which answers are scored here, worked by hand; its items by year."""

import csv
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.errors import BadInput
from pilot.metrics.cells import cells_of
from pilot.metrics.instruments import (
    ENGAGEMENT,
    LEAVING_DESTINATION,
    MORALE,
    items,
    read_wording_pack,
    reversed_items,
)
from pilot.metrics.questionnaire import GROUP, Item, Mean, Offer, Questionnaire, Scale
from pilot.metrics.sheet import Unusable

YEARS = (2021, 2022, 2023, 2024, 2025)
ANSWERS = st.one_of(st.none(), st.integers(1, 5))


def staff_survey(year):
    """The scored items of a year as a questionnaire: more than half of a scale must be answered, all of a theme."""
    scales = {name: codes for name, codes in items(year).items() if name != LEAVING_DESTINATION}
    codes = dict.fromkeys(code for scale in scales.values() for code in scale)
    return Questionnaire(
        "nss",
        "Staff survey",
        tuple(Item(code, code, reverse=code in reversed_items(year)) for code in codes),
        tuple(Scale(name, scale, len(scale) // 2 + 1) for name, scale in scales.items()),
        (Mean("engagement", ENGAGEMENT), Mean("morale", MORALE)),
    )


def scored(answers, year):
    """The scores of one person, by outcome; what cannot be scored is not there."""
    asked = staff_survey(year)
    paper = tuple(() if answers.get(item.code) is None else (str(answers[item.code]),) for item in asked.items)
    found = cells_of(asked, Offer((), ()), [paper])
    return {cell.outcome: cell.mean for cell in found if cell.part == GROUP}


def test_a_person_worked_by_hand():
    """Ann, 2023. Motivation 5 4 3 → 10, 7.5, 5: 7.5. Involvement 4 4 none → 7.5. Advocacy 2 3 4 → 2.5, 5, 7.5: 5.

    Engagement (7.5 + 7.5 + 5) / 3 = 6.667. Leaving 1 2 2, reversed → 10, 7.5, 7.5: 8.333. Pressure 3 3 2 → 5, 5, 2.5:
    4.167. Stressors q3a 5, q3e 3, q5a 4 (reversed), q5b 3, q5c 2 (reversed), q7c 4, q9a 4 → 10, 5, 2.5, 5, 7.5, 7.5,
    7.5: 45 / 7 = 6.429. Morale (8.333 + 4.167 + 6.429) / 3 = 6.310.
    """
    ann = {
        "q2a": 5, "q2b": 4, "q2c": 3, "q3c": 4, "q3d": 4, "q3f": None, "q25a": 2, "q25c": 3, "q25d": 4,
        "q26a": 1, "q26b": 2, "q26c": 2, "q3g": 3, "q3h": 3, "q3i": 2,
        "q3a": 5, "q3e": 3, "q5a": 4, "q5b": 3, "q5c": 2, "q7c": 4, "q9a": 4,
    }  # fmt: skip
    found = scored(ann, 2023)
    assert (found["motivation"], found["involvement"], found["advocacy"]) == (7.5, 7.5, 5)
    assert found["engagement"] == pytest.approx(20 / 3)
    assert found["leaving"] == pytest.approx(25 / 3)
    assert found["work_pressure"] == pytest.approx(12.5 / 3)
    assert found["stressors"] == pytest.approx(45 / 7)
    assert found["morale"] == pytest.approx((25 / 3 + 12.5 / 3 + 45 / 7) / 3)
    assert "raising_concerns" not in found, "none of its four items was answered"


def test_a_theme_without_one_of_its_subscores_is_none():
    found = scored(dict.fromkeys(("q2a", "q2b", "q2c", "q3c", "q3d", "q3f", "q25a"), 5), 2024)
    assert found == {"motivation": 10, "involvement": 10}


def test_the_items_of_other_years_are_not_known():
    with pytest.raises(BadInput, match="known for 2021 to 2025, not for 2020"):
        items(2020)


@given(st.sampled_from(YEARS), st.data())
def test_scores_stay_within_the_scale_and_turn_over_when_every_answer_does(year, data):
    answers = {item.code: data.draw(ANSWERS) for item in staff_survey(year).items}
    found = scored(answers, year)
    turned = scored({code: None if one is None else 6 - one for code, one in answers.items()}, year)
    assert found.keys() == turned.keys()
    for name, value in found.items():
        assert 0 <= value <= 10
        assert value + turned[name] == pytest.approx(10)


def test_higher_is_always_better():
    """Whoever is happiest answers 5 everywhere but in the reversed items, and has 10 in everything."""
    for year in YEARS:
        best = {item.code: 1 if item.reverse else 5 for item in staff_survey(year).items}
        assert set(scored(best, year).values()) == {10.0}


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
