"""What is told of an open box: how many sealed papers are in it, seldom and in steps. Pure."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")

STEP = 10
HOUR = time(8)
"""Told at most once a day, from eight in the morning in London, in steps of ten or more."""


def turnout_to_tell(sealed: int, told: int, told_on: date | None, now: datetime) -> int | None:
    """The number of sealed papers that may be published now, or None when the published one stays.

    At most once a day and only after ten more papers: smaller steps would show who has just handed one in.
    """
    local = now.astimezone(LONDON)
    if local.time() < HOUR or told_on == local.date() or sealed - told < STEP:
        return None
    return sealed
