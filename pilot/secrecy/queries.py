"""What the sealed box is asked."""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import lru_cache

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import NotFound, WrongState
from pilot.secrecy import manifest as manifests
from pilot.secrecy import papers, tree
from pilot.secrecy.box import Doors, Promise, State
from pilot.secrecy.leaves import Used
from pilot.secrecy.tables import (
    BoxRow,
    CheckpointRow,
    EnvelopeRow,
    ItemRow,
    KeyRow,
    LeafRow,
    LogKeyRow,
    OnPaperRow,
    PaperRow,
    SignatureRow,
    SlotRow,
    StageRow,
    StampRow,
)


class Standing(Struct, frozen=True):
    """A box as it stands now. `stamp_secret` is None from the close on.

    `closes` is the time that holds now. `size` and `frontier` are the log's (see `tree.grown`), `log_secret` the
    installation's key for checkpoints.
    """

    id: int
    state: State
    digest: str
    text: bytes
    signatures: bytes
    manifest: manifests.Manifest
    stamp_secret: bytes | None
    closes: datetime
    suspended: bool
    size: int
    frontier: tuple[bytes, ...]
    log_secret: bytes

    @property
    def doors(self) -> Doors:
        """What decides whether it takes votes."""
        return Doors(self.state, self.manifest.opens, self.closes, self.suspended)


class Slot(Struct, frozen=True):
    """What one entitled person has done: stamps, different envelopes, and whether a paper vote cancelled them."""

    stamps_used: int
    envelopes_cast: int
    cancelled: bool


class OnPaper(Struct, frozen=True):
    """What tellers have used for somebody who voted on paper: stamps, and the one envelope."""

    stamps_used: int
    envelopes_cast: int


class Closed(Struct, frozen=True):
    """The closing leaf: its number and body, and the text of the signed checkpoint that it ends."""

    number: int
    body: bytes
    checkpoint: bytes


_read = lru_cache(maxsize=64)(manifests.read)
"""A manifest never changes, and checking its keys takes longer than the rest of a request."""


COLUMNS = (
    BoxRow.id,
    BoxRow.state,
    BoxRow.digest,
    BoxRow.manifest,
    BoxRow.signatures,
    BoxRow.stamp_secret,
    BoxRow.closes_at,
    BoxRow.suspended,
    BoxRow.size,
    BoxRow.frontier,
)


async def box(session: AsyncSession, box_id: int, *, lock: bool = False) -> Standing:
    """The box; with `lock`, nobody else writes to it until this transaction ends."""
    log_key = select(LogKeyRow.secret).scalar_subquery()
    wanted = select(*COLUMNS, log_key.label("log_secret")).where(BoxRow.id == box_id)
    found = (await session.execute(wanted.with_for_update(of=BoxRow) if lock else wanted)).one_or_none()
    if found is None:
        raise NotFound("There is no such vote.")
    return Standing(
        found.id,
        State(found.state),
        found.digest,
        found.manifest,
        found.signatures,
        _read(found.manifest),
        found.stamp_secret,
        found.closes_at,
        found.suspended,
        found.size,
        tree.hashes(found.frontier),
        found.log_secret,
    )


async def opened(session: AsyncSession, box_id: int) -> Standing:
    """The box, when all trustees have opened it and its papers are judged; refuses before."""
    found = await box(session, box_id)
    papers_out = found.state == State.PEELED or (found.state == State.ERASED and await stages(session, box_id))
    if not papers_out:
        raise WrongState("The votes have not been opened yet.")
    return found


async def signatures(session: AsyncSession, box_id: int) -> dict[int, bytes]:
    """The trustees' signatures of the manifest so far, by place in the order of opening."""
    wanted = select(SignatureRow.layer, SignatureRow.signature).where(SignatureRow.box_id == box_id)
    return {row.layer: row.signature for row in (await session.execute(wanted)).all()}


async def promises(session: AsyncSession, box_ids: Collection[int]) -> dict[int, Promise]:
    """What was promised of each of these boxes, by box; no secret is read. A box that is not there is left out."""
    columns = (BoxRow.id, BoxRow.digest, BoxRow.manifest, BoxRow.signatures)
    rows = await session.execute(select(*columns).where(BoxRow.id.in_(box_ids)))
    return {box_id: Promise(digest, text, signatures, _read(text)) for box_id, digest, text, signatures in rows}


async def slot(session: AsyncSession, box_id: int, v: bytes, *, lock: bool = False) -> Slot | None:
    """The person's slot, or None when v is not on the roll; with `lock`, this person's requests go one by one."""
    wanted = select(SlotRow.stamps_used, SlotRow.envelopes_cast, SlotRow.cancelled).where(
        SlotRow.box_id == box_id, SlotRow.v == v
    )
    found = (await session.execute(wanted.with_for_update() if lock else wanted)).one_or_none()
    return None if found is None else Slot(*found)


async def on_paper(session: AsyncSession, box_id: int, v: bytes) -> OnPaper | None:
    """What tellers have used for this person; None when they did not vote on paper."""
    wanted = select(OnPaperRow.stamps_used, OnPaperRow.envelopes_cast).where(
        OnPaperRow.box_id == box_id, OnPaperRow.v == v
    )
    found = (await session.execute(wanted)).one_or_none()
    return None if found is None else OnPaper(*found)


async def on_paper_counts(session: AsyncSession, box_id: int) -> tuple[int, int]:
    """How many people were given a vote on paper, and how many papers tellers put into the box."""
    wanted = select(func.count(), func.coalesce(func.sum(OnPaperRow.envelopes_cast), 0))
    given, cast = (await session.execute(wanted.where(OnPaperRow.box_id == box_id))).one()
    return int(given), int(cast)


async def on_paper_voters(session: AsyncSession, box_id: int) -> list[bytes]:
    """Each v that voted on paper."""
    return list((await session.execute(select(OnPaperRow.v).where(OnPaperRow.box_id == box_id))).scalars())


async def without_paper(session: AsyncSession, box_id: int) -> list[bytes]:
    """Each v that voted on paper and has no paper of the tellers in the box, sorted."""
    wanted = select(OnPaperRow.v).where(OnPaperRow.box_id == box_id, OnPaperRow.envelopes_cast == 0)
    return sorted((await session.execute(wanted)).scalars())


async def stamp_given(session: AsyncSession, box_id: int, v: bytes, blinded_sha256: str) -> bytes | None:
    """The answer already given to this very request of this person."""
    mine = (StampRow.box_id == box_id, StampRow.v == v, StampRow.blinded_sha256 == blinded_sha256)
    return (await session.execute(select(StampRow.signature).where(*mine))).scalar_one_or_none()


async def envelope_leaf(session: AsyncSession, box_id: int, sha256: str) -> tuple[int, bytes] | None:
    """Number and body of the leaf of the envelope with this hash, whoever handed it in and whether it still counts."""
    wanted = select(LeafRow.number, LeafRow.body).where(LeafRow.box_id == box_id, LeafRow.sha256 == sha256)
    found = (await session.execute(wanted)).one_or_none()
    return None if found is None else (found.number, found.body)


async def roots(session: AsyncSession, box_id: int, spans: Sequence[tree.Span]) -> list[bytes]:
    """The roots of these subtrees of the log, out of a few leaves."""
    if not spans:
        return []
    numbers = tree.needed(spans)
    wanted = select(LeafRow.number, LeafRow.body, LeafRow.node).where(
        LeafRow.box_id == box_id, LeafRow.number.in_(numbers)
    )
    rows = (await session.execute(wanted)).all()
    return tree.Nodes({number: (tree.leaf_hash(body), node) for number, body, node in rows}).roots(spans)


async def log(session: AsyncSession, box_id: int) -> list[bytes]:
    """All leaves in order."""
    wanted = select(LeafRow.body).where(LeafRow.box_id == box_id).order_by(LeafRow.number)
    return list((await session.execute(wanted)).scalars())


async def checkpoints(session: AsyncSession, box_id: int) -> list[bytes]:
    """The signed checkpoints that are published, by size."""
    wanted = select(CheckpointRow.text).where(CheckpointRow.box_id == box_id).order_by(CheckpointRow.size)
    return list((await session.execute(wanted)).scalars())


async def closed(session: AsyncSession, box_id: int) -> Closed:
    """The closing leaf of a box that has closed: the one of its first published checkpoint."""
    wanted = (
        select(LeafRow.number, LeafRow.body, CheckpointRow.text)
        .join(CheckpointRow, (CheckpointRow.box_id == LeafRow.box_id) & (CheckpointRow.size == LeafRow.number + 1))
        .where(LeafRow.box_id == box_id)
        .order_by(LeafRow.number)
        .limit(1)
    )
    return Closed(*(await session.execute(wanted)).one())


async def slots(session: AsyncSession, box_id: int) -> dict[str, Used]:
    """Stamps and votes on paper by v in hex, for the whole roll."""
    by_tellers = func.coalesce(OnPaperRow.stamps_used, 0).label("by_tellers")
    wanted = (
        select(SlotRow.v, SlotRow.stamps_used, SlotRow.cancelled, by_tellers)
        .join(OnPaperRow, (OnPaperRow.box_id == SlotRow.box_id) & (OnPaperRow.v == SlotRow.v), isouter=True)
        .where(SlotRow.box_id == box_id)
    )
    rows = (await session.execute(wanted)).all()
    return {row.v.hex(): Used(row.stamps_used, row.cancelled, row.by_tellers) for row in rows}


async def items(session: AsyncSession, box_id: int, number: int) -> list[bytes]:
    """The list that trustee `number` opens, or the papers after the last one: sorted by hash."""
    first = select(EnvelopeRow.sealed).where(EnvelopeRow.box_id == box_id).order_by(EnvelopeRow.sha256)
    later = select(ItemRow.body).where(ItemRow.box_id == box_id).order_by(ItemRow.sha256)
    return list((await session.execute(first if number == 1 else later)).scalars())


async def envelopes(session: AsyncSession, box_id: int) -> dict[str, bytes]:
    """The envelopes that lie in the box, by v in hex."""
    wanted = select(EnvelopeRow.v, EnvelopeRow.sealed).where(EnvelopeRow.box_id == box_id)
    return {v.hex(): sealed for v, sealed in (await session.execute(wanted)).all()}


async def envelope_count(session: AsyncSession, box_id: int) -> int:
    """How many people have an envelope in the box."""
    wanted = select(func.count()).select_from(EnvelopeRow).where(EnvelopeRow.box_id == box_id)
    return (await session.execute(wanted)).scalar_one()


async def keys(session: AsyncSession, box_id: int) -> dict[int, tuple[bytes, bytes]]:
    """The sealing and signing secrets in the server's custody, by the trustee's place in the order of opening."""
    wanted = select(KeyRow.layer, KeyRow.seal_secret, KeyRow.sign_secret).where(KeyRow.box_id == box_id)
    return {row.layer: (row.seal_secret, row.sign_secret) for row in (await session.execute(wanted)).all()}


async def stages(session: AsyncSession, box_id: int) -> list[tuple[bytes, bytes | None]]:
    """Stage file and signed statement after 0, 1, … peels."""
    wanted = select(StageRow.hashes, StageRow.statement).where(StageRow.box_id == box_id).order_by(StageRow.layer)
    return [(hashes, statement) for hashes, statement in (await session.execute(wanted)).all()]


async def judged(session: AsyncSession, box_id: int, questions: Sequence[manifests.Question]) -> list[papers.Judged]:
    """The items of the last list with their verdicts, sorted by hash."""
    wanted = select(PaperRow).where(PaperRow.box_id == box_id).order_by(PaperRow.inner_sha256)
    rows = (await session.execute(wanted)).scalars()
    return [_judged(row, questions) for row in rows]


def _judged(row: PaperRow, questions: Sequence[manifests.Question]) -> papers.Judged:
    kept = {"inner": row.inner_sha256, "reason": row.reason}
    return papers.stored(papers.Verdict(row.verdict), questions, paper=row.paper, stamp_=row.stamp, **kept)


async def log_secret(session: AsyncSession) -> bytes | None:
    """The installation's log key, or None before it is made."""
    return (await session.execute(select(LogKeyRow.secret))).scalar_one_or_none()
