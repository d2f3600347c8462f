"""The table of designs: a list of trusts, the sets drawn up from it, and the draw. No row is about a person."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from pilot.metrics.design import State
from pilot.store import Row, UtcDateTime

STATES = ", ".join(f"'{state}'" for state in State)


class DesignRow(Row):
    """One design. `content` is the file of a draft; `eligible` the list's text, of which `list_sha256` is the SHA-256.

    `drawn_up` holds the sets and what was worked out of them, `document` what is published of the lottery, with the
    draw once there is one, and `balance` how alike the arms are then.
    """

    __tablename__ = "design"
    __table_args__ = (
        CheckConstraint(f"state IN ({STATES})", name="state"),
        CheckConstraint("(state = 'draft') = (content IS NOT NULL)", name="a_draft_has_its_file"),
        CheckConstraint(
            "(state = 'draft') = (eligible IS NULL) AND (eligible IS NULL) = (list_sha256 IS NULL)",
            name="the_list_is_fixed",
        ),
        CheckConstraint("list_sha256 IS NULL OR length(list_sha256) = 64", name="list_sha256"),
        CheckConstraint(
            "state NOT IN ('matched', 'announced', 'drawn', 'locked') OR drawn_up IS NOT NULL",
            name="sets_before_the_draw",
        ),
        CheckConstraint("(drawn_up IS NULL) = (asked IS NULL)", name="sets_as_asked"),
        CheckConstraint(
            "(state NOT IN ('draft', 'fixed', 'matched') OR document IS NULL)"
            " AND (state NOT IN ('announced', 'drawn', 'locked') OR document IS NOT NULL)",
            name="announced_in_public",
        ),
        CheckConstraint("(state IN ('drawn', 'locked')) = (balance IS NOT NULL)", name="balance_of_the_draw"),
        CheckConstraint("(state = 'given up') = (over_because IS NOT NULL)", name="given_up_for_a_reason"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(120))
    baseline: Mapped[str] = mapped_column(String(80))
    state: Mapped[str] = mapped_column(String(9))
    filename: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes | None] = mapped_column(LargeBinary)
    eligible: Mapped[bytes | None] = mapped_column(LargeBinary)
    list_sha256: Mapped[str | None] = mapped_column(String(64))
    asked: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    drawn_up: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    document: Mapped[bytes | None] = mapped_column(LargeBinary)
    balance: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    over_because: Mapped[str | None] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_by: Mapped[str] = mapped_column(String(40))
