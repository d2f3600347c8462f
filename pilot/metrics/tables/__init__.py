"""The tables of measures, arms and comparisons. No row of any of them is about a person."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, LargeBinary, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from pilot.metrics.registration.judging import ORDER
from pilot.metrics.tables.publications import PublicationRow
from pilot.metrics.tables.registers import ListedTrustRow, MovementRow, RatingRow, RegisterFileRow, SuccessionRow
from pilot.metrics.tables.studies import StudyPlanRow, StudyRow
from pilot.store import Row, UtcDateTime

__all__ = [
    "AllocationRow",
    "ComparedTrustRow",
    "ComparisonRow",
    "DatasetRow",
    "ImportRow",
    "ListedTrustRow",
    "MeasureRow",
    "MovementRow",
    "ObservationRow",
    "PublicationRow",
    "RatingRow",
    "RegisterFileRow",
    "StagedRow",
    "StudyPlanRow",
    "StudyRow",
    "SuccessionRow",
]

NAME = String(80)
CODE = String(8)
NOT_RANDOMISED = ", not randomised"
"""What is added to the status where the arms were given by whoever uploaded them."""
STATUSES = tuple(f"{status}{more}" for status in ORDER for more in ("", NOT_RANDOMISED))


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
    """One file that was taken, with what proves later which file it was. `notes` are what its importer was told."""

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
    left_out: Mapped[int] = mapped_column(server_default="0")
    notes: Mapped[list[str]] = mapped_column(JSON, server_default="[]")
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_by: Mapped[str] = mapped_column(String(40))
    first_start_on: Mapped[date | None]
    """When the first pilot was to start, by what was known on that day: a start that is moved later opens nothing."""
    held_back: Mapped[list[str]] = mapped_column(JSON, server_default="[]")
    """Trusts that were the programme's own when the file was taken, of those that it has figures of."""


class StagedRow(Row):
    """A file that its owner has sent and not yet confirmed. It is deleted when it is confirmed, left, or a day old.

    `joined`: whether successors are to be given the history of those whose place they took.
    """

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
    layout: Mapped[str] = mapped_column(String(10), server_default="columns")
    joined: Mapped[bool] = mapped_column(server_default=false())
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
    """One value of a measure. `n` is the number of answers behind it, NULL when its publisher gave none.

    The columns after it are those of metrics.respondents.Sample, NULL where nobody tells.
    """

    __tablename__ = "observation"
    __table_args__ = (
        UniqueConstraint("measure_id", "trust", "period"),
        CheckConstraint("n IS NULL OR n >= 0", name="n"),
        CheckConstraint("entitled >= 0", name="entitled"),
        CheckConstraint("invited >= 0", name="invited"),
        CheckConstraint("n_eff > 0", name="n_eff"),
        CheckConstraint("se >= 0", name="se"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    measure_id: Mapped[int] = mapped_column(ForeignKey("measure.id"))
    import_id: Mapped[int] = mapped_column(ForeignKey("measure_import.id"), index=True)
    trust: Mapped[str] = mapped_column(CODE)
    period: Mapped[str] = mapped_column(String(10))
    value: Mapped[float]
    n: Mapped[int | None]
    entitled: Mapped[int | None]
    invited: Mapped[int | None]
    weighted: Mapped[bool | None]
    n_eff: Mapped[float | None]
    mean_unw: Mapped[float | None]
    se: Mapped[float | None]


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
        CheckConstraint("status LIKE 'exploratory%' OR plan_id IS NOT NULL", name="prespecified_by_a_plan"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    dataset_id: Mapped[int] = mapped_column(ForeignKey("dataset.id"), index=True)
    plan_id: Mapped[int | None] = mapped_column(ForeignKey("study_plan.id"), index=True)
    """The version of a plan by which it was judged; NULL when no plan was locked."""
    instrument: Mapped[str] = mapped_column(NAME)
    outcome: Mapped[str] = mapped_column(NAME)
    status: Mapped[str] = mapped_column(String(30))
    spec: Mapped[dict[str, Any]] = mapped_column(JSON)
    panel: Mapped[list[Any]] = mapped_column(JSON)
    result: Mapped[dict[str, Any]] = mapped_column(JSON)
    figure: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_by: Mapped[str] = mapped_column(String(40))


class ComparedTrustRow(Row):
    """A trust whose figures a comparison was made from, so that it can see who made or took it."""

    __tablename__ = "compared_trust"
    comparison_id: Mapped[int] = mapped_column(ForeignKey("comparison.id"), primary_key=True)
    trust: Mapped[str] = mapped_column(CODE, primary_key=True, index=True)
