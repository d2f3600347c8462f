"""A ballot's life goes one way."""

import pytest

from pilot.errors import WrongState
from pilot.voting.lifecycle import MOVES, WORDS, State, move

VERBS = sorted({verb for _, verb in MOVES})


@pytest.mark.parametrize(("was", "verb"), sorted(MOVES))
def test_every_move_leads_where_the_table_says(was, verb):
    assert move(was, verb) is MOVES[was, verb]


@pytest.mark.parametrize(("was", "verb"), [(s, v) for s in State for v in VERBS if (s, v) not in MOVES])
def test_every_other_move_is_refused_in_a_sentence(was, verb):
    with pytest.raises(WrongState) as refusal:
        move(was, verb)
    assert refusal.value.reason.startswith(f"This vote {WORDS[was]}")
    assert refusal.value.reason.endswith(".")


def test_no_state_is_visited_twice():
    order = list(State)
    road = {before: after for (before, verb), after in MOVES.items() if verb != "miss"}
    assert all(order.index(after) > order.index(before) for before, after in road.items())


def test_a_ballot_is_missed_only_while_it_has_no_list_of_voters_and_that_is_its_end():
    assert [before for (before, verb) in MOVES if verb == "miss"] == [State.ARRANGED]
    assert not [before for (before, _) in MOVES if before is State.MISSED]
