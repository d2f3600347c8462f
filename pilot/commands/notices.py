"""`pilot notices`: what is recorded for each person on the list of voters, for mail merge and as letters; offline."""

import argparse
import os
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from pilot.errors import BadInput
from pilot.secrecy import lists, watching
from pilot.secrecy import manifest as manifests
from pilot.voting import letters, notices
from pilot.voting.notices import Recorded

DONE, REFUSED, UNREADABLE = 0, 1, 2

TO_BE_OPENED = (
    "The number of the list of sealed votes: {}\n"
    "Whoever opens the sealed votes first must have it from you, and types it. Tell it face to face or by telephone."
)
LARGEST = 500_000_000
"""Bytes of a file; the log of 100,000 voters who all vote twice has 60 million."""


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser("notices", help="tell each voter what is recorded for them, before votes are opened")
    for name, what in (
        ("voters", "the list of voters that you downloaded before the vote opened"),
        ("log", "log.jsonl, downloaded after the close"),
        ("manifest", "manifest.json, which you signed"),
        ("checkpoint", "checkpoints.txt, or a signed statement that you kept; give it several times for several files"),
    ):
        action = "append" if name == "checkpoint" else "store"
        parser.add_argument(f"--{name}", type=Path, metavar="FILE", required=True, action=action, help=what)
    parser.add_argument("--out", type=Path, metavar="DIR", required=True, help="the folder for the files")
    parser.add_argument("--number", metavar="NUMBER", help="the number of the vote, from the poster, to compare")
    parser.add_argument(
        "--watched", type=Path, metavar="FILE", help="the file that pilot watch kept, to compare the log with"
    )
    parser.add_argument("--tell", metavar="WORDS", help="whom to tell of a mistake, and how: a name and a phone number")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0: the files are written; 1: the list, the log and the promise do not fit; 2: a file cannot be used."""
    try:
        files = {name: _bytes(getattr(args, name)) for name in ("voters", "log", "manifest")}
        checkpoints = b"".join(_bytes(path) for path in args.checkpoint)
        watched = None if args.watched is None else _bytes(args.watched)
    except (OSError, ValueError) as trouble:
        print(f"pilot notices: {_sentence(trouble)}", file=sys.stderr)
        return UNREADABLE
    try:
        written, summary = make(files, checkpoints, watched, number=args.number, tell=args.tell)
    except BadInput as trouble:
        print(f"pilot notices: {trouble.reason} No file was written.", file=sys.stderr)
        return REFUSED
    try:
        _write(args.out, written)
    except OSError as trouble:
        print(f"pilot notices: {_sentence(trouble)}", file=sys.stderr)
        return UNREADABLE
    print(summary)
    for name in written:
        print(args.out / name)
    return DONE


def make(
    files: Mapping[str, bytes],
    checkpoints: bytes,
    watched: bytes | None = None,
    *,
    number: str | None = None,
    tell: str | None = None,
) -> tuple[dict[str, bytes], str]:
    """The files to be written by their names, and a summary in a few lines. Raises BadInput saying what does not fit.

    `files` are voters, log and manifest; `watched` is what `pilot watch` kept.
    """
    manifest, digest = manifests.read(files["manifest"]), manifests.digest(files["manifest"])
    if number is not None and number.strip().lower() != digest:
        raise BadInput("This is another vote: the number of the vote is not the one that you gave.")
    voters = notices.read_list(files["voters"], manifest)
    seen = None if watched is None else watching.read(watched)
    followed = b"" if seen is None else seen.text.encode()
    log = notices.read_log(files["log"], checkpoints + followed, manifest, digest)
    found = notices.notices(voters, log)
    scrutineer = manifest.trustees[0]
    sender = letters.Sender(manifest.title, digest, f"{scrutineer.name}, {scrutineer.role}", tell or scrutineer.name)
    written = {"notices.csv": letters.mail_merge(voters.headings, found, sender)}
    for place, letter in enumerate(letters.letters(voters.headings, found, sender), start=1):
        written[f"letters-{place}.html"] = letter
    many = Counter(one.recorded for one in found)
    counts = ", ".join(f"{recorded}: {many[recorded]:,}" for recorded in Recorded)
    summary = f"The list fits the promise, and the log fits its signed statements.\n{len(found):,} people. {counts}."
    compared = "compared" if number is not None else "not compared: give --number to compare it with the poster"
    summary += f"\nThe number of the vote ({compared}): {digest}"
    if followed:
        summary += "\nThe log goes on from the one that pilot watch followed."
    return written, f"{summary}\n{TO_BE_OPENED.format(lists.number(log.listed))}"


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write the files so that only their owner can read them: they hold names."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = folder / name
        path.unlink(missing_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)


def _bytes(path: Path) -> bytes:
    if path.stat().st_size > LARGEST:
        raise ValueError(f"{path} is far too large.")
    return path.read_bytes()


def _sentence(trouble: Exception) -> str:
    if isinstance(trouble, OSError):
        return f"{trouble.filename} cannot be read or written: {trouble.strerror}."
    return str(trouble)
