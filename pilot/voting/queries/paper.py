"""Reading tellers and votes on paper."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import NotFound
from pilot.voting.tables import BallotRow, PaperGivenRow, PaperPileRow, TellerRow, TellerSignatureRow


async def tellers(session: AsyncSession, ballot_id: int) -> Sequence[TellerRow]:
    """The tellers of a ballot, in the order of its manifest."""
    found = select(TellerRow).where(TellerRow.ballot_id == ballot_id).order_by(TellerRow.id)
    return (await session.scalars(found)).all()


async def teller(session: AsyncSession, ballot_id: int, teller_id: int) -> TellerRow:
    """One teller of this ballot. Raises NotFound."""
    row = await session.get(TellerRow, teller_id)
    if row is None or row.ballot_id != ballot_id:
        raise NotFound("We cannot find this teller.")
    return row


async def teller_for(session: AsyncSession, ballot_id: int, account_id: int) -> TellerRow:
    """As which teller somebody with this account acts. Raises NotFound for somebody who is none of this ballot."""
    found = select(TellerRow).where(TellerRow.ballot_id == ballot_id, TellerRow.account_id == account_id)
    row = await session.scalar(found)
    if row is None:
        raise NotFound("You are not a teller of this vote. Ask the returning officer.")
    return row


async def ballots_of_teller(session: AsyncSession, account_id: int) -> Sequence[BallotRow]:
    """The ballots in which somebody with this account takes votes on paper, the newest first."""
    found = (
        select(BallotRow)
        .join(TellerRow, TellerRow.ballot_id == BallotRow.id)
        .where(TellerRow.account_id == account_id)
        .order_by(BallotRow.id.desc())
    )
    return (await session.scalars(found)).all()


async def papers_given(session: AsyncSession, ballot_id: int) -> list[bytes]:
    """The numbers v of those who were given a vote on paper, sorted."""
    found = select(PaperGivenRow.v).where(PaperGivenRow.ballot_id == ballot_id)
    return sorted(await session.scalars(found))


async def paper_given(session: AsyncSession, ballot_id: int, v: bytes) -> bool:
    """Whether this person was given a vote on paper."""
    return await session.get(PaperGivenRow, (ballot_id, v)) is not None


async def teller_signatures(session: AsyncSession, ballot_id: int) -> dict[bytes, dict[int, bytes]]:
    """The signatures so far, by v and then by the teller's id."""
    found = select(TellerSignatureRow).where(TellerSignatureRow.ballot_id == ballot_id)
    signed: dict[bytes, dict[int, bytes]] = {}
    for row in (await session.scalars(found)).all():
        signed.setdefault(row.v, {})[row.teller_id] = row.signature
    return signed


async def pile(session: AsyncSession, ballot_id: int) -> PaperPileRow | None:
    """The pile of papers that was put into the box; None before."""
    return await session.get(PaperPileRow, ballot_id)
