"""The tables of packs of wordings, and which survey took its words from which pack."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from pilot.store import Row, UtcDateTime


class WordingPackRow(Row):
    """Words of the items of one year under a permission, in use until `ended_at`."""

    __tablename__ = "wording_pack"
    __table_args__ = (
        CheckConstraint("permission <> ''", name="permission"),
        CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ended_by_somebody"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    year: Mapped[int]
    permission: Mapped[str] = mapped_column(String(120))
    wordings: Mapped[dict[str, Any]] = mapped_column(JSON)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_by: Mapped[str] = mapped_column(String(40))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by: Mapped[str | None] = mapped_column(String(40))


class WaveWordingRow(Row):
    """The pack from which a survey took its words. They stand in the survey itself, so that it keeps them."""

    __tablename__ = "wave_wording"
    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id"), primary_key=True)
    pack_id: Mapped[int] = mapped_column(ForeignKey("wording_pack.id"), index=True)
