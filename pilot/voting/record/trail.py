"""The way of the sealed votes through a record: the list at the close, and each opening. Pure."""

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from pilot.errors import BadInput
from pilot.secrecy import canonical, peel
from pilot.secrecy.manifest import Manifest, signed
from pilot.secrecy.record import stage_name
from pilot.voting.record.journal import LOG, Log
from pilot.voting.record.parts import Fault, lines, one, there

PEELS = "peels.json"
HASH = re.compile(rb"[0-9a-f]{64}")


def enough_stamps(log: Log) -> str:
    """That nobody's sealed vote lacks a stamp, in numbers."""
    if log.close.envelopes > log.close.stamps:
        raise Fault(LOG, "there are more sealed votes than stamps")
    return f"{log.close.stamps:,} stamps are at least {log.close.envelopes:,} sealed votes"


def check_envelopes(files: Mapping[str, bytes], log: Log) -> str:
    """That the list at the close is exactly the last sealed vote of each person in the log."""
    name = stage_name(0)
    data = there(files, name)
    listed = names(files, name)
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
    if canonical.to_bytes(peel.entry(statement, signature)) != canonical.to_bytes(entries[i - 1]):
        raise Fault(PEELS, f"opening {i} has other parts than it must have, or its signature is written otherwise")
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
    found = names(files, name)
    for number in range(1, len(found)):
        if found[number] <= found[number - 1]:
            raise Fault(name, "it is not sorted, or has an item twice", number + 1)
    if sha256(there(files, name)).hexdigest() != expected:
        raise Fault(name, "it is not the list that the trustee signed")
    return found


def names(files: Mapping[str, bytes], name: str) -> list[str]:
    """The lines of a list, each the SHA-256 of an item in hex. Raises Fault."""
    found = lines(files, name)
    for number, line in enumerate(found, start=1):
        if not HASH.fullmatch(line):
            raise Fault(name, "this line is no SHA-256 in lower-case hex", number)
    return [line.decode("ascii") for line in found]


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
