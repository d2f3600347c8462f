"""The page of how one trust is led and managed, for the trust itself and for those who work with measures."""

from datetime import datetime
from typing import Any

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.metrics.catalogue import MEASURES, OTHER, REPORT
from pilot.metrics.management import beside_the_report, parts, released
from pilot.metrics.queries import management as queries
from pilot.metrics.registration import HELD
from pilot.metrics.service.management import fewest_shown, is_from_outside, note_look
from pilot.people import queries as people
from pilot.people.guards import allow
from pilot.people.roles import Officer, Role
from pilot.store import Store
from pilot.web.pages import page

READERS = allow(Role.COORDINATOR, Role.BOARD_SECRETARY, Role.EVALUATOR, Role.PROGRAMME_ADMIN)


@get("/trusts/{trust:str}/management", name="metrics.management", **READERS)
async def management(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    store: NamedDependency[Store],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
    trust: FromPath[str],
) -> Template:
    """Leaders, obstacles, targets, training of managers and ratings, over the waves and beside the report.

    Whoever looks from outside the trust is written down first.
    """
    one = await people.trust(session, trust)
    if is_from_outside(principal):
        async with store.writing() as writing:
            await note_look(writing, one.ods_code, by=principal.actor, now=now)
    smallest = await fewest_shown(session)
    found = parts(released(await queries.stored_of(session, trust), smallest), smallest)
    return page(
        request,
        "metrics/management.html",
        trust=one,
        parts=found,
        fewest_people=smallest,
        beside=beside_the_report(found),
        ratings=await queries.ratings_of(session, trust),
        rated_elsewhere=MEASURES[OTHER, "cqc_below_good"].lines[0],
        report=REPORT,
        held_words=HELD if await queries.some_held_back(session, trust) else "",
    )


HANDLERS = [management]
