"""The page of how a trust is led: every figure beside its line, and none about fewer than eleven people."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.metrics.catalogue import MANAGEMENT, MEASURES, OTHER
from pilot.metrics.management import INSTRUMENTS, Stored, beside_the_report, parts, released
from pilot.metrics.respondents import RATE
from pilot.metrics.wave_figures import SURVEY


def page(*stored):
    return parts(released(stored, 11), 11)


def practice(*stored):
    """The only measure on a page with these figures."""
    (found,) = [one for part in page(*stored) for one in part.practices]
    return found


def effective(value, people=200, period="2027-04"):
    return Stored(MANAGEMENT, "leadership_effective", period, value, people)


def test_a_page_without_figures_says_of_each_part_how_they_come_there():
    found = page()
    assert [part.title for part in found] == [
        "Senior leaders", "Obstacles at work", "Targets", "Training of managers", "What staff said in the pulse",
    ]  # fmt: skip
    assert all(part.missing.startswith("There are no figures yet. ") and not part.practices for part in found)
    assert beside_the_report(found) == ()


def test_a_figure_stands_beside_the_line_of_the_report_in_a_sentence():
    found = practice(effective(0.58))
    assert found.sentence == (
        "April 2027: 58%, 200 people. That is 7 percentage points below the report’s figure: "
        "65% of NHS leaders and managers called senior leadership effective."
    )
    assert found.line.value == 0.65
    assert (found.shown[0].bar, found.shown[0].words) == (0.58, "58%, 200 people")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.66, "1 percentage point above the report’s"),
        (0.654, "That is the report’s figure"),
        (1.0, "35 percentage points above the report’s"),
        (0.0, "65 percentage points below the report’s"),
    ],
)
def test_the_gap_is_that_of_the_figures_as_they_are_read(value, said):
    assert said in practice(effective(value)).sentence


def test_the_newest_figure_is_the_last_whatever_the_order_in_which_they_were_stored():
    found = practice(
        effective(0.5, period="2027-04"), effective(0.4, period="2026-10"), effective(0.6, period="2027-10")
    )
    assert [one.period for one in found.shown] == ["October 2026", "April 2027", "October 2027"]
    assert found.sentence.startswith("October 2027: 60%")


def test_no_figure_about_fewer_than_eleven_people_is_on_the_page():
    found = practice(effective(0.123, people=10), effective(0.5, period="2026-04"))
    assert [one.words for one in found.shown] == ["50%, 200 people", "Not shown: fewer than 11 people"]
    assert (found.shown[1].value, found.shown[1].bar) == (None, 0.0)
    assert found.sentence == "The figure of April 2027 is about fewer than 11 people, so it is not shown."


@given(st.integers(0, 40), st.floats(0, 1))
def test_whatever_is_stored_a_small_figure_leaves_no_trace(people, value):
    (shown,) = practice(effective(value, people)).shown
    assert (shown.value is None) == (people < 11)
    assert people >= 11 or (shown.bar, shown.words) == (0.0, "Not shown: fewer than 11 people")


def test_a_figure_whose_publisher_gave_no_number_of_people_is_shown_without_one():
    found = practice(Stored(OTHER, "managers_trained", "2026", 0.42, None))
    assert found.sentence == "2026: 42%."
    assert found.line is None


def test_a_score_of_the_pulse_is_out_of_ten_and_called_by_its_statement():
    found = practice(Stored(SURVEY, "obstacle_staffing", "2027-04", 3.25, 40))
    assert found.name == "Not having enough staff gets in the way of my work"
    assert found.about == "Turned round: higher means that fewer agree."
    assert (found.shown[0].bar, found.shown[0].words) == (0.325, "3.2 of 10, 40 people")


def test_other_measures_of_the_same_instruments_are_not_on_the_page():
    assert not [one for part in page(Stored(OTHER, "morale", "2027", 6, 40)) for one in part.practices]
    assert not [one for part in page(Stored(SURVEY, "engagement", "2027", 6, 40)) for one in part.practices]


def test_every_management_measure_of_the_catalogue_has_its_place_and_its_line():
    codes = [code for instrument, code in MEASURES if instrument == MANAGEMENT and code != RATE]
    found = page(*(Stored(MANAGEMENT, code, "2027-04", 0.5, 40) for code in codes))
    assert {one.name for part in found for one in part.practices} == {MEASURES[MANAGEMENT, code].name for code in codes}
    told = {name for name, _, _ in beside_the_report(found)}
    assert told == {MEASURES[MANAGEMENT, code].name for code in codes if code != "obstacles_other"}
    assert set(INSTRUMENTS) == {MANAGEMENT, OTHER, SURVEY}
