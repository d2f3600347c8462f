"""The returning officer's list of steps, from arranging to destroying."""

import msgspec
import pytest

from pilot.voting.day import ORDER, Facts, may_freeze, steps
from pilot.voting.lifecycle import OVER, UNOPENED, State

STATES = [state for state in State if state not in (State.DRAFT, *OVER)]
PLAIN = Facts(
    state=State.ARRANGED,
    standing="early",
    election=False,
    lot_taken=False,
    lot_lost="",
    voters=25,
    opens="8am on Wednesday 3 March 2027",
    closes="5pm on Wednesday 17 March 2027",
    chosen=(),
    own=False,
    binding=False,
    rehearsal=False,
    rehearsals=0,
)
OWN = {"chosen": ("Ada", "Ben", "Cy"), "own": True, "binding": True}


def facts(**changes):
    return msgspec.structs.replace(PLAIN, **changes)


def by_id(found):
    return {step.id: step for step in steps(found)}


def test_every_state_of_a_ballot_that_goes_on_has_its_place():
    assert sorted(state for states in ORDER for state in states) == sorted(STATES)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("election", [True, False])
@pytest.mark.parametrize("own", [True, False])
def test_every_list_can_be_made_and_no_step_stands_twice(state, election, own):
    found = steps(facts(state=state, election=election, lot_taken=election, **(OWN if own else {})))
    names = [step.id for step in found]
    assert len(names) == len(set(names))
    assert names[:2] == ["arranged", "trustees"]
    assert names[-3:] == ["declare", "challenges", "erase"]
    assert ("signatures" in names, "notices" in names) == (own, own)


@pytest.mark.parametrize("state", STATES)
def test_at_most_one_thing_is_to_be_done_now_once_the_list_is_fixed(state):
    found = steps(facts(state=state, **OWN))
    assert len([step for step in found if step.status == "To do now"]) <= 1


def test_a_real_vote_waits_for_its_trustees_and_an_election_for_its_number():
    assert not may_freeze(facts(binding=True))
    assert by_id(facts(binding=True))["freeze"].hint == "Choose who opens the sealed votes first"
    assert may_freeze(facts(**OWN))
    assert may_freeze(facts())
    assert not may_freeze(facts(election=True))
    assert may_freeze(facts(election=True, lot_taken=True))
    assert not may_freeze(facts(state=State.FROZEN, **OWN))


def test_missing_signatures_are_named_where_they_are_waited_for():
    step = by_id(facts(state=State.FROZEN, unsigned=("Ben", "Cy"), **OWN))["signatures"]
    assert (step.status, step.page) == ("Waiting", "trustees")
    assert step.hint.endswith("Still missing: Ben, Cy")
    assert by_id(facts(state=State.FROZEN, **OWN))["signatures"].status == "Completed"


def test_nothing_is_opened_before_objections_have_an_answer():
    found = by_id(facts(state=State.NOTICED, objections=2, opens_from="6pm on Thursday", turn="Ada", **OWN))
    assert (found["objections"].status, found["objections"].name) == ("To do now", "Objections: 2 open")
    assert found["peeled"].hint == "Not before 6pm on Thursday. Next: Ada"


def test_a_paused_vote_can_go_on_and_an_open_one_be_paused():
    assert by_id(facts(state=State.SUSPENDED))["disturbed"].status == "To do now"
    assert by_id(facts(state=State.OPEN))["disturbed"].status == "Only if needed"
    assert "disturbed" not in by_id(facts(state=State.CLOSED))


def test_a_rehearsal_has_no_rehearsal():
    assert "rehearse" not in by_id(facts(rehearsal=True))
    assert by_id(facts(state=State.FROZEN))["rehearse"].page == "rehearse"
    assert by_id(facts(state=State.OPEN))["rehearse"].page == ""


@pytest.mark.parametrize("state", [state for state in STATES if state not in (State.ARRANGED, State.FROZEN)])
def test_what_can_be_done_no_more_is_not_called_undone(state):
    found = by_id(facts(state=state))
    assert (found["tellers"].name, found["tellers"].status) == ("Who takes votes on paper", "Nobody")
    assert (found["rehearse"].name, found["rehearse"].status) == ("Rehearsal of the vote", "Not held")


def test_sealed_votes_are_destroyed_only_when_the_result_is_final():
    assert by_id(facts(state=State.CHALLENGED))["erase"].status == "Cannot start yet"
    assert by_id(facts(state=State.FINAL))["erase"].page == "erase"
    assert by_id(facts(state=State.FINAL, erase_asked=True))["erase"].status == "Waiting"
    assert by_id(facts(state=State.ERASED, erased=True))["erase"].status == "Completed"


def test_a_vote_that_does_not_count_has_nothing_left_but_its_sealed_votes():
    void = {"state": State.VOID, "set_aside": True}
    kept = by_id(facts(**void, kept_until="9am on Thursday 8 April 2027"))
    assert [(step.id, step.status) for step in kept.values()] == [("erase", "Cannot start yet")]
    assert kept["erase"].hint == "They are kept until 9am on Thursday 8 April 2027"
    assert by_id(facts(**void))["erase"].page == "erase"
    assert by_id(facts(**void, erase_asked=True))["erase"].status == "Waiting"
    assert by_id(facts(**void, erased=True))["erase"].status == "Completed"


@pytest.mark.parametrize("state", OVER)
def test_what_is_over_and_never_had_a_result_has_no_steps(state):
    assert steps(facts(state=state)) == ()
    assert not may_freeze(facts(state=state))


@pytest.mark.parametrize("state", STATES)
def test_a_vote_whose_keys_are_lost_can_be_stopped_until_all_is_opened(state):
    offered = by_id(facts(state=state, **OWN)).get("disturbed")
    assert (offered is not None and offered.name == "Stop the vote for good") is (state in UNOPENED)
