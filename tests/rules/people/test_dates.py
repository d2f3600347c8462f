"""Three styles of writing a day, and what is no day."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.people.dates import looks_like_day, read_date


@pytest.mark.parametrize(
    "text",
    [
        "31/03/2027",
        "31-03-2027",
        "31.3.2027",
        "31-MAR-2027",
        "31 March 2027",
        "2027-03-31",
        "46477",
        "46477.0",
        "31/03/2027 00:00:00",
        "2027-03-31T00:00",
    ],
)
def test_one_day_in_every_style(text):
    assert read_date(text) == date(2027, 3, 31)


@given(st.dates(date(1930, 1, 1), date(2099, 12, 31)))
def test_a_day_survives_each_style(day):
    serial = (day - date(1899, 12, 30)).days
    for text in (f"{day:%d/%m/%Y}", f"{day:%d-%b-%Y}".upper(), day.isoformat(), str(serial)):
        assert read_date(text) == day


@pytest.mark.parametrize("text", ["", "03/31/2027", "30/02/2027", "1/1/27", "99999", "123", "Tuesday", "31-Mer-2027"])
def test_what_is_no_day_is_refused(text):
    with pytest.raises(ValueError, match="is no day"):
        read_date(text)


def test_a_bare_number_is_no_day_unless_a_day_is_expected():
    assert looks_like_day("46477") is None
    assert looks_like_day("31/03/2027") == date(2027, 3, 31)
    assert looks_like_day("Ward 5") is None
