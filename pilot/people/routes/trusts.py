"""The trusts of the programme: the list, one trust, and importing a list."""

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.clock import LONDON
from pilot.people import queries, service
from pilot.people.forms import TrustsForm
from pilot.people.guards import SIGNED_IN, allow
from pilot.people.navigation import tasks_of, trusts_open_to
from pilot.people.roles import Officer, Role
from pilot.people.trusts import COLUMNS, TEMPLATE
from pilot.web.forms import TAKES_A_FILE, answers, read_form
from pilot.web.pages import download, page, see_other

ADMIN = allow(Role.PROGRAMME_ADMIN)

ArmsLocked = Callable[[AsyncSession], Awaitable[str | None]]
"""Why no trust can change its arm any more, None while it can; the application gives it, since surveys and draws are
not known here."""


@get("/trusts", name="people.trusts", **allow(*Role))
async def trusts(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], principal: NamedDependency[Officer]
) -> Template:
    """Every trust of the programme, pilots and controls."""
    found = await queries.trusts_of_programme(session)
    return page(
        request,
        "people/trusts.html",
        trusts=found,
        arms=Counter(trust.arm for trust in found),
        open_to_me=trusts_open_to(principal, found),
        may_import=principal.holds(Role.PROGRAMME_ADMIN),
    )


@get("/trusts/{trust:str}", name="people.trust", **SIGNED_IN)
async def trust_page(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Any],
    now: NamedDependency[datetime],
    trust: FromPath[str],
) -> Template:
    """One trust: what it is, and the work that the person signed in may do there."""
    found = await queries.trust(session, trust)
    roll = await queries.roll_summary_on(session, trust, now.astimezone(LONDON).date())
    codes = sum(batch.codes for batch in await queries.batches(session, trust))
    tasks = tasks_of(principal, found, people=roll.people if roll else 0, codes=codes)
    return page(request, "people/trust.html", trust=found, roll=roll, tasks=tasks)


@get("/trusts/import", name="people.import_trusts", **ADMIN)
async def import_form(request: Request[Any, Any, Any]) -> Template:
    """The form to upload a list of trusts."""
    return page(request, "people/import_trusts.html", columns=[names[0] for names in COLUMNS.values()])


@get("/trusts/template.csv", name="people.trusts_template", **ADMIN)
async def template() -> Response[bytes]:
    """A list of trusts to fill in."""
    return download(TEMPLATE.encode(), "trusts.csv")


@post("/trusts/import", name="people.upload_trusts", **TAKES_A_FILE, **ADMIN)
@answers(import_form)
async def upload_trusts(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
) -> Redirect:
    """Keep a list until it is confirmed."""
    form = await read_form(request, TrustsForm)
    upload = await service.stage_trusts(session, form.file.filename, form.file.content, by=principal.actor, now=now)
    return see_other(f"/trusts/import/{upload}")


@get("/trusts/import/{upload:int}", name="people.preview_trusts", **ADMIN)
async def preview_trusts(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
    arms_locked: NamedDependency[ArmsLocked],
    upload: FromPath[int],
) -> Template:
    """What each line of the list would do, or did."""
    row = await queries.trust_upload(session, upload, principal.actor, now)
    if row.imported is not None:
        return page(request, "people/imported_trusts.html", counts=Counter(row.imported), filename=row.filename)
    locked = await arms_locked(session)
    outcomes = await service.read_list(session, row.content, locked=locked)
    counts = Counter(outcome.does for outcome in outcomes)
    return page(request, "people/preview_trusts.html", outcomes=outcomes, counts=counts, upload=row, locked=locked)


@post("/trusts/import/{upload:int}", name="people.confirm_trusts", **ADMIN)
async def confirm_trusts(
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
    arms_locked: NamedDependency[ArmsLocked],
    upload: FromPath[int],
) -> Redirect:
    """Add and change trusts as the list says."""
    locked = await arms_locked(session)
    await service.import_trusts(session, upload, locked=locked, by=principal.actor, now=now)
    return see_other(f"/trusts/import/{upload}")


HANDLERS = [trusts, trust_page, import_form, template, upload_trusts, preview_trusts, confirm_trusts]
