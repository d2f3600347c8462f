"""One text for each value, and no other accepted."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.errors import BadInput
from pilot.secrecy import canonical

texts = st.text(st.characters(exclude_categories=["Cs"]))
keys = st.text(st.characters(max_codepoint=126, min_codepoint=32), max_size=8)
values = st.recursive(
    st.booleans() | st.integers(-canonical.SAFE_INTEGER, canonical.SAFE_INTEGER) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)


@given(values)
def test_what_is_written_is_read_back(value):
    assert canonical.read(canonical.to_bytes(value)) == value


@given(values)
def test_a_value_has_one_text_whatever_the_order_of_its_keys(value):
    turned = dict(reversed(value.items())) if isinstance(value, dict) else value
    assert canonical.to_bytes(turned) == canonical.to_bytes(value)


@given(values)
def test_no_other_spelling_of_the_same_value_is_read(value):
    written = canonical.to_bytes(value)
    for other in (json.dumps(value, indent=1), json.dumps(value) + "\n", " " + json.dumps(value)):
        if other.encode() != written:
            with pytest.raises(BadInput):
                canonical.read(other.encode())


@pytest.mark.parametrize(
    "text",
    [
        b'{"a":1,"a":1}',
        b'{"b":1,"a":2}',
        b'{"a": 1}',
        b'{"a":1.0}',
        b'{"a":1e3}',
        b'{"a":null}',
        b'{"a":NaN}',
        b'{"a":9007199254740992}',
        b'{"a":-0}',
        b'{"\xc3\xa9":1}',
        b'"\\u00e9"',
        b'"\\ud800"',
        b'"\\/"',
        b"\xef\xbb\xbf1",
        b"\xff",
        b"",
        b"[" * 100_000,
        b"[" * 65 + b"]" * 65,
        b'{"a":' * 65 + b"1" + b"}" * 65,
        b"[" * 900 + b"]" * 900,
        b"9" * 5000,
    ],
)
def test_other_spellings_and_foreign_values_are_refused(text):
    with pytest.raises(BadInput):
        canonical.read(text)


@pytest.mark.parametrize("text", [b"[" * 64 + b"]" * 64, b'{"a":' * 64 + b"1" + b"}" * 64, b"[" + b"[]," * 99 + b"[]]"])
def test_lists_and_objects_are_read_sixty_four_deep_and_as_many_beside_each_other_as_there_are(text):
    assert canonical.to_bytes(canonical.read(text)) == text


def test_base64_is_read_in_its_one_form():
    assert canonical.from_base64(b"AA==") == b"\0"
    for other in (b"AB==", b"AA=", b"AA", b"AA==\n", b" AA==", b"AA==AA==", b"\xff", b"-_=="):
        with pytest.raises(ValueError):  # noqa: PT011 -- its reason is never shown
            canonical.from_base64(other)


def test_a_value_that_has_no_text_is_refused():
    for value in (1.5, None, {"é": 1}, {1: 2}, "\ud800", 2**53):
        with pytest.raises(BadInput):
            canonical.to_bytes(value)


@given(
    st.recursive(
        st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=6) | st.floats() | st.none(),
        lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(max_size=4), inside, max_size=4),
        max_leaves=8,
    ),
    st.booleans(),
)
def test_the_quick_way_to_read_gives_what_the_long_one_gives_or_leaves_it_to_it(value, tidy):
    text = json.dumps(value, sort_keys=tidy, separators=(",", ":") if tidy else None, ensure_ascii=False)
    try:
        data = text.encode()
    except UnicodeEncodeError:
        return
    quick = canonical._read_plain(data)
    if quick is not None:
        assert quick == canonical._read_any(data)
        assert canonical.to_bytes(quick) == data


@pytest.mark.parametrize(
    "text", ['{"a":1,"a":1}', "1.0", "1e3", "-0", "9007199254740992", "[null]", "null", "NaN", " 1"]
)
def test_neither_way_reads_what_is_not_written_in_the_one_form(text):
    assert canonical._read_plain(text.encode()) is None
    with pytest.raises(BadInput):
        canonical.read(text.encode())
