"""What people send to the voting pages. Pure."""

from typing import Annotated

from msgspec import Meta, Struct


class CodeForm(Struct, frozen=True):
    """The page where a voting code is typed. What is wrong with a code is said where codes are known."""

    code: Annotated[str | None, Meta(title="Voting code")] = None


class DeclareForm(Struct, frozen=True):
    """The page where a returning officer declares a result."""

    agreed: bool = False

    def problems(self) -> dict[str, str]:
        """A declaration is public at once and cannot be taken back, so it needs a second word."""
        return {} if self.agreed else {"agreed": "Select that you have checked the figures"}
