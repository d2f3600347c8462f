"""How a trustee stands, the order of opening, and the words for whoever is missing."""

import pytest

from pilot.errors import WrongState
from pilot.voting.trustees import (
    MOVES,
    ROLES,
    SIDES,
    WORDS,
    Standing,
    default_order,
    missing_words,
    move,
    planned,
    server_side,
)

VERBS = sorted({verb for _, verb in MOVES})


@pytest.mark.parametrize(("was", "verb"), sorted(MOVES))
def test_every_move_leads_where_the_table_says(was, verb):
    assert move(was, verb) is MOVES[was, verb]


@pytest.mark.parametrize(("was", "verb"), [(s, v) for s in Standing for v in VERBS if (s, v) not in MOVES])
def test_every_other_move_is_refused_in_a_sentence(was, verb):
    with pytest.raises(WrongState) as refusal:
        move(was, verb)
    assert refusal.value.reason.startswith(f"This trustee {WORDS[was]}")


def test_confirmed_keys_are_never_changed():
    assert (Standing.CONFIRMED, "register") not in MOVES


def test_the_scrutineer_is_proposed_first_and_a_side_with_two_is_left_open():
    assert default_order({"staff side": [3], "scrutineer": [1], "employer": [2]}) == (1, 2, 3)
    assert default_order({"staff side": [3], "scrutineer": [1, 4]}) == (None, None, 3)
    assert default_order({}) == (None, None, None)


def test_the_server_stands_for_a_side_that_has_nobody():
    assert server_side({"scrutineer", "staff side"}) == "employer"
    assert server_side({"scrutineer", "employer"}) == "staff side"
    assert server_side(set(SIDES)) == "employer"


def test_whoever_is_missing_is_named():
    assert missing_words(["Ada"]).startswith("Ada, who helps to open the sealed votes, had not signed")
    assert missing_words(["Ada", "Ben", "Cy"]).startswith("Ada, Ben and Cy, who help to open")


@pytest.mark.parametrize("side", SIDES)
def test_a_trustee_without_keys_is_the_servers(side):
    assert planned("Ada", side).custody == "server"
    assert (planned("Ada", side, b"x" * 65, b"y" * 32).custody, planned("Ada", side).role) == ("own", ROLES[side])
