"""The states of a design, and when its arms can change."""

from datetime import date
from itertools import product

import pytest

from pilot.errors import BadInput, WrongState
from pilot.metrics.design import (
    MOVES,
    WORDS,
    Options,
    State,
    move,
    refuse_early_draw,
    refuse_known_beacon,
)

VERBS = sorted({verb for _, verb in MOVES})


def test_a_design_goes_from_a_draft_to_locked_arms():
    state = State.DRAFT
    for verb in ("fix", "match", "match", "announce", "draw", "lock"):
        state = move(state, verb)
    assert state == State.LOCKED


@pytest.mark.parametrize(("state", "verb"), [pair for pair in product(State, VERBS) if pair not in MOVES])
def test_every_other_move_is_refused_in_a_sentence(state, verb):
    with pytest.raises(WrongState, match=rf"^This design {WORDS[state]}, so it cannot .* now\.$"):
        move(state, verb)


def test_a_draw_is_never_taken_back():
    assert {verb for state, verb in MOVES if state == State.DRAWN} == {"lock"}
    assert not [verb for state, verb in MOVES if state in (State.LOCKED, State.GIVEN_UP)]


def test_a_beacon_is_named_on_a_day_before_it_is_known():
    refuse_known_beacon(date(2027, 3, 2), date(2027, 3, 1))
    with pytest.raises(BadInput):
        refuse_known_beacon(date(2027, 3, 1), date(2027, 3, 1))


def test_nobody_draws_before_the_beacon_is_known():
    refuse_early_draw(date(2027, 3, 2), date(2027, 3, 2))
    with pytest.raises(WrongState):
        refuse_early_draw(date(2027, 3, 2), date(2027, 3, 1))


def test_a_set_has_its_pilots_and_its_controls():
    assert Options(2, 3).size == 5
