"""The way of the sealed votes through a record: the log, the list at the close, and each opening. Pure."""

import re
from collections import Counter
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import msgspec

from pilot.errors import BadInput
from pilot.secrecy import canonical, peel
from pilot.secrecy.manifest import Manifest, signed
from pilot.secrecy.record import stage_name
from pilot.voting.record.parts import (
    CloseLeaf,
    EnvelopeLeaf,
    Fault,
    FinalLeaf,
    Leaf,
    PeelLeaf,
    StampLeaf,
    each,
    lines,
    one,
    there,
)

LOG = "log.jsonl"
PEELS = "peels.json"
VOTER = re.compile("[0-9a-f]{32}")
"""How a voter's number v is written: in one way only, so that nobody has two."""


class Log(msgspec.Struct, frozen=True):
    """A log that is in order. `envelopes` is the last sealed vote of each v, by its hash; line numbers from 1."""

    close: CloseLeaf
    final: FinalLeaf
    envelopes: tuple[str, ...]
    peel_lines: tuple[int, ...]
    says: str


def read_log(files: Mapping[str, bytes], manifest: Manifest, mark: str) -> Log:
    """The log, when its leaves follow each other as they must and its counts add up. Raises Fault with the line."""
    leaves: list[Leaf] = each(files, LOG, Leaf)
    n = len(manifest.trustees)
    if len(leaves) < n + 2:
        raise Fault(LOG, "it is cut off")
    body, (close, *peels, final) = leaves[: -n - 2], leaves[-n - 2 :]
    at = len(body) + 1
    if not isinstance(close, CloseLeaf):
        raise Fault(LOG, "the close does not stand where it should", at)
    for i, leaf in enumerate(peels, start=1):
        if not isinstance(leaf, PeelLeaf) or leaf.i != i:
            raise Fault(LOG, f"opening {i} does not stand where it should", at + i)
    if not isinstance(final, FinalLeaf):
        raise Fault(LOG, "the last line does not tell of the papers", len(leaves))
    stamps, last = _follow(body, manifest)
    if (close.m, close.roll) != (mark, manifest.roll.size) or final.m != mark:
        raise Fault(LOG, "it is the log of another vote", at)
    counts = (close.stamped, close.stamps, close.envelopes)
    if counts != (len(stamps), sum(stamps.values()), len(last)):
        raise Fault(LOG, "the close gives other numbers than the lines before it", at)
    if len(stamps) > manifest.roll.size:
        raise Fault(LOG, "more people got stamps than could vote", at)
    says = f"{len(leaves):,} lines in order: {close.stamps:,} stamps, {close.envelopes:,} people with a sealed vote"
    return Log(close, final, tuple(sorted(last.values())), tuple(range(at + 1, at + 1 + n)), says)


def _follow(body: list[Leaf], manifest: Manifest) -> tuple[dict[str, int], dict[str, str]]:
    """Stamps by v and the last sealed vote by v."""
    stamps: dict[str, int] = {}
    handed_in: Counter[str] = Counter()
    last: dict[str, str] = {}
    seen: set[str] = set()
    for number, leaf in enumerate(body, start=1):
        if isinstance(leaf, StampLeaf):
            if not VOTER.fullmatch(leaf.v):
                raise Fault(LOG, "a voter's number is not written as it must be", number)
            if leaf.seq != stamps.get(leaf.v, 0) + 1 or leaf.seq > manifest.max_stamps:
                raise Fault(LOG, "a stamp does not follow the one before it", number)
            stamps[leaf.v] = leaf.seq
        elif isinstance(leaf, EnvelopeLeaf):
            if leaf.v not in stamps:
                raise Fault(LOG, "a sealed vote has no stamp before it", number)
            if leaf.sha256 in seen:
                raise Fault(LOG, "a sealed vote stands here twice", number)
            if handed_in[leaf.v] >= stamps[leaf.v]:
                raise Fault(LOG, "this person has more sealed votes than stamps", number)
            handed_in[leaf.v] += 1
            seen.add(leaf.sha256)
            last[leaf.v] = leaf.sha256
        else:
            raise Fault(LOG, "this line stands before the votes end", number)
    return stamps, last


def enough_stamps(log: Log) -> str:
    """That nobody's sealed vote lacks a stamp, in numbers."""
    if log.close.envelopes > log.close.stamps:
        raise Fault(LOG, "there are more sealed votes than stamps")
    return f"{log.close.stamps:,} stamps are at least {log.close.envelopes:,} sealed votes"


def check_envelopes(files: Mapping[str, bytes], log: Log) -> str:
    """That the list at the close is exactly the last sealed vote of each person in the log."""
    name = stage_name(0)
    data = there(files, name)
    listed = [line.decode("ascii", "replace") for line in lines(files, name)]
    for number, (found, wanted) in enumerate(zip(listed, log.envelopes, strict=False), start=1):
        if found != wanted:
            raise Fault(name, "this sealed vote is not the one that the log has", number)
    if len(listed) != len(log.envelopes):
        raise Fault(name, f"it lists {len(listed)} sealed votes and the log has {len(log.envelopes)}", len(listed))
    if sha256(data).hexdigest() != log.close.sha256:
        raise Fault(name, "it is not the list that the log has at the close")
    return f"{len(listed):,} sealed votes, each one in the log, and no other"


def check_peel(files: Mapping[str, bytes], manifest: Manifest, mark: str, i: int) -> str:
    """That trustee i signed its opening, began with what the former left, and neither added nor dropped anything."""
    entries = one(files, PEELS, list[dict[str, Any]])
    if len(entries) != len(manifest.trustees):
        raise Fault(PEELS, "not every trustee's opening is there")
    trustee = manifest.trustees[i - 1]
    try:
        statement, signature = peel.read_entry(entries[i - 1])
    except BadInput as refusal:
        raise Fault(PEELS, refusal.reason) from refusal
    if not signed(trustee.sign_key, peel.signing_text(statement), signature):
        raise Fault(PEELS, f"the signature of {trustee.name} is wrong")
    if (statement.m, statement.i) != (mark, i):
        raise Fault(PEELS, f"opening {i} is of another vote")
    before = _stage(files, i - 1, statement.sha256_in)
    after = _stage(files, i, statement.sha256_out)
    if len(set(statement.rejects)) != len(statement.rejects):
        raise Fault(PEELS, f"opening {i} names a sealed vote that did not open more than once")
    if (statement.in_, statement.out) != (len(before), len(after)) or not set(statement.rejects) <= set(before):
        raise Fault(PEELS, f"opening {i} gives other numbers than its lists")
    if statement.duplicates < 0 or statement.in_ != statement.out + statement.duplicates + len(statement.rejects):
        raise Fault(PEELS, f"opening {i} added or dropped sealed votes")
    left = f"{statement.duplicates:,} copies and {len(statement.rejects):,} that did not open were left"
    return f"{statement.in_:,} in, {statement.out:,} out, {left}"


def _stage(files: Mapping[str, bytes], i: int, expected: str) -> list[str]:
    name = stage_name(i)
    found = [line.decode("ascii", "replace") for line in lines(files, name)]
    for number in range(1, len(found)):
        if found[number] <= found[number - 1]:
            raise Fault(name, "it is not sorted, or has an item twice", number + 1)
    if sha256(there(files, name)).hexdigest() != expected:
        raise Fault(name, "it is not the list that the trustee signed")
    return found


def check_logged_peels(files: Mapping[str, bytes], log: Log) -> str:
    """That the log tells of the same openings as peels.json."""
    entries = one(files, PEELS, list[dict[str, Any]])
    logged = lines(files, LOG)
    if len(entries) != len(log.peel_lines):
        raise Fault(PEELS, "not every trustee's opening is there")
    for entry, number in zip(entries, log.peel_lines, strict=True):
        if canonical.to_bytes({**entry, "type": "peel"}) != logged[number - 1]:
            raise Fault(LOG, f"it tells of another opening than {PEELS}", number)
    return f"the log tells of the same {len(entries)} openings"
