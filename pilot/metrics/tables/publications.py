"""The table of what has been released: it holds hidden numbers too, so no page reads it."""

from sqlalchemy import CheckConstraint, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from pilot.store import Row


class PublicationRow(Row):
    """What was released of one series (a set of trusts and an instrument), so that the next release can be held to it.

    `version` counts its releases: a release that was reckoned from another version is refused.
    """

    __tablename__ = "publication"
    __table_args__ = (CheckConstraint("version > 0", name="version"),)
    dataset: Mapped[str] = mapped_column(String(80), primary_key=True)
    instrument: Mapped[str] = mapped_column(String(80), primary_key=True)
    version: Mapped[int]
    document: Mapped[bytes] = mapped_column(LargeBinary)
