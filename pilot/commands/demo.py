"""`pilot demo`: fill an empty database with the demonstration; with --serve, open its doors and serve it."""

import argparse
import asyncio
import os
import socket
import sys

from pilot.clock import utc_now
from pilot.commands import migrate, serve
from pilot.demo.doors import Code, Door, code, doors
from pilot.demo.making import IN_PRODUCTION, fill, is_empty
from pilot.demo.races import LOT
from pilot.errors import WrongState
from pilot.settings import Settings, from_environment
from pilot.store import Store
from pilot.web.pages import fours, when


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser("demo", help="fill an empty database with a made-up programme")
    parser.add_argument(
        "--serve", action="store_true", help="make the database and the demonstration where they are missing, and serve"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Make the demonstration, and serve it if asked. Stopped while making, it leaves the database empty."""
    settings = from_environment(os.environ)
    if not settings.demonstration:
        raise WrongState(IN_PRODUCTION)
    if args.serve and not _port_is_free(settings):
        print(
            f"Port {settings.port} is in use by another program. Choose another port, like this:\n"
            f"  PORT={settings.port + 1} make run",
            file=sys.stderr,
        )
        return 1
    try:
        migrate.upgrade(settings.database_url)
        found = asyncio.run(_make(settings, only_if_empty=args.serve))
    except KeyboardInterrupt:
        print("\nStopped. A demonstration that was not finished has left nothing behind.", file=sys.stderr)
        return 1
    if not args.serve:
        print("The demonstration is made. Start it with: pilot demo --serve")
        return 0
    print(welcome(settings, *found), flush=True)
    return serve.run(args)


async def _make(settings: Settings, *, only_if_empty: bool) -> tuple[tuple[Door, ...], Code | None]:
    """Fill the database; then the doors, when it is going to be served."""
    store = Store.of(settings)
    try:
        empty = await is_empty(store)
        if empty:
            print("Making the demonstration (less than a minute, only the first time):", flush=True)
        if empty or not only_if_empty:
            await fill(store, settings, utc_now(), lambda sentence: print(f"  {sentence} …", flush=True))
            await store.overwrite_deleted()
        if not only_if_empty:
            return (), None
        return await doors(store, settings, utc_now()), await code(store, settings, utc_now())
    finally:
        await store.dispose()


def welcome(settings: Settings, links: tuple[Door, ...], voting: Code | None) -> str:
    """What is shown when the demonstration starts."""
    lines = ["", f"Pilot is at {settings.public_url}   (stop it with Ctrl-C)", ""]
    if links:
        width = max(len(link.role) for link in links)
        lines += ["Sign in as (each link works once; a new one at each start):"]
        lines += [f"  {link.role.capitalize():<{width}}  {link.address}   {link.name}" for link in links]
        lines += [
            f"The returning officer opens an election that has closed with the number for lots {fours(LOT)}.",
            "",
        ]
    if voting is not None:
        lines += [
            f"Vote at {settings.public_url}/vote with the code  {voting.code}",
            f"  It belongs to {voting.name}, {voting.job}. Open until {when(voting.closes_at)}:",
            *(f"  “{title}”" for title in voting.titles),
        ]
    elif links:
        lines += ["No vote of the demonstration is open any more. To start afresh, delete its database."]
    return "\n".join([*lines, ""])


def _port_is_free(settings: Settings) -> bool:
    """Whether the server will be able to listen, seen before most of a minute is spent on the demonstration."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError:
            return False
    return True
