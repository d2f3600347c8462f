"""retention.csv of a study, held to what its panels hide and to all that such files have shown before."""

import asyncio
from collections.abc import Mapping

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.metrics import turnover
from pilot.metrics.arms import Arm
from pilot.metrics.particulars import Known
from pilot.metrics.queries.publications import Series, kept
from pilot.metrics.registration import AnalysisPlan
from pilot.metrics.service.publishing import Reckoned
from pilot.metrics.shown import NAME
from pilot.metrics.turnover import Turnover


async def beside(
    session: AsyncSession,
    dataset: str,
    plan: AnalysisPlan,
    arms: Mapping[str, Arm],
    *,
    known: Known,
    reckoned: Reckoned,
) -> tuple[Turnover, Reckoned]:
    """The file, and the panels with what it shows, so that both are released together. Nothing is stored yet."""
    before = await kept(session, Series(dataset, NAME))
    movements = [one for one in known.movements if one.trust in arms]
    first = min((arm.starts_on for arm in arms.values() if arm.starts_on), default=None)
    months = turnover.months_of(plan, movements, first)
    rule = max(before.publication.smallest, reckoned.smallest)
    earlier = replace(before.publication, smallest=rule)
    found = await asyncio.to_thread(turnover.retention, movements, months, reckoned.withheld, earlier)
    return found, replace(reckoned, changes=(*reckoned.changes, (before, found.shown)))
