"""The box's states, times and what the voter is told."""

from datetime import timedelta

import pytest

from pilot.errors import WrongState
from pilot.secrecy import box
from pilot.secrecy.box import MOVES, REFUSALS, Final, Left, State
from tests.builders.secrecy import CLOSES, OPENS

VERBS = {verb for _, verb in MOVES}
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("verb", sorted(VERBS))
def test_every_state_and_verb_moves_or_is_refused_in_a_sentence(state, verb):
    if (state, verb) in MOVES:
        assert box.move(state, verb) == MOVES[state, verb]
    else:
        with pytest.raises(WrongState) as refusal:
            box.move(state, verb)
        assert refusal.value.reason.endswith(".")


def test_no_refusal_is_written_for_a_move_that_is_allowed():
    assert not set(REFUSALS) & set(MOVES)
    assert set(REFUSALS) | set(MOVES) == {(state, verb) for state in State for verb in VERBS}


def test_votes_are_taken_from_the_opening_until_before_the_close():
    for moment in (OPENS, CLOSES - SECOND):
        box.accepts(State.COLLECTING, OPENS, CLOSES, moment)
    with pytest.raises(WrongState, match="not opened yet"):
        box.accepts(State.COLLECTING, OPENS, CLOSES, OPENS - SECOND)
    for state, moment in ((State.COLLECTING, CLOSES), (State.CLOSED, OPENS), (State.PEELED, OPENS)):
        with pytest.raises(WrongState, match="closed"):
            box.accepts(state, OPENS, CLOSES, moment)


def test_every_voter_needs_sixteen_bytes_of_their_own():
    assert box.distinct([b"a" * 16, b"b" * 16])
    assert not box.distinct([b"a" * 16, b"a" * 16])
    assert not box.distinct([b"a" * 16, b"b" * 15])


def test_spare_and_set_aside_add_up():
    left = (Left("0" * 64, "why"),)
    final = Final(((("yes",),),) * 3, left, left, left, 2, roll=20, stamped=9, stamps=12, envelopes=8)
    assert final.spare == 9
    assert final.all_set_aside == 4
    assert final.envelopes == len(final.valid) + len(final.spoilt) + final.all_set_aside
