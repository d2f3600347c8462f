"""A seat without its elected holder: it is recorded, candidates are asked, papers counted, and the seat is filled."""

import asyncio
from collections.abc import Collection
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from msgspec import Struct
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.councils import queries, vacancies
from pilot.councils.deadlines import london_day
from pilot.councils.queries import Contest, Seat, Standing, Vacancy
from pilot.councils.service.carrying import carried_over, reserve
from pilot.councils.service.leaving import ask_again, count_again, hold, only_one_counted
from pilot.councils.service.seats import change_vacancy, fill_vacancy, must_have_time, note_vacancy
from pilot.councils.service.standing import candidate_of, draft_contest
from pilot.councils.tables import SeatRow, VacancyRow
from pilot.councils.vacancies import Cause, Gap, State
from pilot.errors import BadInput, WrongState
from pilot.voting import queries as voting
from pilot.voting.count import result as results
from pilot.voting.count import vacancy as counting
from pilot.voting.count.contest import Cannot
from pilot.voting.count.result import CountResult
from pilot.voting.count.rules import RULES
from pilot.voting.service import contest_and_papers

PROBLEM = "There is a problem"


class Roles(Struct, frozen=True):
    """Who is who when a seat is empty: who left it, whose seat is safe, who left before, and who never had a seat."""

    left: Standing
    sitting: tuple[Standing, ...]
    former: tuple[Standing, ...]
    others: tuple[Standing, ...]


async def record_vacancy(
    session: AsyncSession, trust: str, seat_id: int, cause: Cause, last_day: date, *, by: str, now: datetime
) -> int:
    """Write down that an elected member leaves the seat with `last_day`; the vacancy's id.

    What follows is what the constitution says that was in force at the election. Raises WrongState for a seat that
    nobody holds by election, BadInput for a day outside the time for which it is held.
    """
    await hold(session, trust)
    seat = await leavable(session, trust, seat_id)
    if wrong := vacancies.last_day_problem(cause, last_day, seat.held_from, seat.term_ends_on, london_day(now)):
        raise BadInput(PROBLEM, {"last_day": wrong})
    await _end_holding(session, seat_id, last_day)
    found = await queries.contest(session, trust, seat.contest or 0)
    made = await _open_vacancy(session, found, seat, cause, last_day, now=now)
    await count_again(session, made, by=by, now=now)
    detail = {"seat": seat_id, "cause": cause.value, "last_day": last_day.isoformat(), "rule": made.rule}
    await note_vacancy(session, made, "vacancy recorded", by=by, now=now, detail=detail)
    return made.id


async def _open_vacancy(
    session: AsyncSession, found: Contest, seat: Seat, cause: Cause, last_day: date, *, now: datetime
) -> Vacancy:
    """An empty seat for the rest of the time, and what follows with it."""
    way = await _way(session, found, seat, last_day)
    empty = SeatRow(
        council_id=found.council,
        body=seat.body,
        selection_method="election",
        contest_id=found.id,
        term_ends_on=seat.term_ends_on,
    )
    session.add(empty)
    await session.flush()
    row = VacancyRow(
        trust=found.trust,
        contest_id=found.id,
        seat_id=empty.id,
        left_seat_id=seat.id,
        cause=cause.value,
        empty_from=last_day + timedelta(days=1),
        rule=way.rule,
        state=way.state.value,
        because=way.because,
        agree_until=vacancies.consent_until(london_day(now)) if way.state is State.ASKING else None,
    )
    session.add(row)
    await session.flush()
    return await queries.vacancy(session, found.trust, row.id)


async def _end_holding(session: AsyncSession, seat_id: int, last_day: date) -> None:
    changed = await session.execute(
        update(SeatRow).where(SeatRow.id == seat_id, SeatRow.held_to == SeatRow.term_ends_on).values(held_to=last_day)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE's result has it
        raise WrongState("Somebody has recorded this just now. Load the page again.")


async def _way(session: AsyncSession, found: Contest, seat: Seat, last_day: date) -> vacancies.Way:
    constitution = (await queries.version_of(session, found.trust, found.constitution or 0)).constitution
    gap = Gap(
        from_day=last_day + timedelta(days=1),
        term_ends_on=seat.term_ends_on or last_day,
        voted=found.ballot is not None,
        ranked=found.rule is not None and RULES[found.rule].paper == "ranked",
        left=len(found.candidates) - len(await _ever_seated(session, found.id)),
    )
    return vacancies.follows(gap, constitution)


async def leavable(session: AsyncSession, trust: str, seat_id: int) -> Seat:
    """A seat that an elected member holds until its time is over. Raises NotFound or WrongState."""
    seat = await queries.seat(session, trust, seat_id)
    if not seat.held_to_its_end:
        raise WrongState("Nobody who was elected holds this seat now.")
    return seat


async def roles(session: AsyncSession, found: Vacancy, contest: Contest, today: date) -> Roles | None:
    """Who left, who sits, who left before and who could follow; None for a seat to which nobody was elected.

    Whoever sits today or when this seat becomes empty has a safe seat, also if they are known to leave later; unless
    somebody has followed them already.
    """
    if found.left_seat is None:
        return None
    seats = await queries.seats_of_contest(session, contest.id)
    left = next(one.candidate for one in seats if one.id == found.left_seat)
    passed_on = {found.left_seat}
    for one in await queries.vacancies_of_trust(session, found.trust):
        if one.left_seat is not None and one.state is State.FILLED:
            passed_on.add(one.left_seat)
    from_day = min(today, found.empty_from)
    held = [one for one in seats if one.held_to is not None and one.held_to >= from_day and one.id not in passed_on]
    sitting = {one.candidate for one in held} - {None}
    seated = {one.candidate for one in seats} - {None}
    return Roles(
        candidate_of(contest, left or 0),
        tuple(one for one in contest.candidates if one.id in sitting),
        tuple(one for one in contest.candidates if one.id in seated - sitting - {left}),
        tuple(one for one in contest.candidates if one.id not in seated),
    )


async def answer_vacancy(
    session: AsyncSession,
    trust: str,
    vacancy_id: int,
    agreed: Collection[int],
    *,
    all_answered: bool,
    by: str,
    now: datetime,
) -> None:
    """Write down which candidates agree to take the seat, and whether all have answered."""
    found = await queries.vacancy(session, trust, vacancy_id)
    if found.state is not State.ASKING:
        raise WrongState(vacancies.cannot(found.state, "answer"))
    those = await roles(session, found, await queries.contest(session, trust, found.contest), london_day(now))
    if those is None or not set(agreed) <= {one.id for one in those.others}:
        raise BadInput(PROBLEM, {"agreed": "Select candidates of the election who were not elected"})
    await change_vacancy(session, found, agreed=sorted(set(agreed)), all_answered=all_answered)
    detail = {"agreed": sorted(set(agreed)), "all_answered": all_answered}
    await note_vacancy(session, found, "answers to a vacancy recorded", by=by, now=now, detail=detail)


async def count_vacancy(session: AsyncSession, trust: str, vacancy_id: int, *, by: str, now: datetime) -> None:
    """Count who takes the seat, from the papers of the election, its declared count and its lot.

    Where the papers cannot be counted there is a by-election, with the reason. Raises WrongState while candidates
    can still answer, where none agreed, and while another count of this election is not declared.
    """
    await hold(session, trust)
    found = await queries.vacancy(session, trust, vacancy_id)
    after = vacancies.move(found.state, "count")
    if wait := why_not_yet(found, now):
        raise WrongState(wait)
    await only_one_counted(session, found)
    contest = await queries.contest(session, trust, found.contest)
    those = await roles(session, found, contest, london_day(now))
    if those is None or contest.ballot is None:
        raise AssertionError(f"{found.subject} has nobody who left or no ballot")
    try:
        count = await _count(session, found, those, contest.ballot)
    except Cannot as reason:
        await _by_election(session, found, f"{reason} There is a by-election.", by=by, now=now)
        return
    sitting = [one.number or 0 for one in those.sitting]
    new = counting.newcomers(count, sitting)
    winner = next((one.id for one in those.others if one.number in new), None)
    await change_vacancy(
        session, found, state=after.value, counted=True, count=results.written(count), winner_id=winner
    )
    await note_vacancy(session, found, "papers counted for a vacancy", by=by, now=now, detail={"winner": winner})


async def _count(session: AsyncSession, found: Vacancy, those: Roles, ballot: int) -> CountResult:
    if (await voting.ballot(session, ballot)).set_aside:
        raise Cannot("The result of the election does not count, so nobody follows from its papers.")
    contest, papers, order = await contest_and_papers(session, ballot)
    declared = await voting.count_of(session, ballot)
    if not isinstance(declared, CountResult):
        raise AssertionError(f"ballot {ballot} is no election")
    who: dict[str, Any] = {
        "leaving": [those.left.number or 0],
        "consenting": [one.number or 0 for one in those.others if one.id in found.agreed],
        "sitting": [one.number or 0 for one in those.sitting],
        "order": order,
    }
    if found.rule == "next_highest":
        return await asyncio.to_thread(partial(counting.next_highest, contest, declared, **who))
    former = [one.number or 0 for one in those.former]
    again = partial(counting.countback, contest, papers, former=former, original=declared, **who)
    return await asyncio.to_thread(again)


async def declare_vacancy(session: AsyncSession, trust: str, vacancy_id: int, *, by: str, now: datetime) -> None:
    """Declare who takes the seat, from today (or from the day on which it is empty) until its time is over.

    Where the count gave it to nobody, there is a by-election. When its time was over before, the seat stays empty.
    A winner who has had a seat of this election by now cannot take another: the papers must be counted again.
    """
    await hold(session, trust)
    found = await queries.vacancy(session, trust, vacancy_id)
    vacancies.move(found.state, "declare")
    if found.winner in await _ever_seated(session, found.contest):
        await ask_again(session, found, by=by, now=now)
        return
    if found.winner is None:
        await _by_election(session, found, vacancies.NOBODY_ELECTED, by=by, now=now)
        return
    contest = await queries.contest(session, trust, found.contest)
    one, day = candidate_of(contest, found.winner), max(london_day(now), found.empty_from)
    await fill_vacancy(session, found, one, contest.id, day, by=by, now=now)


async def call_by_election(session: AsyncSession, trust: str, vacancy_id: int, *, by: str, now: datetime) -> None:
    """Say that there is a by-election, because no candidate agreed. Raises WrongState while one may still agree."""
    found = await queries.vacancy(session, trust, vacancy_id)
    vacancies.move(found.state, "call by-election")
    if found.agreed:
        raise WrongState("A candidate has agreed to take the seat, so the papers decide.")
    if not can_call_by_election(found, now):
        raise WrongState(why_not_yet(found, now) or vacancies.NOBODY_AGREED)
    await _by_election(session, found, vacancies.NOBODY_AGREED, by=by, now=now)


async def draft_by_election(session: AsyncSession, trust: str, vacancy_id: int, *, by: str, now: datetime) -> int:
    """Draft the election that fills an empty seat until its time is over; the election's id.

    It takes over the reserved places that the members who stay do not meet, or that they fill already. Raises
    WrongState where there is one already, and where the time of the seat is over.
    """
    found = await queries.vacancy(session, trust, vacancy_id)
    if found.state is not State.BY_ELECTION:
        raise WrongState(vacancies.cannot(found.state, "draft"))
    if found.by_election is not None:
        raise WrongState("There is an election for this seat already.")
    await must_have_time(session, found, london_day(now))
    kept = await carried_over(session, found)
    of = await queries.contest(session, trust, found.contest)
    contest = await draft_contest(session, trust, f"By-election: {of.title}"[:120], 1, by=by, now=now)
    await change_vacancy(session, found, by_election_id=contest)
    await reserve(session, trust, contest, kept, by=by, now=now)
    await note_vacancy(session, found, "by-election drafted", by=by, now=now, detail={"election": contest})
    return contest


def why_not_yet(found: Vacancy, now: datetime) -> str | None:
    """Why the papers cannot be counted now; None when they can."""
    if found.agree_until is None:
        raise AssertionError(f"{found.subject} asks nobody")
    return vacancies.why_not_yet(
        found.agree_until, london_day(now), all_answered=found.all_answered, agreed=found.agreed
    )


def can_call_by_election(found: Vacancy, now: datetime) -> bool:
    """Whether everybody was asked and nobody agreed."""
    asking = found.state is State.ASKING and found.agree_until is not None
    return asking and not found.agreed and (found.all_answered or london_day(now) > (found.agree_until or date.max))


async def _by_election(session: AsyncSession, found: Vacancy, because: str, *, by: str, now: datetime) -> None:
    after = vacancies.move(found.state, "call by-election")
    await change_vacancy(session, found, state=after.value, because=because)
    await note_vacancy(session, found, "by-election needed", by=by, now=now, detail={"because": because})


async def _ever_seated(session: AsyncSession, contest_id: int) -> set[int]:
    return {one.candidate for one in await queries.seats_of_contest(session, contest_id) if one.candidate is not None}
