"""What is arranged before a ballot: its question, its dates and its majority; and when turnout may be told. Pure."""

from datetime import date, datetime, time, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import msgspec

from pilot.secrecy.box import PlannedTrustee
from pilot.secrecy.manifest import Option, Question
from pilot.voting.count.yes_no import OPTIONS, Base, Rule, share

LONDON = ZoneInfo("Europe/London")
SHORTEST = timedelta(hours=1)
"""A floor against mistakes only: how long a vote must be open is the constitution's business."""

TURNOUT_STEP = 10
TURNOUT_HOUR = time(8)
"""Turnout is told at most once a day, from eight in the morning in London, in steps of ten or more."""


class BallotSpec(msgspec.Struct, frozen=True):
    """What is asked of a trust's staff. `subject` names the matter, like "proposal 12"; `text` is the full text.

    Shares are written like "1/2", "2/3" or "40%". Times are aware.
    """

    trust: str
    title: str
    question: str
    text: str
    subject: str
    opens_at: datetime
    closes_at: datetime
    threshold: str = "1/2"
    strict: bool = True
    base: Base = "valid"
    turnout_quorum: str = "0"
    approval_quorum: str = "0"

    def rule(self) -> Rule:
        """The majority rule. Raises ValueError when a share cannot be read."""
        return Rule(
            share(self.threshold), self.strict, self.base, share(self.turnout_quorum), share(self.approval_quorum)
        )

    def problems(self, now: datetime) -> dict[str, str]:
        """A sentence for each part with which no ballot can be held, by its name; empty when all is well."""
        found = {
            name: sentence
            for name, sentence in (
                ("title", "Enter a title"),
                ("question", "Enter the question"),
                ("text", "Enter the full text"),
            )
            if not getattr(self, name).strip()
        }
        if self.opens_at <= now:
            found["opens_at"] = "The vote must open in the future"
        if self.closes_at - self.opens_at < SHORTEST:
            found["closes_at"] = "The vote must close at least one hour after it opens"
        for name in ("threshold", "turnout_quorum", "approval_quorum"):
            try:
                share(getattr(self, name))
            except ValueError as trouble:
                found[name] = str(trouble)
        return found if found else self.rule().problems()


class Missed(msgspec.Struct, frozen=True):
    """A ballot that was never held, for whoever asked for it; `subject` is that of its BallotSpec."""

    ballot: int
    trust: str
    subject: str
    at: datetime


def turnout_to_tell(sealed: int, told: int, told_on: date | None, now: datetime) -> int | None:
    """The number of sealed votes that may be published now, or None when the published one stays.

    At most once a day and only after ten more votes: smaller steps would show who has just voted.
    """
    local = now.astimezone(LONDON)
    if local.time() < TURNOUT_HOUR or told_on == local.date() or sealed - told < TURNOUT_STEP:
        return None
    return sealed


def share_of(part: int, whole: int) -> Fraction:
    """A part of a whole as an exact share; 0 of nothing."""
    return Fraction(part, whole) if whole else Fraction(0)


def reference(trust: str, number: int) -> str:
    """What people call a ballot: "RAA-B3"."""
    return f"{trust}-B{number}"


def asked(question: str) -> Question:
    """The question as the sealed paper has it: exactly one of yes, no and "I do not want to choose"."""
    return Question(question, tuple(Option(name, words) for name, words in OPTIONS))


TRUSTEES = (
    PlannedTrustee("Independent scrutineer", "independent scrutineer"),
    PlannedTrustee("Employer", "employer"),
    PlannedTrustee("Staff side", "staff-side representative"),
)
"""Who opens the sealed votes, in this order (docs/adr/0002-sealed-box.md). The server holds all three keys for now."""
