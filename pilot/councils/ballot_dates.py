"""When a proposal is voted on: dates that reach every rota, each with its reason. Pure."""

from datetime import date, timedelta

from msgspec import Struct

from pilot.councils.constitution import Constitution
from pilot.councils.deadlines import SATURDAY, Calendar, add_working_days

LONGEST_DAYS = 70


class BallotDates(Struct, frozen=True):
    """The day on which voting opens at 8am and the day on which it closes at 5pm, London time, with the reasons."""

    opens_on: date
    closes_on: date
    opens_because: str
    closes_because: str


def propose(arranged_on: date, constitution: Constitution, calendar: Calendar) -> BallotDates:
    """The earliest dates that the constitution allows for a ballot arranged on a day.

    Raises WrongState when the bank holidays of that time are not known.
    """
    opens_on = earliest_opening(arranged_on, constitution, calendar)
    closes_on = opens_on + timedelta(days=constitution.voting_days_min)
    while weekends_within(opens_on, closes_on) < constitution.voting_weekends_min or not calendar.is_working_day(
        closes_on
    ):
        closes_on += timedelta(days=1)
    asked = opens_on + timedelta(days=constitution.voting_days_min)
    moved = f", moved from {_day(asked)}, which is not a working day" if closes_on != asked else ""
    return BallotDates(
        opens_on,
        closes_on,
        f"The first working day after {_working(constitution.notice_working_days)} to print and hand out voting codes.",
        f"{(closes_on - opens_on).days} days after opening with {weekends_within(opens_on, closes_on)} whole weekends, "
        f"so that people on nights and on leave can vote{moved}.",
    )


def earliest_opening(arranged_on: date, constitution: Constitution, calendar: Calendar) -> date:
    """The first working day on which a ballot arranged on a day may open."""
    return add_working_days(arranged_on, constitution.notice_working_days + 1, calendar)


def weekends_within(opens_on: date, closes_on: date) -> int:
    """Weekends of which both days lie in the voting time."""
    days = (opens_on + timedelta(days=n) for n in range((closes_on - opens_on).days + 1))
    return sum(day.weekday() == SATURDAY and day < closes_on for day in days)


def problems(
    opens_on: date, closes_on: date, arranged_on: date, constitution: Constitution, calendar: Calendar
) -> dict[str, str]:
    """A sentence for each date that the constitution forbids, by field; empty when both are allowed."""
    found = {}
    first = earliest_opening(arranged_on, constitution, calendar)
    if opens_on < first:
        found["opens_on"] = f"Voting can open on {_day(first)} at the earliest, so that codes can be handed out"
    elif (rest := _rest_day("open", opens_on, calendar)) is not None:
        found["opens_on"] = rest
    if closes_on <= opens_on:
        found["closes_on"] = "Voting must close after it opens"
    elif (closes_on - opens_on).days < constitution.voting_days_min:
        found["closes_on"] = f"Voting must be open for at least {constitution.voting_days_min} days"
    elif (closes_on - opens_on).days > LONGEST_DAYS:
        found["closes_on"] = f"Voting can be open for {LONGEST_DAYS} days at most"
    elif weekends_within(opens_on, closes_on) < constitution.voting_weekends_min:
        found["closes_on"] = f"Voting must include at least {constitution.voting_weekends_min} whole weekends"
    elif (rest := _rest_day("close", closes_on, calendar)) is not None:
        found["closes_on"] = rest
    return found


def _rest_day(verb: str, day: date, calendar: Calendar) -> str | None:
    if calendar.is_working_day(day):
        return None
    kind = "weekend" if day.weekday() >= SATURDAY else "bank holiday"
    return f"Voting cannot {verb} on {_day(day)}, which is a {kind}"


def _day(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B %Y}"


def _working(days: int) -> str:
    return "1 whole working day" if days == 1 else f"{days} whole working days"
