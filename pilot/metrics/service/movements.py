"""retention.csv of a study, held to what its panels hide and to all that such files have shown before."""

import asyncio
from collections.abc import Collection, Set

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.metrics import turnover
from pilot.metrics.queries.publications import Series, kept
from pilot.metrics.retention import Movement
from pilot.metrics.service.publishing import Reckoned
from pilot.metrics.shown import RETENTION
from pilot.metrics.turnover import Turnover

EVERY_SET = ""
"""In the place of the name of a set of trusts: all of them."""


async def work_out(
    session: AsyncSession, movements: Collection[Movement], months: Set[str], reckoned: Reckoned
) -> tuple[Turnover, Reckoned]:
    """The file of these months, from all movements of the trusts of a study that may be read; and the panels with what
    it shows, so that both are released together. Nothing is stored yet.

    What it has shown is one series for every set of trusts, since a trust can be in several.
    """
    before = await kept(session, Series(EVERY_SET, RETENTION))
    rule = max(before.publication.smallest, reckoned.smallest)
    earlier = replace(before.publication, smallest=rule)
    found = await asyncio.to_thread(turnover.retention, movements, months, reckoned.withheld, earlier)
    return found, replace(reckoned, changes=(*reckoned.changes, (before, found.shown)))
