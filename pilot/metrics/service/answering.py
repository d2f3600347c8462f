"""Answering a survey. Nothing here writes an event or keeps a time: who answers when is nobody's business."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import NotAllowed, WrongState
from pilot.metrics.queries import waves as queries
from pilot.metrics.queries.waves import Asked
from pilot.metrics.tables.waves import WaveRow
from pilot.metrics.waves import WORDS, State
from pilot.people.navigation import Task
from pilot.people.roles import Voter
from pilot.secrecy import service as secrecy
from pilot.secrecy.box import Receipt
from pilot.web.pages import when

NOT_ASKED = (
    "You are not on the list for this survey, or its answers are counted already: then the list is destroyed. "
    "The list was fixed from the staff roll before the survey opened, so nobody can be added to it now."
)
NO_MORE = "You have sent your answers three times, so you cannot change them again. Your last answers count."
NOT_SENT = "Your answers were not sent. Load the page again and try once more."


class Standing(StrEnum):
    """Where a survey stands for somebody who is asked, by the server's clock."""

    EARLY = "early"
    OPEN = "open"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class Place(Struct, frozen=True):
    """One survey as one person sees it: `sent` tells whether sealed answers are in the box for them.

    `begun`: a paper was stamped and no sealed answers came. `left`: how often they can still fill it in. `v` is their
    own number in the box, `box_id` the box of their trust.
    """

    wave: WaveRow
    standing: Standing
    v: bytes
    box_id: int
    sent: bool
    begun: bool
    left: int


async def place(session: AsyncSession, wave_id: int, voter: Voter, *, now: datetime) -> Place:
    """One survey for this person. Raises NotFound, and NotAllowed for somebody who is not on its list."""
    return await _place(session, await _on_the_list(session, wave_id, voter), now)


async def surveys_open(session: AsyncSession, voter: Voter, now: datetime) -> tuple[Task, ...]:
    """What this person can answer now, as lines for the page of everything that is open to them."""
    found = [await _place(session, asked, now) for asked in await queries.open_to(session, voter.person_id, now)]
    return tuple(
        Task(
            f"/surveys/{one.wave.id}",
            f"Survey: {one.wave.title}",
            f"About 2 minutes. Closes {when(one.wave.closes_at)}",
            _status(one),
            one.sent,
        )
        for one in found
    )


def _status(one: Place) -> str:
    if not one.sent:
        return "Not sent yet"
    return "Sent. You can change your answers" if one.left else "Sent"


async def stamp(session: AsyncSession, wave_id: int, voter: Voter, blinded: bytes, *, now: datetime) -> bytes:
    """The stamp of a blinded paper (384 bytes each). Raises a refusal in a sentence that the person can read."""
    asked = await _on_the_list(session, wave_id, voter)
    _refuse_cancelled(asked)
    try:
        return await secrecy.stamp(session, asked.box_id, asked.v, blinded, now=now)
    except WrongState as refusal:
        raise await _reworded(session, asked, now) from refusal


async def send(session: AsyncSession, wave_id: int, voter: Voter, envelope: bytes, *, now: datetime) -> Receipt:
    """Put sealed answers into the box; the last ones before the close count."""
    asked = await _on_the_list(session, wave_id, voter)
    _refuse_cancelled(asked)
    try:
        return await secrecy.cast(session, asked.box_id, asked.v, envelope, now=now)
    except WrongState as refusal:
        raise await _reworded(session, asked, now) from refusal


async def left(session: AsyncSession, wave_id: int, voter: Voter) -> int:
    """How often this person can still fill in the survey. Sending answers does not change it; a stamp does."""
    asked = await _on_the_list(session, wave_id, voter)
    return (await secrecy.mark(session, asked.box_id, asked.v)).left


async def _on_the_list(session: AsyncSession, wave_id: int, voter: Voter) -> Asked:
    await queries.wave(session, wave_id)
    asked = await queries.asked(session, wave_id, voter.person_id)
    if asked is None:
        raise NotAllowed(NOT_ASKED)
    return asked


async def _place(session: AsyncSession, asked: Asked, now: datetime) -> Place:
    mine = await secrecy.mark(session, asked.box_id, asked.v)
    standing = _standing(asked.wave, now)
    return Place(asked.wave, standing, asked.v, asked.box_id, sent=mine.sealed, begun=mine.begun, left=mine.left)


def _standing(row: WaveRow, now: datetime) -> Standing:
    """The clock decides, not whether the minute's work has been done."""
    if row.state == State.CANCELLED:
        return Standing.CANCELLED
    if now >= row.closes_at or row.state not in (State.FROZEN, State.OPEN):
        return Standing.CLOSED
    return Standing.OPEN if now >= row.opens_at else Standing.EARLY


def _refuse_cancelled(asked: Asked) -> None:
    """From the moment of cancelling, also before the clock has destroyed the box."""
    if asked.wave.state == State.CANCELLED:
        raise WrongState(f"This survey {WORDS[State.CANCELLED]}. Your answers were not sent.")


async def _reworded(session: AsyncSession, asked: Asked, now: datetime) -> WrongState:
    """Why answers were not taken, in the words of a survey: the box speaks of votes."""
    standing = _standing(asked.wave, now)
    if standing is Standing.CLOSED:
        return WrongState(f"The survey closed at {when(asked.wave.closes_at)}. Your answers were not sent.")
    if standing is Standing.EARLY:
        return WrongState(f"The survey opens at {when(asked.wave.opens_at)}. Your answers were not sent.")
    mine = await secrecy.mark(session, asked.box_id, asked.v)
    return WrongState(NO_MORE if mine.sealed and not mine.left else NOT_SENT)
