"""Reading designs. Nothing here writes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import NotFound
from pilot.metrics import allotment, lottery
from pilot.metrics.arms import Arm
from pilot.metrics.design import Options, State
from pilot.metrics.eligibility import EligibleList, from_value
from pilot.metrics.kernel.designs import DrawnUp, Spread, Weighed
from pilot.metrics.lottery import Document
from pilot.metrics.tables.designs import DesignRow
from pilot.secrecy import canonical


class Asked(msgspec.Struct, frozen=True):
    """How the sets were to be drawn up, and from which spread it was worked out what they could show."""

    options: Options
    spread: Spread


class DesignLine(msgspec.Struct, frozen=True):
    """One line of the list of designs. `list_sha256` is None until the list is fixed."""

    id: int
    title: str
    state: State
    list_sha256: str | None
    made_at: datetime
    over_because: str | None
    announcement: lottery.Announcement | None
    """Of its beacon; None until it is named."""


class Design(msgspec.Struct, frozen=True):
    """One design as it stands. What does not exist yet in its state is None."""

    id: int
    title: str
    baseline: str
    state: State
    filename: str
    sha256: str
    made_at: datetime
    eligible: EligibleList | None = None
    asked: Asked | None = None
    drawn_up: DrawnUp | None = None
    document: Document | None = None
    weighed: Weighed | None = None
    over_because: str | None = None

    @property
    def public(self) -> bool:
        """Whether everybody may see it: since its beacon was named, and for good."""
        return self.document is not None

    @property
    def names(self) -> dict[str, str]:
        """The names of the trusts that can be drawn, by code; empty until the list is fixed."""
        return {trust.code: trust.name for trust in self.eligible.trusts} if self.eligible else {}


async def designs(session: AsyncSession) -> tuple[DesignLine, ...]:
    """Every design, the newest first."""
    return await _lines(session)


async def draws(session: AsyncSession) -> tuple[DesignLine, ...]:
    """Every design whose beacon was named, the newest first; those that were given up afterwards too."""
    return await _lines(session, DesignRow.document.is_not(None))


async def design(session: AsyncSession, design_id: int) -> Design:
    """One design. Raises NotFound."""
    row = await session.get(DesignRow, design_id)
    if row is None:
        raise NotFound("There is no such design.")
    return Design(
        id=row.id,
        title=row.title,
        baseline=row.baseline,
        state=State(row.state),
        filename=row.filename,
        sha256=row.sha256,
        made_at=row.made_at,
        eligible=None if row.eligible is None else from_value(canonical.read(row.eligible)),
        asked=None if row.asked is None else msgspec.convert(row.asked, Asked),
        drawn_up=None if row.drawn_up is None else msgspec.convert(row.drawn_up, DrawnUp),
        document=None if row.document is None else lottery.read(row.document),
        weighed=None if row.balance is None else msgspec.convert(row.balance, Weighed),
        over_because=row.over_because,
    )


async def public_draw(session: AsyncSession, design_id: int) -> Design:
    """One design that everybody may see. Raises NotFound, also for those that are not announced."""
    row = await session.get(DesignRow, design_id)
    if row is None or row.document is None:
        raise NotFound("There is no such draw.")
    return await design(session, design_id)


async def drawn(session: AsyncSession) -> tuple[Design, ...]:
    """Every design whose pilots are drawn, the newest first."""
    lines = await _lines(session, DesignRow.state.in_((State.DRAWN, State.LOCKED)))
    return tuple([await design(session, line.id) for line in lines])


async def behind(session: AsyncSession, arms: Sequence[Arm]) -> Design | None:
    """The design whose draw gave just these arms; None where they came from elsewhere or were changed since."""
    for one in await drawn(session):
        if one.document and allotment.gave(one.document, arms):
            return one
    return None


async def draft(session: AsyncSession, design_id: int) -> bytes:
    """The file of a draft. Raises NotFound."""
    row = await session.get(DesignRow, design_id)
    if row is None or row.content is None:
        raise NotFound("This design has no file that waits. Its list is fixed already, or it was thrown away.")
    return row.content


async def _lines(session: AsyncSession, *where: Any) -> tuple[DesignLine, ...]:
    rows = await session.execute(
        select(
            DesignRow.id, DesignRow.title, DesignRow.state, DesignRow.list_sha256, DesignRow.made_at,
            DesignRow.over_because, DesignRow.document,
        ).where(*where).order_by(DesignRow.id.desc())
    )  # fmt: skip
    return tuple(
        DesignLine(
            one.id, one.title, State(one.state), one.list_sha256, one.made_at, one.over_because,
            None if one.document is None else lottery.read(one.document).announcement,
        )
        for one in rows
    )  # fmt: skip
