"""Every measure is documented, and the report's figures stand beside ours."""

import pytest

from pilot.metrics.catalogue import (
    INSTRUMENTS,
    MEASURES,
    REPORT,
    STAFF_SURVEY,
    SURVEY,
    UPLOADED,
    WORKFORCE,
    is_known,
    look_up,
    shown_as,
)
from pilot.metrics.retention import Movement


def test_every_measure_says_what_it_means_in_which_unit_and_whence():
    for (instrument, code), one in MEASURES.items():
        assert instrument in INSTRUMENTS
        assert (one.instrument, one.code) == (instrument, code)
        assert all((one.name, one.about.endswith("."), one.unit, one.source)), code
        assert one.high is None or one.low < one.high
        for line in one.lines:
            assert one.low <= line.value <= one.high, code


def test_the_seven_facts_of_the_report_stand_beside_the_management_questions():
    lines = {line.value for one in MEASURES.values() for line in one.lines if line.source == REPORT}
    assert lines == {0.65, 0.27, 0.32, 0.25, 0.62, 0.46, 0.20, 0.19}


def test_every_count_of_a_workforce_file_is_a_measure():
    counts = set(Movement.__struct_fields__) - {"trust", "month", "staff_group", "moved_in", "moved_out"}
    assert all((WORKFORCE, name) in MEASURES for name in counts)


def test_an_item_of_a_survey_is_known_by_its_code_alone():
    assert look_up(STAFF_SURVEY, "q25c").name == "q25c"
    assert look_up(STAFF_SURVEY, "theme_morale").name == "Morale"
    assert look_up(WORKFORCE, "q25c") is None
    assert look_up(STAFF_SURVEY, "made up") is None


@pytest.mark.parametrize("code", ["theme_engagement", "leavers", "obstacles"])
def test_the_direction_that_is_good_is_said(code):
    better = {one.code: one.better for one in MEASURES.values()}
    assert better[code] == {"theme_engagement": "higher", "leavers": "lower", "obstacles": "lower"}[code]


def test_figures_of_a_survey_held_here_can_be_planned_and_never_uploaded():
    assert is_known(SURVEY)
    assert is_known(f"{SURVEY}, pack 01234abc")
    assert SURVEY not in UPLOADED
    assert not any(map(is_known, (f"{SURVEY}, pack", f"{SURVEY} 2", "Tea leaves")))


def test_shares_are_shown_in_per_cent_and_scores_as_they_are():
    assert shown_as(STAFF_SURVEY, "response_rate", "score") == "rate"
    assert shown_as(f"{SURVEY}, pack 01234abc", "response_rate", "score") == "rate"
    assert shown_as(STAFF_SURVEY, "theme_morale", "score") == "score"
    assert shown_as("Other measures", "response_rate", "score") == "score", "nobody said that it is a share"
    assert shown_as(WORKFORCE, "leavers", "count") == "count"
