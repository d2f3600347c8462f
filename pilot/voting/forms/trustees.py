"""What is sent to the pages of trustees. Pure."""

import re
from typing import Annotated, Literal

from msgspec import Meta, Struct

from pilot.secrecy import keyfile
from pilot.voting.forms.ballots import LONGEST_REASON
from pilot.voting.trustees import WRONG_NUMBER

LONGEST_NAME = 100
"""Characters, as for every account."""

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
WRONG_EMAIL = "Enter an e-mail address in the correct format, like name@example.nhs.uk"


def is_email(text: str) -> bool:
    """Whether this looks like an e-mail address."""
    return _EMAIL.fullmatch(text) is not None


class InviteForm(Struct, frozen=True):
    """The page where a returning officer asks somebody to be a trustee."""

    name: Annotated[str, Meta(title="Name", max_length=LONGEST_NAME, extra_json_schema={"required": "Enter a name"})]
    email: Annotated[
        str, Meta(title="E-mail address", max_length=254, extra_json_schema={"required": "Enter an e-mail address"})
    ]
    side: Annotated[
        Literal["scrutineer", "employer", "staff side"],
        Meta(
            title="Side",
            extra_json_schema={"required": "Select for whom they stand", "invalid": "Select for whom they stand"},
        ),
    ]
    deputy: Annotated[
        str,
        Meta(title="Deputy", max_length=LONGEST_NAME, extra_json_schema={"required": "Enter the name of their deputy"}),
    ]

    def problems(self) -> dict[str, str]:
        """A backup that the trustee keeps alone helps nobody when they are away."""
        found = {}
        if self.email and not is_email(self.email):
            found["email"] = WRONG_EMAIL
        if self.name and self.deputy and self.name.casefold() == self.deputy.casefold():
            found["deputy"] = "The deputy must be somebody else than the trustee"
        return found


class ConfirmForm(Struct, frozen=True):
    """The page where the number of a trustee's keys is compared: typed as they read it, or compared aloud.

    `shown` is the number that the page had.
    """

    number: str | None = None
    aloud: bool = False
    sure: bool = False
    shown: str = ""

    def problems(self) -> dict[str, str]:
        """One way of comparing, and a second word that it was really this person.

        Whether the number is right the service says; with the second word missing it would not be asked.
        """
        found = {}
        if not self.number and not self.aloud:
            found["number"] = "Type the number as the trustee reads it to you, or say that you compared it aloud"
        if not self.sure:
            found["sure"] = "Select that you know that you spoke to this person"
            if self.number and not self.aloud and not keyfile.same_number(self.number, self.shown):
                found["number"] = WRONG_NUMBER
        return found


class ReplaceForm(Struct, frozen=True):
    """The page where a deputy takes the place of a trustee who is not there."""

    email: Annotated[
        str,
        Meta(
            title="E-mail address", max_length=254, extra_json_schema={"required": "Enter the deputy’s e-mail address"}
        ),
    ]
    reason: Annotated[
        str,
        Meta(title="Reason", max_length=LONGEST_REASON, extra_json_schema={"required": "Say why they are replaced"}),
    ]
    sure: bool = False

    def problems(self) -> dict[str, str]:
        """The trustee's own way in ends at once, so it needs a second word."""
        found = {}
        if self.email and not is_email(self.email):
            found["email"] = WRONG_EMAIL
        if not self.sure:
            found["sure"] = "Select that the deputy has the key file and its passphrase"
        return found


class SureForm(Struct, frozen=True):
    """A page with one thing to be sure of."""

    sure: bool = False

    def problems(self) -> dict[str, str]:
        """Nothing is done by a slip of the hand."""
        return {} if self.sure else {"sure": "Select that you are sure"}


class OrderForm(Struct, frozen=True):
    """The page where it is chosen who opens the sealed votes: nothing for nobody, "server", or a trustee's number."""

    first: str | None = None
    second: str | None = None
    third: str | None = None

    def chosen(self) -> list[int | None]:
        """The places in order without the empty ones; None is the server."""
        given = [one for one in (self.first, self.second, self.third) if one]
        return [None if one == "server" else int(one) for one in given]

    def problems(self) -> dict[str, str]:
        """Only what the page offers."""
        return {
            name: "Select somebody from the list"
            for name in ("first", "second", "third")
            if (value := getattr(self, name)) and value != "server" and not re.fullmatch(r"[0-9]{1,9}", value)
        }
