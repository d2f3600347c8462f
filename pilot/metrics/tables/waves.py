"""The tables of survey waves. No row knows a paper; `wave_elector` knows whose number is whose until the count."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, ForeignKeyConstraint, LargeBinary, String, Text
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.orm import Mapped, mapped_column

from pilot.metrics.questionnaire import GROUP, SITE
from pilot.metrics.waves import Kind, State
from pilot.store import Row, UtcDateTime

CODE = String(8)


def listed(values: Any) -> str:
    """Texts as a CHECK constraint lists them."""
    return ", ".join(repr(str(value)) for value in values)


class WaveRow(Row):
    """One survey of all trusts in one window. `period` labels its figures; `questionnaire` is what is asked.

    `script` is the fingerprint of the script that seals, from the day on which the wave was fixed (`frozen_on`).
    `because` is why it was cancelled. `smallest` is the fewest people about whom its release showed a figure.
    """

    __tablename__ = "wave"
    __table_args__ = (
        CheckConstraint(f"state IN ({listed(State)})", name="state"),
        CheckConstraint(f"kind IN ({listed(Kind)})", name="kind"),
        CheckConstraint("opens_at < closes_at", name="opens_before_closing"),
        CheckConstraint("(frozen_on IS NULL) = (script IS NULL)", name="frozen_with_its_script"),
        CheckConstraint("state IN ('draft', 'cancelled') OR frozen_on IS NOT NULL", name="frozen_first"),
        CheckConstraint(
            "(state = 'cancelled') = (because IS NOT NULL) AND (because IS NULL OR because <> '')",
            name="cancelled_for_a_reason",
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(9))
    state: Mapped[str] = mapped_column(String(9))
    opens_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closes_at: Mapped[datetime] = mapped_column(UtcDateTime)
    period: Mapped[str] = mapped_column(String(7))
    questionnaire: Mapped[dict[str, Any]] = mapped_column(JSON)
    made_by: Mapped[str] = mapped_column(String(40))
    frozen_on: Mapped[date | None]
    script: Mapped[str | None] = mapped_column(String(64))
    because: Mapped[str | None] = mapped_column(Text)
    smallest: Mapped[int | None]


class WaveTrustRow(Row):
    """One trust in one wave: its sealed box, or why it was left out.

    `offer` are the staff groups and sites that the paper names, with their people. `told` is the published number of
    sealed papers while the survey is open, `told_on` the day of it. `papers` and `spoilt` came out after the close.
    """

    __tablename__ = "wave_trust"
    __table_args__ = (
        CheckConstraint(
            "(box_id IS NULL) = (entitled IS NULL) AND (box_id IS NULL) = (roll_as_at_on IS NULL)",
            name="box_for_its_people",
        ),
        CheckConstraint("entitled >= 20", name="entitled"),
        CheckConstraint("left_out_because IS NULL OR box_id IS NULL", name="left_out_without_a_box"),
        CheckConstraint("told >= 0 AND told <= coalesce(entitled, 0)", name="told"),
        CheckConstraint(
            "(papers IS NULL) = (spoilt IS NULL) AND papers >= 0 AND spoilt >= 0 AND papers + spoilt <= entitled",
            name="papers",
        ),
        CheckConstraint("papers IS NULL OR box_id IS NOT NULL", name="papers_of_a_box"),
    )
    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id"), primary_key=True)
    trust: Mapped[str] = mapped_column(CODE, ForeignKey("trust.ods_code"), primary_key=True)
    box_id: Mapped[int | None] = mapped_column(unique=True)
    entitled: Mapped[int | None]
    roll_as_at_on: Mapped[date | None]
    offer: Mapped[dict[str, Any]] = mapped_column(JSON)
    left_out_because: Mapped[str | None] = mapped_column(String(200))
    told: Mapped[int] = mapped_column(default=0)
    told_on: Mapped[date | None]
    papers: Mapped[int | None]
    spoilt: Mapped[int | None]


class WaveElectorRow(Row):
    """Whose number in the sealed box is whose. Deleted with the count: then nobody can tell who took part."""

    __tablename__ = "wave_elector"
    __table_args__ = (
        ForeignKeyConstraint(["wave_id", "trust"], ["wave_trust.wave_id", "wave_trust.trust"]),
        Unique("wave_id", "v"),
    )
    wave_id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, index=True)
    trust: Mapped[str] = mapped_column(CODE)
    v: Mapped[bytes] = mapped_column(LargeBinary(16))


class CellRow(Row):
    """Sufficient statistics of one outcome in one staff group, or at one site, of one trust (metrics.cells.Cell)."""

    __tablename__ = "cell_stat"
    __table_args__ = (
        ForeignKeyConstraint(["wave_id", "trust"], ["wave_trust.wave_id", "wave_trust.trust"]),
        CheckConstraint(f"part IN ({listed((GROUP, SITE))})", name="part"),
        CheckConstraint("n > 0 AND sum_w > 0 AND sum_wx >= 0 AND sum_wx2 >= 0 AND sum_w2 > 0", name="sums"),
    )
    wave_id: Mapped[int] = mapped_column(primary_key=True)
    trust: Mapped[str] = mapped_column(CODE, primary_key=True)
    part: Mapped[str] = mapped_column(String(11), primary_key=True)
    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    outcome: Mapped[str] = mapped_column(String(60), primary_key=True)
    n: Mapped[int]
    sum_w: Mapped[float]
    sum_wx: Mapped[float]
    sum_wx2: Mapped[float]
    sum_w2: Mapped[float]
