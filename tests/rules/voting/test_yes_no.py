"""Yes, no, abstain: exact at the edge, and blind to order."""

from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.voting.count.yes_no import Outcome, Rule, count, in_words, margin, parse, share, share_in_words, write

HALF = Rule(Fraction(1, 2), True, "valid")
shares = st.fractions(min_value=Fraction(1, 100), max_value=Fraction(99, 100), max_denominator=100)
rules = st.builds(
    Rule,
    threshold=shares,
    strict=st.booleans(),
    base=st.sampled_from(["valid", "cast", "entitled"]),
    turnout_quorum=shares | st.just(Fraction(0)),
    approval_quorum=shares | st.just(Fraction(0)),
)
papers = st.lists(st.sampled_from(["yes", "no", "abstain"]), max_size=60)


def outcome(rule, yes, no, abstain=0, *, entitled=100, spoilt=0):
    return count(rule, {"yes": yes, "no": no, "abstain": abstain}, entitled=entitled, spoilt=spoilt).outcome


def test_a_tie_falls():
    assert outcome(HALF, 30, 30) is Outcome.NOT_CARRIED


def test_one_more_than_a_tie_is_carried():
    assert outcome(HALF, 31, 30) is Outcome.CARRIED


def test_a_tie_is_carried_where_half_is_enough():
    assert outcome(Rule(Fraction(1, 2), False, "valid"), 30, 30) is Outcome.CARRIED


def test_two_thirds_are_exact_at_the_edge():
    rule = Rule(Fraction(2, 3), False, "valid")
    assert outcome(rule, 40, 20) is Outcome.CARRIED
    assert outcome(rule, 39, 20) is Outcome.NOT_CARRIED
    assert outcome(Rule(Fraction(2, 3), True, "valid"), 40, 20) is Outcome.NOT_CARRIED


def test_abstentions_weigh_only_where_the_base_counts_them():
    assert outcome(HALF, 31, 30, 10) is Outcome.CARRIED
    assert outcome(Rule(Fraction(1, 2), True, "cast"), 31, 30, 10) is Outcome.NOT_CARRIED
    assert outcome(Rule(Fraction(1, 2), True, "entitled"), 50, 0) is Outcome.NOT_CARRIED
    assert outcome(Rule(Fraction(1, 2), True, "entitled"), 51, 0) is Outcome.CARRIED


def test_a_missed_turnout_makes_the_vote_inquorate_even_if_all_said_yes():
    rule = Rule(Fraction(1, 2), True, "valid", turnout_quorum=Fraction(1, 4))
    assert outcome(rule, 24, 0) is Outcome.INQUORATE
    assert outcome(rule, 25, 0) is Outcome.CARRIED


def test_abstaining_and_spoiling_count_as_taking_part():
    rule = Rule(Fraction(1, 2), True, "valid", turnout_quorum=Fraction(1, 4))
    assert outcome(rule, 20, 0, 5) is Outcome.CARRIED
    assert outcome(rule, 20, 0, 4, spoilt=1) is Outcome.CARRIED
    assert outcome(rule, 20, 0, 4) is Outcome.INQUORATE


def test_a_missed_approval_is_not_the_same_as_a_missed_turnout():
    rule = Rule(Fraction(1, 2), True, "valid", approval_quorum=Fraction(2, 5))
    assert outcome(rule, 39, 10) is Outcome.NOT_CARRIED
    assert outcome(rule, 40, 39) is Outcome.CARRIED


def test_with_no_paper_nothing_is_carried():
    for strict in (True, False):
        for base in ("valid", "cast", "entitled"):
            assert outcome(Rule(Fraction(1, 2), strict, base), 0, 0) is Outcome.NOT_CARRIED


def test_only_abstentions_carry_nothing():
    assert outcome(Rule(Fraction(1, 2), False, "valid"), 0, 0, 30) is Outcome.NOT_CARRIED


def test_more_papers_than_people_is_an_error_and_not_a_result():
    with pytest.raises(ValueError, match="more than"):
        count(HALF, {"yes": 101}, entitled=100)


@pytest.mark.parametrize("votes", [{"maybe": 1}, {"yes": -1}])
def test_unknown_or_negative_votes_are_refused(votes):
    with pytest.raises(ValueError, match="not the votes"):
        count(HALF, votes, entitled=100)


@given(papers, st.randoms(use_true_random=False), rules)
def test_the_order_of_papers_never_matters(votes, chance, rule):
    shuffled = list(votes)
    chance.shuffle(shuffled)
    assert count(rule, Counter(votes), entitled=60) == count(rule, Counter(shuffled), entitled=60)


@given(papers, rules)
def test_one_more_yes_never_turns_a_carried_proposal_down(votes, rule):
    before, after = Counter(votes), Counter([*votes, "yes"])
    if count(rule, before, entitled=61).outcome is Outcome.CARRIED:
        assert count(rule, after, entitled=61).outcome is Outcome.CARRIED


@given(papers, rules)
def test_the_outcome_is_what_the_fractions_say(votes, rule):
    tally = Counter(votes)
    result = count(rule, tally, entitled=60)
    base = {"valid": tally["yes"] + tally["no"], "cast": len(votes), "entitled": 60}[rule.base]
    part = Fraction(tally["yes"], base) if base else Fraction(0)
    enough = part > rule.threshold if rule.strict else part >= rule.threshold
    assert (result.outcome is Outcome.INQUORATE) == (Fraction(len(votes), 60) < rule.turnout_quorum)
    if result.outcome is not Outcome.INQUORATE:
        assert (result.outcome is Outcome.CARRIED) == (enough and Fraction(tally["yes"], 60) >= rule.approval_quorum)


@given(rules)
def test_a_rule_survives_being_written_down(rule):
    assert parse(write(rule)) == rule


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "stv"},
        {"version": "2"},
        {"base": "everybody"},
        {"strict": "yes"},
        {"threshold": "1/0"},
        {"threshold": "0"},
        {"threshold": "1"},
        {"turnout_quorum": "2"},
        {"approval_quorum": "-1/2"},
    ],
)
def test_a_rule_that_no_vote_could_follow_is_refused(wrong):
    with pytest.raises(ValueError, match=r"\w"):
        parse(write(HALF) | wrong)


def test_shares_are_read_as_people_write_them():
    assert share("2/3") == Fraction(2, 3)
    assert share("40%") == share(" 0.4 ") == Fraction(2, 5)
    with pytest.raises(ValueError, match="must be written like"):
        share("most")


def test_shares_are_said_as_people_say_them():
    said = [share_in_words(Fraction(*part)) for part in [(1, 2), (2, 3), (2, 5), (3, 7)]]
    assert said == ["half", "two thirds", "40%", "3 in every 7"]


def test_the_rule_is_told_in_one_sentence():
    assert in_words(HALF) == "The proposal is carried if more than half of the people who vote Yes or No vote Yes."
    rule = Rule(Fraction(2, 3), False, "cast", Fraction(1, 4), Fraction(2, 5))
    assert in_words(rule) == (
        "The proposal is carried if at least two thirds of the people who vote, also counting those who choose "
        "neither, vote Yes, and at least one quarter of everybody who can vote take part, "
        "and at least 40% of everybody who can vote choose Yes."
    )


def test_the_result_is_told_with_its_numbers():
    sentence = count(HALF, {"yes": 61, "no": 39, "abstain": 4}, entitled=2000).sentence
    assert (
        sentence
        == "The proposal was carried: 61 of 100 votes for Yes or No were for Yes, and more than half were needed."
    )
    rule = Rule(Fraction(1, 2), True, "valid", turnout_quorum=Fraction(1, 4))
    assert count(rule, {"yes": 61, "no": 39}, entitled=2000).sentence == (
        "The vote does not count as a decision: 100 of 2,000 people voted, and at least one quarter of them had to."
    )


def test_the_margin_is_the_fewest_papers_that_turn_the_outcome():
    assert margin(HALF, count(HALF, {"yes": 61, "no": 39}, entitled=200)) == 11
    assert margin(HALF, count(HALF, {"yes": 30, "no": 30}, entitled=200)) == 1


def test_a_vote_that_no_exchange_can_turn_has_no_margin():
    rule = Rule(Fraction(1, 2), True, "valid", turnout_quorum=Fraction(1, 2))
    assert margin(rule, count(rule, {"yes": 3}, entitled=200)) is None
    assert margin(HALF, count(HALF, {}, entitled=200)) is None


@given(papers, rules)
def test_one_paper_fewer_than_the_margin_changes_nothing(votes, rule):
    result = count(rule, Counter(votes), entitled=60)
    changed = margin(rule, result)
    if changed is not None:
        step = -1 if result.outcome is Outcome.CARRIED else 1
        after = [
            count(
                rule, {"yes": result.yes + step * k, "no": result.no - step * k, "abstain": result.abstain}, entitled=60
            )
            for k in (changed - 1, changed)
        ]
        assert after[0].outcome is result.outcome
        assert after[1].outcome is not result.outcome
