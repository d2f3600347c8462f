"""What people may type or upload on the pages of surveys."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Annotated

from msgspec import Meta, Struct

from pilot.errors import BadInput
from pilot.metrics.questionnaire import Questionnaire, read_pack
from pilot.metrics.waves import LONDON, Kind, WaveSpec
from pilot.web.forms import Upload, ask_for

OPENING, CLOSING = time(8), time(17)
"""The hours in London at which every survey opens and closes."""

PACK = "pack"
"""What is sent for a questionnaire that comes in a file."""


class WaveForm(Struct, frozen=True):
    """A survey to be made: its name, its window, and which of the questionnaires, or a pack with a permission."""

    title: Annotated[str, ask_for("Name", "Enter a name for this survey", max_length=80)]
    kind: Annotated[Kind, ask_for("Kind", "Select whether this is a baseline")]
    opens_on: Annotated[date, ask_for("First day", "Enter the day on which the survey opens")]
    closes_on: Annotated[date, ask_for("Last day", "Enter the day on which the survey closes")]
    asks: Annotated[str, ask_for("Questions", "Select what is asked", max_length=40)]
    pack: Annotated[Upload, Meta(title="Pack of questions")] | None = None
    permission: Annotated[str, Meta(title="Reference of the permission", max_length=120)] | None = None

    def problems(self) -> dict[str, str]:
        """A pack without its file or without the permission to use it."""
        wrong = {}
        if self.asks == PACK and self.pack is None:
            wrong["pack"] = "Select the file with the questions"
        if self.asks == PACK and not self.permission:
            wrong["permission"] = "Enter the reference of the permission to use these wordings"
        return wrong

    def spec(self, offered: Mapping[str, Questionnaire]) -> WaveSpec:
        """The wave. `offered` are the questionnaires that can be chosen, by the name that is sent for each.

        Raises Unusable with every problem of a pack, and BadInput for a questionnaire that is not offered.
        """
        opens, closes = (
            datetime.combine(day, hour, LONDON).astimezone(UTC)
            for day, hour in ((self.opens_on, OPENING), (self.closes_on, CLOSING))
        )
        return WaveSpec(self.title, self.kind, opens, closes, self._questionnaire(offered))

    def _questionnaire(self, offered: Mapping[str, Questionnaire]) -> Questionnaire:
        if self.asks == PACK and self.pack is not None:
            return read_pack(self.pack.content, title=self.title, permission=self.permission or "")
        if self.asks not in offered:
            raise BadInput("There is a problem", {"asks": "Select what is asked"})
        return offered[self.asks]


class FreezeForm(Struct, frozen=True):
    """Whether trusts that are not ready are left out."""

    leave_out: bool = False


class CancelForm(Struct, frozen=True):
    """Why a survey is cancelled."""

    because: Annotated[str, ask_for("Reason", "Say why this survey is cancelled", max_length=500)]
