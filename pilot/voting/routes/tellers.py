"""The returning officer's page of the tellers of one ballot, and the tellers' own list of ballots."""

from datetime import datetime
from typing import Annotated, Any, Literal

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.people import queries as people
from pilot.people import service as people_service
from pilot.people.guards import allow
from pilot.people.roles import Officer, Role
from pilot.settings import Settings
from pilot.voting import queries, service
from pilot.voting.files.trustee_page import trustee_page
from pilot.voting.forms.trustees import WRONG_EMAIL, is_email
from pilot.voting.lifecycle import State
from pilot.voting.routes.sending import MAKE_NEW, FileForm, in_the_file
from pilot.voting.service import NewTeller
from pilot.voting.tables import BallotRow
from pilot.voting.tellers import WantedTeller, enough
from pilot.voting.trustees import SIDES
from pilot.web.forms import TAKES_A_FILE, answers, read_form
from pilot.web.pages import page, see_other

HERE = "/trusts/{trust:str}/ballots/{ballot:int}/tellers"
RETURNING_OFFICER = allow(Role.RETURNING_OFFICER)


class TellerForm(FileForm, frozen=True):
    """The page where a returning officer adds a teller."""

    number: Annotated[
        str,
        Meta(
            title="Number",
            max_length=60,
            extra_json_schema={"required": "Type the number as the teller reads it to you"},
        ),
    ]
    email: Annotated[
        str, Meta(title="E-mail address", max_length=254, extra_json_schema={"required": "Enter an e-mail address"})
    ]
    side: Annotated[
        Literal["scrutineer", "employer", "staff side"],
        Meta(
            title="Side",
            extra_json_schema={"required": "Select for whom they stand", "invalid": "Select for whom they stand"},
        ),
    ]

    def problems(self) -> dict[str, str]:
        """An address to which a link can be given."""
        return {"email": WRONG_EMAIL} if self.email and not is_email(self.email) else {}


@get("/teller", name="voting.teller_tasks", **allow(Role.TELLER))
async def teller_tasks(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template:
    """The ballots in which this teller takes votes on paper."""
    rows = await queries.ballots_of_teller(session, principal.account_id)
    ballots = [(row, await people.trust(session, row.trust), service.standing(row, now)) for row in rows]
    tool = trustee_page(settings.static)
    return page(request, "voting/teller_tasks.html", ballots=ballots, tool=tool)


@get(HERE, name="voting.tellers", **RETURNING_OFFICER)
async def tellers(
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
) -> Template:
    """Who takes votes on paper: arranged before the list of voters is fixed, shown afterwards."""
    row = await queries.ballot_of(session, trust, ballot)
    found = await queries.tellers(session, row.id)
    return page(
        request,
        "voting/tellers.html",
        trust=await people.trust(session, trust),
        ballot=row,
        tellers=[(one, service.teller_number(one)) for one in found],
        enough=enough([one.side for one in found]),
        open=row.state == State.ARRANGED,
        sides=SIDES,
        papers=await service.papers(session, row) if row.box_id and found else None,
        given=await service.papers_by_teller(session, row),
        server_custody=await service.server_custody(session, [row]),
    )


@post(HERE, name="voting.add_teller", status_code=200, **RETURNING_OFFICER, **TAKES_A_FILE)
@answers(tellers)
async def add_teller(
    *,
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    settings: NamedDependency[Settings],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
) -> Template:
    """Add a teller, and show the link that signs them in."""
    row = await service.to_add_teller(session, trust, ballot)
    form = await read_form(request, TellerForm)
    wanted = WantedTeller(form.email, form.side, form.number)
    with in_the_file(MAKE_NEW):
        added = await service.add_teller(session, row, wanted, form.file.content, by=principal.actor, now=now)
    return await _linked(request, session, settings, row, added)


async def _linked(
    request: Request[Any, Any, Any], session: AsyncSession, settings: Settings, row: BallotRow, added: NewTeller
) -> Template:
    """The link that signs them in, which cannot be shown again."""
    teller = await queries.teller(session, row.id, added.teller)
    link = None if added.secret is None else people_service.link_address(settings, added.secret)
    trust = await people.trust(session, row.trust)
    return page(request, "voting/teller_link.html", trust=trust, ballot=row, teller=teller, link=link)


@post(HERE + "/{teller:int}/link", name="voting.teller_link", status_code=200, **RETURNING_OFFICER)
async def teller_link(
    *,
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    teller: FromPath[int],
    session: NamedDependency[AsyncSession],
    settings: NamedDependency[Settings],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
) -> Template:
    """Another link, for a teller whose link was used or is too old."""
    row = await queries.ballot_of(session, trust, ballot)
    added = await service.teller_link(session, row, teller, by=principal.actor, now=now)
    return await _linked(request, session, settings, row, added)


@post(HERE + "/{teller:int}/remove", name="voting.remove_teller", **RETURNING_OFFICER)
async def remove_teller(
    *,
    trust: FromPath[str],
    ballot: FromPath[int],
    teller: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
) -> Redirect:
    """Take a teller out while the list of voters is not fixed."""
    row = await queries.ballot_of(session, trust, ballot)
    await service.remove_teller(session, row, teller, by=principal.actor, now=now)
    return see_other(f"/trusts/{trust}/ballots/{ballot}/tellers")


HANDLERS = [teller_tasks, tellers, add_teller, teller_link, remove_teller]
