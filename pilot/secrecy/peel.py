"""One peel: a trustee opens one layer of every envelope, mixes them by sorting, and signs what it did. Pure."""

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct
from msgspec.structs import replace

from pilot.errors import BadInput, NotAllowed
from pilot.secrecy import canonical, seal
from pilot.secrecy.manifest import Manifest, signed

ANOTHER = "it is of another vote, or of another opening"
NOT_WHAT_CAME = "the list that came in is not the one that the log or the opening before gave"


class Statement(Struct, frozen=True, forbid_unknown_fields=True):
    """What a trustee says about its peel; in = out + duplicates + len(rejects)."""

    m: str
    i: int
    sha256_in: str
    sha256_out: str
    in_: int = msgspec.field(name="in")
    out: int
    duplicates: int
    rejects: tuple[str, ...]


class Peeled(Struct, frozen=True):
    """The items without their outer layer, sorted, with the signed statement."""

    items: tuple[bytes, ...]
    statement: Statement
    signature: bytes


class Task(Struct, frozen=True):
    """Which layer of which ballot is opened: H, the layer's number from 1, and how many layers there are.

    `expected` is the hash of the list that may come in: of the log's closing leaf or of the peel before.
    `remembered` is the hash of the list that this key has opened for this H, or None when it has opened none.
    """

    digest: str
    layer: int
    layers: int
    padded: int
    expected: str
    remembered: str | None = None


def stage(items: Sequence[bytes]) -> bytes:
    """The stage file: the SHA-256 of each item in hex, sorted, a line each. The order of the items never matters."""
    return "".join(sorted(f"{sha256(item).hexdigest()}\n" for item in items)).encode("ascii")


def list_hash(items: Sequence[bytes]) -> str:
    """The hash of a list: SHA-256 of its stage file, in hex."""
    return sha256(stage(items)).hexdigest()


Opener = Callable[[Sequence[bytes], Task, EllipticCurvePrivateKey], Sequence[bytes | None]]
"""Opens one layer of every item, in their order; None for what does not open."""


def open_each(items: Sequence[bytes], task: Task, seal_key: EllipticCurvePrivateKey) -> list[bytes | None]:
    """What is inside each item, or None where this key does not open it or its length is another."""
    length = seal.envelope_length(task.padded, task.layers - task.layer + 1)
    return [seal.open_layer(item, seal_key, task.digest, task.layer) if len(item) == length else None for item in items]


def check_list(came: str, task: Task) -> None:
    """Refuse a list, by its hash, that is not the expected one, or a second one for the same ballot.

    Two lists that differ by one envelope would show one voter's paper.
    """
    if task.remembered is not None and task.remembered != came:
        raise NotAllowed("This key has already opened another list of this ballot. It opens no second one.")
    if came != task.expected:
        raise NotAllowed("This is not the list that the log or the trustee before has signed.")


def peel(
    items: Sequence[bytes],
    task: Task,
    seal_key: EllipticCurvePrivateKey,
    sign_key: Ed25519PrivateKey,
    opener: Opener = open_each,
) -> Peeled:
    """Open one layer of every item; set aside what does not open, and all but one of those that are alike inside.

    Refuses every list that `check_list` refuses, before it opens anything.
    """
    came = list_hash(items)
    check_list(came, task)
    opened, rejects = [], []
    for item, inside in zip(items, opener(items, task, seal_key), strict=True):
        if inside is None:
            rejects.append(sha256(item).hexdigest())
        else:
            opened.append(inside)
    out = tuple(sorted(set(opened)))
    statement = Statement(
        task.digest,
        task.layer,
        came,
        list_hash(out),
        len(items),
        len(out),
        len(opened) - len(out),
        tuple(sorted(rejects)),
    )
    return Peeled(out, statement, sign_key.sign(signing_text(statement)))


def following(task: Task, statement: Statement) -> Task:
    """What the next trustee opens, after this statement."""
    return replace(task, layer=task.layer + 1, expected=statement.sha256_out, remembered=None)


def signing_text(statement: Statement) -> bytes:
    """What the trustee signs: "pilot peel " and the canonical statement."""
    return b"pilot peel " + canonical.to_bytes(msgspec.to_builtins(statement))


def entry(statement: Statement, signature: bytes) -> dict[str, Any]:
    """The statement with its signature, as the log and peels.json give it."""
    return {**msgspec.to_builtins(statement), "signature": msgspec.to_builtins(signature)}


def read_entry(value: dict[str, Any]) -> tuple[Statement, bytes]:
    """A statement and its signature from an entry; refuses unknown or missing fields."""
    try:
        rest = {key: item for key, item in value.items() if key not in {"signature", "type"}}
        return msgspec.convert(rest, Statement), msgspec.convert(value["signature"], bytes)
    except (msgspec.ValidationError, KeyError) as trouble:
        raise BadInput("What a trustee signed about an opening cannot be read.") from trouble


def check_chain(
    manifest: Manifest, digest: str, entries: Sequence[tuple[Statement, bytes]], stages: Sequence[bytes]
) -> None:
    """Refuse unless each trustee signed its peel, the numbers add up, and each began with what the former left.

    `stages` are the stage files from 0 (the envelopes) to the last (the papers). The sentence names the trustee.
    """
    if len(entries) != len(manifest.trustees) or len(stages) != len(entries) + 1:
        raise BadInput("Not every trustee's opening is in the record.")
    for i, (trustee, (statement, signature)) in enumerate(zip(manifest.trustees, entries, strict=True), start=1):
        wrong = fault(statement, digest, i, (stages[i - 1], stages[i]))
        if not signed(trustee.sign_key, signing_text(statement), signature):
            wrong = "its signature is wrong"
        if wrong:
            raise BadInput(f"Opening {i} by {trustee.name}: {wrong}.")


def fault(statement: Statement, digest: str, layer: int, stages: tuple[bytes, bytes]) -> str:
    """What is wrong with a statement between the stage before and the stage after, or nothing."""
    before, after = (data.splitlines() for data in stages)
    wrong = {
        ANOTHER: (statement.m, statement.i) != (digest, layer),
        NOT_WHAT_CAME: statement.sha256_in != sha256(stages[0]).hexdigest(),
        "the list that went out is not the one in the record": statement.sha256_out != sha256(stages[1]).hexdigest(),
        "its counts are not those of the lists": (statement.in_, statement.out) != (len(before), len(after)),
        "a list is not sorted or names an item twice": after != sorted(set(after)) or before != sorted(before),
        "it rejects what did not come in": not {item.encode("ascii") for item in statement.rejects} <= set(before),
        "items were added or dropped": statement.in_ != statement.out + statement.duplicates + len(statement.rejects)
        or statement.duplicates < 0,
    }
    return next((sentence for sentence, is_wrong in wrong.items() if is_wrong), "")
