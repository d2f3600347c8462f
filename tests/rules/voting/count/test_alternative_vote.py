"""Alternative vote: one seat, and an order of preference on each paper.

Whoever is first choice on more than half of the papers is elected. If nobody is, the candidate with the fewest votes
leaves, their papers go to the next choices, and so on. It is Scottish STV for one seat, and is counted by the same
rule: like that, it ends as soon as somebody has the quota, or as no more candidates than one are left.
"""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pilot.voting.count.contest import Cannot, Contest, Reserve
from pilot.voting.count.scottish_stv import alternative_vote as count
from pilot.voting.count.scottish_stv import count as scottish_stv

NAMES = ("Amy Osei", "Ben Roy", "Cat Hill", "Dan Fox")
FOUR = Contest(1, NAMES)


def papers(**votes):
    """`papers(ab=4, c=2)`: four papers for Amy before Ben, two for Cat alone."""
    return {bytes("abcdefgh".index(letter) + 1 for letter in said): many for said, many in votes.items()}


def test_more_than_half_of_the_first_choices_elects():
    """With 100 papers the quota is 51."""
    result = count(FOUR, papers(a=51, b=30, c=19))
    assert (result.rule, result.quota, result.winners, len(result.stages)) == ("alternative-vote", "51", (1,), 1)


def test_exactly_half_is_not_enough():
    """Amy has 50 of 100 votes, and the quota is 51. Cat leaves, and her 20 papers say Ben: 50 each. Amy had more at the
    stage before, so Ben leaves, and Amy is elected."""
    result = count(FOUR, papers(a=50, b=30, cb=20))
    assert result.stages[0].elected == ()
    assert result.winners == (1,)
    assert [(tie.candidates, tie.settled, tie.chosen) for tie in result.ties] == [((1, 2), "lookback 2", 2)]


def test_second_choices_can_turn_the_order():
    """Amy leads with 40 first choices of 100. Dan leaves, then Cat, and their papers prefer Ben, who wins 60 to 40."""
    result = count(FOUR, papers(a=40, b=30, cb=18, dcb=12))
    assert result.winners == (2,)
    assert [place.name for place in result.excluded] == ["Dan Fox", "Cat Hill"]
    assert result.stages[-1].votes["2"] == "60.00000"


def test_papers_that_prefer_nobody_who_is_left_stop_counting():
    """The quota stays what it was: with 100 papers 51, also when 80 are left. Then the last one left is elected."""
    result = count(FOUR, papers(a=41, b=39, c=20))
    assert (result.quota, result.winners) == ("51", (1,))
    assert result.stages[-1].elected == (1,)


def test_with_only_blank_papers_nobody_is_elected():
    """The lot does not choose where nobody voted."""
    result = count(FOUR, {b"": 4})
    assert (result.winners, result.empty, result.blank) == ((), 1, 4)


def test_one_voter_decides():
    """With one paper the quota is one vote."""
    assert count(FOUR, papers(cab=1)).winners == (3,)


def test_sixty_candidates_leave_one_by_one():
    """Candidate n of 60 has n papers with one choice: the one with the fewest leaves, 59 times."""
    contest = Contest(1, tuple(f"Candidate {n}" for n in range(1, 61)))
    result = count(contest, {bytes([n]): n for n in range(1, 61)})
    assert result.winners == (60,)
    assert [place.candidate for place in result.excluded] == list(range(1, 60))


def test_candidates_who_were_never_apart_are_decided_between_by_lot():
    """Seven papers each, and no stage before: the first in the lot is elected."""
    result = count(Contest(1, NAMES[:2]), papers(a=7, b=7), order=(2, 1))
    assert (result.winners, result.by_lot) == ((2,), True)


def test_only_one_seat_can_be_filled():
    """For several seats the rule is Scottish STV."""
    with pytest.raises(Cannot, match="fills one seat"):
        count(Contest(2, NAMES), papers(a=1))


def test_re_open_nominations_can_win_and_then_the_seat_stays_empty():
    """It has 31 of 81 votes, and Ben's 20 papers have it as second choice."""
    result = count(
        Contest(1, (*NAMES, "Re-open nominations"), reopen=5), papers(a=30, be=20, e=31), order=(1, 2, 3, 4, 5)
    )
    assert (result.winners, result.empty) == ((), 1)


def test_a_kept_seat_goes_to_the_class_that_it_is_kept_for():
    """Amy has more than half of the votes, but the seat is kept for night staff. Of those, Dan gets Ben's papers."""
    contest = Contest(1, NAMES, reserves=(Reserve("night staff", (3, 4), least=1),))
    assert count(contest, papers(a=60, bd=20, c=15, d=5)).winners == (4,)


def runoff(said, order):
    """The alternative vote counted directly: out goes who has the fewest votes, until one has more than half of all."""
    left = sorted(order)
    history = []
    whole = sum(many for ranking, many in said.items() if ranking)
    while True:
        held = dict.fromkeys(left, 0)
        for ranking, many in said.items():
            choice = next((number for number in ranking if number in held), None)
            if choice is not None:
                held[choice] += many
        history.append(held)
        best = max(left, key=lambda number: held[number])
        if len(left) == 1 or (held[best] * 2 > whole and whole):
            return best
        fewest = [number for number in left if held[number] == min(held.values())]
        for before in reversed(history[:-1]):
            least = min(before[number] for number in fewest)
            fewest = [number for number in fewest if before[number] == least]
        left.remove(max(fewest, key=order.index))


elections = st.tuples(
    st.dictionaries(st.lists(st.integers(1, 6), unique=True, max_size=6).map(bytes), st.integers(1, 9), max_size=14),
    st.permutations(range(1, 7)),
)


@settings(deadline=None)
@given(elections)
def test_the_count_is_what_a_direct_runoff_gives(drawn):
    """Counted in another way, without quota and without transfer values, the same candidate is elected."""
    said, order = drawn
    assume(any(said))
    assert count(Contest(1, (*NAMES, "Eve Sim", "Fay Low")), said, order).winners == (runoff(said, order),)


@settings(deadline=None)
@given(elections)
def test_it_is_scottish_stv_for_one_seat(drawn):
    """Stage by stage, with the same ties."""
    said, order = drawn
    contest = Contest(1, (*NAMES, "Eve Sim", "Fay Low"))
    ours, theirs = count(contest, said, order), scottish_stv(contest, said, order)
    assert (ours.stages, ours.ties, ours.winners) == (theirs.stages, theirs.ties, theirs.winners)
