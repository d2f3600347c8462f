"""The columns of an HR extract that must never come in: they are refused on sight and never stored. Pure."""

import re
from collections.abc import Iterable, Mapping
from datetime import date

from msgspec import Struct

from pilot.people.dates import looks_like_day
from pilot.people.sheet import Sheet, plain, tidy

_FORBIDDEN = (
    ("National Insurance number", r"ni (number|no|num)|nino|nat(ional)? ins(urance)?( (number|no))?|ni"),
    ("date of birth", r"(date of )?birth( ?date)?|dob|d o b|birthday"),
    ("home address", r".*\baddress\b.*|.*\bpost ?code\b.*|postal code|house (number|name)|home town"),
    ("sex or gender", r".*\b(sex|gender)\b.*"),
    ("ethnic origin", r".*\bethnic\w*\b.*|race|.*\bracial\b.*"),
    ("disability", r".*\bdisab\w*\b.*"),
    ("religion or belief", r".*\breligio\w*\b.*|.*\bbelief\b.*|faith"),
    ("sexual orientation", r".*\borientation\b.*|sexuality"),
    ("trade union", r".*\b(trade )?unions?\b.*|.*\b(unison|rcn|rcm|gmb|bma|csp|subs|subscriptions?)\b.*|unite"),
)
_ALLOWED_ALL_THE_SAME = re.compile(r".*\b(e ?mail|web|ip)\b.*\baddress\b.*")

_NI_NUMBER = re.compile(
    r"(?<![A-Z0-9])(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z](?: ?\d\d){3} ?[A-D](?![A-Z0-9])",
    re.IGNORECASE,
)
YOUNGEST = 16


class Forbidden(Struct, frozen=True):
    """A column that must not be uploaded: its heading, what it holds, and how we know."""

    heading: str
    holds: str
    seen_in: str


def forbidden_by_heading(heading: str) -> str | None:
    """What a column must hold by its heading that a roll must never hold; None if it may come in."""
    text = plain(heading)
    if _ALLOWED_ALL_THE_SAME.fullmatch(text):
        return None
    return next((holds for holds, pattern in _FORBIDDEN if re.fullmatch(pattern, text)), None)


def forbidden(sheet: Sheet, mapping: Mapping[str, str], as_at: date) -> tuple[Forbidden, ...]:
    """Every column that must not be uploaded, by its heading or by what stands in it.

    Whatever its heading, a column is refused if a cell looks like a National Insurance number, or if it holds days of
    which all lie at least 16 years back: those of a column mapped to a date only from 20 days on, of another from 3.
    """
    found: dict[int, Forbidden] = {}
    for place, heading in enumerate(sheet.headings):
        if holds := forbidden_by_heading(heading):
            found[place] = Forbidden(heading, holds, "its heading")
    ni_numbers = _ni_columns(sheet)
    dates = {mapping[name] for name in ("started_on", "fixed_term_end_on") if name in mapping}
    for place in range(max(len(line.cells) for line in sheet.lines)):
        if place in found:
            continue
        heading = sheet.headings[place] if place < len(sheet.headings) else ""
        if place in ni_numbers:
            found[place] = Forbidden(heading, "National Insurance number", f"line {ni_numbers[place]:,}")
        elif _looks_like_births(_cells(sheet, place), as_at, 20 if heading in dates else 3):
            found[place] = Forbidden(heading, "date of birth", "its days, which all lie long ago")
    return tuple(
        Forbidden(one.heading or f"column {place + 1}", one.holds, one.seen_in) for place, one in sorted(found.items())
    )


def _cells(sheet: Sheet, place: int) -> Iterable[str]:
    return (line.cells[place] for line in sheet.lines if place < len(line.cells))


def _ni_columns(sheet: Sheet) -> dict[int, int]:
    """Places of columns in which something looks like a National Insurance number, with the first such line."""
    found: dict[int, int] = {}
    for line in sheet.lines:
        if _NI_NUMBER.search("\n".join(line.cells)):  # one look at the whole line: 20,000 lines take no time
            for place, cell in enumerate(line.cells):
                if _NI_NUMBER.search(tidy(cell)):
                    found.setdefault(place, line.number)
    return found


def _looks_like_births(cells: Iterable[str], as_at: date, fewest: int) -> bool:
    days = 0
    for cell in cells:
        text = cell.strip()
        if not text:
            continue
        day = looks_like_day(text)
        if day is None or day.year > as_at.year - YOUNGEST:
            return False
        days += 1
    return days >= fewest
