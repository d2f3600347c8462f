"""Add leaves to a box's log, which is one Merkle tree."""

from msgspec.structs import replace
from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.secrecy import queries, tree
from pilot.secrecy.leaves import Broken
from pilot.secrecy.tables import BoxRow, LeafRow


async def append(
    session: AsyncSession, box: queries.Standing, body: bytes, *, sha256: str | None = None
) -> queries.Standing:
    """Add a leaf; gives the box with its log one longer. Its number is the size before.

    The caller holds the box's lock, so that the numbers have no gap.
    """
    frontier = tree.grown(box.frontier, box.size, tree.leaf_hash(body))
    leaf = {"number": box.size, "body": body, "sha256": sha256, "node": frontier[-1]}
    await session.execute(insert(LeafRow).values(box_id=box.id, **leaf))
    longer = {"size": box.size + 1, "frontier": b"".join(frontier)}
    changed = await session.execute(update(BoxRow).where(BoxRow.id == box.id, BoxRow.size == box.size).values(**longer))
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        raise Broken("The log has grown while the box was locked.")
    return replace(box, size=box.size + 1, frontier=frontier)
