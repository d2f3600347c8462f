"""First past the post: one seat and one choice on each paper.

The candidate with the most votes is elected, whether or not that is more than half. It is simple, and it is fair only
where two candidates stand: with three, the two whom most people like can take votes from each other.
"""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pilot.voting.count.contest import Cannot, Contest, Reserve
from pilot.voting.count.lot import NeedsLot
from pilot.voting.count.plurality import first_past_the_post as count
from pilot.voting.count.result import Tie

THREE = Contest(1, ("Amy Osei", "Ben Roy", "Cat Hill"))
WITH_REOPEN = Contest(1, ("Amy Osei", "Ben Roy", "Re-open nominations"), reopen=3)


def papers(*votes, blank=0):
    """`votes[n - 1]` papers for candidate n."""
    chosen = {bytes([number]): many for number, many in enumerate(votes, 1) if many}
    return chosen | ({b"": blank} if blank else {})


def test_the_candidate_with_the_most_votes_is_elected():
    """With 134, 107 and 90 votes the first is elected, though more people voted for somebody else."""
    result = count(THREE, papers(134, 107, 90))
    assert result.winners == (1,)
    assert result.stages[0].votes == {"1": "134", "2": "107", "3": "90"}
    assert result.stages[0].action == "Amy Osei has 134 votes, 27 more than Ben Roy, and is elected."
    assert result.sentence == "Amy Osei is elected."


def test_there_is_one_stage_and_no_quota():
    """The votes are counted once, and nothing moves."""
    result = count(THREE, papers(2, 1, 0))
    assert (len(result.stages), result.stages[0].kind, result.quota) == (1, "count", None)
    assert (result.rule, result.version) == ("first-past-the-post", "1")


def test_level_candidates_are_decided_between_by_lot():
    """With one stage there is nothing to look back to. The lot is an order of all candidates that was drawn once; the
    first of the level ones in it takes the seat, and the result says so."""
    result = count(THREE, papers(60, 60, 40), order=(3, 2, 1))
    assert result.winners == (2,)
    told = result.ties[0].sentence
    assert result.ties == (Tie(1, (1, 2), "lot", 2, told),)
    assert "60 votes" in told
    assert "lot" in told
    assert result.by_lot
    assert result.stages[0].action == f"{told} Ben Roy has 60 votes and is elected."
    assert result.sentence == "Ben Roy is elected. A tie was decided by lot at stage 1."


def test_without_a_lot_a_tie_is_not_decided():
    """The count says that a lot is needed, and is done again with it."""
    with pytest.raises(NeedsLot):
        count(THREE, papers(60, 60, 40))


def test_no_lot_is_used_where_the_level_ones_are_not_in_front():
    """Ben and Cat are level behind Amy: it does not matter which of them is second."""
    assert count(THREE, papers(60, 40, 40)).ties == ()


def test_one_vote_each_is_one_vote():
    """Two candidates with a single vote each are told to have 1 vote each."""
    assert (
        count(THREE, papers(1, 1, 0), order=(2, 1, 3))
        .ties[0]
        .sentence.startswith("Amy Osei and Ben Roy have 1 vote each.")
    )


def test_when_all_are_level_the_lot_decides_between_all():
    """Three candidates with five votes each: the first of them in the lot takes the seat."""
    result = count(THREE, papers(5, 5, 5), order=(2, 3, 1))
    assert (result.winners, result.ties[0].candidates) == ((2,), (1, 2, 3))


def test_sixty_candidates():
    """Candidate 1 has 1 vote, candidate 2 has 2, and so on to 59; candidate 60 has 70. That is 59 × 60 ÷ 2 + 70 = 1,840
    papers, and candidate 60 is 11 votes ahead of the next."""
    sixty = Contest(1, tuple(f"Candidate {number}" for number in range(1, 61)))
    result = count(sixty, papers(*range(1, 60), 70))
    assert (result.winners, result.valid, result.ties) == ((60,), 1840, ())
    assert result.stages[0].action == "Candidate 60 has 70 votes, 11 more than Candidate 59, and is elected."
    assert (result.stages[0].votes["1"], result.stages[0].votes["59"]) == ("1", "59")


def test_blank_papers_choose_nobody_and_are_counted_apart():
    """Nine blank papers and five others: five papers are valid."""
    result = count(THREE, papers(3, 2, 0, blank=9))
    assert (result.valid, result.blank) == (5, 9)
    assert result.winners == (1,)


def test_when_every_paper_is_blank_nobody_is_elected():
    """A lot settles a tie between candidates who have votes. It does not choose where nobody voted."""
    result = count(THREE, papers(0, 0, 0, blank=4), order=(3, 1, 2))
    assert (result.winners, result.empty, result.valid, result.blank) == ((), 1, 0, 4)
    assert result.stages[0].action == "There are no papers that choose anybody. So nobody is elected."
    assert result.sentence == "Nobody is elected. 1 seat stays empty."


def test_one_voter_is_enough():
    """One vote is more than none."""
    assert count(THREE, papers(0, 0, 1)).winners == (3,)


def test_an_only_candidate_is_elected():
    """With at least one vote."""
    assert count(Contest(1, ("Amy Osei",)), papers(1)).stages[0].action == "Amy Osei has 1 vote and is elected."


def test_a_vote_for_somebody_who_withdrew_is_a_blank_paper():
    """It cannot move on, since a paper has one choice only."""
    result = count(Contest(1, THREE.candidates, withdrawn=(1,)), papers(50, 7, 6))
    assert (result.winners, result.valid, result.blank) == ((2,), 13, 50)
    assert "1" not in result.stages[0].votes


def test_when_re_open_nominations_has_the_most_votes_the_seat_stays_empty():
    """Amy has 30 votes, Ben 20 and Re-open nominations 40: nobody is elected, and somebody else can stand."""
    result = count(WITH_REOPEN, papers(30, 20, 40))
    assert (result.winners, result.empty) == ((), 1)
    assert result.stages[0].action == (
        "1 seat stays empty: nobody who can be elected has more votes than Re-open nominations, which has 40 votes."
    )
    assert result.sentence == "Nobody is elected. 1 seat stays empty."


def test_a_candidate_level_with_re_open_nominations_is_not_elected():
    """A candidate needs more votes than Re-open nominations. The lot is not asked."""
    result = count(WITH_REOPEN, papers(40, 20, 40))
    assert (result.winners, result.empty, result.ties) == ((), 1, ())


def test_one_vote_more_than_re_open_nominations_is_enough():
    """41 to 40."""
    result = count(WITH_REOPEN, papers(41, 20, 40))
    assert (result.winners, result.empty) == ((1,), 0)
    assert result.stages[0].action == "Amy Osei has 41 votes, 1 more than Re-open nominations, and is elected."


def test_a_seat_kept_for_a_class_goes_to_the_best_of_that_class():
    """Amy Osei has the most votes of all, but the one seat is kept for night staff."""
    contest = Contest(1, THREE.candidates, reserves=(Reserve("night staff", (2, 3), least=1),))
    result = count(contest, papers(60, 20, 30))
    assert result.winners == (3,)
    assert result.stages[0].action == (
        "Cat Hill has 30 votes and is elected. "
        "Amy Osei (60) is not elected, because the last seat is kept for night staff."
    )


def test_more_than_one_seat_is_refused():
    """For several seats there are other rules."""
    with pytest.raises(Cannot, match="fills one seat"):
        count(Contest(2, THREE.candidates), papers(1, 1, 1))


def test_a_paper_with_more_than_one_choice_is_refused():
    """Such papers are spoilt before the count. One that comes here is a mistake, and a mistake stops the count."""
    with pytest.raises(Cannot, match="chooses 2 candidates, and this rule allows 1"):
        count(THREE, {b"\x01\x02": 1})


@pytest.mark.parametrize(
    ("wrong", "why"),
    [({b"\x04": 1}, "chooses candidate 4"), ({b"\x00": 1}, "candidate 0"), ({b"\x01": 0}, "no papers")],
)
def test_papers_that_cannot_be_are_refused(wrong, why):
    """A candidate who is not on the paper, or a number of papers that is not positive."""
    with pytest.raises(Cannot, match=why):
        count(THREE, wrong)


def test_nobody_can_keep_a_seat_in_a_count_without_transfers():
    """A countback needs papers with an order of preference."""
    with pytest.raises(Cannot, match="needs papers with an order of preference"):
        count(Contest(1, THREE.candidates, kept=(1,)), papers(1, 1, 1))


@settings(deadline=None)
@given(st.lists(st.integers(0, 30), min_size=2, max_size=60), st.randoms(use_true_random=False))
def test_nobody_has_more_votes_than_the_elected_candidate(votes, chance):
    """Whatever the votes are; and the lot is used only where several have the most."""
    order = list(range(1, len(votes) + 1))
    chance.shuffle(order)
    assume(any(votes))
    result = count(Contest(1, tuple(f"C{n}" for n in order)), papers(*votes), order=order)
    best = [number for number, many in enumerate(votes, 1) if many == max(votes)]
    assert result.winners == (min(best, key=order.index),)
    assert result.by_lot == (len(best) > 1), "the lot is used only where candidates are level in front"
    assert sum(int(many) for many in result.stages[0].votes.values()) == sum(votes)
