"""`pilot trustee …`: a trustee's own tools. They need no server and no network; trustee.html does the same."""

import argparse
import getpass
import os
import secrets
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from hashlib import sha256
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from pilot.clock import utc_now
from pilot.commands.screen import say
from pilot.errors import BadInput, Refused
from pilot.secrecy import canonical, keyfile, lists, manifest, peel, proofs, seal, tellers
from pilot.settings import ROOT
from pilot.voting.promised import promise

if TYPE_CHECKING:
    from argparse import _SubParsersAction

REFUSED, BAD_INPUT = 1, 2
NO_PROMISE = "This is not what a ballot promises, or it is not whole."
NOBODY_TO_ASK = (
    "There is no terminal to ask for the passphrase. Put it into a file that only you can read, and name it with "
    "--passphrase-file."
)
SEND = "Send {} on your page “Your part as a trustee” of the voting website."
SEND_REGISTRATION = (
    "If you open sealed votes: send {} on your page “Your part as a trustee” of the voting website. If you take votes "
    "on paper: send it to the returning officer. Then read them your fingerprint."
)
PAGE = ROOT / "static" / "trustee.html"
PORTION = 500
"""Sealed votes that one process opens before it reports."""

FEW = 1000
"""Up to so many sealed votes are opened by this process alone: others would take longer to start."""


def register(subparsers: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command and its verbs."""
    words = "make keys, sign a ballot, open sealed votes: tools of trustees and tellers"
    parser = subparsers.add_parser("trustee", help=words)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    made = _verb(verbs, "keygen", keygen, "make a key file")
    made.add_argument("--name", required=True, help="your full name")
    made.add_argument("--role", required=True, help="what you are, for example: independent scrutineer")
    made.add_argument("--out", type=Path, metavar="FILE", help="write the registration file as well")
    _out(_verb(verbs, "register", registration, "write the registration file of a key file"))
    signed = _verb(verbs, "sign", sign, "sign what a ballot promises")
    signed.add_argument("manifest", type=Path, metavar="MANIFEST", help="manifest.json, from your page of the website")
    signed.add_argument("--number", metavar="NUMBER", help="the ballot's number as you know it, to compare")
    signed.add_argument("--yes", action="store_true", help="sign without asking")
    drilled = _verb(verbs, "drill", drill, "answer a practice list, to show that a key file opens")
    peeled = _verb(verbs, "peel", open_votes, "open the sealed votes of a list")
    peeled.add_argument(
        "--number-of-list", metavar="NUMBER", help="for whoever opens first: the list's number, from pilot notices"
    )
    cancelled = _verb(verbs, "cancel", sign_papers, "sign for people who vote on paper: for tellers")
    cancelled.add_argument("--yes", action="store_true", help="sign without asking")
    for parser in (drilled, peeled, cancelled):
        parser.add_argument("list", type=Path, metavar="LIST", help="from your page of the website")
    for parser in (signed, drilled, peeled, cancelled):
        _out(parser)
    shown = verbs.add_parser("show", help="show whose key file it is, or the number of trustee.html")
    shown.add_argument("key", type=Path, nargs="?", metavar="KEY")
    shown.add_argument("--page", action="store_true", help="where trustee.html is, and its number")
    shown.set_defaults(run=partial(_run, show))


def _verb(
    verbs: "_SubParsersAction[argparse.ArgumentParser]",
    name: str,
    verb: Callable[[argparse.Namespace], None],
    words: str,
) -> argparse.ArgumentParser:
    parser = verbs.add_parser(name, help=words)
    parser.add_argument("key", type=Path, metavar="KEY", help="your key file")
    parser.add_argument("--passphrase-file", type=Path, metavar="FILE", help="instead of asking for the passphrase")
    parser.set_defaults(run=partial(_run, verb))
    return parser


def _out(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="where to write the answer")


def _run(verb: Callable[[argparse.Namespace], None], args: argparse.Namespace) -> int:
    """0 done, 1 refused, 2 a file or the passphrase cannot be used; one sentence says why."""
    try:
        verb(args)
    except OSError as trouble:
        print(f"pilot trustee: {trouble.filename}: {trouble.strerror}.", file=sys.stderr)
        return BAD_INPUT
    except Refused as refusal:
        say(f"pilot trustee: {refusal}", sys.stderr)
        return BAD_INPUT if isinstance(refusal, BadInput) else REFUSED
    return 0


def keygen(args: argparse.Namespace) -> None:
    """Make a key file, which must not be there yet."""
    if args.key.exists():
        raise BadInput(f"{args.key} is there already. A key file is never overwritten: choose another name.")
    passphrase = _passphrase(args, new=True)
    chance = (secrets.token_bytes(48), secrets.token_bytes(32))
    data = keyfile.make(args.name, args.role, passphrase, chance, _fresh())
    _write(args.key, data)
    file = keyfile.read(data)
    _show(file)
    print(
        f"Your key file is {args.key}. If you open sealed votes: give a copy and the passphrase, by two different "
        "ways, to your deputy. If you take votes on paper: give it to nobody."
    )
    if args.out:
        _write(args.out, proofs.registration(file, keyfile.open_up(file, passphrase)))
        print(SEND_REGISTRATION.format(args.out))


def registration(args: argparse.Namespace) -> None:
    """Write the registration file."""
    file, keys = _opened(args)
    _write(args.out, proofs.registration(file, keys))
    _show(file)
    print(SEND_REGISTRATION.format(args.out))


def sign(args: argparse.Namespace) -> None:
    """Show what a ballot promises, ask, and sign it."""
    text = _read(args.manifest).strip(b" \t\r\n")
    found, digest = _promised(text), manifest.digest(text)
    for name, words in promise(found, digest):
        say(f"{name}: {words}")
    if args.number is not None and args.number.strip().lower() != digest:
        raise BadInput("The number of this ballot is not the one that you gave. Nothing was signed.")
    file = keyfile.read(_read(args.key))
    proofs.place(found, file)
    if not args.yes and _asked("Type “yes” to sign this: ").lower() != "yes":
        raise BadInput("Nothing was signed.")
    _write(args.out, proofs.signature(text, file, keyfile.open_up(file, _passphrase(args))))
    print(SEND.format(args.out))


def _promised(text: bytes) -> manifest.Manifest:
    """What a ballot promises; another file, or half of one, is refused without the names of its fields."""
    try:
        return manifest.read(text)
    except BadInput as refusal:
        other = isinstance(refusal.__cause__, msgspec.ValidationError) or refusal.reason == canonical.NOT_CANONICAL
        raise (BadInput(NO_PROMISE) if other else refusal) from refusal


def drill(args: argparse.Namespace) -> None:
    """Answer a practice list."""
    data = _read(args.list)
    _, keys = _opened(args)
    _write(args.out, proofs.drill_answer(keys, data))
    print(f"The key file opens. {SEND.format(args.out)}")


def sign_papers(args: argparse.Namespace) -> None:
    """Sign for everybody on a list who was given a vote on paper."""
    data = _read(args.list)
    found = tellers.read_cancel_list(data)
    print(f"People who were given a vote on paper: {len(found.voters):,}\nNumber of the ballot: {found.m}")
    if not args.yes and _asked("Type “yes” to sign for them: ").lower() != "yes":
        raise BadInput("Nothing was signed.")
    file, keys = _opened(args)
    _write(args.out, tellers.sign_list(data, file, keys))
    print(f"Send {args.out} on the page of votes on paper. A second teller must sign the same list.")


def open_votes(args: argparse.Namespace) -> None:
    """Open the sealed votes of a list. The key file remembers the list before anything is opened."""
    found = lists.read(_read(args.list))
    file = keyfile.read(_read(args.key))
    _check_place(found, file)
    task = lists.check(found)
    print(lists.at_the_close(found))
    typed = args.number_of_list or ""
    if lists.needs_number(found) and not typed:
        typed = _asked("Number of the list, from pilot notices and not from the voting website: ")
    lists.check_outside(found, now=utc_now(), typed=typed)
    passphrase = _passphrase(args)
    keys = keyfile.open_up(file, passphrase)
    remembering = keys.remembering(task.digest, found.head.sha256)
    if remembering != keys:
        _write(args.key, keyfile.sealed_again(file, remembering, passphrase, _fresh()))
    done = peel.peel(found.items, task, keys.sealer, keys.signer, _open_all)
    _write(args.out, lists.write_opened(done))
    said = done.statement
    print(
        f"{said.in_:,} sealed votes came in: {said.out:,} are opened and mixed, {said.duplicates:,} were copies, "
        f"{len(said.rejects):,} did not open.\n{SEND.format(args.out)}"
    )
    if remembering != keys:
        print(f"{args.key} now remembers this list. Give your deputy a copy of it in place of the former one.")


def _check_place(found: lists.SealedList, file: keyfile.KeyFile) -> None:
    place = proofs.place(found.manifest, file)
    if place != found.head.layer:
        raise BadInput(f"This list is for trustee number {found.head.layer}; you are number {place} of this ballot.")


def show(args: argparse.Namespace) -> None:
    """Show the fingerprint of a key file, or the number of the offline page."""
    if args.page == (args.key is not None):
        raise BadInput("Name a key file, or give --page.")
    if args.page:
        print(f"{PAGE}\n{sha256(_read(PAGE)).hexdigest()}")
    else:
        _show(keyfile.read(_read(args.key)))


def _show(file: keyfile.KeyFile) -> None:
    say(f"{file.name}, {file.role}")
    print(f"Fingerprint: {keyfile.fingerprint(file.seal_key, file.sign_key)}")
    print(f"Only for tellers: your number in what trustees sign is {keyfile.teller_number(file.sign_key)}")


def _opened(args: argparse.Namespace) -> tuple[keyfile.KeyFile, keyfile.Keys]:
    file = keyfile.read(_read(args.key))
    return file, keyfile.open_up(file, _passphrase(args))


def _passphrase(args: argparse.Namespace, *, new: bool = False) -> str:
    """From the file that is named, or from the terminal; a new one is checked and asked for twice."""
    if args.passphrase_file is not None:
        try:
            found = _read(args.passphrase_file).decode()
        except UnicodeDecodeError as trouble:
            raise BadInput(f"{args.passphrase_file} is not a text file.") from trouble
    else:
        found = _typed("Passphrase: ")
    if new:
        keyfile.check_passphrase(found)
        if args.passphrase_file is None and _typed("The same passphrase again: ") != found:
            raise BadInput("The two passphrases are different. No key file was made.")
    return found


def _typed(question: str) -> str:
    """A passphrase that is typed and not shown. Raises BadInput where nobody can be asked."""
    try:
        return getpass.getpass(question)
    except EOFError as trouble:
        raise BadInput(NOBODY_TO_ASK) from trouble


def _asked(question: str) -> str:
    """What is typed in answer; nothing where nobody can be asked."""
    try:
        return input(question).strip()
    except EOFError:
        return ""


def _fresh() -> keyfile.Fresh:
    return keyfile.Fresh(secrets.token_bytes(16), secrets.token_bytes(12))


def _open_all(items: Sequence[bytes], task: peel.Task, seal_key: EllipticCurvePrivateKey) -> list[bytes | None]:
    """Open every item by as many processes as there are processors, telling how far it has come."""
    portions = [items[start : start + PORTION] for start in range(0, len(items), PORTION)]
    done: list[bytes | None] = []
    if len(items) <= FEW:
        return peel.open_each(items, task, seal_key)
    secret = seal_key.private_numbers().private_value.to_bytes(32)
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for inside in pool.map(_open_portion, portions, repeat(task), repeat(secret)):
            done += inside
            _tell(len(done), len(items))
    return done


def _open_portion(items: Sequence[bytes], task: peel.Task, secret: bytes) -> list[bytes | None]:
    return peel.open_each(items, task, seal.read_seal_secret(secret))


def _tell(done: int, of: int) -> None:
    """One line that counts up; in a file, a line for each tenth."""
    if sys.stderr.isatty():
        print(f"\r{done:,} of {of:,}", end="\n" if done == of else "", file=sys.stderr, flush=True)
    elif done * 10 // of > (done - PORTION) * 10 // of:
        print(f"{done:,} of {of:,}", file=sys.stderr)


def _read(path: Path) -> bytes:
    if path.stat().st_size > lists.LARGEST:
        raise BadInput(f"{path} is far too large.")
    return path.read_bytes()


def _write(path: Path, data: bytes) -> None:
    """The whole file or nothing of it, on the disk and not only in memory; only its owner may read it."""
    path = path.resolve()
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    except OSError:
        os.unlink(draft)
        raise
