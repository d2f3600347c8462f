"""Codes become words: periods, estimators and checks as people read them."""

import re

import pytest

from pilot.metrics import naming, readings
from pilot.metrics.kernel.checks import Placebo
from pilot.metrics.kernel.estimates import EventTime, Found, GroupTime, TrendPoint
from pilot.metrics.plan import ESTIMATORS
from pilot.metrics.registration import CHECKS
from pilot.settings import ROOT


@pytest.mark.parametrize(
    ("label", "instrument", "said"),
    [
        ("2023", "NHS Staff Survey", "2023 survey"),
        ("2023", "Other measures", "2023"),
        ("2024-03", "National Quarterly Pulse Survey", "March 2024"),
        ("2024-Q2", "", "April to June 2024"),
        ("2024-03-09", "", "9 March 2024"),
        ("2023/24", "", "2023/24"),
        ("baseline", "", "baseline"),
        ("", "", ""),
    ],
)
def test_a_period_is_called_by_its_name(label, instrument, said):
    assert naming.period(label, instrument) == said


def test_a_span_of_one_period_is_named_once():
    assert naming.span(["2024-03"]) == "March 2024"
    assert naming.span(["2021", "2022", "2023"], "NHS Staff Survey") == "2021 survey to 2023 survey"


def test_the_axis_of_a_picture_has_short_months():
    assert [naming.short_period(label) for label in ("2024-03", "2023", "2024-Q1")] == ["Mar 2024", "2023", "2024-Q1"]


def test_every_estimator_and_check_has_a_name_that_is_no_code():
    assert list(naming.ESTIMATORS) == list(ESTIMATORS)
    assert not set(naming.ESTIMATORS.values()) & set(ESTIMATORS)
    for code in CHECKS:
        assert naming.check(code) != code
    assert naming.check("by type") == "by type"


def test_a_plan_and_its_results_call_an_estimator_the_same():
    words = (ROOT / "templates/metrics/_plan_words.html").read_text()
    listed = re.search(r"set ESTIMATORS = \[(.*?)\] %}", words, re.DOTALL)
    assert listed
    assert dict(re.findall(r'\("([a-z-]+)", "([^"]+)"', listed[1])) == naming.ESTIMATORS


EVENTS = tuple(EventTime(far, 0.1, 5) for far in (-2, -1, 0, 1))
LABELS = ("2022", "2023", "2024", "2025")


def test_a_wave_has_the_name_of_its_period_where_all_start_together():
    found = Found((), event_times=EVENTS)
    said = [readings.wave(event, found, LABELS, "NHS Staff Survey") for event in EVENTS]
    assert said == ["−2, 2022 survey", "−1, 2023 survey", "0, 2024 survey", "+1, 2025 survey"]
    grouped = Found((), (GroupTime(3, 4, 0.1, 5, 9),), EVENTS)
    assert [readings.wave(event, grouped, LABELS, "") for event in EVENTS] == [
        "−2, 2022",
        "−1, 2023",
        "0, 2024",
        "+1, 2025",
    ]


def test_a_wave_is_no_period_where_starts_differ():
    staggered = Found((), (GroupTime(2, 3, 0.1, 5, 9), GroupTime(3, 4, 0.1, 5, 9)), EVENTS)
    assert [readings.wave(event, staggered, LABELS, "") for event in EVENTS] == ["−2", "−1", "0", "+1"]
    assert readings.wave(EventTime(7, 0.1, 5), Found((), (GroupTime(3, 4, 0.1, 5, 9),)), LABELS, "") == "+7"


def test_both_arms_stand_in_one_line_and_a_gap_stays_one():
    first, second, third = (
        TrendPoint("2022", True, 6.0, 5),
        TrendPoint("2022", False, 5.5, 9),
        TrendPoint("2023", False, 5, 9),
    )
    assert readings.side_by_side([first, second, third]) == [("2022", first, second), ("2023", None, third)]


def test_a_trial_says_what_was_tried():
    kinds = (
        ("in time", "2 periods earlier"),
        ("in space", "draw 3"),
        ("leave one out", "RAX"),
        ("leave one out", "RAX, with set s1"),
    )
    said = [readings.trial(Placebo("morale", kind, what, 0.1, None, None)) for kind, what in kinds]
    assert said == [
        "A false start, 2 periods earlier",
        "False pilots, draw 3",
        "Without RAX",
        "Without RAX and its whole set (s1)",
    ]
