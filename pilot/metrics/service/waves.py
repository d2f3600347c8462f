"""What people do with a survey wave: make it, fix it, cancel it, check it, release it. The clock does the rest."""

from datetime import datetime

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.clock import LONDON
from pilot.errors import BadInput, WrongState
from pilot.metrics.disclosure import SMALLEST, Released
from pilot.metrics.layouts import NAMED
from pilot.metrics.measures import PROGRAMME
from pilot.metrics.queries import Staged
from pilot.metrics.queries import waves as queries
from pilot.metrics.queries.publications import Series
from pilot.metrics.questionnaire import Offer, Questionnaire
from pilot.metrics.service import figures, publishing
from pilot.metrics.service.moving import advance, note
from pilot.metrics.service.wordings import refuse_ended
from pilot.metrics.tables.waves import WaveRow, WaveTrustRow
from pilot.metrics.wave_figures import (
    Hidden,
    Response,
    as_reading,
    file_of,
    hidden_groups,
    hidden_trusts,
    instrument_of,
    means,
    responses,
)
from pilot.metrics.waves import State, WaveSpec, move, period_of, why_not_ready
from pilot.people import queries as people
from pilot.people.sheet import written
from pilot.people.trusts import Trust


class Ready(msgspec.Struct, frozen=True):
    """One trust of the programme before a wave is fixed; `why_not` is None when it can take part."""

    trust: Trust
    why_not: str | None


async def make_wave(session: AsyncSession, spec: WaveSpec, *, by: str, now: datetime) -> int:
    """A new wave as a draft; its id. Raises BadInput with every problem."""
    problems = spec.problems(now)
    period = period_of(spec.opens_at)
    if period in await queries.periods(session):
        problems.setdefault("opens_on", "Another survey opens in the same month, so their figures could be confused")
    if problems:
        raise BadInput("There is a problem", problems)
    row = WaveRow(
        title=spec.title.strip(),
        kind=spec.kind,
        state=State.DRAFT,
        opens_at=spec.opens_at.replace(microsecond=0),
        closes_at=spec.closes_at.replace(microsecond=0),
        period=period,
        questionnaire=msgspec.to_builtins(spec.questionnaire),
        made_by=by,
    )
    session.add(row)
    await session.flush()
    await note(session, row, "survey made", by=by, now=now, title=row.title, permission=spec.questionnaire.permission)
    return row.id


def questionnaire_of(row: WaveRow) -> Questionnaire:
    """What a wave asks."""
    return msgspec.convert(row.questionnaire, Questionnaire)


def offer_of(row: WaveTrustRow) -> Offer:
    """The staff groups and sites that the paper of one trust names."""
    return msgspec.convert(row.offer, Offer)


async def readiness(session: AsyncSession, *, now: datetime) -> tuple[Ready, ...]:
    """Every trust that was not withdrawn, and whether it could take part today."""
    today = now.astimezone(LONDON).date()
    found = []
    for trust in await people.trusts_of_programme(session):
        if trust.withdrawn_on is None or trust.withdrawn_on > today:
            roll = await people.roll_summary_on(session, trust.ods_code, today)
            found.append(Ready(trust, why_not_ready(roll.as_at_on if roll else None, today)))
    return tuple(found)


async def freeze(
    session: AsyncSession, wave_id: int, *, script: str, leave_out: bool, by: str, now: datetime
) -> tuple[Ready, ...]:
    """Fix what is asked and which trusts take part, pilots and controls alike. Their boxes come by the clock.

    `script` is the fingerprint of the script that seals. Refuses after the opening time, without a pilot or a control
    that is ready, and where a trust is not ready unless such trusts are left out, which is written down.
    """
    row = await queries.wave(session, wave_id)
    move(State(row.state), "freeze")
    if now >= row.opens_at:
        raise WrongState("This survey was to open already. Cancel it and make another one.")
    await refuse_ended(session, wave_id)
    found = await readiness(session, now=now)
    arms = {one.trust.arm for one in found if one.why_not is None}
    if arms != {"pilot", "control"}:
        raise WrongState("At least one pilot and one control need a staff roll of the last 31 days.")
    late = [one for one in found if one.why_not is not None]
    if late and not leave_out:
        first = "; ".join(f"{one.trust.ods_code}: {one.why_not}" for one in late[:5])
        raise WrongState(f"{len(late)} of {len(found)} trusts are not ready. {first}.")
    session.add_all(
        WaveTrustRow(
            wave_id=wave_id,
            trust=one.trust.ods_code,
            offer=msgspec.to_builtins(Offer((), ())),
            left_out_because=one.why_not,
        )
        for one in found
    )
    await advance(session, row, "freeze", frozen_on=now.astimezone(LONDON).date(), script=script)
    left_out = [one.trust.ods_code for one in late]
    await note(session, row, "survey fixed", by=by, now=now, trusts=len(found), left_out=left_out)
    return found


async def cancel(session: AsyncSession, wave_id: int, because: str, *, by: str, now: datetime) -> None:
    """End a wave that has not closed. Nothing of it is opened; the reason is kept."""
    row = await queries.wave(session, wave_id)
    if not because.strip():
        raise BadInput("There is a problem", {"because": "Say why this survey is cancelled"})
    await advance(session, row, "cancel", because=because.strip())
    await note(session, row, "survey cancelled", by=by, now=now, because=because.strip())


async def to_check(session: AsyncSession, wave_id: int) -> WaveRow:
    """A closed wave whose trusts are all counted, checked or not. Raises WrongState saying what is missing."""
    row = await queries.wave(session, wave_id)
    if row.state not in (State.CLOSED, State.CHECKED, State.RELEASED):
        move(State(row.state), "check")
    if waiting := (await queries.progress(session, wave_id)).waiting:
        raise WrongState(f"The answers of {waiting} trusts are not counted yet. Come back in a few minutes.")
    return row


async def check(session: AsyncSession, wave_id: int, *, by: str, now: datetime) -> None:
    """Write down that somebody has seen which figures the release will hide."""
    row = await to_check(session, wave_id)
    await advance(session, row, "check")
    await note(session, row, "survey checked", by=by, now=now)


async def release_wave(session: AsyncSession, wave_id: int, *, by: str, now: datetime) -> int:
    """Release how many answered in each trust, and put the means that may be shown among the measures of the programme;
    how many. Small ones never get there. Raises BadInput, and nothing is released, when with what was released before
    it would give a small number away."""
    row = await queries.wave(session, wave_id)
    await advance(session, row, "release")
    series = series_of(row)
    row.smallest = await publishing.smallest(session, series)
    counted = await answered(session, row)
    await publishing.publish(session, series, "responses.csv", responses(counted, row.period))
    lines = means(await queries.cells(session, wave_id), counted, row.period, questionnaire_of(row), row.smallest)
    table = await publishing.publish(session, series, "measures.csv", lines)
    reading, hidden = as_reading(table), hidden_trusts(table)
    if reading.observations:
        released = Staged(
            0, PROGRAMME, "programme", series.instrument, f"Survey {wave_id}", row.title,
            file_of(wave_id), written(table.columns, table.rows).encode(), (), NAMED, False,
        )  # fmt: skip
        await figures.store(session, released, reading, by=by, now=now)
    shown = len(reading.observations)
    await note(session, row, "survey released", by=by, now=now, figures=shown, hidden=sum(hidden.values()))
    return shown


def series_of(row: WaveRow) -> Series:
    """The series to which the figures of a wave belong."""
    return Series(PROGRAMME, instrument_of(questionnaire_of(row)))


async def answered(session: AsyncSession, row: WaveRow) -> tuple[Response, ...]:
    """How many of the people entitled answered in each trust that was counted. Not released yet."""
    arms = {trust.ods_code: trust.arm for trust in await people.trusts_of_programme(session)}
    return tuple(
        Response(one.trust, arms.get(one.trust, ""), one.entitled, one.papers)
        for one in await queries.trusts_of(session, row.id)
        if one.entitled and one.papers is not None
    )


async def fewest_shown(session: AsyncSession, row: WaveRow) -> int:
    """The fewest people about whom a wave shows a figure: as it was released, or would be now."""
    if State(row.state) is State.RELEASED:
        return row.smallest or SMALLEST
    return await publishing.smallest(session, series_of(row))


async def small_groups(session: AsyncSession, row: WaveRow) -> tuple[Hidden, ...]:
    """The staff groups of each counted trust that are too small to be shown."""
    counted = [one for one in await queries.trusts_of(session, row.id) if one.papers is not None]
    offered = {one.trust: [name for name, _ in offer_of(one).groups] for one in counted}
    return hidden_groups(await queries.cells(session, row.id), offered, await fewest_shown(session, row))


async def shown_of(session: AsyncSession, row: WaveRow) -> tuple[Released, Released]:
    """The responses and the means of a counted wave as they were released, or would be now."""
    series, counted, by = series_of(row), await answered(session, row), await fewest_shown(session, row)
    lines = means(await queries.cells(session, row.id), counted, row.period, questionnaire_of(row), by)
    papers = await publishing.shown(session, series, "responses.csv", responses(counted, row.period), by)
    return papers, await publishing.shown(session, series, "measures.csv", lines, by)
