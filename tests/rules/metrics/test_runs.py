"""A study's run has one worker, and what has ended stays as it ended."""

from datetime import UTC, datetime, timedelta

import pytest

from pilot.errors import WrongState
from pilot.metrics.runs import MOVES, STALE, UNENDED, WORDS, State, is_lost, move

VERBS = sorted({verb for _, verb in MOVES})
NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize(("was", "verb"), sorted(MOVES))
def test_every_move_leads_where_the_table_says(was, verb):
    assert move(was, verb) is MOVES[was, verb]


@pytest.mark.parametrize(("was", "verb"), [(s, v) for s in State for v in VERBS if (s, v) not in MOVES])
def test_every_other_move_is_refused_in_a_sentence(was, verb):
    with pytest.raises(WrongState) as refusal:
        move(was, verb)
    assert refusal.value.reason.startswith(f"This study {WORDS[was]}, so it cannot ")
    assert refusal.value.reason.endswith(" now.")


def test_nothing_leads_out_of_an_end_and_only_what_waits_is_begun():
    assert {State.DONE, State.FAILED}.isdisjoint(before for before, _ in MOVES)
    assert [before for before, verb in MOVES if verb == "begin"] == [State.WAITING]
    assert {State.WAITING, State.WORKING} == UNENDED


@pytest.mark.parametrize("state", State)
def test_a_run_is_lost_only_when_it_goes_on_beyond_the_time_of_a_worker(state):
    last = NOW - STALE - timedelta(seconds=60)
    assert not is_lost(state, last, 60, NOW)
    assert is_lost(state, last - timedelta(seconds=1), 60, NOW) is (state in (State.WAITING, State.WORKING))
