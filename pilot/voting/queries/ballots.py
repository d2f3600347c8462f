"""Reading ballots: every question that pages and services ask of the tables."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import NotFound, WrongState
from pilot.voting.ballots import Ask, Election, read_ask
from pilot.voting.count.result import CountResult
from pilot.voting.count.result import read as read_result
from pilot.voting.declaration import Count, Declaration, read, read_count
from pilot.voting.lifecycle import CHALLENGE_DAYS, State
from pilot.voting.tables import BallotRow, DeclarationRow, ElectorRow, LeftOutRow

NO_SUCH_VOTE = "We cannot find this vote."


def box(row: BallotRow) -> int:
    """The number of this ballot's sealed box. Raises WrongState before its list of voters is fixed."""
    if row.box_id is None:
        raise WrongState("This vote has no list of voters yet.")
    return row.box_id


def ask_of(row: BallotRow) -> Ask:
    """What was arranged to be asked: a majority or an election."""
    return read_ask(row.rule)


def election_of(row: BallotRow) -> Election:
    """What was arranged to be asked in an election. Raises WrongState for another vote."""
    ask = ask_of(row)
    if not isinstance(ask, Election):
        raise WrongState("This vote is not an election.")
    return ask


def tallied(row: BallotRow) -> CountResult | None:
    """The count of an election from `tallied` on, which is not declared by that; None before, and for a question."""
    return read_result(row.tally["count"]) if "count" in row.tally else None


async def ballot(session: AsyncSession, ballot_id: int) -> BallotRow:
    """One ballot. Raises NotFound."""
    row = await session.get(BallotRow, ballot_id)
    if row is None:
        raise NotFound(NO_SUCH_VOTE)
    return row


async def held(session: AsyncSession, ballot_id: int) -> BallotRow:
    """One ballot as it is now; until the transaction ends nobody else changes it. Raises NotFound."""
    row = await session.get(BallotRow, ballot_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound(NO_SUCH_VOTE)
    return row


async def ballot_of(session: AsyncSession, trust: str, ballot_id: int) -> BallotRow:
    """One ballot of this trust. Raises NotFound, also for another trust's ballot."""
    row = await ballot(session, ballot_id)
    if row.trust != trust:
        raise NotFound(NO_SUCH_VOTE)
    return row


async def ballots_of(session: AsyncSession, trust: str) -> Sequence[BallotRow]:
    """All ballots of a trust, the newest first."""
    found = select(BallotRow).where(BallotRow.trust == trust).order_by(BallotRow.number.desc())
    return (await session.execute(found)).scalars().all()


async def ballots_about(session: AsyncSession, trust: str, subject: str) -> Sequence[BallotRow]:
    """The ballots of a trust on one matter, the newest first."""
    found = select(BallotRow).where(BallotRow.trust == trust, BallotRow.subject == subject)
    return (await session.scalars(found.order_by(BallotRow.number.desc()))).all()


async def next_number(session: AsyncSession, trust: str) -> int:
    """The number of the trust's next ballot, from 1."""
    last = await session.scalar(select(func.max(BallotRow.number)).where(BallotRow.trust == trust))
    return (last or 0) + 1


async def elector(session: AsyncSession, ballot_id: int, person_id: int) -> ElectorRow | None:
    """This person on the list of voters; None when they are not on it."""
    return await session.get(ElectorRow, (ballot_id, person_id))


async def why_left_out(session: AsyncSession, ballot_id: int, person_id: int) -> str | None:
    """The name of the reason why this person cannot vote; None when the staff roll did not know them either."""
    row = await session.get(LeftOutRow, (ballot_id, person_id))
    return None if row is None else row.reason


async def left_out(session: AsyncSession, ballot_id: int) -> Sequence[LeftOutRow]:
    """Everybody whom the list of voters leaves out."""
    found = (
        select(LeftOutRow).where(LeftOutRow.ballot_id == ballot_id).order_by(LeftOutRow.reason, LeftOutRow.person_id)
    )
    return (await session.execute(found)).scalars().all()


async def ballots_of_person(session: AsyncSession, person_id: int) -> list[tuple[BallotRow, bytes]]:
    """The ballots on whose list of voters this person stands, those that close first at the top, each with their v."""
    found = (
        select(BallotRow, ElectorRow.v)
        .join(ElectorRow, ElectorRow.ballot_id == BallotRow.id)
        .where(ElectorRow.person_id == person_id)
        .order_by(BallotRow.closes_at, BallotRow.id)
    )
    return [(row, v) for row, v in await session.execute(found)]


async def to_miss(session: AsyncSession, now: datetime) -> Sequence[int]:
    """The ids of the ballots whose opening time has come without a list of voters."""
    return await _ids(session, State.ARRANGED, BallotRow.opens_at <= now)


async def to_open(session: AsyncSession, now: datetime) -> Sequence[int]:
    """The ids of the frozen ballots whose opening time has come."""
    return await _ids(session, State.FROZEN, BallotRow.opens_at <= now)


async def to_close(session: AsyncSession, now: datetime) -> Sequence[int]:
    """The ids of the open ballots whose closing time has come."""
    return await _ids(session, State.OPEN, BallotRow.closes_at <= now)


async def to_tally(session: AsyncSession, now: datetime) -> Sequence[int]:
    """The ids of the closed ballots whose sealed votes are not all opened, also those that wait for their trustees."""
    waiting = [*await _ids(session, State.CLOSED, BallotRow.closes_at <= now)]
    return [*waiting, *await _ids(session, State.NOTICED, BallotRow.closes_at <= now)]


async def being_open(session: AsyncSession, now: datetime) -> Sequence[int]:
    """The ids of the open ballots."""
    return await _ids(session, State.OPEN, BallotRow.closes_at > now)


async def _ids(session: AsyncSession, state: State, condition: ColumnElement[bool]) -> Sequence[int]:
    found = select(BallotRow.id).where(BallotRow.state == state, condition).order_by(BallotRow.closes_at, BallotRow.id)
    return (await session.execute(found)).scalars().all()


async def to_finish(session: AsyncSession, now: datetime) -> Sequence[int]:
    """The ids of the declared ballots whose time to be questioned is over."""
    found = (
        select(BallotRow.id)
        .join(DeclarationRow, DeclarationRow.ballot_id == BallotRow.id)
        .where(BallotRow.state == State.DECLARED, DeclarationRow.declared_at <= now - timedelta(days=CHALLENGE_DAYS))
        .order_by(BallotRow.id)
    )
    return (await session.execute(found)).scalars().all()


async def declared(session: AsyncSession, ballot_id: int) -> Declaration:
    """The declared result. Raises NotFound before the declaration."""
    row = await session.get(DeclarationRow, ballot_id)
    if row is None:
        raise NotFound("The result of this vote is not declared yet.")
    return read(row.content)


async def count_of(session: AsyncSession, ballot_id: int) -> Count:
    """The declared count, of a question or of an election. Raises NotFound before the declaration."""
    found = await session.scalar(select(DeclarationRow.count).where(DeclarationRow.ballot_id == ballot_id))
    if found is None:
        raise NotFound("The result of this vote is not declared yet.")
    return read_count(found)


async def record(session: AsyncSession, ballot_id: int) -> bytes:
    """The election record. Raises NotFound before the declaration."""
    content = await session.scalar(select(DeclarationRow.record).where(DeclarationRow.ballot_id == ballot_id))
    if content is None:
        raise NotFound("The record of this vote is published when its result is declared.")
    return content


async def listed(session: AsyncSession, ballot_id: int) -> list[list[str]]:
    """The published check codes with their answers. Raises NotFound before the declaration."""
    found = await session.scalar(select(DeclarationRow.listed).where(DeclarationRow.ballot_id == ballot_id))
    if found is None:
        raise NotFound("The result of this vote is not declared yet. You can check your vote when it is.")
    return found


async def declared_ballots(session: AsyncSession) -> Sequence[BallotRow]:
    """All ballots with a declared result, the newest first: those that everybody may check."""
    found = (
        select(BallotRow)
        .join(DeclarationRow, DeclarationRow.ballot_id == BallotRow.id)
        .order_by(DeclarationRow.declared_at.desc(), BallotRow.id.desc())
    )
    return (await session.execute(found)).scalars().all()


async def votes_between(
    session: AsyncSession, opens_at: datetime, closes_at: datetime
) -> list[tuple[str, str, datetime, datetime]]:
    """Trust, title and times of every vote that is, or was to be, open at any moment between these two."""
    wanted = (
        select(BallotRow.trust, BallotRow.title, BallotRow.opens_at, BallotRow.closes_at)
        .where(BallotRow.opens_at < closes_at, BallotRow.closes_at > opens_at)
        .where(BallotRow.state.not_in((State.MISSED, State.VOID)), BallotRow.kind_of_vote == "vote")
        .order_by(BallotRow.trust, BallotRow.opens_at, BallotRow.id)
    )
    rows = await session.execute(wanted)
    return [(trust, title, opens, closes) for trust, title, opens, closes in rows]
