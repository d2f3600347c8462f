"""Taking in a file of measures: sent, its columns named, looked at, and only then stored."""

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import date, datetime, timedelta

import msgspec
from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.audit import log
from pilot.errors import BadInput
from pilot.metrics import queries
from pilot.metrics.measures import PROGRAMME, Reading, guess_roles, has_leaver_rate, read_measures
from pilot.metrics.registration import blind
from pilot.metrics.service.datasets import dataset_for
from pilot.metrics.sheet import Problem, Unusable, read_sheet
from pilot.metrics.tables import ImportRow, MeasureRow, ObservationRow, StagedRow
from pilot.people import queries as people

REWEIGHTED = ("NHS Staff Survey", "National Quarterly Pulse Survey")
"""Instruments whose past is worked out anew with every publication, so that two vintages are never mixed."""

KEPT_FOR = timedelta(hours=24)

TELLS_WHICH = ("trust", "period", "name")
"""What a column may be whose cells are shown even of a file that is taken in blind."""

EXAMPLES = 3
"""Rows of a file that are shown beside the names of its columns."""


class MeasureFile(msgspec.Struct, frozen=True):
    """A file and what its sender says about it. `dataset` is PROGRAMME or the name of a panel of other trusts."""

    filename: str
    content: bytes
    instrument: str
    vintage: str
    source: str
    dataset: str = PROGRAMME


async def stage(session: AsyncSession, file: MeasureFile, *, by: str, now: datetime) -> int:
    """Keep a file for its sender while the columns are named. Raises BadInput for the field `file`."""
    try:
        roles = await asyncio.to_thread(lambda: guess_roles(read_sheet(file.content)))  # others vote meanwhile
    except Unusable as refusal:
        raise _under("file", refusal) from refusal
    kind = "programme" if file.dataset == PROGRAMME else "other"
    row = StagedRow(
        owner=by, dataset=file.dataset, kind=kind, instrument=file.instrument, vintage=file.vintage,
        source=file.source, filename=file.filename[:200], content=file.content, roles=list(roles),
        staged_at=now,
    )  # fmt: skip
    session.add(row)
    await session.flush()
    return row.id


class Column(msgspec.Struct, frozen=True):
    """One column of a file that waits: its heading, its first cells, and what it is taken for.

    Cells of a file that is taken in blind are shown only where they tell which trust, period or measure a row is.
    """

    heading: str
    examples: tuple[str, ...]
    role: str


async def columns(session: AsyncSession, staged_id: int, *, by: str) -> tuple[queries.Staged, int, tuple[Column, ...]]:
    """A file that waits, its number of rows, and its columns. Raises NotFound."""
    staged = await queries.staged(session, staged_id, by)
    sheet = await asyncio.to_thread(read_sheet, staged.content)
    shown = set(range(len(sheet.headings)))
    if await is_blind(session, staged):
        shown = {place for place, role in enumerate(guess_roles(sheet)) if role in TELLS_WHICH}
    found = tuple(
        Column(
            heading,
            tuple(line.cells[place] for line in sheet.lines[:EXAMPLES]) if place in shown else (),
            staged.roles[place],
        )
        for place, heading in enumerate(sheet.headings)
    )
    return staged, len(sheet.lines), found


async def is_blind(session: AsyncSession, staged: queries.Staged, reading: Reading | None = None) -> bool:
    """Whether a file is taken in without showing its figures: it is about the programme's own trusts, and no plan is
    locked. A file about others is so once it is known (`reading`) to have figures of theirs that are held back."""
    door = await queries.the_door(session)
    if door.locked:
        return False
    programme = staged.kind == "programme"
    if reading is None:
        return programme
    return programme or door.holds_back(reading.trusts, reading.periods, programme=programme)


async def name_columns(session: AsyncSession, staged_id: int, roles: Sequence[str], *, by: str) -> None:
    """Say what each column is, once the whole file can be read so. Raises BadInput with every problem by line."""
    staged = await queries.staged(session, staged_id, by)
    await _read(session, staged, roles)
    row = await session.get_one(StagedRow, staged_id)
    row.roles = list(roles)
    await session.flush()


async def look(session: AsyncSession, staged_id: int, *, by: str) -> tuple[queries.Staged, Reading]:
    """What would be stored. Raises BadInput when the columns are not named so that it can be."""
    staged = await queries.staged(session, staged_id, by)
    return staged, await _read(session, staged, staged.roles)


async def confirm(session: AsyncSession, staged_id: int, *, by: str, now: datetime) -> int:
    """Store what was looked at and delete the file; the number of the import."""
    staged, reading = await look(session, staged_id, by=by)
    import_id = await _store(session, staged, reading, by=by, now=now)
    await forget(session, staged_id, by=by)
    return import_id


async def load_measures(session: AsyncSession, file: MeasureFile, *, by: str, now: datetime) -> int:
    """All the steps at once, with the columns as they are guessed: for the demonstration and for tests."""
    staged_id = await stage(session, file, by=by, now=now)
    return await confirm(session, staged_id, by=by, now=now)


async def forget(session: AsyncSession, staged_id: int, *, by: str) -> None:
    """Delete a file that its sender does not want to store, or that is stored. Raises NotFound."""
    await queries.staged(session, staged_id, by)
    await session.execute(delete(StagedRow).where(StagedRow.id == staged_id, StagedRow.owner == by))


async def forget_old(session: AsyncSession, now: datetime) -> int:
    """Delete files that nobody confirmed within a day; how many."""
    gone = await session.execute(delete(StagedRow).where(StagedRow.staged_at <= now - KEPT_FOR).returning(StagedRow.id))
    return len(gone.all())


async def _read(session: AsyncSession, staged: queries.Staged, roles: Sequence[str]) -> Reading:
    known = None
    if staged.kind == "programme":
        known = frozenset(trust.ods_code for trust in await people.trusts_of_programme(session))
    try:
        reading = await asyncio.to_thread(_read_file, staged.content, roles, known)  # a large file takes seconds
    except Unusable as refusal:
        raise (_blinded(refusal) if await is_blind(session, staged) else refusal).listed() from refusal
    if not reading.numbers:
        raise BadInput("There is a problem", {"role": "The columns chosen as measures hold no number at all"})
    dataset = await queries.dataset_called(session, staged.dataset)
    if dataset is not None:
        await _refuse_mixing(session, dataset.id, staged, reading)
    return reading


def _blinded(refusal: Unusable) -> Unusable:
    return Unusable([Problem(problem.line, blind(problem.text)) for problem in refusal.problems])


def _read_file(content: bytes, roles: Sequence[str], known: frozenset[str] | None) -> Reading:
    return read_measures(read_sheet(content), roles, known)


async def _refuse_mixing(session: AsyncSession, dataset_id: int, staged: queries.Staged, reading: Reading) -> None:
    """A value is stored once, and a survey in one vintage only."""
    others = [i for i in await queries.imports(session, dataset_id) if i.instrument == staged.instrument]
    if staged.instrument in REWEIGHTED and (other := next((i for i in others if i.vintage != staged.vintage), None)):
        raise BadInput(
            f"“{staged.dataset}” holds the {staged.instrument} as published in {other.vintage}. Figures published at "
            f"different times are weighted differently and must not be mixed. Put these into a set of their own."
        )
    kinds = {
        m.outcome: m.kind for m in await queries.measures(session, dataset_id) if m.instrument == staged.instrument
    }
    problems = [
        Problem(0, f"“{tally.outcome}” is there as a {kinds[tally.outcome]}; it cannot be another kind as well.")
        for tally in reading.tallies
        if kinds.get(tally.outcome, kind := "count" if tally.counted else "score") != kind
    ]
    held = await queries.held(session, dataset_id, staged.instrument)
    problems += [
        Problem(0, f"“{o.outcome}” of {o.trust} in {o.period} is there already.")
        for o in reading.observations
        if (o.outcome, o.trust, o.period) in held
    ]
    if problems:
        raise Unusable(problems).listed()


async def _store(session: AsyncSession, staged: queries.Staged, reading: Reading, *, by: str, now: datetime) -> int:
    dataset_id = await dataset_for(session, staged.dataset, staged.kind, by=by, now=now)
    taken = ImportRow(
        dataset_id=dataset_id, instrument=staged.instrument, filename=staged.filename,
        sha256=hashlib.sha256(staged.content).hexdigest(), vintage=staged.vintage, source=staged.source,
        rows=reading.rows, trusts=len(reading.trusts), numbers=reading.numbers, missing=reading.missing,
        made_at=now, made_by=by, first_start_on=await _first_start(session, staged),
    )  # fmt: skip
    session.add(taken)
    await session.flush()
    ids = await _measures(session, dataset_id, staged.instrument, reading)
    await session.execute(
        insert(ObservationRow),
        [
            {
                "measure_id": ids[one.outcome], "import_id": taken.id, "trust": one.trust, "period": one.period,
                "value": one.value, "n": one.n,
            }
            for one in reading.observations
        ],
    )  # fmt: skip
    await log.record(
        session, at=now, actor=by, verb="measures imported", subject=f"import {taken.id}",
        detail={"dataset": staged.dataset, "sha256": taken.sha256, "rows": reading.rows, "numbers": reading.numbers},
    )  # fmt: skip
    return taken.id


async def _first_start(session: AsyncSession, staged: queries.Staged) -> date | None:
    """When the first pilot of the programme starts, as is known now; None for others, who are not held back."""
    if staged.kind == "other":
        return None
    starts = [trust.starts_on for trust in await people.trusts_of_programme(session) if trust.arm == "pilot"]
    return min((day for day in starts if day), default=None)


async def _measures(session: AsyncSession, dataset_id: int, instrument: str, reading: Reading) -> dict[str, int]:
    """The number of each measure by its name; those that are new are added, and the leaver rate with its counts."""
    there = await queries.measure_ids(session, dataset_id, instrument)
    kinds = {tally.outcome: "count" if tally.counted else "score" for tally in reading.tallies}
    if has_leaver_rate([*there, *kinds]):
        kinds.setdefault("leaver_rate", "rate")
    new = [
        MeasureRow(dataset_id=dataset_id, instrument=instrument, outcome=outcome, kind=kind)
        for outcome, kind in kinds.items()
        if outcome not in there
    ]
    session.add_all(new)
    await session.flush()
    return there | {row.outcome: row.id for row in new}


def _under(field: str, refusal: Unusable) -> BadInput:
    return BadInput("There is a problem", {field: refusal.reason})
