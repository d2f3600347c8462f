"""The end of voting: a vote on paper in place of a sealed one, the close, the notices, and the end of the box."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256

from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import BadInput, NotAllowed, WrongState
from pilot.secrecy import leaves, queries
from pilot.secrecy import peel as peels
from pilot.secrecy.box import accepts, move
from pilot.secrecy.service.log import append, append_published
from pilot.secrecy.service.states import advance
from pilot.secrecy.tables import EnvelopeRow, ItemRow, KeyRow, OnPaperRow, SlotRow, StageRow, StampRow
from pilot.secrecy.tellers import check_tellers


async def cancel(
    session: AsyncSession, box_id: int, v: bytes, signatures: Mapping[int, bytes], *, now: datetime
) -> None:
    """This person votes on paper: the sealed vote leaves the box, and no other is taken from them but the tellers'.

    `signatures` are those of two tellers, by their places in the manifest from 0; each signs `box.cancel_text`.
    Refuses a v that is not on the roll, a second time, and outside the voting time.
    """
    slot = await queries.slot(session, box_id, v, lock=True)
    box = await queries.box(session, box_id, lock=True)
    if slot is None:
        raise NotAllowed("This person is not on the list of people for this vote.")
    move(box.state, "cancel")
    accepts(box.doors, now)
    if slot.cancelled:
        raise WrongState("A vote on paper has been taken of this person already.")
    check_tellers(box.manifest, box.digest, v, signatures)
    await session.execute(update(SlotRow).where(SlotRow.box_id == box_id, SlotRow.v == v).values(cancelled=True))
    await session.execute(delete(EnvelopeRow).where(EnvelopeRow.box_id == box_id, EnvelopeRow.v == v))
    session.add(OnPaperRow(box_id=box_id, v=v, stamps_used=0, envelopes_cast=0))
    await append(session, box, leaves.cancel_leaf(v, signatures))


async def close(session: AsyncSession, box_id: int, *, now: datetime) -> None:
    """Freeze the box and its list of envelopes; destroy the stamp key and the answers to stamp requests.

    Refuses before the closing time and during a pause. Raises Broken, which nobody catches, when box and log disagree.
    """
    box = await queries.box(session, box_id, lock=True)
    move(box.state, "close")
    if box.suspended:
        raise WrongState("Voting is paused. It can only close when it goes on again.")
    if now < box.closes:
        raise WrongState("Voting is still open.")
    envelopes = await queries.envelopes(session, box_id)
    names = {v: sha256(sealed).hexdigest() for v, sealed in envelopes.items()}
    entries = leaves.read_all(await queries.log(session, box_id))
    counts = leaves.agreed(entries, await queries.slots(session, box_id), names)
    stage = peels.stage(list(envelopes.values()))
    name = sha256(stage).hexdigest()
    await append_published(session, box, leaves.close_leaf(box.digest, box.manifest.roll.size, counts, name))
    session.add(StageRow(box_id=box_id, layer=0, hashes=stage, statement=None))
    await session.execute(delete(StampRow).where(StampRow.box_id == box_id))
    await advance(session, box, "close", stamp_secret=None)


async def notice(session: AsyncSession, box_id: int, count: int) -> None:
    """Write into the log that so many people were told what is recorded for them: once, right after the close."""
    box = await queries.box(session, box_id, lock=True)
    move(box.state, "notice")
    if not 0 <= count <= box.manifest.roll.size:
        raise BadInput(f"Up to {box.manifest.roll.size:,} people can be told, since so many are on the list.")
    closed = await queries.closed(session, box_id)
    if closed.number != box.size - 1:
        raise WrongState("The notices have been recorded already, or the sealed votes are being opened.")
    await append_published(session, box, leaves.notices_leaf(count))


async def erase(session: AsyncSession, box_id: int) -> None:
    """Keep the sealed votes of a counted box no longer. The papers stay: they name nobody, and the count rests on them.

    Refuses before the votes have been opened, and a second time.
    """
    box = await queries.box(session, box_id, lock=True)
    move(box.state, "erase")
    await _empty(session, box_id)
    await append_published(session, box, leaves.erase_leaf())
    await advance(session, box, "erase")


async def discard(session: AsyncSession, box_id: int) -> None:
    """End a box whose votes will never be counted: nothing of it is opened, and all keys and sealed votes go."""
    box = await queries.box(session, box_id, lock=True)
    move(box.state, "discard")
    await _empty(session, box_id)
    await session.execute(delete(StageRow).where(StageRow.box_id == box_id))
    await append_published(session, box, leaves.erase_leaf())
    await advance(session, box, "discard", stamp_secret=None, suspended=False)


async def _empty(session: AsyncSession, box_id: int) -> None:
    """Delete every envelope, opened or not, every key and every answer to a stamp request."""
    for row in (EnvelopeRow, ItemRow, StampRow, KeyRow):
        await session.execute(delete(row).where(row.box_id == box_id))
