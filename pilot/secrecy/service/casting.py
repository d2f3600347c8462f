"""Stamp a paper that nobody here can read, and take its envelope. No event is written and no time is kept."""

import asyncio
import secrets
from datetime import datetime
from hashlib import sha256

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import BadInput, NotAllowed, WrongState
from pilot.secrecy import leaves, queries, seal
from pilot.secrecy import manifest as manifests
from pilot.secrecy import stamp as stamps
from pilot.secrecy.box import Mark, Receipt, accepts
from pilot.secrecy.service.log import append, receipt, receipt_again
from pilot.secrecy.tables import EnvelopeRow, SlotRow, StampRow

NOT_ON_THE_ROLL = "You are not on the list of people for this vote."
VOTED_ON_PAPER = "You have voted on paper in this vote, so you cannot vote here."


async def stamp(session: AsyncSession, box_id: int, v: bytes, blinded: bytes, *, now: datetime) -> bytes:
    """The blind signature (384 bytes) of a blinded paper (384 bytes).

    The same bytes from the same person get the same answer and count once. Refuses outside the voting time, a v that
    is not on the roll, a fourth stamp, and bytes that are no number strictly between 1 and n - 1.
    """
    slot = await _slot(session, box_id, v)
    box = await queries.box(session, box_id)
    accepts(box.doors, now)
    name = sha256(blinded).hexdigest()
    given = await queries.stamp_given(session, box_id, v, name)
    if given is not None:
        return given
    if slot.cancelled:
        raise WrongState(VOTED_ON_PAPER)
    if slot.stamps_used >= manifests.MAX_STAMPS:
        raise WrongState("You can fill in this vote three times, and you have. Ask the returning officer for help.")
    if box.stamp_secret is None:
        raise leaves.Broken("The box collects votes but has no stamp key.")
    key = stamps.read_secret(box.stamp_secret)
    signature = await asyncio.to_thread(stamps.blind_sign, key, blinded, 2 + secrets.randbelow(key.n - 3))
    box = await queries.box(session, box_id, lock=True)
    accepts(box.doors, now)
    mine = (SlotRow.box_id == box_id, SlotRow.v == v, SlotRow.stamps_used == slot.stamps_used)
    changed = await session.execute(update(SlotRow).where(*mine).values(stamps_used=slot.stamps_used + 1))
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        raise WrongState("Your vote is being handled in another window. Try again.")
    await session.execute(insert(StampRow).values(box_id=box_id, v=v, blinded_sha256=name, signature=signature))
    await append(session, box, leaves.stamp_leaf(v, slot.stamps_used + 1))
    return signature


async def cast(session: AsyncSession, box_id: int, v: bytes, envelope: bytes, *, now: datetime) -> Receipt:
    """Put the envelope into the box; it takes the place of this person's former one.

    The receipt is for the log that ends with its own leaf. The same bytes from the same person get the same one, also
    after the close, so that a lost answer can be asked
    for again; they never bring a former vote back. Refuses outside the voting time, a v that is not on the roll or has
    no stamp, a second envelope for one stamp, any other length than the manifest's, and bytes that somebody else has
    handed in.
    """
    slot = await _slot(session, box_id, v)
    box = await queries.box(session, box_id, lock=True)
    name = sha256(envelope).hexdigest()
    leaf = leaves.envelope_leaf(v, name)
    known = await queries.envelope_leaf(session, box_id, name)
    if known is not None and known[1] == leaf:
        return await receipt_again(session, box, known[0], leaf, name)
    accepts(box.doors, now)
    if known is not None:
        raise WrongState("This sealed vote has already been handed in. Fill in the vote again.")
    if slot.cancelled:
        raise WrongState(VOTED_ON_PAPER)
    if slot.stamps_used == 0:
        raise WrongState("This vote has no stamp. Fill in the vote again.")
    if slot.envelopes_cast >= slot.stamps_used:  # or one stamp would buy a flood of leaves, and a clock to watch by
        raise WrongState("Each filled-in vote is taken once. Fill in the vote again.")
    if len(envelope) != seal.envelope_length(box.manifest.padded, manifests.layers(box.manifest)):
        raise BadInput("The sealed vote did not arrive whole. Try again.")
    mine = (SlotRow.box_id == box_id, SlotRow.v == v)
    await session.execute(update(SlotRow).where(*mine).values(envelopes_cast=slot.envelopes_cast + 1))
    if slot.envelopes_cast:
        former = (EnvelopeRow.box_id == box_id, EnvelopeRow.v == v)
        await session.execute(update(EnvelopeRow).where(*former).values(sha256=name, sealed=envelope))
    else:
        await session.execute(insert(EnvelopeRow).values(box_id=box_id, v=v, sha256=name, sealed=envelope))
    await append(session, box, leaf, sha256=name)
    return receipt(box, box.frontier, box.size, leaf, name)


async def in_the_box(session: AsyncSession, box_id: int, v: bytes) -> bool:
    """Whether this person's sealed vote is in the box."""
    return await queries.has_envelope(session, box_id, v)


async def begun(session: AsyncSession, box_id: int, v: bytes) -> bool:
    """Whether this person has had a paper stamped and no vote of theirs is in the box or on paper."""
    slot = await queries.slot(session, box_id, v)
    if slot is None or slot.cancelled:
        return False
    return slot.stamps_used > 0 and not await queries.has_envelope(session, box_id, v)


async def voted_on_paper(session: AsyncSession, box_id: int, v: bytes) -> bool:
    """Whether two tellers have taken a vote on paper of this person."""
    slot = await queries.slot(session, box_id, v)
    return slot is not None and slot.cancelled


async def mark(session: AsyncSession, box_id: int, v: bytes) -> Mark:
    """What is recorded for this person, at any time: it stays when the sealed votes are erased."""
    slot = await queries.slot(session, box_id, v)
    if slot is None:
        return Mark()
    sealed = slot.envelopes_cast > 0 and not slot.cancelled
    begun = slot.stamps_used > 0 and not slot.envelopes_cast and not slot.cancelled
    return Mark(sealed, begun, slot.cancelled)


async def sealed_count(session: AsyncSession, box_id: int) -> int:
    """How many people have a sealed vote in the box."""
    return await queries.envelope_count(session, box_id)


async def _slot(session: AsyncSession, box_id: int, v: bytes) -> queries.Slot:
    """The person's slot, locked: of two requests of one person, the second waits for the first."""
    slot = await queries.slot(session, box_id, v, lock=True)
    if slot is None:
        await queries.box(session, box_id)
        raise NotAllowed(NOT_ON_THE_ROLL)
    return slot
