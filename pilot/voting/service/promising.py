"""What was promised of a ballot when its list of voters was fixed, and who holds its keys."""

from collections.abc import Iterable

from sqlalchemy.ext.asyncio import AsyncSession

from pilot.secrecy import service as secrecy
from pilot.secrecy.box import Promise
from pilot.voting.tables import BallotRow


async def promise(session: AsyncSession, row: BallotRow) -> Promise | None:
    """The promise of this ballot; None before its list of voters is fixed."""
    return None if row.box_id is None else await secrecy.promise(session, row.box_id)


async def server_custody(session: AsyncSession, rows: Iterable[BallotRow]) -> bool:
    """Whether the server holds all the keys of any of these ballots; every page of such a ballot says so."""
    found = await secrecy.promises(session, [row.box_id for row in rows if row.box_id is not None])
    return any(promise.server_custody for promise in found.values())


async def own_keys(session: AsyncSession, row: BallotRow) -> bool:
    """Whether any trustee of this ballot keeps keys of their own; never before its list of voters is fixed."""
    found = await promise(session, row)
    return found is not None and any(one.custody == "own" for one in found.manifest.trustees)
