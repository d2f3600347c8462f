"""When sealed votes may be opened, a result questioned, and the sealed votes destroyed."""

from datetime import UTC, datetime, timedelta

import pytest

from pilot.errors import NotAllowed, WrongState
from pilot.voting.objections import (
    ENDED,
    SAID,
    WHO,
    Objections,
    check_erase,
    check_in_time,
    check_second,
    may_open,
    objections,
    until,
)
from pilot.voting.tables import CHALLENGERS, OBJECTIONS, OUTCOMES

NOTICED = datetime(2027, 3, 18, 9, tzinfo=UTC)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


def test_the_sealed_votes_wait_a_day_for_objections_and_for_each_of_them():
    assert may_open(None, 0, NOTICED)
    assert "less than a day ago" in may_open(NOTICED, 0, NOTICED + DAY - SECOND)
    assert may_open(NOTICED, 0, NOTICED + DAY) == ""
    assert "Somebody objects" in may_open(NOTICED, 1, NOTICED + 9 * DAY)


def test_a_result_can_be_questioned_for_21_days_and_its_votes_are_kept_as_long():
    last = until(NOTICED) - SECOND
    check_in_time(NOTICED, last)
    with pytest.raises(WrongState, match="for 21 days"):
        check_erase(NOTICED, last)
    check_erase(NOTICED, until(NOTICED))
    with pytest.raises(WrongState, match="That time is over"):
        check_in_time(NOTICED, until(NOTICED))


def test_two_people_destroy_the_sealed_votes():
    check_second("account 1", "account 2")
    with pytest.raises(NotAllowed, match="somebody else must confirm"):
        check_second("account 1", "account 1")
    with pytest.raises(WrongState, match="Nobody has asked"):
        check_second(None, "account 1")


def test_objections_are_published_as_numbers():
    found = objections(["right", None, "explained", "explained", None])
    assert found == Objections(5, 2, (("explained", 2), ("right", 1)))
    assert found.settled == 3
    assert objections([]) == Objections()


def test_every_word_that_is_stored_has_a_sentence():
    assert (tuple(SAID), tuple(ENDED), tuple(WHO)) == (OBJECTIONS, OUTCOMES, CHALLENGERS)
