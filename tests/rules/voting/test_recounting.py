"""Ballots that the yes-no rule cannot count are refused in a sentence; votes left out are held against the margin."""

import pytest

from pilot.secrecy import peel, record, tree
from pilot.secrecy.manifest import Option, Question
from pilot.voting.count import yes_no
from pilot.voting.record import build, tally
from pilot.voting.record.parts import CloseLeaf, Fault, FinalLeaf
from pilot.voting.record.trail import Log
from tests.builders.secrecy import YES_NO, World

OPTIONS = YES_NO.options


@pytest.mark.parametrize(
    ("questions", "answers"),
    [
        ((Question("Q", OPTIONS, min=0, max=1),), [[]]),
        ((Question("Q", OPTIONS, min=1, max=2),), [["yes", "no"]]),
        ((YES_NO, YES_NO), [["yes"], ["no"]]),
        ((Question("Q", OPTIONS, ranked=True),), [["yes"]]),
        ((Question("Q", (Option("yes", "Y"), Option("red", "R"))),), [["red"]]),
    ],
    ids=["no answer needed", "two answers", "two questions", "ranked", "another answer"],
)
def test_the_yes_no_rule_takes_nothing_but_one_question_with_one_answer(questions, answers):
    world = World(questions)
    inner = [world.inner(world.paper(*answers))]
    lines = record.paper_lines(world.judged(inner))
    files = {"papers.jsonl": record.lines(lines), "stage-3.txt": peel.stage(inner)}
    root = tree.root(lines).hex()
    log = Log(CloseLeaf(1, world.digest, 20, "", 1, 1), FinalLeaf(world.digest, root, 0, 0, 1), (), (), "")
    with pytest.raises(Fault, match="exactly one answer") as fault:
        tally.judge(files, world.manifest, world.digest, log)
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
    assert build.could_matter(rule, result, left) is could


def test_votes_that_were_not_counted_matter_when_they_reach_the_turnout():
    rule = yes_no.Rule(yes_no.share("1/2"), strict=True, base="valid", turnout_quorum=yes_no.share("1/2"))
    result = yes_no.count(rule, {"yes": 20, "no": 5}, entitled=60)
    assert result.outcome is yes_no.Outcome.INQUORATE
    assert not build.could_matter(rule, result, 4)
    assert build.could_matter(rule, result, 5)
