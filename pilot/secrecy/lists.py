"""The list file that a trustee with keys of their own gets, and the opened file that comes back. Pure.

Both are lines: one canonical JSON object, then the items in base64, sorted by their bytes. What a trustee's tool must
check before it opens anything stands in `check` and `check_outside`; the offline page does the same
(assets/trustee/lists.js).
"""

from base64 import b64encode
from binascii import Error as NoBase64
from binascii import a2b_base64
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any, Literal, TypeVar

import msgspec
from msgspec import Struct

from pilot.errors import BadInput, NotAllowed
from pilot.secrecy import canonical, checkpoint, keyfile, peel, seal, tree
from pilot.secrecy import manifest as manifests

LARGEST = 2_000_000_000
"""Bytes of a list; 100,000 sealed votes of 900 bytes have 120 million."""

NO_LIST = "This is not a list of sealed votes, or it is not whole."
NO_OPENED = "This is not a list of opened votes, or it is not whole."
NOT_CLOSED = "This list does not show that voting has closed."
TOO_EARLY = "By the clock of this computer voting is not over. Nothing is opened before. Is the date right?"
NO_NUMBER = "Enter the number of the list. The scrutineer has it from the public log."
OTHER_NUMBER = (
    "This list has another number than the one that you entered. Nothing was opened. Ask the scrutineer for the number "
    "once more; if it stays another one, open nothing and tell the other trustees."
)

Kind = TypeVar("Kind", bound=Struct)


class Place(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the close leaf stands in the log: its number, its proof in hex, and the checkpoint's text."""

    leaf: int
    proof: tuple[str, ...]
    checkpoint: str


class Head(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The first line of a list file; `before` is each earlier peel's entry in order, `sha256` the list's hash."""

    type: Literal["pilot list"] = "pilot list"
    version: Literal[1] = 1
    manifest: str
    layer: int
    count: int
    sha256: str
    before: tuple[dict[str, Any], ...]
    close: dict[str, Any]
    closed: Place


class SealedList(Struct, frozen=True):
    """A list file as it is written, with its manifest read; nothing else about it is checked yet."""

    head: Head
    manifest: manifests.Manifest
    digest: str
    items: tuple[bytes, ...]


class OpenedHead(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The first line of an opened file: the trustee's signed statement, as the log gives it."""

    type: Literal["pilot opened"] = "pilot opened"
    version: Literal[1] = 1
    entry: dict[str, Any]


def write(head: Head, items: Sequence[bytes]) -> bytes:
    """The list file; the items may come in any order."""
    return _lines(canonical.to_bytes(msgspec.to_builtins(head)), items)


def write_opened(opened: peel.Peeled) -> bytes:
    """The opened file."""
    head = OpenedHead(entry=peel.entry(opened.statement, opened.signature))
    return _lines(canonical.to_bytes(msgspec.to_builtins(head)), opened.items)


def _lines(head: bytes, items: Sequence[bytes]) -> bytes:
    return b"\n".join([head, *(b64encode(item) for item in sorted(items)), b""])


def read(data: bytes) -> SealedList:
    """The list file; refuses one that is cut short, altered in its first line or not sorted."""
    first, items = _read(data, NO_LIST)
    head = _head(first, Head, NO_LIST)
    text = head.manifest.encode()
    if len(items) != head.count:
        raise BadInput(f"This list is not whole: it has {len(items)} of {head.count} sealed votes. Download it again.")
    return SealedList(head, manifests.read(text), manifests.digest(text), items)


def read_opened(data: bytes) -> peel.Peeled:
    """The opened file; whether it follows from a list is for `check_opened` to say."""
    first, items = _read(data, NO_OPENED)
    statement, signature = peel.read_entry(_head(first, OpenedHead, NO_OPENED).entry)
    if len(items) != statement.out:
        raise BadInput(f"This file is not whole: it has {len(items)} of {statement.out} votes. Choose it again.")
    return peel.Peeled(items, statement, signature)


def _read(data: bytes, refusal: str) -> tuple[bytes, tuple[bytes, ...]]:
    """The first line and the sorted items."""
    if len(data) > LARGEST:
        raise BadInput(refusal)
    first, *lines = data.replace(b"\r\n", b"\n").rstrip(b"\n").split(b"\n")
    try:
        items = tuple(a2b_base64(line, strict_mode=True) for line in lines)
    except NoBase64 as trouble:
        raise BadInput(refusal) from trouble
    if any(before > after for before, after in pairwise(items)):
        raise BadInput(refusal)
    return first, items


def _head(line: bytes, kind: type[Kind], refusal: str) -> Kind:
    try:
        head = msgspec.convert(canonical.read(line), kind)
    except (BadInput, msgspec.ValidationError) as trouble:
        raise BadInput(refusal) from trouble
    if canonical.to_bytes(msgspec.to_builtins(head)) != line:
        raise BadInput(refusal)
    return head


def number(sha256: str) -> str:
    """The number by which people compare a list of sealed votes: 80 bits in fours; `sha256` is the list's hash in hex.

    `pilot notices` prints it for the list that the public log closes with.
    """
    return seal.spaced(seal.check_code(bytes.fromhex(sha256)))


def needs_number(found: SealedList) -> bool:
    """Whether whoever opens this list compares its number: nobody with keys of their own has opened before them."""
    return all(trustee.custody != "own" for trustee in found.manifest.trustees[: found.head.layer - 1])


def at_the_close(found: SealedList) -> str:
    """What the list says of the log, to be compared by whoever opens it."""
    many = found.head.close["envelopes"]
    return f"Sealed votes in the box when voting closed: {many:,}. This must be the number in the public log."


def check_outside(found: SealedList, *, now: datetime, typed: str) -> None:
    """Refuse a checked list for what no file of the server shows: that it is time, and that the log is the public one.

    The server holds the log's key, so it could sign a log of its own around any list, even while people vote. So the
    close has passed by `now`, the trustee's own clock, and the first who opens gives the number of the list as
    somebody else has it from the public log (`typed`). Nobody after them needs to: their lists begin with what the
    first one has signed.
    """
    if now < found.manifest.closes:
        raise NotAllowed(TOO_EARLY)
    if not needs_number(found):
        return
    if not typed.strip():
        raise BadInput(NO_NUMBER)
    if not keyfile.same_number(typed, number(found.head.close["sha256"])):
        raise NotAllowed(OTHER_NUMBER)


def check(found: SealedList) -> peel.Task:
    """What may be opened, without what the key file remembers; refuses a list that does not follow from the log.

    `check_outside` says what has to be checked besides. The close leaf is in a checkpoint that the manifest's log key
    signed; each earlier statement is signed by its trustee and begins with what the former left; the list is the one
    that the last of them gave.
    """
    head, n = found.head, len(found.manifest.trustees)
    if not 1 <= head.layer <= n or len(head.before) != head.layer - 1:
        raise BadInput(NO_LIST)
    _check_close(found)
    expected, count = head.close["sha256"], head.close["envelopes"]
    for layer, value in enumerate(head.before, start=1):
        expected, count = _follow(found, layer, value, (expected, count))
    came = peel.list_hash(found.items)
    if came != head.sha256:
        raise NotAllowed("This list was altered on its way. Download it again.")
    task = peel.Task(found.digest, head.layer, n, found.manifest.padded, expected)
    peel.check_list(came, task)
    if count != head.count:
        raise NotAllowed("This list has another number of sealed votes than the log or the trustee before has signed.")
    return task


def _check_close(found: SealedList) -> None:
    """Refuse unless the close leaf is this ballot's and stands in the signed log."""
    head, close = found.head, found.head.close
    wanted = {"type": "close", "m": found.digest, "roll": found.manifest.roll.size}
    if any(close.get(key) != value for key, value in wanted.items()):
        raise NotAllowed(NOT_CLOSED)
    sha256 = close.get("sha256")
    if type(close.get("envelopes")) is not int or not isinstance(sha256, str) or not manifests.is_hash(sha256):
        raise NotAllowed(NOT_CLOSED)
    try:
        written = head.closed.checkpoint.encode()
        log = checkpoint.verify(written, checkpoint.origin(found.digest), found.manifest.log_key)
        proof = [bytes.fromhex(one) for one in head.closed.proof]
    except (BadInput, ValueError) as trouble:
        raise NotAllowed(NOT_CLOSED) from trouble
    leaf = tree.leaf_hash(canonical.to_bytes(close))
    if not tree.included(leaf, head.closed.leaf, log.size, proof, log.root):
        raise NotAllowed(NOT_CLOSED)


def _follow(found: SealedList, layer: int, value: Mapping[str, Any], came: tuple[str, int]) -> tuple[str, int]:
    """Hash and number of what an earlier trustee left; refuses a statement that does not follow from `came`."""
    trustee = found.manifest.trustees[layer - 1]
    statement, signature = peel.read_entry(dict(value))
    wrong = {
        "its signature is wrong": not manifests.signed(trustee.sign_key, peel.signing_text(statement), signature),
        peel.ANOTHER: (statement.m, statement.i) != (found.digest, layer),
        peel.NOT_WHAT_CAME: statement.sha256_in != came[0],
        "its counts are not those of the lists": statement.in_ != came[1],
        "items were added or dropped": statement.in_ != statement.out + statement.duplicates + len(statement.rejects)
        or min(statement.out, statement.duplicates) < 0,
    }
    for sentence, is_wrong in wrong.items():
        if is_wrong:
            raise NotAllowed(f"Opening {layer} by {trustee.name}: {sentence}.")
    return statement.sha256_out, statement.out


def check_opened(opened: peel.Peeled, manifest: manifests.Manifest, task: peel.Task, before: bytes) -> None:
    """Refuse an opened file that does not follow from the list before it, whose stage file is `before`.

    `task.expected` is that list's hash. The sentence names the trustee.
    """
    trustee = manifest.trustees[task.layer - 1]
    length = seal.envelope_length(task.padded, task.layers - task.layer)
    wrong = peel.fault(opened.statement, task.digest, task.layer, (before, peel.stage(opened.items)))
    if opened.statement.sha256_in != task.expected:
        wrong = peel.NOT_WHAT_CAME
    elif any(len(item) != length for item in opened.items):
        wrong = "an opened vote has a wrong length"
    elif len(set(opened.statement.rejects)) < len(opened.statement.rejects):
        wrong = "it rejects one vote twice"
    if not manifests.signed(trustee.sign_key, peel.signing_text(opened.statement), opened.signature):
        wrong = "its signature is wrong"
    if wrong:
        raise BadInput(f"Opening {task.layer} by {trustee.name}: {wrong}.")
