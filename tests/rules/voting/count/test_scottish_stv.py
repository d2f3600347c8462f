"""Single transferable vote, as in Scottish council elections.

Voters put the candidates in order: 1 for the first choice, 2 for the second, as far as they like. A vote that is not
needed where it is moves on to the next choice on the paper, so few votes are wasted. The rules are those of the
Scottish Local Government Elections Order 2007 (SSI 2007/42), Schedule 1, rules 45 to 52, which the Order of 2011
(SSI 2011/399) has as rules 46 to 53.
"""

import pytest

from pilot.voting.count.contest import Cannot, Contest
from pilot.voting.count.scottish_stv import alternative_vote, count
from tests.builders.count import a_contest, papers


def votes(result, stage):
    """The votes of a stage, by letter of the candidate; whole numbers without decimals."""
    found = result.stages[stage - 1].votes
    return {chr(int(number) + 64): float(text) for number, text in found.items()}


def test_an_election_for_three_seats_from_beginning_to_end():
    """427 papers for 3 seats: the quota is 107. Amy has 134, so 27 votes move on: each of the 134 papers is now worth
    0.20149 for the next choice. That elects Ben, whose 8.149 votes too many move on in the same way. Dan has the
    fewest and leaves, and Dan's votes elect Cat."""
    result = count(a_contest(3, 4), papers("60 ABD", "40 AB", "34 AC", "95 BD", "100 C", "98 DC"))
    assert [stage.action for stage in result.stages] == [
        "The first choices on 427 papers are counted. The quota is 107 votes: no more than 3 candidates can have so "
        "many. Amy Osei has 134 votes, reaches the quota of 107 and is elected.",
        "Amy Osei has 134 votes, 27 more than the quota of 107. 27 votes move on at 0.20149 each. 0.00034 votes are "
        "lost: fractions are cut off after five decimals. Ben Roy has 115.149 votes, reaches the quota of 107 and is "
        "elected.",
        "Ben Roy has 115.149 votes, 8.149 more than the quota of 107. 8.149 votes move on at 0.07076 of what each was "
        "worth. 0.57 votes stop here: the papers have no next choice. 0.0018 votes are lost: fractions are cut off "
        "after five decimals.",
        "Dan Fox has the fewest votes, 105.5772, and leaves the count. 98 votes move to the next choice on the paper. "
        "7.5772 votes stop here: the papers have no next choice. Cat Hill has 204.85066 votes, reaches the quota of "
        "107 and is elected.",
    ]
    assert [list(stage.votes.values()) for stage in result.stages] == [
        ["134.00000", "95.00000", "100.00000", "98.00000"],
        ["107.00000", "115.14900", "106.85066", "98.00000"],
        ["107.00000", "107.00000", "106.85066", "105.57720"],
        ["107.00000", "107.00000", "204.85066", "0.00000"],
    ]
    assert [stage.non_transferable for stage in result.stages] == ["0.00000", "0.00034", "0.57214", "8.14934"]
    assert (result.winners, result.empty, result.ties) == ((1, 2, 3), 0, ())
    assert result.sentence == "Amy Osei, Ben Roy and Cat Hill are elected."


@pytest.mark.parametrize(("seats", "valid", "quota"), [(1, 100, 51), (1, 101, 51), (2, 100, 34), (3, 427, 107)])
def test_the_quota_is_the_smallest_number_that_no_more_candidates_than_seats_can_reach(seats, valid, quota):
    """The papers are divided by the seats plus one, without the fraction, plus one (rule 46). For one seat that is more
    than half."""
    assert count(a_contest(seats, 3), papers(f"{valid} A"), order=(1, 2, 3)).quota == str(quota)


def test_whoever_reaches_the_quota_exactly_is_elected_and_has_no_votes_to_move():
    """With exactly the quota a candidate is elected (rule 47). Nothing is too much, so no stage is made of it."""
    result = count(a_contest(2, 4), papers("34 AB", "30 B", "26 CB", "10 DC"))
    assert result.quota == "34"
    assert [(stage.kind, stage.elected) for stage in result.stages] == [("first", (1,)), ("exclusion", (3,))]


def test_the_largest_surplus_moves_first():
    """Of two elected candidates, the one with more votes too many comes first (rule 49)."""
    result = count(a_contest(3, 5), papers("50 AC", "70 BC", "10 C", "15 D", "14 E"))
    assert [stage.acts_on for stage in result.stages] == [(), (2,), (1,)]
    assert result.winners == (2, 1, 3)


def test_a_surplus_never_goes_to_somebody_who_is_elected_already():
    """A choice for a candidate who has a seat is passed over, even in the stage in which they got it: Amy's surplus
    goes to Cat, though Ben is next on the papers (article 2: "next available preference")."""
    result = count(a_contest(3, 5), papers("70 ABC", "50 B", "10 C", "15 D", "14 E"))
    assert result.stages[0].elected == (1, 2)
    assert votes(result, 2) == {"A": 40, "B": 50, "C": 39.9999, "D": 15, "E": 14}


def test_fractions_are_cut_off_after_five_decimals_and_never_rounded_up():
    """27 of 134 votes is 0.201492…, and 20 of 70 is 0.285714…: they count as 0.20149 and 0.28571 (rule 48(3))."""
    assert count(a_contest(3, 4), papers("134 AB", "95 B", "100 C", "98 D")).stages[1].value == "0.20149"
    assert count(a_contest(1 + 1, 4), papers("70 AB", "40 B", "39 C"), order=(1, 2, 3, 4)).stages[1].value == "0.28571"


def test_papers_that_came_from_others_move_on_at_a_share_of_what_they_were_worth():
    """Everything that an elected candidate holds moves on, also what came from others, each paper at its own value:
    a paper that came to Ben worth 0.20149 goes on worth 0.20149 × 8.149 / 115.149 = 0.01425 (rule 48(3) and (4))."""
    result = count(a_contest(3, 4), papers("60 ABD", "40 AB", "34 AC", "95 BD", "100 C", "98 DC"))
    assert votes(result, 3)["D"] - votes(result, 2)["D"] == pytest.approx(95 * 0.07076 + 60 * 0.01425)


def test_the_candidate_with_the_fewest_votes_leaves_when_no_surplus_is_left():
    """Their papers go to the next choice, worth what they were worth (rule 50)."""
    result = count(a_contest(1, 3), papers("6 A", "5 B", "4 CB"))
    assert (result.stages[1].excluded, votes(result, 2)) == ((3,), {"A": 6, "B": 9, "C": 0})


def test_a_paper_from_a_surplus_keeps_its_lower_value_when_its_candidate_leaves():
    """Amy's 40 papers are worth 0.15 each for Cat. When Cat leaves they bring Ben 6 votes, not 40 (rule 50(4))."""
    result = count(a_contest(2, 4), papers("40 ACB", "29 B", "1 C", "30 D"))
    assert result.stages[1].value == "0.15000"
    assert votes(result, 2) == {"A": 34, "B": 29, "C": 7, "D": 30}
    assert votes(result, 3) == {"A": 34, "B": 35, "C": 0, "D": 30}


def test_the_last_seats_go_to_those_who_are_left():
    """When as many candidates are left as seats, they are elected, even without the quota (rule 52). Here every paper
    has one choice only, so all votes of those who leave stop."""
    result = count(a_contest(3, 6), papers("6 A", "5 B", "4 C", "3 D", "2 E", "1 F"))
    assert result.winners == (1, 2, 3)
    assert result.stages[-1].non_transferable == "6.00000"
    assert result.stages[-1].action.endswith(
        "2 seats are left, and 2 candidates can take them. Ben Roy and Cat Hill are elected without the quota."
    )


def test_nothing_moves_any_more_once_the_seats_are_filled():
    """Amy is 26 votes over the quota, but with two candidates for two seats nothing is left to decide (rule 52(2))."""
    result = count(a_contest(2, 2), papers("60 AB", "39 B"))
    assert (len(result.stages), result.winners) == (1, (1, 2))


def test_no_more_candidates_than_seats_are_all_elected():
    """Two candidates for three seats are both elected, and one seat stays empty."""
    result = count(a_contest(3, 2), papers("3 AB"))
    assert (result.winners, result.empty) == ((1, 2), 1)
    assert result.sentence == "Amy Osei and Ben Roy are elected. 1 seat stays empty."
    assert result.stages[0].action.endswith("Ben Roy is elected without the quota. 1 seat stays empty.")


def test_one_voter_elects_one_candidate():
    """One paper is enough for the quota of one vote."""
    result = count(a_contest(1, 3), papers("1 BA"))
    assert (result.quota, result.winners) == ("1", (2,))
    assert result.stages[0].action.startswith("The first choice on 1 paper is counted. The quota is 1 vote: more than")


def test_nobody_is_elected_without_a_single_valid_paper():
    """When nobody voted, or every paper is blank, the seats stay empty: no lot gives them away."""
    for given in (papers(), papers("7")):
        result = count(a_contest(2, 3), given)
        assert (result.winners, result.empty, result.valid) == ((), 2, 0)
        assert result.sentence == "Nobody is elected. 2 seats stay empty."
    assert result.blank == 7
    assert result.stages[0].action == (
        "There are no papers that choose anybody. The quota is 1 vote: no more than 2 candidates can have so many. "
        "So nobody is elected."
    )


def test_blank_papers_are_in_no_figure_of_the_count():
    """A blank paper takes part and chooses nobody: the quota is taken of the others."""
    result = count(a_contest(1, 2), papers("3 A", "2 B", "10"))
    assert (result.valid, result.blank, result.quota, result.winners) == (5, 10, "3", (1,))


def test_choices_for_somebody_who_withdrew_are_passed_over():
    """A paper goes to the next choice as if the one who withdrew had never stood. A paper with no other choice counts
    as blank."""
    result = count(a_contest(1, 3, withdrawn=(1,)), papers("5 AB", "4 CB", "3 A", "2"))
    assert (result.valid, result.blank, result.winners) == (9, 5, (2,))
    assert result.stages[0].votes == {"2": "5.00000", "3": "4.00000"}


def test_when_everybody_is_equal_the_lot_decides_and_the_result_says_so():
    """Four candidates with five votes each: the lot decides who leaves first, and it stands in the result."""
    result = count(a_contest(2, 4), papers("5 AB", "5 BC", "5 CD", "5 DA"), order=(3, 1, 4, 2))
    assert result.by_lot
    assert (result.stages[1].excluded, result.winners) == ((2,), (3, 4))
    assert result.sentence == "Cat Hill and Dan Fox are elected. A tie was decided by lot at stage 2."


def test_sixty_candidates():
    """Candidate n of 60 has n papers with one choice: 55 leave one by one, and the five with the most are elected."""
    names = tuple(f"Candidate {n}" for n in range(1, 61))
    result = count(Contest(5, names), {bytes([n]): n for n in range(1, 61)})
    assert (result.valid, result.quota) == (1830, "306")
    assert [place.candidate for place in result.excluded] == list(range(1, 56))
    assert result.winners == (60, 59, 58, 57, 56)


def test_twenty_five_seats():
    """26 candidates for 25 seats with the same number of papers, one with one paper less: that one is not elected."""
    names = tuple(f"Candidate {n}" for n in range(1, 27))
    result = count(Contest(25, names), {bytes([n]): 100 - (n == 9) for n in range(1, 27)})
    assert result.quota == "100"
    assert sorted(result.winners) == [n for n in range(1, 27) if n != 9]


@pytest.mark.parametrize(
    ("contest", "given", "because"),
    [
        (a_contest(0, 2), papers("1 A"), "There must be from 1 to 60 seats."),
        (a_contest(1, 0), papers("1"), "There are no candidates."),
        (a_contest(1, 2, withdrawn=(1, 2)), papers("1 A"), "There are no candidates."),
        (a_contest(1, 2), papers("1 AC"), "A paper chooses candidate 3, and there are only 2."),
        (a_contest(1, 2), {b"\x00": 1}, "A paper chooses candidate 0, and there are only 2."),
        (a_contest(1, 2), {b"\x01": 0}, "A choice is listed with no papers that make it."),
        (a_contest(1, 2), {b"\x01\x02\x01": 1}, "A paper chooses a candidate twice."),
        (a_contest(1, 2, withdrawn=(3,)), papers("1 A"), "There is no candidate 3."),
    ],
)
def test_what_cannot_be_counted_is_refused_in_words(contest, given, because):
    """A contest without seats or candidates, or a paper for somebody who does not exist, is refused and not guessed."""
    with pytest.raises(Cannot) as refused:
        count(contest, given)
    assert str(refused.value) == because


def test_the_alternative_vote_is_the_same_count_for_one_seat():
    """With one seat the rule is called the alternative vote, and counts the same stages. For more seats it is
    refused."""
    given = papers("6 A", "5 B", "4 CB")
    stv, alternative = count(a_contest(1, 3), given), alternative_vote(a_contest(1, 3), given)
    assert (stv.stages, stv.elected) == (alternative.stages, alternative.elected)
    assert (stv.rule, alternative.rule) == ("scottish-stv", "alternative-vote")
    with pytest.raises(Cannot, match="one seat"):
        alternative_vote(a_contest(2, 3), given)
