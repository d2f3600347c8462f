"""The only place that reads the time. Everything else takes `now` as an argument."""

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

Clock = Callable[[], datetime]
"""Gives the present moment, aware and in UTC."""

LONDON = ZoneInfo("Europe/London")
"""The zone in which deadlines are set and shown."""


def utc_now() -> datetime:
    """The present moment, aware and in UTC."""
    return datetime.now(UTC)  # noqa: TID251 -- the one home of the clock
