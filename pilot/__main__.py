"""The command line entry: `pilot COMMAND …`, the same as `python -m pilot COMMAND …`."""

import argparse
import importlib
import sys
from collections.abc import Sequence

from pilot.errors import Refused
from pilot.settings import Unsafe

COMMANDS = (
    "serve",
    "people",
    "demo",
    "migrate",
    "tick",
    "verify",
    "count",
    "notices",
    "watch",
    "dispute",
    "evaluate",
    "lottery",
    "trustee",
    "rehearse",
)
"""The files of pilot/commands, in the order in which help lists them; `people` holds init and invite."""


def parser(commands: Sequence[str] = COMMANDS) -> argparse.ArgumentParser:
    """Every command with its arguments, or only some: each loads what it needs, and the server needs much."""
    top = argparse.ArgumentParser(prog="pilot", description="Workplace-democracy pilots in NHS trusts.")
    subparsers = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in commands:
        importlib.import_module(f"pilot.commands.{name}").register(subparsers)
    return top


def main(argv: list[str] | None = None) -> int:
    """Run one command. 0 done, 1 a check failed or the act was refused, 2 the input cannot be used."""
    argv = sys.argv[1:] if argv is None else argv
    named = [name for name in COMMANDS if argv[:1] == [name]]
    args = parser(named or COMMANDS).parse_args(argv)
    try:
        return int(args.run(args))
    except (Refused, Unsafe) as refusal:
        print(refusal, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
