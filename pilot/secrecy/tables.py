"""The tables of the sealed box.

None of them holds a time but the published one at which the box closes, and nothing near a paper holds a voter or a
sequence: papers are stored by their own hash. The log's leaves have numbers, since the log is published; they hold no
answer.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pilot.store import Row, UtcDateTime


class BoxRow(Row):
    """A box. The stamp key is in it until it closes, and gone afterwards; signatures.json from when all have signed.

    `closes_at` is when it closes as things stand: the manifest's time, or a later one that the log tells of.
    `size` and `frontier` are the log's: how many leaves, and the roots of its perfect subtrees, largest first, joined.
    """

    __tablename__ = "secrecy_box"
    __table_args__ = (
        CheckConstraint("state IN ('signing', 'collecting', 'closed', 'peeled', 'erased')", name="state"),
        CheckConstraint(
            "(state IN ('signing', 'collecting')) = (stamp_secret IS NOT NULL)", name="stamp_key_until_it_closes"
        ),
        CheckConstraint("state IN ('signing', 'erased') OR length(signatures) > 0", name="signed_before_collecting"),
        CheckConstraint("NOT suspended OR state = 'collecting'", name="suspended_while_collecting"),
        CheckConstraint("size >= 0", name="size"),
        CheckConstraint("length(frontier) % 32 = 0", name="frontier_of_whole_hashes"),
    )
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    state: Mapped[str] = mapped_column(String(10))
    manifest: Mapped[bytes] = mapped_column(LargeBinary)
    signatures: Mapped[bytes] = mapped_column(LargeBinary)
    stamp_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    closes_at: Mapped[datetime] = mapped_column(UtcDateTime)
    suspended: Mapped[bool] = mapped_column(default=False)
    size: Mapped[int] = mapped_column(default=0)
    frontier: Mapped[bytes] = mapped_column(LargeBinary, default=b"")


class SignatureRow(Row):
    """A trustee's signature of the manifest."""

    __tablename__ = "secrecy_signature"
    __table_args__ = (CheckConstraint("length(signature) = 64", name="signature_is_64_bytes"),)
    box_id: Mapped[int] = mapped_column(ForeignKey("secrecy_box.id"), primary_key=True)
    layer: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    signature: Mapped[bytes] = mapped_column(LargeBinary)


class KeyRow(Row):
    """A trustee's keys in the server's custody; deleted when the box is peeled. There is none of a trustee's own."""

    __tablename__ = "secrecy_key"
    box_id: Mapped[int] = mapped_column(ForeignKey("secrecy_box.id"), primary_key=True)
    layer: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    seal_secret: Mapped[bytes] = mapped_column(LargeBinary)
    sign_secret: Mapped[bytes] = mapped_column(LargeBinary)


class SlotRow(Row):
    """One entitled person, known here only by the random number v."""

    __tablename__ = "secrecy_slot"
    __table_args__ = (
        CheckConstraint("length(v) = 16", name="v_is_16_bytes"),
        CheckConstraint("stamps_used BETWEEN 0 AND 3", name="at_most_three_stamps"),
        CheckConstraint("envelopes_cast BETWEEN 0 AND stamps_used", name="an_envelope_for_each_stamp"),
    )
    box_id: Mapped[int] = mapped_column(ForeignKey("secrecy_box.id"), primary_key=True)
    v: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    stamps_used: Mapped[int] = mapped_column(default=0)
    envelopes_cast: Mapped[int] = mapped_column(default=0)
    cancelled: Mapped[bool] = mapped_column(default=False)


class OnPaperRow(Row):
    """Somebody who voted on paper: what the tellers have used for the paper that they seal under this v.

    Three stamps, so that a computer may fail between the stamp and the sealed vote, and one envelope, which stays.
    """

    __tablename__ = "secrecy_on_paper"
    __table_args__ = (
        ForeignKeyConstraint(["box_id", "v"], ["secrecy_slot.box_id", "secrecy_slot.v"]),
        CheckConstraint("stamps_used BETWEEN 0 AND 3", name="at_most_three_stamps"),
        CheckConstraint("envelopes_cast BETWEEN 0 AND 1", name="one_envelope"),
        CheckConstraint("envelopes_cast <= stamps_used", name="an_envelope_with_a_stamp"),
    )
    box_id: Mapped[int] = mapped_column(primary_key=True)
    v: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    stamps_used: Mapped[int] = mapped_column(default=0)
    envelopes_cast: Mapped[int] = mapped_column(default=0)


class StampRow(Row):
    """The answer to one stamp request, kept until close so that the same request gets the same answer."""

    __tablename__ = "secrecy_stamp"
    __table_args__ = (
        ForeignKeyConstraint(["box_id", "v"], ["secrecy_slot.box_id", "secrecy_slot.v"]),
        CheckConstraint("length(signature) = 384", name="signature_is_384_bytes"),
    )
    box_id: Mapped[int] = mapped_column(primary_key=True)
    v: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    blinded_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    signature: Mapped[bytes] = mapped_column(LargeBinary)


class EnvelopeRow(Row):
    """The one envelope of a person; a later one takes its place."""

    __tablename__ = "secrecy_envelope"
    __table_args__ = (
        ForeignKeyConstraint(["box_id", "v"], ["secrecy_slot.box_id", "secrecy_slot.v"]),
        UniqueConstraint("box_id", "sha256"),
    )
    box_id: Mapped[int] = mapped_column(primary_key=True)
    v: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class LeafRow(Row):
    """One leaf of the log, numbered from 0 without a gap; only ever added. `sha256` is an envelope's.

    `node` is the root of the largest perfect subtree that ends with this leaf: from a few of them comes every proof.
    """

    __tablename__ = "secrecy_leaf"
    __table_args__ = (
        UniqueConstraint("box_id", "sha256"),
        CheckConstraint("number >= 0", name="number_from_0"),
        CheckConstraint("length(node) = 32", name="node_is_32_bytes"),
    )
    box_id: Mapped[int] = mapped_column(ForeignKey("secrecy_box.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    sha256: Mapped[str | None] = mapped_column(String(64))
    node: Mapped[bytes] = mapped_column(LargeBinary)


class CheckpointRow(Row):
    """A signed checkpoint that is published: after the close, after each peel, and after every later leaf."""

    __tablename__ = "secrecy_checkpoint"
    __table_args__ = (CheckConstraint("size > 0", name="size"),)
    box_id: Mapped[int] = mapped_column(ForeignKey("secrecy_box.id"), primary_key=True)
    size: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    text: Mapped[bytes] = mapped_column(LargeBinary)


class ItemRow(Row):
    """One item of the list that waits for the next trustee, stored by its own hash; gone when the next list is there.

    The first list is the envelopes themselves, and the last one is the papers.
    """

    __tablename__ = "secrecy_item"
    box_id: Mapped[int] = mapped_column(ForeignKey("secrecy_box.id"), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)


class StageRow(Row):
    """The list after `layer` peels, 0 to all, as its stage file; from 1 with the trustee's signed statement."""

    __tablename__ = "secrecy_stage"
    __table_args__ = (CheckConstraint("(layer = 0) = (statement IS NULL)", name="statement_of_each_peel"),)
    box_id: Mapped[int] = mapped_column(ForeignKey("secrecy_box.id"), primary_key=True)
    layer: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    hashes: Mapped[bytes] = mapped_column(LargeBinary)
    statement: Mapped[bytes | None] = mapped_column(LargeBinary)


class PaperRow(Row):
    """One item of the last list, stored by its own hash.

    Without a stamp `paper` is the whole item: paper and stamp alone would not make it again.
    """

    __tablename__ = "secrecy_paper"
    __table_args__ = (CheckConstraint("verdict IN ('valid', 'spoilt', 'set aside')", name="verdict"),)
    box_id: Mapped[int] = mapped_column(ForeignKey("secrecy_box.id"), primary_key=True)
    inner_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    paper: Mapped[bytes] = mapped_column(LargeBinary)
    stamp: Mapped[bytes] = mapped_column(LargeBinary)
    verdict: Mapped[str] = mapped_column(String(9))
    reason: Mapped[str] = mapped_column(String(80))


class LogKeyRow(Row):
    """The one key with which this installation signs its logs and records."""

    __tablename__ = "secrecy_log_key"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    secret: Mapped[bytes] = mapped_column(LargeBinary)
