"""What people may type or upload on the pages of designs."""

from datetime import date
from typing import Annotated

from msgspec import Meta, Struct

from pilot.web.forms import Upload, ask_for


class NewDesignForm(Struct, frozen=True):
    """A list of trusts, and what their baseline is."""

    title: Annotated[str, ask_for("Name", "Enter a name for this design", max_length=120)]
    baseline: Annotated[str, ask_for("Baseline", "Enter what the baseline level is", max_length=80)]
    file: Annotated[Upload, ask_for("File", "Select a CSV file with trusts")]


class ListForm(Struct, frozen=True):
    """Who can be drawn. Nothing ticked asks for nothing."""

    types: Annotated[list[str], Meta(title="Types")] | None = None
    ratings: Annotated[list[str], Meta(title="Ratings")] | None = None


class SetsForm(Struct, frozen=True):
    """How sets are drawn up, and how much trusts change by themselves."""

    pilots: Annotated[int, ask_for("Pilots in each set", "Enter how many pilots each set has", ge=1, le=10)]
    controls: Annotated[int, ask_for("Controls in each set", "Enter how many controls each set has", ge=1, le=20)]
    sd: Annotated[float, ask_for("Spread", "Enter how much trusts change by themselves", gt=0, le=1000)]
    source: Annotated[str, ask_for("Where the spread is from", "Enter where the spread is from", max_length=200)]
    most: Annotated[int, Meta(title="Most sets", ge=1, le=500)] | None = None
    same_region: bool = False


class BeaconForm(Struct, frozen=True):
    """Which number will be the beacon, when it becomes known, and when the pilots begin."""

    beacon_source: Annotated[str, ask_for("Source", "Enter which number will be the beacon", max_length=300)]
    parts: Annotated[int, ask_for("Numbers and words", "Enter how many numbers and words the beacon has", ge=1, le=40)]
    known_on: Annotated[date, ask_for("Day of the beacon", "Enter the day on which the number becomes known")]
    starts_on: Annotated[date, ask_for("Start of the pilots", "Enter the day on which the pilots begin")]

    def problems(self) -> dict[str, str]:
        """Pilots that begin before they are drawn."""
        if self.known_on and self.starts_on and self.starts_on <= self.known_on:
            return {"starts_on": "Enter a day after the draw: the pilots begin when they are known"}
        return {}


class DrawForm(Struct, frozen=True):
    """The beacon, typed twice, since a draw cannot be taken back."""

    beacon: Annotated[str, ask_for("Beacon", "Enter the beacon", max_length=200)]
    again: Annotated[str, ask_for("Beacon, once more", "Enter the beacon once more", max_length=200)]

    def problems(self) -> dict[str, str]:
        """Two beacons that differ, spaces aside."""
        if self.beacon and self.again and self.beacon.split() != self.again.split():
            return {"again": "Enter the same beacon twice"}
        return {}


class GiveUpForm(Struct, frozen=True):
    """Why a design is given up."""

    because: Annotated[str, ask_for("Reason", "Enter why this design is given up", max_length=500)]
