"""The one way out for figures about people: each release is held to all that was released before, and remembered."""

import asyncio
from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import BadInput
from pilot.metrics import disclosure, queries
from pilot.metrics.arms import Arm
from pilot.metrics.counted import Panels, marked, people, settle
from pilot.metrics.crosstab.sums import Name
from pilot.metrics.disclosure import Lines, Publication, Released
from pilot.metrics.download import PanelCell, is_used
from pilot.metrics.queries.publications import Kept, Series, asked, kept, written
from pilot.metrics.respondents import RATE
from pilot.metrics.tables.publications import PublicationRow

MEANWHILE = (
    "Other figures were released at the same moment, and two releases together could give a small number away. "
    "Nothing was released. Try again."
)


async def publish(session: AsyncSession, series: Series, name: str, lines: Lines) -> Released:
    """Release a table and remember it. Raises BadInput, and nothing is stored, when with what was released before it
    would give a small number away, or when somebody else released something at the same moment."""
    before = await kept(session, series)
    released, after = disclosure.publish(name, lines, before.publication)
    await keep(session, before, after)
    return released


async def smallest(session: AsyncSession, series: Series) -> int:
    """The fewest people about whom the next release of a series shows a figure."""
    return (await kept(session, series)).publication.smallest


async def shown(session: AsyncSession, series: Series, name: str, lines: Lines, by: int) -> Released:
    """A table as it was released, or would be now, `by` the fewest people of that release. Nothing is stored, so a page
    may show of the second only what would be hidden."""
    earlier = msgspec.structs.replace((await kept(session, series)).publication, smallest=by)
    return disclosure.publish(name, lines, earlier)[0]


class Reckoned(msgspec.Struct, frozen=True):
    """Panels in the order of their measures, with what is hidden of them marked; `release` stores that they are out.

    `smallest` is the fewest people about whom they show a figure: one rule for all of them, the highest of any.
    """

    panels: tuple[tuple[PanelCell, ...], ...]
    changes: tuple[tuple[Kept, Publication], ...]
    smallest: int

    @property
    def withheld(self) -> frozenset[Name]:
        """Every number that is hidden in the series that change, this release among those that hide it."""
        return frozenset[Name]().union(*(after.hidden for _, after in self.changes))


async def reckon(
    session: AsyncSession,
    measures: Sequence[queries.Measure],
    arms: Mapping[str, Arm],
    periods: Sequence[str] | None = None,
    *,
    counted: bool = False,
) -> Reckoned:
    """The values of measures in these periods (None: all), as they can be released. Nothing is stored yet.

    `counted`: leavers bring the headcount beside them.

    It may take seconds, in which others go on. Raises BadInput like `publish`.
    """
    panels, places = [], [await _series(session, measure) for measure in measures]
    known = {series: await kept(session, series) for series in places}
    rule = max((one.publication.smallest for one in known.values()), default=asked(session))
    changes = {
        series: (before, msgspec.structs.replace(before.publication, smallest=rule)) for series, before in known.items()
    }
    for measure, series in zip(measures, places, strict=True):
        cells = await _cells(session, measure, arms, rule, counted=counted)
        cells = tuple(cell for cell in cells if periods is None or cell.period in periods)
        together = {measure.outcome: cells} if measure.kind == "score" else await _counts(session, measure, arms, rule)
        before, after = changes[series]
        if not _all_there(after, together):
            after = await asyncio.to_thread(settle, together, after)
        changes[series] = before, after
        panels.append(marked(measure.outcome, cells, after))
    return Reckoned(tuple(panels), tuple(changes.values()), rule)


async def _series(session: AsyncSession, measure: queries.Measure) -> Series:
    return Series((await queries.dataset(session, measure.dataset_id)).name, measure.instrument)


async def release(session: AsyncSession, reckoned: Reckoned) -> None:
    """Store that these panels are released. Raises BadInput when others were released since they were reckoned."""
    for before, after in reckoned.changes:
        await keep(session, before, after)


async def _counts(session: AsyncSession, measure: queries.Measure, arms: Mapping[str, Arm], smallest: int) -> Panels:
    """All counts of the instrument, since some of them are sums of others."""
    beside = [one for one in await queries.measures(session, measure.dataset_id) if one.kind == "count"]
    here = [one for one in beside if one.instrument == measure.instrument]
    return {one.outcome: await _cells(session, one, arms, smallest) for one in here}


async def _cells(
    session: AsyncSession,
    measure: queries.Measure,
    arms: Mapping[str, Arm],
    smallest: int,
    *,
    counted: bool = False,
) -> tuple[PanelCell, ...]:
    """The values of a measure with what is known of the people behind them.

    A response rate of few answers counts like a number of people: leaving it out would choose trusts by their outcome.
    """
    kind = "count" if measure.outcome == RATE else measure.kind
    answered = await queries.answered(session, measure)
    left = await queries.leavers(session, measure) if counted else {}
    return tuple(
        PanelCell(
            v.trust, v.period, v.value, v.people, v.n, arms[v.trust].pilot, arms[v.trust].matched_set,
            is_used(kind, v.n, smallest), sample=v.sample, answering=answered.get((v.trust, v.period)),
            left=left.get((v.trust, v.period)),
        )
        for v in await queries.values(session, measure)
        if v.trust in arms
    )  # fmt: skip


def _all_there(publication: Publication, panels: Panels) -> bool:
    return all(
        cell.people is None or publication.people.get(people(cell.trust, cell.period, outcome)) == cell.people
        for outcome, cells in panels.items()
        for cell in cells
    )


async def keep(session: AsyncSession, before: Kept, after: Publication) -> None:
    """Store what has been released from now on. Raises BadInput when that is no longer what it was reckoned from."""
    stricter = before.version > 0 and after.smallest > before.stored
    if after == before.publication and not stricter:
        return  # nothing is shown that was not shown before, by no stricter rule, so nobody else's release can matter
    values = {"version": before.version + 1, "document": written(after)}
    if not await (_change if before.version else _begin)(session, before, values):
        raise BadInput(MEANWHILE)


async def _begin(session: AsyncSession, before: Kept, values: dict[str, object]) -> bool:
    names = {"dataset": before.series.dataset, "instrument": before.series.instrument}
    try:
        async with session.begin_nested():
            await session.execute(insert(PublicationRow).values(**names, **values))
    except IntegrityError:
        return False
    return True


async def _change(session: AsyncSession, before: Kept, values: dict[str, object]) -> bool:
    changed = await session.execute(
        update(PublicationRow)
        .where(
            PublicationRow.dataset == before.series.dataset,
            PublicationRow.instrument == before.series.instrument,
            PublicationRow.version == before.version,
        )
        .values(**values)
    )
    return changed.rowcount == 1  # type: ignore[attr-defined,no-any-return]  # an UPDATE's result has it
