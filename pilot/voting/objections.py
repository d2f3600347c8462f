"""When sealed votes may be opened, a result questioned, and the sealed votes destroyed. Pure."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct

from pilot.errors import NotAllowed, WrongState
from pilot.voting.lifecycle import CHALLENGE_DAYS

WAIT = timedelta(hours=24)
"""The sealed votes stay closed for so long after the notices went out, so that people can object."""

SAID = {
    "did not vote": "It says that I voted, and I did not",
    "voted": "It says that I did not vote, and I did",
    "not on paper": "It says that I voted on paper, and I did not",
    "something else": "Something else is wrong",
}
"""What somebody can say against what is recorded for them, in their words."""

ENDED = {
    "explained": "Explained: the person agrees with what is recorded",
    "not shown": "Not shown: nothing bears it out",
    "right": "Right: what is recorded is wrong",
}
"""How an objection can end."""

WHO = {"voter": "A voter", "candidate": "A candidate", "scrutineer": "The independent scrutineer"}
"""Who may question a declared result."""

THE_SAME_PERSON = "Two people destroy the sealed votes. You asked for it, so somebody else must confirm it."


class Objections(Struct, frozen=True):
    """The objections to a vote as everybody may see them: numbers, and no names."""

    made: int = 0
    open: int = 0
    outcomes: tuple[tuple[str, int], ...] = ()

    @property
    def settled(self) -> int:
        """How many have ended."""
        return self.made - self.open


def objections(outcomes: Iterable[str | None]) -> Objections:
    """The numbers, from how each objection ended; None for one that is open."""
    found = Counter(outcomes)
    still = found.pop(None, 0)
    return Objections(found.total() + still, still, tuple((name, found[name]) for name in ENDED if found[name]))


def may_open(noticed_at: datetime | None, still: int, now: datetime) -> str:
    """Why the sealed votes may not be opened yet, in a sentence; "" when they may. `still`: objections that are open."""
    if noticed_at is None:
        return "The sealed votes are opened a day after everybody was told what is recorded for them."
    if still:
        return (
            "Somebody objects to what is recorded for them. "
            "The sealed votes are not opened before that is settled, and not within a day of the notices."
        )
    if now < noticed_at + WAIT:
        return "The notices went out less than a day ago. People must have time to object."
    return ""


def until(declared_at: datetime) -> datetime:
    """The moment to which a declared result can be questioned."""
    return declared_at + timedelta(days=CHALLENGE_DAYS)


def check_in_time(declared_at: datetime, now: datetime) -> None:
    """Raises WrongState when it is too late to question a result."""
    if now >= until(declared_at):
        raise WrongState(f"A result can be questioned for {CHALLENGE_DAYS} days. That time is over.")


def check_erase(declared_at: datetime, now: datetime) -> None:
    """Raises WrongState while the result can still be questioned."""
    if now < until(declared_at):
        raise WrongState(f"The sealed votes are kept for {CHALLENGE_DAYS} days after the declaration.")


def check_second(asked_by: str | None, by: str) -> None:
    """Raises WrongState when nobody has asked to destroy the sealed votes, NotAllowed when the same person confirms."""
    if asked_by is None:
        raise WrongState("Nobody has asked to destroy these sealed votes.")
    if asked_by == by:
        raise NotAllowed(THE_SAME_PERSON)
