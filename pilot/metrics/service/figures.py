"""Figures of trusts from a file: held to what is there already, and stored."""

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import date, datetime

import msgspec
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.audit import log
from pilot.errors import BadInput
from pilot.metrics import queries
from pilot.metrics.catalogue import PULSE, STAFF_SURVEY
from pilot.metrics.layouts import LAYOUTS, Surroundings, read_figures
from pilot.metrics.measures import Reading
from pilot.metrics.mentions import mentioned
from pilot.metrics.queries import registers
from pilot.metrics.register import Register
from pilot.metrics.registration import blind
from pilot.metrics.retention import has_leaver_rate
from pilot.metrics.service.datasets import dataset_for
from pilot.metrics.sheet import Problem, Unusable
from pilot.metrics.tables import ImportRow, MeasureRow, MovementRow, ObservationRow
from pilot.people import queries as people

REWEIGHTED = (STAFF_SURVEY, PULSE)
"""Instruments whose past is worked out anew with every publication, so that two vintages are never mixed."""


async def is_blind(session: AsyncSession, staged: queries.Staged, found: Reading | Register | None = None) -> bool:
    """Whether a file is taken in without showing its figures: no plan is locked, and it is about the programme's own
    trusts, or it is about others and has figures of theirs that are held back. As long as it is not known what can be
    read of it (`found`), it has them if it names one of these trusts and no period that is surely over. A list about
    trusts has none."""
    door = await queries.the_door(session)
    if door.locked or staged.kind == "register":
        return False
    if staged.kind == "programme":
        return True
    if isinstance(found, Reading):
        return door.holds_back(found.trusts, found.periods, programme=False)
    own = door.own | {one.old for one in await registers.successions(session) if one.new in door.own}
    layout = LAYOUTS[staged.layout]
    told = await asyncio.to_thread(mentioned, layout, staged.content, own)
    return told.trusts and (told.periods is None or door.holds_back(own, told.periods, programme=True))


async def check(session: AsyncSession, staged: queries.Staged, roles: Sequence[str]) -> Reading:
    """What the file would store. Raises BadInput with every problem, also with what is stored already."""
    layout = LAYOUTS[staged.layout]
    around = await _surroundings(session, staged)
    try:  # a large file takes seconds
        reading = await asyncio.to_thread(read_figures, layout, staged.content, roles, around)
        if not reading.numbers and not layout.is_named:
            raise Unusable([Problem(0, "The file holds no number at all.")])
    except Unusable as refusal:
        raise (_blinded(refusal) if await is_blind(session, staged) else refusal).listed() from refusal
    if not reading.numbers:
        raise BadInput("There is a problem", {"role": "The columns chosen as measures hold no number at all"})
    await _refuse_mixing(session, staged, reading)
    return reading


def _blinded(refusal: Unusable) -> Unusable:
    return Unusable([msgspec.structs.replace(problem, text=blind(problem.text)) for problem in refusal.problems])


async def _surroundings(session: AsyncSession, staged: queries.Staged) -> Surroundings:
    known = None
    if staged.kind == "programme":
        known = frozenset(trust.ods_code for trust in await people.trusts_of_programme(session))
    listed, successions = await registers.listed_trusts(session), await registers.successions(session)
    return Surroundings(known, listed, successions, staged.joined)


async def _refuse_mixing(session: AsyncSession, staged: queries.Staged, reading: Reading) -> None:
    """A value is stored once, and a survey in one vintage only."""
    dataset = await queries.dataset_called(session, staged.dataset)
    if dataset is None:
        return
    others = [i for i in await queries.imports(session, dataset.id) if i.instrument == staged.instrument]
    if staged.instrument in REWEIGHTED and (other := next((i for i in others if i.vintage != staged.vintage), None)):
        raise BadInput(
            f"“{staged.dataset}” holds the {staged.instrument} as published in {other.vintage}. Figures published at "
            f"different times are weighted differently and must not be mixed. Put these into a set of their own."
        )
    kinds = {
        m.outcome: m.kind for m in await queries.measures(session, dataset.id) if m.instrument == staged.instrument
    }
    problems = [
        Problem(0, f"“{tally.outcome}” is there as a {kinds[tally.outcome]}; it cannot be another kind as well.")
        for tally in reading.tallies
        if kinds.get(tally.outcome, kind := "count" if tally.counted else "score") != kind
    ]
    held = await queries.held(session, dataset.id, staged.instrument)
    problems += [
        Problem(0, f"“{o.outcome}” of {o.trust} in {o.period} is there already.")
        for o in reading.observations
        if (o.outcome, o.trust, o.period) in held
    ]
    if problems:
        raise Unusable(problems).listed()


async def store(session: AsyncSession, staged: queries.Staged, reading: Reading, *, by: str, now: datetime) -> int:
    """Store what was read; the number of the import. Raises BadInput when a like file has come in since."""
    await _refuse_mixing(session, staged, reading)
    dataset_id = await dataset_for(session, staged.dataset, staged.kind, by=by, now=now)
    taken = ImportRow(
        dataset_id=dataset_id, instrument=staged.instrument, filename=staged.filename,
        sha256=hashlib.sha256(staged.content).hexdigest(), vintage=staged.vintage, source=staged.source,
        rows=reading.rows, trusts=len(reading.trusts), numbers=reading.numbers, missing=reading.missing,
        left_out=sum(number for _, number in reading.left_out), notes=list(reading.notes), made_at=now, made_by=by,
        first_start_on=await _first_start(session, staged),
        held_back=sorted((await queries.the_door(session)).own & set(reading.trusts)),
    )  # fmt: skip
    session.add(taken)
    await session.flush()
    ids = await _measures(session, dataset_id, staged.instrument, reading)
    await session.execute(
        insert(ObservationRow),
        [
            {
                "measure_id": ids[one.outcome], "import_id": taken.id, "trust": one.trust, "period": one.period,
                "value": one.value, "n": one.n, **msgspec.structs.asdict(one.sample),
            }
            for one in reading.observations
        ],
    )  # fmt: skip
    if reading.movements:
        movements = [msgspec.structs.asdict(one) | {"import_id": taken.id} for one in reading.movements]
        await session.execute(insert(MovementRow), movements)
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
