"""What people send to the pages of a ballot: a code, a declaration, a number for lots. Pure."""

from typing import Annotated

from msgspec import Meta, Struct

from pilot.voting.count import lot as lots

LONGEST_REASON = 300


class CodeForm(Struct, frozen=True):
    """The page where a voting code is typed. What is wrong with a code is said where codes are known."""

    code: Annotated[str | None, Meta(title="Voting code")] = None


class DeclareForm(Struct, frozen=True):
    """The page where a returning officer declares a result."""

    agreed: bool = False

    def problems(self) -> dict[str, str]:
        """A declaration is public at once and cannot be taken back, so it needs a second word."""
        return {} if self.agreed else {"agreed": "Select that you have checked the figures"}


class TakeLotForm(Struct, frozen=True):
    """The page where the number for lots is taken: `number` is typed; `shown` and `seal` are what the page had."""

    number: Annotated[str, Meta(title="Number", extra_json_schema={"required": "Enter the number that is shown above"})]
    shown: str = ""
    seal: str = ""

    def problems(self) -> dict[str, str]:
        """The number is typed once, so that it is surely written down rightly."""
        if not self.number or "".join(self.number.split()) == self.shown:
            return {}
        return {"number": "This is not the number that is shown above. Check what you wrote down"}


class OpenLotForm(Struct, frozen=True):
    """The page where the number for lots is opened, or said to be lost."""

    number: str | None = None
    lost: bool = False
    reason: Annotated[str, Meta(title="What happened", max_length=LONGEST_REASON)] | None = None

    def problems(self) -> dict[str, str]:
        """Either the number with its digits, or what happened to it."""
        if self.lost:
            return {} if self.reason else {"reason": "Say what happened to the number"}
        if not self.number:
            return {"number": "Enter the number for lots"}
        try:
            lots.read(self.number)
        except ValueError as trouble:
            return {"number": str(trouble)}
        return {}
