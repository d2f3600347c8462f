"""Making a council: its constitution and its seats."""

from datetime import date, datetime

import msgspec
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.audit.log import record
from pilot.councils import queries
from pilot.councils.constitution import Constitution
from pilot.councils.deadlines import london_day
from pilot.councils.tables import ConstitutionRow, CouncilRow, SeatRow
from pilot.errors import BadInput, NotFound, WrongState
from pilot.people import queries as people

CONTROL = "This trust is in the control group, so it has no staff council during the pilot."


async def make_council(
    session: AsyncSession,
    trust: str,
    name: str,
    *,
    by: str,
    now: datetime,
    constitution: Constitution | None = None,
    effective_from: date | None = None,
) -> int:
    """Make the council of a trust with version 1 of its constitution (the defaults, if none is given); its id.

    The constitution is in force from today unless `effective_from` names another day. Raises WrongState for a second
    council and for a trust of the control group, BadInput for numbers outside their bounds.
    """
    if (await people.trust(session, trust)).arm == "control":
        raise WrongState(CONTROL)
    if await queries.council(session, trust) is not None:
        raise WrongState("This trust has a staff council already.")
    row = CouncilRow(trust=trust, name=name.strip())
    session.add(row)
    await session.flush()
    first = _version(row.id, 1, constitution or Constitution(), effective_from or london_day(now))
    session.add(first)
    detail = {"name": row.name, "params": first.params}
    await record(
        session, at=now, actor=by, verb="council made", subject=f"council {row.id}", trust=trust, detail=detail
    )
    return row.id


async def amend(
    session: AsyncSession, trust: str, constitution: Constitution, *, effective_from: date, by: str, now: datetime
) -> int:
    """Add a version of the constitution, in force from a day that is not in the past; its number."""
    council = await queries.council_of(session, trust)
    if effective_from < london_day(now):
        raise BadInput("There is a problem", {"effective_from": "A constitution cannot begin in the past"})
    latest = (await queries.versions(session, trust))[0]
    row = _version(council.id, latest.number + 1, constitution, effective_from)
    session.add(row)
    await session.flush()
    await record(
        session,
        at=now,
        actor=by,
        verb="constitution amended",
        subject=f"council {council.id}",
        trust=trust,
        detail={"version": row.version, "effective_from": effective_from.isoformat(), "params": row.params},
    )
    return row.version


async def seat(
    session: AsyncSession, trust: str, body: str, holder: str | None, *, held_from: date | None, by: str, now: datetime
) -> int:
    """Make a seat that `body` fills by nomination; its id. Without a holder it is empty for now.

    `holder` is the name that everybody may read; a holder needs the day from which the seat is held.
    """
    council = await queries.council_of(session, trust)
    wrong = {}
    if not body.strip():
        wrong["body"] = "Enter the body that fills the seat"
    if holder and held_from is None:
        wrong["held_from"] = "Enter the day from which the seat is held"
    if wrong:
        raise BadInput("There is a problem", wrong)
    row = SeatRow(
        council_id=council.id, body=body.strip(), holder_name=holder or None, held_from=held_from if holder else None
    )
    session.add(row)
    await session.flush()
    detail = {"body": row.body, "holder": row.holder_name}
    await record(session, at=now, actor=by, verb="seat made", subject=f"seat {row.id}", trust=trust, detail=detail)
    return row.id


async def give_up_seat(
    session: AsyncSession, trust: str, seat_id: int, *, last_day: date, by: str, now: datetime
) -> None:
    """End somebody's holding of a seat with `last_day`; the seat is then empty and stands there as a new one."""
    council = await queries.council_of(session, trust)
    row = await session.get(SeatRow, seat_id)
    if row is None or row.council_id != council.id:
        raise NotFound("We cannot find this seat.")
    if row.contest_id is not None:
        raise WrongState("This seat is filled by election. Record that it has become empty instead.")
    if row.held_from is None or row.held_to is not None:
        raise WrongState("Nobody holds this seat now.")
    if last_day < row.held_from:
        raise BadInput("There is a problem", {"last_day": "The last day cannot be before the first"})
    changed = await session.execute(
        update(SeatRow).where(SeatRow.id == seat_id, SeatRow.held_to.is_(None)).values(held_to=last_day)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE's result has it
        raise WrongState("Nobody holds this seat now.")
    session.add(SeatRow(council_id=council.id, body=row.body))
    await session.flush()
    detail = {"last_day": last_day.isoformat()}
    await record(session, at=now, actor=by, verb="seat given up", subject=f"seat {seat_id}", trust=trust, detail=detail)


def _version(council_id: int, number: int, constitution: Constitution, effective_from: date) -> ConstitutionRow:
    if problems := constitution.problems():
        raise BadInput("There is a problem", problems)
    params = msgspec.to_builtins(constitution)
    return ConstitutionRow(council_id=council_id, version=number, effective_from=effective_from, params=params)
