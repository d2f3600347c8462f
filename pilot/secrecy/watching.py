"""Watching a log from outside: every signed checkpoint must continue the one before. Pure.

The watcher keeps the last checkpoint that was right. A log that was changed, cut or signed with another key afterwards
cannot be shown to continue it.
"""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from msgspec import Struct

from pilot.errors import BadInput
from pilot.secrecy import checkpoint, manifest, tree
from pilot.secrecy.checkpoint import Checkpoint

NOT_A_STATE = "This is not a file in which the watching of a vote is kept."


class Alarm(Exception):  # noqa: N818 -- a finding, not a fault of the program
    """The log is not what it was; the text says how, for the scrutineer."""


class NoAnswer(Exception):  # noqa: N818 -- a finding, not a fault of the program
    """What came is no answer of the server at all, so nothing is known."""


class Watched(Struct, frozen=True, forbid_unknown_fields=True):
    """What is remembered: the ballot by H, its log key, and the text of the last right checkpoint (empty: none yet)."""

    type: Literal["pilot watch"]
    version: Literal[1]
    m: str
    log_key: bytes
    text: str = ""

    @property
    def last(self) -> Checkpoint | None:
        """The last right checkpoint."""
        return checkpoint.read(self.text.encode()) if self.text else None

    @property
    def size(self) -> int:
        """How many leaves the log had; 0 before the first checkpoint."""
        return self.last.size if self.last else 0


def begin(text: bytes) -> Watched:
    """The beginning of watching a ballot, from its manifest's text."""
    return Watched("pilot watch", 1, manifest.digest(text), manifest.read(text).log_key)


def read(data: bytes) -> Watched:
    """What was remembered; refuses a file that is not whole."""
    try:
        found = msgspec.json.decode(data, type=Watched)
    except (msgspec.DecodeError, UnicodeDecodeError) as trouble:
        raise BadInput(NOT_A_STATE) from trouble
    if found.text:
        checkpoint.verify(found.text.encode(), checkpoint.origin(found.m), found.log_key)
    return found


def to_bytes(watched: Watched) -> bytes:
    """The file that remembers it."""
    return msgspec.json.format(msgspec.json.encode(watched), indent=1) + b"\n"


def follow(watched: Watched, answer: Mapping[str, Any]) -> Watched:
    """What is remembered after one more answer. Raises Alarm when it does not continue what was seen before.

    `answer` holds a "checkpoint" as text and a "proof" as a list of hashes in hex, from the size that is remembered.
    """
    text, proof = answer.get("checkpoint"), answer.get("proof")
    if not isinstance(text, str) or not isinstance(proof, list):
        raise NoAnswer("The answer is not one of a log.")
    try:
        path = [bytes.fromhex(one) for one in proof]
        found = checkpoint.verify(text.encode(), checkpoint.origin(watched.m), watched.log_key)
    except (TypeError, ValueError) as trouble:
        raise NoAnswer("The answer is not one of a log.") from trouble
    except BadInput as refusal:
        raise Alarm(f"{refusal.reason} The log's key was changed, or somebody else answers.") from refusal
    before = watched.last
    if before is not None:
        _continues(before, found, path)
    return msgspec.structs.replace(watched, text=text)


def _continues(before: Checkpoint, found: Checkpoint, path: list[bytes]) -> None:
    if found.size < before.size:
        raise Alarm(f"The log was cut: it had {before.size} lines and now has {found.size}.")
    if before.size == 0:
        return
    if not tree.consistent((before.size, found.size), (before.root, found.root), path):
        raise Alarm(
            f"The log was changed: its {found.size} lines do not begin with the {before.size} lines that were signed "
            "before. Two logs of one vote are a fork."
        )
