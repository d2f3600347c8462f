"""The command line entry: `pilot COMMAND …`, the same as `python -m pilot COMMAND …`."""

import argparse
import importlib
import sys

from pilot.errors import Refused
from pilot.settings import Unsafe

COMMANDS = ("serve", "people", "demo", "migrate", "tick", "verify", "evaluate")
"""The files of pilot/commands, in the order in which help lists them; `people` holds init and invite."""


def parser() -> argparse.ArgumentParser:
    """Every command with its arguments."""
    top = argparse.ArgumentParser(prog="pilot", description="Workplace-democracy pilots in NHS trusts.")
    subparsers = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in COMMANDS:
        importlib.import_module(f"pilot.commands.{name}").register(subparsers)
    return top


def main(argv: list[str] | None = None) -> int:
    """Run one command. 0 done, 1 a check failed or the act was refused, 2 the input cannot be used."""
    args = parser().parse_args(argv)
    try:
        return int(args.run(args))
    except (Refused, Unsafe) as refusal:
        print(refusal, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
