"""Holding an election: it is arranged, or decided without a vote; a declared result fills the seats."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.audit.log import record
from pilot.councils import paper, queries, vacancies
from pilot.councils.constitution import Constitution
from pilot.councils.contests import is_uncontested, move, on_the_paper, term_ends
from pilot.councils.deadlines import at_cut_off, at_opening, london_day
from pilot.councils.queries import Contest, Standing, Vacancy
from pilot.councils.service.seats import change_vacancy, fill_vacancy, late_for_seat, note_vacancy
from pilot.councils.service.standing import check_dates
from pilot.councils.tables import CandidateRow, ContestRow, SeatRow, VacancyRow
from pilot.errors import WrongState
from pilot.voting.declaration import Declaration
from pilot.voting.service import BallotSpec, Missed, arrange

SUBJECT = re.compile(r"contest ([1-9][0-9]{0,17})")
BODY = "Elected by all staff"
NEVER_FILLED = "Nobody was elected to this seat."


async def arrange_contest(session: AsyncSession, trust: str, contest_id: int, *, by: str, now: datetime) -> int:
    """Lock a draft and arrange its ballot under the constitution in force now; the ballot's id.

    Raises WrongState with the reason when the election is not ready or needs no vote, and BadInput for dates that have
    become too early or are too late for the seat.
    """
    found = await queries.contest(session, trust, contest_id)
    move(found.state, "arrange")
    version = await queries.constitution_on(session, trust, london_day(now))
    _must_be_ready(found, version.constitution)
    if is_uncontested(found.plan):
        raise WrongState("There are no more candidates than seats, so there is no vote.")
    if found.opens_on is None or found.closes_on is None:
        raise WrongState("Set the dates of the vote first.")
    await check_dates(session, contest_id, (found.opens_on, found.closes_on), version.constitution, now=now)
    asked = paper.election(found.plan, version.constitution)
    spec = BallotSpec(
        trust=trust,
        title=found.title,
        question=paper.question((await queries.council_of(session, trust)).name, found.seats),
        text=paper.in_full(found.plan.candidates),
        subject=found.subject,
        opens_at=at_opening(found.opens_on),
        closes_at=at_cut_off(found.closes_on),
        ask=asked,
    )
    ballot = await arrange(session, spec, by=by, now=now)
    await _number(session, found)
    pinned = {"constitution_version": version.number, "rule": asked.rule, "ballot_id": ballot, "missed": False}
    await _advance(session, found, "arrange", by, now, **pinned)
    return ballot


async def elect_without_vote(session: AsyncSession, trust: str, contest_id: int, *, by: str, now: datetime) -> None:
    """Declare all candidates elected, because there are no more of them than seats. Other seats stay empty.

    Raises WrongState with the reason when there must be a vote, or when the time of a by-election's seat is over.
    """
    found = await queries.contest(session, trust, contest_id)
    move(found.state, "elect without a vote")
    version = await queries.constitution_on(session, trust, london_day(now))
    _must_be_ready(found, version.constitution)
    if not is_uncontested(found.plan):
        raise WrongState("There are more candidates than seats, so there must be a vote.")
    if late := await late_for_seat(session, found.id, london_day(now)):
        raise WrongState(late)
    await _number(session, found)
    await _fill(session, found, "elect without a vote", found.candidates, actor=by, now=now, version=version.number)


async def on_declared(session: AsyncSession, declaration: Declaration) -> None:
    """Give the seats to those who were elected, from the day of the declaration until the end of their time.

    Does nothing for ballots on other matters. Raises AssertionError when the ballot is not the election's own.
    """
    found = await _voted_on(session, declaration.subject, declaration.trust, declaration.ballot)
    if found is None:
        return
    by_name = {one.name: one for one in found.candidates}
    winners = [by_name[name] for name in declaration.elected]
    if len(winners) + declaration.empty != found.seats:
        raise AssertionError(f"{declaration.ballot} fills another number of seats than {found.subject} has")
    actor = f"ballot {declaration.ballot}"
    await _fill(
        session, found, "declare", winners, actor=actor, now=declaration.declared_at, version=found.constitution or 0
    )


async def on_missed(session: AsyncSession, missed: Missed) -> None:
    """Make an election a draft again when its vote was not held, so that new dates can be set.

    Does nothing for ballots on other matters. Raises AssertionError when the ballot is not the election's own.
    """
    found = await _voted_on(session, missed.subject, missed.trust, missed.ballot)
    if found is None:
        return
    await session.execute(update(CandidateRow).where(CandidateRow.contest_id == found.id).values(number=None))
    loose: dict[str, Any] = dict.fromkeys(("ballot_id", "rule", "constitution_version", "opens_on", "closes_on"))
    await _advance(session, found, "miss", f"ballot {missed.ballot}", missed.at, missed=True, **loose)


async def _fill(
    session: AsyncSession,
    found: Contest,
    verb: str,
    winners: Sequence[Standing],
    *,
    actor: str,
    now: datetime,
    version: int,
) -> None:
    constitution = (await queries.version_of(session, found.trust, version)).constitution
    day = london_day(now)
    vacancy = await queries.vacancy_for(session, found.id)
    ends = term_ends(day, constitution)
    if vacancy is not None:
        ends = (await queries.seat(session, found.trust, vacancy.seat)).term_ends_on or ends
    pinned = {"constitution_version": version, "declared_on": day, "term_ends_on": max(day, ends)}
    await _advance(session, found, verb, actor, now, **pinned)
    names = [one.name for one in winners]
    await record(
        session, at=now, actor=actor, verb="seats filled", subject=found.subject, trust=found.trust,
        detail={"elected": names, "empty": found.seats - len(names)},
    )  # fmt: skip
    if vacancy is not None:
        await _fill_vacancy(session, found, vacancy, winners, by=actor, now=now)
        return
    for one in winners:
        session.add(_seat(found, ends, one, day))
    for _ in range(found.seats - len(winners)):
        await _leave_empty(session, found, ends, constitution, by=actor, now=now)
    await session.flush()


async def _fill_vacancy(
    session: AsyncSession, found: Contest, vacancy: Vacancy, winners: Sequence[Standing], *, by: str, now: datetime
) -> None:
    """A by-election fills its seat; if nobody was elected, another one can be drafted."""
    if winners:
        await fill_vacancy(session, vacancy, winners[0], found.id, london_day(now), by=by, now=now)
        return
    await change_vacancy(session, vacancy, by_election_id=None, because=NEVER_FILLED)
    await note_vacancy(session, vacancy, "by-election needed", by=by, now=now, detail={"because": NEVER_FILLED})


async def _leave_empty(
    session: AsyncSession, found: Contest, ends: date, constitution: Constitution, *, by: str, now: datetime
) -> None:
    row = _seat(found, ends)
    session.add(row)
    await session.flush()
    stays = constitution.vacancy_rule == "leave_vacant"
    empty = VacancyRow(
        trust=found.trust,
        contest_id=found.id,
        seat_id=row.id,
        cause=vacancies.Cause.NEVER_FILLED.value,
        empty_from=london_day(now),
        rule=constitution.vacancy_rule,
        state=(vacancies.State.LEFT_VACANT if stays else vacancies.State.BY_ELECTION).value,
        because=NEVER_FILLED,
    )
    session.add(empty)
    await session.flush()
    made = await queries.vacancy(session, found.trust, empty.id)
    detail = {"seat": row.id, "cause": empty.cause, "rule": empty.rule}
    await note_vacancy(session, made, "vacancy recorded", by=by, now=now, detail=detail)


def _seat(found: Contest, ends: date, holder: Standing | None = None, day: date | None = None) -> SeatRow:
    return SeatRow(
        council_id=found.council,
        body=BODY,
        selection_method="election",
        contest_id=found.id,
        term_ends_on=ends,
        holder_name=holder.name if holder else None,
        candidate_id=holder.id if holder else None,
        held_from=day if holder else None,
        held_to=ends if holder else None,
    )


def _must_be_ready(found: Contest, constitution: Constitution) -> None:
    if wrong := paper.problems(found.plan, constitution):
        raise WrongState(" ".join(wrong))


async def _number(session: AsyncSession, found: Contest) -> None:
    """Give every candidate the place on the paper."""
    places = {one.name: number for number, one in enumerate(on_the_paper(found.plan.candidates), 1)}
    for one in found.candidates:
        await session.execute(update(CandidateRow).where(CandidateRow.id == one.id).values(number=places[one.name]))


async def _advance(session: AsyncSession, found: Contest, verb: str, actor: str, now: datetime, **values: Any) -> None:
    after = move(found.state, verb)
    changed = await session.execute(
        update(ContestRow)
        .where(ContestRow.id == found.id, ContestRow.trust == found.trust, ContestRow.state == found.state.value)
        .values(state=after.value, revision=ContestRow.revision + 1, **values)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE's result has it
        raise WrongState("This election has just moved on. Load the page again.")
    await record(session, at=now, actor=actor, verb=f"election {after}", subject=found.subject, trust=found.trust)


async def _voted_on(session: AsyncSession, subject: str, trust: str, ballot: int) -> Contest | None:
    matter = SUBJECT.fullmatch(subject)
    if matter is None:
        return None
    found = await queries.contest(session, trust, int(matter[1]))
    if found.ballot != ballot:
        raise AssertionError(f"ballot {ballot} is not the ballot on {found.subject}")
    return found
