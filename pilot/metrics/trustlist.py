"""The list of trusts that the Organisation Data Service publishes (etr.csv), and the codes of a file held to it. Pure.

The file has no headings. Its columns are fixed: code, name, region, integrated care board, five of the address, its
postcode, the day of opening and of closing (20270331), then others that are not read.
"""

from collections.abc import Iterable, Mapping
from datetime import date

from pilot.errors import BadInput
from pilot.metrics.lines import read_code
from pilot.metrics.published import in_words
from pilot.metrics.register import Listed, Register
from pilot.metrics.sheet import Problem, Unusable
from pilot.people.sheet import Line, open_sheet

MOST_LINES = 20_000
CODE, NAME, REGION, BOARD, OPENED, CLOSED = 0, 1, 2, 3, 10, 11
LONGEST = 200


def read_trust_list(content: bytes) -> Register:
    """Read the whole list. Raises Unusable with every problem and its line."""
    try:
        sheet = open_sheet(content, None, MOST_LINES)
    except BadInput as refusal:
        raise Unusable([Problem(0, f"{refusal.fields['file']}.")]) from refusal
    problems: list[Problem] = []
    seen: dict[str, int] = {}
    entries: list[Listed] = []
    lines = [line for line in (Line(sheet.headings_on, sheet.headings), *sheet.lines) if not line.is_empty]
    for line in lines:
        one = _entry(line, problems)
        if one is None:
            continue
        if before := seen.get(one.trust):
            problems.append(Problem(line.number, f"{one.trust} is there twice; it is also on line {before}."))
        seen.setdefault(one.trust, line.number)
        entries.append(one)
    if problems:
        raise Unusable(problems)
    closed = sum(one.closed_on is not None for one in entries)
    counts = (("trusts that are open", len(entries) - closed), ("trusts with a day of closing", closed))
    return Register(len(lines), tuple(sorted(entries)), counts)


def _entry(line: Line, problems: list[Problem]) -> Listed | None:
    cells = [" ".join(cell.split()) for cell in line.cells]
    if len(cells) <= CLOSED:
        cells += [""] * (CLOSED + 1 - len(cells)) if len(cells) > OPENED else []
    if len(cells) <= CLOSED:
        problems.append(
            Problem(line.number, f"has {len(cells)} columns, but the list of trusts has {CLOSED + 1} or more.")
        )
        return None
    before = len(problems)
    try:
        code = read_code(cells[CODE])
    except ValueError as problem:
        problems.append(Problem(line.number, str(problem)))
    if not 0 < len(cells[NAME]) <= LONGEST:
        problems.append(Problem(line.number, f"the name must have 1 to {LONGEST} letters."))
    opened = _day(cells[OPENED], line, problems)
    closed = _day(cells[CLOSED], line, problems) if cells[CLOSED] else None
    if opened is None or len(problems) > before:
        return None
    if closed is not None and closed < opened:
        problems.append(Problem(line.number, f"{code} closes on {closed} before it opens on {opened}."))
        return None
    return Listed(code, cells[NAME], cells[REGION][:10], cells[BOARD][:10], opened, closed)


def _day(cell: str, line: Line, problems: list[Problem]) -> date | None:
    try:
        if len(cell) != len("20270331") or not (cell.isascii() and cell.isdigit()):
            raise ValueError(cell)
        return date(int(cell[:4]), int(cell[4:6]), int(cell[6:]))
    except ValueError:
        problems.append(Problem(line.number, f"“{cell[:40]}” is not a day as the list writes it, like 20270331."))
        return None


def held_to(trusts: Iterable[str], listed: Mapping[str, Listed]) -> tuple[str, ...]:
    """Sentences about codes that are not on the list, or closed. None where no list was loaded."""
    if not listed:
        return ()
    codes = sorted(set(trusts))
    notes = []
    if unknown := [code for code in codes if code not in listed]:
        are = "is" if len(unknown) == 1 else "are"
        notes.append(f"{in_words(unknown)} {are} not on the list of trusts. Check the codes.")
    closed = [
        f"{code} ({ended.day} {ended:%B %Y})"
        for code in codes
        if code in listed and (ended := listed[code].closed_on) is not None
    ]
    if closed:
        notes.append(f"Closed according to the list of trusts: {in_words(closed)}.")
    return tuple(notes)
