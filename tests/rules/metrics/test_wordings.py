"""What a survey can ask with words of the NHS Staff Survey. The words here are our own stand-ins."""

import pytest

from pilot.metrics.instruments import FIRST_YEAR, LAST_YEAR, WordingPack, items, read_wording_pack, reversed_items
from pilot.metrics.questionnaire import PRACTICE, PULSE, offered, questions
from pilot.metrics.sheet import Unusable
from pilot.metrics.wave_figures import instrument_of
from tests.builders.wordings import a_pack, as_file


def test_a_whole_pack_measures_the_themes_with_every_subscore():
    asked = a_pack().questionnaire()
    assert asked.outcomes == (
        "motivation", "involvement", "work_pressure", "stressors", "advocacy", "leaving", "raising_concerns",
        "engagement", "morale",
    )  # fmt: skip
    assert len(asked.items) == 26
    assert asked.permission == "Letter 12/2026"
    assert "q26d" not in {item.code for item in asked.items}, "where people would go has no score"


def test_items_stand_in_the_order_of_the_published_questionnaire():
    codes = [item.code for item in a_pack().questionnaire().items]
    assert codes[:3] == ["q2a", "q2b", "q2c"]
    assert codes.index("q9a") < codes.index("q20a") < codes.index("q25a") < codes.index("q26c") == 25


@pytest.mark.parametrize("year", range(FIRST_YEAR, LAST_YEAR + 1))
def test_answers_are_turned_round_and_counted_as_the_scoring_says(year):
    asked = a_pack(year).questionnaire()
    assert {item.code for item in asked.items if item.reverse} == reversed_items(year)
    assert {item.code for item in asked.items if item.words == "often"} == {"q2a", "q2b", "q2c", "q5a", "q5b", "q5c"}
    assert {len(scale.items): scale.least for scale in asked.scales} == {3: 2, 4: 3, 7: 4}


def test_a_subscore_is_asked_only_with_the_words_of_all_its_items():
    words = {code: f"Words of {code}" for code in ("q2a", "q2b", "q2c", "q3c", "q3d")}
    pack = WordingPack("Letter 12/2026", 2023, words)
    assert pack.whole == ("motivation",)
    asked = pack.questionnaire()
    assert (asked.outcomes, [item.code for item in asked.items]) == (("motivation",), ["q2a", "q2b", "q2c"])
    assert len(questions(asked, offered([], [], 11))) == 3


def test_a_pack_with_which_nothing_could_be_asked_is_refused():
    with pytest.raises(Unusable, match="No subscore of 2023 has the words of all its items"):
        read_wording_pack(as_file({"q2a": "x", "q26d": "y"}), "Letter 12/2026", 2023)


def test_figures_in_words_of_a_pack_are_a_series_of_their_own_whatever_its_permission():
    series = instrument_of(a_pack().questionnaire())
    assert series not in {instrument_of(PULSE), instrument_of(PRACTICE)}
    assert instrument_of(a_pack(permission="Another letter").questionnaire()) == series
    assert instrument_of(a_pack(2022).questionnaire()) != series


def test_every_item_of_a_year_can_be_given_words():
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        assert set(a_pack(year).wordings) == {code for codes in items(year).values() for code in codes}
