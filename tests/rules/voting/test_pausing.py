"""A vote that was disturbed: how far it may be prolonged, and when it closes after a pause."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pilot.errors import BadInput, WrongState
from pilot.secrecy import box
from pilot.voting.forms.pausing import LONGEST, LONGEST_OUTAGE
from pilot.voting.pausing import extended, half, resumed, spell, why

OPENS, CLOSES = datetime(2027, 3, 3, 8, tzinfo=UTC), datetime(2027, 3, 17, 17, tzinfo=UTC)
ARRANGED = (OPENS, CLOSES)
NOW = CLOSES - timedelta(hours=1)
MOST = timedelta(days=7, hours=4, minutes=30)


def longer(by, *, closes=CLOSES, before=False, now=NOW):
    return extended(ARRANGED, closes, by, before=before, now=now)


def test_a_vote_is_extended_by_at_most_half_of_the_time_for_which_it_was_arranged():
    assert half(*ARRANGED) == MOST
    assert longer(MOST) == CLOSES + MOST
    with pytest.raises(BadInput) as refusal:
        longer(MOST + timedelta(minutes=1))
    assert refusal.value.fields == {"hours": "The vote can be extended by at most 7 days, 4 hours and 30 minutes"}


def test_a_pause_before_gives_no_longer_extension():
    later = CLOSES + timedelta(days=3)
    assert longer(MOST, closes=later) == later + MOST
    with pytest.raises(BadInput, match="problem"):
        longer(MOST + timedelta(minutes=1), closes=later)


def test_a_vote_is_extended_once():
    with pytest.raises(WrongState, match="once only"):
        longer(timedelta(hours=1), before=True)


@pytest.mark.parametrize("late", [timedelta(), timedelta(seconds=1)])
def test_a_vote_that_has_closed_is_not_extended(late):
    with pytest.raises(WrongState, match="has closed"):
        longer(timedelta(hours=1), now=CLOSES + late)


def test_a_vote_is_not_extended_by_nothing():
    with pytest.raises(BadInput) as refusal:
        longer(timedelta())
    assert list(refusal.value.fields) == ["hours"]


@given(gap=st.timedeltas(timedelta(), timedelta(days=30)), left=st.timedeltas(timedelta(seconds=1), timedelta(days=9)))
def test_after_a_pause_nobody_has_less_time_than_before_and_at_most_a_minute_more(gap, left):
    suspended = CLOSES - left
    now = suspended + gap
    closes = resumed(CLOSES, suspended, now)
    assert left <= closes - now < left + timedelta(minutes=1)
    assert closes.second == closes.microsecond == 0


def test_the_clock_going_back_never_closes_a_vote_earlier():
    assert resumed(CLOSES, NOW, NOW - timedelta(minutes=5)) == CLOSES


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0, "less than a minute"),
        (1, "1 minute"),
        (95, "1 hour and 35 minutes"),
        (1440, "1 day"),
        (10350, "7 days, 4 hours and 30 minutes"),
    ],
)
def test_a_length_of_time_is_told_in_words(minutes, words):
    assert spell(timedelta(minutes=minutes)) == words


def test_the_published_reason_tells_for_how_long_nobody_could_vote():
    assert why(" The server\nwas down ", 95) == (
        "The server was down. People could not vote for 1 hour and 35 minutes."
    )
    assert why("A wrong poster was hung up.") == "A wrong poster was hung up."


@given(reason=st.text(min_size=1, max_size=LONGEST), outage=st.none() | st.integers(1, LONGEST_OUTAGE))
def test_a_reason_that_can_be_typed_always_goes_into_the_log(reason, outage):
    assume(reason.strip())
    said = why(reason, outage)
    assert box.why(said) == said


def test_the_longest_reason_with_the_longest_outage_fills_the_line_of_the_log():
    assert len(why("x" * LONGEST, LONGEST_OUTAGE)) == box.LONGEST_REASON
