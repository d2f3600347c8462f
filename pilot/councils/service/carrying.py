"""What a by-election takes over of the places that its council's election reserved for classes."""

from datetime import datetime

import msgspec
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.audit.log import record
from pilot.councils import contests, queries, vacancies
from pilot.councils.contests import Kept
from pilot.councils.queries import Contest, Vacancy
from pilot.councils.tables import ContestRow

OPEN = (contests.State.DRAFT, contests.State.ARRANGED)


async def carried_over(session: AsyncSession, found: Vacancy) -> tuple[Kept, ...]:
    """The reserved places that a by-election for this seat takes over.

    They are those of the election in which the seat was first filled. Counted are the members who sit now, also those
    whom a by-election brought, and the seats that another by-election holds for a class already.
    """
    first, family = await _family(session, found)
    groups = {one.id: one.group for contest in family for one in contest.candidates}
    sitting = [
        groups[seat.candidate]
        for contest in family
        for seat in await queries.seats_of_contest(session, contest.id)
        if seat.held_to_its_end and seat.candidate is not None
    ]
    promised = [
        kept.group
        for contest in family
        if contest.id != first.id and contest.state in OPEN
        for kept in contest.kept
        if kept.least
    ]
    return vacancies.carried(first.kept, sitting, promised)


async def reserve(
    session: AsyncSession, trust: str, contest_id: int, kept: tuple[Kept, ...], *, by: str, now: datetime
) -> None:
    """Write what a new draft takes over."""
    if not kept:
        return
    values = msgspec.to_builtins(kept)
    await session.execute(
        update(ContestRow)
        .where(ContestRow.id == contest_id, ContestRow.state == contests.State.DRAFT.value)
        .values(kept=list(values))
    )
    await record(
        session, at=now, actor=by, verb="reserved places taken over", subject=f"contest {contest_id}", trust=trust,
        detail={"places": [contests.kept_words(one) for one in kept]},
    )  # fmt: skip


async def _family(session: AsyncSession, found: Vacancy) -> tuple[Contest, list[Contest]]:
    """The election that first filled this seat, and all that were held for its seats since, itself among them."""
    every = await queries.vacancies_of_trust(session, found.trust)
    above = {one.by_election: one.contest for one in every if one.by_election is not None}

    def origin(contest: int) -> int:
        while contest in above:
            contest = above[contest]
        return contest

    first = origin(found.contest)
    family = [one for one in await queries.contests_of_trust(session, found.trust) if origin(one.id) == first]
    return next(one for one in family if one.id == first), family
