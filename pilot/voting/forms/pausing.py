"""What a returning officer sends who extends, pauses, resumes or stops a vote. Pure."""

from datetime import timedelta
from typing import Annotated

from msgspec import Meta, Struct

from pilot.secrecy.box import LONGEST_REASON
from pilot.voting.pausing import why

LONGEST_OUTAGE = (69 * 24 + 23) * 60 + 59
"""Minutes. No shorter outage takes more characters to tell: 69 days, 23 hours and 59 minutes."""

LONGEST = LONGEST_REASON - len(why("x", LONGEST_OUTAGE)) + 1
"""Characters that can be typed: with a full stop and the outage, which are published besides, they go into the log."""

Reason = Annotated[
    str, Meta(title="Reason", max_length=LONGEST, extra_json_schema={"required": "Say why. Everybody reads it"})
]
Number = Annotated[int, Meta(ge=0, le=9999)]


class ExtendForm(Struct, frozen=True):
    """How much longer people can vote, why, and for how many minutes they could not vote. `sure`: it was checked."""

    reason: Reason
    outage: Annotated[
        int,
        Meta(
            title="Minutes in which people could not vote",
            ge=1,
            le=LONGEST_OUTAGE,
            extra_json_schema={"required": "Enter for how many minutes people could not vote"},
        ),
    ]
    hours: Annotated[Number, Meta(title="Hours")] = 0
    minutes: Annotated[Number, Meta(title="Minutes")] = 0
    sure: bool = False

    @property
    def longer(self) -> timedelta:
        """How much later the vote closes."""
        return timedelta(hours=self.hours, minutes=self.minutes)

    def problems(self) -> dict[str, str]:
        """Some time at least."""
        if self.hours == 0 and self.minutes == 0:
            return {"hours": "Enter how much longer people can vote"}
        return {}


class BecauseForm(Struct, frozen=True):
    """A published reason. `sure`: it was checked."""

    reason: Reason
    sure: bool = False
