"""Add leaves to a box's log."""

from sqlalchemy.ext.asyncio import AsyncSession

from pilot.secrecy import queries
from pilot.secrecy.tables import LeafRow


async def append(session: AsyncSession, box_id: int, body: bytes, *, sha256: str | None = None) -> int:
    """Add a leaf and give its number. The caller holds the box's lock, so that the numbers have no gap."""
    number = await queries.next_leaf(session, box_id)
    session.add(LeafRow(box_id=box_id, number=number, body=body, sha256=sha256))
    await session.flush()
    return number
