"""Trusts that became others: reading the list of them, and what it means for the history of a figure. Pure."""

from collections.abc import Sequence
from datetime import date
from itertools import groupby

import msgspec

from pilot.metrics.lines import Fields, choose_columns
from pilot.metrics.periods import YEARLY, read_period
from pilot.metrics.published import Published, in_words, number_of, put_together
from pilot.metrics.register import Register, Succession
from pilot.metrics.sheet import Problem, Unusable, read_sheet

COLUMNS = {
    "old": ("old code", "old", "predecessor", "predecessor code"),
    "new": ("new code", "new", "successor", "successor code"),
    "on": ("date", "on", "from", "merged on", "succession date"),
}

SURVEYED_BY = (11, 30)
"""Month and day on which the fieldwork of a yearly survey is over (from memory: it runs from September to November)."""


def read_successions(content: bytes) -> Register:
    """Read a CSV file with the columns old_code, new_code and date. Raises Unusable with every problem and its line.

    A code cannot become itself, nor come back to itself by way of others; a line cannot be there twice.
    """
    sheet = choose_columns(read_sheet(content), COLUMNS, frozenset())
    problems: list[Problem] = []
    lines: dict[tuple[str, str], int] = {}
    entries: list[Succession] = []
    for line in sheet.lines:
        cells = Fields(sheet, line, problems)
        old, new, on = cells.trust("old"), cells.trust("new"), cells.day("on")
        if old is None or new is None or on is None:
            continue
        if old == new:
            cells.problem(f"{old} cannot become itself.")
        elif before := lines.get((old, new)):
            cells.problem(f"{old} becomes {new} twice; it is also on line {before}.")
        elif _leads(new, old, entries):
            cells.problem(f"{old} becomes {new}, but {new} becomes {old} on the lines above.")
        lines.setdefault((old, new), line.number)
        entries.append(Succession(old, new, on))
    if problems:
        raise Unusable(problems)
    heirs = len({one.new for one in entries})
    counts = (("trusts that ended", len({one.old for one in entries})), ("trusts that took their place", heirs))
    return Register(len(sheet.lines), tuple(sorted(entries)), counts)


def _leads(start: str, end: str, entries: Sequence[Succession]) -> bool:
    """Whether one code becomes another, by way of others if need be."""
    seen, ahead = set(), [start]
    while ahead:
        code = ahead.pop()
        if code == end:
            return True
        if code not in seen:
            seen.add(code)
            ahead += [one.new for one in entries if one.old == code]
    return False


def is_over(label: str, on: date) -> bool:
    """Whether a period was over when a succession took place. A year is the year of a survey, made in its autumn."""
    period = read_period(label)
    if period is None:
        return False
    return (date(period.last.year, *SURVEYED_BY) if YEARLY.fullmatch(label) else period.last) < on


def follow(
    found: Published, successions: Sequence[Succession], known: frozenset[str] | None, *, joined: bool
) -> Published:
    """The figures with successors in mind: given the history of those whose place they took, or flagged without it.

    Histories are joined, earliest first, only when `joined`: the means of all predecessors weighted by their answers,
    for periods that were over by then and in which the successor has no value of its own. A trust that was divided
    gives its history to nobody. Only successors in the file count, and in `known` where that is given.
    """
    heirs: dict[str, set[str]] = {}
    for one in successions:
        heirs.setdefault(one.old, set()).add(one.new)
    notes: list[str] = []
    for (on, new), group in groupby(sorted(successions, key=lambda one: (one.on, one.new)), lambda s: (s.on, s.new)):
        olds = sorted(one.old for one in group)
        there = {trust for trust, _, _ in found.figures}
        earlier = sorted({period for _, period, _ in found.figures if is_over(period, on)})
        if new not in there or (known is not None and new not in known) or not earlier:
            continue
        divided = [old for old in olds if len(heirs[old]) > 1]
        changed = f"{new} took the place of {in_words(olds)} on {on.day} {on:%B %Y}"
        if not joined or divided:
            if not _has_values(found, new, earlier):
                why = f" {in_words(divided)} was divided, so its history is nobody’s." if divided and joined else ""
                notes.append(f"{changed} and has no history before it.{why}")
            continue
        found, made = put_together(found, olds, new, earlier)
        notes.append(f"{changed}. It is given {number_of(made, 'value')} of their history, weighted by their answers.")
    return msgspec.structs.replace(found, notes=(*found.notes, *notes))


def _has_values(found: Published, trust: str, periods: Sequence[str]) -> bool:
    return any(
        figure.value is not None and code == trust and period in periods
        for (code, period, _), figure in found.figures.items()
    )
