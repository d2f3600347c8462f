"""The bank holidays of England and Wales, from the list that the package govuk-bank-holidays carries; no network."""

import json
from datetime import date
from functools import cache
from importlib.resources import files

from pilot.councils.deadlines import Calendar

DIVISION = "england-and-wales"


@cache
def calendar() -> Calendar:
    """The bundled list, known from its first to its last bank holiday (2 January 2012 to 26 December 2028 in 0.19)."""
    # The package's own reader imports an HTTP client and may go online; its list is a plain file beside it.
    listed = json.loads(files("govuk_bank_holidays").joinpath("bank-holidays.json").read_text(encoding="utf-8"))
    days = frozenset(date.fromisoformat(event["date"]) for event in listed[DIVISION]["events"])
    return Calendar(days, min(days), max(days))
