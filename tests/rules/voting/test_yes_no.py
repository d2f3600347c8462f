"""Yes, no, abstain: one question, and a majority that is written on the paper before voting opens.

The rule says which share of which base must answer Yes, and whether exactly that share is enough. The base is one of
three: `valid` is Yes and No together, `cast` also counts those who chose neither, `entitled` is everybody who could
vote. Beside it there can be two quorums, and they are not the same: the turnout quorum asks how many voted, the
approval quorum how many said Yes. Shares are exact fractions; nothing is ever rounded.
"""

from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.voting.count.yes_no import (
    Outcome,
    Rule,
    base_size,
    count,
    in_words,
    margin,
    parse,
    share,
    share_in_words,
    write,
)

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
    """30 Yes and 30 No are not more than half."""
    assert outcome(HALF, 30, 30) is Outcome.NOT_CARRIED


def test_one_more_than_a_tie_is_carried():
    assert outcome(HALF, 31, 30) is Outcome.CARRIED


def test_a_tie_is_carried_where_half_is_enough():
    """The rule says whether exactly the share is enough. Here it is."""
    assert outcome(Rule(Fraction(1, 2), False, "valid"), 30, 30) is Outcome.CARRIED


def test_two_thirds_are_exact_at_the_edge():
    """40 of 60 are two thirds exactly: enough for "at least", and not for "more than"."""
    rule = Rule(Fraction(2, 3), False, "valid")
    assert outcome(rule, 40, 20) is Outcome.CARRIED
    assert outcome(rule, 39, 20) is Outcome.NOT_CARRIED
    assert outcome(Rule(Fraction(2, 3), True, "valid"), 40, 20) is Outcome.NOT_CARRIED


def test_abstentions_weigh_only_where_the_base_counts_them():
    """31 Yes, 30 No and 10 who chose neither: more than half of Yes and No, and not of all 71. Where the base is
    everybody who could vote, 50 of 100 is half and 51 is more."""
    assert outcome(HALF, 31, 30, 10) is Outcome.CARRIED
    assert outcome(Rule(Fraction(1, 2), True, "cast"), 31, 30, 10) is Outcome.NOT_CARRIED
    assert outcome(Rule(Fraction(1, 2), True, "entitled"), 50, 0) is Outcome.NOT_CARRIED
    assert outcome(Rule(Fraction(1, 2), True, "entitled"), 51, 0) is Outcome.CARRIED


def test_a_missed_turnout_makes_the_vote_inquorate_even_if_all_said_yes():
    """A quarter of 100 people must vote. With 24 votes, all for Yes, there is no decision; with 25 there is."""
    rule = Rule(Fraction(1, 2), True, "valid", turnout_quorum=Fraction(1, 4))
    assert outcome(rule, 24, 0) is Outcome.INQUORATE
    assert outcome(rule, 25, 0) is Outcome.CARRIED


def test_abstaining_and_spoiling_count_as_taking_part():
    """Whoever hands in a paper has voted, whatever it says."""
    rule = Rule(Fraction(1, 2), True, "valid", turnout_quorum=Fraction(1, 4))
    assert outcome(rule, 20, 0, 5) is Outcome.CARRIED
    assert outcome(rule, 20, 0, 4, spoilt=1) is Outcome.CARRIED
    assert outcome(rule, 20, 0, 4) is Outcome.INQUORATE


def test_a_missed_approval_is_not_the_same_as_a_missed_turnout():
    """With 39 Yes, where 40 are needed, the people have decided, and against it."""
    rule = Rule(Fraction(1, 2), True, "valid", approval_quorum=Fraction(2, 5))
    assert outcome(rule, 39, 10) is Outcome.NOT_CARRIED
    assert outcome(rule, 40, 39) is Outcome.CARRIED


def test_with_no_paper_nothing_is_carried():
    for strict in (True, False):
        for base in ("valid", "cast", "entitled"):
            assert outcome(Rule(Fraction(1, 2), strict, base), 0, 0) is Outcome.NOT_CARRIED


def test_only_abstentions_carry_nothing():
    assert outcome(Rule(Fraction(1, 2), False, "valid"), 0, 0, 30) is Outcome.NOT_CARRIED


def test_spoilt_papers_are_in_no_base():
    """6 Yes, 4 No and 5 spoilt: 6 of 10, not of 15, also where those who chose neither are counted."""
    for base in ("valid", "cast"):
        assert outcome(Rule(Fraction(1, 2), True, base), 6, 4, spoilt=5) is Outcome.CARRIED
    assert base_size(Rule(Fraction(1, 2), True, "cast"), yes=6, no=4, abstain=2, entitled=100) == 12


def test_one_vote_can_decide():
    """Where no quorum asks for more."""
    assert outcome(HALF, 1, 0) is Outcome.CARRIED
    assert outcome(HALF, 0, 1) is Outcome.NOT_CARRIED
    assert outcome(HALF, 1, 0, entitled=1) is Outcome.CARRIED


def test_where_all_must_agree_one_no_is_enough_to_stop_it():
    unanimous = Rule(Fraction(1), False, "valid")
    assert outcome(unanimous, 99, 0) is Outcome.CARRIED
    assert outcome(unanimous, 99, 1) is Outcome.NOT_CARRIED
    assert outcome(unanimous, 99, 0, 1) is Outcome.CARRIED, "abstaining is not a No"
    assert outcome(Rule(Fraction(1), False, "cast"), 99, 0, 1) is Outcome.NOT_CARRIED
    assert outcome(Rule(Fraction(1), False, "entitled"), 99, 0) is Outcome.NOT_CARRIED
    assert outcome(Rule(Fraction(1), False, "entitled"), 100, 0) is Outcome.CARRIED


def test_a_quorum_that_is_met_exactly_is_met():
    """A third of 99 people is 33. A third of 100 is more than 33, so 34 are needed: nothing is rounded down."""
    turnout = Rule(Fraction(1, 2), True, "valid", turnout_quorum=Fraction(1, 3))
    assert outcome(turnout, 33, 0, entitled=99) is Outcome.CARRIED
    assert outcome(turnout, 33, 0, entitled=100) is Outcome.INQUORATE
    assert outcome(turnout, 34, 0, entitled=100) is Outcome.CARRIED
    approval = Rule(Fraction(1, 2), True, "valid", approval_quorum=Fraction(1, 3))
    assert outcome(approval, 33, 0, entitled=99) is Outcome.CARRIED
    assert outcome(approval, 33, 0, entitled=100) is Outcome.NOT_CARRIED
    assert outcome(approval, 34, 0, entitled=100) is Outcome.CARRIED


def test_with_both_quorums_the_turnout_is_asked_first():
    """Half must vote, and a third of all must say Yes. When too few vote there is no decision, whatever they say; when
    enough vote and too few say Yes, it is not carried; a majority alone is not enough."""
    both = Rule(Fraction(1, 2), True, "valid", Fraction(1, 2), Fraction(1, 3))
    assert outcome(both, 49, 0) is Outcome.INQUORATE
    assert outcome(both, 20, 29) is Outcome.INQUORATE
    assert outcome(both, 33, 10, 7) is Outcome.NOT_CARRIED
    assert outcome(both, 34, 10, 6) is Outcome.CARRIED
    assert outcome(both, 34, 34) is Outcome.NOT_CARRIED


def test_abstaining_helps_the_turnout_and_not_the_approval():
    both = Rule(Fraction(1, 2), True, "valid", Fraction(1, 2), Fraction(1, 4))
    assert outcome(both, 24, 0, 26) is Outcome.NOT_CARRIED
    assert outcome(both, 25, 0, 25) is Outcome.CARRIED


def test_a_quorum_of_everybody_needs_everybody():
    everybody = Rule(Fraction(1, 2), True, "valid", turnout_quorum=Fraction(1))
    assert outcome(everybody, 60, 39) is Outcome.INQUORATE
    assert outcome(everybody, 60, 39, spoilt=1) is Outcome.CARRIED


def test_where_nobody_could_vote_nothing_is_carried():
    for rule in (HALF, Rule(Fraction(1, 2), False, "entitled", Fraction(1, 2), Fraction(1, 2))):
        assert outcome(rule, 0, 0, entitled=0) is Outcome.NOT_CARRIED


def test_large_votes_are_as_exact_as_small_ones():
    """Two thirds of 3,000,000,000,000,000,003 papers: one paper decides, which a decimal number would not see."""
    rule, third = Rule(Fraction(2, 3), False, "valid"), 10**18 + 1
    assert outcome(rule, 2 * third, third, entitled=10**19) is Outcome.CARRIED
    assert outcome(rule, 2 * third - 1, third + 1, entitled=10**19) is Outcome.NOT_CARRIED
    assert outcome(Rule(Fraction(2, 3), True, "valid"), 2 * third, third, entitled=10**19) is Outcome.NOT_CARRIED


def test_more_papers_than_people_is_an_error_and_not_a_result():
    """Then something is wrong, and the count stops."""
    with pytest.raises(ValueError, match="more than"):
        count(HALF, {"yes": 101}, entitled=100)


@pytest.mark.parametrize("votes", [{"maybe": 1}, {"yes": -1}])
def test_unknown_or_negative_votes_are_refused(votes):
    with pytest.raises(ValueError, match="not the votes"):
        count(HALF, votes, entitled=100)


@given(papers, st.randoms(use_true_random=False), rules)
def test_the_order_of_papers_never_matters(votes, chance, rule):
    """Shuffled, they give the same count."""
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
    """Counted again by the definitions alone, for any votes and any rule."""
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
    """The rule in a manifest, read again, is the rule."""
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
    """More than all, a share below nothing, a base that nobody knows."""
    with pytest.raises(ValueError, match=r"\w"):
        parse(write(HALF) | wrong)


def test_shares_are_read_as_people_write_them():
    assert share("2/3") == Fraction(2, 3)
    assert share("40%") == share(" 0.4 ") == Fraction(2, 5)
    for other in ("most", "1e2000000", "1e-9999999999", "1_0/2_0", "１/２", "1/0", "-1/2", ".5", "1" * 7, "50%%", ""):
        with pytest.raises(ValueError, match="must be written like"):
            share(other)


@pytest.mark.parametrize("text", ["0.5", "50%", " 1/2", "1/2\n", "1e0", "1/0", "1" * 10, "1/" + "1" * 10, ""])
def test_a_manifest_has_shares_in_one_form(text):
    with pytest.raises(ValueError, match="must be written like"):
        parse(write(HALF) | {"threshold": text})
    assert parse(write(HALF) | {"turnout_quorum": "1/999999999"}).turnout_quorum == Fraction(1, 999999999)


def test_a_percentage_is_the_fraction_that_it_says():
    """33.3% is 333 of 1,000, and not a third."""
    assert share("33.3%") == Fraction(333, 1000)
    third = Rule(share("33.3%"), False, "entitled")
    assert (outcome(third, 333, 0, entitled=1000), outcome(third, 332, 0, entitled=1000)) == (
        Outcome.CARRIED,
        Outcome.NOT_CARRIED,
    )


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


def test_the_result_says_what_the_votes_were_taken_of():
    """Whichever base and quorum the rule has, the sentence gives their numbers."""
    cast = Rule(Fraction(2, 3), False, "cast", approval_quorum=Fraction(2, 5))
    assert count(cast, {"yes": 40, "no": 10, "abstain": 10}, entitled=110).sentence == (
        "The proposal was not carried: 40 of 60 votes, counting those who chose neither, were for Yes, and at least "
        "two thirds were needed; Yes had to be chosen by at least 40% of the 110 people who could vote, and 40 chose "
        "it."
    )
    entitled = Rule(Fraction(1, 2), True, "entitled")
    assert count(entitled, {"yes": 56, "no": 1}, entitled=110).sentence == (
        "The proposal was carried: 56 of 110 people who could vote chose Yes, and more than half were needed."
    )


def test_the_margin_is_the_fewest_papers_that_turn_the_outcome():
    """61 to 39: with 11 papers the other way it is 50 to 50, and not carried."""
    assert margin(HALF, count(HALF, {"yes": 61, "no": 39}, entitled=200)) == 11
    assert margin(HALF, count(HALF, {"yes": 30, "no": 30}, entitled=200)) == 1


def test_a_vote_that_no_exchange_can_turn_has_no_margin():
    """Too few voted. Exchanging papers does not change how many there are."""
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
