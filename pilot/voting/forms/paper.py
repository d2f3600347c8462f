"""What is sent to the pages of tellers and of votes on paper. Pure."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from pilot.voting.forms.trustees import WRONG_EMAIL, is_email
from pilot.web.forms import Upload


class TellerForm(Struct, frozen=True):
    """The page where a returning officer adds a teller."""

    file: Annotated[Upload, Meta(title="File", extra_json_schema={"required": "Choose the registration file"})]
    number: Annotated[
        str,
        Meta(
            title="Number",
            max_length=60,
            extra_json_schema={"required": "Type the number as the teller reads it to you"},
        ),
    ]
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

    def problems(self) -> dict[str, str]:
        """An address to which a link can be given."""
        return {"email": WRONG_EMAIL} if self.email and not is_email(self.email) else {}


class TakeBackForm(Struct, frozen=True):
    """The page where a teller takes a paper back."""

    reason: Annotated[
        str, Meta(title="Reason", max_length=500, extra_json_schema={"required": "Say why the paper came back"})
    ]
    unused: bool = False

    def problems(self) -> dict[str, str]:
        """A paper that somebody keeps could be handed in as well."""
        return {} if self.unused else {"unused": "Select that you have the paper in your hand, and that it is unused"}


class BlindedPapers(Struct, frozen=True, forbid_unknown_fields=True):
    """Blinded papers to be stamped, by the number v in hex under which each goes into the box."""

    papers: dict[str, bytes]


class SealedPapers(Struct, frozen=True, forbid_unknown_fields=True):
    """Sealed papers by v in hex, who is present, and why there are fewer than were given out."""

    papers: dict[str, bytes]
    present: tuple[int, int]
    why_fewer: str = ""
    both_here: bool = False
