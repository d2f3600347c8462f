"""A ballot's life goes one way."""

import pytest

from pilot.errors import WrongState
from pilot.voting.lifecycle import MOVES, OVER, UNOPENED, WORDS, State, move

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


BACK = ("extend", "resume", "dismiss")
"""A vote that is extended stays open, a pause ends, and a question is dismissed."""


def test_no_state_is_visited_twice_but_by_what_goes_back():
    order = list(State)
    road = {(before, verb): after for (before, verb), after in MOVES.items() if verb not in BACK and before not in OVER}
    assert all(order.index(after) > order.index(before) for (before, _), after in road.items())
    assert [MOVES[before, verb] for before, verb in MOVES if verb in BACK] == [State.OPEN, State.OPEN, State.DECLARED]


def test_a_ballot_is_missed_only_before_it_opens_and_what_is_over_stays_over():
    assert [before for (before, verb) in MOVES if verb == "miss"] == [State.ARRANGED, State.FROZEN]
    assert not [
        after for (before, _), after in MOVES.items() if before in (*OVER, State.ERASED) and after is not before
    ]


def test_a_vote_is_stopped_while_it_is_paused_or_before_its_sealed_votes_are_all_opened():
    stopped = [before for (before, verb) in MOVES if verb == "void"]
    assert sorted(stopped) == sorted([State.SUSPENDED, *UNOPENED])


def test_sealed_votes_are_opened_from_the_close_or_after_the_notices_and_never_else():
    opening = {before for (before, verb) in MOVES if verb in ("tally", "peel")}
    assert opening == {State.CLOSED, State.NOTICED}


def test_nothing_is_destroyed_while_the_result_can_be_questioned():
    assert [before for (before, verb) in MOVES if verb == "erase"] == [State.FINAL, State.VOID]
