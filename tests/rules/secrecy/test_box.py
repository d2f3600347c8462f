"""The box's states, times and what the voter is told."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from pilot.errors import BadInput, WrongState
from pilot.secrecy import box
from pilot.secrecy.box import MOVES, REFUSALS, Doors, Final, Left, PlannedTrustee, State
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
        box.accepts(Doors(State.COLLECTING, OPENS, CLOSES), moment)
    for state, moment in ((State.COLLECTING, OPENS - SECOND), (State.SIGNING, OPENS), (State.SIGNING, CLOSES)):
        with pytest.raises(WrongState, match="not opened yet"):
            box.accepts(Doors(state, OPENS, CLOSES), moment)
    for state, moment in ((State.COLLECTING, CLOSES), (State.CLOSED, OPENS), (State.PEELED, OPENS)):
        with pytest.raises(WrongState, match="closed"):
            box.accepts(Doors(state, OPENS, CLOSES), moment)


@pytest.mark.parametrize("moment", [OPENS, CLOSES - SECOND, CLOSES])
def test_nothing_is_taken_while_voting_is_paused(moment):
    with pytest.raises(WrongState, match="Voting is paused"):
        box.accepts(Doors(State.COLLECTING, OPENS, CLOSES, suspended=True), moment)


OWN = PlannedTrustee("Ada", "scrutineer", "own", b"s", b"v")
SERVER = PlannedTrustee("Ben", "employer")


@pytest.mark.parametrize("trustees", [(OWN, OWN), (OWN, SERVER, OWN), (OWN, OWN, OWN)])
def test_a_binding_vote_has_two_own_keys_at_the_two_ends(trustees):
    box.check_custody(trustees, binding=True)
    box.check_custody(trustees, binding=False)


@pytest.mark.parametrize(
    ("trustees", "words"),
    [
        ((SERVER, SERVER, SERVER), "at least two"),
        ((OWN,), "at least two"),
        ((OWN, SERVER), "at least two"),
        ((SERVER, OWN, OWN), "first and the last"),
        ((OWN, OWN, SERVER), "first and the last"),
    ],
)
def test_no_binding_vote_lets_the_server_open_first_last_or_almost_alone(trustees, words):
    with pytest.raises(WrongState, match=words):
        box.check_custody(trustees, binding=True)


def test_without_a_binding_vote_the_server_may_hold_all_keys_but_never_an_end_beside_others():
    box.check_custody((SERVER, SERVER), binding=False)
    for trustees in ((OWN, SERVER), (SERVER, OWN)):
        with pytest.raises(WrongState, match="first and the last"):
            box.check_custody(trustees, binding=False)


def test_own_keys_come_whole_and_with_own_custody_only():
    halves = (replace(OWN, seal_key=b""), replace(OWN, sign_key=b""), replace(SERVER, seal_key=b"s", sign_key=b"v"))
    for half in halves:
        with pytest.raises(BadInput, match="both public keys"):
            box.check_custody((OWN, half, OWN), binding=False)


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
