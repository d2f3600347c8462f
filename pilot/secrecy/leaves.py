"""The log of a ballot: the forms of its leaves, and whether they agree with what the box holds. Pure.

A leaf holds no time and no answer. Its number is its place in the log, from 0.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from pilot.secrecy import canonical


class Counts(Struct, frozen=True):
    """What the log says was handed in: entitled people with a stamp, stamps, and people with an envelope."""

    stamped: int
    stamps: int
    envelopes: int


class Broken(Exception):  # noqa: N818 -- nobody catches it: the count stops
    """The box and its log disagree, so nothing more may be done with this ballot."""


def stamp_leaf(v: bytes, seq: int) -> bytes:
    """The `seq`-th stamp (from 1) was given to v."""
    return canonical.to_bytes({"seq": seq, "type": "stamp", "v": v.hex()})


def envelope_leaf(v: bytes, sha256: str) -> bytes:
    """An envelope with this hash was put into the box for v; a later one takes its place."""
    return canonical.to_bytes({"sha256": sha256, "type": "envelope", "v": v.hex()})


def close_leaf(digest: str, roll: int, counts: Counts, sha256: str) -> bytes:
    """The box is closed; `sha256` is the hash of the list of envelopes."""
    values = {"envelopes": counts.envelopes, "m": digest, "roll": roll, "sha256": sha256}
    return canonical.to_bytes({**values, "stamped": counts.stamped, "stamps": counts.stamps, "type": "close"})


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


def last_envelopes(entries: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The hash of each v's last envelope, by v in hex."""
    return {entry["v"]: entry["sha256"] for entry in entries if entry["type"] == "envelope"}


def agreed(entries: Sequence[Mapping[str, Any]], stamps: Mapping[str, int], envelopes: Mapping[str, str]) -> Counts:
    """The counts of a log that agrees with the box; raises Broken where they differ.

    `stamps` is the number of stamps of each v on the roll (0 allowed), `envelopes` the hash of the envelope that
    lies in the box for each v that has one; v in hex.
    """
    given = dict.fromkeys(stamps, 0)
    for entry in entries:
        if entry["type"] == "stamp":
            if entry["seq"] != given.get(entry["v"], -1) + 1:
                raise Broken("A stamp in the log does not follow the one before it.")
            given[entry["v"]] = entry["seq"]
        elif entry["type"] == "envelope" and not given.get(entry["v"]):
            raise Broken("An envelope in the log has no stamp before it.")
    if given != dict(stamps):
        raise Broken("The stamps in the log are not the stamps of the roll.")
    if last_envelopes(entries) != dict(envelopes):
        raise Broken("The envelopes in the box are not the last ones in the log.")
    return Counts(sum(1 for used in given.values() if used), sum(given.values()), len(envelopes))
