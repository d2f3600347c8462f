"""`pilot lottery verify FILE.json`: redo the draw of the pilots from its published document, and nothing else."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pilot.commands.screen import say
from pilot.errors import BadInput
from pilot.metrics import lottery, redrawing
from pilot.metrics.lottery import Document

if TYPE_CHECKING:
    from argparse import _SubParsersAction

CANNOT_BE_READ = 2


def register(subparsers: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser("lottery", help="redo the draw of the pilots from its published file")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verify = verbs.add_parser("verify", help="check every step of the draw")
    verify.add_argument("file", type=Path, metavar="FILE.json", help="lottery.json, as downloaded from its public page")
    verify.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """One line for each check. 0 when all hold, 1 when one does not, 2 when the file cannot be read."""
    try:
        document = lottery.read(_bytes(args.file))
    except BadInput as trouble:
        say(f"pilot lottery: {trouble.reason}", sys.stderr)
        return CANNOT_BE_READ
    checks = redrawing.verify(document)
    say(document.title)
    for check in checks:
        say(f"{'passed' if check.ok else 'FAILED'}  {check.name}: {check.says}")
    failed = sum(not check.ok for check in checks)
    if failed:
        say(f"{failed} of {len(checks)} checks failed: this is not the draw that the list and the beacon give.")
        return 1
    say(_to_be_checked_elsewhere(document))
    return 0


def _to_be_checked_elsewhere(document: Document) -> str:
    """What no program can know of a file alone."""
    said = document.announcement
    if document.draw is None:
        return f"Nothing is drawn yet. The beacon is named: {said.source}, known on {said.known_on}."
    return (
        f"Every check was passed. What is left to you: that “{document.draw.beacon}” is what was published on "
        f"{said.known_on} by this source: {said.source}."
    )


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > lottery.LARGEST:
            raise BadInput("This file is far too large for a lottery.")
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from error
