"""Seats that become empty: what the rules say of them, and by when candidates must agree."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from pilot.councils import vacancies
from pilot.councils.constitution import Constitution
from pilot.councils.contests import Kept, kept_words
from pilot.councils.vacancies import CAUSES, MOVES, STATE_WORDS, Cause, Gap, State
from pilot.errors import WrongState

GAP = Gap(date(2028, 3, 24), date(2030, 3, 23), voted=True, ranked=True, left=3)


def follows(gap=GAP, **rules):
    return vacancies.follows(gap, Constitution(**rules))


def test_every_move_leads_where_the_table_says_and_no_other_move_is_open():
    verbs = {verb for _, verb in MOVES}
    for state in State:
        for verb in verbs:
            if (state, verb) in MOVES:
                assert vacancies.move(state, verb) is MOVES[state, verb]
            else:
                with pytest.raises(WrongState, match=STATE_WORDS[state]):
                    vacancies.move(state, verb)
    assert verbs <= set(vacancies.VERB_WORDS)
    assert {State.ASKING, State.LEFT_VACANT, *MOVES.values()} == set(State)


@pytest.mark.parametrize(
    ("rule", "state", "by"),
    [
        ("countback", State.ASKING, "countback"),
        ("next_highest", State.ASKING, "next_highest"),
        ("by_election", State.BY_ELECTION, "by_election"),
        ("leave_vacant", State.LEFT_VACANT, "leave_vacant"),
    ],
)
def test_the_constitution_decides(rule, state, by):
    way = follows(vacancy_rule=rule)
    assert (way.state, way.rule) == (state, by)


@pytest.mark.parametrize("rule", ["countback", "next_highest"])
def test_without_a_vote_or_without_candidates_there_is_a_by_election(rule):
    unvoted = follows(replace(GAP, voted=False), vacancy_rule=rule)
    assert (unvoted.state, "no papers to count again" in unvoted.because) == (State.BY_ELECTION, True)
    all_sit = follows(replace(GAP, left=0), vacancy_rule=rule)
    assert (all_sit.state, "Every candidate" in all_sit.because) == (State.BY_ELECTION, True)


def test_papers_without_an_order_are_not_counted_again():
    way = follows(replace(GAP, ranked=False))
    assert (way.state, way.rule) == (State.ASKING, "next_highest")
    assert "cannot be counted again" in way.because


@pytest.mark.parametrize(
    ("from_day", "state"), [(date(2029, 9, 24), State.ASKING), (date(2029, 9, 25), State.LEFT_VACANT)]
)
def test_exactly_six_months_are_enough(from_day, state):
    assert follows(replace(GAP, from_day=from_day)).state is state


def test_a_council_may_fill_seats_to_the_last_day():
    assert follows(replace(GAP, from_day=GAP.term_ends_on), vacancy_least_months=0).state is State.ASKING


@given(days=st.integers(0, 2000), voted=st.booleans(), ranked=st.booleans(), left=st.integers(0, 3))
def test_papers_are_only_counted_when_there_are_papers_and_somebody_to_elect(days, voted, ranked, left):
    for rule in ("countback", "next_highest", "by_election", "leave_vacant"):
        gap = Gap(GAP.from_day, GAP.from_day + timedelta(days=days), voted=voted, ranked=ranked, left=left)
        way = follows(gap, vacancy_rule=rule)
        assert way.because
        assert (way.state is not State.ASKING) or (voted and left > 0)
        assert not (way.rule == "countback" and way.state is State.ASKING) or ranked


TODAY = date(2028, 3, 23)
TERM = (date(2027, 3, 24), date(2030, 3, 23))


@pytest.mark.parametrize("cause", CAUSES)
def test_the_last_day_is_within_the_time_of_the_seat_and_before_its_end(cause):
    for day in (date(2027, 3, 23), date(2030, 3, 23)):
        said = vacancies.last_day_problem(cause, day, *TERM, date(2031, 1, 1))
        assert said == "The last day must be between 24 March 2027 and 22 March 2030"
    for day in (date(2027, 3, 24), TODAY, date(2030, 3, 22)):
        assert vacancies.last_day_problem(cause, day, *TERM, date(2031, 1, 1)) is None


def test_nobody_is_said_to_die_on_a_day_that_is_yet_to_come():
    tomorrow = TODAY + timedelta(days=1)
    said = vacancies.last_day_problem(Cause.DIED, tomorrow, *TERM, TODAY)
    assert said == "The day of death cannot be in the future"
    assert vacancies.last_day_problem(Cause.DIED, TODAY, *TERM, TODAY) is None
    assert vacancies.last_day_problem(Cause.RESIGNED, tomorrow, *TERM, TODAY) is None


def test_candidates_have_ten_days_unless_all_have_answered():
    until = vacancies.consent_until(date(2027, 4, 23))
    assert until == date(2027, 5, 3)
    ask = {"all_answered": False, "agreed": [4]}
    assert "until 3 May 2027" in vacancies.why_not_yet(until, until, **ask)
    assert vacancies.why_not_yet(until, until + timedelta(days=1), **ask) is None
    assert vacancies.why_not_yet(until, date(2027, 4, 24), all_answered=True, agreed=[4]) is None
    assert "nothing to count" in vacancies.why_not_yet(until, date(2027, 4, 24), all_answered=True, agreed=[])


def test_every_cause_that_can_be_given_has_words():
    assert set(CAUSES) == set(Cause) - {Cause.NEVER_FILLED}


@pytest.mark.parametrize(("day", "late"), [(date(2030, 3, 22), False), (date(2030, 3, 23), True)])
def test_an_election_for_a_seat_is_decided_before_the_last_day_of_its_time(day, late):
    said = vacancies.no_time_left(date(2030, 3, 23), day)
    assert (said is not None) == late
    assert not late or said == (
        "The time of this seat ends on 23 March 2030, so an election for it must be decided before that day."
    )


KEPT = (Kept("Porters", 2), Kept("Doctors", 1, 2))


@pytest.mark.parametrize(
    ("sitting", "promised", "carried"),
    [
        ("Porters Porters Doctors", "", ()),
        ("Porters Doctors", "", (Kept("Porters", 1),)),
        ("Porters Porters", "", (Kept("Doctors", 1),)),
        ("Porters", "", (Kept("Doctors", 1),)),
        ("Porters", "Doctors", (Kept("Porters", 1),)),
        ("Porters", "Doctors Porters", ()),
        ("Porters Porters Doctors Doctors", "", (Kept("Doctors", 0, 0),)),
    ],
)
def test_a_by_election_takes_over_what_the_members_who_sit_do_not_meet(sitting, promised, carried):
    assert vacancies.carried(KEPT, sitting.split(), promised.split()) == carried


def test_a_class_without_room_is_told_in_words():
    assert kept_words(Kept("Doctors", 0, 0)) == "Nobody from Doctors"


def test_a_count_that_was_undone_says_so_once():
    once = vacancies.counted_again("Papers are counted.")
    assert once.startswith("Papers are counted. ")
    assert vacancies.counted_again(once) == once
