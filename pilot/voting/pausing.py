"""How far a vote that was disturbed may be prolonged, and when a vote that was paused closes. Pure."""

from datetime import datetime, timedelta

from pilot.errors import BadInput, WrongState

MINUTE = timedelta(minutes=1)
ONCE = "This vote was extended once already. A vote can be extended once only."
TOO_LATE = "Voting has closed, so it cannot be extended now."


def half(opens_at: datetime, closes_at: datetime) -> timedelta:
    """The most by which a vote may be extended: half of the time for which it was arranged, in whole minutes."""
    return (closes_at - opens_at) // (2 * MINUTE) * MINUTE


def extended(
    arranged: tuple[datetime, datetime], closes_at: datetime, longer: timedelta, *, before: bool, now: datetime
) -> datetime:
    """The new closing time of a vote that closes at `closes_at` now and was `arranged` from one moment to another.

    Raises WrongState after the close and where it was extended `before`; BadInput, for the field `hours`, for no time
    at all and for more than half of the arranged time.
    """
    if before:
        raise WrongState(ONCE)
    if now >= closes_at:
        raise WrongState(TOO_LATE)
    if longer < MINUTE:
        raise BadInput("There is a problem", {"hours": "Enter how much longer people can vote"})
    if longer > (most := half(*arranged)):
        raise BadInput("There is a problem", {"hours": f"The vote can be extended by at most {spell(most)}"})
    return closes_at + longer


def resumed(closes_at: datetime, suspended_at: datetime, now: datetime) -> datetime:
    """The closing time of a vote that goes on now: later by the time for which it was paused, in whole minutes.

    A minute that has begun counts, so that nobody has less time to vote than was promised.
    """
    gap = -((suspended_at - now) // MINUTE) * MINUTE
    return closes_at + max(gap, timedelta())


def spell(time: timedelta) -> str:
    """A length of time in words, to the minute: "7 days and 30 minutes"."""
    minutes = time // MINUTE
    parts = [(minutes // 1440, "day"), (minutes // 60 % 24, "hour"), (minutes % 60, "minute")]
    said = [f"{number} {name if number == 1 else name + 's'}" for number, name in parts if number]
    if not said:
        return "less than a minute"
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} and {said[-1]}"


def why(reason: str, minutes: int | None = None) -> str:
    """The reason as it is published, with the time for which nobody could vote where it is known."""
    told = " ".join(reason.split())
    if told and told[-1] not in ".!?":
        told += "."
    return told if minutes is None else f"{told} People could not vote for {spell(minutes * MINUTE)}."
