"""The list of rules: every one is known by its name, says what its paper asks for, and refuses what does not fit."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilot.voting.count import rules
from pilot.voting.count.contest import Cannot, Contest, Reserve

NAMES = ("Amy Osei", "Ben Roy", "Cat Hill", "Dan Fox")
ONE, TWO = Contest(1, NAMES), Contest(2, NAMES)


def fitting(name):
    return ONE if rules.RULES[name].one_seat else TWO


def test_the_rules_are_those_that_the_documents_name():
    """In the order in which they are offered."""
    assert list(rules.RULES) == [
        "scottish-stv",
        "alternative-vote",
        "first-past-the-post",
        "block-plurality",
        "approval",
        "meek-stv",
    ]


@pytest.mark.parametrize("name", rules.RULES)
def test_a_count_says_by_which_rule_it_was_made(name):
    """Name and version stand in every count, so that an old one is never counted by a new rule unnoticed."""
    result = rules.count(name, fitting(name), {b"\x01": 3, b"\x02": 2, b"": 1}, order=(4, 3, 2, 1))
    assert (result.rule, result.version) == (name, rules.RULES[name].version)
    assert (result.valid, result.blank, result.candidates) == (5, 1, NAMES)
    assert result.winners[0] == 1
    assert result.sentence.startswith("Amy Osei")


@pytest.mark.parametrize("name", rules.RULES)
def test_one_stage_where_no_vote_moves(name):
    """A rule says of itself whether a vote can move on to another candidate."""
    result = rules.count(name, fitting(name), {b"\x01": 3, b"\x02": 2, b"\x03": 2}, order=(4, 3, 2, 1))
    assert (result.stages[0].kind == "first") == rules.RULES[name].transfers
    assert (result.quota is not None) == rules.RULES[name].transfers


@pytest.mark.parametrize(
    ("name", "limits"),
    [
        ("scottish-stv", (0, 4, True)),
        ("meek-stv", (0, 4, True)),
        ("alternative-vote", (0, 4, True)),
        ("first-past-the-post", (0, 1, False)),
        ("block-plurality", (0, 2, False)),
        ("approval", (0, 4, False)),
    ],
)
def test_a_paper_has_room_for_what_the_rule_asks(name, limits):
    """A blank paper is a way to take part, so the fewest choices are none."""
    assert rules.limits(name, fitting(name)) == limits


def test_nobody_is_asked_for_more_choices_than_there_are_candidates():
    """Whoever withdrew is not on the paper."""
    assert rules.limits("block-plurality", Contest(5, NAMES)) == (0, 4, False)
    assert rules.limits("approval", Contest(2, NAMES, withdrawn=(2,))) == (0, 3, False)


@pytest.mark.parametrize("name", rules.RULES)
def test_a_contest_that_fits_has_no_problems(name):
    """Then the ballot can be arranged."""
    assert rules.check(name, fitting(name)) == []


@pytest.mark.parametrize("name", [name for name, rule in rules.RULES.items() if rule.one_seat])
def test_a_rule_for_one_seat_refuses_two(name):
    """When the election is set up, and again when papers are counted."""
    assert rules.check(name, TWO) == [f"{rules.RULES[name].title} fills one seat, and there are 2."]
    with pytest.raises(Cannot, match="fills one seat"):
        rules.count(name, TWO, {b"\x01": 1})


@pytest.mark.parametrize(
    ("contest", "why"),
    [
        (Contest(0, NAMES), "There must be from 1 to 60 seats."),
        (Contest(61, NAMES), "There must be from 1 to 60 seats."),
        (Contest(1, ()), "There are no candidates."),
        (Contest(2, NAMES, reserves=(Reserve("nights", (4,), least=2),)), "At least 2 from nights must be elected"),
        (Contest(2, NAMES, reserves=(Reserve("nights", (9,)),)), "There is no candidate 9."),
        (Contest(2, (*NAMES, "Amy Osei")), "Two candidates are called Amy Osei: add something"),
        (Contest(4, NAMES), "4 candidates for 4 seats: there is nothing to decide. Wait for more candidates"),
        (Contest(1, NAMES[:1]), "1 candidate for 1 seat: there is nothing to decide."),
    ],
)
def test_a_contest_that_no_ballot_can_be_held_for_is_refused_with_the_reason(contest, why):
    """Asked when an election is set up and again before it opens. Also where there is nothing to decide: nobody is
    asked to vote for as many candidates as there are seats."""
    found = rules.check("meek-stv", contest)
    assert len(found) == 1
    assert found[0].startswith(why)


def test_one_candidate_for_one_seat_can_be_voted_on_where_people_can_choose_nobody():
    """With Re-open nominations on the paper there is something to decide."""
    contest = Contest(1, ("Amy Osei", "Re-open nominations"), reopen=2)
    assert rules.check("first-past-the-post", contest) == []
    assert rules.count("first-past-the-post", contest, {b"\x01": 2, b"\x02": 3}).empty == 1


def test_an_unknown_rule_is_refused_with_the_rules_that_there_are():
    """It is never replaced by another."""
    with pytest.raises(Cannot, match=r"no rule called “borda”. The rules are scottish-stv, alternative-vote"):
        rules.count("borda", ONE, {})
    assert rules.check("borda", ONE)[0].startswith("There is no rule called “borda”")
    with pytest.raises(Cannot, match="borda"):
        rules.limits("borda", ONE)


@pytest.mark.parametrize("order", [(1, 2, 3), (1, 2, 3, 3), (1, 2, 3, 5), (1, 2, 3, 4, 5)])
def test_a_lot_that_does_not_name_every_candidate_once_is_refused(order):
    """Too few, too many, somebody twice, or somebody who does not stand."""
    with pytest.raises(Cannot, match="every candidate once"):
        rules.count("approval", ONE, {b"\x01": 1}, order)


elections = st.tuples(
    st.dictionaries(st.sampled_from([b"", b"\x01", b"\x02", b"\x03", b"\x04"]), st.integers(1, 50)),
    st.permutations(range(1, 5)),
    st.sampled_from(["alternative-vote", "first-past-the-post", "block-plurality", "approval", "meek-stv"]),
)


@settings(deadline=None)
@given(elections)
def test_with_one_seat_and_one_choice_most_rules_agree_on_whoever_has_more_than_half(drawn):
    """Whoever is the only choice on more than half of the papers is elected by every rule."""
    said, order, name = drawn
    whole = sum(many for paper, many in said.items() if paper)
    best = max(range(1, 5), key=lambda number: said.get(bytes([number]), 0))
    if said.get(bytes([best]), 0) * 2 > whole:
        assert rules.count(name, ONE, said, order).winners == (best,)


@settings(deadline=None)
@given(elections, st.randoms(use_true_random=False))
def test_grouping_and_order_of_papers_never_matter(drawn, chance):
    """In every rule."""
    said, order, name = drawn
    items = list(said.items())
    chance.shuffle(items)
    assert rules.count(name, ONE, dict(items), order) == rules.count(name, ONE, said, order)
