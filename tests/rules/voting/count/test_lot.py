"""The lot: a number that is promised by its mark, and one order of all candidates that anybody can draw again."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.voting.count import lot

NUMBER = "01234567890123456789"
LIST = b"a list of papers\n"


def test_the_mark_is_the_published_one():
    assert lot.mark(NUMBER) == sha256(b"pilot lot 01234567890123456789").hexdigest()


def test_the_order_is_the_published_one():
    seed = sha256(LIST + NUMBER.encode()).digest()
    assert lot.seed(LIST, NUMBER) == seed
    assert lot.draw(seed, 4) == tuple(sorted((1, 2, 3, 4), key=lambda n: sha256(seed + bytes([0, n])).hexdigest()))


@given(st.binary(max_size=80), st.integers(1, 61))
def test_everybody_is_in_the_order_once(papers, candidates):
    assert sorted(lot.draw(lot.seed(papers, NUMBER), candidates)) == list(range(1, candidates + 1))


@given(st.binary(max_size=80), st.binary(max_size=80))
def test_another_list_or_number_gives_another_seed(one, other):
    assert (lot.seed(one, NUMBER) == lot.seed(other, NUMBER)) == (one == other)
    assert lot.seed(one, NUMBER) != lot.seed(one, "")


def test_everybody_is_luckiest_in_their_share_of_the_lots():
    first = [lot.draw(lot.seed(str(paper).encode(), NUMBER), 4)[0] for paper in range(2000)]
    assert all(430 < first.count(candidate) < 570 for candidate in (1, 2, 3, 4))


def test_a_number_is_read_with_any_spaces():
    assert lot.read("  0123 4567 8901 2345 6789\n") == NUMBER


@pytest.mark.parametrize("text", ["", "1", "1" * 19, "1" * 21, "1" * 19 + "x", "-" + "1" * 19, "²" * 20, "٣" * 20])
def test_anything_but_twenty_digits_is_no_number(text):
    with pytest.raises(ValueError, match="20 digits"):
        lot.read(text)
