"""Open a closed box, trustee by trustee: with the server's keys here, with their own on their own computers."""

import asyncio
from collections.abc import Mapping, Sequence
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct
from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import BadInput, WrongState
from pilot.secrecy import canonical, leaves, lists, papers, queries, record, seal, tree
from pilot.secrecy import peel as peels
from pilot.secrecy.box import Final, Layer, Left, State, move
from pilot.secrecy.leaves import Broken
from pilot.secrecy.manifest import Manifest
from pilot.secrecy.service.log import append_published
from pilot.secrecy.service.states import advance
from pilot.secrecy.tables import ItemRow, KeyRow, PaperRow, StageRow

NOBODY = "No trustee with keys of their own is next to open the sealed votes."


class _Turn(Struct, frozen=True):
    """How far the opening has come: what stands of it, and the hash of the list that comes next.

    `number` is whose turn it is, from 1, and one more than there are trustees when all have opened.
    """

    number: int
    stages: tuple[bytes, ...]
    statements: tuple[bytes, ...]
    expected: str

    def task(self, box: queries.Standing) -> peels.Task:
        """What the next trustee opens."""
        return peels.Task(box.digest, self.number, len(box.manifest.trustees), box.manifest.padded, self.expected)

    def layer(self, manifest: Manifest) -> Layer | None:
        """Who is next; None when all have opened."""
        return _layer(manifest, self.number)


async def next_layer(session: AsyncSession, box_id: int) -> Layer | None:
    """Whose turn it is to open the closed box; None when all have, and before the close."""
    box = await queries.box(session, box_id)
    return (await _turn(session, box)).layer(box.manifest) if box.state == State.CLOSED else None


async def list_for(session: AsyncSession, box_id: int) -> bytes:
    """The list file for the trustee who is next, the same bytes each time.

    Refuses while no trustee with keys of their own is next.
    """
    box = await queries.box(session, box_id)
    move(box.state, "take")
    turn = await _turn(session, box)
    layer = turn.layer(box.manifest)
    if layer is None or layer.custody != "own":
        raise WrongState(NOBODY)
    closed = await queries.closed(session, box_id)
    proof = reversed(await queries.roots(session, box_id, tree.frontier_spans(closed.number)))
    items = await queries.items(session, box_id, layer.number)
    head = lists.Head(
        manifest=box.text.decode(),
        layer=layer.number,
        count=len(items),
        sha256=turn.expected,
        before=tuple(canonical.read(statement) for statement in turn.statements),
        close=canonical.read(closed.body),
        closed=lists.Place(closed.number, tuple(node.hex() for node in proof), closed.checkpoint.decode()),
    )
    return await asyncio.to_thread(lists.write, head, items)


async def take_peel(session: AsyncSession, box_id: int, upload: bytes) -> Layer:
    """Take the opened file of the trustee who is next; gives whose it is. The same file may come again.

    Refuses, naming the trustee, a file that does not follow from the list before, and a second one of anybody.
    """
    box = await queries.box(session, box_id, lock=True)
    move(box.state, "take")
    turn = await _turn(session, box)
    opened = await asyncio.to_thread(lists.read_opened, upload)
    statement = canonical.to_bytes(peels.entry(opened.statement, opened.signature))
    if statement in turn.statements:
        return _known(box.manifest, turn.statements.index(statement) + 1)
    layer = turn.layer(box.manifest)
    if opened.statement.m != box.digest:
        raise BadInput("This file is of another ballot.")
    if 1 <= opened.statement.i < turn.number:
        name = box.manifest.trustees[opened.statement.i - 1].name
        raise WrongState(f"What {name} opened is here already. A second list is not taken.")
    if layer is None or layer.custody != "own":
        raise WrongState(NOBODY)
    await asyncio.to_thread(lists.check_opened, opened, box.manifest, turn.task(box), turn.stages[-1])
    await _keep(session, box, opened)
    await _replace_items(session, box_id, opened.items)
    return layer


async def peel(session: AsyncSession, box_id: int) -> Final | None:
    """Let the trustees in the server's custody who are next open the list, in order, and destroy their keys.

    When all have opened, the papers are judged and the box is done; None while it waits for a trustee with keys of
    their own. Refuses before the close, and when the box is done.
    """
    box = await queries.box(session, box_id, lock=True)
    move(box.state, "peel")
    turn = await _turn(session, box)
    waiting = turn.layer(box.manifest)
    if waiting is not None and waiting.custody == "own":
        return None
    items = await queries.items(session, box_id, turn.number)
    keys = await queries.keys(session, box_id)
    done, judged = await asyncio.to_thread(_open, box, items, keys, turn)
    for one in done:
        box = await _keep(session, box, one)
    await session.execute(delete(KeyRow).where(KeyRow.box_id == box_id, KeyRow.layer < turn.number + len(done)))
    if judged is None:
        await _replace_items(session, box_id, done[-1].items)
        return None
    await _replace_items(session, box_id, ())
    await _finish(session, box, judged)
    return await final(session, box_id)


async def _turn(session: AsyncSession, box: queries.Standing) -> _Turn:
    stages = await queries.stages(session, box.id)
    statements = tuple(statement for _, statement in stages if statement is not None)
    if statements:
        expected = peels.read_entry(canonical.read(statements[-1]))[0].sha256_out
    else:
        expected = canonical.read((await queries.closed(session, box.id)).body)["sha256"]
    return _Turn(len(stages), tuple(hashes for hashes, _ in stages), statements, expected)


def _layer(manifest: Manifest, number: int) -> Layer | None:
    return _known(manifest, number) if number <= len(manifest.trustees) else None


def _known(manifest: Manifest, number: int) -> Layer:
    trustee = manifest.trustees[number - 1]
    return Layer(number, trustee.name, trustee.custody)


def _open(
    box: queries.Standing, items: Sequence[bytes], keys: Mapping[int, tuple[bytes, bytes]], turn: _Turn
) -> tuple[list[peels.Peeled], tuple[papers.Judged, ...] | None]:
    """Every peel of the server's in order, then the judgement of the last list if all have opened."""
    task, done = turn.task(box), []
    while (layer := _layer(box.manifest, task.layer)) is not None and layer.custody == "server":
        if layer.number not in keys:
            raise Broken("A key that this server should hold is not there.")
        seal_secret, sign_secret = keys[layer.number]
        signer = Ed25519PrivateKey.from_private_bytes(sign_secret)
        one = peels.peel(items, task, seal.read_seal_secret(seal_secret), signer)
        done.append(one)
        items, task = one.items, peels.following(task, one.statement)
    if layer is not None:
        return done, None
    if peels.list_hash(items) != task.expected:
        raise Broken("The papers are not those that the last trustee has signed.")
    return done, papers.judge_all(items, box.manifest, box.digest)


async def _keep(session: AsyncSession, box: queries.Standing, one: peels.Peeled) -> queries.Standing:
    """Keep the list's stage file and the signed statement, which goes into the log."""
    entry = peels.entry(one.statement, one.signature)
    hashes, statement = peels.stage(one.items), canonical.to_bytes(entry)
    session.add(StageRow(box_id=box.id, layer=one.statement.i, hashes=hashes, statement=statement))
    return await append_published(session, box, leaves.peel_leaf(entry))


async def _replace_items(session: AsyncSession, box_id: int, items: Sequence[bytes]) -> None:
    """Put the list that waits for the next trustee into the place of the one before."""
    await session.execute(delete(ItemRow).where(ItemRow.box_id == box_id))
    rows = [{"box_id": box_id, "sha256": sha256(item).hexdigest(), "body": item} for item in items]
    if rows:
        await session.execute(insert(ItemRow), sorted(rows, key=lambda row: str(row["sha256"])))


async def _finish(session: AsyncSession, box: queries.Standing, judged: Sequence[papers.Judged]) -> None:
    session.add_all(_paper_row(box.id, one) for one in judged)
    root = tree.root(record.paper_lines(judged)).hex()
    counts = [len(papers.of(judged, verdict)) for verdict in papers.Verdict]
    await append_published(session, box, leaves.final_leaf(box.digest, root, *counts))
    await advance(session, box, "peel")


def _paper_row(box_id: int, one: papers.Judged) -> PaperRow:
    paper, stamp = papers.kept(one)
    found = {"paper": paper, "stamp": stamp, "verdict": one.verdict.value, "reason": one.reason}
    return PaperRow(box_id=box_id, inner_sha256=one.inner, **found)


async def final(session: AsyncSession, box_id: int) -> Final:
    """What came out of an opened box; refuses before."""
    box = await queries.opened(session, box_id)
    judged = await queries.judged(session, box_id, box.manifest.questions)
    statements = [
        peels.read_entry(canonical.read(text))[0] for _, text in await queries.stages(session, box_id) if text
    ]
    closed = canonical.read((await queries.closed(session, box_id)).body)
    return Final(
        valid=tuple(one.answers for one in papers.of(judged, papers.Verdict.VALID)),
        spoilt=_left(papers.of(judged, papers.Verdict.SPOILT)),
        set_aside=_left(papers.of(judged, papers.Verdict.SET_ASIDE)),
        rejected=tuple(Left(name, f"layer {s.i} did not open") for s in statements for name in s.rejects),
        duplicates=sum(statement.duplicates for statement in statements),
        roll=box.manifest.roll.size,
        stamped=closed["stamped"],
        stamps=closed["stamps"],
        envelopes=closed["envelopes"],
        cancelled=closed["cancelled"],
        on_paper=(await queries.on_paper_counts(session, box_id))[1],
    )


def _left(judged: Sequence[papers.Judged]) -> tuple[Left, ...]:
    return tuple(Left(one.inner, one.reason) for one in judged)
