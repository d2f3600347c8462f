"""The returning officer's pages of trustees: invite them, confirm their keys, practise, retire or replace them."""

from datetime import datetime
from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import WrongState
from pilot.people import queries as people
from pilot.people import service as people_service
from pilot.people.guards import allow
from pilot.people.roles import Officer, Role
from pilot.settings import Settings
from pilot.voting import queries, service
from pilot.voting.forms import ConfirmForm, InviteForm, ReplaceForm, SureForm
from pilot.voting.service import Invited
from pilot.voting.tables import TrusteeRow
from pilot.voting.trustees import ROLES, SIDES, Compared, Standing, Wanted, move
from pilot.web.forms import answers, read_form
from pilot.web.pages import page, see_other

ALL = "/trusts/{trust:str}/trustees"
ONE = ALL + "/{trustee:int}"
RETURNING_OFFICER = allow(Role.RETURNING_OFFICER)


async def _page(
    request: Request[Any, Any, Any], session: AsyncSession, template: str, row: TrusteeRow, **more: Any
) -> Template:
    trust = await people.trust(session, row.trust)
    number = service.fingerprint(row)
    return page(request, template, trust=trust, trustee=row, number=number, **more)


async def _invited(
    request: Request[Any, Any, Any], session: AsyncSession, settings: Settings, invited: Invited
) -> Template:
    """The link that signs them in, which cannot be shown again."""
    row = await queries.trustee(session, invited.trustee)
    link = None if invited.secret is None else people_service.link_address(settings, invited.secret)
    return await _page(request, session, "voting/trustee_link.html", row, link=link)


@get(ALL, name="voting.trustees", **RETURNING_OFFICER)
async def trustees(
    request: Request[Any, Any, Any], trust: FromPath[str], session: NamedDependency[AsyncSession]
) -> Template:
    """Everybody who opens sealed votes of this trust, and how far they are."""
    rows = await queries.trustees_of(session, trust)
    found = [(row, service.fingerprint(row)) for row in rows]
    return page(request, "voting/trustees.html", trust=await people.trust(session, trust), trustees=found)


@get(ALL + "/new", name="voting.inviting_trustee", **RETURNING_OFFICER)
async def inviting_trustee(
    request: Request[Any, Any, Any], trust: FromPath[str], session: NamedDependency[AsyncSession]
) -> Template:
    """The form for somebody who is asked to be a trustee."""
    found = await people.trust(session, trust)
    return page(request, "voting/inviting_trustee.html", trust=found, sides=SIDES, roles=ROLES)


@post(ALL + "/new", name="voting.invite_trustee", status_code=200, **RETURNING_OFFICER)
@answers(inviting_trustee)
async def invite_trustee(
    *,
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    session: NamedDependency[AsyncSession],
    settings: NamedDependency[Settings],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
) -> Template:
    """Ask somebody, and show the link that signs them in."""
    form = await read_form(request, InviteForm)
    wanted = Wanted(form.name, form.email, form.side, form.deputy)
    invited = await service.invite(session, trust, wanted, by=principal.actor, now=now)
    return await _invited(request, session, settings, invited)


@get(ONE, name="voting.trustee", **RETURNING_OFFICER)
async def trustee(
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    trustee: FromPath[int],
    session: NamedDependency[AsyncSession],
) -> Template:
    """One trustee: what is done, what is to be done, and their ballots."""
    row = await queries.trustee_of(session, trust, trustee)
    ballots = await queries.ballots_of_trustee(session, row.id)
    return await _page(request, session, "voting/trustee.html", row, ballots=[ballot for ballot, _ in ballots])


@post(ONE + "/link", name="voting.trustee_link", status_code=200, **RETURNING_OFFICER)
async def trustee_link(
    *,
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    trustee: FromPath[int],
    session: NamedDependency[AsyncSession],
    settings: NamedDependency[Settings],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
) -> Template:
    """Another link, for a trustee whose link was used or is too old."""
    invited = await service.new_link(session, trust, trustee, by=principal.actor, now=now)
    return await _invited(request, session, settings, invited)


@get(ONE + "/confirm", name="voting.confirming_trustee", **RETURNING_OFFICER)
async def confirming_trustee(
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    trustee: FromPath[int],
    session: NamedDependency[AsyncSession],
) -> Template:
    """The number of the keys that came here, to be compared with what the trustee reads."""
    row = await queries.trustee_of(session, trust, trustee)
    move(Standing(row.state), "confirm")
    return await _page(request, session, "voting/confirming_trustee.html", row, other_name=service.other_name(row))


@post(ONE + "/confirm", name="voting.confirm_trustee", **RETURNING_OFFICER)
@answers(confirming_trustee)
async def confirm_trustee(
    *,
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    trustee: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
) -> Redirect:
    """Confirm that the keys are this person's."""
    row = await queries.trustee_of(session, trust, trustee)
    form = await read_form(request, ConfirmForm)
    compared = Compared(form.number or "", form.aloud, form.shown)
    await service.confirm(session, row, compared, by=principal.actor, now=now)
    return see_other(f"/trusts/{trust}/trustees/{trustee}")


@post(ONE + "/practice", name="voting.start_practice", **RETURNING_OFFICER)
async def start_practice(
    *,
    trust: FromPath[str],
    trustee: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
) -> Redirect:
    """Begin a practice with the deputy's backup."""
    row = await queries.trustee_of(session, trust, trustee)
    await service.start_drill(session, row, by=principal.actor, now=now)
    return see_other(f"/trusts/{trust}/trustees/{trustee}")


@get(ONE + "/retire", name="voting.retiring_trustee", **RETURNING_OFFICER)
async def retiring_trustee(
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    trustee: FromPath[int],
    session: NamedDependency[AsyncSession],
) -> Template:
    """What it means to end somebody's being a trustee."""
    row = await queries.trustee_of(session, trust, trustee)
    move(Standing(row.state), "retire")
    return await _page(request, session, "voting/retiring_trustee.html", row)


@post(ONE + "/retire", name="voting.retire_trustee", **RETURNING_OFFICER)
@answers(retiring_trustee)
async def retire_trustee(
    *,
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    trustee: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
) -> Redirect:
    """End it."""
    row = await queries.trustee_of(session, trust, trustee)
    await read_form(request, SureForm)
    await service.retire(session, row, by=principal.actor, now=now)
    return see_other(f"/trusts/{trust}/trustees")


@get(ONE + "/replace", name="voting.replacing_trustee", **RETURNING_OFFICER)
async def replacing_trustee(
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    trustee: FromPath[int],
    session: NamedDependency[AsyncSession],
) -> Template:
    """Where the deputy is asked to take the place of a trustee who is not there."""
    row = await queries.trustee_of(session, trust, trustee)
    if row.state != Standing.CONFIRMED:
        raise WrongState("A deputy can only stand in for a trustee whose keys are confirmed.")
    return await _page(request, session, "voting/replacing_trustee.html", row)


@post(ONE + "/replace", name="voting.replace_trustee", status_code=200, **RETURNING_OFFICER)
@answers(replacing_trustee)
async def replace_trustee(
    *,
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    trustee: FromPath[int],
    session: NamedDependency[AsyncSession],
    settings: NamedDependency[Settings],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
) -> Template:
    """Let the deputy stand in, and say who gives them the link that signs them in."""
    row = await queries.trustee_of(session, trust, trustee)
    form = await read_form(request, ReplaceForm)
    invited = await service.replace(session, row, form.email, form.reason, by=principal.actor, now=now)
    return await _invited(request, session, settings, invited)


HANDLERS = [
    trustees,
    inviting_trustee,
    invite_trustee,
    trustee,
    trustee_link,
    confirming_trustee,
    confirm_trustee,
    start_practice,
    retiring_trustee,
    retire_trustee,
    replacing_trustee,
    replace_trustee,
]
