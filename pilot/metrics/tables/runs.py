"""The tables of studies as they were worked out: each run with what was found, its pictures and its download."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from pilot.metrics.runs import State
from pilot.store import Row, UtcDateTime

STATES = ", ".join(f"'{state}'" for state in State)


class StudyRunRow(Row):
    """A study worked out once, by one version of its plan. What was found is never changed.

    `step` is what is being done, `problem` why it failed. `found` is there once it is done, and `draw` with it when a
    draw gave the arms. `announced` are the draws that had been announced for its trusts; NULL where nobody asked.
    """

    __tablename__ = "study_run"
    __table_args__ = (
        CheckConstraint(f"state IN ({STATES})", name="state"),
        CheckConstraint("(state = 'done') = (bundle_name <> '')", name="done_with_a_download"),
        CheckConstraint("(state = 'failed') = (problem <> '')", name="failed_for_a_reason"),
        CheckConstraint("(state IN ('done', 'failed')) = (finished_at IS NOT NULL)", name="finished"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), index=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("study_plan.id"))
    state: Mapped[str] = mapped_column(String(7))
    step: Mapped[str] = mapped_column(String(200), default="")
    problem: Mapped[str] = mapped_column(Text, default="")
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    asked_by: Mapped[str] = mapped_column(String(40))
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcomes: Mapped[list[Any]] = mapped_column(JSON, default=list)
    found: Mapped[list[Any]] = mapped_column(JSON, default=list)
    draw: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    announced: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    bundle_name: Mapped[str] = mapped_column(String(120), default="")
    bundle_sha256: Mapped[str] = mapped_column(String(64), default="")
    bundle: Mapped[bytes] = mapped_column(LargeBinary, default=b"", deferred=True)


class StudyPictureRow(Row):
    """One picture of a run."""

    __tablename__ = "study_picture"
    run_id: Mapped[int] = mapped_column(ForeignKey("study_run.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    svg: Mapped[str] = mapped_column(Text)


class StudyTrustRow(Row):
    """A trust whose figures a run was made from, so that it can see who worked it out and who took it."""

    __tablename__ = "study_trust"
    run_id: Mapped[int] = mapped_column(ForeignKey("study_run.id"), primary_key=True)
    trust: Mapped[str] = mapped_column(String(8), primary_key=True, index=True)
