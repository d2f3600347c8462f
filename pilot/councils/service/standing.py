"""Drafting an election: its candidates, its seats, the reserved places, and its dates."""

from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.audit.log import record
from pilot.councils import ballot_dates, nominations, queries
from pilot.councils.constitution import Constitution
from pilot.councils.contests import Candidate, Kept, State, cannot, move, tidy
from pilot.councils.deadlines import london_day
from pilot.councils.files import calendar
from pilot.councils.nominations import Nominations
from pilot.councils.queries import Contest, Standing
from pilot.councils.service.seats import change_vacancy, late_for_seat, note_vacancy
from pilot.councils.tables import CandidateRow, ContestRow
from pilot.errors import BadInput, NotFound, WrongState
from pilot.voting.ballots import MOST_CANDIDATES, MOST_SEATS

PROBLEM = "There is a problem"


async def draft_contest(session: AsyncSession, trust: str, title: str, seats: int, *, by: str, now: datetime) -> int:
    """Begin the draft of an election; its id. Raises BadInput for a title or a number of seats that cannot be."""
    council = await queries.council_of(session, trust)
    _check(title, seats)
    row = ContestRow(trust=trust, council_id=council.id, title=tidy(title), seats=seats)
    session.add(row)
    await session.flush()
    detail = {"title": row.title, "seats": seats}
    await record(
        session, at=now, actor=by, verb="election drafted", subject=f"contest {row.id}", trust=trust, detail=detail
    )
    return row.id


async def describe(
    session: AsyncSession, trust: str, contest_id: int, title: str, seats: int, *, by: str, now: datetime
) -> None:
    """Change the title and the number of seats of a draft. A by-election stays one for one seat."""
    _check(title, seats)
    if seats != 1 and await queries.vacancy_for(session, contest_id) is not None:
        raise BadInput(PROBLEM, {"seats": "A by-election is for one seat"})
    found = await _change(session, trust, contest_id, title=tidy(title), seats=seats)
    await _note(session, found, "election described", by=by, now=now, detail={"title": tidy(title), "seats": seats})


async def add_candidate(
    session: AsyncSession, trust: str, contest_id: int, candidate: Candidate, *, by: str, now: datetime
) -> None:
    """Add one candidate to a draft. Raises BadInput, by field, for one who cannot stand like this."""
    found = await _change(session, trust, contest_id)
    one = await _checked(session, found, candidate, [other.name for other in found.candidates], now)
    session.add(_row(found, one))
    await session.flush()
    await _note(session, found, "candidate added", by=by, now=now, detail={"name": one.name, "class": one.group})


async def change_candidate(
    session: AsyncSession,
    trust: str,
    contest_id: int,
    candidate_id: int,
    candidate: Candidate,
    *,
    by: str,
    now: datetime,
) -> None:
    """Change the name, the class or the statement of a candidate of a draft. Raises BadInput like `add_candidate`."""
    found = await _change(session, trust, contest_id)
    before = candidate_of(found, candidate_id)
    others = [other.name for other in found.candidates if other.id != candidate_id]
    one = await _checked(session, found, candidate, others, now)
    await session.execute(
        update(CandidateRow)
        .where(CandidateRow.id == candidate_id, CandidateRow.contest_id == found.id)
        .values(name=one.name, group=one.group, statement=one.statement)
    )
    await _note(session, found, "candidate changed", by=by, now=now, detail={"was": before.name, "name": one.name})


async def remove_candidate(
    session: AsyncSession, trust: str, contest_id: int, candidate_id: int, *, by: str, now: datetime
) -> None:
    """Take a candidate who withdraws off a draft."""
    found = await _change(session, trust, contest_id)
    gone = candidate_of(found, candidate_id)
    await session.execute(
        delete(CandidateRow).where(CandidateRow.id == candidate_id, CandidateRow.contest_id == found.id)
    )
    await _note(session, found, "candidate withdrawn", by=by, now=now, detail={"name": gone.name})


async def add_candidates(
    session: AsyncSession, trust: str, contest_id: int, content: bytes, *, by: str, now: datetime
) -> Nominations:
    """Add the candidates of a spreadsheet, all of them or none: the answer names the lines that must be corrected.

    Raises BadInput, for the field `file`, for what is no table of candidates or holds too many.
    """
    found = await _change(session, trust, contest_id)
    constitution = await in_force(session, trust, now)
    read = nominations.read(content, [one.name for one in found.candidates], constitution)
    if len(found.candidates) + len(read.candidates) > MOST_CANDIDATES:
        raise BadInput(PROBLEM, {"file": f"An election can have {MOST_CANDIDATES} candidates at most"})
    if not read.problems:
        session.add_all(_row(found, one) for one in read.candidates)
        await session.flush()
        await _note(
            session, found, "candidates added", by=by, now=now, detail={"names": [one.name for one in read.candidates]}
        )
    return read


async def keep_seats(session: AsyncSession, trust: str, contest_id: int, kept: Kept, *, by: str, now: datetime) -> None:
    """Reserve places for a class, instead of those reserved before; with no limits, none are reserved for it."""
    found = await _change(session, trust, contest_id)
    if kept.group not in {one.group for one in found.candidates} | {one.group for one in found.kept}:
        raise BadInput(PROBLEM, {"group": "Select a class of candidates"})
    if kept.least > found.seats or (kept.most is not None and kept.most > found.seats):
        raise BadInput(PROBLEM, {"least": f"There are only {found.seats} seats"})
    if kept.most is not None and kept.most < kept.least:
        raise BadInput(PROBLEM, {"most": "“At most” cannot be less than “at least”"})
    asked = [kept] if kept.least or kept.most is not None else []
    stays = [*(one for one in found.kept if one.group != kept.group), *asked]
    values = msgspec.to_builtins(sorted(stays, key=lambda one: one.group))
    await _change(session, trust, contest_id, kept=values)
    await _note(session, found, "places reserved", by=by, now=now, detail=msgspec.to_builtins(kept))


async def set_dates(
    session: AsyncSession, trust: str, contest_id: int, opens_on: date, closes_on: date, *, by: str, now: datetime
) -> None:
    """Set the days on which voting opens and closes. Raises BadInput for dates that the constitution forbids.

    Also for a by-election that would close too late for its seat.
    """
    constitution = await in_force(session, trust, now)
    await check_dates(session, contest_id, (opens_on, closes_on), constitution, now=now)
    found = await _change(session, trust, contest_id, opens_on=opens_on, closes_on=closes_on)
    detail = {"opens_on": opens_on.isoformat(), "closes_on": closes_on.isoformat()}
    await _note(session, found, "election dated", by=by, now=now, detail=detail)


async def check_dates(
    session: AsyncSession, contest_id: int, dates: tuple[date, date], constitution: Constitution, *, now: datetime
) -> None:
    """Raise BadInput for days of opening and closing that are too early by the rules, or too late for the seat."""
    wrong = ballot_dates.problems(*dates, london_day(now), constitution, calendar())
    if late := await late_for_seat(session, contest_id, dates[1]):
        wrong.setdefault("closes_on", late)
    if wrong:
        raise BadInput(PROBLEM, wrong)


async def call_off(session: AsyncSession, trust: str, contest_id: int, *, by: str, now: datetime) -> None:
    """Give up a draft. A by-election that is called off can be drafted anew from the empty seat."""
    found = await queries.contest(session, trust, contest_id)
    after = move(found.state, "call off")
    await _change(session, trust, contest_id, state=after.value)
    vacancy = await queries.vacancy_for(session, contest_id)
    if vacancy is not None:
        await change_vacancy(session, vacancy, by_election_id=None)
        detail = {"election": contest_id}
        await note_vacancy(session, vacancy, "by-election called off", by=by, now=now, detail=detail)
    await _note(session, found, "election called off", by=by, now=now)


async def drafted(session: AsyncSession, trust: str, contest_id: int) -> Contest:
    """An election that may still be changed. Raises NotFound or WrongState."""
    found = await queries.contest(session, trust, contest_id)
    if found.state is not State.DRAFT:
        raise WrongState(cannot(found.state, "change"))
    return found


def candidate_of(found: Contest, candidate_id: int) -> Standing:
    """One candidate of an election. Raises NotFound."""
    one = next((one for one in found.candidates if one.id == candidate_id), None)
    if one is None:
        raise NotFound("We cannot find this candidate.")
    return one


async def in_force(session: AsyncSession, trust: str, now: datetime) -> Constitution:
    """The constitution in force now."""
    return (await queries.constitution_on(session, trust, london_day(now))).constitution


async def _change(session: AsyncSession, trust: str, contest_id: int, **values: Any) -> Contest:
    """Change a draft and keep others from changing it until this transaction ends; the draft with the change."""
    changed = await session.execute(
        update(ContestRow)
        .where(ContestRow.id == contest_id, ContestRow.trust == trust, ContestRow.state == State.DRAFT.value)
        .values(revision=ContestRow.revision + 1, **values)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE's result has it
        await drafted(session, trust, contest_id)
        raise WrongState("This election has just moved on. Load the page again.")
    return await queries.contest(session, trust, contest_id)


async def _checked(
    session: AsyncSession, found: Contest, candidate: Candidate, others: list[str], now: datetime
) -> Candidate:
    one = Candidate(tidy(candidate.name), tidy(candidate.group), candidate.statement.strip())
    if wrong := nominations.problems(one, others, await in_force(session, found.trust, now)):
        raise BadInput(PROBLEM, wrong)
    if len(others) >= MOST_CANDIDATES:
        raise BadInput(PROBLEM, {"name": f"An election can have {MOST_CANDIDATES} candidates at most"})
    return one


def _row(found: Contest, one: Candidate) -> CandidateRow:
    return CandidateRow(contest_id=found.id, name=one.name, group=one.group, statement=one.statement)


def _check(title: str, seats: int) -> None:
    wrong = {}
    if not tidy(title):
        wrong["title"] = "Enter what the election is called"
    if not 1 <= seats <= MOST_SEATS:
        wrong["seats"] = f"The number of seats must be between 1 and {MOST_SEATS}"
    if wrong:
        raise BadInput(PROBLEM, wrong)


async def _note(
    session: AsyncSession, found: Contest, verb: str, *, by: str, now: datetime, detail: dict[str, Any] | None = None
) -> None:
    await record(session, at=now, actor=by, verb=verb, subject=found.subject, trust=found.trust, detail=detail)
