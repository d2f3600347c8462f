"""Words that every page shares."""

import pytest

from pilot.web.pages import fours


@pytest.mark.parametrize(
    ("text", "shown"),
    [("01234567890123456789", "0123 4567 8901 2345 6789"), ("012345", "0123 45"), ("0123", "0123"), ("", "")],
)
def test_a_long_number_is_shown_in_fours(text, shown):
    assert fours(text) == shown


def test_a_code_is_shown_in_fours_with_hyphens():
    assert fours("7213KT9F3QXD5M8W", "-") == "7213-KT9F-3QXD-5M8W"
