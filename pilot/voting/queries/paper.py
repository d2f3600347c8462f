"""Reading tellers and votes on paper."""

from collections.abc import Sequence

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import NotFound
from pilot.voting.tables import BallotRow, ElectorRow, PaperGivenRow, PaperPileRow, TellerRow, TellerSignatureRow


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


async def electors_given(session: AsyncSession, ballot_id: int) -> dict[int, bytes]:
    """The number v of everybody who was given a vote on paper, by person."""
    found = (
        select(ElectorRow.person_id, ElectorRow.v)
        .join(PaperGivenRow, and_(PaperGivenRow.ballot_id == ElectorRow.ballot_id, PaperGivenRow.v == ElectorRow.v))
        .where(ElectorRow.ballot_id == ballot_id)
    )
    return {row.person_id: row.v for row in await session.execute(found)}


async def papers_by_teller(session: AsyncSession, ballot_id: int) -> dict[int, int]:
    """How many papers each teller, by id, has given out that were not taken back."""
    found = select(PaperGivenRow.teller_id, func.count().label("papers")).where(PaperGivenRow.ballot_id == ballot_id)
    return {row.teller_id: row.papers for row in await session.execute(found.group_by(PaperGivenRow.teller_id))}


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
    """The pile of papers that was sealed, in the box or not; None before."""
    return await session.get(PaperPileRow, ballot_id, populate_existing=True)
