"""Reserved seats: at least so many of a class of candidates are elected, or at most so many.

Nobody is in two classes. The papers are counted as always, with two differences. A candidate without whom the seats
could not be filled as reserved stays in the count when they have the fewest votes. A candidate who cannot be elected
any more, because there would be too many of their class or because the seats that are left are kept for others, leaves
at once, and their votes move on at the value they have. Which seats are reserved is fixed before the vote, and a
reserve that cannot be met is refused.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilot.voting.count import reserved
from pilot.voting.count.contest import Cannot, Contest, Reserve
from pilot.voting.count.scottish_stv import count
from tests.builders.count import a_contest, papers

ONE_NURSE = (Reserve("nurses", (3, 4), least=1),)
ONE_PORTER_AT_MOST = (Reserve("porters", (1, 2), most=1),)


def test_the_last_of_a_class_stays_though_they_have_the_fewest_votes():
    """One nurse must be elected, and only Cat is one. Cat has the fewest votes and stays; Dan, who has the next
    fewest, leaves."""
    contest = a_contest(2, 4, reserves=(Reserve("nurses", (3,), least=1),))
    result = count(contest, papers("33 A", "32 B", "15 C", "20 D"))
    assert result.stages[1].action == (
        "Cat Hill has only 15 votes and stays, because at least 1 from nurses must be elected. Of the others, Dan Fox "
        "has the fewest votes, 20, and leaves the count. 20 votes stop here: the papers have no next choice."
    )
    assert result.winners == (1, 3)


def test_when_the_last_seats_are_kept_for_a_class_everybody_else_leaves():
    """Amy takes the first seat. The second is kept for a nurse, so Ben leaves at once, with more votes than any of
    them."""
    result = count(a_contest(2, 4, reserves=ONE_NURSE), papers("40 A", "35 B", "14 C", "11 DC"))
    assert result.stages[1].action.startswith(
        "Ben Roy cannot be elected any more, because the last seat is kept for nurses, and leaves the count."
    )
    assert result.winners == (1, 3)


def test_somebody_with_the_quota_is_not_elected_to_a_seat_that_is_kept():
    """Amy and Ben both have the quota at the first stage, but one of the two seats is for a nurse: Amy, with more
    votes, is elected, and Ben's votes move on in full."""
    result = count(a_contest(2, 4, reserves=ONE_NURSE), papers("40 A", "38 BD", "14 C", "8 D"))
    assert [stage.elected for stage in result.stages] == [(1,), (4,)]
    assert result.stages[1].excluded == (2,)
    assert result.stages[1].votes["4"] == "46.00000"


def test_once_a_class_is_full_the_others_of_it_leave():
    """At most one porter: when Amy is elected, Ben leaves before any surplus moves, so that no vote goes to somebody
    who cannot be elected."""
    result = count(a_contest(2, 4, reserves=ONE_PORTER_AT_MOST), papers("40 AB", "35 BC", "14 C", "11 D"))
    assert result.stages[1].action.startswith(
        "Ben Roy cannot be elected any more, because no more than 1 from porters can be elected, and leaves the count."
    )
    assert result.winners == (1, 3)


def test_several_who_cannot_be_elected_leave_together():
    """All who are left of a full class leave in one stage, told in one sentence."""
    contest = a_contest(3, 6, reserves=(Reserve("porters", (1, 2, 3), most=1),))
    result = count(contest, papers("50 A", "10 BD", "9 CE", "12 D", "11 E", "8 F"))
    assert result.stages[1].excluded == (3, 2)
    assert result.stages[1].action.startswith(
        "Ben Roy and Cat Hill cannot be elected any more, because no more than 1 from porters can be elected, and "
        "leave the count. 19 votes move to the next choice on the paper."
    )


def test_the_seats_are_filled_though_a_class_has_an_upper_limit():
    """Two seats, at most one porter, and only Cat is no porter: Cat is elected with five votes."""
    result = count(a_contest(2, 3, reserves=ONE_PORTER_AT_MOST), papers("40 A", "30 B", "5 C"))
    assert result.winners == (1, 3)


def test_who_is_needed_to_fill_the_seats_stays():
    """Three seats and at most one porter: Dan and Eve, who are no porters, are both needed. So a porter leaves, though
    Dan and Eve have fewer votes."""
    contest = a_contest(3, 5, reserves=(Reserve("porters", (1, 2, 3), most=1),))
    result = count(contest, papers("15 A", "14 B", "13 C", "12 D", "6 E"))
    assert result.stages[1].action.startswith(
        "Dan Fox has only 12 votes and stays, because the seats could not all be filled otherwise. Eve Sim has only 6 "
        "votes and stays, because the seats could not all be filled otherwise. Of the others, Cat Hill has the fewest "
        "votes, 13, and leaves the count."
    )
    assert sorted(result.winners) == [1, 4, 5]


def test_of_two_level_at_the_quota_only_one_can_take_the_place_of_their_class():
    """At most one porter, and both have exactly the quota: who was ahead before takes the seat, else the lot
    decides."""
    result = count(a_contest(2, 4, reserves=ONE_PORTER_AT_MOST), papers("34 AC", "34 B", "17 C", "15 D"), (2, 1, 3, 4))
    assert result.stages[0].elected == (2,)
    assert [(tie.stage, tie.candidates, tie.settled, tie.chosen) for tie in result.ties] == [(1, (1, 2), "lot", 2)]


def test_every_seat_can_be_reserved():
    """One nurse and one porter, and no other seat: the second nurse leaves though she has more votes than any
    porter."""
    both = (Reserve("nurses", (1, 2), least=1, most=1), Reserve("porters", (3, 4), least=1, most=1))
    assert count(a_contest(2, 4, reserves=both), papers("40 AB", "30 BA", "20 CD", "10 DC")).winners == (1, 3)


def test_a_reserve_that_is_met_anyway_changes_nothing():
    """Where the class has its seats by votes alone, the count is the same as without the reserve."""
    given = papers("60 ABD", "40 AB", "34 AC", "95 BD", "100 C", "98 DC")
    with_it = count(a_contest(3, 4, reserves=(Reserve("nurses", (1, 2), least=1),)), given)
    assert with_it == count(a_contest(3, 4), given)


@pytest.mark.parametrize(
    ("contest", "because"),
    [
        (
            a_contest(2, 4, reserves=(Reserve("nurses", (1, 2), least=2), Reserve("porters", (3,), least=1))),
            "3 seats are reserved, and there are only 2 in all.",
        ),
        (
            a_contest(3, 4, reserves=(Reserve("nurses", (1,), least=2),)),
            "At least 2 from nurses must be elected, and only 1 of them stands for election.",
        ),
        (
            a_contest(3, 4, withdrawn=(1,), reserves=(Reserve("nurses", (1,), least=1),)),
            "At least 1 from nurses must be elected, and none of them stands for election.",
        ),
        (
            a_contest(3, 4, reserves=(Reserve("nurses", (1, 2, 3), most=1),)),
            "With so few seats open to each class, only 2 of the 3 seats could be filled.",
        ),
        (a_contest(2, 3, reserves=(Reserve("nurses", (1, 9), least=1),)), "There is no candidate 9."),
        (
            a_contest(2, 3, reserves=(Reserve("nurses", (1, 2), least=1), Reserve("porters", (2, 3), least=1))),
            "Ben Roy is in two classes with reserved seats, and can be in one only.",
        ),
        (
            a_contest(2, 3, reserves=(Reserve("nurses", (1, 2), least=-1),)),
            "The seats for nurses cannot be fewer than none.",
        ),
        (
            a_contest(2, 3, reserves=(Reserve("nurses", (1, 2), least=2, most=1),)),
            "At least 2 from nurses are to be elected and at most 1: that cannot both be.",
        ),
        (
            a_contest(2, 3, reopen=True, reserves=(Reserve("nurses", (1, 4), least=1),)),
            "Re-open nominations is nobody, and cannot be one of nurses.",
        ),
        (
            a_contest(1, 3, reopen=True, reserves=(Reserve("nurses", (1, 2), least=1),)),
            "Every seat is reserved, so Re-open nominations could win none of them.",
        ),
    ],
)
def test_reserves_that_cannot_be_met_are_refused_before_anything_is_counted(contest, because):
    """More reserved seats than seats, a class with too few candidates, too few who may be elected at all, somebody in
    two classes: each is refused with its reason, when the election is set up and again before the count."""
    assert reserved.problems(contest) == [because]
    with pytest.raises(Cannot) as refused:
        count(contest, papers("1 A"))
    assert str(refused.value) == because


def test_seats_are_reserved_for_at_most_ten_classes():
    """More classes than that nobody could follow, and the count would take long."""
    classes = tuple(Reserve(f"Class {n}", (n,), most=1) for n in range(1, 12))
    named = tuple(f"C{n}" for n in range(1, 61))
    assert reserved.problems(Contest(25, named, reserves=classes[:10])) == []
    assert reserved.problems(Contest(25, named, reserves=classes)) == ["Seats can be reserved for at most 10 classes."]


@settings(max_examples=80)
@given(st.data())
def test_whether_a_class_is_open_is_the_same_seat_by_seat_and_from_the_start(data):
    """The seats that are left for each class can be kept up with as seats are taken, and none is open to anybody who
    could not be elected."""
    many = data.draw(st.integers(1, 8))
    place_of = data.draw(st.lists(st.sampled_from([None, 0, 1, 2]), min_size=many, max_size=many))
    limits = [(data.draw(st.integers(0, 3)), data.draw(st.none() | st.integers(0, 3))) for _ in range(3)]
    reserves = tuple(
        Reserve(f"K{place}", tuple(n for n, own in enumerate(place_of, start=1) if own == place), least, most)
        for place, (least, most) in enumerate(limits)
    )
    contest = Contest(data.draw(st.integers(1, 6)), tuple(f"C{n}" for n in range(1, many + 1)), reserves=reserves)
    empty = data.draw(st.integers(0, 2))
    elected, pool, room = [], contest.standing, reserved.Room(contest, (), empty)
    for number in data.draw(st.permutations(pool)):
        full = len(elected) + empty >= contest.seats
        able = not full and number not in reserved.doomed(contest, elected, pool, empty)
        assert room.open(place_of[number - 1]) == able
        assert room.take(place_of[number - 1]) == able
        elected += [number] if able else []


def test_every_reason_is_told_at_once():
    """What is wrong is listed whole, so that it can be put right in one go."""
    reserves = (Reserve("nurses", (1,), least=2), Reserve("porters", (2, 3), least=2, most=1))
    assert len(reserved.problems(a_contest(3, 4, reserves=reserves))) == 2


def test_fewer_candidates_than_seats_are_no_problem_of_a_reserve():
    """Two candidates for three seats, both elected: a class limit that lets both in refuses nothing."""
    contest = a_contest(3, 2, reserves=(Reserve("porters", (1,), most=1),))
    assert reserved.problems(contest) == []
    assert count(contest, papers("3 AB")).winners == (1, 2)
