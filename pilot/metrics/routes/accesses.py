"""What a trust can see of the evaluation: who made or took which figures of theirs."""

from typing import Any

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.metrics import queries
from pilot.people import queries as people
from pilot.people.guards import allow
from pilot.people.roles import Role
from pilot.web.pages import page


@get("/trusts/{trust:str}/accesses", name="metrics.accesses", **allow(Role.COORDINATOR, Role.BOARD_SECRETARY))
async def accesses(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], trust: FromPath[str]
) -> Template:
    """Every comparison that figures of the trust went into, who made it, and who took which file of it."""
    return page(
        request,
        "metrics/accesses.html",
        trust=await people.trust(session, trust),
        accesses=await queries.accesses(session, trust),
        names={f"account {one.id}": one.name for one in await people.accounts(session)},
    )


HANDLERS = [accesses]
