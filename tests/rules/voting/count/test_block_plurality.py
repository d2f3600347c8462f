"""Block vote: several seats, and on each paper as many choices as there are seats, or fewer.

The candidates with the most votes are elected. A group that agrees on its candidates and is the largest can win every
seat, so the single transferable vote is the better rule for a council.
"""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pilot.voting.count.contest import Cannot, Contest, Reserve
from pilot.voting.count.lot import NeedsLot
from pilot.voting.count.plurality import block as count

NAMES = ("Amy Osei", "Ben Roy", "Cat Hill", "Dan Fox", "Eve Sim")
FIVE = Contest(3, NAMES)
WITH_REOPEN = Contest(2, ("Amy Osei", "Ben Roy", "Cat Hill", "Re-open nominations"), reopen=4)


def papers(*votes):
    """Papers with one choice each: `votes[n - 1]` for candidate n."""
    return {bytes([number]): many for number, many in enumerate(votes, 1) if many}


def test_the_seats_go_to_those_with_the_most_votes():
    """10 papers for Amy, Ben and Cat, 8 for Amy and Dan, 3 for Dan alone: 18, 10, 10, 11 and 0 votes. Amy and Dan are
    elected, and the third seat is decided between Ben and Cat, who are level."""
    counted = count(FIVE, {b"\x01\x02\x03": 10, b"\x01\x04": 8, b"\x04": 3}, order=(5, 3, 1, 2, 4))
    assert counted.stages[0].votes == {"1": "18", "2": "10", "3": "10", "4": "11", "5": "0"}
    assert counted.winners == (1, 4, 3)
    assert [(tie.candidates, tie.settled, tie.chosen) for tie in counted.ties] == [((2, 3), "lot", 3)]
    assert counted.stages[0].action == (
        f"{counted.ties[0].sentence} Amy Osei (18), Dan Fox (11) and Cat Hill (10) have the most votes and are elected."
    )


def test_who_comes_next_is_said():
    """So that everybody can see how close it was."""
    assert count(FIVE, papers(50, 40, 30, 29, 29)).stages[0].action == (
        "Amy Osei (50), Ben Roy (40) and Cat Hill (30) have the most votes and are elected. "
        "Next, with 29 votes: Dan Fox and Eve Sim."
    )


def test_level_candidates_who_all_get_a_seat_need_no_lot():
    """Three have nine votes each, and there are three seats."""
    result = count(FIVE, papers(9, 9, 9, 1, 1))
    assert (result.winners, result.ties) == ((1, 2, 3), ())


def test_each_seat_that_the_lot_decides_is_told_apart():
    """Four are level for the last two seats: the lot is asked twice, the second time between three."""
    result = count(FIVE, papers(9, 4, 4, 4, 4), order=(5, 1, 3, 2, 4))
    assert result.winners == (1, 5, 3)
    assert [(tie.candidates, tie.chosen) for tie in result.ties] == [((2, 3, 4, 5), 5), ((2, 3, 4), 3)]


def test_a_lot_that_is_needed_and_not_drawn_stops_the_count():
    """Nobody is chosen without it."""
    with pytest.raises(NeedsLot):
        count(FIVE, papers(9, 4, 4, 4, 4))


def test_a_paper_may_choose_fewer_candidates_than_seats():
    """Each choice is one vote, and the rest of the paper says nothing."""
    result = count(FIVE, {b"\x01": 3, b"\x02\x03": 2, b"": 4})
    assert (result.winners, result.valid, result.blank) == ((1, 2, 3), 5, 4)


def test_a_paper_with_more_choices_than_seats_is_refused():
    """The page does not let anybody fill in such a paper. One that comes here is a mistake."""
    with pytest.raises(Cannot, match="chooses 4 candidates, and this rule allows 3"):
        count(FIVE, {b"\x01\x02\x03\x04": 1})


def test_a_candidate_twice_on_a_paper_is_refused():
    """Nobody gets two votes from one paper."""
    with pytest.raises(Cannot, match="twice"):
        count(FIVE, {b"\x01\x01": 1})


def test_with_fewer_candidates_than_seats_all_are_elected_and_the_rest_stays_empty():
    """Two candidates for four seats: both are elected, even with no vote."""
    result = count(Contest(4, NAMES[:2]), papers(3, 0))
    assert (result.winners, result.empty) == ((1, 2), 2)
    assert result.stages[0].action == (
        "Amy Osei (3) and Ben Roy (0) have the most votes and are elected. "
        "2 seats stay empty: there is nobody else who can be elected."
    )


def test_every_candidate_needs_more_votes_than_re_open_nominations():
    """Amy has 9 votes, Re-open nominations 5, Ben 5 and Cat 2. Level is not more: only Amy is elected, and the second
    seat stays empty."""
    result = count(WITH_REOPEN, papers(9, 5, 2, 5))
    assert (result.winners, result.empty, result.ties) == ((1,), 1, ())
    assert result.sentence == "Amy Osei is elected. 1 seat stays empty."
    assert "nobody else who can be elected has more votes than Re-open nominations" in result.stages[0].action


def test_re_open_nominations_takes_no_seat_from_those_who_have_more_votes():
    """It has 6 votes, Amy and Ben have 9 and 7: both are elected."""
    result = count(WITH_REOPEN, papers(9, 7, 2, 6))
    assert (result.winners, result.empty) == ((1, 2), 0)


def test_when_every_paper_is_blank_and_re_open_nominations_stands_all_seats_stay_empty():
    """As always when nobody voted for anybody."""
    result = count(WITH_REOPEN, {b"": 6})
    assert (result.winners, result.empty, result.blank) == ((), 2, 6)


def test_seats_kept_for_a_class_are_filled_from_it():
    """Three seats, two of them kept for night staff (Dan, Eve). Amy has the most votes and takes the other seat."""
    contest = Contest(3, NAMES, reserves=(Reserve("night staff", (4, 5), least=2),))
    result = count(contest, papers(50, 40, 30, 2, 1))
    assert result.winners == (1, 4, 5)
    assert result.stages[0].action == (
        "Amy Osei (50), Dan Fox (2) and Eve Sim (1) are elected. "
        "Ben Roy (40) and Cat Hill (30) are not elected, because the last 2 seats are kept for night staff."
    )


def test_no_more_of_a_class_are_elected_than_may_be():
    """At most one manager: Amy has the most votes of the three, and Ben and Cat are passed over."""
    contest = Contest(3, NAMES, reserves=(Reserve("managers", (1, 2, 3), most=1),))
    result = count(contest, papers(50, 40, 30, 2, 1))
    assert result.winners == (1, 4, 5)
    assert result.stages[0].action == (
        "Amy Osei (50), Dan Fox (2) and Eve Sim (1) are elected. "
        "Ben Roy (40) and Cat Hill (30) are not elected, because no more than 1 from managers can be elected."
    )


def test_a_kept_seat_needs_no_lot_for_whoever_must_get_it():
    """Amy, Ben and Cat are level for two seats. One is kept for Cat's class, so Cat is sure of it, and the lot decides
    between Amy and Ben only."""
    contest = Contest(2, NAMES[:3], reserves=(Reserve("night staff", (3,), least=1),))
    result = count(contest, papers(7, 7, 7), order=(2, 1, 3))
    assert set(result.winners) == {2, 3}
    assert [(tie.candidates, tie.chosen) for tie in result.ties] == [((1, 2), 2)]


def test_a_kept_seat_stays_empty_when_too_few_of_the_class_beat_re_open_nominations():
    """The seat is not given to somebody outside the class."""
    contest = Contest(3, (*NAMES, "Re-open nominations"), reopen=6, reserves=(Reserve("night staff", (4, 5), least=2),))
    result = count(contest, papers(50, 40, 30, 20, 5, 10))
    assert (result.winners, result.empty) == ((1, 4), 1)
    assert result.stages[0].action == (
        "Amy Osei (50) and Dan Fox (20) are elected. "
        "Ben Roy (40) and Cat Hill (30) are not elected, because the last 2 seats are kept for night staff. "
        "1 seat stays empty: nobody else who can be elected has more votes than Re-open nominations, which has 10 "
        "votes."
    )


def test_kept_seats_that_cannot_be_filled_are_refused_before_counting():
    """Two seats for night staff, and one of the two has withdrawn."""
    contest = Contest(3, NAMES, withdrawn=(5,), reserves=(Reserve("night staff", (4, 5), least=2),))
    with pytest.raises(Cannot, match="At least 2 from night staff must be elected, and only 1 of them stands"):
        count(contest, papers(1, 1, 1, 1))


def test_sixty_candidates_for_twenty_five_seats():
    """The largest election that we expect."""
    contest = Contest(25, tuple(f"Candidate {n}" for n in range(1, 61)))
    result = count(contest, papers(*range(60, 0, -1)))
    assert result.winners == tuple(range(1, 26))
    assert result.stages[0].action.endswith("Next, with 35 votes: Candidate 26.")


contests = st.integers(2, 9).flatmap(
    lambda many: st.tuples(
        st.integers(1, many),
        st.dictionaries(
            st.sets(st.integers(1, many), max_size=4).map(lambda chosen: bytes(sorted(chosen))), st.integers(1, 9)
        ),
        st.permutations(range(1, many + 1)),
    )
)


@settings(max_examples=50, deadline=None)
@given(contests)
def test_nobody_who_is_not_elected_has_more_votes_than_somebody_who_is(drawn):
    """Whatever the votes are; and the lot is used only where some of the level ones get no seat."""
    seats, chosen, order = drawn
    chosen = {paper: many for paper, many in chosen.items() if len(paper) <= seats}
    result = count(Contest(seats, tuple(f"C{n}" for n in sorted(order))), chosen, order=tuple(order))
    votes = {int(number): int(many) for number, many in result.stages[0].votes.items()}
    assert len(result.winners) == (seats if result.valid else 0)
    assume(result.valid)
    fewest = min(votes[number] for number in result.winners)
    assert all(votes[number] <= fewest for number in votes if number not in result.winners)
    level = [number for number in votes if votes[number] == fewest]
    assert result.by_lot == any(number not in result.winners for number in level)


@settings(max_examples=50, deadline=None)
@given(contests, st.data())
def test_reserved_seats_are_always_met(drawn, data):
    """Whoever votes how: at least and at most as many of the class are elected as the reserve says."""
    seats, chosen, order = drawn
    chosen = {paper: many for paper, many in chosen.items() if len(paper) <= seats}
    members = data.draw(st.sets(st.integers(1, len(order)), min_size=1))
    least = data.draw(st.integers(0, min(len(members), seats)))
    most = data.draw(st.none() | st.integers(max(least, seats - len(order) + len(members)), seats))
    reserve = Reserve("night staff", tuple(sorted(members)), least, most)
    result = count(
        Contest(seats, tuple(f"C{n}" for n in sorted(order)), reserves=(reserve,)), chosen, order=tuple(order)
    )
    elected = len(members & set(result.winners))
    assume(result.valid)
    assert len(result.winners) == seats
    assert least <= elected <= (seats if most is None else most)
