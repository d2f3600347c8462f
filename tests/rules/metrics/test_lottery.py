"""The draw of the pilots: by hand, by law, by a thousand beacons, and what a forged document is told."""

import hashlib
import json
from collections import Counter
from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.errors import BadInput
from pilot.metrics import lottery, redrawing
from pilot.metrics.eligibility import Candidate, Criteria, select
from pilot.metrics.lottery import (
    Announcement,
    Leftover,
    MatchedSet,
    Sets,
    announce,
    draw,
    draw_set,
    number_of,
    seed_of,
    tidy_beacon,
)

SAID = Announcement("The Lotto draw of 5 May 2027", date(2027, 5, 5), date(2027, 4, 1), date(2027, 9, 1))
TRUSTS = [Candidate(code, f"Trust {code}", "acute", "North", level=6.0) for code in ("RAA", "RBB", "RCC", "RDD", "REE")]
LIST = select(TRUSTS, Criteria(), "engagement")
PAIRS = Sets(
    (MatchedSet("1", ("RAA", "RBB")), MatchedSet("2", ("RCC", "RDD"))), (Leftover("REE", "One is over."),), ("type",), 1
)
ANNOUNCED = announce("Pilots of 2027", LIST, PAIRS, SAID)
DRAWN = draw(ANNOUNCED, "3 14 15", date(2027, 5, 6))
ZEROS = "0" * 64
BY_HAND = "806dc0f38c480201ce66c922078f9626a32a9a220909c3ee5d944252eef0c174"


def failed(document):
    return [(check.name, check.says) for check in redrawing.verify(document) if not check.ok]


def changed(document, **changes):
    return msgspec.structs.replace(document, **changes)


def redone(document, **changes):
    """A document whose draw was changed."""
    return changed(document, draw=changed(document.draw, **changes))


def test_a_draw_by_hand():
    """Worked out with printf and sha256sum on a command line, not with this program."""
    assert seed_of(ZEROS, "3 14 15") == BY_HAND
    assert number_of(BY_HAND, "1", "RAA") == "c018cbd15289fd222aa5a9f3ff838753e6918db98d7f3717cd72147403c17dd1"
    assert number_of(BY_HAND, "1", "RBB") == "7a055e1a6281c0df89a332cf28da1fb0a3dae65ca55bbe36cf514e1d3177c45c"
    assert draw_set(BY_HAND, MatchedSet("1", ("RAA", "RBB")), 1).pilots == ("RBB",)


@given(st.permutations(["RAA", "RBB", "RCC", "RDD"]), st.integers(1, 3), st.text("0123456789", min_size=1))
def test_the_order_in_a_set_never_matters(codes, pilots, beacon):
    seed = seed_of(LIST.sha256, beacon)
    told = draw_set(seed, MatchedSet("1", tuple(codes)), pilots)
    assert told == draw_set(seed, MatchedSet("1", ("RAA", "RBB", "RCC", "RDD")), pilots)
    assert len(told.pilots) == pilots
    assert sorted((*told.pilots, *told.controls)) == ["RAA", "RBB", "RCC", "RDD"]


def test_more_pilots_in_a_set_keep_those_that_were_first():
    one = MatchedSet("1", ("RAA", "RBB", "RCC", "RDD"))
    assert draw_set(ZEROS, one, 2).pilots[:1] == draw_set(ZEROS, one, 1).pilots


def test_the_draw_depends_on_nothing_but_the_list_the_sets_and_the_beacon():
    other = announce("Another title", LIST, PAIRS, changed(SAID, source="Something else", starts_on=date(2028, 1, 1)))
    assert draw(other, "3 14 15", date(2027, 7, 7)).draw.sets == DRAWN.draw.sets
    longer = select([*TRUSTS, Candidate("RFF", "F", "acute", level=1.0)], Criteria(), "engagement")
    assert draw(announce("Pilots of 2027", longer, PAIRS, SAID), "3 14 15", SAID.known_on).draw.seed != DRAWN.draw.seed
    assert draw(ANNOUNCED, "3 14 16", SAID.known_on).draw.seed != DRAWN.draw.seed


@pytest.mark.parametrize("pilots", [1, 2])
def test_each_trust_of_a_set_is_drawn_equally_often(pilots):
    """4,000 beacons; with pilots of 4 trusts the chi-square has 3 degrees of freedom: above 16.27 once in 1,000."""
    one, times = MatchedSet("7", ("RAA", "RBB", "RCC", "RDD")), 4000
    drawn = Counter(
        code for beacon in range(times) for code in draw_set(seed_of(LIST.sha256, str(beacon)), one, pilots).pilots
    )
    share = pilots / 4
    expected = times * share
    # counts of draws without putting back vary less than those of independent ones: divided by (1 − share)·4/3
    chi = sum((drawn[code] - expected) ** 2 / expected for code in one.trusts) / ((1 - share) * 4 / 3)
    assert set(drawn) == set(one.trusts)
    assert chi < 16.27


def test_sets_are_drawn_apart_from_each_other():
    """The first of one set says nothing about the first of another: 4,000 beacons, 1 degree of freedom."""
    pairs = Counter()
    for beacon in range(4000):
        seed = seed_of(LIST.sha256, str(beacon))
        pairs[tuple(draw_set(seed, one, 1).pilots[0] for one in PAIRS.sets)] += 1
    assert len(pairs) == 4
    assert sum((count - 1000) ** 2 / 1000 for count in pairs.values()) < 16.27  # 3 degrees of freedom


def test_a_whole_document_comes_back_from_its_text():
    for document in (ANNOUNCED, DRAWN):
        assert lottery.read(lottery.to_bytes(document)) == document
        assert failed(document) == []
    assert b'"draw"' not in lottery.to_bytes(ANNOUNCED)
    assert hashlib.sha256(lottery.list_bytes(DRAWN)).hexdigest() == LIST.sha256


@pytest.mark.parametrize(
    ("typed", "beacon"),
    [
        (" 3  14\t15 ", "3 14 15"),
        ("FTSE 8,123.45", "8 45 123 ftse"),
        ("2027-05-05", "5 5 2027"),
        ("Ball9 ball10", "9 10 ball ball"),
        ("000", "0"),
    ],
)
def test_a_beacon_loses_what_somebody_could_spell_in_another_way(typed, beacon):
    assert tidy_beacon(typed) == beacon


def test_who_knows_the_number_cannot_choose_among_its_spellings():
    between = [" ", ", ", ",", "-", " - ", "/", ".", ";", ": ", " + ", "  "]
    assert {tidy_beacon(sign.join(["3", "14", "15"])) for sign in between} == {"3 14 15"}
    assert tidy_beacon("FTSE 3") == tidy_beacon("Ftse: 3.") == tidy_beacon("ftse3") == tidy_beacon("03 ftse")


@given(st.permutations([3, 14, 15, 27, 41, 58]), st.lists(st.integers(0, 3), min_size=6, max_size=6))
def test_neither_order_nor_leading_zeros_choose_the_pilots(order, zeros):
    typed = " ".join("0" * more + str(number) for number, more in zip(order, zeros, strict=True))
    assert tidy_beacon(typed, 6) == "3 14 15 27 41 58"


@pytest.mark.parametrize("typed", ["314 15", "31 41 5 0", "3 1 4 1 5", "3.14.15 x"])
def test_numbers_that_are_joined_or_cut_are_not_as_many_as_were_announced(typed):
    with pytest.raises(BadInput, match="announced to be of 3 numbers and words"):
        tidy_beacon(typed, 3)
    assert tidy_beacon("3, 14, 15", 3) == "3 14 15"


def test_a_lottery_of_an_earlier_version_that_named_no_number_of_parts_keeps_its_bytes():
    assert b'"parts"' not in lottery.to_bytes(ANNOUNCED)
    more = msgspec.structs.replace(ANNOUNCED, announcement=msgspec.structs.replace(SAID, parts=6))
    assert lottery.read(lottery.to_bytes(more)).announcement.parts == 6


@pytest.mark.parametrize(
    "typed", ["", "  ", " .-, ", "3 – 4", "€5", "$(reboot)", "a`b", 'a"b', "a\\b", "a'b", "a!b", "9" * 201]
)
def test_a_beacon_that_not_everybody_can_type_is_refused(typed):
    with pytest.raises(BadInput):
        tidy_beacon(typed)


SWAPPED = tuple(changed(one, order=one.order[::-1], pilots=(one.order[-1].code,)) for one in DRAWN.draw.sets)
OTHER_LIST = DRAWN.list | {"trusts": DRAWN.list["trusts"][:4]}


@pytest.mark.parametrize(
    ("document", "name", "words"),
    [
        (changed(DRAWN, list_sha256=ZEROS), "list", "but the document says 0000"),
        (changed(DRAWN, list=OTHER_LIST), "list", "The list's SHA-256 is"),
        (changed(DRAWN, list=OTHER_LIST), "sets", "REE is in a set or left over, but not in the list."),
        (changed(DRAWN, leftovers=()), "sets", "REE is in no set, and is not named as left over."),
        (changed(DRAWN, leftovers=(*PAIRS.leftovers, *PAIRS.leftovers)), "sets", "REE is in more than one place."),
        (changed(DRAWN, sets=(PAIRS.sets[0], changed(PAIRS.sets[1], name="1"))), "sets", "Two sets are called 1."),
        (changed(DRAWN, sets=(changed(PAIRS.sets[0], name="1 "), PAIRS.sets[1])), "sets", "has a space"),
        (changed(DRAWN, pilots_per_set=2), "size of the sets", "2 trusts with 2 pilots each"),
        (changed(DRAWN, pilots_per_set=0), "size of the sets", "with 0 pilots each"),
        (redone(DRAWN, beacon="3 14 16"), "seed", "give the seed"),
        (redone(DRAWN, seed=ZEROS), "seed", "but the document says 0000"),
        (redone(DRAWN, sets=(SWAPPED[0], DRAWN.draw.sets[1])), "draw", "In set 1 the draw gives"),
        (redone(DRAWN, sets=DRAWN.draw.sets[:1]), "draw", "There are 2 sets, but 1 were drawn."),
        (redone(DRAWN, sets=DRAWN.draw.sets[::-1]), "draw", "Set 1 should come where set 2 stands."),
        (redone(DRAWN, drawn_on=date(2027, 5, 4)), "days", "drawn on 2027-05-04"),
        (changed(DRAWN, announcement=changed(SAID, announced_on=SAID.known_on)), "days", "must be named before"),
    ],
)  # fmt: skip
def test_a_document_that_was_tampered_with_is_told_by_what_is_wrong(document, name, words):
    assert any(check == name and words in says for check, says in failed(document)), failed(document)


def test_a_number_that_is_not_the_seeds_is_noticed_though_the_pilots_are_right():
    one = DRAWN.draw.sets[0]
    forged = changed(one, order=(changed(one.order[0], number=ZEROS), one.order[1]))
    assert failed(redone(DRAWN, sets=(forged, DRAWN.draw.sets[1])))[0][1].startswith(
        "In set 1 the numbers or their order"
    )


def test_trusts_of_two_types_in_one_set_are_noticed():
    trusts = [changed(one, type="community") if one.code == "RDD" else one for one in TRUSTS]
    document = announce("x", select(trusts, Criteria(), "engagement"), PAIRS, SAID)
    assert failed(document) == [("type", "Set 2 has more than one type.")]


def test_sets_of_two_sizes_are_noticed():
    uneven = changed(PAIRS, sets=(changed(PAIRS.sets[0], trusts=("RAA", "RBB", "REE")), PAIRS.sets[1]), leftovers=())
    assert failed(announce("x", LIST, uneven, SAID)) == [
        ("size of the sets", "Sets have 2 and 3 trusts with 1 pilots each; they must be of one size.")
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{}", b"[]", b"not json", b"\xff", b'{"format":"pilot-lottery-1"}',
        lottery.to_bytes(DRAWN).replace(b"pilot-lottery-1", b"pilot-lottery-9"),
        lottery.to_bytes(DRAWN)[:-1],
        lottery.to_bytes(DRAWN) + b" ",
        json.dumps(json.loads(lottery.to_bytes(DRAWN)), indent=1).encode(),
        lottery.to_bytes(DRAWN).replace(b'{"announcement"', b'{"a":1,"announcement"'),
        lottery.to_bytes(DRAWN).replace(b'"exact":["type"]', b'"exact":["name"]'),
        lottery.to_bytes(DRAWN).replace(b'"level":"6.0"', b'"level":"six"'),
        b" " * (lottery.LARGEST + 1),
    ],
)  # fmt: skip
def test_what_is_no_lottery_is_refused_in_a_sentence(data):
    with pytest.raises(BadInput, match=r"^This (is not a lottery|file is far too large)"):
        lottery.read(data)
