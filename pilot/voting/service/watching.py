"""The watch key of the scrutineer, and how the log stands for whoever holds it. Looking leaves no trace."""

import hashlib
import hmac
import secrets
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.audit.log import record
from pilot.errors import BadInput, NotAllowed, NotFound, WrongState
from pilot.secrecy import service as secrecy
from pilot.secrecy.box import Watched
from pilot.settings import Settings
from pilot.voting import queries
from pilot.voting.lifecycle import OVER
from pilot.voting.tables import BallotRow

KEY_BYTES = 20
"""Random bytes of a watch key: nobody guesses 160 bits."""

NOT_THE_KEY = "This is not the watch key of this vote."
NOT_YET = "The list of voters is not fixed yet, so there is nothing to watch."


async def to_watch(session: AsyncSession, trust: str, ballot_id: int) -> BallotRow:
    """A ballot of this trust with a box. Raises NotFound for a ballot of another trust and WrongState before."""
    row = await queries.ballot_of(session, trust, ballot_id)
    if row.box_id is None or row.state in OVER:
        raise WrongState(NOT_YET if row.box_id is None else "This vote is over, so there is nothing to watch.")
    return row


async def make_watch_key(
    session: AsyncSession, settings: Settings, trust: str, ballot_id: int, *, by: str, now: datetime
) -> str:
    """A new watch key, which is shown once and kept nowhere; the one before stops working."""
    row = await to_watch(session, trust, ballot_id)
    before, key = row.watch_mark, secrets.token_hex(KEY_BYTES)
    same = BallotRow.watch_mark.is_(None) if before is None else BallotRow.watch_mark == before
    changed = await session.execute(
        update(BallotRow).where(BallotRow.id == row.id, same).values(watch_mark=_mark(settings, row.id, key))
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE's result has it
        raise WrongState("Somebody else has just made a watch key. Load the page again.")
    await session.refresh(row)
    verb = "watch key made" if before is None else "watch key made again"
    await record(session, at=now, actor=by, verb=verb, subject=f"ballot {row.id}", trust=row.trust)
    return key


async def watch(
    session: AsyncSession, settings: Settings, trust: str, ballot_id: int, *, key: str, earlier: int
) -> Watched:
    """How the log stands, for the holder of the watch key who has seen it with `earlier` leaves (0: never).

    A log that is shorter than that is given as it is: the watcher must see it. Raises NotAllowed for a wrong key.
    """
    row = await queries.ballot_of(session, trust, ballot_id)
    mark = _mark(settings, row.id, key)
    if row.box_id is None or row.watch_mark is None or not hmac.compare_digest(mark, row.watch_mark):
        raise NotAllowed(NOT_THE_KEY)
    try:
        return await secrecy.watched(session, row.box_id, earlier)
    except BadInput:
        return await secrecy.watched(session, row.box_id, 0)


async def box_of(session: AsyncSession, trust: str, ballot_id: int) -> int:
    """The box of a ballot of this trust, whose log everybody may read after the close. Raises NotFound before."""
    row = await queries.ballot_of(session, trust, ballot_id)
    if row.box_id is None:
        raise NotFound("This vote is described when its list of voters is fixed.")
    return row.box_id


def _mark(settings: Settings, ballot_id: int, key: str) -> str:
    text = f"pilot watch key {ballot_id} {key}"
    return hmac.new(settings.secret_key, text.encode(), hashlib.sha256).hexdigest()
