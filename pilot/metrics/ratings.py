"""Ratings of trusts by the Care Quality Commission: a CSV file with the code, two ratings and the day. Pure."""

from collections import Counter

from pilot.metrics.lines import Fields, choose_columns
from pilot.metrics.register import Rating, Register
from pilot.metrics.sheet import Problem, Unusable, is_missing, read_sheet
from pilot.people.trusts import RATINGS

COLUMNS = {
    "trust": ("ods code", "ods", "code", "trust code", "org code", "org id", "provider code"),
    "overall": ("overall", "cqc overall", "rating overall", "overall rating", "overall ratings"),
    "well_led": ("well led", "cqc well led", "rating well led", "well led rating"),
    "published_on": ("date", "publication date", "published on", "cqc date", "rating date"),
}

UNRATED = frozenset({"not rated", "no rating", "inspected but not rated", "insufficient evidence to rate"})
_KNOWN = {rating.casefold(): rating for rating in RATINGS if rating}

UNRATED_LINES = "lines without any rating"


def read_ratings(content: bytes) -> Register:
    """Read the file; other columns than the four are passed over. Raises Unusable with every problem and its line.

    A line without a rating and without a day is left out and counted; “Not rated” is None. The same trust has one
    line for each day.
    """
    sheet = choose_columns(read_sheet(content), COLUMNS, frozenset())
    problems: list[Problem] = []
    lines: dict[tuple[str, object], int] = {}
    entries: list[Rating] = []
    for line in sheet.lines:
        cells = Fields(sheet, line, problems)
        trust, overall, well_led = cells.trust("trust"), _rating(cells, "overall"), _rating(cells, "well_led")
        if overall is None and well_led is None and is_missing(cells.text("published_on")):
            continue
        day = cells.day("published_on")
        if trust is None or day is None:
            continue
        if before := lines.get((trust, day)):
            cells.problem(f"{trust} has ratings of {day} twice; they are also on line {before}.")
        lines.setdefault((trust, day), line.number)
        entries.append(Rating(trust, day, overall, well_led))
    if not entries and not problems:
        problems.append(Problem(0, "No line has a rating."))
    if problems:
        raise Unusable(problems)
    return Register(
        len(sheet.lines),
        tuple(sorted(entries)),
        _counts(entries),
        ((UNRATED_LINES, len(sheet.lines) - len(entries)),) if len(sheet.lines) > len(entries) else (),
    )


def _rating(cells: Fields, name: str) -> str | None:
    cell = cells.text(name)
    if is_missing(cell) or cell.casefold() in UNRATED:
        return None
    if cell.casefold() not in _KNOWN:
        cells.problem(f"“{cell[:40]}” is not a rating. Write {', '.join(RATINGS[1:-1])} or {RATINGS[-1]}.")
    return _KNOWN.get(cell.casefold())


def _counts(entries: list[Rating]) -> tuple[tuple[str, int], ...]:
    """How many entries have which overall rating, the best first."""
    counted = Counter(one.overall or "Not rated" for one in entries)
    return tuple((f"overall: {name}", counted[name]) for name in (*RATINGS[1:], "Not rated") if counted[name])
