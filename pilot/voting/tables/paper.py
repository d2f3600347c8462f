"""The tables of votes on paper: tellers, who was given a paper, what tellers sign, and the pile that was put in.

None of them holds an answer, and none holds a time finer than a day.
"""

from datetime import date

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from pilot.store import Row
from pilot.voting.tables.ballots import listed
from pilot.voting.trustees import SIDES


class TellerRow(Row):
    """Somebody who gives out papers of one ballot, and puts them into the box together with another teller.

    In the manifest they stand in the order of `id`. The keys are the public halves of their key file, and
    `confirmed_by` compared their number with them; only the signing key is used.
    """

    __tablename__ = "teller"
    __table_args__ = (
        UniqueConstraint("ballot_id", "account_id"),
        UniqueConstraint("ballot_id", "name"),
        UniqueConstraint("ballot_id", "sign_key"),
        CheckConstraint(f"side IN ({listed(SIDES)})", name="side"),
        CheckConstraint("name <> ''", name="named"),
        CheckConstraint("length(seal_key) = 65 AND length(sign_key) = 32", name="keys_have_their_lengths"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    ballot_id: Mapped[int] = mapped_column(ForeignKey("ballot.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    side: Mapped[str] = mapped_column(String(10))
    seal_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_key: Mapped[bytes] = mapped_column(LargeBinary)
    confirmed_by: Mapped[str] = mapped_column(String(80))


class PaperGivenRow(Row):
    """One person who was given a vote on paper, by the number under which the sealed box knows them, and who gave it.

    No time and no order: when somebody asked for a paper is nobody's business.
    """

    __tablename__ = "paper_given"
    __table_args__ = (
        ForeignKeyConstraint(["ballot_id", "v"], ["elector.ballot_id", "elector.v"]),
        {"sqlite_with_rowid": False},  # a row number would tell the order in which people came
    )
    ballot_id: Mapped[int] = mapped_column(primary_key=True)
    v: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    teller_id: Mapped[int] = mapped_column(ForeignKey("teller.id"))


class TellerSignatureRow(Row):
    """One teller's signature that a person votes on paper."""

    __tablename__ = "teller_signature"
    __table_args__ = (
        ForeignKeyConstraint(["ballot_id", "v"], ["paper_given.ballot_id", "paper_given.v"]),
        CheckConstraint("length(signature) = 64", name="signature_is_64_bytes"),
    )
    ballot_id: Mapped[int] = mapped_column(primary_key=True)
    v: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    teller_id: Mapped[int] = mapped_column(ForeignKey("teller.id"), primary_key=True)
    signature: Mapped[bytes] = mapped_column(LargeBinary)


class PaperPileRow(Row):
    """The one pile of papers of a ballot: what was given and what came back, in numbers, and who put it in.

    `first_id` sealed it. It is in the box when a second teller has confirmed `number`, which stands for all its sealed
    papers. Until then they wait in `sealed`, by v taken at random; a pile that nobody confirmed before the close has
    none any more. `why_fewer` says why papers are missing.
    """

    __tablename__ = "paper_pile"
    __table_args__ = (
        CheckConstraint("cast_count BETWEEN 1 AND given_count", name="no_more_than_given"),
        CheckConstraint("(cast_count < given_count) = (why_fewer IS NOT NULL)", name="fewer_for_a_reason"),
        CheckConstraint("why_fewer <> ''", name="said"),
        CheckConstraint("(second_id IS NULL) = (put_in_on IS NULL)", name="in_when_confirmed"),
        CheckConstraint("second_id <> first_id", name="two_tellers"),
        CheckConstraint("second_id IS NULL OR sealed IS NULL", name="waits_or_is_in"),
    )
    ballot_id: Mapped[int] = mapped_column(ForeignKey("ballot.id"), primary_key=True, autoincrement=False)
    given_count: Mapped[int]
    cast_count: Mapped[int]
    why_fewer: Mapped[str | None] = mapped_column(Text)
    number: Mapped[str] = mapped_column(String(16))
    first_id: Mapped[int] = mapped_column(ForeignKey("teller.id"))
    second_id: Mapped[int | None] = mapped_column(ForeignKey("teller.id"))
    sealed: Mapped[dict[str, str] | None] = mapped_column(JSON(none_as_null=True))
    put_in_on: Mapped[date | None]
