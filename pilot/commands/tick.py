"""`pilot tick`: do once what is due by the clock. The server does the same by itself each minute."""

import argparse
import asyncio
import os

from pilot.app import do_what_is_due
from pilot.clock import utc_now
from pilot.settings import from_environment
from pilot.store import Store


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser("tick", help="do what is due: open, close, move on, tidy up")
    parser.set_defaults(run=run)


def run(_args: argparse.Namespace) -> int:
    """Print a sentence for each thing that was done."""
    for sentence in asyncio.run(_tick()):
        print(sentence)
    return 0


async def _tick() -> list[str]:
    store = Store.of(from_environment(os.environ))
    try:
        return await do_what_is_due(store, utc_now())
    finally:
        await store.dispose()
