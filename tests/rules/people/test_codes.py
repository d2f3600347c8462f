"""Voting codes: what they look like, what mistakes they catch, and what is said."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pilot.people import codes

CODES = st.lists(st.integers(0, 31), min_size=9, max_size=9).map(codes.compose)


@given(CODES)
def test_a_made_code_is_sound_and_ten_characters_of_the_alphabet(code):
    assert len(code) == 10
    assert set(code) <= set(codes.ALPHABET)
    assert codes.is_sound(code)
    assert codes.problem(code) is None


@given(CODES, st.integers(0, 9), st.sampled_from(codes.ALPHABET))
def test_any_single_wrong_character_is_caught(code, place, other):
    assume(code[place] != other)
    assert codes.problem(code[:place] + other + code[place + 1 :]) == codes.MISTYPED


@given(CODES, st.integers(0, 8))
def test_any_swap_of_neighbours_is_caught_except_0_with_z(code, place):
    one, two = code[place : place + 2]
    assume(one != two)
    swapped = code[:place] + two + one + code[place + 2 :]
    assert codes.is_sound(swapped) == ({one, two} == {"0", "Z"})


@given(CODES)
def test_a_code_is_read_however_it_is_typed(code):
    shown = codes.show(code)
    assert codes.normalise(shown) == code
    assert codes.normalise(f"  {shown.lower()} ") == code
    assert codes.normalise(" ".join(code)) == code
    assert codes.normalise(shown.replace("-", "–")) == code
    assert codes.normalise(code.replace("0", "O").replace("1", "l")) == code
    assert codes.normalise(code.replace("1", "i")) == code


@given(CODES)
def test_a_code_is_shown_in_groups_of_four_four_and_two(code):
    assert [len(group) for group in codes.show(code).split("-")] == [4, 4, 2]


def test_the_example_in_the_hint_has_the_form_of_a_code():
    assert len(codes.normalise(codes.EXAMPLE)) == 10


@pytest.mark.parametrize("typed", ["", "   ", "--"])
def test_nothing_typed_asks_for_the_code(typed):
    assert codes.problem(typed) == "Enter your voting code"


@pytest.mark.parametrize("typed", ["7KQ4", "7KQ4-M2XD-9PP", "7KQ4-M2XD-9!", "7KQ4-M2XD-9É", "٧KQ4M2XD9P"])
def test_a_malformed_code_is_told_the_form(typed):
    assert codes.problem(typed) == "Voting code must be 10 letters and numbers, like 7KQ4-M2XD-9P"


def test_the_letter_u_is_never_in_a_code():
    code = codes.compose([0] * 9)
    assert codes.problem("U" + code[1:]) == "That code is not right. Check each letter. We never use I, L, O or U"


def test_an_unknown_code_says_whom_to_call():
    assert codes.unknown("01632 960 123") == (
        "We do not recognise this code. It may have been replaced. Call 01632 960 123 or ask for a new one"
    )
    assert codes.unknown("") == "We do not recognise this code. It may have been replaced. Ask for a new one"


@pytest.mark.parametrize("numbers", [[1] * 8, [1] * 10, [32] + [1] * 8, [-1] + [1] * 8])
def test_a_code_is_made_from_nine_numbers_only(numbers):
    with pytest.raises(ValueError, match="nine numbers"):
        codes.compose(numbers)
