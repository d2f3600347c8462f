"""Which papers count."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilot.secrecy import canonical, papers, record, seal
from pilot.secrecy.manifest import Option, Question
from pilot.secrecy.papers import Verdict
from tests.builders.secrecy import YES_NO

LETTERS = tuple(Option(letter, letter.upper()) for letter in "abcd")
SEVERAL = Question("Which?", LETTERS, min=0, max=3)
RANKED = Question("In which order?", LETTERS, min=1, max=4, ranked=True)
PREFIX = b"\x07" * 32


def judged(world, item):
    return world.judged([item])[0]


def test_a_stamped_paper_counts(world):
    found = judged(world, world.inner(world.paper(["no"])))
    assert (found.verdict, found.answers, found.reason) == (Verdict.VALID, (("no",),), "")


def test_an_unstamped_but_well_formed_paper_is_set_aside(world):
    found = judged(world, world.inner(stamped=b"\x02" * 384))
    assert (found.verdict, found.reason) == (Verdict.SET_ASIDE, "no right stamp")
    assert found.paper == b""


def test_a_stamp_of_another_ballot_is_set_aside(world, other):
    paper = world.paper()
    assert judged(world, world.inner(paper, other.stamp_for(paper))).verdict == Verdict.SET_ASIDE


def test_a_paper_of_another_ballot_with_a_right_stamp_is_set_aside(world, other):
    found = judged(world, world.inner(world.paper(m=other.digest)))
    assert (found.verdict, found.reason) == (Verdict.SET_ASIDE, "of another ballot")


def test_the_same_stamp_on_two_papers_lets_one_count(world):
    first, second = world.paper(["yes"]), world.paper(["no"])
    stamped = world.stamp_for(first)
    found = world.judged([world.inner(first, stamped), world.inner(second, stamped)])
    assert sorted(one.verdict for one in found) == ["set aside", "valid"]


def test_the_same_paper_with_two_stamps_counts_once(world):
    paper = world.paper()
    items = [world.inner(paper), world.inner(paper)]
    assert items[0] != items[1]
    found = world.judged(items)
    assert sorted(one.verdict for one in found) == ["set aside", "valid"]
    assert {one.reason for one in found} == {"", "a second copy of a paper"}
    assert world.judged(items[::-1]) == found


def test_a_spoilt_copy_never_pushes_out_the_valid_paper(world):
    paper = world.paper()
    stamped = world.stamp_for(paper)
    good = seal.pack(paper, stamped, world.manifest.padded)
    tail = world.manifest.padded - len(paper) - 386
    for spoilt_tail in range(1, 20):
        bad = good[:-tail] + spoilt_tail.to_bytes(tail)
        found = world.judged([bad, good])
        assert [one.verdict for one in found if one.inner == papers.sha256(good).hexdigest()] == [Verdict.VALID]
        assert [one.verdict for one in found if one.inner == papers.sha256(bad).hexdigest()] == [Verdict.SET_ASIDE]


@pytest.mark.parametrize(
    "text",
    [
        '{{"a":[["yes"]],"a":[["yes"]],"m":"{m}"}}',
        '{{"m":"{m}","a":[["yes"]]}}',
        '{{"a":[["yes"]], "m":"{m}"}}',
        '{{"a":[["\\u0079es"]],"m":"{m}"}}',
        '{{"a":[["yes"]]}}',
        "",
        "not JSON",
        "[]",
        '"text"',
    ],
)
def test_a_stamped_paper_in_any_other_spelling_is_spoilt(world, text):
    paper = PREFIX + text.format(m=world.digest).encode()
    assert judged(world, world.inner(paper)).verdict == Verdict.SPOILT


@pytest.mark.parametrize(
    "value",
    [
        {"a": [["perhaps"]]},
        {"a": [["yes", "no"]]},
        {"a": [["yes", "yes"]]},
        {"a": [[]]},
        {"a": []},
        {"a": [["no"], ["no"]]},
        {"a": ["yes"]},
        {"a": [[1]]},
        {"a": "yes"},
        {"a": [["yes"]], "z": 1},
        {"b": 1},
    ],
)
def test_answers_that_do_not_fit_are_spoilt(world, value):
    paper = PREFIX + canonical.to_bytes({**value, "m": world.digest})
    assert judged(world, world.inner(paper)).verdict == Verdict.SPOILT


def test_a_paper_shorter_than_its_prefix_is_spoilt(world):
    for paper in (b"", b"x"):
        found = judged(world, world.inner(paper))
        assert (found.verdict, found.paper) == (Verdict.SPOILT, paper)


def test_padding_that_is_not_empty_is_spoilt(world):
    item = bytearray(world.inner())
    item[-1] = 1
    found = judged(world, bytes(item))
    assert (found.verdict, found.reason, found.answers) == (Verdict.SPOILT, "the padding is not empty", ())


def test_garbage_wrong_lengths_and_lying_lengths_are_set_aside(world):
    good = world.inner()
    for item in (b"", b"\xff" * len(good), good[:-1], good + b"\x00", b"\xff\xff" + good[2:]):
        assert judged(world, item).verdict == Verdict.SET_ASIDE


@settings(max_examples=40, deadline=None)
@given(place=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_no_bit_flip_makes_another_valid_paper(world, place, bit):
    good = world.inner()
    item = bytearray(good)
    item[place % len(item)] ^= 1 << bit
    assert judged(world, bytes(item)).verdict != Verdict.VALID


@settings(max_examples=15, deadline=None)
@given(st.randoms())
def test_the_order_of_the_papers_never_matters(world, chance):
    items = [world.inner(PREFIX[:31] + bytes([n]) + world.paper([answer])[32:]) for n, answer in enumerate(ANSWERS)]
    mixed = [*items, b"garbage"]
    chance.shuffle(mixed)
    found = world.judged(mixed)
    assert list(found) == sorted(found, key=lambda one: one.inner)
    assert sorted(one.answers for one in papers.of(found, Verdict.VALID)) == [(("no",),), (("yes",),), (("yes",),)]


ANSWERS = ("yes", "no", "yes")


def test_several_answers_are_taken_in_the_order_of_the_question():
    assert papers.fitting({"a": [["c", "a"]], "m": "H"}, [SEVERAL], "H") == (("a", "c"),)
    assert papers.fitting({"a": [[]], "m": "H"}, [SEVERAL], "H") == ((),)
    assert papers.fitting({"a": [["a", "b", "c", "d"]], "m": "H"}, [SEVERAL], "H") is None


def test_a_ranking_keeps_the_voters_order():
    found = papers.fitting({"a": [["yes"], ["c", "a"]], "m": "H"}, [YES_NO, RANKED], "H")
    assert found == (("yes",), ("c", "a"))


def test_a_judged_paper_is_the_same_after_it_was_kept(world):
    soiled = world.inner()[:-1] + b"\x01"
    for item in (world.inner(), world.inner(world.paper(["what"])), b"garbage", soiled):
        one = judged(world, item)
        paper, stamp_ = papers.kept(one)
        found = {"inner": one.inner, "paper": paper, "stamp_": stamp_, "reason": one.reason}
        again = papers.stored(one.verdict, world.manifest.questions, **found)
        assert again.answers == one.answers
        assert record.paper_lines([again]) == record.paper_lines([one])


def test_the_whole_item_is_kept_wherever_paper_and_stamp_do_not_make_it_again(world):
    good = world.inner()
    soiled, unstamped = good[:-1] + b"\x01", world.inner(stamped=b"\x02" * 384)
    found = {one.inner: one for one in world.judged([good, soiled, unstamped, b"garbage"])}
    for item in (good, soiled, unstamped, b"garbage"):
        one = found[papers.sha256(item).hexdigest()]
        again = one.item or seal.pack(one.paper, one.stamp, world.manifest.padded)
        assert again == item
    assert not found[papers.sha256(good).hexdigest()].item


def test_spare_is_stamps_without_a_valid_paper():
    assert papers.spare(25, 20) == 5
