"""`pilot dispute CHECKING_FILE RECORD.zip`: what became of one vote, and who took it out if it is gone; offline."""

import argparse
import sys
from pathlib import Path

from pilot.commands.screen import say
from pilot.errors import BadInput
from pilot.secrecy import dispute
from pilot.voting.record.archive import LARGEST_RECORD, Unreadable, unpack

RIGHT, WRONG, UNUSABLE = 0, 1, 2


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "dispute", help="follow one vote by its checking file through the record of the vote"
    )
    parser.add_argument("file", type=Path, metavar="CHECKING_FILE", help="what the voter kept; it shows how they voted")
    parser.add_argument("record", type=Path, metavar="RECORD.zip")
    parser.add_argument("--number", metavar="NUMBER", help="the number of the vote, from the poster, to compare")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0: nobody did wrong; 1: somebody is named; 2: the file is not true or of another vote, or cannot be used."""
    try:
        file = dispute.read(_bytes(args.file, dispute.LARGEST))
        record = dispute.read_record(unpack(_bytes(args.record, LARGEST_RECORD)).files)
    except (OSError, Unreadable, BadInput) as trouble:
        say(f"pilot dispute: {_sentence(trouble)}", sys.stderr)
        return UNUSABLE
    if args.number is not None and "".join(args.number.split()).lower() != record.digest:
        say(f"pilot dispute: This record is of another vote: its number is {record.digest}.", sys.stderr)
        return UNUSABLE
    finding = dispute.settle(file, record)
    say(finding.sentence)
    compared = "compared" if args.number is not None else "not compared: give --number to compare it with the poster"
    say(f"The number of the vote ({compared}): {record.digest}")
    if finding.outcome in (dispute.Outcome.FALSE, dispute.Outcome.OTHER_VOTE):
        return UNUSABLE
    return WRONG if finding.outcome.accuses else RIGHT


def _bytes(path: Path, most: int) -> bytes:
    if path.stat().st_size > most:
        raise Unreadable(f"{path} is far too large.")
    return path.read_bytes()


def _sentence(trouble: Exception) -> str:
    if isinstance(trouble, OSError):
        return f"{trouble.filename} cannot be read: {trouble.strerror}."
    return str(trouble)
