"""`pilot init` makes the first programme admin, and `pilot invite` a new sign-in link, for when nobody can sign in."""

import argparse
import asyncio
import os
import sys
from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncSession

from pilot.clock import utc_now
from pilot.commands.migrate import upgrade
from pilot.errors import BadInput
from pilot.people import service
from pilot.people.forms import AccountForm
from pilot.people.roles import Grant, Role
from pilot.settings import from_environment
from pilot.store import Store

BAD_INPUT = 2


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands."""
    init = subparsers.add_parser("init", help="make the first programme admin, and no demonstration")
    init.add_argument("--name", required=True, help="full name of the programme admin")
    init.add_argument("--email", required=True, help="e-mail address; nothing is sent to it")
    init.set_defaults(run=init_programme)
    invite = subparsers.add_parser("invite", help="make a sign-in link that works once, within 24 hours")
    invite.add_argument("email", metavar="EMAIL", help="e-mail address of the account; nothing is sent to it")
    invite.add_argument("--name", help="full name, to make the account if it is not there yet")
    invite.add_argument("--role", choices=[role.value for role in Role], help="a role to give as well")
    invite.add_argument("--trust", help="ODS code, for a role that belongs to a trust")
    invite.set_defaults(run=invite_somebody)


def init_programme(args: argparse.Namespace) -> int:
    """Bring the database up to date, make the first programme admin and print the link."""
    upgrade(from_environment(os.environ).database_url)

    async def make(session: AsyncSession) -> str:
        return await service.first_programme_admin(session, args.name.strip(), args.email, now=utc_now())

    return _print_link(args, make)


def invite_somebody(args: argparse.Namespace) -> int:
    """Print a new link for an account, which is made first if it has a name."""
    grant = Grant(Role(args.role), args.trust) if args.role else None

    async def make(session: AsyncSession) -> str:
        return await service.invite(session, args.email, name=args.name, grant=grant, by="command line", now=utc_now())

    return _print_link(args, make)


def _print_link(args: argparse.Namespace, make: Callable[[AsyncSession], Awaitable[str]]) -> int:
    """0 and the link, or 2 and every sentence about what was typed."""
    problems = AccountForm(name=args.name or "", email=args.email.strip()).problems()
    if args.name is not None and not args.name.strip():
        problems["name"] = "Enter a full name"
    try:
        link = "" if problems else asyncio.run(_make(make))
    except BadInput as refusal:
        problems = refusal.fields
    if problems:
        print("\n".join(problems.values()), file=sys.stderr)
        return BAD_INPUT
    print(f"Open this link once, within 24 hours, to sign in as {args.email}:\n{link}")
    return 0


async def _make(make: Callable[[AsyncSession], Awaitable[str]]) -> str:
    settings = from_environment(os.environ)
    store = Store.of(settings)
    try:
        async with store.writing() as session:
            secret = await make(session)
    finally:
        await store.dispose()
    return service.link_address(settings, secret)
