"""A voter's checking file held against the record: whether the vote is in it, and who took it out if not. Pure.

The file makes the sealed vote again, byte for byte, and what is left of it after each opening. So its way through the
signed lists can be followed, and the first list that lacks it names who signed that list. Whoever did nothing wrong
cannot be accused by a made-up file: it would have to make bytes that are in the log.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from hashlib import sha256
from io import BytesIO
from typing import Any, Literal

import msgspec
from msgspec import Struct

from pilot.errors import BadInput
from pilot.secrecy import canonical, checkpoint, leaves, manifest, papers, peel, record, seal, stamp, tree
from pilot.secrecy.manifest import Manifest

LARGEST = 1_000_000
"""Bytes of a checking file; one for a long paper has about 100,000."""

NOT_A_FILE = "This is not a checking file."
NOT_TRUE = "This checking file is not true, so it shows nothing."
OTHER_VOTE = "This checking file belongs to another vote. Choose the record of that vote."
NOT_A_RECORD = "This record cannot be used: "
USED = ("manifest.json", "signatures.json", "log.jsonl", "checkpoints.txt", "peels.json", "trackers.txt")
"""What a dispute takes out of a record, beside its lists."""

ALTERED = "{} is not the file that the server signed, so this copy of the record was altered. Download it again."


class CheckingFile(Struct, frozen=True, forbid_unknown_fields=True):
    """What a voter may keep: H, the paper, its stamp, the one-time key of each seal in order, and the receipt."""

    type: Literal["pilot checking file"]
    version: Literal[1]
    m: str
    paper: bytes
    stamp: bytes
    keys: tuple[bytes, ...]
    receipt: dict[str, Any]


class Outcome(StrEnum):
    """What a checking file shows; the last three name somebody. `OTHER_VOTE`: this record shows nothing of it."""

    COUNTED = "counted"
    NOT_COUNTED = "not counted"
    OTHER_VOTE = "other vote"
    FALSE = "false file"
    TRUSTEE = "trustee"
    LOG = "log"
    LIST = "list"

    @property
    def accuses(self) -> bool:
        """Whether somebody did something wrong."""
        return self in {Outcome.TRUSTEE, Outcome.LOG, Outcome.LIST}


class Finding(Struct, frozen=True):
    """What was found, in a sentence; `name` is the trustee who is named, or empty."""

    outcome: Outcome
    sentence: str
    name: str = ""


class Record(Struct, frozen=True):
    """The parts of a record that a vote's way leads through, checked against each other."""

    digest: str
    manifest: Manifest
    log: tuple[bytes, ...]
    stages: tuple[bytes, ...]
    codes: frozenset[str]


def read(data: bytes) -> CheckingFile:
    """A checking file; refuses anything else."""
    try:
        found = msgspec.json.decode(data[: LARGEST + 1], type=CheckingFile)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as trouble:
        raise BadInput(NOT_A_FILE) from trouble
    if len(data) > LARGEST or len(found.stamp) != stamp.SIZE or any(len(key) != 32 for key in found.keys):
        raise BadInput(NOT_A_FILE)
    return found


def read_record(files: Mapping[str, bytes]) -> Record:
    """The record's parts; refuses a record whose signatures do not bear it, since then it shows nothing."""
    try:
        text = files["manifest.json"]
        described = manifest.read(text)
        digest = manifest.digest(text)
        lists = [record.stage_name(layer) for layer in range(len(described.trustees) + 1)]
        _check_copy(files, [*USED, *lists], described.log_key)
        manifest.check_signatures(described, digest, record.read_signatures(files["signatures.json"]))
        log = tuple(files["log.jsonl"].splitlines())
        _check_log(log, files["checkpoints.txt"], described, digest)
        stages = tuple(files[name] for name in lists)
        entries = [peel.read_entry(entry) for entry in canonical.read(files["peels.json"])]
        peel.check_chain(described, digest, entries, stages)
        closed = next(entry for entry in leaves.read_all(log) if entry["type"] == "close")
        if closed["sha256"] != sha256(stages[0]).hexdigest():
            raise BadInput("the list at the close is not the one in the log.")
        codes = frozenset(files["trackers.txt"].decode("ascii").split())
    except BadInput as refusal:
        raise BadInput(f"{NOT_A_RECORD}{refusal.reason}") from refusal
    except (KeyError, StopIteration, TypeError, ValueError) as trouble:
        raise BadInput(f"{NOT_A_RECORD}a part is missing or cannot be read.") from trouble
    return Record(digest, described, log, stages, codes)


def _check_copy(files: Mapping[str, bytes], used: Sequence[str], log_key: bytes) -> None:
    """Refuse a copy of a record in which one of these files is not the one that the server signed.

    Whoever holds a copy can alter it: what is missing from it then is nobody's fault.
    """
    listed = files[record.SUMS]
    if not record.sums_signed(listed, files[record.SIGNATURE], log_key):
        raise BadInput(ALTERED.format(record.SUMS))
    lines = set(BytesIO(listed))
    for name in used:
        if record.sum_line(name, files[name]).encode("ascii") not in lines:
            raise BadInput(ALTERED.format(name))


def _check_log(log: Sequence[bytes], checkpoints: bytes, described: Manifest, digest: str) -> None:
    """Refuse a log that is not the one of its last signed checkpoint."""
    texts = checkpoint.split(checkpoints)
    if not texts:
        raise BadInput("it has no checkpoint.")
    last = checkpoint.verify(texts[-1], checkpoint.origin(digest), described.log_key)
    if (last.size, last.root) != (len(log), tree.root(log)):
        raise BadInput("its log is not the one of its last checkpoint.")


def settle(file: CheckingFile, found: Record) -> Finding:
    """Follow the vote of a checking file through the record, and say what became of it."""
    if file.m != found.digest:
        return Finding(Outcome.OTHER_VOTE, OTHER_VOTE)
    try:
        signed = _receipt(file, found)
        items = _sealed_again(file, found)
    except BadInput as refusal:
        return Finding(Outcome.FALSE, f"{NOT_TRUE} {refusal.reason}")
    erased = leaves.erase_leaf()
    log = found.log if found.log[-1] == erased else (*found.log, erased)  # the one line that may follow a record
    if signed.size > len(log) or tree.root(log[: signed.size]) != signed.root:
        return Finding(
            Outcome.LOG,
            "The server signed another log for this voter than the published one. Whoever runs the server is to blame.",
        )
    return _in_the_log(file, found, items)


def _receipt(file: CheckingFile, found: Record) -> checkpoint.Checkpoint:
    """The checkpoint of the receipt, with the right signature and of the right ballot."""
    text = file.receipt.get("checkpoint")
    if not isinstance(text, str):
        raise BadInput(checkpoint.NO_RECEIPT)
    try:
        data = text.encode()
    except UnicodeEncodeError as trouble:
        raise BadInput(checkpoint.NO_RECEIPT) from trouble
    return checkpoint.verify(data, checkpoint.origin(file.m), found.manifest.log_key)


def _sealed_again(file: CheckingFile, found: Record) -> tuple[bytes, ...]:
    """The envelope of the file and what is left after each opening; refuses when it is not the receipt's."""
    trustees = found.manifest.trustees
    if len(file.keys) != len(trustees):
        raise BadInput("It does not have a key for each seal.")
    if len(file.paper) > found.manifest.padded - stamp.SIZE - seal.LENGTH:
        raise BadInput("Its paper does not fit into a sealed vote.")
    inner = seal.pack(file.paper, file.stamp, found.manifest.padded)
    publics = [seal.read_seal_key(trustee.seal_key) for trustee in trustees]
    try:
        keys = [seal.read_seal_secret(key) for key in file.keys]
    except ValueError as trouble:
        raise BadInput("One of its keys is no key.") from trouble
    items = seal.seal_with(inner, publics, file.m, keys)
    if sha256(items[0]).hexdigest() != file.receipt.get("envelope"):
        raise BadInput("It does not make the sealed vote of its receipt.")
    return items


def _in_the_log(file: CheckingFile, found: Record, items: Sequence[bytes]) -> Finding:
    """Whether the log has this sealed vote at the receipt's place, and whether it was the person's last."""
    names = [sha256(item).hexdigest() for item in items]
    entries, place = leaves.read_all(found.log), file.receipt.get("leaf")
    if type(place) is not int or not 0 <= place < len(entries) or entries[place].get("sha256") != names[0]:
        return Finding(Outcome.FALSE, f"{NOT_TRUE} The log never had its sealed vote at this place.")
    mine = entries[place]
    later = [entry for entry in entries[place + 1 :] if entry.get("v") == mine["v"]]
    if any(entry["type"] == "cancel" for entry in later):
        return Finding(
            Outcome.NOT_COUNTED, "The same person voted on paper, so this sealed vote rightly does not count."
        )
    if any(entry["type"] == "envelope" for entry in later):
        return Finding(
            Outcome.NOT_COUNTED, "A later vote of the same person took its place, so it rightly does not count."
        )
    return _through_the_lists(file, found, names)


def _through_the_lists(file: CheckingFile, found: Record, names: Sequence[str]) -> Finding:
    """The first signed list that lacks the vote names its signer; the lists' signatures were checked before."""
    for layer, (name, stage) in enumerate(zip(names, found.stages, strict=True)):
        if name.encode("ascii") in stage.splitlines():
            continue
        if layer == 0:
            words = (
                "The log has this sealed vote, and the list at the close lacks it. Whoever runs the server is to blame."
            )
            return Finding(Outcome.LIST, words)
        who = found.manifest.trustees[layer - 1].name
        words = f"{who} was given a list with this vote, and signed a list without it. {who} is to blame."
        return Finding(Outcome.TRUSTEE, words, who)
    return _judged(file, found)


def _judged(file: CheckingFile, found: Record) -> Finding:
    """What the last list made of the paper."""
    code = seal.check_code(file.paper)
    if code in found.codes:
        return Finding(Outcome.COUNTED, f"This vote was counted: its check code {seal.spaced(code)} is in the list.")
    inner = seal.pack(file.paper, file.stamp, found.manifest.padded)
    judged = papers.judge(
        inner, found.manifest, found.digest, stamp.rsa_key(stamp.read_public(found.manifest.stamp_key))
    )
    if judged.verdict != papers.Verdict.VALID:
        words = f"This vote came through every list and rightly does not count ({judged.reason})."
        return Finding(Outcome.NOT_COUNTED, words)
    words = "This vote came through every list, and its check code was left out. Whoever runs the server is to blame."
    return Finding(Outcome.LIST, words)
