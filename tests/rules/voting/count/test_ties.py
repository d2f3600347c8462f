"""Candidates who are level.

Whoever was ahead at the latest stage at which they differed is preferred. Only when they were level at every stage does
the lot decide: one order of all candidates, drawn from the papers and a number that the returning officer fixed before
the vote and opened after it. Every tie stands in the result, with how it was settled. (SSI 2007/42, Schedule 1, rules
49(2), 49(3) and 51(2).)
"""

import pytest

from pilot.voting.count.lot import NeedsLot
from pilot.voting.count.scottish_stv import count
from pilot.voting.count.ties import Ties
from tests.builders.count import a_contest, papers

LEVEL_LATER = papers("30 A", "29 B", "12 C", "10 D", "2 ED")
"""Cat and Dan have 12 votes each at stage 2; at stage 1 Dan had 10."""


def settled(result):
    return [(tie.stage, tie.candidates, tie.settled, tie.chosen) for tie in result.ties]


def test_of_two_with_the_fewest_votes_the_one_who_had_fewer_before_leaves():
    """Cat and Dan are level with 12. At stage 1 Dan had 10, so Dan leaves, and no lot is needed."""
    result = count(a_contest(1, 5), LEVEL_LATER)
    assert settled(result)[0] == (3, (3, 4), "lookback 1", 4)
    assert not result.by_lot
    assert result.stages[2].action.startswith(
        "Cat Hill and Dan Fox have the fewest votes, 12 each. Dan Fox had fewer than Cat Hill at the end of stage "
        "1: Dan Fox leaves the count. 12 votes stop here"
    )


def test_the_latest_stage_at_which_they_differed_counts_and_not_an_earlier_one():
    """Cat had more than Dan at stage 1, Dan more at stage 2, and they are level at stage 3: Cat leaves, because stage 2
    is later."""
    given = papers("40 A", "39 B", "8 C", "7 D", "3 ED", "2 FC")
    result = count(a_contest(1, 6), given)
    assert [result.stages[n].excluded for n in (1, 2)] == [(6,), (5,)]
    assert [(result.stages[n].votes["3"], result.stages[n].votes["4"]) for n in range(3)] == [
        ("8.00000", "7.00000"),
        ("10.00000", "7.00000"),
        ("10.00000", "10.00000"),
    ]
    assert settled(result)[0] == (4, (3, 4), "lookback 2", 4)


def test_of_two_equal_surpluses_the_one_of_the_candidate_who_had_more_before_moves_first():
    """When Eve leaves, Amy and Ben both have 40, one more than the quota. At stage 1 Amy had 36 and Ben 35, so Amy's
    surplus moves first."""
    result = count(a_contest(3, 5), papers("36 AC", "35 BD", "38 C", "35 D", "4 EA", "5 EB"))
    assert settled(result) == [(3, (1, 2), "lookback 1", 1)]
    assert [stage.acts_on for stage in result.stages if stage.kind == "surplus"] == [(1,), (2,)]
    assert result.stages[2].action.startswith(
        "Amy Osei and Ben Roy have the most votes, 40 each. Amy Osei had more than Ben Roy at the end of stage 1: the "
        "votes of Amy Osei move on first. Amy Osei has 40 votes, 1 more than the quota of 39. 1 vote moves on at"
    )


def test_three_who_are_level_can_be_told_apart_in_two_steps():
    """Three are level. At the latest stage at which they differed one of them was ahead, and stays; an earlier stage
    tells the two others apart."""
    ties = Ties(a_contest(1, 3), None, places=0)
    history = [{1: 4, 2: 3, 3: 2}, {1: 4, 2: 4, 3: 5}, {1: 6, 2: 6, 3: 6}]
    assert ties.settle("exclusion", [1, 2, 3], history, 4) == 2
    assert ties.found[0].settled == "lookback 1"
    assert ties.found[0].sentence == (
        "Amy Osei, Ben Roy and Cat Hill have the fewest votes, 6 each. Cat Hill had more at the end of stage 2. "
        "Ben Roy had fewer than Amy Osei at the end of stage 1: Ben Roy leaves the count."
    )


def test_the_lot_decides_only_between_those_whom_no_stage_tells_apart():
    """Three are level, one was ahead before: the lot is asked about the other two only."""
    history = [{1: 4, 2: 4, 3: 5}, {1: 6, 2: 6, 3: 6}]
    ties = Ties(a_contest(1, 3), (1, 2, 3), places=0)
    assert ties.settle("exclusion", [1, 2, 3], history, 3) == 2
    assert ties.found[0].settled == "lot"
    assert ties.found[0].sentence.endswith(
        "6 each. Cat Hill had more at the end of stage 1. No stage tells Amy Osei and Ben Roy apart, so the lot "
        "decides: Ben Roy leaves the count."
    )


def test_the_luckiest_in_the_lot_stays_takes_the_seat_and_moves_first():
    """One order is drawn for the whole count, the luckiest first: who is luckier takes a seat, moves a surplus first,
    and is not the one who leaves."""
    level = [{1: 5, 2: 5}]
    for order, luckier, other in (((1, 2), 1, 2), ((2, 1), 2, 1)):
        assert Ties(a_contest(1, 2), order).settle("seat", [1, 2], level, 1) == luckier
        assert Ties(a_contest(1, 2), order).settle("surplus", [1, 2], level, 2) == luckier
        assert Ties(a_contest(1, 2), order).settle("exclusion", [1, 2], level, 2) == other


def test_the_lot_decides_which_of_two_equal_surpluses_moves_first():
    """Amy and Ben have 40 votes each at the first stage. Whose surplus moves first does not change what Cat and Dan
    get here, but it is settled by lot and told."""
    given = papers("40 AC", "40 BD", "21 C", "20 D")
    for order in ((1, 2, 3, 4), (2, 1, 3, 4)):
        result = count(a_contest(3, 4), given, order)
        assert settled(result)[0] == (2, (1, 2), "lot", order[0])
        assert result.stages[1].action.startswith(
            "Amy Osei and Ben Roy have the most votes, 40 each. The lot decides: the votes of "
        )
    assert result.sentence.endswith("A tie was decided by lot at stage 2.")


def test_two_with_one_vote_each_are_settled_by_lot_both_ways():
    """For one seat, two candidates with one paper each: whoever is luckier wins."""
    for order in ((1, 2), (2, 1)):
        assert count(a_contest(1, 2), papers("1 A", "1 B"), order).winners == order[:1]


def test_the_count_stops_when_a_lot_is_needed_and_none_was_drawn():
    """Without a lot nobody is chosen: the count says that it is needed, and is done again with it."""
    with pytest.raises(NeedsLot, match="the lot has not been drawn"):
        count(a_contest(1, 2), papers("1 A", "1 B"))


def test_a_lot_is_not_asked_where_nothing_is_level():
    """The count of papers without a tie needs no lot and does not look at it."""
    given = papers("60 ABD", "40 AB", "34 AC", "95 BD", "100 C", "98 DC")
    assert count(a_contest(3, 4), given) == count(a_contest(3, 4), given, (4, 3, 2, 1))


def test_level_candidates_who_all_reach_the_quota_are_all_elected():
    """Two who reach the quota with the same votes need no lot to be elected, as there is a seat for each."""
    result = count(a_contest(2, 3), papers("34 A", "34 B", "32 C"))
    assert (result.winners, result.ties) == ((1, 2), ())
