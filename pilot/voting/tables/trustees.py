"""The tables of the trustees who keep keys of their own, and of who opens the sealed votes of which ballot."""

from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    literal_column,
)
from sqlalchemy.orm import Mapped, mapped_column

from pilot.store import Row, UtcDateTime
from pilot.voting.tables.ballots import listed
from pilot.voting.trustees import SIDES, Standing

NOT_RETIRED: ColumnElement[bool] = literal_column("state <> 'retired'")


class TrusteeRow(Row):
    """Somebody who opens sealed votes with keys of their own: in the key file that they keep, never here.

    `role` is how the manifest names their part. `seal_key` (65 bytes) and `sign_key` (32 bytes) are the public halves
    that they registered; the returning officer confirms their fingerprint with them (`confirmed_by`). `registered_as`
    is the name in their registration file, which may be another one than `name`.
    `deputy` keeps the encrypted backup of the key file and has opened it for the drill on `drilled_on`;
    `drill_challenge` is the text that a drill under way must give back. When the deputy stands in, `account_id` is
    theirs, `name` stays as the manifests have it, and `replaced_because` says why.
    """

    __tablename__ = "trustee"
    __table_args__ = (
        CheckConstraint(f"state IN ({listed(Standing)})", name="state"),
        CheckConstraint(f"side IN ({listed(SIDES)})", name="side"),
        CheckConstraint("name <> '' AND role <> '' AND deputy <> ''", name="named"),
        CheckConstraint("(seal_key IS NULL) = (sign_key IS NULL)", name="both_keys"),
        CheckConstraint("length(seal_key) = 65 AND length(sign_key) = 32", name="keys_have_their_lengths"),
        CheckConstraint(
            "state NOT IN ('registered', 'confirmed') OR seal_key IS NOT NULL", name="registered_with_keys"
        ),
        CheckConstraint("state <> 'confirmed' OR confirmed_by IS NOT NULL", name="confirmed_by_somebody"),
        CheckConstraint("state NOT IN ('invited', 'registered') OR confirmed_by IS NULL", name="confirmed_last"),
        CheckConstraint("drilled_on IS NULL OR confirmed_by IS NOT NULL", name="drilled_when_confirmed"),
        CheckConstraint("(replaced_on IS NULL) = (replaced_because IS NULL)", name="replaced_for_a_reason"),
        Index(
            "uq_trustee_sign_key",
            "trust",
            "sign_key",
            unique=True,
            sqlite_where=NOT_RETIRED,
            postgresql_where=NOT_RETIRED,
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    trust: Mapped[str] = mapped_column(String(8), ForeignKey("trust.ods_code"), index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    email: Mapped[str] = mapped_column(String(254))
    role: Mapped[str] = mapped_column(String(120))
    side: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10))
    seal_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    sign_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    registered_as: Mapped[str | None] = mapped_column(String(120))
    confirmed_by: Mapped[str | None] = mapped_column(String(80))
    deputy: Mapped[str] = mapped_column(String(120))
    drill_challenge: Mapped[str | None] = mapped_column(String(120))
    drilled_on: Mapped[date | None]
    replaced_on: Mapped[date | None]
    replaced_because: Mapped[str | None] = mapped_column(Text)


class BallotTrusteeRow(Row):
    """Who opens the sealed votes of a ballot, in the order of `layer` from 1; without a trustee, the server does.

    `side` is for whom they stand; `opened_at` is when what they opened was taken, and `deputy_because` why it was their
    deputy who opened it, None when it was they themselves.
    """

    __tablename__ = "ballot_trustee"
    __table_args__ = (
        UniqueConstraint("ballot_id", "trustee_id"),
        CheckConstraint("layer BETWEEN 1 AND 9", name="layer"),
        CheckConstraint(
            "deputy_because IS NULL OR opened_at IS NOT NULL AND trustee_id IS NOT NULL", name="deputy_opened"
        ),
        CheckConstraint(f"side IN ({listed(SIDES)})", name="side"),
    )
    ballot_id: Mapped[int] = mapped_column(ForeignKey("ballot.id"), primary_key=True, autoincrement=False)
    layer: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    trustee_id: Mapped[int | None] = mapped_column(ForeignKey("trustee.id"), index=True)
    side: Mapped[str] = mapped_column(String(10))
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    deputy_because: Mapped[str | None] = mapped_column(Text)
