"""Approval: on each paper as many choices as the voter likes.

The candidates with the most votes are elected. Nobody has to choose between two candidates whom they both like, so no
candidate takes votes from another.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilot.voting.count.approval import count
from pilot.voting.count.contest import Cannot, Contest, Reserve
from pilot.voting.count.lot import NeedsLot

NAMES = ("Amy Osei", "Ben Roy", "Cat Hill", "Dan Fox")
FOUR = Contest(2, NAMES)


def test_the_seats_go_to_those_whom_most_papers_choose():
    """Amy is on 5 + 4 papers, Ben on 5 + 3, Cat on 4 + 3, Dan on 3."""
    result = count(FOUR, {b"\x01\x02": 5, b"\x01\x03": 4, b"\x02\x03\x04": 3})
    assert result.stages[0].votes == {"1": "9", "2": "8", "3": "7", "4": "3"}
    assert (result.rule, result.winners, result.valid) == ("approval", (1, 2), 12)
    assert result.stages[0].action == (
        "Amy Osei (9) and Ben Roy (8) have the most votes and are elected. Next, with 7 votes: Cat Hill."
    )


def test_a_paper_may_choose_more_candidates_than_there_are_seats():
    """Three choices for two seats are three votes."""
    result = count(FOUR, {b"\x01\x02\x03": 2, b"\x01": 2, b"\x03\x04": 1})
    assert result.stages[0].votes == {"1": "4", "2": "2", "3": "3", "4": "1"}
    assert result.winners == (1, 3)


def test_a_paper_that_chooses_everybody_changes_nothing_between_them():
    """It counts as a paper, and gives each the same."""
    papers = {b"\x01": 3, b"\x02": 2, b"\x03": 1}
    assert count(FOUR, papers).winners == count(FOUR, papers | {b"\x01\x02\x03\x04": 7}).winners == (1, 2)


def test_level_candidates_for_the_last_seat_are_decided_between_by_lot():
    """Ben and Cat are on five papers each, behind Amy."""
    result = count(FOUR, {b"\x01\x02\x03": 5, b"\x01": 1}, order=(4, 3, 2, 1))
    assert (result.winners, result.by_lot) == ((1, 3), True)
    assert [(tie.candidates, tie.settled) for tie in result.ties] == [((2, 3), "lot")]
    assert result.sentence == "Amy Osei and Cat Hill are elected. A tie was decided by lot at stage 1."
    with pytest.raises(NeedsLot):
        count(FOUR, {b"\x01\x02\x03": 5, b"\x01": 1})


def test_when_all_are_level_the_lot_fills_every_seat():
    """Eight papers choose all four: the first two in the lot are elected."""
    result = count(FOUR, {b"\x01\x02\x03\x04": 8}, order=(3, 1, 4, 2))
    assert (result.winners, len(result.ties)) == ((3, 1), 2)


def test_with_only_blank_papers_nobody_is_elected():
    """The lot does not choose where nobody voted."""
    result = count(FOUR, {b"": 8}, order=(3, 1, 4, 2))
    assert (result.winners, result.empty, result.ties, result.blank) == ((), 2, (), 8)


def test_one_voter_can_fill_every_seat():
    """One paper with two choices."""
    assert count(FOUR, {b"\x02\x04": 1}).winners == (2, 4)


def test_fewer_candidates_than_seats_leave_seats_empty():
    """Four candidates for five seats are all elected."""
    result = count(Contest(5, NAMES), {b"\x01": 1})
    assert (len(result.winners), result.empty) == (4, 1)


def test_choices_for_somebody_who_withdrew_are_passed_over():
    """The other choices on the paper count. A paper that chose nobody else is blank."""
    result = count(Contest(2, NAMES, withdrawn=(1,)), {b"\x01\x02": 5, b"\x01": 4, b"\x03": 1})
    assert (result.winners, result.valid, result.blank) == ((2, 3), 6, 4)


def test_a_candidate_level_with_re_open_nominations_is_not_elected():
    """A candidate needs more votes than Re-open nominations; seats that nobody can take stay empty."""
    contest = Contest(2, (*NAMES, "Re-open nominations"), reopen=5)
    result = count(contest, {b"\x01\x05": 4, b"\x01\x02": 4, b"\x03": 3})
    assert result.stages[0].votes == {"1": "8", "2": "4", "3": "3", "4": "0", "5": "4"}
    assert (result.winners, result.empty, result.ties) == ((1,), 1, ())


def test_kept_seats_are_filled_from_their_class():
    """Dan has the fewest votes and is the only one of night staff, for whom one seat is kept."""
    contest = Contest(2, NAMES, reserves=(Reserve("night staff", (4,), least=1),))
    result = count(contest, {b"\x01\x02": 5, b"\x01": 4, b"\x04": 1})
    assert result.winners == (1, 4)
    assert "Ben Roy (5) is not elected, because the last seat is kept for night staff." in result.stages[0].action


def test_nobody_can_keep_a_seat_in_a_count_by_approval():
    """A countback needs papers with an order of preference."""
    with pytest.raises(Cannot, match="needs papers with an order of preference"):
        count(Contest(2, NAMES, kept=(1,)), {b"\x01": 1})


def test_sixty_candidates_for_twenty_five_seats():
    """The largest election that we expect."""
    contest = Contest(25, tuple(f"Candidate {n}" for n in range(1, 61)))
    result = count(contest, {bytes(range(1, n + 1)): 1 for n in range(1, 61)})
    assert result.winners == tuple(range(1, 26))


papers = st.dictionaries(st.sets(st.integers(1, 5)).map(lambda chosen: bytes(sorted(chosen))), st.integers(1, 20))


@settings(deadline=None)
@given(papers, st.permutations(range(1, 6)))
def test_every_choice_is_one_vote(chosen, order):
    """All votes together are all choices on all papers."""
    result = count(Contest(2, (*NAMES, "Eve Sim")), chosen, order)
    assert sum(map(int, result.stages[0].votes.values())) == sum(len(paper) * many for paper, many in chosen.items())
    assert result.valid + result.blank == sum(chosen.values())


@settings(deadline=None)
@given(papers, st.integers(1, 5), st.permutations(range(1, 6)))
def test_one_more_vote_never_unseats_a_candidate(chosen, number, order):
    """A paper more for somebody who is elected leaves them elected."""
    contest = Contest(2, (*NAMES, "Eve Sim"))
    more = chosen | {bytes([number]): chosen.get(bytes([number]), 0) + 1}
    if number in count(contest, chosen, order).winners:
        assert number in count(contest, more, order).winners
