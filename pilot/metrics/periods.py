"""Periods of measurement: a year, a quarter, a month or a day, and on which side of a start they lie. Pure."""

import calendar
import re
from datetime import date

import msgspec

from pilot.people.dates import looks_like_day

MONTHS = {
    name.lower(): place for names in (calendar.month_name, calendar.month_abbr) for place, name in enumerate(names)
}

FIRST_YEAR, LAST_YEAR = 1900, 2099

YEARLY = re.compile(r"\d{4}")
"""The label of a period that is a year."""

MONTHLY = re.compile(r"\d{4}-\d{2}")
"""The label of a period that is a month."""

QUARTERLY = re.compile(r"\d{4}-Q[1-4]")
"""The label of a period that is a quarter."""

FORMATS = "a year (2027), a financial year (2026/27), a quarter (2027-Q1), a month (2027-03) or a day (2027-03-31)"


class Period(msgspec.Struct, frozen=True, order=True):
    """One period, from its first to its last day; `label` is the same for every way of writing it."""

    first: date
    last: date
    label: str

    def side(self, start: date) -> str:
        """“before” if it ends before the start, “after” if it begins on the start or later, else “during”."""
        if self.last < start:
            return "before"
        return "after" if self.first >= start else "during"


def read_period(text: str) -> Period | None:
    """The period that is meant; None when it is none of the formats that are known.

    A day may be written in every way of `pilot.people.dates`, but for the bare number that Excel gives it: 20271 is
    more likely a slip.
    """
    for pattern, read in _READERS:
        if found := pattern.fullmatch(text.strip()):
            try:
                return read(*found.groups())
            except ValueError:
                return None
    one = looks_like_day(text)
    return Period(one, one, one.isoformat()) if one and FIRST_YEAR <= one.year <= LAST_YEAR else None


def in_order(labels: set[str]) -> tuple[str, ...]:
    """Labels in the order of time."""
    return tuple(sorted(labels, key=lambda label: read_period(label) or Period(date.max, date.max, label)))


def _year(year: str) -> Period:
    return Period(date(int(year), 1, 1), date(int(year), 12, 31), year)


def _financial_year(first: str, second: str) -> Period:
    year = int(first)
    if int(second) % 100 != (year + 1) % 100:
        raise ValueError(second)
    return Period(date(year, 4, 1), date(year + 1, 3, 31), f"{first}/{(year + 1) % 100:02}")


def _quarter(year: str, quarter: str) -> Period:
    month = 3 * int(quarter)
    last = calendar.monthrange(int(year), month)[1]
    return Period(date(int(year), month - 2, 1), date(int(year), month, last), f"{year}-Q{quarter}")


def _month(year: str, month: str) -> Period:
    first = date(int(year), int(month), 1)
    return Period(first, first.replace(day=calendar.monthrange(first.year, first.month)[1]), f"{first:%Y-%m}")


def _named_month(name: str, year: str) -> Period:
    return _month(year, str(MONTHS.get(name.lower(), 0)))


_YEAR = r"((?:19|20)\d\d)"
_READERS = (
    (re.compile(_YEAR), _year),
    (re.compile(_YEAR + r"/(\d\d|\d{4})"), _financial_year),
    (re.compile(_YEAR + r"[- ]?[Qq]([1-4])"), _quarter),
    (re.compile(_YEAR + r"-(\d\d)"), _month),
    (re.compile(r"([A-Za-z]+)[- ]" + _YEAR), _named_month),
    (re.compile(r"(\d\d)/" + _YEAR), lambda month, year: _month(year, month)),
)
