"""Objections in words and numbers, how long a result can be questioned, and who destroys sealed votes."""

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
    objections,
    until,
)
from pilot.voting.tables import CHALLENGERS, OBJECTIONS, OUTCOMES

DECLARED = datetime(2027, 3, 18, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_a_result_can_be_questioned_for_21_days_and_its_votes_are_kept_as_long():
    last = until(DECLARED) - SECOND
    check_in_time(DECLARED, last)
    with pytest.raises(WrongState, match="for 21 days"):
        check_erase(DECLARED, last)
    check_erase(DECLARED, until(DECLARED))
    with pytest.raises(WrongState, match="That time is over"):
        check_in_time(DECLARED, until(DECLARED))


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
