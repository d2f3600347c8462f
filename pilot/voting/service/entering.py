"""Putting the one pile of papers in: sealed by one teller, and in the box when a second teller has confirmed it.

No plain paper ever comes here: each arrives sealed, under the number of somebody who was given one, taken at random.
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct
from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.clock import LONDON
from pilot.errors import BadInput, NotAllowed, WrongState
from pilot.secrecy import peel, seal
from pilot.secrecy import service as secrecy
from pilot.secrecy.box import Receipt
from pilot.secrecy.keyfile import same_number
from pilot.secrecy.tellers import may_sign
from pilot.voting import queries
from pilot.voting.service.noting import note
from pilot.voting.service.paper import check_open, check_time
from pilot.voting.tables import BallotRow, PaperPileRow, TellerRow
from pilot.voting.tellers import Pile, check_pile

GONE = "No papers wait for a second teller. Perhaps they have been confirmed, or thrown away."


class Entered(Struct, frozen=True):
    """What became of a pile: the number that the second teller types; receipts by v, None while it waits for them."""

    number: str
    receipts: dict[bytes, Receipt] | None = None


async def stamp_papers(
    session: AsyncSession, row: BallotRow, blinded: dict[bytes, bytes], *, by: str, now: datetime
) -> dict[bytes, bytes]:
    """The stamps of blinded papers, by the number v under which each shall go into the box.

    Who asked for how many is written down: papers are stamped three times at most, and somebody could use that up.
    """
    await check_open(session, row, now)
    await note(session, row, "papers stamped", by=by, now=now, papers=len(blinded))
    box = queries.box(row)
    return {v: await secrecy.stamp(session, box, v, blinded[v], now=now, by_tellers=True) for v in sorted(blinded)}


async def put_in(
    session: AsyncSession, row: BallotRow, teller: TellerRow, pile: Pile, *, by: str, now: datetime
) -> Entered:
    """Keep all papers of a ballot, sealed, until a second teller confirms them. The same pile again gets its receipts.

    Refuses more papers than two tellers have signed for, fewer without a reason, and a second pile.
    """
    number = seal.check_code(peel.stage(list(pile.envelopes.values())))
    before = await queries.pile(session, row.id)
    if before is not None and before.number == number:
        if before.second_id is not None:
            return Entered(number, await _cast(session, row, pile.envelopes, now=now))
        await check_time(session, row, now)
        return Entered(number)
    await check_open(session, row, now)
    if pile.again:
        raise WrongState("These papers were thrown away. Load this page again, and type them again together.")
    free = await secrecy.without_paper(session, queries.box(row))
    check_pile(pile, free)
    kept = PaperPileRow(
        ballot_id=row.id,
        given_count=len(free),
        cast_count=len(pile.envelopes),
        why_fewer=pile.why_fewer.strip() if len(pile.envelopes) < len(free) else None,
        number=number,
        first_id=teller.id,
        sealed={v.hex(): b64encode(pile.envelopes[v]).decode() for v in sorted(pile.envelopes)},
    )
    session.add(kept)
    await session.flush()
    await note(session, row, "papers sealed", by=by, now=now, given=len(free), papers=kept.cast_count, number=number)
    return Entered(number)


async def confirm_papers(
    session: AsyncSession, row: BallotRow, teller: TellerRow, number: str, *, by: str, now: datetime
) -> int:
    """Put the pile that waits into the box, as a second teller confirms by its number; all papers or none. How many.

    Refuses whoever sealed it, two who cannot sign together, another number, and after the close.
    """
    pile = await to_confirm(session, row, teller, now=now)
    if not same_number(number, pile.number):
        raise BadInput(
            "There is a problem",
            {"number": "This is not the number of the papers that wait. Do not confirm them. Look at it together"},
        )
    envelopes = {bytes.fromhex(v): b64decode(sealed) for v, sealed in (pile.sealed or {}).items()}
    await _cast(session, row, envelopes, now=now)
    said = {"given": pile.given_count, "papers": pile.cast_count, "first": pile.first_id, "second": teller.id}
    done = {"second_id": teller.id, "sealed": None, "put_in_on": now.astimezone(LONDON).date()}
    mine = (PaperPileRow.ballot_id == row.id, PaperPileRow.number == pile.number, PaperPileRow.second_id.is_(None))
    changed = await session.execute(update(PaperPileRow).where(*mine).values(**done))
    if changed.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE's result has it
        raise WrongState(GONE)
    await session.refresh(pile)
    await note(session, row, "papers put in", by=by, now=now, **said)
    return pile.cast_count


async def to_confirm(session: AsyncSession, row: BallotRow, teller: TellerRow, *, now: datetime) -> PaperPileRow:
    """The pile that waits for this teller. Raises WrongState or NotAllowed, in a sentence, where none does."""
    await check_time(session, row, now)
    pile = await queries.pile(session, row.id)
    if pile is None or pile.sealed is None:
        raise WrongState(GONE)
    if teller.id == pile.first_id:
        raise NotAllowed("You sealed these papers, so a second teller must confirm them, where they are signed in.")
    first = await queries.teller(session, row.id, pile.first_id)
    if not may_sign([first.side, teller.side]):
        raise NotAllowed(
            f"{first.name} and you are both the employer’s tellers. One of another side must confirm these papers."
        )
    return pile


async def throw_away(session: AsyncSession, row: BallotRow, *, by: str, now: datetime) -> None:
    """Throw away the pile that waits, whoever sealed it; the papers can then be typed again."""
    await check_time(session, row, now)
    waits = (PaperPileRow.ballot_id == row.id, PaperPileRow.second_id.is_(None))
    changed = await session.execute(delete(PaperPileRow).where(*waits))
    if changed.rowcount != 1:  # type: ignore[attr-defined]  # a DELETE's result has it
        raise WrongState(GONE)
    await note(session, row, "papers thrown away", by=by, now=now)


async def forget_papers(session: AsyncSession, row: BallotRow) -> None:
    """At the end of voting: sealed papers that nobody confirmed are in no box, so they are not kept."""
    mine = (PaperPileRow.ballot_id == row.id, PaperPileRow.second_id.is_(None))
    await session.execute(update(PaperPileRow).where(*mine).values(sealed=None))


async def _cast(
    session: AsyncSession, row: BallotRow, envelopes: Mapping[bytes, bytes], *, now: datetime
) -> dict[bytes, Receipt]:
    box = queries.box(row)
    return {v: await secrecy.cast(session, box, v, envelopes[v], now=now, by_tellers=True) for v in sorted(envelopes)}
