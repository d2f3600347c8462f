"""Results in plain sentences."""

import re
import shlex
from argparse import ArgumentParser

import pytest

from pilot.commands import count as command
from pilot.secrecy.manifest import Option, Question
from pilot.voting.ballots import Election, Majority
from pilot.voting.count import rules
from pilot.voting.count.contest import REOPEN, Contest, Reserve
from pilot.voting.outcomes import HOW, WAYS, again, answers, candidates, decided, empty, headline, quota, reserved

FOUR = ("Amy Osei", "Ben Roy", "Cat Hill", "Dan Webb")
ORDER = (1, 2, 3, 4)


def a_count(papers, *, rule="scottish-stv", order=ORDER, **changes):
    return rules.count(rule, Contest(**({"seats": 2, "candidates": FOUR} | changes)), papers, order)


def test_the_heading_names_up_to_four_people_and_counts_more():
    assert headline(a_count({b"\x01": 9}, seats=1)) == "Amy Osei was elected"
    assert headline(a_count({b"\x01": 9, b"\x02": 8})) == "Amy Osei and Ben Roy were elected"
    six = tuple(f"Person {n}" for n in range(1, 7))
    assert headline(
        a_count({bytes([n]): n for n in range(1, 7)}, candidates=six, seats=5, order=(1, 2, 3, 4, 5, 6))
    ) == ("5 people were elected")
    won = a_count({b"\x05": 9, b"\x01": 1}, candidates=(*FOUR, REOPEN), reopen=5, order=(1, 2, 3, 4, 5), seats=1)
    assert headline(won) == "Nobody was elected"


def test_the_quota_can_be_checked_with_a_pencil():
    assert quota(a_count({b"\x01": 300, b"\x02": 124}, seats=3)) == (
        "The quota is 107: the smallest number of votes that only 3 candidates can all reach. "
        "4 times 107 would be 428, and there are 424 papers."
    )
    assert (
        quota(a_count({b"\x01": 300, b"\x02": 124}, seats=1)) == "The quota is 213: more than half of the 424 papers."
    )
    assert quota(a_count({b"\x01": 3}, rule="approval")) == ""
    assert "It becomes smaller when votes can move on no further." in quota(
        a_count({b"\x01": 5, b"\x02": 3, b"\x03": 2}, rule="meek-stv")
    )


@pytest.mark.parametrize(("valid", "seats"), [(valid, seats) for valid in (1, 2, 3, 99, 100, 424) for seats in (2, 3)])
def test_what_is_said_of_the_quota_is_true(valid, seats):
    said = quota(a_count({b"\x01": valid}, seats=seats))
    votes, times, product, papers = (
        int(part)
        for part in re.search(r"is (\d+): .* (\d+) times \d+ would be (\d+), and there are (\d+) papers", said).groups()
    )
    assert times == seats + 1
    assert product == times * votes > papers == valid
    assert times * (votes - 1) <= papers


def test_empty_seats_have_a_reason():
    papers = {b"\x05": 9, b"\x01": 8, b"\x02": 1}
    count = a_count(papers, candidates=(*FOUR, REOPEN), reopen=5, order=(1, 2, 3, 4, 5))
    assert empty(count, 5) == "1 seat stays empty: “Re-open nominations” won it, so nobody holds it for now."
    assert empty(a_count({b"\x01": 1, b"\x02": 1}), None) == ""
    assert empty(a_count({b"": 3}), None) == "2 seats stay empty: no paper chose anybody."


def test_kept_seats_are_told_with_their_limits_and_who_won_them():
    kept = (Reserve("Night staff", (3, 4), least=1), Reserve("Ward managers", (1,), most=1))
    count = a_count({b"\x01": 9, b"\x02": 8, b"\x03": 2, b"\x04": 1}, reserves=kept)
    assert reserved(count, kept) == [
        "Night staff: at least 1 of the 2 seats had to go to this group. Its candidates were Cat Hill and Dan Webb. "
        "1 of them was elected: Cat Hill.",
        "Ward managers: no more than 1 of the 2 seats could go to this group. Its candidate was Amy Osei. "
        "1 of them was elected: Amy Osei.",
    ]


def test_a_group_without_limits_has_none_told():
    kept = (Reserve("Night staff", (3, 4)),)
    assert reserved(a_count({b"\x01": 9, b"\x03": 2}, reserves=kept), kept) == [
        "Night staff: its candidates were Cat Hill and Dan Webb. 1 of them was elected: Cat Hill."
    ]


def test_papers_are_read_in_words():
    options = (Option("1", "Amy Osei"), Option("2", "Ben Roy"))
    ranked = answers(Question("Who?", options, 0, 2, True))
    assert ranked.words("2 1") == "1 Ben Roy, 2 Amy Osei"
    assert ranked.words("") == "nobody"
    assert answers(Question("Who?", options, 0, 2)).words("1 2") == "Amy Osei, Ben Roy"
    assert answers(Majority().on_paper("Shall we?")).words("abstain") == "I do not want to choose"


def test_a_page_says_how_a_vote_is_decided():
    assert decided(Majority()).startswith("The proposal is carried if more than half")
    assert decided(Election("first-past-the-post", 1, FOUR)).startswith("1 seat is filled. Voters choose one candidate")


def test_the_declaration_lists_candidates_as_the_paper_did():
    listed = candidates(a_count({b"\x02": 1200, b"\x01": 800, b"\x04": 3}))
    assert [(one.name, one.votes) for one in listed] == [
        ("Amy Osei", "800"),
        ("Ben Roy", "1,200"),
        ("Cat Hill", "0"),
        ("Dan Webb", "3"),
    ]
    assert listed[1].fate == "Elected at stage 1"


def test_every_rule_is_explained():
    assert set(HOW) == set(WAYS) == set(rules.RULES)


@pytest.mark.parametrize("most", [None, 1])
@pytest.mark.parametrize(
    "name", ["Night staff", "Night: bank", "Ward:2", "Ward:1:2:3", ":", "-n", "-n:1", 'O\'Neill & "Co"', "$HOME *"]
)
def test_the_command_that_counts_again_keeps_a_group_whatever_its_name_is(name, most):
    kept = (Reserve(name, (3, 4), least=1, most=most), Reserve("Day", (1,), most=1))
    ask = Election("scottish-stv", 2, FOUR, reserves=kept)
    parser = ArgumentParser()
    command.register(parser.add_subparsers())
    parsed = parser.parse_args(shlex.split(again(ask))[1:])
    papers = {b"\x01\x02": 9, b"\x02": 8, b"\x03": 2, b"\x04": 1}
    assert (parsed.seats, [one.name for one in parsed.reserve]) == (2, [name, "Day"])
    assert a_count(papers, reserves=tuple(parsed.reserve)) == a_count(papers, reserves=kept)
