"""The coordinator's pages of surveys: when they are open, how many answer, the poster and the words for everybody.

Nobody is reminded by name. Who has not answered is nowhere worked out: a reminder that goes to some tells about the
others, so the same words go to everybody.
"""

from typing import Any

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.metrics.queries import waves as queries
from pilot.metrics.waves import WORDS, State
from pilot.people import queries as people
from pilot.people.files import qr_code
from pilot.people.guards import allow
from pilot.people.roles import Role
from pilot.settings import Settings
from pilot.web.pages import page

COORDINATOR = allow(Role.COORDINATOR)
SHOWN = (State.FROZEN, State.OPEN)


@get("/trusts/{trust:str}/surveys", name="metrics.trust_surveys", **COORDINATOR)
async def trust_surveys(
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    session: NamedDependency[AsyncSession],
) -> Template:
    """The surveys of one trust, and how many have answered in steps of ten."""
    return page(
        request,
        "metrics/trust_surveys.html",
        trust=await people.trust(session, trust),
        surveys=await queries.waves_of_trust(session, trust),
        words=WORDS,
        shown=SHOWN,
    )


@get("/trusts/{trust:str}/surveys/{wave:int}/poster", name="metrics.survey_poster", **COORDINATOR)
async def survey_poster(
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    wave: FromPath[int],
    session: NamedDependency[AsyncSession],
    settings: NamedDependency[Settings],
) -> Template:
    """A poster to print, and words to send to everybody."""
    await queries.trust_of(session, wave, trust)
    address = f"{settings.public_url}/survey"
    return page(
        request,
        "metrics/survey_poster.html",
        trust=await people.trust(session, trust),
        wave=await queries.wave(session, wave),
        address=address,
        picture=qr_code(address).decode(),
    )


HANDLERS = [trust_surveys, survey_poster]
