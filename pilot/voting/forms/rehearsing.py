"""What is sent to the page where a rehearsal is arranged. Pure."""

from datetime import date
from typing import Annotated

from msgspec import Meta, Struct

HOURS = range(6, 23)
"""The hours of the clock in London at which a rehearsal begins or ends."""


class RehearseForm(Struct, frozen=True):
    """One day and two hours of it."""

    on: Annotated[date, Meta(title="Day", extra_json_schema={"required": "Enter the day of the rehearsal"})]
    start: Annotated[int, Meta(title="Start", ge=HOURS[0], le=HOURS[-1])]
    end: Annotated[int, Meta(title="End", ge=HOURS[0], le=HOURS[-1])]

    def problems(self) -> dict[str, str]:
        """The end after the start."""
        if self.start is not None and self.end is not None and self.end <= self.start:
            return {"end": "The rehearsal must end after it starts"}
        return {}
