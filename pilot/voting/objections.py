"""Objections in words and numbers, how long a result can be questioned, and who destroys sealed votes. Pure."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct

from pilot.errors import NotAllowed, WrongState
from pilot.voting.lifecycle import CHALLENGE_DAYS

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
