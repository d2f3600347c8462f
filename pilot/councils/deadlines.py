"""Days that count: working days in England and Wales, the cut-off at 5pm in London, and what is due when. Pure."""

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from msgspec import Struct

from pilot.councils.constitution import Constitution
from pilot.errors import WrongState

LONDON = ZoneInfo("Europe/London")
CUT_OFF = time(17)
OPENING = time(8)
SATURDAY = 5


class Calendar(Struct, frozen=True):
    """The bank holidays that are known, and the first and last day for which they are known."""

    holidays: frozenset[date]
    first: date
    last: date

    def is_working_day(self, day: date) -> bool:
        """True from Monday to Friday unless a bank holiday. Raises WrongState outside the days that are known."""
        if not self.first <= day <= self.last:
            raise WrongState(
                f"The list of bank holidays goes from {_day(self.first)} to {_day(self.last)}, "
                f"so working days around {_day(day)} cannot be counted. Ask for the list to be updated."
            )
        return day.weekday() < SATURDAY and day not in self.holidays


def add_working_days(start: date, number: int, calendar: Calendar) -> date:
    """The day `number` working days after `start` (before it, when negative); `start` itself when 0.

    `start` is not counted and need not be a working day. Raises WrongState when the way leads past the known list.
    """
    step = timedelta(days=1 if number >= 0 else -1)
    day, left = start, abs(number)
    while left:
        day += step
        left -= calendar.is_working_day(day)
    return day


def working_days_between(start: date, end: date, calendar: Calendar) -> int:
    """How many working days lie after `start`, up to and with `end`; 0 when `end` is not later."""
    return sum(calendar.is_working_day(start + timedelta(days=n)) for n in range(1, (end - start).days + 1))


def london_day(moment: datetime) -> date:
    """The calendar day of an aware moment on a clock in London."""
    return moment.astimezone(LONDON).date()


def counting_day(moment: datetime) -> date:
    """The day from which a deadline counts: the day in London, or the next one from 5pm on."""
    local = moment.astimezone(LONDON)
    return local.date() + timedelta(days=local.time() >= CUT_OFF)


def at_cut_off(day: date) -> datetime:
    """5pm in London on that day, in UTC: 17:00 in winter, 16:00 in summer."""
    return datetime.combine(day, CUT_OFF, LONDON).astimezone(UTC)


def at_opening(day: date) -> datetime:
    """8am in London on that day, in UTC."""
    return datetime.combine(day, OPENING, LONDON).astimezone(UTC)


def screening_due(submitted_at: datetime, constitution: Constitution, calendar: Calendar) -> datetime:
    """By when the coordinator screens a submitted proposal."""
    return at_cut_off(add_working_days(counting_day(submitted_at), constitution.screening_working_days, calendar))


def support_ends(opened_at: datetime, constitution: Constitution) -> datetime:
    """When gathering support ends: 5pm, so many calendar days after it was opened."""
    return at_cut_off(london_day(opened_at) + timedelta(days=constitution.support_window_days))


def deliberation_ends(qualified_at: datetime, constitution: Constitution) -> datetime:
    """When discussion ends and the text is locked: 5pm, so many calendar days after the threshold was reached."""
    return at_cut_off(london_day(qualified_at) + timedelta(days=constitution.deliberation_days))


def acknowledgement_due(declared_at: datetime, constitution: Constitution, calendar: Calendar) -> datetime:
    """By when the board says that it has the result."""
    return at_cut_off(add_working_days(counting_day(declared_at), constitution.response_ack_working_days, calendar))


def response_due(declared_at: datetime, constitution: Constitution, calendar: Calendar) -> datetime:
    """By when the board answers a carried proposal."""
    return at_cut_off(add_working_days(counting_day(declared_at), constitution.response_due_working_days, calendar))


class Step(StrEnum):
    """Who is called on for a late answer, in the order of the ladder."""

    PUBLIC = "everyone"
    CHIEF_EXECUTIVE = "the chief executive"
    CHAIR = "the chair and the programme board"


class Overdue(Struct, frozen=True):
    """How late an answer is: whole working days (0 on the evening of the due day) and who is called on by now."""

    working_days: int
    step: Step


def overdue(due_at: datetime, now: datetime, constitution: Constitution, calendar: Calendar) -> Overdue | None:
    """How late something is that was due at `due_at` and has not come; None until the due moment has passed."""
    if now <= due_at:
        return None
    days = working_days_between(london_day(due_at), london_day(now), calendar)
    step = Step.PUBLIC
    if days >= constitution.overdue_chair_working_days:
        step = Step.CHAIR
    elif days >= constitution.overdue_chief_executive_working_days:
        step = Step.CHIEF_EXECUTIVE
    return Overdue(days, step)


def days_left(ends_at: datetime, now: datetime) -> int:
    """Calendar days from today in London until the day of the end; 0 on the last day and after it."""
    return max((london_day(ends_at) - london_day(now)).days, 0)


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
