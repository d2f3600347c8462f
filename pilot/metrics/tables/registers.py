"""The tables of lists about trusts, and of staff movements by month and group. No row is about a person."""

from datetime import date, datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pilot.store import Row, UtcDateTime

CODE = String(8)
NAME = String(80)
RATINGS = "('Outstanding', 'Good', 'Requires improvement', 'Inadequate')"


class RegisterFileRow(Row):
    """One file of a register that was taken, with what proves later which file it was."""

    __tablename__ = "register_file"
    __table_args__ = (CheckConstraint("kind IN ('ratings', 'trusts', 'successors')", name="kind"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10), index=True)
    filename: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64))
    vintage: Mapped[str] = mapped_column(NAME)
    source: Mapped[str] = mapped_column(String(200))
    rows: Mapped[int]
    entries: Mapped[int]
    notes: Mapped[list[str]] = mapped_column(JSON)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_by: Mapped[str] = mapped_column(String(40))


class ListedTrustRow(Row):
    """One trust on the list of the Organisation Data Service. The whole list is replaced by the next."""

    __tablename__ = "listed_trust"
    __table_args__ = (CheckConstraint("closed_on IS NULL OR closed_on >= opened_on", name="closes_after_opening"),)
    trust: Mapped[str] = mapped_column(CODE, primary_key=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("register_file.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    region: Mapped[str] = mapped_column(String(10))
    board: Mapped[str] = mapped_column(String(10))
    opened_on: Mapped[date]
    closed_on: Mapped[date | None]


class RatingRow(Row):
    """What the Care Quality Commission published about a trust on a day; NULL where that was not rated."""

    __tablename__ = "cqc_rating"
    __table_args__ = (
        CheckConstraint(f"overall IN {RATINGS}", name="overall"),
        CheckConstraint(f"well_led IN {RATINGS}", name="well_led"),
    )
    trust: Mapped[str] = mapped_column(CODE, primary_key=True)
    published_on: Mapped[date] = mapped_column(primary_key=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("register_file.id"), index=True)
    overall: Mapped[str | None] = mapped_column(String(20))
    well_led: Mapped[str | None] = mapped_column(String(20))


class SuccessionRow(Row):
    """One trust that became another. The whole list is replaced by the next."""

    __tablename__ = "succession"
    __table_args__ = (CheckConstraint("old <> new", name="another"),)
    old: Mapped[str] = mapped_column(CODE, primary_key=True)
    new: Mapped[str] = mapped_column(CODE, primary_key=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("register_file.id"), index=True)
    succeeded_on: Mapped[date]


class MovementRow(Row):
    """One staff group of one trust in one month, in numbers of people that add up. Small ones are never shown."""

    __tablename__ = "movement"
    __table_args__ = (
        UniqueConstraint("import_id", "trust", "month", "staff_group"),
        CheckConstraint("leavers = leavers_to_nhs + retired + end_of_contract + other_reasons", name="reasons"),
        CheckConstraint(
            "headcount_start + joiners + moved_in - leavers - moved_out = headcount_end", name="headcount_adds_up"
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("measure_import.id"))
    trust: Mapped[str] = mapped_column(CODE)
    month: Mapped[str] = mapped_column(String(10))
    staff_group: Mapped[str] = mapped_column(String(60))
    headcount_start: Mapped[int]
    headcount_end: Mapped[int]
    joiners: Mapped[int]
    leavers: Mapped[int]
    leavers_to_nhs: Mapped[int]
    retired: Mapped[int]
    end_of_contract: Mapped[int]
    other_reasons: Mapped[int]
    moved_in: Mapped[int]
    moved_out: Mapped[int]
