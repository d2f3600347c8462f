"""What somebody writes of their own vote must hold no code."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.secrecy import seal
from pilot.voting.forms import DisputeForm
from pilot.voting.forms.disputes import has_code


@given(st.binary(min_size=8, max_size=40), st.sampled_from(["-", "", " "]), st.booleans())
def test_a_check_code_is_found_however_it_is_typed(paper, between, lower):
    code = seal.check_code(paper)
    typed = between.join(code[at : at + 4] for at in range(0, 16, 4))
    typed = typed.lower() if lower else typed
    mixed = any(sign.isdigit() for sign in code) and any(sign.isalpha() for sign in code)
    assert has_code(f"My code is {typed}. Where is it?") is mixed


@pytest.mark.parametrize("typed", ["7KQ4-M2XD-9P", "7KQ4M2XD9P", "7kq4-m2xd-9p"])
def test_a_voting_code_is_found(typed):
    assert has_code(f"I typed {typed} and was refused")


@pytest.mark.parametrize(
    "words",
    [
        "",
        "I voted at the ward computer on 5 March 2027 and the page went blank.",
        "Call me on 0113 496 0000 after 6pm, or 07700 900123.",
        "They told them that this vote went into some list",
        "ward17@example.nhs.uk",
        "It was room B12 in 2027.",
    ],
)
def test_ordinary_words_are_no_code(words):
    assert not has_code(words)


def test_the_form_says_at_which_field_the_code_is():
    form = DisputeForm("code missing", "It is 7213-KT9F-3QXD-5M8W", name="Sam", contact="7KQ4-M2XD-9P")
    assert set(form.problems()) == {"text", "contact"}
    assert DisputeForm("refused", "I was refused", None, None).problems() == {}
