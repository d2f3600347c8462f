"""The tables of a wave that may be shown: response rates and means by trust, small numbers hidden. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256

import msgspec
from msgspec import Struct

from pilot.metrics.catalogue import MANAGEMENT, SURVEY
from pilot.metrics.cells import NOT_SAID, Cell, Summary, summary
from pilot.metrics.counted import papers, people
from pilot.metrics.disclosure import SPREAD, Figure, Lines, Released, Row
from pilot.metrics.disclosure import Cell as Shown
from pilot.metrics.measures import Observation, Reading, Tally
from pilot.metrics.questionnaire import GROUP, PRACTICE, PULSE, Questionnaire, Share
from pilot.metrics.respondents import RATE, Sample

MEASURES = ("trust", "period", "measure", "value", "answers", "entitled", "n_eff", "mean_unw", "se")
"""The columns of a released wave; the last four are empty or hidden where they mean nothing or tell too much."""

INSTRUMENTS = {PULSE.code: SURVEY, PRACTICE.code: MANAGEMENT}
"""The instrument of each questionnaire in our own words, by its code."""

DIGITS = 6


def instrument_of(asked: Questionnaire) -> str:
    """The instrument under which the figures of a wave stand: each set of questions is one of its own.

    A pack that is used again, under whatever title and permission, goes on with its series; other words begin another.
    """
    if known := INSTRUMENTS.get(asked.code):
        return known
    said = msgspec.json.encode((asked.items, asked.scales, asked.means))
    return f"{SURVEY}, pack {sha256(said).hexdigest()[:8]}"


def file_of(wave_id: int) -> str:
    """The name under which the figures of a released wave are kept among the files of measures."""
    return f"survey-{wave_id}.csv"


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


def by_trust(cells: Iterable[tuple[str, Cell]]) -> dict[tuple[str, str], Summary]:
    """Whole trusts, by trust and outcome: their staff groups together."""
    found: dict[tuple[str, str], list[Cell]] = {}
    for trust, cell in cells:
        if cell.part == GROUP:
            found.setdefault((trust, cell.outcome), []).append(cell)
    return {key: summary(groups) for key, groups in found.items()}


def means(
    cells: Iterable[tuple[str, Cell]], answered: Sequence[Response], period: str, asked: Questionnaire, smallest: int
) -> Lines:
    """The weighted mean of each outcome in each trust with what is behind it, and the response rate of each trust.

    The plain mean is a second equation about the same people, and the effective number tells how many are in each of
    two groups: both are hidden where a staff group has too few scores, whose mean could be worked out from them.
    The standard error is hidden below 30 people. Nor is there a mean that would tell what a few answered who are in
    some figures of the survey and not in others: see `telling`. Too few are fewer than `smallest`. To be released.
    """
    rows: list[Row] = []
    found = by_trust(cells)
    untold = telling(found, asked, smallest)
    for (trust, outcome), one in sorted(found.items()):
        cell, never = people(trust, period, outcome), one.n + 1 if (trust, outcome) in untold else 0
        mean = Figure(round(one.mean, DIGITS), one.n, cell=cell, top=asked.top(outcome), least=never)
        n_eff, plain = (
            Figure(value, one.n, cell=cell, least=max(never, one.n + 1 if one.smallest < smallest else 0))
            for value in (round(one.n_eff, 1), round(one.mean_unw, DIGITS))
        )
        se = None if one.se is None else Figure(round(one.se, DIGITS), one.n, cell=cell, least=max(never, SPREAD))
        rows.append((trust, period, outcome, mean, Figure(one.n, one.n, cell=cell), None, n_eff, plain, se))
    for each in sorted(answered, key=lambda one: one.trust):
        cell = papers(each.trust, period)
        rate = Figure(round(each.papers / each.entitled, DIGITS), each.papers, cell=cell)
        behind = (Figure(each.papers, each.papers, cell=cell), each.entitled, None, None, None)
        rows.append((each.trust, period, RATE, rate, *behind))
    return Lines(MEASURES, rows)


def telling(
    found: Mapping[tuple[str, str], Summary], asked: Questionnaire, smallest: int
) -> frozenset[tuple[str, str]]:
    """The trusts and outcomes of which no mean may be shown, although enough people are behind it.

    A scale and the items in it, or a mean and its scales, are sums over nearly the same people. Where fewer than
    `smallest` are in one and not in the other, what these answered is the difference, to the last digit; so of the
    parts the one with the fewest answers is not shown. A share tells how many gave an answer; where that is too few
    and others are asked about further, it would tell a number that is hidden there.
    """
    untold = set[tuple[str, str]]()
    for trust in sorted({trust for trust, _ in found}):
        here = {outcome: one for (of, outcome), one in found.items() if of == trust}
        for whole, parts in _sums(asked):
            there = sorted((here[part].n, part) for part in parts if part in here)
            apart = max((abs(n - here[whole].n) for n, _ in there), default=0) if whole in here else 0
            if len(there) == len(parts) and 0 < apart < smallest:
                untold.add((trust, there[0][1]))
        untold |= {
            (trust, share.code) for share in asked.shares if share.code in here and _few(share, here, asked, smallest)
        }
    return frozenset(untold)


def _sums(asked: Questionnaire) -> list[tuple[str, tuple[str, ...]]]:
    """Each outcome that is made of several others."""
    alone = {scale.items[0]: scale.code for scale in asked.scales if len(scale.items) == 1}
    scales = [
        (scale.code, tuple(alone[item] for item in scale.items))
        for scale in asked.scales
        if len(scale.items) > 1 and alone.keys() >= set(scale.items)
    ]
    return [*scales, *((mean.code, mean.scales) for mean in asked.means if len(mean.scales) > 1)]


def _few(share: Share, here: Mapping[str, Summary], asked: Questionnaire, smallest: int) -> bool:
    """Whether fewer than `smallest` gave an answer on which another share depends, and this share tells how many."""
    one = here[share.code]
    counted = round(one.mean_unw * one.n)
    follows = {answer for item, answer in (s.only_if for s in asked.shares if s.only_if) if item == share.item}
    return any((counted if answer in share.counted else one.n - counted) < smallest for answer in follows)


def as_reading(table: Released) -> Reading:
    """The figures of a table of means that are shown, to be stored; those that are hidden are counted as missing."""
    observations = tuple(one for row in table.rows if (one := _observation(row)))
    values: dict[str, list[float]] = {str(row[2]): [] for row in table.rows}
    for one in observations:
        values[one.outcome].append(one.value)
    there = {name: sum(row[2] == name for row in table.rows) for name in values}
    return Reading(
        observations,
        tuple(
            Tally(name, False, len(found), there[name] - len(found), min(found), max(found))
            for name, found in values.items()
            if found
        ),
        len(table.rows),
        tuple(sorted({one.trust for one in observations})),
        tuple(sorted({one.period for one in observations})),
    )


def _observation(row: Sequence[Shown]) -> Observation | None:
    """A line of such a table as it is stored; None where its figure is hidden."""
    trust, period, outcome, value, n, entitled, *behind = row
    if not isinstance(value, float) or not isinstance(n, int):
        return None
    people = entitled if isinstance(entitled, int) else None
    n_eff, plain, se = (cell if isinstance(cell, float) else None for cell in behind)
    sample = Sample(people, people, outcome != RATE, n_eff, plain, se)
    return Observation(str(trust), str(period), str(outcome), value, n, False, sample)


def hidden_groups(
    cells: Iterable[tuple[str, Cell]], offered: Mapping[str, Iterable[str]], smallest: int
) -> tuple[Hidden, ...]:
    """The staff groups that the papers of each trust `offered`, and those who named none, in which no outcome has
    enough scores to be shown: without their number, and those that nobody named too, which would tell a 0."""
    most = {(trust, group): 0 for trust, groups in offered.items() for group in (NOT_SAID, *groups)}
    for trust, cell in cells:
        if cell.part == GROUP:
            key = trust, cell.name
            most[key] = max(most.get(key, 0), cell.n)
    return tuple(Hidden(trust, group) for (trust, group), n in sorted(most.items()) if n < smallest)


def hidden_trusts(table: Released) -> Mapping[str, int]:
    """How many figures of each trust are hidden in a table of means; trusts with none are left out."""
    found: dict[str, int] = {}
    for row in table.rows:
        if isinstance(row[3], str):
            found[str(row[0])] = found.get(str(row[0]), 0) + 1
    return found
