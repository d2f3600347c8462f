"""What a survey asks: our own words, or a pack that came with a permission; groups only where they hide people."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.metrics.catalogue import MANAGEMENT, MEASURES
from pilot.metrics.questionnaire import (
    ANSWERS,
    ELSEWHERE,
    GROUP,
    PRACTICE,
    PULSE,
    SCORED,
    SEVERAL,
    offered,
    questions,
    read_pack,
)
from pilot.metrics.respondents import RATE
from pilot.metrics.sheet import Unusable
from pilot.secrecy.manifest import padded

HEAD = "code,text,answers,reverse,outcome\n"
GOOD = (
    HEAD + "q1,I like the tea,agree,no,tea\nq2,I like the cups,often,,tea\nq3,I dislike the spoons,agree,yes,spoons\n"
)
NHS_WORDS = (
    "i look forward to going to work",
    "i am enthusiastic about my job",
    "time passes quickly when i am working",
    "there are frequent opportunities for me to show initiative in my role",
    "i am able to make suggestions to improve the work of my team",
    "i am able to make improvements happen in my area of work",
    "care of patients",
    "i would recommend my organisation as a place to work",
    "if a friend or relative needed treatment",
)


def test_the_pulse_asks_nine_things_about_engagement_and_seven_about_management():
    assert len(PULSE.items) == 16
    by_code = {scale.code: scale for scale in PULSE.scales}
    nine = [item for code in ("motivation", "involvement", "advocacy") for item in by_code[code].items]
    assert len(nine) == 9
    assert len(by_code["management_practice"].items) == 7
    assert {*nine, *by_code["management_practice"].items} == {item.code for item in PULSE.items}
    assert PULSE.means[0].scales == ("motivation", "involvement", "advocacy")


def test_the_words_are_our_own():
    for item in (*PULSE.items, *PRACTICE.items):
        assert not [words for words in NHS_WORDS if words in item.text.lower()], item.text
    assert PULSE.permission == PRACTICE.permission == ""


def test_only_obstacles_are_turned_round():
    assert [item.code for item in PULSE.items if item.reverse] == ["obstacle_staffing", "obstacle_process"]


def test_the_management_questions_give_every_measure_of_the_catalogue_and_no_other():
    known = {code for instrument, code in MEASURES if instrument == MANAGEMENT}
    assert set(PRACTICE.outcomes) == known - {RATE}, "who answers is released with every survey"
    assert [PRACTICE.top(code) for code in PRACTICE.outcomes] == [1.0] * 11
    assert PULSE.top("engagement") == 10.0


def test_every_share_counts_answers_that_can_be_given():
    items = {item.code: ANSWERS[item.words] for item in PRACTICE.items}
    for share in PRACTICE.shares:
        numbers = {str(n) for n in range(1, len(items[share.item]) + 1)}
        assert set(share.counted) < set(share.among) <= numbers, share.code
        if share.only_if:
            assert items[share.only_if[0]][int(share.only_if[1]) - 1] == "Yes"


def test_only_what_has_five_answers_is_scored_and_no_answer_has_two_digits():
    assert {len(ANSWERS[words]) for words in SCORED} == {5}
    assert max(len(words) for words in ANSWERS.values()) <= 9
    assert {item.words for item in PULSE.items} <= SCORED


def test_what_gets_in_the_way_can_be_several_things_and_everybody_is_asked():
    asked = questions(PRACTICE, offered([("Nursing", 50)], [], 11))
    assert [question.max for question in asked] == [1, 1, 1, 1, 5, 1, 1]
    assert {question.min for question in asked} == {0}
    for words in ("obstacles", "agree-if-any"):
        assert ANSWERS[words][-1].startswith("Does not apply")
    assert frozenset({"obstacles"}) == SEVERAL
    assert padded(asked) > 0


def test_every_answer_may_be_left_out_and_only_one_be_given():
    asked = questions(PULSE, offered([("Nursing", 30), ("Estates", 20)], [("Main", 25), ("North", 25)], 11))
    assert len(asked) == 18
    assert {(question.min, question.max, question.ranked) for question in asked} == {(0, 1, False)}
    assert [option.id for option in asked[0].options] == ["1", "2", "3", "4", "5"]
    assert [option.text for option in asked[0].options] == list(ANSWERS["often"])
    assert [option.text for option in asked[16].options] == ["Estates", "Nursing"]
    assert padded(asked) > 0


def test_a_question_with_one_answer_is_not_asked():
    asked = questions(PULSE, offered([("Nursing", 50)], [("Main", 25), ("North", 25)], 11))
    assert [question.text for question in asked[16:]] == ["Where do you mostly work?"]


def test_small_groups_are_offered_together():
    offer = offered([("Nursing", 30), ("Estates", 20), ("Medical", 10), ("Chaplains", 2)], [], 11)
    assert offer.groups == (("Estates", 20), ("Nursing", 30), (ELSEWHERE[GROUP], 12))


def test_the_smallest_large_group_joins_small_ones_that_are_too_few_by_themselves():
    offer = offered([("Nursing", 30), ("Estates", 20), ("Chaplains", 2)], [], 11)
    assert offer.groups == (("Nursing", 30), (ELSEWHERE[GROUP], 22))


def test_people_without_a_group_are_among_the_others():
    assert offered([("", 15), ("Nursing", 30)], [], 11).groups == (("Nursing", 30), (ELSEWHERE[GROUP], 15))


@given(st.dictionaries(st.text("abcdef", max_size=4), st.integers(1, 60), max_size=8))
def test_no_offered_group_is_small_unless_all_people_are(groups):
    counts = list(groups.items())
    offer = offered(counts, [], 11)
    assert sum(size for _, size in offer.groups) == sum(groups.values())
    small = [size for _, size in offer.groups if size < 11]
    assert not small or len(offer.groups) == 1
    assert len({name for name, _ in offer.groups}) == len(offer.groups)


def a_pack(text):
    return read_pack(text.encode(), title="Tea", permission="NHSE 2027/12")


def test_a_pack_gives_items_scales_and_its_permission():
    pack = a_pack(GOOD)
    assert [item.code for item in pack.items] == ["q1", "q2", "q3"]
    assert [(scale.code, scale.items, scale.least) for scale in pack.scales] == [
        ("tea", ("q1", "q2"), 2),
        ("spoons", ("q3",), 1),
    ]
    assert (pack.items[1].words, pack.items[2].reverse) == ("often", True)
    assert pack.permission == "NHSE 2027/12"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("code,text,answers,reverse\nq1,a,agree,no\n", "Line 1: the column “outcome” is missing."),
        (GOOD + "q1,Another,agree,no,tea2\n", "Line 5: “q1” is there twice."),
        (GOOD + "q9,I like the tea,agree,no,tea2\n", "Line 5: “I like the tea” is there twice."),
        (GOOD + "q9,,agree,no,tea2\n", "Line 5: the cell under “text” is empty."),
        (GOOD + "q9,x,maybe,no,tea2\n", "Line 5: answers must be agree or often, but is “maybe”."),
        (GOOD + "q9,x,yes-no,no,tea2\n", "Line 5: answers must be agree or often, but is “yes-no”."),
        (GOOD + "q9,x,agree,perhaps,tea2\n", "Line 5: reverse must be yes or no, but is “perhaps”."),
        (GOOD + f"q9,{'x' * 201},agree,no,tea2\n", "Line 5: a cell has more than 200 characters."),
        (GOOD + f"q9,x,agree,no,{'t' * 61}\n", "Line 5: a code or an outcome has more than 60 characters."),
        (GOOD + "q9,x,agree,no,tea\n", "The items of one outcome must stand one after the other."),
        (HEAD + "".join(f"q{n},Text {n},agree,no,o\n" for n in range(41)), "A survey has between 1 and 40 items."),
    ],
)
def test_a_bad_pack_is_refused_with_the_line(text, problem):
    with pytest.raises(Unusable) as refusal:
        a_pack(text)
    assert str(refusal.value.problems[0]) == problem


def test_no_outcome_of_a_pack_is_called_like_the_share_that_answers():
    with pytest.raises(Unusable, match="give the outcome another one"):
        a_pack(HEAD + "q1,Tea is hot,agree,no,response_rate\n")


def test_every_problem_of_a_pack_is_told_at_once():
    with pytest.raises(Unusable) as refusal:
        a_pack(HEAD + "q1,,maybe,no,tea\nq1,x,agree,what,tea\n")
    assert [problem.line for problem in refusal.value.problems] == [2, 2, 3, 3]
