"""The chain over events shows every change."""

import pytest

from pilot.audit.chain import START, digest, first_break


def a_chain(length):
    lines, before = [], START
    for number in range(1, length + 1):
        event = {"number": number, "verb": f"act {number}"}
        before = digest(before, event)
        lines.append((event, before))
    return lines


def test_a_whole_chain_has_no_break():
    assert first_break(a_chain(5)) is None


@pytest.mark.parametrize("place", [1, 3, 5])
def test_a_changed_line_is_found(place):
    lines = a_chain(5)
    lines[place - 1][0]["verb"] = "another act"
    assert first_break(lines) == place


def test_a_dropped_line_is_found():
    lines = a_chain(5)
    del lines[2]
    assert first_break(lines) == 3


def test_two_lines_that_changed_places_are_found():
    lines = a_chain(5)
    lines[1], lines[2] = lines[2], lines[1]
    assert first_break(lines) == 2
