"""The log of a box: receipts, checkpoints, and what a watcher can check."""

import pytest
from msgspec.structs import asdict
from sqlalchemy import event, func, select

from pilot.errors import BadInput, WrongState
from pilot.secrecy import checkpoint, filling, leaves, manifest, queries, service, tree
from pilot.secrecy.tables import BoxRow, CheckpointRow, LeafRow
from tests.builders.secrecy import CLOSES, OPEN, a_box, a_paper, a_vote, an_envelope, voters


@pytest.fixture
def people():
    return voters(20)


@pytest.fixture
async def box(session, people):
    return await a_box(session, people)


async def promised(session, box):
    return (await service.promise(session, box.id)).manifest


async def test_every_receipt_shows_the_envelope_in_a_log_that_the_website_signed(session, box, people):
    key = (await promised(session, box)).log_key
    for v in (*people[:9], people[0]):
        receipt = await a_vote(session, box.id, v, "yes")
        found = checkpoint.check_receipt(asdict(receipt) | {"proof": list(receipt.proof)}, v, box.digest, key)
        assert found.size == receipt.leaf + 1
        with pytest.raises(BadInput):
            checkpoint.check_receipt(asdict(receipt) | {"proof": list(receipt.proof)}, people[19], box.digest, key)


async def test_a_receipt_asked_for_again_is_the_same_whatever_came_after(session, box, people):
    made = []
    for v in people[:7]:
        _, envelope = await an_envelope(session, box.id, v, "yes")
        made.append((v, envelope, await service.cast(session, box.id, v, envelope, now=OPEN)))
    for v, envelope, receipt in made:
        assert await service.cast(session, box.id, v, envelope, now=OPEN) == receipt
    await service.close(session, box.id, now=CLOSES)
    await service.peel(session, box.id)
    for v, envelope, receipt in made:
        assert await service.cast(session, box.id, v, envelope, now=CLOSES) == receipt


async def test_size_frontier_and_nodes_are_those_of_the_tree_over_the_leaves(session, box, people):
    for v in people[:6]:
        await a_vote(session, box.id, v, "yes")
    bodies = await queries.log(session, box.id)
    standing = await queries.box(session, box.id)
    assert standing.size == len(bodies) == 12
    assert tree.root_of_frontier(standing.frontier) == tree.root(bodies)
    nodes = (await session.execute(select(LeafRow.node).order_by(LeafRow.number))).scalars().all()
    for number, node in enumerate(nodes):
        covered = (number + 1) & -(number + 1)
        assert node == tree.root(bodies[number + 1 - covered : number + 1])


async def test_whoever_watches_sees_a_log_that_only_grows(session, box, people):
    key, name = (await promised(session, box)).log_key, checkpoint.origin(box.digest)
    seen = [checkpoint.verify((await service.watched(session, box.id, 0)).checkpoint.encode(), name, key)]
    assert (seen[0].size, seen[0].root) == (0, tree.root([]))
    for v in people[:5]:
        await a_vote(session, box.id, v, "yes")
        for before in seen[1:]:
            told = await service.watched(session, box.id, before.size)
            now = checkpoint.verify(told.checkpoint.encode(), name, key)
            proof = [bytes.fromhex(node) for node in told.proof]
            assert tree.consistent((before.size, now.size), (before.root, now.root), proof)
        seen.append(checkpoint.verify((await service.watched(session, box.id, 0)).checkpoint.encode(), name, key))
    for size in (-1, 11):
        with pytest.raises(BadInput, match="never had"):
            await service.watched(session, box.id, size)


async def test_a_receipt_is_consistent_with_the_log_at_the_end(session, box, people):
    receipt = await a_vote(session, box.id, people[0], "yes")
    await a_vote(session, box.id, people[1], "yes")
    await service.close(session, box.id, now=CLOSES)
    await service.peel(session, box.id)
    early = checkpoint.read(receipt.checkpoint.encode())
    bodies = (await service.log_lines(session, box.id)).splitlines()
    last = checkpoint.read(checkpoint.split(await service.checkpoints_of(session, box.id))[-1])
    assert early.root == tree.root(bodies[: early.size])
    assert last.root == tree.root(bodies)
    hashes = [tree.leaf_hash(body) for body in bodies]
    proof = tree.consistency_proof(hashes, early.size)
    assert tree.consistent((early.size, last.size), (early.root, last.root), proof)


async def test_a_checkpoint_is_published_after_the_close_and_after_every_later_leaf(session, box, people):
    await a_vote(session, box.id, people[0], "yes")
    assert await service.checkpoints_of(session, box.id) == b""
    await service.close(session, box.id, now=CLOSES)
    await service.peel(session, box.id)
    found = [checkpoint.read(one) for one in checkpoint.split(await service.checkpoints_of(session, box.id))]
    assert [one.size for one in found] == [3, 4, 5, 6, 7]
    files = await service.record_parts(session, box.id)
    bodies = files["log.jsonl"].splitlines()
    assert files["checkpoints.txt"] == await service.checkpoints_of(session, box.id)
    assert [one.root for one in found] == [tree.root(bodies[: one.size]) for one in found]


async def test_the_log_is_nobodys_business_before_the_close(session, box, people):
    await a_vote(session, box.id, people[0], "yes")
    with pytest.raises(WrongState, match="published when voting has closed"):
        await service.log_lines(session, box.id)
    await service.close(session, box.id, now=CLOSES)
    entries = leaves.read_all((await service.log_lines(session, box.id)).splitlines())
    assert [entry["type"] for entry in entries] == ["stamp", "envelope", "close"]


async def test_nothing_that_is_stored_of_the_log_tells_more_than_its_leaves(session, box, people):
    await a_vote(session, box.id, people[0], "yes")
    assert (await session.execute(select(func.count()).select_from(CheckpointRow))).scalar_one() == 0
    assert (await session.execute(select(BoxRow.closes_at))).scalar_one() == CLOSES


async def test_a_stamp_takes_eight_statements_and_a_cast_seven(session, box, people):
    text = await service.manifest_of(session, box.id)
    filled = a_paper(text, [["yes"]])
    said = []
    connection = (await session.connection()).sync_connection

    def listen(_connection, _cursor, statement, *_rest):
        said.append(statement)

    event.listen(connection, "before_cursor_execute", listen)
    signature = await service.stamp(session, box.id, people[0], filled.blinded, now=OPEN)
    assert len(said) == 8
    said.clear()
    envelope = filling.seal_up(manifest.read(text), box.digest, filled, signature)
    await service.cast(session, box.id, people[0], envelope, now=OPEN)
    assert len(said) == 7
    event.remove(connection, "before_cursor_execute", listen)
