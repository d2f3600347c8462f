"""Elections of council members: states, names, reserved places, when there is no vote, and terms."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.councils import contests, paper
from pilot.councils.constitution import Constitution
from pilot.councils.contests import MOVES, STATE_WORDS, Candidate, Kept, Plan, State
from pilot.errors import WrongState
from pilot.voting.count.contest import Reserve

LOW, HIGH = "Bands 2 to 4", "Bands 5 and above"
FOUR = (Candidate("Amy Osei", LOW), Candidate("Ben Roy", HIGH), Candidate("Cat Hill", HIGH), Candidate("Dev Ali"))


def a_plan(seats=2, candidates=FOUR, *kept):
    return Plan("Staff council", seats, tuple(candidates), kept)


def test_every_move_leads_where_the_table_says_and_no_other_move_is_open():
    verbs = {verb for _, verb in MOVES}
    for state in State:
        for verb in verbs:
            if (state, verb) in MOVES:
                assert contests.move(state, verb) is MOVES[state, verb]
            else:
                with pytest.raises(WrongState, match=STATE_WORDS[state]):
                    contests.move(state, verb)


def test_every_state_can_be_reached_and_has_words():
    assert {State.DRAFT, *MOVES.values()} == set(State) == set(STATE_WORDS)
    assert {verb for _, verb in MOVES} <= set(contests.VERB_WORDS)


def test_the_order_on_the_paper_is_that_of_last_names():
    listed = contests.on_the_paper([Candidate("Zoe Adams"), Candidate("amy Osei"), Candidate("Abe Osei")])
    assert [one.name for one in listed] == ["Zoe Adams", "Abe Osei", "amy Osei"]


@pytest.mark.parametrize("name", ["AMY OSEI", " amy  osei "])
def test_equal_names_are_refused_with_a_hint(name):
    assert "add what tells them apart" in contests.name_problem(name, ["Amy Osei"])


def test_a_name_is_needed_and_nobody_is_called_re_open_nominations():
    assert contests.name_problem("  ", []) == "Enter the name of the candidate"
    assert "not a person" in contests.name_problem("re-open nominations", [])
    assert contests.name_problem("Amy\u202eOsei", []) == "The name has a sign that cannot be printed"
    assert contests.name_problem("Amy Osei", ["Ben Roy"]) is None


def test_a_statement_has_a_length_that_the_constitution_sets():
    assert contests.statement_problem(" ".join(["word"] * 150), Constitution()) is None
    assert contests.statement_problem(" ".join(["word"] * 151), Constitution()) == (
        "The statement must be 150 words or fewer. It has 151"
    )


def test_the_way_of_counting_depends_on_the_number_of_seats():
    rules = Constitution(counting_rule="meek-stv", one_seat_rule="first-past-the-post")
    assert (paper.rule_for(rules, 1), paper.rule_for(rules, 2)) == ("first-past-the-post", "meek-stv")
    assert (paper.rule_for(Constitution(), 1), paper.rule_for(Constitution(), 9)) == (
        "alternative-vote", "scottish-stv",
    )  # fmt: skip


def test_kept_places_name_the_candidates_by_their_place_on_the_paper():
    asked = paper.election(a_plan(2, FOUR, Kept(HIGH, 1, 2)), Constitution(reopen_nominations=True))
    assert asked.candidates == ("Dev Ali", "Cat Hill", "Amy Osei", "Ben Roy")
    assert asked.reserves == (Reserve(HIGH, (2, 4), 1, 2),)
    assert asked.reopen


def test_an_election_that_is_ready_has_no_problems():
    assert paper.problems(a_plan(2, FOUR, Kept(LOW, 1)), Constitution()) == []
    assert paper.kept_problems(a_plan(2, FOUR, Kept(LOW, 1)), Constitution()) == []


def test_places_that_cannot_be_filled_are_told_in_words():
    (said,) = paper.kept_problems(a_plan(3, FOUR, Kept(LOW, 2)), Constitution())
    assert LOW in said
    assert paper.problems(a_plan(3, FOUR, Kept(LOW, 2)), Constitution()) == [said]


def test_places_without_candidates_are_told_though_seats_stay_empty_for_them():
    plan = a_plan(3, FOUR[:1], Kept(FOUR[0].group, 2))
    (said,) = paper.kept_problems(plan, Constitution())
    assert said.startswith(f"At least 2 of “{FOUR[0].group}” should be elected, and 1 stands. Find more candidates")
    assert paper.problems(plan, Constitution()) == []  # the other seats stay empty until a by-election
    assert paper.kept_problems(a_plan(3, FOUR[:1], Kept(FOUR[0].group, 1)), Constitution()) == []


def test_where_no_candidate_may_be_elected_nobody_is_left():
    (said,) = paper.kept_problems(a_plan(3, FOUR[:1], Kept(FOUR[0].group, 0, 0)), Constitution())
    assert said == f"At most 0 of “{FOUR[0].group}” can be elected, and 1 stands. Nobody is left who could be elected."


def test_nobody_too_many_and_too_long_are_told():
    assert paper.problems(a_plan(2, ()), Constitution()) == ["Nobody stands yet. Add the candidates."]
    many = [Candidate(f"Name {number}") for number in range(61)]
    assert paper.problems(a_plan(2, many), Constitution()) == [
        "An election can have 60 candidates at most. This one has 61."
    ]
    wordy = (*FOUR, Candidate("Eve Ward", "", "word " * 51))
    (said,) = paper.problems(a_plan(2, wordy), Constitution(candidate_statement_max_words=50))
    assert said == "Eve Ward: The statement must be 50 words or fewer. It has 51."


@given(seats=st.integers(1, 25), candidates=st.integers(0, 30))
def test_there_is_no_vote_exactly_when_there_are_no_more_candidates_than_seats(seats, candidates):
    plan = a_plan(seats, [Candidate(f"Name {number}") for number in range(candidates)])
    assert contests.is_uncontested(plan) == (1 <= candidates <= seats)
    if candidates:
        assert paper.problems(plan, Constitution()) == []


def test_without_a_vote_reserved_places_still_hold():
    assert paper.problems(a_plan(4, FOUR, Kept(LOW, 1)), Constitution()) == []
    (said,) = paper.problems(a_plan(4, FOUR, Kept(HIGH, 0, 1)), Constitution())
    assert said.startswith(f"At most 1 of “{HIGH}” can be elected, and 2 stand.")
    assert paper.problems(a_plan(5, FOUR, Kept(LOW, 2)), Constitution()) == []  # the fifth seat stays empty for them
    (said,) = paper.problems(a_plan(4, FOUR, Kept(LOW, 2)), Constitution())
    assert said.startswith("Reserved places lack 1 of their candidates")


@pytest.mark.parametrize(
    ("kept", "words"),
    [
        (Kept(LOW, 1), f"At least 1 from {LOW}"),
        (Kept(LOW, 0, 2), f"At most 2 from {LOW}"),
        (Kept(LOW, 1, 2), f"At least 1 and at most 2 from {LOW}"),
    ],
)
def test_reserved_places_are_told_in_words(kept, words):
    assert contests.kept_words(kept) == words


def test_voters_read_every_statement_in_the_order_of_the_paper():
    text = paper.in_full([Candidate("Amy Osei", LOW, "Nights matter."), Candidate("Zoe Adams")])
    assert text == "Zoe Adams\nThis candidate gave no statement.\n\nAmy Osei (Bands 2 to 4)\nNights matter."
    assert paper.question("Staff council", 1) == "Who should hold the seat on the Staff council?"


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2027, 3, 24), 36, date(2030, 3, 24)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2027, 12, 31), 2, date(2028, 2, 29)),
        (date(2027, 10, 31), 1, date(2027, 11, 30)),
        (date(2027, 11, 30), 1, date(2027, 12, 30)),
    ],
)
def test_months_later_is_the_same_day_or_the_last_of_a_shorter_month(day, months, later):
    assert contests.months_after(day, months) == later


@given(day=st.dates(date(2020, 1, 1), date(2090, 1, 1)), months=st.integers(0, 60))
def test_months_later_never_leaves_the_month_that_was_meant(day, months):
    later = contests.months_after(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or (later.day < day.day and (later + timedelta(days=1)).day == 1)


def test_a_seat_is_held_up_to_the_day_before_its_months_are_over():
    assert contests.term_ends(date(2027, 3, 24), Constitution()) == date(2030, 3, 23)
