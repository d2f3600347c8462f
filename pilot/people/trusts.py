"""Trusts of the programme: their values, and the list from which they are read, line by line. Pure."""

from datetime import date

from msgspec import Struct

ARMS = ("pilot", "control")
RATINGS = ("", "Outstanding", "Good", "Requires improvement", "Inadequate")
"""Ratings of the Care Quality Commission; empty where there is none."""


class Trust(Struct, frozen=True, order=True):
    """One trust of the programme. `starts_on` is the day on which its pilot starts (may lie in the past)."""

    ods_code: str
    name: str
    arm: str
    matched_set: str = ""
    region: str = ""
    type: str = ""
    cqc_overall: str = ""
    cqc_well_led: str = ""
    starts_on: date | None = None
    withdrawn_on: date | None = None
