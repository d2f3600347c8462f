"""What is sent of a result that is questioned, and of sealed votes that are destroyed. Pure."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from pilot.voting.forms.notices import LONGEST_NAME, LONGEST_WORDS


class ChallengeForm(Struct, frozen=True):
    """A declared result is questioned."""

    kind: Annotated[
        Literal["voter", "candidate", "scrutineer"],
        Meta(title="who questions the result", extra_json_schema={"required": "Select who questions the result"}),
    ]
    name: Annotated[
        str,
        Meta(title="Name", max_length=LONGEST_NAME, extra_json_schema={"required": "Enter the name of the person"}),
    ]
    grounds: Annotated[
        str,
        Meta(
            title="Grounds",
            max_length=LONGEST_WORDS,
            extra_json_schema={"required": "Say what they think was wrong. Everybody reads it"},
        ),
    ]


class DecideForm(Struct, frozen=True):
    """A questioned result stands, or does not count. `sure`: it was checked."""

    decision: Annotated[
        Literal["dismiss", "uphold"],
        Meta(title="your decision", extra_json_schema={"required": "Select whether the result stands"}),
    ]
    reasons: Annotated[
        str,
        Meta(
            title="Reasons",
            max_length=LONGEST_WORDS,
            extra_json_schema={"required": "Give your reasons. Everybody reads them"},
        ),
    ]
    sure: bool = False


class EraseForm(Struct, frozen=True):
    """The sealed votes are to be destroyed: asked by one person, done by another."""

    sure: bool = False

    def problems(self) -> dict[str, str]:
        """It cannot be taken back."""
        return {} if self.sure else {"sure": "Select that you have read what is destroyed"}
