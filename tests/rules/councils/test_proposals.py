"""The state machine, whole; and the text that is locked."""

import hashlib
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.councils import proposals
from pilot.councils.proposals import MOVES, STATE_WORDS, VERB_WORDS, ProposalText, State, fingerprint, move
from pilot.errors import WrongState

TEXT = ProposalText("Rest rooms on nights", "No place to rest.", "Open one room.", "The estates board", "Sickness days")


@pytest.mark.parametrize(("state", "verb"), sorted(MOVES))
def test_every_allowed_move_leads_where_the_table_says(state, verb):
    assert move(state, verb) is MOVES[state, verb]


@pytest.mark.parametrize(("state", "verb"), sorted(set(product(State, VERB_WORDS)) - set(MOVES)))
def test_every_other_move_is_refused_in_a_sentence(state, verb):
    with pytest.raises(WrongState, match=r"This proposal cannot .+ now\. It is in the state “.+”\.") as refused:
        move(state, verb)
    assert STATE_WORDS[state] in refused.value.reason


def test_every_state_and_verb_has_words_and_every_state_is_reached():
    assert set(STATE_WORDS) == set(State)
    assert set(VERB_WORDS) == {verb for _, verb in MOVES}
    assert set(MOVES.values()) | {State.DRAFT} == set(State)


def test_the_usual_road_leads_from_draft_to_the_boards_answer():
    state = State.DRAFT
    for verb in ("submit", "take in", "qualify", "deliberate", "lock", "put to ballot", "carry", "hand over"):
        state = move(state, verb)
    assert move(move(state, "acknowledge"), "accept") is State.ACCEPTED


def test_sponsors_can_withdraw_until_the_text_is_locked_and_not_after():
    may = {state for state, verb in MOVES if verb == "withdraw"}
    assert may == set(proposals.BEFORE_LOCK)
    assert State.LOCKED not in may
    assert State.BALLOTING not in may


def test_a_vote_that_was_not_held_leads_back_to_where_its_dates_are_set():
    assert move(move(State.BALLOTING, "call off"), "put to ballot") is State.BALLOTING


def test_answers_end_the_road():
    goes_on = {state for state, verb in MOVES if verb != "set aside"}
    assert not goes_on & (proposals.RESPONDED | {State.NOT_CARRIED, State.LAPSED, State.REFERRED})


def test_a_result_that_is_set_aside_leads_back_to_a_new_vote_unless_the_board_has_answered():
    from_where = {state for state, verb in MOVES if verb == "set aside"}
    assert from_where == set(proposals.WITHOUT_ANSWER)
    assert not from_where & proposals.RESPONDED
    assert {move(state, "set aside") for state in from_where} == {State.LOCKED}


def test_each_outcome_of_a_declaration_moves_a_proposal_on():
    reached = {outcome: move(State.BALLOTING, verb) for outcome, verb in proposals.OUTCOME_VERBS.items()}
    assert reached == {"carried": State.CARRIED, "not carried": State.NOT_CARRIED, "inquorate": State.INQUORATE}


def test_the_canonical_text_is_sorted_json_without_spaces():
    expected = (
        b'{"change":"Open one room.","measure":"Sickness days","problem":"No place to rest.",'
        b'"title":"Rest rooms on nights","who_decides":"The estates board"}'
    )
    assert proposals.canonical_text(TEXT) == expected
    assert fingerprint(TEXT) == hashlib.sha256(expected).hexdigest()


def test_a_changed_letter_gives_another_fingerprint_and_a_lost_space_at_a_lines_end_does_not():
    longer = ProposalText("Rest rooms on nights ", "No place to rest.  \r\n", "Open one room.", *_last(TEXT))
    assert fingerprint(longer) == fingerprint(TEXT)
    other = ProposalText("Rest rooms at nights", "No place to rest.", "Open one room.", *_last(TEXT))
    assert fingerprint(other) != fingerprint(TEXT)


def test_letters_that_look_alike_are_the_same_letters():
    composed, apart = (ProposalText(title, "a", "b", "c", "d") for title in ("Caf\u00e9", "Cafe\u0301"))
    assert fingerprint(composed) == fingerprint(apart)


@given(st.lists(st.text(), min_size=5, max_size=5))
def test_writing_a_text_down_twice_changes_nothing(parts):
    once = proposals.canonical_text(ProposalText(*parts))
    assert proposals.canonical_text(ProposalText(*[proposals._clean(part) for part in parts])) == once


@given(st.permutations(["a", "b", "c", "d", "e"]))
def test_texts_that_differ_in_order_have_different_fingerprints(parts):
    same = parts == ["a", "b", "c", "d", "e"]
    assert (fingerprint(ProposalText(*parts)) == fingerprint(ProposalText("a", "b", "c", "d", "e"))) is same


def test_the_ballots_text_has_every_part_under_its_heading():
    assert proposals.in_full(TEXT) == (
        "What is the problem?\nNo place to rest.\n\nWhat should change?\nOpen one room.\n\n"
        "Who decides it?\nThe estates board\n\nHow will we know that it worked?\nSickness days"
    )
    assert (
        proposals.question("Rest rooms on nights.") == "Should the trust adopt this proposal: “Rest rooms on nights”?"
    )


def test_missing_parts_are_named_in_order():
    assert proposals.missing_parts(ProposalText("A title", " ", "Something", "", "")) == [
        "problem",
        "who_decides",
        "measure",
    ]


def test_references_count_within_a_year():
    assert proposals.reference(2027, 14) == "P-2027-014"
    assert proposals.reference(2027, 1014) == "P-2027-1014"


def _last(text):
    return text.who_decides, text.measure
