"""What somebody says is wrong with their own vote, and the answer to it. Pure."""

import re
from typing import Annotated, Literal

from msgspec import Meta, Struct

from pilot.voting.forms.notices import LONGEST_NAME, LONGEST_WORDS

Kind = Literal[
    "code missing",
    "answer differs",
    "no vote recorded",
    "vote not mine",
    "receipt refused",
    "refused",
    "something else",
]

TAKE_IT_OUT = "Take out the code. A code shows how you voted, or lets somebody vote for you"

_GROUP = "[0-9A-Za-z]{4}"
_SHAPES = (
    re.compile(rf"(?<![0-9A-Za-z]){_GROUP}(?:[-\u2013\u2014\s]?{_GROUP}){{3}}(?![0-9A-Za-z])"),
    re.compile(rf"(?<![0-9A-Za-z]){_GROUP}-?{_GROUP}-?[0-9A-Za-z]{{2}}(?![0-9A-Za-z])"),
)
"""A check code and a voting code, however they are typed."""


class DisputeForm(Struct, frozen=True):
    """The page where a voter says what is wrong. It keeps no name that is not given, no answer and no code."""

    kind: Annotated[Kind, Meta(title="what is wrong", extra_json_schema={"required": "Select what is wrong"})]
    text: Annotated[
        str, Meta(title="What happened", max_length=LONGEST_WORDS, extra_json_schema={"required": "Say what happened"})
    ]
    name: Annotated[str, Meta(title="Your name", max_length=LONGEST_NAME)] | None = None
    contact: Annotated[str, Meta(title="How we can reach you", max_length=254)] | None = None

    def problems(self) -> dict[str, str]:
        """Nobody shall write a code here: it would tie a person to a paper."""
        given = {"text": self.text, "name": self.name, "contact": self.contact}
        return {field: TAKE_IT_OUT for field, words in given.items() if words and has_code(words)}


class AnswerForm(Struct, frozen=True):
    """What the returning officer found and did."""

    answer: Annotated[
        str,
        Meta(title="What you found", max_length=LONGEST_WORDS, extra_json_schema={"required": "Say what you found"}),
    ]


def has_code(words: str) -> bool:
    """Whether a check code or a voting code stands in these words: in its shape, with letters and numbers."""
    found = [match for shape in _SHAPES for match in shape.findall(words)]
    return any(re.search("[0-9]", one) and re.search("[A-Za-z]", one) for one in found)
