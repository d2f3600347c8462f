"""Reading elections of council members, their candidates, and seats that became empty."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.councils import vacancies
from pilot.councils.contests import Candidate, Kept, Plan, State, by_last_name
from pilot.councils.tables import CandidateRow, ContestRow, VacancyRow
from pilot.errors import NotFound

NO_SUCH_ELECTION = "We cannot find this election."


class Standing(Struct, frozen=True):
    """One candidate as kept; `number` is the place on the paper, None while the election is a draft."""

    id: int
    number: int | None
    name: str
    group: str
    statement: str

    @property
    def candidate(self) -> Candidate:
        """The same as a value."""
        return Candidate(self.name, self.group, self.statement)


class Contest(Struct, frozen=True):
    """One election with its candidates: by number on the paper, in a draft by last name."""

    id: int
    trust: str
    council: int
    state: State
    title: str
    seats: int
    kept: tuple[Kept, ...]
    opens_on: date | None
    closes_on: date | None
    missed: bool
    constitution: int | None
    rule: str | None
    ballot: int | None
    declared_on: date | None
    term_ends_on: date | None
    candidates: tuple[Standing, ...]

    @property
    def subject(self) -> str:
        """What the election is called in ballots and in the audit log."""
        return f"contest {self.id}"

    @property
    def plan(self) -> Plan:
        """All that the draft says."""
        return Plan(self.title, self.seats, tuple(one.candidate for one in self.candidates), self.kept)


class Vacancy(Struct, frozen=True):
    """One seat without its elected holder; the fields are those of its row."""

    id: int
    trust: str
    contest: int
    seat: int
    left_seat: int | None
    cause: vacancies.Cause
    empty_from: date
    rule: str
    state: vacancies.State
    because: str
    agree_until: date | None
    all_answered: bool
    agreed: tuple[int, ...]
    counted: bool
    count: dict[str, Any]
    winner: int | None
    by_election: int | None
    filled_on: date | None

    @property
    def subject(self) -> str:
        """What the vacancy is called in the audit log."""
        return f"vacancy {self.id}"


async def contest(session: AsyncSession, trust: str, contest_id: int) -> Contest:
    """One election of this trust. Raises NotFound, also for another trust's."""
    row = await session.scalar(select(ContestRow).where(ContestRow.id == contest_id, ContestRow.trust == trust))
    if row is None:
        raise NotFound(NO_SUCH_ELECTION)
    return (await _with_candidates(session, [row]))[0]


async def contests_of_trust(
    session: AsyncSession, trust: str, states: Collection[State] = tuple(State)
) -> tuple[Contest, ...]:
    """The elections of a trust in one of these states, the newest first."""
    rows = await session.scalars(
        select(ContestRow)
        .where(ContestRow.trust == trust, ContestRow.state.in_([state.value for state in states]))
        .order_by(ContestRow.id.desc())
    )
    return await _with_candidates(session, rows.all())


async def vacancy(session: AsyncSession, trust: str, vacancy_id: int) -> Vacancy:
    """One vacancy of this trust. Raises NotFound."""
    row = await session.scalar(select(VacancyRow).where(VacancyRow.id == vacancy_id, VacancyRow.trust == trust))
    if row is None:
        raise NotFound("We cannot find this empty seat.")
    return _vacancy(row)


async def vacancies_of_trust(session: AsyncSession, trust: str) -> tuple[Vacancy, ...]:
    """Every vacancy of a trust, the newest first."""
    rows = await session.scalars(select(VacancyRow).where(VacancyRow.trust == trust).order_by(VacancyRow.id.desc()))
    return tuple(_vacancy(row) for row in rows)


async def vacancy_for(session: AsyncSession, by_election: int) -> Vacancy | None:
    """The vacancy that this election is to fill; None for an election that fills new seats."""
    row = await session.scalar(select(VacancyRow).where(VacancyRow.by_election_id == by_election))
    return None if row is None else _vacancy(row)


async def _with_candidates(session: AsyncSession, rows: Sequence[ContestRow]) -> tuple[Contest, ...]:
    found: defaultdict[int, list[Standing]] = defaultdict(list)
    for one in await session.scalars(select(CandidateRow).where(CandidateRow.contest_id.in_([row.id for row in rows]))):
        found[one.contest_id].append(Standing(one.id, one.number, one.name, one.group, one.statement))
    return tuple(_contest(row, found[row.id]) for row in rows)


def _contest(row: ContestRow, candidates: list[Standing]) -> Contest:
    candidates.sort(key=lambda one: (one.number or 0, by_last_name(one.name)))
    return Contest(
        id=row.id,
        trust=row.trust,
        council=row.council_id,
        state=State(row.state),
        title=row.title,
        seats=row.seats,
        kept=msgspec.convert(tuple(row.kept), tuple[Kept, ...]),
        opens_on=row.opens_on,
        closes_on=row.closes_on,
        missed=row.missed,
        constitution=row.constitution_version,
        rule=row.rule,
        ballot=row.ballot_id,
        declared_on=row.declared_on,
        term_ends_on=row.term_ends_on,
        candidates=tuple(candidates),
    )


def _vacancy(row: VacancyRow) -> Vacancy:
    return Vacancy(
        id=row.id,
        trust=row.trust,
        contest=row.contest_id,
        seat=row.seat_id,
        left_seat=row.left_seat_id,
        cause=vacancies.Cause(row.cause),
        empty_from=row.empty_from,
        rule=row.rule,
        state=vacancies.State(row.state),
        because=row.because,
        agree_until=row.agree_until,
        all_answered=row.all_answered,
        agreed=tuple(row.agreed),
        counted=row.counted,
        count=row.count,
        winner=row.winner_id,
        by_election=row.by_election_id,
        filled_on=row.filled_on,
    )
