"""The programme admin's pages: accounts, their roles, and links to sign in."""

from datetime import datetime
from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import NotFound
from pilot.people import queries, service
from pilot.people.forms import AccountForm, GrantForm
from pilot.people.guards import allow
from pilot.people.roles import WHAT_A_ROLE_DOES, Grant, Officer, Role
from pilot.settings import Settings
from pilot.web.forms import answers, read_form
from pilot.web.pages import page, see_other

ADMIN = allow(Role.PROGRAMME_ADMIN)


@get("/accounts", name="people.accounts", **ADMIN)
async def accounts(request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]) -> Template:
    """Everybody with an account and what they may do."""
    return page(request, "people/accounts.html", accounts=await queries.accounts(session))


@get("/accounts/new", name="people.new_account", **ADMIN)
async def new_account(request: Request[Any, Any, Any]) -> Template:
    """The form for a new account."""
    return page(request, "people/new_account.html")


@post("/accounts", name="people.add_account", **ADMIN)
@answers(new_account)
async def add_account(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
) -> Redirect:
    """Add an account, and go on to its roles."""
    form = await read_form(request, AccountForm)
    account = await service.add_account(session, form.name, form.email, by=principal.actor, now=now)
    return see_other(f"/accounts/{account}")


@get("/accounts/{account:int}", name="people.account", **ADMIN)
async def account_page(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], account: FromPath[int]
) -> Template:
    """One account: its roles, the form to give one, and the button to make a link."""
    return page(
        request,
        "people/account.html",
        account=await queries.account(session, account),
        trusts=await queries.trusts_of_programme(session),
        roles=WHAT_A_ROLE_DOES,
    )


@post("/accounts/{account:int}/roles", name="people.grant_role", **ADMIN)
@answers(account_page)
async def grant_role(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
    account: FromPath[int],
) -> Redirect:
    """Give a role."""
    form = await read_form(request, GrantForm)
    await service.grant_role(session, account, Grant(form.role, form.trust), by=principal.actor, now=now)
    return see_other(f"/accounts/{account}")


@post("/accounts/{account:int}/roles/{grant:int}/end", name="people.end_role", **ADMIN)
async def end_role(
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
    account: FromPath[int],
    grant: FromPath[int],
) -> Redirect:
    """End a role at once."""
    holder, _ = await queries.live_grant(session, grant)
    if holder != account:
        raise NotFound("This person does not hold this role.")
    await service.end_role(session, grant, by=principal.actor, now=now)
    return see_other("/" if holder == principal.account_id else f"/accounts/{account}")


@post("/accounts/{account:int}/link", name="people.make_link", **ADMIN)
async def make_link(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    settings: NamedDependency[Settings],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
    account: FromPath[int],
) -> Template:
    """Make a sign-in link and show it; it cannot be shown again."""
    owner = await queries.account(session, account)
    secret = await service.make_link(session, account, by=principal.actor, now=now)
    link = service.link_address(settings, secret)
    return page(request, "people/new_link.html", account=owner, link=link)


HANDLERS = [accounts, new_account, add_account, account_page, grant_role, end_role, make_link]
