"""The returning officer's pages: make voting codes, print them once, replace them."""

from datetime import datetime
from itertools import groupby
from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.clock import LONDON
from pilot.people import queries, service
from pilot.people.codes import Slip
from pilot.people.forms import ReasonForm
from pilot.people.guards import allow
from pilot.people.roles import Officer, Role
from pilot.settings import Settings
from pilot.web.forms import answers, read_form
from pilot.web.pages import page

RETURNING_OFFICER = allow(Role.RETURNING_OFFICER)
MOST_FOUND = 20


@get("/trusts/{trust:str}/codes", name="people.codes", **RETURNING_OFFICER)
async def codes_page(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    trust: FromPath[str],
    find: FromQuery[str] = "",
) -> Template:
    """How many people have a code, the batches, and whoever was looked for by number or name."""
    today = now.astimezone(LONDON).date()
    holders = await queries.code_holders(session, trust, today)
    found = queries.holders_like(holders, find)
    return page(
        request,
        "people/codes.html",
        trust=await queries.trust(session, trust),
        roll=await queries.roll_summary_on(session, trust, today),
        people=len(holders),
        with_code=sum(holder.issued_on is not None for holder in holders),
        batches=await queries.batches(session, trust),
        find=find,
        found=found[:MOST_FOUND],
        more=len(found) - MOST_FOUND,
    )


@post("/trusts/{trust:str}/codes", name="people.make_codes", **RETURNING_OFFICER)
async def make_codes(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    settings: NamedDependency[Settings],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
    trust: FromPath[str],
) -> Template:
    """Make codes for everybody without one and show the slips, which cannot be shown again."""
    slips = await service.issue_codes(session, settings, trust, by=principal.actor, now=now)
    return await _slips_page(request, session, trust, slips)


@get("/trusts/{trust:str}/codes/people/{person:int}", name="people.replace_code", **RETURNING_OFFICER)
async def person_page(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    trust: FromPath[str],
    person: FromPath[int],
) -> Template:
    """The form to replace one person's code."""
    holder = await queries.code_holder(session, trust, person, now.astimezone(LONDON).date())
    return page(request, "people/replace_code.html", trust=await queries.trust(session, trust), holder=holder)


@post("/trusts/{trust:str}/codes/people/{person:int}", name="people.reissue", **RETURNING_OFFICER)
@answers(person_page)
async def reissue(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    settings: NamedDependency[Settings],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
    trust: FromPath[str],
    person: FromPath[int],
) -> Template:
    """Replace one person's code and show the slip."""
    form = await read_form(request, ReasonForm)
    slip = await service.reissue(session, settings, trust, person, reason=form.reason, by=principal.actor, now=now)
    return await _slips_page(request, session, trust, (slip,))


@get("/trusts/{trust:str}/codes/batches/{batch:int}", name="people.replace_batch", **RETURNING_OFFICER)
async def batch_page(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    trust: FromPath[str],
    batch: FromPath[int],
) -> Template:
    """The form to replace every code of a batch."""
    return page(
        request,
        "people/replace_batch.html",
        trust=await queries.trust(session, trust),
        batch=await queries.batch(session, trust, batch),
    )


@post("/trusts/{trust:str}/codes/batches/{batch:int}", name="people.reissue_batch", **RETURNING_OFFICER)
@answers(batch_page)
async def reissue_batch(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    settings: NamedDependency[Settings],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
    trust: FromPath[str],
    batch: FromPath[int],
) -> Template:
    """Replace every code of a batch and show the slips."""
    form = await read_form(request, ReasonForm)
    slips = await service.replace_batch(
        session, settings, trust, batch, reason=form.reason, by=principal.actor, now=now
    )
    return await _slips_page(request, session, trust, slips)


async def _slips_page(
    request: Request[Any, Any, Any], session: AsyncSession, trust: str, slips: tuple[Slip, ...]
) -> Template:
    """The slips by site and unit, in the answer itself: there is no address at which they could be seen again."""
    places = [(place, tuple(group)) for place, group in groupby(slips, key=lambda slip: (slip.site, slip.unit))]
    found = await queries.trust(session, trust)
    return page(request, "people/slips.html", trust=found, places=places, number=len(slips))


HANDLERS = [codes_page, make_codes, person_page, reissue, batch_page, reissue_batch]
