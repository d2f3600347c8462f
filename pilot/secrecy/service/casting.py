"""Stamp a paper that nobody here can read, and take its envelope. No event is written and no time is kept."""

import asyncio
import secrets
from datetime import datetime
from hashlib import sha256

from msgspec import Struct
from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import BadInput, NotAllowed, WrongState
from pilot.secrecy import leaves, queries, seal
from pilot.secrecy import manifest as manifests
from pilot.secrecy import stamp as stamps
from pilot.secrecy.box import Mark, Receipt, accepts
from pilot.secrecy.service.log import append, receipt, receipt_again
from pilot.secrecy.tables import EnvelopeRow, OnPaperRow, SlotRow, StampRow
from pilot.secrecy.tellers import OnPaper

NOT_ON_THE_ROLL = "You are not on the list of people for this vote."
ONE_PAPER = "There is a paper in the box for this person already."
NO_MORE = "You can fill in this vote three times, and you have. Ask the returning officer for help."
NO_MORE_AND_CAST = (
    "You can fill in this vote three times, and you have. Your newest vote in the box still counts. "
    "Ask the returning officer for help."
)
VOTED_ON_PAPER = "You have voted on paper in this vote, so you cannot vote here."


class _Purse(Struct, frozen=True):
    """What has been used of one person's stamps and envelopes: their own, or those that tellers have for them."""

    row: type[SlotRow] | type[OnPaperRow]
    stamps_used: int
    envelopes_cast: int


async def stamp(
    session: AsyncSession, box_id: int, v: bytes, blinded: bytes, *, now: datetime, by_tellers: bool = False
) -> bytes:
    """The blind signature (384 bytes) of a blinded paper (384 bytes).

    The same bytes from the same person get the same answer and count once. Refuses outside the voting time, a v that
    is not on the roll, a fourth stamp, and bytes that are no number strictly between 1 and n - 1. `by_tellers`: two
    tellers seal a paper under the v of somebody who voted on paper; they have three stamps too, and nobody else has.
    """
    slot = await _slot(session, box_id, v)
    box = await queries.box(session, box_id)
    accepts(box.doors, now)
    name = sha256(blinded).hexdigest()
    given = await queries.stamp_given(session, box_id, v, name)
    if given is not None:
        return given
    purse = await _purse(session, box_id, v, slot, by_tellers=by_tellers)
    if by_tellers and purse.envelopes_cast:
        raise WrongState(ONE_PAPER)
    if purse.stamps_used >= manifests.MAX_STAMPS:
        raise WrongState(NO_MORE if by_tellers or not purse.envelopes_cast else NO_MORE_AND_CAST)
    if box.stamp_secret is None:
        raise leaves.Broken("The box collects votes but has no stamp key.")
    key = stamps.read_secret(box.stamp_secret)
    signature = await asyncio.to_thread(stamps.blind_sign, key, blinded, 2 + secrets.randbelow(key.n - 3))
    box = await queries.box(session, box_id, lock=True)
    accepts(box.doors, now)
    row, used = purse.row, purse.stamps_used
    mine = (row.box_id == box_id, row.v == v, row.stamps_used == used)
    changed = await session.execute(update(row).where(*mine).values(stamps_used=used + 1))
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        raise WrongState("Your vote is being handled in another window. Try again.")
    await session.execute(insert(StampRow).values(box_id=box_id, v=v, blinded_sha256=name, signature=signature))
    await append(session, box, leaves.stamp_leaf(v, used + 1, by_tellers=by_tellers))
    return signature


async def cast(
    session: AsyncSession, box_id: int, v: bytes, envelope: bytes, *, now: datetime, by_tellers: bool = False
) -> Receipt:
    """Put the envelope into the box; it takes the place of this person's former one.

    The receipt is for the log that ends with its own leaf. The same bytes from the same person get the same one, also
    after the close, so that a lost answer can be asked for again; they never bring a former vote back. Refuses outside
    the voting time, a v that is not on the roll or has no stamp, a second envelope for one stamp, any other length than
    the manifest's, and bytes that somebody else has handed in. `by_tellers`: as with `stamp`; one envelope, which
    nothing replaces.
    """
    slot = await _slot(session, box_id, v)
    box = await queries.box(session, box_id, lock=True)
    name = sha256(envelope).hexdigest()
    leaf = leaves.envelope_leaf(v, name, by_tellers=by_tellers)
    known = await queries.envelope_leaf(session, box_id, name)
    if known is not None and known[1] == leaf:
        return await receipt_again(session, box, known[0], leaf, name)
    accepts(box.doors, now)
    if known is not None:
        raise WrongState("This sealed vote has already been handed in. Fill in the vote again.")
    purse = await _purse(session, box_id, v, slot, by_tellers=by_tellers)
    if by_tellers and purse.envelopes_cast:
        raise WrongState(ONE_PAPER)
    if purse.stamps_used == 0:
        raise WrongState("This vote has no stamp. Fill in the vote again.")
    if purse.envelopes_cast >= purse.stamps_used:  # or one stamp would buy a flood of leaves, and a clock to watch by
        raise WrongState("Each filled-in vote is taken once. Fill in the vote again.")
    if len(envelope) != seal.envelope_length(box.manifest.padded, manifests.layers(box.manifest)):
        raise BadInput("The sealed vote did not arrive whole. Try again.")
    mine = (purse.row.box_id == box_id, purse.row.v == v)
    await session.execute(update(purse.row).where(*mine).values(envelopes_cast=purse.envelopes_cast + 1))
    if purse.envelopes_cast:
        former = (EnvelopeRow.box_id == box_id, EnvelopeRow.v == v)
        await session.execute(update(EnvelopeRow).where(*former).values(sha256=name, sealed=envelope))
    else:
        await session.execute(insert(EnvelopeRow).values(box_id=box_id, v=v, sha256=name, sealed=envelope))
    await append(session, box, leaf, sha256=name)
    return receipt(box, box.frontier, box.size, leaf, name)


async def _purse(session: AsyncSession, box_id: int, v: bytes, slot: queries.Slot, *, by_tellers: bool) -> _Purse:
    """Whose stamps and envelopes are used. Refuses a person who voted on paper, and tellers anybody else."""
    if not by_tellers:
        if slot.cancelled:
            raise WrongState(VOTED_ON_PAPER)
        return _Purse(SlotRow, slot.stamps_used, slot.envelopes_cast)
    found = await queries.on_paper(session, box_id, v)
    if found is None:
        raise NotAllowed("Two tellers have not signed that this person votes on paper.")
    return _Purse(OnPaperRow, found.stamps_used, found.envelopes_cast)


async def mark(session: AsyncSession, box_id: int, v: bytes) -> Mark:
    """What is recorded for this person, at any time: it stays when the sealed votes are erased."""
    slot = await queries.slot(session, box_id, v)
    if slot is None:
        return Mark()
    sealed = slot.envelopes_cast > 0 and not slot.cancelled
    begun = slot.stamps_used > 0 and not slot.envelopes_cast and not slot.cancelled
    left = 0 if slot.cancelled else manifests.MAX_STAMPS - slot.stamps_used
    return Mark(sealed, begun, slot.cancelled, slot.envelopes_cast, left)


async def papers_in(session: AsyncSession, box_id: int) -> OnPaper:
    """How many people were given a vote on paper, and how many of these papers tellers put into the box."""
    return OnPaper(*await queries.on_paper_counts(session, box_id))


async def voters_on_paper(session: AsyncSession, box_id: int) -> frozenset[bytes]:
    """Each v for which two tellers have signed that it votes on paper."""
    return frozenset(await queries.on_paper_voters(session, box_id))


async def without_paper(session: AsyncSession, box_id: int) -> list[bytes]:
    """Each v, sorted, that voted on paper and for which no paper is in the box."""
    return await queries.without_paper(session, box_id)


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
