"""The dates of a ballot: proposed ones are allowed ones, and every forbidden one is told why."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pilot.councils import ballot_dates
from pilot.councils.constitution import Constitution
from pilot.councils.files import calendar

C = Constitution()
MONDAY = date(2027, 2, 22)


def problems(opens_on, closes_on, arranged_on=MONDAY, constitution=C):
    return ballot_dates.problems(opens_on, closes_on, arranged_on, constitution, calendar())


@given(st.dates(date(2013, 1, 1), date(2028, 9, 1)), st.integers(1, 20), st.integers(7, 56), st.integers(0, 8))
def test_proposed_dates_are_always_allowed(day, notice, length, weekends):
    own = Constitution(
        notice_working_days=notice, voting_days_min=length, voting_weekends_min=min(weekends, length // 7)
    )
    dates = ballot_dates.propose(day, own, calendar())
    assert problems(dates.opens_on, dates.closes_on, day, own) == {}


def test_a_ballot_opens_after_five_whole_working_days_and_lasts_two_weekends():
    dates = ballot_dates.propose(MONDAY, C, calendar())
    assert (dates.opens_on, dates.closes_on) == (date(2027, 3, 2), date(2027, 3, 16))
    assert dates.opens_because == "The first working day after 5 whole working days to print and hand out voting codes."
    assert dates.closes_because.startswith("14 days after opening with 2 whole weekends")


def test_a_close_on_a_bank_holiday_moves_on_and_says_so():
    dates = ballot_dates.propose(date(2027, 3, 4), C, calendar())
    assert dates.opens_on == date(2027, 3, 12)
    assert dates.closes_on == date(2027, 3, 30)  # Good Friday, the weekend and Easter Monday are passed over
    assert "moved from Friday 26 March 2027, which is not a working day" in dates.closes_because


def test_an_opening_too_early_is_told_the_first_day():
    found = problems(date(2027, 3, 1), date(2027, 3, 16))
    assert found == {
        "opens_on": "Voting can open on Tuesday 2 March 2027 at the earliest, so that codes can be handed out"
    }


def test_voting_opens_and_closes_on_working_days():
    found = problems(date(2027, 3, 6), date(2027, 3, 26))
    assert found["opens_on"] == "Voting cannot open on Saturday 6 March 2027, which is a weekend"
    assert found["closes_on"] == "Voting cannot close on Friday 26 March 2027, which is a bank holiday"


def test_voting_that_is_too_short_too_long_or_upside_down_is_refused():
    opens = date(2027, 3, 2)
    assert problems(opens, opens) == {"closes_on": "Voting must close after it opens"}
    assert problems(opens, date(2027, 3, 15)) == {"closes_on": "Voting must be open for at least 14 days"}
    assert problems(opens, opens + timedelta(days=77)) == {"closes_on": "Voting can be open for 70 days at most"}


def test_half_a_weekend_does_not_count():
    assert ballot_dates.weekends_within(date(2027, 3, 7), date(2027, 3, 13)) == 0
    assert ballot_dates.weekends_within(date(2027, 3, 6), date(2027, 3, 14)) == 2
    short = Constitution(voting_days_min=7, voting_weekends_min=1)
    assert problems(date(2027, 3, 2), date(2027, 3, 9), constitution=short) == {}
    strict = Constitution(voting_days_min=14, voting_weekends_min=2)
    assert "closes_on" in problems(date(2027, 3, 2), date(2027, 3, 9), constitution=strict)
