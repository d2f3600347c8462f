"""What a board's answer must hold."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.councils.constitution import Constitution
from pilot.councils.proposals import State, move, words
from pilot.councils.responses import VERBS, Answer, Commitment, Decision, Ground, problems

TODAY = date(2027, 3, 1)
PROMISE = Commitment("Open a rest room", "Head of estates", date(2027, 6, 1), "Rest rooms open at night")
FIFTY = " ".join(["reason"] * 50)


def answer(decision, **given):
    return Answer(Decision(decision), **{"reasons": "The board agrees.", **given})


def of(given_answer):
    return problems(given_answer, TODAY, Constitution())


@pytest.mark.parametrize(
    "complete",
    [
        answer("accepted", commitments=(PROMISE,)),
        answer("accepted with changes", changes="One room first.", commitments=(PROMISE,)),
        answer("deferred", until=date(2027, 9, 1)),
        answer("deferred", until=date(2027, 9, 1), commitments=(PROMISE,)),
        answer("declined", ground=Ground.COST, reasons=FIFTY),
    ],
)
def test_a_complete_answer_has_no_problems(complete):
    assert of(complete) == {}


@pytest.mark.parametrize("decision", Decision)
def test_every_answer_gives_reasons(decision):
    assert of(answer(decision, reasons="  "))["reasons"] == "Enter the board's reasons"


def test_accepting_promises_something():
    assert set(of(answer("accepted"))) == {"what_1"}
    assert set(of(answer("accepted with changes"))) == {"what_1", "changes"}


def test_putting_off_needs_a_day_to_come():
    assert set(of(answer("deferred"))) == {"until"}
    assert set(of(answer("deferred", until=TODAY))) == {"until"}


def test_declining_needs_fifty_words_and_a_ground_and_promises_nothing():
    found = of(answer("declined", reasons=" ".join(["no"] * 49), commitments=(PROMISE,)))
    assert set(found) == {"reasons", "ground", "what_1"}
    assert found["reasons"] == "The board's reasons must have at least 50 words. They have 49"


def test_a_commitment_lies_in_the_future():
    past = Commitment("Open", "Estates", TODAY, "Rooms")
    assert set(of(answer("accepted", commitments=(PROMISE, past)))) == {"due_on_2"}


def test_dashes_are_not_words():
    assert words("too dear — and - not 1 safe ...") == 6


@given(st.lists(st.from_regex(r"[a-z0-9]{1,8}", fullmatch=True)))
def test_words_are_counted_whatever_the_space_between(pieces):
    assert words(" \n ".join(pieces)) == words(" — ".join(pieces)) == len(pieces)


def test_each_decision_is_a_move_of_an_acknowledged_proposal():
    assert {move(State.ACKNOWLEDGED, VERBS[decision]).value for decision in Decision} == {d.value for d in Decision}
