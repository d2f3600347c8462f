"""Destroying the sealed votes of a result that is final or does not count: one person asks, another does it."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.clock import LONDON
from pilot.errors import NotAllowed, WrongState
from pilot.people.roles import Officer, Role
from pilot.secrecy import service as secrecy
from pilot.voting import queries
from pilot.voting.lifecycle import WORDS, State
from pilot.voting.objections import check_erase, check_second
from pilot.voting.service.arranging import advance
from pilot.voting.service.noting import note
from pilot.voting.service.trustees import opens_votes_of
from pilot.voting.tables import BallotRow

NOT_OF_THIS_VOTE = "You are not one of the trustees of this vote."


async def to_erase(session: AsyncSession, trust: str, ballot_id: int, officer: Officer, *, now: datetime) -> BallotRow:
    """A ballot of this trust whose sealed votes can be destroyed now.

    Raises NotFound, NotAllowed for a trustee of other votes, or WrongState saying why not.
    """
    row = await queries.ballot_of(session, trust, ballot_id)
    await _check(session, row, now)
    official = officer.holds(Role.RETURNING_OFFICER, Role.AUDITOR, trust=trust)
    if not official and not await opens_votes_of(session, row.id, officer.account_id):
        raise NotAllowed(NOT_OF_THIS_VOTE)
    return row


async def _check(session: AsyncSession, row: BallotRow, now: datetime) -> None:
    state = State(row.state)
    if row.erased_by is not None or (state == State.VOID and not row.set_aside):
        raise WrongState("The sealed votes of this vote have been destroyed already.")
    if state not in (State.FINAL, State.VOID):
        raise WrongState(f"This vote {WORDS[state]}. Its sealed votes can be destroyed when its result is final.")
    check_erase((await queries.declared(session, row.id)).declared_at, now)


async def ask_to_erase(session: AsyncSession, ballot_id: int, *, by: str, now: datetime) -> None:
    """Ask that the sealed votes are destroyed; nothing is destroyed before somebody else confirms it."""
    row = await queries.held(session, ballot_id)
    await _check(session, row, now)
    asked = {"erase_asked_by": by, "erase_asked_at": now}
    changed = await session.execute(
        update(BallotRow)
        .where(BallotRow.id == row.id, BallotRow.state == row.state, BallotRow.erase_asked_by.is_(None))
        .values(**asked)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE's result has it
        raise WrongState("Somebody has asked to destroy these sealed votes already. Another person must confirm it.")
    await session.refresh(row)
    await note(session, row, "destroying of sealed votes asked for", by=by, now=now)


async def take_back_erase(session: AsyncSession, ballot_id: int, *, by: str, now: datetime) -> None:
    """Take back what was asked; the sealed votes are kept."""
    row = await queries.held(session, ballot_id)
    await _check(session, row, now)
    if row.erase_asked_by is None:
        raise WrongState("Nobody has asked to destroy these sealed votes.")
    await session.execute(
        update(BallotRow).where(BallotRow.id == row.id).values(erase_asked_by=None, erase_asked_at=None)
    )
    await session.refresh(row)
    await note(session, row, "destroying of sealed votes taken back", by=by, now=now)


async def erase(session: AsyncSession, ballot_id: int, *, by: str, now: datetime) -> None:
    """Destroy the sealed votes that somebody else asked to destroy. This cannot be taken back."""
    row = await queries.held(session, ballot_id)
    await _check(session, row, now)
    check_second(row.erase_asked_by, by)
    await advance(session, row, "erase", erased_by=by, erased_on=now.astimezone(LONDON).date())
    await secrecy.erase(session, queries.box(row))
    await note(session, row, "sealed votes destroyed", by=by, now=now)
