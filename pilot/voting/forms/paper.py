"""What is sent to the pages of votes on paper. Pure."""

from typing import Annotated

from msgspec import Meta, Struct


class FindForm(Struct, frozen=True):
    """Whom a teller looks for. It is sent as a form, since names belong in no address."""

    who: Annotated[
        str, Meta(title="Name", max_length=200, extra_json_schema={"required": "Enter a staff number or a name"})
    ]


class TakeBackForm(Struct, frozen=True):
    """The page where a teller takes a paper back."""

    unused: bool = False

    def problems(self) -> dict[str, str]:
        """A paper that somebody keeps could be handed in as well."""
        return {} if self.unused else {"unused": "Select that you have the paper in your hand, and that it is unused"}


class BlindedPapers(Struct, frozen=True, forbid_unknown_fields=True):
    """Blinded papers to be stamped, by the number v in hex under which each goes into the box."""

    papers: dict[str, bytes]


class SealedPapers(Struct, frozen=True, forbid_unknown_fields=True):
    """Sealed papers by v in hex, why there are fewer than were given out, and whether they have waited here before."""

    papers: dict[str, bytes]
    why_fewer: str = ""
    again: bool = False


class ConfirmPapersForm(Struct, frozen=True):
    """The page where a second teller confirms the papers that the first one sealed."""

    number: Annotated[
        str,
        Meta(
            title="Number",
            max_length=60,
            extra_json_schema={"required": "Type the number that the other teller's page shows"},
        ),
    ]
    typed: bool = False

    def problems(self) -> dict[str, str]:
        """Whoever was not there cannot know what was typed."""
        return {} if self.typed else {"typed": "Select that you were there and typed every paper"}
