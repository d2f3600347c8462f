"""When a member leaves early: countback and next highest.

In a countback all papers of the election are counted again, as if the member who left, and the candidates who do not
agree to take the seat, had never stood. Members who stay cannot lose their seat. With the next highest, the seat goes
to the candidate who came nearest to one in the election. Reserved seats stay reserved in both, and "Re-open
nominations" can win the seat again, so that it stays empty.
"""

import pytest

from pilot.voting.count.contest import Cannot, Reserve
from pilot.voting.count.lot import NeedsLot
from pilot.voting.count.plurality import block, first_past_the_post
from pilot.voting.count.scottish_stv import alternative_vote, count
from pilot.voting.count.vacancy import countback, newcomers, next_highest
from tests.builders.count import a_contest, papers

THREE_SEATS = a_contest(3, 5)
GIVEN = papers("60 ABD", "40 AE", "34 AC", "95 BD", "100 C", "70 DC", "28 ED")
"""Amy, Ben and Cat are elected; Eve leaves at stage 4 and Dan at stage 5."""


def test_the_papers_of_the_member_who_left_choose_who_follows():
    """Amy leaves; Dan and Eve agree. Without Amy the papers go to their next choice, and Ben's votes beyond the quota
    bring Dan the seat."""
    result = countback(THREE_SEATS, GIVEN, leaving=[1], consenting=[4, 5], sitting=[2, 3])
    assert result.stages[0].votes == {"2": "155.00000", "3": "134.00000", "4": "70.00000", "5": "68.00000"}
    assert newcomers(result, [2, 3]) == (4,)
    assert result.stages[0].action.startswith(
        "The papers are counted again without Amy Osei, who left. Ben Roy and Cat Hill cannot lose their seat."
    )
    assert result.sentence == "Dan Fox takes a seat. Ben Roy and Cat Hill keep their seat."


def test_only_candidates_who_agree_can_follow():
    """Dan does not agree, so the papers are counted without Dan too, and Eve takes the seat."""
    result = countback(THREE_SEATS, GIVEN, leaving=[1], consenting=[5], sitting=[2, 3])
    assert newcomers(result, [2, 3]) == (5,)
    assert result.withdrawn == (1, 4)
    assert "without Amy Osei, who left, and without Dan Fox, who did not agree to take a seat." in (
        result.stages[0].action
    )


def test_a_member_who_would_lose_the_seat_in_the_recount_keeps_it():
    """Ben was elected with votes of Cat. Counted again without Amy, Cat is elected and Ben has the fewest votes, fewer
    than Dan. But Ben has a seat and keeps it: Dan leaves, and Cat is the newcomer."""
    contest, given = a_contest(2, 4), papers("50 AC", "26 B", "10 CB", "30 D")
    assert count(contest, given).winners == (1, 2)
    free = count(a_contest(2, 4, withdrawn=(1,)), given)
    assert sorted(free.winners) == [3, 4], "without the guard Ben would be unseated"
    result = countback(contest, given, leaving=[1], consenting=[3, 4], sitting=[2])
    assert sorted(result.winners) == [2, 3]
    assert newcomers(result, [2]) == (3,)


def test_a_sitting_member_with_the_fewest_votes_stays_in_the_count():
    """Nobody has the quota of 34 and Ben has the fewest votes. Ben has a seat, so Eve, who has the next fewest, leaves,
    and the count says why."""
    result = count(a_contest(2, 5, withdrawn=(1,), kept=(2,)), papers("20 B", "30 C", "28 D", "22 E"))
    assert result.stages[1].action.startswith(
        "Ben Roy has only 20 votes and stays as a sitting member. Of the others, Eve Sim has the fewest votes, 22, and "
        "leaves the count."
    )
    assert sorted(result.winners) == [2, 3]


def test_a_seat_that_a_sitting_member_needs_goes_to_nobody_else():
    """Cat takes the empty seat at the first stage. The last two are Fay's and Ben's, so the count ends there, though
    Dan has more votes than Ben."""
    contest, given = a_contest(3, 6), papers("45 AC", "30 F", "26 B", "10 CB", "28 D", "1 E")
    assert sorted(count(contest, given).winners) == [1, 2, 6]
    result = countback(contest, given, leaving=[1], consenting=[3, 4, 5], sitting=[2, 6])
    assert sorted(result.winners) == [2, 3, 6]
    assert result.stages[0].action.endswith(
        "are left, and 2 candidates can take them. Fay Lee and Ben Roy are elected without the quota."
    )


def test_two_members_who_leave_together_are_followed_by_two():
    """Amy and Ben leave: two seats are filled in one count, and Cat keeps hers."""
    result = countback(THREE_SEATS, GIVEN, leaving=[1, 2], consenting=[4, 5], sitting=[3])
    assert sorted(newcomers(result, [3])) == [4, 5]


def test_somebody_who_came_by_a_countback_can_be_followed_in_the_same_way():
    """Dan followed Amy, and now Dan leaves too: the papers are counted without both, and Eve follows."""
    first = countback(THREE_SEATS, GIVEN, leaving=[1], consenting=[4, 5], sitting=[2, 3])
    assert newcomers(first, [2, 3]) == (4,)
    second = countback(THREE_SEATS, GIVEN, leaving=[4], former=[1], consenting=[5], sitting=[2, 3])
    assert newcomers(second, [2, 3]) == (5,)
    assert second.stages[0].action.startswith(
        "The papers are counted again without Dan Fox and Amy Osei, who left. Ben Roy and Cat Hill cannot lose"
    )


def test_reserved_seats_stay_reserved_in_a_countback():
    """One nurse must sit, and Amy was the only one. Dan has far more votes, but Eve is a nurse and follows; the sheet
    says why."""
    contest = a_contest(3, 5, reserves=(Reserve("Nurses", (1, 5), least=1),))
    result = countback(contest, GIVEN, leaving=[1], consenting=[4, 5], sitting=[2, 3])
    assert newcomers(result, [2, 3]) == (5,)
    assert "Dan Fox cannot be elected" in " ".join(stage.action for stage in result.stages)
    assert "kept for Nurses" in " ".join(stage.action for stage in result.stages)


def test_a_countback_that_cannot_meet_a_reserve_is_refused():
    """One nurse must sit, Amy was one, and no other nurse agrees: the rules need another way to fill the seat."""
    contest = a_contest(3, 5, reserves=(Reserve("Nurses", (1, 5), least=1),))
    with pytest.raises(Cannot, match="At least 1 from Nurses must be elected, and none of them stands"):
        countback(contest, GIVEN, leaving=[1], consenting=[4], sitting=[2, 3])


def test_no_more_of_a_class_take_seats_than_may_sit():
    """At most two nurses can sit. Amy, Ben and Cat leave three seats, and only three nurses agree to take them: the one
    with the fewest votes does not get a seat, though a seat then stays empty."""
    nurses = Reserve("nurses", (4, 5, 6), most=2)
    contest, given = a_contest(3, 6, reserves=(nurses,)), papers("30 A", "30 B", "30 C", "19 D", "2 E", "1 F")
    assert sorted(count(contest, given).winners) == [1, 2, 3]
    result = countback(contest, given, leaving=[1, 2, 3], consenting=[4, 5, 6], sitting=[])
    assert sorted(result.winners) == [4, 5]
    assert result.empty == 1


@pytest.mark.parametrize("consenting", [[4], [4, 2]])
def test_somebody_who_cannot_be_elected_keeps_nobody_from_a_seat_by_agreeing(consenting):
    """At most one nurse can sit, and Amy does. Re-open nominations won one of the three seats. When Cat leaves, Dan can
    take Cat's seat, whether or not Ben, the other nurse, agrees to take it too."""
    contest = a_contest(3, 4, reopen=True, reserves=(Reserve("nurses", (1, 2), most=1),))
    given = papers("10 A", "9 C", "8 E", "3 DB", "2 BD")
    assert (count(contest, given).winners, count(contest, given).empty) == ((1, 3), 1)
    result = countback(contest, given, leaving=[3], consenting=consenting, sitting=[1], order=(1, 2, 3, 4, 5))
    assert (newcomers(result, [1]), result.empty) == ((4,), 1)
    assert result.sentence == "Dan Fox takes a seat. Amy Osei keeps their seat."


def test_two_of_a_class_with_one_place_who_agree_leave_the_second_seat_empty():
    """Amy, a nurse, and Cat leave. At most one nurse can sit: of Ben and Dan, nurses who agree, one takes a seat."""
    contest = a_contest(2, 4, reserves=(Reserve("nurses", (1, 2, 4), most=1),))
    given = papers("10 A", "9 C", "3 DB", "2 BD")
    result = countback(contest, given, leaving=[1, 3], consenting=[2, 4], sitting=[])
    assert (newcomers(result, []), result.empty) == ((4,), 1)
    assert result.sentence == "Dan Fox takes a seat. 1 seat stays empty."


def test_reopen_nominations_can_win_the_seat_in_a_countback():
    """More papers want new nominations than Ben: the seat stays empty."""
    contest = a_contest(1, 2, reopen=True)
    given = papers("10 A", "4 B", "6 C")
    assert alternative_vote(contest, given).winners == (1,)
    result = countback(contest, given, leaving=[1], consenting=[2], sitting=[])
    assert (result.winners, result.empty) == ((), 1)
    assert result.sentence == "Nobody takes a seat. 1 seat stays empty."


def test_a_seat_that_was_empty_before_stays_empty():
    """Re-open nominations won one of three seats. When Amy leaves, only Amy's seat is filled."""
    contest = a_contest(3, 4, reopen=True)
    given = papers("40 AC", "35 B", "10 C", "5 D", "40 E")
    assert (count(contest, given).winners, count(contest, given).empty) == ((1, 2), 1)
    result = countback(contest, given, leaving=[1], consenting=[3, 4], sitting=[2])
    assert (newcomers(result, [2]), result.empty) == ((3,), 1)
    alone = countback(
        a_contest(3, 4), papers("40 AC", "35 B", "10 C", "30 D"), leaving=[1], consenting=[3, 4], sitting=[2]
    )
    assert (newcomers(alone, [2]), alone.empty) == ((3,), 1), "the third seat was left empty before"


@pytest.mark.parametrize(
    ("who", "because"),
    [
        ({"leaving": [4], "consenting": [5], "sitting": [1, 2, 3]}, "There are only 3 seats for those who stay and"),
        ({"leaving": [1], "consenting": [], "sitting": [2, 3]}, "No candidate has agreed to take the seat."),
        ({"leaving": [], "consenting": [4], "sitting": [1, 2, 3]}, "Nobody leaves a seat."),
        ({"leaving": [1], "consenting": [9], "sitting": [2, 3]}, "There is no candidate 9."),
        ({"leaving": [1], "consenting": [2], "sitting": [2, 3]}, "Ben Roy holds a seat already."),
        ({"leaving": [1], "consenting": [1], "sitting": [2, 3]}, "Amy Osei leaves the seat and cannot take it."),
        ({"leaving": [1], "consenting": [4], "sitting": [1, 3]}, "Amy Osei cannot both stay and leave."),
    ],
)
def test_what_is_no_vacancy_is_refused_in_words(who, because):
    """Nobody who left, nobody who agrees, somebody who does not exist or has a seat already: each is refused with its
    reason."""
    with pytest.raises(Cannot, match=because):
        countback(THREE_SEATS, GIVEN, **who)
    with pytest.raises(Cannot, match=because):
        next_highest(THREE_SEATS, count(THREE_SEATS, GIVEN), **who)


def test_somebody_who_was_never_elected_leaves_no_seat():
    """Cat was not elected, and everybody who was elected still sits, so Cat cannot have followed anybody."""
    contest, given = a_contest(3, 4, reopen=True), papers("40 AC", "35 B", "10 C", "5 D", "40 E")
    with pytest.raises(Cannot, match="Cat Hill was not elected in this election"):
        countback(contest, given, leaving=[3], consenting=[4], sitting=[1, 2])
    with pytest.raises(Cannot, match="Cat Hill was not elected in this election"):
        next_highest(contest, count(contest, given), leaving=[3], consenting=[4], sitting=[1, 2])


def test_candidates_who_withdrew_before_the_vote_cannot_agree_after_it():
    """Who did not stand in the election cannot follow."""
    with pytest.raises(Cannot, match="Eve Sim withdrew from the election"):
        countback(a_contest(3, 5, withdrawn=(5,)), GIVEN, leaving=[1], consenting=[5], sitting=[2, 3])


def test_an_election_without_a_vote_has_no_countback():
    """With no more candidates than seats nobody voted, so there is nothing to count again."""
    with pytest.raises(Cannot, match="no more candidates than seats"):
        countback(a_contest(3, 3), papers("1 A"), leaving=[1], consenting=[2], sitting=[3])


def test_papers_that_are_not_kept_cannot_be_counted_again():
    """Without papers there is no countback, and papers that choose none of those who are left decide nothing."""
    with pytest.raises(Cannot, match="No papers of this election are kept"):
        countback(THREE_SEATS, {}, leaving=[1], consenting=[4], sitting=[2, 3])
    with pytest.raises(Cannot, match="No paper that is kept chooses anybody who could hold a seat now"):
        countback(a_contest(1, 2), papers("3 A"), leaving=[1], consenting=[2], sitting=[])


def test_the_next_highest_is_who_stayed_longest_in_the_count():
    """Dan left the count at stage 5, Eve at stage 4: Dan follows, and the sheet shows what they had at last."""
    result = next_highest(THREE_SEATS, count(THREE_SEATS, GIVEN), leaving=[1], consenting=[4, 5], sitting=[2, 3])
    assert (result.rule, result.winners, result.seats) == ("next-highest", (4,), 1)
    assert result.stages[0].votes == {"4": "98.08845", "5": "36.05960"}
    assert result.stages[0].action == (
        "Of those who agree, Dan Fox stayed in the count longest and had the most votes, 98.08845 votes at the end of "
        "stage 4, and takes the seat."
    )
    assert result.sentence == "Dan Fox takes a seat."


def test_the_next_highest_must_agree():
    """Dan does not agree, so Eve follows."""
    declared = count(THREE_SEATS, GIVEN)
    assert next_highest(THREE_SEATS, declared, leaving=[1], consenting=[5], sitting=[2, 3]).winners == (5,)


def test_who_was_still_in_the_count_at_the_end_comes_before_who_had_left_it():
    """The seats were filled while Cat was still in the count with 30 votes; Dan had left before."""
    contest, given = a_contest(2, 4), papers("36 A", "34 B", "20 C", "10 DC")
    declared = count(contest, given)
    assert declared.winners == (1, 2)
    assert next_highest(contest, declared, leaving=[1], consenting=[3, 4], sitting=[2]).winners == (3,)


def test_the_next_highest_in_a_count_without_transfers_has_the_most_votes():
    """First past the post: the candidate with the next most votes follows."""
    contest = a_contest(1, 3)
    declared = first_past_the_post(contest, papers("9 A", "5 B", "7 C"))
    result = next_highest(contest, declared, leaving=[1], consenting=[2, 3], sitting=[])
    assert result.stages[0].action == "Cat Hill had 7 votes, the most of those who agree, and takes the seat."


def test_a_single_vote_is_told_in_the_singular():
    """Ben follows with one vote, which is not "1 votes"."""
    contest = a_contest(1, 2)
    result = next_highest(
        contest, first_past_the_post(contest, papers("9 A", "1 B")), leaving=[1], consenting=[2], sitting=[]
    )
    assert result.stages[0].action == "Ben Roy had 1 vote, the most of those who agree, and takes the seat."


def test_two_seats_go_to_the_two_who_came_nearest():
    """Amy and Ben leave a council elected by block vote: the two next follow, the one with more votes first."""
    contest = a_contest(3, 6)
    declared = block(contest, papers("30 ABC", "9 D", "8 E", "7 F"))
    result = next_highest(contest, declared, leaving=[1, 2], consenting=[4, 5, 6], sitting=[3])
    assert result.winners == (4, 5)
    few = next_highest(contest, declared, leaving=[1, 2], consenting=[6], sitting=[3])
    assert (few.winners, few.empty, few.sentence) == ((6,), 1, "Fay Lee takes a seat. 1 seat stays empty.")


@pytest.mark.parametrize(("order", "follows"), [((1, 2, 3), 2), ((1, 3, 2), 3)])
def test_two_who_came_equally_near_are_settled_by_lot(order, follows):
    """Ben and Cat had five votes each: the lot of the election decides, and without one nobody is chosen."""
    contest = a_contest(1, 3)
    declared = first_past_the_post(contest, papers("9 A", "5 B", "5 C"))
    who = {"leaving": [1], "consenting": [2, 3], "sitting": []}
    result = next_highest(contest, declared, **who, order=order)
    assert (result.winners, result.by_lot) == ((follows,), True)
    with pytest.raises(NeedsLot):
        next_highest(contest, declared, **who)


def test_the_next_highest_keeps_to_the_reserved_seats():
    """The seat is needed for a nurse: Eve follows though Dan came nearer."""
    contest = a_contest(3, 5, reserves=(Reserve("Nurses", (1, 5), least=1),))
    declared = count(contest, GIVEN)
    result = next_highest(contest, declared, leaving=[1], consenting=[4, 5], sitting=[2, 3])
    assert result.winners == (5,)
    none = next_highest(contest, declared, leaving=[1], consenting=[4], sitting=[2, 3])
    assert (none.winners, none.empty) == ((), 1)
    assert none.stages[0].action == "Dan Fox cannot take the seat, because the last seat is kept for Nurses."


def test_the_seat_stays_empty_where_reopen_nominations_came_nearest():
    """More people wanted new nominations than Ben."""
    contest = a_contest(1, 2, reopen=True)
    declared = first_past_the_post(contest, papers("10 A", "4 B", "6 C"))
    result = next_highest(contest, declared, leaving=[1], consenting=[2], sitting=[])
    assert (result.winners, result.empty) == ((), 1)
    assert result.stages[0].action == (
        "Re-open nominations came nearer than those who agree, with 6 votes: the seat stays empty."
    )
