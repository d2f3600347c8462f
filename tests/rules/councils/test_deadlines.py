"""Working days, the 5pm cut-off, clocks that change, and the ladder of a late answer."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.councils import deadlines
from pilot.councils.constitution import Constitution
from pilot.councils.deadlines import Calendar, Step, add_working_days, at_cut_off, at_opening, working_days_between
from pilot.councils.files import calendar
from pilot.errors import WrongState

C = Constitution()
DAYS = st.dates(date(2013, 1, 1), date(2027, 12, 31))
FEW = st.integers(0, 60)


def london(year, month, day, hour=12, minute=0):
    return datetime(year, month, day, hour, minute, tzinfo=deadlines.LONDON).astimezone(UTC)


def test_the_list_of_bank_holidays_is_the_packages_and_needs_no_network():
    known = calendar()
    assert (known.first, known.last, len(known.holidays)) == (date(2012, 1, 2), date(2028, 12, 26), 140)
    assert date(2027, 3, 29) in known.holidays  # Easter Monday
    assert date(2022, 9, 19) in known.holidays  # a day of mourning, in one year only


@pytest.mark.parametrize(
    ("start", "number", "end"),
    [
        (date(2027, 3, 1), 5, date(2027, 3, 8)),
        (date(2027, 3, 25), 1, date(2027, 3, 30)),  # over Good Friday and Easter Monday
        (date(2027, 12, 24), 1, date(2027, 12, 29)),  # Christmas on a Saturday, with substitute days
        (date(2027, 3, 6), 1, date(2027, 3, 8)),
        (date(2027, 3, 6), 0, date(2027, 3, 6)),
        (date(2027, 3, 30), -1, date(2027, 3, 25)),
    ],
)
def test_weekends_and_bank_holidays_do_not_count(start, number, end):
    assert add_working_days(start, number, calendar()) == end


@given(DAYS, FEW, FEW)
def test_working_days_add_up(day, first, second):
    once = add_working_days(day, first + second, calendar())
    assert add_working_days(add_working_days(day, first, calendar()), second, calendar()) == once


@given(DAYS, st.integers(1, 60))
def test_the_day_reached_is_a_working_day_and_the_way_is_as_long_as_asked(day, number):
    end = add_working_days(day, number, calendar())
    assert calendar().is_working_day(end)
    assert working_days_between(day, end, calendar()) == number


@given(DAYS, FEW)
def test_the_way_back_from_a_working_day_leads_home(day, number):
    home = add_working_days(day, 1, calendar())
    assert add_working_days(add_working_days(home, number, calendar()), -number, calendar()) == home


@given(DAYS, st.integers(0, 59))
def test_a_longer_way_ends_later(day, number):
    assert add_working_days(day, number, calendar()) < add_working_days(day, number + 1, calendar())


def test_days_past_the_end_of_the_list_are_refused_and_not_guessed():
    with pytest.raises(WrongState, match="26 December 2028"):
        add_working_days(date(2028, 12, 20), 5, calendar())
    with pytest.raises(WrongState, match="2 January 2012"):
        add_working_days(date(2012, 1, 2), -1, calendar())


def test_a_trusts_own_day_off_is_an_argument():
    own = Calendar(frozenset({date(2027, 3, 2)}), date(2027, 1, 1), date(2027, 12, 31))
    assert add_working_days(date(2027, 3, 1), 1, own) == date(2027, 3, 3)


def test_five_o_clock_follows_the_clocks_of_london():
    assert at_cut_off(date(2027, 3, 26)) == datetime(2027, 3, 26, 17, tzinfo=UTC)
    assert at_cut_off(date(2027, 3, 29)) == datetime(2027, 3, 29, 16, tzinfo=UTC)  # clocks went on, 28 March
    assert at_opening(date(2027, 10, 29)) == datetime(2027, 10, 29, 7, tzinfo=UTC)
    assert at_opening(date(2027, 11, 1)) == datetime(2027, 11, 1, 8, tzinfo=UTC)  # clocks went back, 31 October


def test_a_day_ends_for_deadlines_at_five():
    assert deadlines.counting_day(london(2027, 3, 1, 16, 59)) == date(2027, 3, 1)
    assert deadlines.counting_day(london(2027, 3, 1, 17, 0)) == date(2027, 3, 2)
    assert deadlines.counting_day(datetime(2027, 6, 1, 16, tzinfo=UTC)) == date(2027, 6, 2)  # 5pm in summer time


def test_a_day_in_london_is_not_the_day_in_greenwich():
    assert deadlines.london_day(datetime(2027, 6, 1, 23, 30, tzinfo=UTC)) == date(2027, 6, 2)


def test_the_board_has_five_working_days_to_acknowledge_and_twenty_to_answer():
    declared = london(2027, 3, 15, 9)
    assert deadlines.acknowledgement_due(declared, C, calendar()) == london(2027, 3, 22, 17)
    assert deadlines.response_due(declared, C, calendar()) == london(2027, 4, 14, 17)  # Easter took two days


def test_a_result_declared_in_the_evening_gives_the_board_a_day_more():
    assert deadlines.acknowledgement_due(london(2027, 3, 15, 18), C, calendar()) == london(2027, 3, 23, 17)


def test_support_and_discussion_run_in_calendar_days():
    assert deadlines.support_ends(london(2027, 3, 10, 9), C) == london(2027, 4, 7, 17)
    assert deadlines.deliberation_ends(london(2027, 3, 20, 23), C) == london(2027, 4, 3, 17)


def test_screening_takes_five_working_days():
    assert deadlines.screening_due(london(2027, 3, 24, 9), C, calendar()) == london(2027, 4, 2, 17)  # Easter again


@pytest.mark.parametrize(
    ("now", "days", "step"),
    [
        (london(2027, 3, 1, 17, 1), 0, Step.PUBLIC),
        (london(2027, 3, 4, 9), 3, Step.PUBLIC),
        (london(2027, 3, 6, 9), 4, Step.PUBLIC),
        (london(2027, 3, 8, 9), 5, Step.CHIEF_EXECUTIVE),
        (london(2027, 3, 12, 9), 9, Step.CHIEF_EXECUTIVE),
        (london(2027, 3, 15, 9), 10, Step.CHAIR),
        (london(2027, 6, 1, 9), 62, Step.CHAIR),
    ],
)
def test_a_late_answer_climbs_the_ladder(now, days, step):
    late = deadlines.overdue(london(2027, 3, 1, 17), now, C, calendar())
    assert (late.working_days, late.step) == (days, step)


def test_nothing_is_late_at_the_very_moment_it_is_due():
    assert deadlines.overdue(london(2027, 3, 1, 17), london(2027, 3, 1, 17), C, calendar()) is None


@given(st.datetimes(datetime(2027, 1, 1), datetime(2028, 5, 1)), st.integers(0, 5000))
def test_waiting_never_makes_an_answer_less_late(due, hours):
    due = due.replace(tzinfo=UTC)
    one, other = (deadlines.overdue(due, due + timedelta(hours=h), C, calendar()) for h in (hours, hours + 20))
    assert other is not None
    assert one is None or one.working_days <= other.working_days


def test_the_last_day_has_no_days_left():
    ends = london(2027, 4, 7, 17)
    assert deadlines.days_left(ends, london(2027, 3, 26, 23)) == 12
    assert deadlines.days_left(ends, london(2027, 4, 7, 1)) == 0
    assert deadlines.days_left(ends, london(2027, 5, 7, 1)) == 0
