"""Reading trustees, and who opens the sealed votes of which ballot."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import NotFound
from pilot.voting.lifecycle import State
from pilot.voting.tables import BallotRow, BallotTrusteeRow, TrusteeRow
from pilot.voting.trustees import Standing

NO_SUCH_TRUSTEE = "We cannot find this trustee."

BEFORE_THE_COUNT = (State.ARRANGED, State.FROZEN, State.OPEN, State.SUSPENDED, State.CLOSED, State.NOTICED)
"""Where a ballot still needs its trustees."""


async def trustee(session: AsyncSession, trustee_id: int) -> TrusteeRow:
    """One trustee. Raises NotFound."""
    row = await session.get(TrusteeRow, trustee_id)
    if row is None:
        raise NotFound(NO_SUCH_TRUSTEE)
    return row


async def trustee_of(session: AsyncSession, trust: str, trustee_id: int) -> TrusteeRow:
    """One trustee of this trust. Raises NotFound, also for another trust's."""
    row = await trustee(session, trustee_id)
    if row.trust != trust:
        raise NotFound(NO_SUCH_TRUSTEE)
    return row


async def trustees_of(session: AsyncSession, trust: str) -> Sequence[TrusteeRow]:
    """The trustees of a trust in the order in which they were invited; those who are trustees no more at the end."""
    found = select(TrusteeRow).where(TrusteeRow.trust == trust)
    rows = (await session.scalars(found.order_by(TrusteeRow.id))).all()
    return sorted(rows, key=lambda row: row.state == Standing.RETIRED)


async def trustees_of_account(session: AsyncSession, account_id: int) -> Sequence[TrusteeRow]:
    """As which trustees somebody with this account acts; a deputy who stands in acts as the one whom they replace."""
    mine = (TrusteeRow.account_id == account_id, TrusteeRow.state != Standing.RETIRED)
    return (await session.scalars(select(TrusteeRow).where(*mine).order_by(TrusteeRow.trust, TrusteeRow.id))).all()


async def opening_order(session: AsyncSession, ballot_id: int) -> Sequence[tuple[BallotTrusteeRow, TrusteeRow | None]]:
    """Who opens the sealed votes of a ballot, in order; None where the server does. Empty: the server does it all."""
    found = (
        select(BallotTrusteeRow, TrusteeRow)
        .join(TrusteeRow, TrusteeRow.id == BallotTrusteeRow.trustee_id, isouter=True)
        .where(BallotTrusteeRow.ballot_id == ballot_id)
        .order_by(BallotTrusteeRow.layer)
    )
    return [(place, who) for place, who in await session.execute(found)]


async def ballots_of_trustee(session: AsyncSession, trustee_id: int) -> Sequence[tuple[BallotRow, BallotTrusteeRow]]:
    """The ballots whose sealed votes this trustee opens or has opened, the newest first."""
    found = (
        select(BallotRow, BallotTrusteeRow)
        .join(BallotTrusteeRow, BallotTrusteeRow.ballot_id == BallotRow.id)
        .where(BallotTrusteeRow.trustee_id == trustee_id)
        .order_by(BallotRow.id.desc())
    )
    return [(ballot, place) for ballot, place in await session.execute(found)]


async def needs(session: AsyncSession, trustee_id: int) -> BallotRow | None:
    """A ballot that still needs this trustee; None when there is none."""
    found = (
        select(BallotRow)
        .join(BallotTrusteeRow, BallotTrusteeRow.ballot_id == BallotRow.id)
        .where(BallotTrusteeRow.trustee_id == trustee_id, BallotRow.state.in_(BEFORE_THE_COUNT))
        .order_by(BallotRow.id)
        .limit(1)
    )
    return await session.scalar(found)


async def trustee_for(session: AsyncSession, trust: str, account_id: int) -> TrusteeRow:
    """As which trustee of this trust somebody with this account acts. Raises NotFound for somebody who is none."""
    for row in await trustees_of_account(session, account_id):
        if row.trust == trust:
            return row
    raise NotFound("You are not a trustee of this trust. Ask the returning officer to invite you.")
