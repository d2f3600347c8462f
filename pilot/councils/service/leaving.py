"""Who leaves a seat changes what is counted for the other seats: one at a time, and again; or the leaving is undone."""

from datetime import datetime, timedelta

from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.councils import queries, vacancies
from pilot.councils.deadlines import london_day
from pilot.councils.queries import Vacancy
from pilot.councils.service.seats import change_vacancy, note_vacancy
from pilot.councils.tables import SeatRow
from pilot.councils.vacancies import State
from pilot.errors import WrongState


async def withdraw_vacancy(session: AsyncSession, trust: str, vacancy_id: int, *, by: str, now: datetime) -> None:
    """Take back that a member left: they hold the seat until the end of its time, as if nothing had been recorded.

    Raises WrongState once papers were counted for the seat, a by-election was drafted, or its time is over.
    """
    await hold(session, trust)
    found = await queries.vacancy(session, trust, vacancy_id)
    after = vacancies.move(found.state, "withdraw")
    if not await can_withdraw(session, found, now) or found.left_seat is None:
        raise WrongState("This can no longer be taken back: the filling of the seat has begun, or its time is over.")
    await change_vacancy(session, found, state=after.value, seat_id=found.left_seat)
    await session.execute(delete(SeatRow).where(SeatRow.id == found.seat, SeatRow.holder_name.is_(None)))
    changed = await session.execute(
        update(SeatRow)
        .where(SeatRow.id == found.left_seat, SeatRow.held_to == found.empty_from - timedelta(days=1))
        .values(held_to=SeatRow.term_ends_on)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE's result has it
        raise WrongState("This empty seat has just moved on. Load the page again.")
    await count_again(session, found, by=by, now=now)
    await note_vacancy(session, found, "vacancy taken back", by=by, now=now, detail={"seat": found.left_seat})


async def can_withdraw(session: AsyncSession, found: Vacancy, now: datetime) -> bool:
    """Whether a leaving can still be taken back: nothing was counted or drafted for the seat, and its time goes on."""
    if not vacancies.can_be_taken_back(found.state, counted=found.counted, drafted=found.by_election is not None):
        return False
    ends = (await queries.seat(session, found.trust, found.seat)).term_ends_on
    return found.left_seat is not None and ends is not None and london_day(now) <= ends


async def hold(session: AsyncSession, trust: str) -> None:
    """Let others who change who sits on this council wait until this transaction ends."""
    await queries.council_of(session, trust, lock=True)


async def only_one_counted(session: AsyncSession, found: Vacancy) -> None:
    """Raise WrongState while another empty seat of the same election is counted and not declared.

    Its count says who may sit next: two counts at once could both choose the same candidate.
    """
    if await _counted(session, found):
        raise WrongState(
            "The papers have been counted for another empty seat of this election. Declare that result first."
        )


async def count_again(session: AsyncSession, found: Vacancy, *, by: str, now: datetime) -> None:
    """Undo the counts of this election that nobody has declared, because other members sit now than were counted."""
    for one in await _counted(session, found):
        await ask_again(session, one, by=by, now=now)


async def ask_again(session: AsyncSession, one: Vacancy, *, by: str, now: datetime) -> None:
    """Put a counted vacancy back to where its papers can be counted, with a sentence that says why."""
    after = vacancies.move(one.state, "count again")
    because = vacancies.counted_again(one.because)
    await change_vacancy(session, one, state=after.value, because=because, counted=False, count={}, winner_id=None)
    await note_vacancy(session, one, "count of a vacancy undone", by=by, now=now, detail={"because": because})


async def _counted(session: AsyncSession, found: Vacancy) -> list[Vacancy]:
    every = await queries.vacancies_of_trust(session, found.trust)
    return [one for one in every if one.contest == found.contest and one.state is State.COUNTED and one.id != found.id]
