"""Re-open nominations in the single transferable vote.

Where a contest has it, "Re-open nominations" stands on the paper like a candidate who is nobody. A seat that it wins
stays empty, and can be filled by a new election. It holds one seat for each full quota of votes, and its votes beyond
that stay with it.
"""

import pytest

from pilot.voting.count.contest import Reserve
from pilot.voting.count.scottish_stv import alternative_vote, count
from tests.builders.count import a_contest, papers


def test_when_it_wins_the_only_seat_the_seat_stays_empty():
    """Re-open nominations has the most votes to the end: nobody is elected."""
    result = alternative_vote(a_contest(1, 2, reopen=True), papers("6 C", "5 A", "4 B"))
    assert (result.winners, result.empty) == ((), 1)
    assert result.stages[-1].action.endswith(
        "1 seat is left, and 1 candidate can take it. Re-open nominations wins a seat: it stays empty."
    )
    assert result.sentence == "Nobody is elected. 1 seat stays empty."


def test_when_it_has_more_than_half_the_seat_stays_empty_at_once():
    """With the quota at the first stage the count is over."""
    result = alternative_vote(a_contest(1, 2, reopen=True), papers("8 C", "4 A", "3 B"))
    assert (result.winners, result.empty, len(result.stages)) == ((), 1, 1)
    assert result.stages[0].action.endswith(
        "Re-open nominations has 8 votes and reaches the quota of 8: 1 seat stays empty."
    )


def test_when_it_has_the_fewest_votes_it_leaves_like_a_candidate():
    """Its papers go to the next choice."""
    result = alternative_vote(a_contest(1, 2, reopen=True), papers("5 A", "4 B", "2 CB"))
    assert (result.stages[1].excluded, result.winners, result.empty) == ((3,), (2,), 0)


def test_it_holds_a_seat_for_each_full_quota():
    """108 papers for 3 seats: the quota is 28, and 70 votes are two full quotas. Two seats stay empty, the third is
    filled by the candidates alone."""
    result = count(a_contest(3, 3, reopen=True), papers("70 D", "20 A", "10 B", "8 C"))
    assert (result.winners, result.empty) == ((1,), 2)
    assert "has 70 votes and reaches 2 times the quota of 28: 2 seats stay empty." in result.stages[0].action
    assert result.sentence == "Amy Osei is elected. 2 seats stay empty."


def test_its_votes_beyond_the_quota_stay_with_it():
    """It has no surplus to move: at the end it still has all its votes."""
    result = count(a_contest(3, 3, reopen=True), papers("70 DA", "20 A", "10 B", "8 C"))
    assert all(stage.votes["4"] == "70.00000" for stage in result.stages)


def test_it_still_gains_votes_once_it_holds_a_seat():
    """It has 40 votes and one seat. Votes from Amy and Cat bring it to two full quotas of 26, and a second seat."""
    result = count(a_contest(3, 3, reopen=True), papers("40 D", "34 AD", "15 BD", "11 CD"))
    assert [stage.votes["4"] for stage in result.stages] == ["40.00000", "47.99986", "58.99986"]
    assert (result.winners, result.empty) == ((1,), 2)


def test_it_never_leaves_once_it_holds_a_seat():
    """It has fewer votes than anybody else by then, but only those who hold no seat can leave."""
    result = count(a_contest(2, 3, reopen=True), papers("34 D", "30 AB", "26 B", "10 CA"))
    assert [place.candidate for place in result.excluded] == [3]
    assert (result.winners, result.empty) == ((1,), 1)


def test_it_takes_a_last_seat_like_a_candidate_when_it_is_left():
    """Amy is elected, Ben has left, and Re-open nominations is the only one left for the last seat: it stays empty."""
    result = count(a_contest(2, 2, reopen=True), papers("50 A", "10 B", "12 C"))
    assert (result.winners, result.empty) == ((1,), 1)


def test_one_that_nobody_chose_changes_nothing_for_the_elected():
    """When nobody chooses it, the same people are elected as without it."""
    lines = "60 ABD", "40 AB", "34 AC", "95 BD", "100 C", "98 DC"
    with_it = count(a_contest(3, 4, reopen=True), papers(*lines))
    assert with_it.winners == count(a_contest(3, 4), papers(*lines)).winners


def test_it_cannot_win_a_seat_that_is_kept_for_a_class():
    """With two seats, one of them for a nurse, Re-open nominations can win one only, however many votes it has."""
    contest = a_contest(2, 3, reopen=True, reserves=(Reserve("nurses", (3,), least=1),))
    result = count(contest, papers("80 D", "10 A", "6 B", "4 C"))
    assert (result.winners, result.empty) == ((3,), 1)


def test_it_can_be_the_only_one_on_the_paper_besides_one_candidate():
    """One candidate for one seat, and Re-open nominations: the voters can say no."""
    contest = a_contest(1, 1, reopen=True)
    assert alternative_vote(contest, papers("5 A", "4 B")).winners == (1,)
    assert alternative_vote(contest, papers("4 A", "5 B")).empty == 1


@pytest.mark.parametrize(("order", "empty"), [((1, 2), 0), ((2, 1), 1)])
def test_a_tie_with_it_is_settled_like_any_other(order, empty):
    """Level with a candidate at every stage, the lot decides."""
    result = alternative_vote(a_contest(1, 1, reopen=True), papers("5 A", "5 B"), order)
    assert (result.empty, result.by_lot) == (empty, True)
