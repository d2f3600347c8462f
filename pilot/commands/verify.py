"""`pilot verify RECORD.zip`: check an election record, with no database and no server."""

import argparse
import sys
from pathlib import Path

from pilot.commands.screen import say
from pilot.voting.files import programs
from pilot.voting.record.archive import LARGEST_RECORD, Unreadable, unpack
from pilot.voting.record.checks import Check, passed, verify


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser("verify", help="check the record of a vote and count it again")
    parser.add_argument("record", type=Path, metavar="RECORD.zip")
    parser.add_argument("--number", metavar="NUMBER", help="the number on the poster or slip, to compare")
    parser.add_argument("--manifest-hash", dest="number", help=argparse.SUPPRESS)  # its former name
    parser.add_argument("--papers", type=Path, metavar="FILE", help="papers.jsonl, where the record has none")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """One line for each check. 0 when none failed, 1 when one did, 2 when the file cannot be used."""
    try:
        data = _bytes(args.record)
        papers = None if args.papers is None else _bytes(args.papers)
        record = unpack(data)
    except (OSError, Unreadable) as trouble:
        say(f"pilot verify: {_sentence(trouble)}", sys.stderr)
        return 2
    checks = verify(
        record.files,
        refused=record.refused,
        manifest_hash=args.number,
        papers=papers,
        programs=programs(),
    )
    for check in checks:
        if check.ok is not None:
            say(line(check))
    open_points = [check for check in checks if check.ok is None]
    if open_points:
        say("Could not be checked:")
        for check in open_points:
            say(f"  {check.name}: {check.says}")
    failed = sum(check.ok is False for check in checks)
    say(f"{failed} of the checks failed." if failed else "Every check that could be made was passed.")
    return 0 if passed(checks) else 1


def line(check: Check) -> str:
    """A check as one line: what was checked, where, and what was found."""
    place = "" if check.ok else "".join((f" [{check.file}", f", line {check.line}" if check.line else "", "]"))
    return f"{'passed' if check.ok else 'FAILED'}  {check.name}{place}: {check.says}"


def _bytes(path: Path) -> bytes:
    if path.stat().st_size > LARGEST_RECORD:
        raise Unreadable("This file is far too large for a record.")
    return path.read_bytes()


def _sentence(trouble: Exception) -> str:
    if isinstance(trouble, OSError):
        return f"{trouble.filename} cannot be read: {trouble.strerror}."
    return str(trouble)
