"""What is sent of notices, and of objections to what is recorded. Pure."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

LONGEST_WORDS = 2000
LONGEST_NAME = 120


class NoticesForm(Struct, frozen=True):
    """The notices went out, to this many people."""

    count: Annotated[
        int,
        Meta(title="Number of people", ge=1, le=999_999, extra_json_schema={"required": "Enter a number of people"}),
    ]
    sure: bool = False

    def problems(self) -> dict[str, str]:
        """The log of the vote says it for good, and the sealed votes are opened a day later."""
        return {} if self.sure else {"sure": "Select that the notices were sent"}


class ObjectionForm(Struct, frozen=True):
    """What somebody says against what is recorded for them."""

    kind: Annotated[
        Literal["did not vote", "voted", "not on paper", "something else"],
        Meta(title="what they say", extra_json_schema={"required": "Select what they say"}),
    ]
    name: Annotated[
        str,
        Meta(title="Name", max_length=LONGEST_NAME, extra_json_schema={"required": "Enter the name of the person"}),
    ]
    text: Annotated[
        str,
        Meta(
            title="Their words",
            max_length=LONGEST_WORDS,
            extra_json_schema={"required": "Enter what they say, in their words"},
        ),
    ]


class SettleForm(Struct, frozen=True):
    """How an objection ended, and why."""

    outcome: Annotated[
        Literal["explained", "not shown", "right"],
        Meta(title="how it ended", extra_json_schema={"required": "Select how it ended"}),
    ]
    finding: Annotated[
        str,
        Meta(
            title="What you found",
            max_length=LONGEST_WORDS,
            extra_json_schema={"required": "Say what you found. Do not write names"},
        ),
    ]
