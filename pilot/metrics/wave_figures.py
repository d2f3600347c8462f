"""The tables of a wave that may be shown: response rates and means by trust, small numbers hidden. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256

import msgspec
from msgspec import Struct

from pilot.metrics.cells import NOT_SAID, Cell
from pilot.metrics.counted import papers, people
from pilot.metrics.disclosure import SMALLEST, Figure, Lines, Released
from pilot.metrics.questionnaire import GROUP, PULSE, Questionnaire

SURVEY = "Programme survey"
"""The instrument of released waves of the pulse among the measures; no other survey is comparable with it."""

MEASURES = ("trust", "period", "measure", "value", "answers")
"""The columns of a released wave, as the measures of the programme are read."""

TOP = 10.0
"""The end of the scale of every score."""


def instrument_of(asked: Questionnaire) -> str:
    """The instrument under which the figures of a wave stand: each set of questions is one of its own.

    A pack that is used again, under whatever title and permission, goes on with its series; other words begin another.
    """
    if asked.code == PULSE.code:
        return SURVEY
    said = msgspec.json.encode((asked.items, asked.scales, asked.means))
    return f"{SURVEY}, pack {sha256(said).hexdigest()[:8]}"


class Response(Struct, frozen=True):
    """How many of one trust's people entitled answered; the arm is "pilot" or "control"."""

    trust: str
    arm: str
    entitled: int
    papers: int


class Hidden(Struct, frozen=True):
    """A staff group of one trust whose figures are too few to be shown."""

    trust: str
    group: str


def responses(rows: Sequence[Response], period: str) -> Lines:
    """Papers and the response rate of each trust, 0 to 1; a rate is hidden with its papers. To be released."""
    lines = []
    for row in rows:
        cell = papers(row.trust, period)
        rate = Figure(row.papers / row.entitled, row.papers, cell=cell)
        lines.append((row.trust, row.arm, row.entitled, Figure(row.papers, row.papers, cell=cell), rate))
    return Lines(("trust", "arm", "entitled", "papers", "response_rate"), lines)


def by_trust(cells: Iterable[tuple[str, Cell]]) -> dict[tuple[str, str], Cell]:
    """The cells of whole trusts, by trust and outcome: those of its staff groups together."""
    found: dict[tuple[str, str], Cell] = {}
    for trust, cell in cells:
        if cell.part == GROUP:
            key = trust, cell.outcome
            found[key] = _together(found[key], cell) if key in found else cell
    return found


def _together(one: Cell, other: Cell) -> Cell:
    return Cell(
        one.part,
        "",
        one.outcome,
        one.n + other.n,
        one.sum_w + other.sum_w,
        one.sum_wx + other.sum_wx,
        one.sum_wx2 + other.sum_wx2,
        one.sum_w2 + other.sum_w2,
    )


def means(cells: Iterable[tuple[str, Cell]], period: str) -> Lines:
    """The weighted mean of each outcome in each trust, with the number of people behind it. To be released."""
    rows = []
    for (trust, outcome), one in sorted(by_trust(cells).items()):
        cell = people(trust, period, outcome)
        mean = Figure(round(one.mean, 6), one.n, cell=cell, top=TOP)
        rows.append((trust, period, outcome, mean, Figure(one.n, one.n, cell=cell)))
    return Lines(MEASURES, rows)


def shown_only(table: Released) -> list[tuple[str, ...]]:
    """The rows of a table of means in which nothing is hidden, as text."""
    return [
        tuple(str(cell) for cell in row) for row in table.rows if all(not isinstance(cell, str) for cell in row[3:])
    ]


def hidden_groups(cells: Iterable[tuple[str, Cell]], offered: Mapping[str, Iterable[str]]) -> tuple[Hidden, ...]:
    """The staff groups that the papers of each trust `offered`, and those who named none, in which no outcome has
    enough scores to be shown: without their number, and those that nobody named too, which would tell a 0."""
    most = {(trust, group): 0 for trust, groups in offered.items() for group in (NOT_SAID, *groups)}
    for trust, cell in cells:
        if cell.part == GROUP:
            key = trust, cell.name
            most[key] = max(most.get(key, 0), cell.n)
    return tuple(Hidden(trust, group) for (trust, group), n in sorted(most.items()) if n < SMALLEST)


def hidden_trusts(table: Released) -> Mapping[str, int]:
    """How many figures of each trust are hidden in a table of means; trusts with none are left out."""
    found: dict[str, int] = {}
    for row in table.rows:
        if isinstance(row[3], str):
            found[str(row[0])] = found.get(str(row[0]), 0) + 1
    return found
