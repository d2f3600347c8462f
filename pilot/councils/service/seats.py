"""An empty seat: somebody is elected to it, or it stays empty. Of two who change it at once, one is refused."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.audit.log import record
from pilot.councils import queries, vacancies
from pilot.councils.queries import Standing, Vacancy
from pilot.councils.tables import SeatRow, VacancyRow
from pilot.councils.vacancies import State
from pilot.errors import WrongState


async def fill_vacancy(
    session: AsyncSession, found: Vacancy, one: Standing, contest_id: int, day: date, *, by: str, now: datetime
) -> None:
    """Give the empty seat to somebody who was elected, from `day` until its time is over.

    When its time was over before, nobody takes it, and the vacancy says so: a result is declared however late it is.
    Raises WrongState when somebody holds the seat by now.
    """
    if await _take_seat(session, found, one, contest_id, day):
        after = vacancies.move(found.state, "fill" if found.state is State.BY_ELECTION else "declare")
        await change_vacancy(session, found, state=after.value, filled_on=day)
        await note_vacancy(session, found, "vacancy filled", by=by, now=now, detail={"name": one.name})
        return
    after = vacancies.move(found.state, "leave empty")
    because = vacancies.elected_too_late(one.name, await _last_day(session, found))
    await change_vacancy(session, found, state=after.value, because=because, by_election_id=None)
    await note_vacancy(session, found, "seat left empty", by=by, now=now, detail={"because": because})


async def late_for_seat(session: AsyncSession, contest_id: int, day: date) -> str | None:
    """Why an election that is decided on `day` comes too late for its seat; None when it does not, or has none."""
    vacancy = await queries.vacancy_for(session, contest_id)
    return None if vacancy is None else vacancies.no_time_left(await _last_day(session, vacancy), day)


async def must_have_time(session: AsyncSession, found: Vacancy, day: date) -> None:
    """Raise WrongState when the time of the seat does not go on after `day`."""
    if wrong := vacancies.no_time_left(await _last_day(session, found), day):
        raise WrongState(wrong)


async def change_vacancy(session: AsyncSession, found: Vacancy, **values: Any) -> None:
    """Change a vacancy that is still as it was read, in its state and its by-election. Raises WrongState otherwise."""
    changed = await session.execute(
        update(VacancyRow)
        .where(
            VacancyRow.id == found.id,
            VacancyRow.trust == found.trust,
            VacancyRow.state == found.state.value,
            VacancyRow.by_election_id.is_not_distinct_from(found.by_election),
        )
        .values(**values)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE's result has it
        raise WrongState("This empty seat has just moved on. Load the page again.")


async def note_vacancy(
    session: AsyncSession, found: Vacancy, verb: str, *, by: str, now: datetime, detail: dict[str, Any] | None = None
) -> None:
    """Write one event of a vacancy into the audit log."""
    await record(session, at=now, actor=by, verb=verb, subject=found.subject, trust=found.trust, detail=detail)


async def _take_seat(session: AsyncSession, found: Vacancy, one: Standing, contest_id: int, day: date) -> bool:
    """Seat somebody until the seat's time is over; False, and nobody is seated, when it is over before `day`."""
    if day > await _last_day(session, found):
        return False
    changed = await session.execute(
        update(SeatRow)
        .where(SeatRow.id == found.seat, SeatRow.holder_name.is_(None))
        .values(
            holder_name=one.name,
            candidate_id=one.id,
            contest_id=contest_id,
            held_from=day,
            held_to=SeatRow.term_ends_on,
        )
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE's result has it
        raise WrongState("Somebody holds this seat by now.")
    return True


async def _last_day(session: AsyncSession, found: Vacancy) -> date:
    ends = (await queries.seat(session, found.trust, found.seat)).term_ends_on
    if ends is None:
        raise AssertionError(f"the seat of {found.subject} has no end")
    return ends
