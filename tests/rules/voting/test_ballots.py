"""What may be asked, how it stands on the paper and in the manifest, and what is refused before anybody votes."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from pilot.secrecy import canonical
from pilot.voting.ballots import Majority, rankings, read_ask, write_ask
from pilot.voting.count import rules
from pilot.voting.count.contest import REOPEN, Contest, Reserve
from tests.builders.voting import ARRANGED, FOUR, OPENS, a_spec, an_election

NIGHTS = Reserve("People who work nights", (3, 4), least=1, most=1)
MARK = "ab" * 32


@pytest.mark.parametrize(
    "ask",
    [
        Majority(),
        Majority("2/3", strict=False, base="entitled", turnout_quorum="1/4"),
        an_election(),
        an_election(reopen=True, reserves=(NIGHTS, Reserve("Ward 5", (1,)))),
    ],
)
def test_what_is_asked_is_read_back_as_it_was_kept(ask):
    assert read_ask(write_ask(ask)) == ask


def test_shares_are_kept_as_exact_fractions_and_names_with_single_spaces():
    assert Majority("40%", turnout_quorum="0.25").settled() == Majority("2/5", turnout_quorum="1/4")
    assert an_election(candidates=(" Amy   Osei", "Ben Roy ")).settled().candidates == ("Amy Osei", "Ben Roy")


def test_a_majority_that_cannot_be_reached_is_refused_by_its_figure():
    assert set(Majority("most", approval_quorum="x").problems()) == {"threshold", "approval_quorum"}
    assert set(Majority("1").problems()) == {"threshold"}
    assert Majority("1", strict=False).problems() == {}


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"seats": 0}, "seats", "The number of seats must be between 1 and 25"),
        ({"seats": 26}, "seats", "The number of seats must be between 1 and 25"),
        ({"candidates": ("Amy Osei",)}, "candidates", "This election needs between 2 and 60 candidates"),
        ({"candidates": ()}, "candidates", "This election needs between 2 and 60 candidates"),
        ({"candidates": tuple(map(str, range(61)))}, "candidates", "This election needs between 2 and 60 candidates"),
        ({"candidates": ("Amy Osei", " ")}, "candidates", "Each candidate needs a name of up to 120 characters"),
        ({"candidates": ("Amy Osei", "x" * 121)}, "candidates", "Each candidate needs a name of up to 120 characters"),
        ({"candidates": ("Amy Osei", "Ben\u202eRoy")}, "candidates", "Each candidate needs a name of up to 120"),
        (
            {"candidates": ("Amy Osei", "AMY  osei")},
            "candidates",
            "Add something to tell them apart, such as their ward",
        ),
        ({"candidates": ("Amy Osei", "re-open nominations")}, "candidates", "Add it with its own switch"),
        ({"rule": "by acclamation"}, "rule", "Select how the votes are counted"),
        ({"reserves": (Reserve(" ", (1,)),)}, "reserves", "Enter a name of up to 120 characters"),
        ({"reserves": (Reserve("Nights", (5,)),)}, "reserves", "Nights has a candidate who does not stand"),
        ({"reserves": (Reserve("Nights", (0,)),)}, "reserves", "Nights has a candidate who does not stand"),
        ({"reserves": (Reserve("Nights", (4,), least=2),)}, "seats", ""),
        ({"rule": "first-past-the-post"}, "seats", "fills one seat, and there are 2"),
        ({"candidates": ("Amy Osei", "Ben Roy")}, "seats", "there is nothing to decide"),
    ],
)
def test_an_election_that_cannot_be_held_is_refused_in_a_sentence(changes, field, said):
    problems = an_election(**changes).problems()
    assert list(problems) == [field]
    assert said in problems[field]


def test_people_with_one_name_can_stand_when_something_tells_them_apart():
    assert an_election(candidates=("Sam Lee, Ward 4", "Sam Lee, Ward 5", "Amy Osei")).problems() == {}


def test_one_candidate_can_stand_where_nominations_can_be_reopened():
    assert an_election(seats=1, candidates=("Amy Osei",), reopen=True).problems() == {}


def test_everything_that_is_wrong_with_a_ballot_is_said_at_once():
    spec = a_spec(ask=an_election(seats=0, candidates=()), title="", question="x" * 501)
    assert set(spec.problems(ARRANGED)) == {"title", "question", "seats", "candidates"}
    late = replace(spec, ask=Majority(), opens_at=ARRANGED, closes_at=OPENS, title="x" * 201, question="Shall we?")
    assert set(late.problems(ARRANGED)) == {"title", "opens_at"}
    assert a_spec(ask=an_election()).problems(OPENS - timedelta(seconds=1)) == {}


def test_nominations_are_reopened_by_the_last_one_on_the_paper():
    election = an_election(reopen=True, reserves=(NIGHTS,))
    assert election.contest("Council") == Contest(2, (*FOUR, REOPEN), reserves=(NIGHTS,), reopen=5, title="Council")
    question = election.on_paper("Who?")
    assert [option.id for option in question.options] == ["1", "2", "3", "4", "5"]
    assert question.options[4].text == REOPEN


@pytest.mark.parametrize("rule", rules.RULES)
def test_the_paper_takes_what_the_rule_counts_and_a_blank_one_always(rule):
    election = an_election(rule=rule, seats=1)
    question = election.on_paper("Who?")
    assert (question.min, question.max, question.ranked) == rules.limits(rule, election.contest())
    assert question.min == 0


def test_the_manifest_says_everything_that_the_count_needs_and_no_null():
    written = an_election(reserves=(NIGHTS, Reserve("Ward 5", (1,)))).in_manifest(MARK)
    assert canonical.read(canonical.to_bytes(written)) == written
    assert written["reserves"] == [
        {"name": "People who work nights", "candidates": [3, 4], "least": 1, "most": 1},
        {"name": "Ward 5", "candidates": [1], "least": 0},
    ]
    assert (written["reopen"], written["lot"]) == (0, MARK)


@given(st.lists(st.permutations(range(1, 61)).flatmap(lambda all_: st.integers(0, 60).map(lambda n: all_[:n]))))
def test_papers_are_grouped_and_none_is_lost(papers):
    found = rankings((tuple(str(number) for number in paper),) for paper in papers)
    assert sum(found.values()) == len(papers)
    assert all(found[bytes(paper)] == sum(other == paper for other in papers) for paper in papers)
