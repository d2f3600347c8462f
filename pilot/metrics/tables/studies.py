"""The tables of studies: the draft of a plan, and every version that was locked."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pilot.metrics.registration.document import State
from pilot.store import Row, UtcDateTime


class StudyRow(Row):
    """A question about the trusts of one dataset. `draft` is what is being written, as `draft_text` writes it."""

    __tablename__ = "study"
    __table_args__ = (
        CheckConstraint("state IN ({})".format(", ".join(f"'{state}'" for state in State)), name="state"),
        CheckConstraint("name <> ''", name="named"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    dataset_id: Mapped[int] = mapped_column(ForeignKey("dataset.id"), index=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    state: Mapped[str] = mapped_column(String(7))
    draft: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_by: Mapped[str] = mapped_column(String(40))


class StudyPlanRow(Row):
    """One version of a plan that was locked: its one text and the hash of it. Never changed."""

    __tablename__ = "study_plan"
    __table_args__ = (
        UniqueConstraint("study_id", "version"),
        CheckConstraint("version >= 1", name="from_one"),
        CheckConstraint("length(sha256) = 64", name="hash"),
        CheckConstraint("(version = 1) = (reason = '')", name="amended_for_a_reason"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"))
    version: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    locked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    locked_by: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(Text)
    seen: Mapped[bool]
    """Whether outcomes from the start on could be seen when it was locked."""
