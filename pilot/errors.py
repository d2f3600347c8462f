"""How an action is refused: one sentence for the person, four kinds for the shell. Pure."""

from collections.abc import Mapping
from typing import Any


class Refused(Exception):  # noqa: N818 -- a refusal is an answer, not an error
    """An action that is not carried out; `reason` is the sentence that the person reads."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotFound(Refused):
    """What was asked for is not here, or not here for this person."""


class NotAllowed(Refused):
    """The person may not do this."""


class WrongState(Refused):
    """The thing is not in a state in which this can be done."""


class BadInput(Refused):
    """One or more fields are wrong.

    `fields` gives a sentence for each wrong field, by the name of the field; `typed` what the person
    had typed, so that a form can be shown again as it was. `typed` may be filled in later by the shell.
    """

    def __init__(
        self, reason: str, fields: Mapping[str, str] | None = None, typed: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(reason)
        self.fields = dict(fields or {})
        self.typed = dict(typed or {})
