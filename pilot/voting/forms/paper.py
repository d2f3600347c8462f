"""What is sent to the pages of votes on paper. Pure."""

from typing import Annotated

from msgspec import Meta, Struct


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
