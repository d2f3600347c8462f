"""Reading comparisons as they were made, with the plan by which each was judged."""

from datetime import datetime

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import NotAllowed, NotFound
from pilot.metrics.disclosure import SMALLEST
from pilot.metrics.download import PanelCell
from pilot.metrics.kernel.estimates import Answer
from pilot.metrics.queries.door import the_door
from pilot.metrics.registration import HELD
from pilot.metrics.tables import ComparisonRow, DatasetRow


class Judged(msgspec.Struct, frozen=True):
    """By which version of which plan a comparison was judged, and why it has its status, in sentences.

    `role` is "primary" or "secondary" where the plan names the outcome.
    """

    sentences: tuple[str, ...]
    study_id: int = 0
    study: str = ""
    version: int = 0
    sha256: str = ""
    role: str = ""


class Spec(msgspec.Struct, frozen=True):
    """What was asked of a comparison, in words and labels. `judged` is None for those made before there were plans.

    `smallest` is the fewest people about whom it shows a figure; those that were made before it could be chosen: 11.
    """

    before: tuple[str, ...]
    after: tuple[str, ...]
    missing: str
    test: str
    alpha: float
    seed: int
    notes: tuple[str, ...] = ()
    start: str = ""
    judged: Judged | None = None
    smallest: int = SMALLEST


class Compared(msgspec.Struct, frozen=True):
    """One comparison as it was made."""

    id: int
    dataset_id: int
    dataset: str
    instrument: str
    outcome: str
    kind: str
    status: str
    spec: Spec
    panel: tuple[PanelCell, ...]
    answer: Answer
    figure: str
    made_at: datetime


class ComparedLine(msgspec.Struct, frozen=True):
    """One line of the list of comparisons."""

    id: int
    dataset: str
    outcome: str
    status: str
    made_at: datetime


async def comparisons(session: AsyncSession) -> tuple[ComparedLine, ...]:
    """Every comparison that was made, the newest first."""
    query = (
        select(
            ComparisonRow.id, DatasetRow.name, ComparisonRow.outcome, ComparisonRow.status, ComparisonRow.made_at,
        )
        .join(DatasetRow, DatasetRow.id == ComparisonRow.dataset_id)
        .order_by(ComparisonRow.id.desc())
    )  # fmt: skip
    return tuple(ComparedLine(*row) for row in await session.execute(query))


async def comparison(session: AsyncSession, comparison_id: int) -> Compared:
    """One comparison with everything it was made from. Raises NotFound, and NotAllowed while it is held back."""
    row = await session.get(ComparisonRow, comparison_id)
    if row is None:
        raise NotFound("There is no such comparison.")
    of = await session.get_one(DatasetRow, row.dataset_id)
    panel = msgspec.convert(row.panel, tuple[PanelCell, ...])
    trusts, periods = {cell.trust for cell in panel}, {cell.period for cell in panel}
    if (await the_door(session)).holds_back(trusts, periods, programme=of.kind == "programme"):
        raise NotAllowed(HELD)
    return Compared(
        id=row.id,
        dataset_id=row.dataset_id,
        dataset=of.name,
        instrument=row.instrument,
        outcome=row.outcome,
        kind=row.spec["kind"],
        status=row.status,
        spec=msgspec.convert(row.spec["asked"], Spec),
        panel=panel,
        answer=msgspec.convert(row.result, Answer),
        figure=row.figure,
        made_at=row.made_at,
    )
