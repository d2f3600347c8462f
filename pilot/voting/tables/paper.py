"""The tables of votes on paper: tellers, who was given a paper, what tellers sign, and the pile that was put in.

None of them holds an answer, and none holds a time finer than a day.
"""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, LargeBinary, String, Text, UniqueConstraint
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
    """One person who was given a vote on paper, by the number under which the sealed box knows them."""

    __tablename__ = "paper_given"
    __table_args__ = (ForeignKeyConstraint(["ballot_id", "v"], ["elector.ballot_id", "elector.v"]),)
    ballot_id: Mapped[int] = mapped_column(primary_key=True)
    v: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)


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
    """The one pile of papers of a ballot that tellers put into the box, as numbers: what was given and what came back.

    `present` names the two tellers who typed it; `why_fewer` says why papers are missing.
    """

    __tablename__ = "paper_pile"
    __table_args__ = (
        CheckConstraint("cast_count BETWEEN 1 AND given_count", name="no_more_than_given"),
        CheckConstraint("(cast_count < given_count) = (why_fewer IS NOT NULL)", name="fewer_for_a_reason"),
        CheckConstraint("present <> '' AND why_fewer <> ''", name="said"),
    )
    ballot_id: Mapped[int] = mapped_column(ForeignKey("ballot.id"), primary_key=True, autoincrement=False)
    given_count: Mapped[int]
    cast_count: Mapped[int]
    why_fewer: Mapped[str | None] = mapped_column(Text)
    present: Mapped[str] = mapped_column(String(250))
    put_in_on: Mapped[date]
