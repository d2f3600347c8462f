"""When everything in the demonstration happened, counted back from today, so that it always looks alive. Pure."""

from datetime import UTC, date, datetime, time, timedelta

from msgspec import Struct

from pilot.councils.deadlines import LONDON, Calendar, add_working_days

OPEN_FOR_DAYS = 16
"""Calendar days between opening and closing, at least: two weekends and both working days around them."""

CLOSES_IN_DAYS = 10
OVERDUE_BY_WORKING_DAYS = 7


class Path(Struct, frozen=True):
    """The days on which one proposal went its way. Everything but the ballot's ends happens during working hours."""

    begun: date
    submitted: date
    taken_in: date
    qualified: date
    roll_as_at: date
    roll_imported: date
    arranged: date
    frozen: date
    opens: date
    closes: date


class Dates(Struct, frozen=True):
    """The whole story: `answered` and `overdue` have been voted on, `voting` is open. All is UK time."""

    today: date
    answered: Path
    overdue: Path
    voting: Path
    acknowledged: date
    responded: date

    @property
    def begins(self) -> date:
        """The first day of the story."""
        return min(path.begun for path in (self.answered, self.overdue, self.voting)) - timedelta(days=10)


def dates(today: date, calendar: Calendar, response_due_working_days: int = 20) -> Dates:
    """The story of a demonstration that is made `today`."""
    voting = _path(_on_or_after(today + timedelta(days=CLOSES_IN_DAYS), calendar), calendar)
    late = add_working_days(today, -response_due_working_days - OVERDUE_BY_WORKING_DAYS - 1, calendar)
    overdue = _path(late, calendar)
    answered = _path(add_working_days(late, -2, calendar), calendar)
    declared = add_working_days(answered.closes, 1, calendar)
    return Dates(
        today=today,
        answered=answered,
        overdue=overdue,
        voting=voting,
        acknowledged=add_working_days(declared, 3, calendar),
        responded=add_working_days(declared, 14, calendar),
    )


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """A moment of the day by the clocks in London, in UTC."""
    return datetime.combine(day, time(hour, minute), LONDON).astimezone(UTC)


def _path(closes: date, calendar: Calendar) -> Path:
    opens = closes - timedelta(days=OPEN_FOR_DAYS)
    while not calendar.is_working_day(opens):
        opens -= timedelta(days=1)
    arranged = add_working_days(opens, -8, calendar)
    qualified = arranged - timedelta(days=16)
    taken_in = add_working_days(qualified, -5, calendar)
    submitted = add_working_days(taken_in, -2, calendar)
    return Path(
        begun=add_working_days(submitted, -3, calendar),
        submitted=submitted,
        taken_in=taken_in,
        qualified=qualified,
        roll_as_at=arranged - timedelta(days=4),
        roll_imported=arranged - timedelta(days=1),
        arranged=arranged,
        frozen=add_working_days(arranged, 3, calendar),
        opens=opens,
        closes=closes,
    )


def _on_or_after(day: date, calendar: Calendar) -> date:
    return day if calendar.is_working_day(day) else add_working_days(day, 1, calendar)
