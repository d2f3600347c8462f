"""Close a box, and have the trustees in the server's custody open it."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import WrongState
from pilot.secrecy import canonical, leaves, papers, queries, record, seal, tree
from pilot.secrecy import peel as peels
from pilot.secrecy.box import Final, Left, State, move
from pilot.secrecy.service.log import append_published
from pilot.secrecy.service.states import advance
from pilot.secrecy.tables import KeyRow, PaperRow, StageRow, StampRow


async def close(session: AsyncSession, box_id: int, *, now: datetime) -> None:
    """Freeze the box and its list of envelopes; destroy the stamp key and the answers to stamp requests.

    Refuses before the manifest's closing time. Raises Broken, which nobody catches, when box and log disagree.
    """
    box = await queries.box(session, box_id, lock=True)
    move(box.state, "close")
    if now < box.closes:
        raise WrongState("Voting is still open.")
    envelopes = await queries.envelopes(session, box_id)
    names = {v: sha256(sealed).hexdigest() for v, sealed in envelopes.items()}
    entries = leaves.read_all(await queries.log(session, box_id))
    counts = leaves.agreed(entries, await queries.stamps_used(session, box_id), names)
    stage = peels.stage(list(envelopes.values()))
    name = sha256(stage).hexdigest()
    await append_published(session, box, leaves.close_leaf(box.digest, box.manifest.roll.size, counts, name))
    session.add(StageRow(box_id=box_id, layer=0, hashes=stage, statement=None))
    await session.execute(delete(StampRow).where(StampRow.box_id == box_id))
    await advance(session, box, "close", stamp_secret=None)


async def peel(session: AsyncSession, box_id: int) -> Final:
    """Let every trustee in the server's custody open its layer, in order; judge the papers; destroy the keys.

    Refuses before the close, and a second time.
    """
    box = await queries.box(session, box_id, lock=True)
    move(box.state, "peel")
    envelopes = list((await queries.envelopes(session, box_id)).values())
    keys = await queries.keys(session, box_id)
    entries = leaves.read_all(await queries.log(session, box_id))
    done, judged = await asyncio.to_thread(_open, box, envelopes, keys, entries[-1]["sha256"])
    for one in done:
        entry = peels.entry(one.statement, one.signature)
        hashes, statement = peels.stage(one.items), canonical.to_bytes(entry)
        session.add(StageRow(box_id=box_id, layer=one.statement.i, hashes=hashes, statement=statement))
        box = await append_published(session, box, leaves.peel_leaf(entry))
    session.add_all(_paper_row(box_id, one) for one in judged)
    root = tree.root(record.paper_lines(judged)).hex()
    await append_published(
        session, box, leaves.final_leaf(box.digest, root, *(len(papers.of(judged, v)) for v in papers.Verdict))
    )
    await session.execute(delete(KeyRow).where(KeyRow.box_id == box_id))
    await advance(session, box, "peel")
    return await final(session, box_id)


def _open(
    box: queries.Standing, envelopes: Sequence[bytes], keys: Sequence[tuple[bytes, bytes]], listed: str
) -> tuple[list[peels.Peeled], tuple[papers.Judged, ...]]:
    """Every peel in order, then the judgement of the last list. `listed` is the hash that the close gave."""
    items, expected, done = tuple(envelopes), listed, []
    for layer, (seal_secret, sign_secret) in enumerate(keys, start=1):
        task = peels.Task(box.digest, layer, len(keys), box.manifest.padded, expected)
        signer = Ed25519PrivateKey.from_private_bytes(sign_secret)
        one = peels.peel(items, task, seal.read_seal_secret(seal_secret), signer)
        done.append(one)
        items, expected = one.items, one.statement.sha256_out
    return done, papers.judge_all(items, box.manifest, box.digest)


def _paper_row(box_id: int, one: papers.Judged) -> PaperRow:
    paper, stamp = papers.kept(one)
    found = {"paper": paper, "stamp": stamp, "verdict": one.verdict.value, "reason": one.reason}
    return PaperRow(box_id=box_id, inner_sha256=one.inner, **found)


async def final(session: AsyncSession, box_id: int) -> Final:
    """What came out of a peeled box; refuses before."""
    box = await queries.box(session, box_id)
    if box.state != State.PEELED:
        raise WrongState("The votes have not been opened yet.")
    judged = await queries.judged(session, box_id, box.manifest.questions)
    statements = [
        peels.read_entry(canonical.read(text))[0] for _, text in await queries.stages(session, box_id) if text
    ]
    entries = leaves.read_all(await queries.log(session, box_id))
    closed = next(entry for entry in entries if entry["type"] == "close")
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
    )


def _left(judged: Sequence[papers.Judged]) -> tuple[Left, ...]:
    return tuple(Left(one.inner, one.reason) for one in judged)
