"""A box's log: one Merkle tree that only grows, its receipts, and its signed checkpoints."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace
from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import BadInput, WrongState
from pilot.secrecy import checkpoint, queries, record, tree
from pilot.secrecy.box import Receipt, State, Watched
from pilot.secrecy.leaves import Broken
from pilot.secrecy.tables import BoxRow, CheckpointRow, LeafRow


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


async def append_published(session: AsyncSession, box: queries.Standing, body: bytes) -> queries.Standing:
    """Add a leaf and keep the checkpoint after it, which is published: so it is from the close on."""
    box = await append(session, box, body)
    session.add(CheckpointRow(box_id=box.id, size=box.size, text=signed(box, box.size, box.frontier)))
    await session.flush()
    return box


def signed(box: queries.Standing, size: int, frontier: tuple[bytes, ...]) -> bytes:
    """The signed checkpoint of the box's log when it had this size and frontier."""
    name = checkpoint.origin(box.digest)
    key = Ed25519PrivateKey.from_private_bytes(box.log_secret)
    return checkpoint.signed(checkpoint.text(name, size, tree.root_of_frontier(frontier)), name, key)


def receipt(box: queries.Standing, before: tuple[bytes, ...], leaf: int, body: bytes, envelope: str) -> Receipt:
    """The receipt of an envelope's leaf; `before` is the frontier of the log as it was without it."""
    after = tree.grown(before, leaf, tree.leaf_hash(body))
    proof = tuple(peak.hex() for peak in reversed(before))
    return Receipt(leaf, envelope, proof, signed(box, leaf + 1, after).decode())


async def receipt_again(session: AsyncSession, box: queries.Standing, leaf: int, body: bytes, envelope: str) -> Receipt:
    """The same receipt for a leaf that has been there for some time."""
    before = await queries.roots(session, box.id, tree.frontier_spans(leaf))
    return receipt(box, tuple(before), leaf, body, envelope)


async def watched(session: AsyncSession, box_id: int, earlier: int) -> Watched:
    """How the log stands now, for whoever has seen it with `earlier` leaves (0: never)."""
    box = await queries.box(session, box_id)
    if not 0 <= earlier <= box.size:
        raise BadInput(f"This log has {box.size:,} lines. It never had {earlier:,}.")
    spans = tree.consistency_spans(earlier, box.size) if earlier else []
    proof = tuple(node.hex() for node in await queries.roots(session, box_id, spans))
    return Watched(signed(box, box.size, box.frontier).decode(), proof)


async def checkpoints_of(session: AsyncSession, box_id: int) -> bytes:
    """checkpoints.txt: those after the close and after every later leaf, in order; empty before the close."""
    return b"".join(await queries.checkpoints(session, box_id))


async def log_lines(session: AsyncSession, box_id: int) -> bytes:
    """log.jsonl: every leaf on a line; refuses before the close, since it tells who has handed in a sealed vote."""
    box = await queries.box(session, box_id)
    if box.state in (State.SIGNING, State.COLLECTING):
        raise WrongState("The log of this vote is published when voting has closed.")
    return record.lines(await queries.log(session, box_id))
