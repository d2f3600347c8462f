"""Days as they come out of spreadsheets: 31/03/2027, 31-MAR-2027, 2027-03-31, or Excel's number of the day. Pure."""

import re
from datetime import date, timedelta
from functools import lru_cache

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TIME = re.compile(r"[ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?$")
_DAY_FIRST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_MONTH_NAME = re.compile(r"(\d{1,2})[ /.-]([A-Za-z]{3,9})[ /.-](\d{4})")
_YEAR_FIRST = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_SERIAL = re.compile(r"(\d{5})(\.0+)?")

_SERIAL_START = date(1899, 12, 30)
_FIRST_SERIAL, _LAST_SERIAL = 10_959, 73_050
"""1 January 1930 to 31 December 2099: other five-figure numbers are no days."""


@lru_cache(maxsize=4096)
def read_date(text: str) -> date:
    """The day that `text` means; the day always comes before the month. Raises ValueError if it means none."""
    try:
        found = _read(_TIME.sub("", text.strip()))
    except ValueError:
        found = None
    if found is None:
        raise ValueError(f"{text!r} is no day")
    return found


def _read(text: str) -> date | None:
    if match := _DAY_FIRST.fullmatch(text):
        return date(int(match[3]), int(match[2]), int(match[1]))
    if (match := _MONTH_NAME.fullmatch(text)) and match[2][:3].lower() in _MONTHS:
        return date(int(match[3]), _MONTHS.index(match[2][:3].lower()) + 1, int(match[1]))
    if match := _YEAR_FIRST.fullmatch(text):
        return date(int(match[1]), int(match[2]), int(match[3]))
    if (match := _SERIAL.fullmatch(text)) and _FIRST_SERIAL <= int(match[1]) <= _LAST_SERIAL:
        return _SERIAL_START + timedelta(days=int(match[1]))
    return None


def looks_like_day(text: str) -> date | None:
    """The day that `text` means, or None; an Excel number alone is not taken for a day."""
    if _SERIAL.fullmatch(text.strip()):
        return None
    try:
        return read_date(text)
    except ValueError:
        return None
