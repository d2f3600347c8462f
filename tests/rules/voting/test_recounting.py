"""Questions that the yes-no rule cannot count are refused in a sentence; votes left out are held against the margin."""

import pytest

from pilot.secrecy.manifest import Option, Question
from pilot.voting.count import rules, yes_no
from pilot.voting.count.contest import REOPEN, Contest, Reserve
from pilot.voting.record import margins
from pilot.voting.record.asked import Election, asked
from pilot.voting.record.parts import Fault
from tests.builders.secrecy import YES_NO, World

OPTIONS = YES_NO.options


@pytest.mark.parametrize(
    "questions",
    [
        (Question("Q", OPTIONS, min=0, max=1),),
        (Question("Q", OPTIONS, min=1, max=2),),
        (YES_NO, YES_NO),
        (Question("Q", OPTIONS, ranked=True),),
        (Question("Q", (Option("yes", "Y"), Option("red", "R"))),),
    ],
    ids=["no answer needed", "two answers", "two questions", "ranked", "another answer"],
)
def test_the_yes_no_rule_takes_nothing_but_one_question_with_one_answer(questions):
    world = World(questions)
    with pytest.raises(Fault, match=r"exactly one (answer|question)") as fault:
        asked(world.manifest)
    assert fault.value.file == "manifest.json"


@pytest.mark.parametrize(
    ("votes", "spoilt", "left", "could"),
    [
        ({"yes": 8, "no": 5}, 0, 0, False),
        ({"yes": 8, "no": 5}, 0, 1, False),
        ({"yes": 8, "no": 5}, 1, 2, True),
        ({"yes": 5, "no": 9}, 0, 1, False),
        ({"yes": 5, "no": 9}, 0, 5, True),
        ({"yes": 0, "no": 0}, 1, 1, True),
    ],
)
def test_votes_that_were_not_counted_matter_from_the_margin_on(votes, spoilt, left, could):
    rule = yes_no.Rule(threshold=yes_no.share("1/2"), strict=True, base="valid")
    result = yes_no.count(rule, votes, entitled=60, spoilt=spoilt)
    assert bool(margins.left_out(rule, result, left)) is could


def test_votes_that_were_not_counted_matter_when_they_reach_the_turnout():
    rule = yes_no.Rule(yes_no.share("1/2"), strict=True, base="valid", turnout_quorum=yes_no.share("1/2"))
    result = yes_no.count(rule, {"yes": 20, "no": 5}, entitled=60)
    assert result.outcome is yes_no.Outcome.INQUORATE
    assert not margins.left_out(rule, result, 4)
    assert margins.left_out(rule, result, 5)


NAMES = ("A", "B", "C", REOPEN)


@pytest.mark.parametrize(
    ("rule", "seats", "papers", "needed"),
    [
        ("first-past-the-post", 1, {b"\1": 9, b"\2": 4}, 3),
        ("first-past-the-post", 1, {b"\1": 8, b"\2": 4}, 2),
        ("first-past-the-post", 1, {b"\1": 4, b"\2": 4}, 1),
        ("first-past-the-post", 1, {b"\1": 5, b"\2": 2, b"\4": 4}, 1),
        ("first-past-the-post", 1, {b"\1": 1, b"\4": 8}, 4),
        ("block-plurality", 2, {b"\1\2": 9, b"\3": 2}, 4),
        ("approval", 2, {b"\1\2": 9, b"\3": 2, b"\4": 7}, 1),
    ],
)
def test_the_margin_of_a_rule_without_transfers_is_what_parts_the_elected_from_the_next(rule, seats, papers, needed):
    asked_for = Election(rule, Contest(seats, NAMES, reopen=4), "0" * 64)
    count = rules.count(rule, asked_for.contest, papers, (1, 2, 3, 4))
    assert margins.exchanged(asked_for, count) == needed
    assert margins.beside_spare(asked_for, count).startswith(f"{needed} exchanged")
    assert not margins.left_out(asked_for, count, needed - 1)
    assert "enough to have given another outcome" in margins.left_out(asked_for, count, needed)


@pytest.mark.parametrize("rule", ["first-past-the-post", "block-plurality", "approval"])
@pytest.mark.parametrize("reopen", [None, 4])
def test_where_all_papers_are_blank_one_paper_would_elect(rule, reopen):
    asked_for = Election(rule, Contest(1, NAMES, reopen=reopen), "0" * 64)
    count = rules.count(rule, asked_for.contest, {b"": 52}, (1, 2, 3, 4))
    assert margins.exchanged(asked_for, count) == 1
    assert not margins.left_out(asked_for, count, 0)
    assert "enough to have given another outcome" in margins.left_out(asked_for, count, 1)


@pytest.mark.parametrize(
    ("rule", "reserves"), [("scottish-stv", ()), ("meek-stv", ()), ("approval", (Reserve("Night", (3,), 1),))]
)
def test_where_no_margin_is_known_any_vote_left_out_could_matter(rule, reserves):
    asked_for = Election(rule, Contest(2, NAMES, reserves=reserves, reopen=4), "0" * 64)
    count = rules.count(rule, asked_for.contest, {b"\1": 40, b"\2": 9, b"\3": 1}, (1, 2, 3, 4))
    assert "nobody can say" in margins.beside_spare(asked_for, count)
    assert not margins.left_out(asked_for, count, 0)
    assert "nobody can say" in margins.left_out(asked_for, count, 1)
