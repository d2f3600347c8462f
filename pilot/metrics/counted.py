"""What people are counted as, by one name in every table, and what of a panel is hidden for good. Pure.

A name is the trust, the period and what is counted. Names live within one series: a set of trusts and an instrument.
"""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from pilot.metrics.crosstab.sums import Name, Sum
from pilot.metrics.disclosure import HIDDEN, Figure, Lines, Publication, Row, publish, release
from pilot.metrics.download import PanelCell, figure
from pilot.metrics.workforce import REASONS, following

LEAVERS = "leavers"
STAFF = ("headcount_start", "joiners", "headcount_end")
BEHIND = {"leaver_rate": LEAVERS}
"""Whose number of people is behind an outcome that is worked out; every other outcome counts its own."""

Panels = Mapping[str, Sequence[PanelCell]]
"""The values of several outcomes of one series, by the outcome's name."""


def people(trust: str, period: str, outcome: str) -> Name:
    """The people behind one value of a measure."""
    return trust, period, BEHIND.get(outcome, outcome)


def papers(trust: str, period: str) -> Name:
    """The people of a trust who answered a survey, with a score or without."""
    return trust, period, "survey", "papers"


def movements(counts: Mapping[Name, int]) -> tuple[Sum, ...]:
    """The sums that hold between staff movements: reasons make leavers, start + joiners = leavers + end, and the end of
    a month is the start of the next. A sum that these numbers break is none, since nothing can be worked out by it."""
    found: list[Sum] = []
    for trust, period in sorted({name[:2] for name in counts}):
        left, *reasons = ((trust, period, what) for what in (LEAVERS, *REASONS))
        start, joined, end = ((trust, period, what) for what in STAFF)
        then = (trust, following(period), STAFF[0])
        if _agree(counts, (left,), reasons):
            found.append(Sum(left, tuple(reasons)))
        if _agree(counts, (start, joined), (left, end)):
            ever = (trust, period, "ever there")
            found += [Sum(ever, (start, joined)), Sum(ever, (left, end))]
        if _agree(counts, (end,), (then,)):
            found.append(Sum(end, (then,)))
    return tuple(found)


def _agree(counts: Mapping[Name, int], one: Sequence[Name], other: Sequence[Name]) -> bool:
    there = all(name in counts for name in (*one, *other))
    return there and sum(counts[name] for name in one) == sum(counts[name] for name in other)


def settle(panels: Panels, earlier: Publication) -> Publication:
    """What has been published with these panels: `hidden` are the values that stay hidden wherever they stand.

    All counts that hang together are decided at once, so that it does not matter which of them somebody looks at first:
    leavers before the headcounts, those before the reasons, since an earlier one is hidden for a later one's sake only
    where nothing else helps. A total of an arm may be known elsewhere and is protected as well. Raises BadInput when
    what was published `earlier` gives a hidden value away.
    """
    counts = {
        people(cell.trust, cell.period, outcome): cell.people
        for outcome, cells in panels.items()
        for cell in cells
        if cell.people is not None
    }
    sums, there = movements(counts), set(earlier.people)
    for stage in _stages(panels):
        there |= {people(cell.trust, cell.period, outcome) for outcome, cells in stage.items() for cell in cells}
        hold = tuple(
            one for one in sums if all(name in there or name not in counts for name in (one.total, *one.parts))
        )
        earlier = _settled(stage, hold, earlier)
    return earlier


def marked(outcome: str, cells: Sequence[PanelCell], publication: Publication) -> tuple[PanelCell, ...]:
    """The cells of a panel, with those marked that the publication hides."""
    return tuple(
        msgspec.structs.replace(cell, hidden=people(cell.trust, cell.period, outcome) in publication.hidden)
        for cell in cells
    )


def _stages(panels: Panels) -> Iterator[Panels]:
    first = ((LEAVERS,), STAFF, REASONS)
    for names in (*first, tuple(name for name in panels if not any(name in stage for stage in first))):
        if stage := {name: panels[name] for name in names if name in panels}:
            yield stage


def _settled(stage: Panels, sums: Sequence[Sum], earlier: Publication) -> Publication:
    """Totals of arms by themselves and sums beside what was published, in turn until neither hides any more."""
    hidden: frozenset[Name] = frozenset()
    while True:
        now = hidden | _beside_totals(stage, hidden, earlier.smallest)
        rows: list[Row] = [[_figure(outcome, cell, now)] for outcome, cells in stage.items() for cell in cells]
        _, publication = publish(" ".join(stage), Lines(("people",), rows, tuple(sums)), earlier)
        names = {figure.cell for (figure,) in rows if isinstance(figure, Figure)}
        if (after := now | publication.hidden & names) == hidden:
            return publication
        hidden = after


def _beside_totals(stage: Panels, hidden: frozenset[Name], smallest: int) -> frozenset[Name]:
    """What the total of an arm in a period would give away, were it known."""
    found = set()
    for outcome, cells in stage.items():
        before = [msgspec.structs.replace(cell, hidden=_figure(outcome, cell, hidden).hidden) for cell in cells]
        lines: list[Row] = [[figure(cell)] for cell in before]
        shown = release(outcome, ("people",), lines, earlier=Publication(smallest)).rows
        found |= {
            people(cell.trust, cell.period, outcome)
            for cell, (value,) in zip(cells, shown, strict=True)
            if value == HIDDEN
        }
    return frozenset(found)


def _figure(outcome: str, cell: PanelCell, hidden: frozenset[Name]) -> Figure:
    name = people(cell.trust, cell.period, outcome)
    return Figure(cell.value, cell.people, cell=name, hidden=name in hidden)
