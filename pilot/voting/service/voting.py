"""Taking votes. Nothing here writes an event or keeps a time: who votes when is nobody's business."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import NotAllowed, NotFound, WrongState
from pilot.people.roles import Voter
from pilot.secrecy import manifest as manifests
from pilot.secrecy import service as secrecy
from pilot.secrecy.box import Receipt
from pilot.voting import queries
from pilot.voting.electorate import Reason
from pilot.voting.lifecycle import WORDS, State
from pilot.voting.tables import BallotRow
from pilot.voting.tellers import GIVEN
from pilot.web.pages import day, when

NOT_ON_THE_LIST = (
    "You are not on the list of voters for this vote. If that is wrong, tell the returning officer. "
    "The list was fixed before the vote opened, so nobody can be added to it now."
)


class Standing(StrEnum):
    """Where a vote stands for somebody who wants to vote, by the server's clock."""

    EARLY = "early"
    OPEN = "open"
    PAUSED = "paused"
    CLOSED = "closed"


class Place(Struct, frozen=True):
    """One ballot as one voter sees it: `cast` tells whether a sealed vote is recorded for them.

    `begun`: a paper was stamped and no sealed vote came, so the voter may believe that they have voted. `on_paper`:
    they voted on paper, which replaces what they cast before; `given`: they have a paper, and two tellers may not have
    signed for it yet. `v` is their own number in the sealed box.
    `times`: how many sealed votes were handed in for them; it must be how often they voted on a screen.
    `left`: how often they can still fill in the vote, as far as that is recorded.
    """

    ballot: BallotRow
    standing: Standing
    v: bytes
    cast: bool
    begun: bool
    on_paper: bool
    given: bool
    times: int
    left: int

    @property
    def by_paper(self) -> bool:
        """Whether this person cannot vote on a screen now, since they have a paper or have voted with one."""
        return self.given or self.on_paper

    @property
    def spent(self) -> bool:
        """Whether every vote that this person can fill in was filled in and came into the box.

        A stamp without its sealed vote is another matter: the window that has it can still send that vote.
        """
        return self.left == 0 and self.times == manifests.MAX_STAMPS


async def stamp(session: AsyncSession, ballot_id: int, voter: Voter, blinded: bytes, *, now: datetime) -> bytes:
    """The stamp of a blinded paper (384 bytes each). Raises a refusal in a sentence that the voter can read."""
    row, v = await _on_the_list(session, ballot_id, voter)
    await _refuse_with_a_paper(session, row, v, now)
    try:
        return await secrecy.stamp(session, queries.box(row), v, blinded, now=now)
    except WrongState:
        await _refuse_after_the_close(session, row, v, now)
        raise


async def cast(session: AsyncSession, ballot_id: int, voter: Voter, envelope: bytes, *, now: datetime) -> Receipt:
    """Put a sealed vote into the box; the last one before the close counts."""
    row, v = await _on_the_list(session, ballot_id, voter)
    await _refuse_with_a_paper(session, row, v, now)
    try:
        return await secrecy.cast(session, queries.box(row), v, envelope, now=now)
    except WrongState:
        await _refuse_after_the_close(session, row, v, now)
        raise


async def left(session: AsyncSession, ballot_id: int, voter: Voter) -> int:
    """How often this voter can still fill in the vote. Casting a vote does not change it; having it stamped does."""
    row, v = await _on_the_list(session, ballot_id, voter)
    return (await secrecy.mark(session, queries.box(row), v)).left


async def place(session: AsyncSession, ballot_id: int, voter: Voter, *, now: datetime) -> Place:
    """One ballot for this voter. Raises NotAllowed, with the reason, for somebody who is not on its list of voters."""
    row, v = await _on_the_list(session, ballot_id, voter)
    return await _place(session, row, v, now)


async def places(session: AsyncSession, voter: Voter, *, now: datetime) -> list[Place]:
    """The ballots that are open to this voter now, those that close first at the top."""
    return (await votes_of(session, voter, now=now))[0]


async def votes_of(session: AsyncSession, voter: Voter, *, now: datetime) -> tuple[list[Place], list[BallotRow]]:
    """The ballots on whose list this voter stands: those open now as they see them, and the others."""
    found = await queries.ballots_of_person(session, voter.person_id)
    here = [await _place(session, row, v, now) for row, v in found if standing(row, now) is Standing.OPEN]
    return here, [row for row, _ in found if standing(row, now) is not Standing.OPEN]


async def _place(session: AsyncSession, row: BallotRow, v: bytes, now: datetime) -> Place:
    mine = await secrecy.mark(session, queries.box(row), v)
    given = await queries.paper_given(session, row.id, v)
    return Place(
        row,
        standing(row, now),
        v,
        cast=mine.sealed,
        begun=mine.begun,
        on_paper=mine.on_paper,
        given=given,
        times=mine.times,
        left=mine.left,
    )


def standing(row: BallotRow, now: datetime) -> Standing:
    """Early, open, paused or closed: the clock decides, not whether the minute's work has been done."""
    if row.state == State.SUSPENDED:
        return Standing.PAUSED
    if now >= row.closes_at or row.state not in (State.ARRANGED, State.FROZEN, State.OPEN):
        return Standing.CLOSED
    return Standing.OPEN if now >= row.opens_at and row.state != State.ARRANGED else Standing.EARLY


async def _on_the_list(session: AsyncSession, ballot_id: int, voter: Voter) -> tuple[BallotRow, bytes]:
    row = await queries.ballot_of(session, voter.trust, ballot_id)
    if row.state == State.MISSED:
        raise NotFound(f"This vote {WORDS[State.MISSED]}.")
    if row.box_id is None:
        raise NotFound(f"This vote is not ready yet. It opens at {when(row.opens_at)}.")
    elector = await queries.elector(session, ballot_id, voter.person_id)
    if elector is not None:
        return row, elector.v
    reason = await queries.why_left_out(session, ballot_id, voter.person_id)
    raise NotAllowed(NOT_ON_THE_LIST if reason is None else f"{Reason[reason]}. {NOT_ON_THE_LIST}")


def closed_sentence(row: BallotRow, *, earlier: bool = False) -> str:
    """What somebody reads who comes too late; `earlier` when an earlier vote of theirs is in the box."""
    moment = f"Voting closed at {when(row.closes_at).split(' on ')[0]} on {day(row.closes_at)}."
    if earlier:
        return f"{moment} Your vote was not changed: the vote that you cast before is in the box"
    return f"{moment} Your vote was not cast"


async def _refuse_with_a_paper(session: AsyncSession, row: BallotRow, v: bytes, now: datetime) -> None:
    """While voting is open, whoever has a paper votes with it."""
    if standing(row, now) is Standing.OPEN and await queries.paper_given(session, row.id, v):
        raise WrongState(GIVEN)


async def _refuse_after_the_close(session: AsyncSession, row: BallotRow, v: bytes, now: datetime) -> None:
    if now >= row.closes_at and row.state != State.SUSPENDED:
        earlier = (await secrecy.mark(session, queries.box(row), v)).sealed
        raise WrongState(closed_sentence(row, earlier=earlier))
