"""The dates of the demonstration fit the constitution on whatever day it is made."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.councils import ballot_dates
from pilot.councils.constitution import Constitution
from pilot.councils.deadlines import overdue, response_due
from pilot.councils.files import calendar
from pilot.demo.dates import at, dates

DAYS = st.dates(date(2026, 11, 1), date(2028, 10, 1))
RULES = Constitution()
CALENDAR = calendar()


@given(DAYS)
def test_every_ballot_keeps_to_the_constitution(today):
    story = dates(today, CALENDAR)
    for path in (story.answered, story.overdue, story.voting):
        assert ballot_dates.problems(path.opens, path.closes, path.arranged, RULES, CALENDAR) == {}
        assert (path.arranged - path.qualified).days > RULES.deliberation_days
        assert path.taken_in <= path.qualified < path.taken_in + timedelta(days=RULES.support_window_days)
        assert path.roll_as_at < path.roll_imported < path.arranged < path.frozen < path.opens
        assert (path.frozen - path.roll_as_at).days <= 31


@given(DAYS)
def test_one_ballot_is_open_today_and_closes_in_about_ten_days(today):
    story = dates(today, CALENDAR)
    assert story.voting.opens < today
    assert 10 <= (story.voting.closes - today).days <= 15


@given(DAYS)
def test_one_board_has_answered_in_time_and_one_is_late(today):
    story = dates(today, CALENDAR)
    assert story.responded < today
    declared = at(story.overdue.closes, 12) + timedelta(days=1)
    due = response_due(declared, RULES, CALENDAR)
    assert overdue(due, at(today, 12), RULES, CALENDAR) is not None
    in_time = response_due(at(story.answered.closes, 12), RULES, CALENDAR)
    assert at(story.responded, 12) < in_time


@given(DAYS)
def test_the_story_begins_before_everything_else_in_it(today):
    story = dates(today, CALENDAR)
    assert story.begins < min(story.answered.begun, story.overdue.begun, story.voting.begun)


@pytest.mark.parametrize(("day", "hour"), [(date(2027, 1, 5), 17), (date(2027, 7, 5), 16)])
def test_moments_are_by_the_clocks_in_london(day, hour):
    assert at(day, 17) == datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
