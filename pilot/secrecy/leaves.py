"""The log of a ballot: the forms of its leaves, and whether they agree with what the box holds. Pure.

A leaf holds no answer, and no time but the one at which voting closes. Its number is its place in the log, from 0.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from pilot.secrecy import canonical

TELLERS_STAMP, TELLERS_ENVELOPE = "teller stamp", "teller envelope"
"""The types of the leaves of a paper that two tellers seal for one of those who voted on paper."""


class Counts(Struct, frozen=True):
    """What the log says was handed in: entitled people with a stamp, stamps, and people with an envelope.

    `cancelled` people were given a vote on paper; what they had handed in before is among the stamps and not the
    envelopes. What tellers sealed in its place is among both.
    """

    stamped: int
    stamps: int
    envelopes: int
    cancelled: int = 0


class Broken(Exception):  # noqa: N818 -- nobody catches it: the count stops
    """The box and its log disagree, so nothing more may be done with this ballot."""


def stamp_leaf(v: bytes, seq: int, *, by_tellers: bool = False) -> bytes:
    """The `seq`-th stamp (from 1) was given to v, or to tellers for a paper under v; each counts from 1."""
    return canonical.to_bytes({"seq": seq, "type": TELLERS_STAMP if by_tellers else "stamp", "v": v.hex()})


def envelope_leaf(v: bytes, sha256: str, *, by_tellers: bool = False) -> bytes:
    """An envelope with this hash was put into the box for v; a later one takes its place, but no teller's."""
    kind = TELLERS_ENVELOPE if by_tellers else "envelope"
    return canonical.to_bytes({"sha256": sha256, "type": kind, "v": v.hex()})


def cancel_leaf(v: bytes, signatures: Mapping[int, bytes]) -> bytes:
    """v voted on paper, as two tellers sign; by their places in the manifest, from 0."""
    signed = [
        {"signature": msgspec.to_builtins(signature), "teller": teller} for teller, signature in signatures.items()
    ]
    return canonical.to_bytes({"signatures": signed, "type": "cancel", "v": v.hex()})


def extend_leaf(closes: datetime, reason: str) -> bytes:
    """Voting closes later than it was said before."""
    return canonical.to_bytes({"closes": msgspec.to_builtins(closes), "reason": reason, "type": "extend"})


def suspend_leaf(reason: str) -> bytes:
    """Voting is paused."""
    return canonical.to_bytes({"reason": reason, "type": "suspend"})


def resume_leaf(closes: datetime, reason: str) -> bytes:
    """Voting goes on after a pause, and closes then."""
    return canonical.to_bytes({"closes": msgspec.to_builtins(closes), "reason": reason, "type": "resume"})


def close_leaf(digest: str, roll: int, counts: Counts, sha256: str) -> bytes:
    """The box is closed; `sha256` is the hash of the list of envelopes, without those of people who voted on paper."""
    values = {"m": digest, "roll": roll, "sha256": sha256, "type": "close", **msgspec.to_builtins(counts)}
    return canonical.to_bytes(values)


def notices_leaf(count: int) -> bytes:
    """So many people on the roll were told what is recorded for them."""
    return canonical.to_bytes({"count": count, "type": "notices"})


def erase_leaf() -> bytes:
    """The sealed votes are no longer kept."""
    return canonical.to_bytes({"type": "erase", "what": "sealed votes"})


def peel_leaf(statement: Mapping[str, Any]) -> bytes:
    """A trustee's signed statement about one peel."""
    return canonical.to_bytes({**statement, "type": "peel"})


def final_leaf(digest: str, root: str, valid: int, spoilt: int, set_aside: int) -> bytes:
    """The last list is judged; `root` is the Merkle root over the lines of papers.jsonl."""
    values = {"m": digest, "root": root, "set_aside": set_aside, "spoilt": spoilt}
    return canonical.to_bytes({**values, "type": "final", "valid": valid})


def read_all(bodies: Sequence[bytes]) -> list[dict[str, Any]]:
    """The leaves as values; refuses one that is not canonical."""
    return [canonical.read(body) for body in bodies]


def cancelled(entries: Sequence[Mapping[str, Any]]) -> set[str]:
    """Each v, in hex, that voted on paper."""
    return {entry["v"] for entry in entries if entry["type"] == "cancel"}


def last_envelopes(entries: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The hash of the envelope that counts for each v, by v in hex: the last one, and after a cancel the tellers'."""
    found: dict[str, str] = {}
    for entry in entries:
        if entry["type"] in ("envelope", TELLERS_ENVELOPE):
            found[entry["v"]] = entry["sha256"]
        elif entry["type"] == "cancel":
            found.pop(entry["v"], None)
    return found


class Used(Struct, frozen=True):
    """What the box has of one v: its stamps, whether it voted on paper, and how many stamps tellers had for it."""

    stamps: int
    cancelled: bool = False
    by_tellers: int = 0


def agreed(entries: Sequence[Mapping[str, Any]], slots: Mapping[str, Used], envelopes: Mapping[str, str]) -> Counts:
    """The counts of a log that agrees with the box; raises Broken where they differ.

    `slots` is what the box has of each v on the roll, `envelopes` the hash of the envelope that lies in the box for
    each v that has one; v in hex.
    """
    given, gone = _followed(entries, slots)
    if given != {v: used.stamps + used.by_tellers for v, used in slots.items()}:
        raise Broken("The stamps in the log are not the stamps of the roll.")
    if gone != {v for v, used in slots.items() if used.cancelled}:
        raise Broken("The log and the roll name different people who voted on paper.")
    if last_envelopes(entries) != dict(envelopes):
        raise Broken("The envelopes in the box are not the last ones in the log.")
    return Counts(sum(1 for used in given.values() if used), sum(given.values()), len(envelopes), len(gone))


def _followed(entries: Sequence[Mapping[str, Any]], slots: Mapping[str, Used]) -> tuple[dict[str, int], set[str]]:
    """The stamps of each v, and who voted on paper; raises Broken where an entry cannot stand."""
    own, tellers, gone = dict.fromkeys(slots, 0), dict.fromkeys(slots, 0), set()
    sealed: set[str] = set()
    for entry in entries:
        kind, v = entry["type"], entry.get("v")
        if v in gone and kind in ("stamp", "envelope", "cancel"):
            raise Broken("The log has a leaf of somebody who had voted on paper.")
        if v not in gone and kind in (TELLERS_STAMP, TELLERS_ENVELOPE):
            raise Broken("The log has a paper of tellers for somebody who did not vote on paper.")
        given = tellers if v in gone else own
        if kind in ("stamp", TELLERS_STAMP):
            if entry["seq"] != given.get(entry["v"], -1) + 1:
                raise Broken("A stamp in the log does not follow the one before it.")
            given[entry["v"]] = entry["seq"]
        elif kind in ("envelope", TELLERS_ENVELOPE) and not given.get(entry["v"]):
            raise Broken("An envelope in the log has no stamp before it.")
        elif kind == "cancel":
            gone.add(entry["v"])
        if kind == TELLERS_ENVELOPE:
            if entry["v"] in sealed:
                raise Broken("The log has two papers of tellers for one person.")
            sealed.add(entry["v"])
    return {v: own[v] + tellers[v] for v in own}, gone
