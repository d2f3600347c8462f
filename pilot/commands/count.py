"""`pilot count FILE.blt`: count papers from a file; `pilot count --compare A B`: where two counts part."""

import argparse
import re
import sys
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from pilot.voting.count import blt, compare, lot, rules, sheet
from pilot.voting.count.contest import Cannot, Contest, Reserve, names
from pilot.voting.count.paper_lines import Unreadable

if TYPE_CHECKING:
    from argparse import _SubParsersAction

SAME, DIFFERENT, BAD_INPUT = 0, 1, 2

LARGEST_COUNT = 50_000_000
"""Bytes of a count in JSON; one with 255 candidates and as many stages has 2 million."""

_RESERVE = re.compile(r"(.+?):(\d{1,3})(?::(\d{1,3}))?:(\d{1,3}(?:,\d{1,3})*)")


def register(subparsers: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser("count", help="count the papers in a BLT file, or compare two counts")
    parser.add_argument("file", type=Path, nargs="?", metavar="FILE.blt", help="the papers")
    parser.add_argument("--rule", default="scottish-stv", choices=rules.RULES, help="default: scottish-stv")
    parser.add_argument("--seats", type=int, metavar="N", help="instead of the number in the file")
    parser.add_argument("--format", default="text", choices=sheet.FORMATS, help="default: text")
    parser.add_argument("--withdraw", type=_numbers, nargs="+", default=[], metavar="N", help="candidates who withdrew")
    parser.add_argument(
        "--reserve",
        type=_reserve,
        action="append",
        default=[],
        metavar="NAME:LEAST[:MOST]:N,N…",
        help="seats kept for a class of candidates",
    )
    parser.add_argument("--reopen", type=int, metavar="N", help="the candidate who is “Re-open nominations”")
    parser.add_argument("--lot-seed", metavar="SEED", help="64 digits and letters a to f, or any text: settles ties")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the sheet there")
    parser.add_argument(
        "--compare", type=Path, nargs=2, metavar=("A", "B"), help="say where two counts in JSON part, and count nothing"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0: the sheet is printed, or two counts are the same; 1: they differ; 2: one line says why it cannot be done."""
    try:
        return _compare(*args.compare) if args.compare else _count(args)
    except (OSError, Cannot) as trouble:
        print(f"pilot count: {_sentence(trouble)}", file=sys.stderr)
        return BAD_INPUT


def _count(args: argparse.Namespace) -> int:
    if args.file is None:
        raise Cannot("Name the BLT file to count, or two counts after --compare.")
    try:
        election = blt.read(_bytes(args.file, blt.LARGEST))
    except Unreadable as fault:
        raise Cannot(f"{args.file}: {fault}") from fault
    contest = _contest(election.contest, args)
    order = election.lot if args.lot_seed is None else lot.draw(seed(args.lot_seed), len(contest.candidates))
    try:
        result = rules.count(args.rule, contest, election.papers, order)
    except lot.NeedsLot as tie:
        raise Cannot(_what_is_level(args.rule, contest, election.papers)) from tie
    for note in election.notes:
        print(f"pilot count: {args.file}: {note}", file=sys.stderr)
    _give(sheet.FORMATS[args.format](result), args.out)
    return SAME


def _contest(contest: Contest, args: argparse.Namespace) -> Contest:
    """The contest of the file with what the command line adds. Raises Cannot for what no contest can be."""
    many = len(contest.candidates)
    seats = contest.seats if args.seats is None else args.seats
    if not 1 <= seats <= many:
        raise Cannot(f"--seats {seats}: there are {many} candidates, so 1 to {many} seats can be filled.")
    withdrawn = {number for listed in args.withdraw for number in listed} | set(contest.withdrawn)
    reserved = [number for reserve in args.reserve for number in reserve.candidates]
    for option, numbers in (("--withdraw", withdrawn), ("--reserve", reserved), ("--reopen", [args.reopen])):
        for number in numbers:
            if number is not None and not 1 <= number <= many:
                raise Cannot(f"{option}: there is no candidate {number}; there are {many}.")
    return replace(
        contest,
        seats=seats,
        withdrawn=tuple(sorted(withdrawn)),
        reserves=tuple(args.reserve),
        reopen=args.reopen,
    )


def _what_is_level(rule: str, contest: Contest, papers: dict[bytes, int]) -> str:
    """Who is level where the lot is needed first: any order would have brought the count as far as that."""
    trial = rules.count(rule, contest, papers, range(1, len(contest.candidates) + 1))
    tie = next(tie for tie in trial.ties if tie.settled == "lot")
    return (
        f"Stage {tie.stage}: {names(contest, tie.candidates)} are level, and nothing before tells them apart. "
        "Draw a lot: give --lot-seed with a number or text that nobody could choose."
    )


def seed(text: str) -> bytes:
    """The seed of the lot: 64 digits and letters a to f are its 32 bytes, any other text gives its SHA-256."""
    return bytes.fromhex(text) if re.fullmatch(r"[0-9a-fA-F]{64}", text) else sha256(text.encode()).digest()


def _compare(one: Path, other: Path) -> int:
    """Print a sentence for each difference."""
    sheets = []
    for path in (one, other):
        try:
            sheets.append(compare.read(_bytes(path, LARGEST_COUNT)))
        except Cannot as fault:
            raise Cannot(f"{path}: {fault}") from fault
    found = compare.differences(*sheets)
    for line in found or ["The counts are the same."]:
        print(line)
    return DIFFERENT if found else SAME


def _give(text: str, out: Path | None) -> None:
    """Write the sheet in UTF-8, whatever the terminal is set to."""
    if out is None:
        sys.stdout.buffer.write(text.encode())
        sys.stdout.buffer.flush()
    else:
        out.write_bytes(text.encode())


def _bytes(path: Path, most: int) -> bytes:
    if path.stat().st_size > most:
        raise Cannot(f"{path} is larger than {most // 1_000_000} million bytes.")
    return path.read_bytes()


def _numbers(text: str) -> tuple[int, ...]:
    """Candidates' numbers with commas between."""
    if not re.fullmatch(r"\d{1,3}(,\d{1,3})*", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a candidate's number")
    return tuple(map(int, text.split(",")))


def _reserve(text: str) -> Reserve:
    """A class of candidates: its name, the fewest and the most seats it is to have, and its candidates."""
    found = _RESERVE.fullmatch(text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME:LEAST:N,N… or NAME:LEAST:MOST:N,N…")
    name, least, most, numbers = found.groups()
    return Reserve(name, tuple(sorted(set(_numbers(numbers)))), int(least), None if most is None else int(most))


def _sentence(trouble: Exception) -> str:
    if isinstance(trouble, OSError):
        return f"{trouble.filename} cannot be read or written: {trouble.strerror}."
    return " ".join(str(trouble).split())
