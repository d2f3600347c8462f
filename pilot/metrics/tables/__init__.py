"""The tables of measures, arms and comparisons. No row of any of them is about a person."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pilot.store import Row, UtcDateTime

NAME = String(80)
CODE = String(8)
STATUSES = ("prespecified", "exploratory", "exploratory, not randomised")


class DatasetRow(Row):
    """Trusts that are compared with each other: those of the programme, or a named panel of others."""

    __tablename__ = "dataset"
    __table_args__ = (CheckConstraint("kind IN ('programme', 'other')", name="kind"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(NAME, unique=True)
    kind: Mapped[str] = mapped_column(String(9))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_by: Mapped[str] = mapped_column(String(40))


class ImportRow(Row):
    """One file that was taken, with what proves later which file it was."""

    __tablename__ = "measure_import"
    __table_args__ = (CheckConstraint("numbers + missing > 0", name="not_empty"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    dataset_id: Mapped[int] = mapped_column(ForeignKey("dataset.id"), index=True)
    instrument: Mapped[str] = mapped_column(NAME)
    filename: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64))
    vintage: Mapped[str] = mapped_column(NAME)
    source: Mapped[str] = mapped_column(String(200))
    rows: Mapped[int]
    trusts: Mapped[int]
    numbers: Mapped[int]
    missing: Mapped[int]
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_by: Mapped[str] = mapped_column(String(40))


class StagedRow(Row):
    """A file that its owner has sent and not yet confirmed. It is deleted when it is confirmed, left, or a day old."""

    __tablename__ = "staged_measures"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(String(40), index=True)
    dataset: Mapped[str] = mapped_column(NAME)
    kind: Mapped[str] = mapped_column(String(9))
    instrument: Mapped[str] = mapped_column(NAME)
    vintage: Mapped[str] = mapped_column(NAME)
    source: Mapped[str] = mapped_column(String(200))
    filename: Mapped[str] = mapped_column(String(200))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    roles: Mapped[list[str]] = mapped_column(JSON)
    staged_at: Mapped[datetime] = mapped_column(UtcDateTime)


class MeasureRow(Row):
    """One outcome by one instrument in one dataset. A rate has no values of its own: it is worked out from counts."""

    __tablename__ = "measure"
    __table_args__ = (
        UniqueConstraint("dataset_id", "instrument", "outcome"),
        CheckConstraint("kind IN ('score', 'count', 'rate')", name="kind"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    dataset_id: Mapped[int] = mapped_column(ForeignKey("dataset.id"))
    instrument: Mapped[str] = mapped_column(NAME)
    outcome: Mapped[str] = mapped_column(NAME)
    kind: Mapped[str] = mapped_column(String(5))


class ObservationRow(Row):
    """One value of a measure. `n` is the number of answers behind it, NULL when its publisher gave none."""

    __tablename__ = "observation"
    __table_args__ = (
        UniqueConstraint("measure_id", "trust", "period"),
        CheckConstraint("n IS NULL OR n >= 0", name="n"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    measure_id: Mapped[int] = mapped_column(ForeignKey("measure.id"))
    import_id: Mapped[int] = mapped_column(ForeignKey("measure_import.id"), index=True)
    trust: Mapped[str] = mapped_column(CODE)
    period: Mapped[str] = mapped_column(String(10))
    value: Mapped[float]
    n: Mapped[int | None]


class AllocationRow(Row):
    """The arm of one trust of a panel of others, as its importer gave it."""

    __tablename__ = "allocation"
    __table_args__ = (
        CheckConstraint("arm IN ('pilot', 'control')", name="arm"),
        CheckConstraint("(arm = 'pilot') = (starts_on IS NOT NULL)", name="pilots_start"),
    )
    dataset_id: Mapped[int] = mapped_column(ForeignKey("dataset.id"), primary_key=True)
    trust: Mapped[str] = mapped_column(CODE, primary_key=True)
    arm: Mapped[str] = mapped_column(String(7))
    matched_set: Mapped[str] = mapped_column(NAME)
    starts_on: Mapped[date | None]


class ComparisonRow(Row):
    """One comparison as it was made: what was asked, of which values, and what came out. Never changed."""

    __tablename__ = "comparison"
    __table_args__ = (
        CheckConstraint("status IN ({})".format(", ".join(f"'{status}'" for status in STATUSES)), name="status"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    dataset_id: Mapped[int] = mapped_column(ForeignKey("dataset.id"), index=True)
    instrument: Mapped[str] = mapped_column(NAME)
    outcome: Mapped[str] = mapped_column(NAME)
    status: Mapped[str] = mapped_column(String(30))
    spec: Mapped[dict[str, Any]] = mapped_column(JSON)
    panel: Mapped[list[Any]] = mapped_column(JSON)
    result: Mapped[dict[str, Any]] = mapped_column(JSON)
    figure: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_by: Mapped[str] = mapped_column(String(40))
