"""A form names every wrong field at once and keeps what was typed."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta

from pilot.errors import BadInput
from pilot.web.forms import Upload, decode


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Example(msgspec.Struct, frozen=True):
    title: Annotated[str, Meta(title="Title", max_length=10, extra_json_schema={"required": "Give it a title"})]
    hours: Annotated[int, Meta(title="Hours", ge=1, le=8)]
    starts_on: Annotated[date, Meta(title="Start date")]
    colour: Colour
    file: Upload
    agreed: bool = False
    note: str | None = None
    ways: list[Literal["post", "phone"]] = []

    def problems(self) -> dict[str, str]:
        if not self.agreed:
            return {"agreed": "Tick the box to agree", "title": "never shown when the title is wrong already"}
        return {}


GOOD = {
    "title": [" Rest room "],
    "hours": ["3"],
    "starts_on-day": ["3"],
    "starts_on-month": ["03"],
    "starts_on-year": ["2027"],
    "colour": ["red"],
    "file": [Upload("a.csv", b"x")],
    "agreed": ["on"],
    "ways": ["post", "phone"],
    "_csrf_token": ["secret"],
}


def test_a_good_form_is_read_whole():
    read = decode(Example, GOOD)
    assert (read.title, read.hours, read.starts_on, read.colour) == ("Rest room", 3, date(2027, 3, 3), Colour.RED)
    assert (read.agreed, read.note, read.ways, read.file.content) == (True, None, ["post", "phone"], b"x")


def test_every_wrong_field_is_named_at_once_in_the_order_of_the_form():
    with pytest.raises(BadInput) as caught:
        decode(
            Example, {"title": ["far too long a title"], "hours": ["9"], "starts_on-day": ["31"], "colour": ["pink"]}
        )
    assert caught.value.fields == {
        "title": "Title must be 10 characters or fewer",
        "hours": "Hours must be a whole number from 1 to 8",
        "starts_on": "Start date must be a real date, like 27 3 2027",
        "colour": "Select colour",
        "file": "Select file",
        "agreed": "Tick the box to agree",
    }
    assert list(caught.value.fields) == ["title", "hours", "starts_on", "colour", "file", "agreed"]


def test_an_empty_form_says_what_to_enter():
    with pytest.raises(BadInput) as caught:
        decode(Example, {})
    assert caught.value.fields["title"] == "Give it a title"
    assert caught.value.fields["hours"] == "Enter hours"


def test_what_was_typed_is_kept_but_not_the_secret_of_the_form():
    with pytest.raises(BadInput) as caught:
        decode(Example, {**GOOD, "hours": ["x"]})
    assert caught.value.typed["title"] == " Rest room "
    assert caught.value.typed["ways"] == ["post", "phone"]
    assert "_csrf_token" not in caught.value.typed


@given(st.dictionaries(st.sampled_from([*GOOD, "starts_on", "other"]), st.lists(st.text(), max_size=3)))
def test_whatever_is_sent_is_read_or_refused_with_a_sentence(raw):
    sentences = said_of(raw)
    assert sentences is None or (sentences and all(sentences))


def said_of(raw):
    """The sentences of a refusal; None when the form was read."""
    try:
        decode(Example, raw)
    except BadInput as refusal:
        return list(refusal.fields.values())
    return None


@pytest.mark.parametrize("sign", ["\x00", "\x01", "\x0b", "\x0c", "\x1b", "\x1f", "\x7f"])
@pytest.mark.parametrize("place", ["{}Rest", "Re{}st", "Rest{}"])
def test_a_sign_that_cannot_be_printed_is_refused_in_every_text(sign, place):
    text = place.format(sign)
    with pytest.raises(BadInput) as caught:
        decode(Example, GOOD | {"title": [text], "note": [text], "ways": ["post", text], "file": [Upload(text, b"x")]})
    told = "has a character that cannot be printed. If you pasted it, type it instead"
    assert caught.value.fields == {
        "title": f"Title {told}", "file": f"File {told}", "note": f"Note {told}", "ways": f"Ways {told}",
    }  # fmt: skip


def test_lines_and_tabs_of_a_text_are_kept():
    assert decode(Example, GOOD | {"note": ["One.\r\nTwo.\n\tThree – é 日本"]}).note == "One.\nTwo.\n\tThree – é 日本"
