"""The plan as a document: one canonical text, its SHA-256, and the way from draft to locked to amended. Pure.

The text is RFC 8785 as `pilot.secrecy.canonical` writes it: sorted keys, no spaces, no numbers with a point, so that
decimals stand as texts. Anybody can check it: `sha256sum sap.json`.
"""

import hashlib
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

import msgspec

from pilot.errors import BadInput, WrongState
from pilot.metrics.arms import Arm
from pilot.metrics.registration.planned import PARTS, AnalysisPlan
from pilot.secrecy import canonical

FORM = "pilot analysis plan 1"


class State(StrEnum):
    """How far a study is. An amended plan was locked before; its number of versions tells how often."""

    DRAFT = "draft"
    LOCKED = "locked"
    AMENDED = "amended"


MOVES = {
    (State.DRAFT, "lock"): State.LOCKED,
    (State.LOCKED, "amend"): State.AMENDED,
    (State.AMENDED, "amend"): State.AMENDED,
}
"""Every way a study may go."""

REFUSED = {
    "lock": "This plan is locked already. What is locked can only be amended, with a reason.",
    "amend": "This plan is not locked yet, so there is nothing to amend. Change the draft.",
}


def move(state: State, verb: str) -> State:
    """Where a verb leads from a state. Raises WrongState in a sentence."""
    if (state, verb) not in MOVES:
        raise WrongState(REFUSED[verb])
    return MOVES[state, verb]


class Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One version of a plan, as it is locked.

    `version` counts from 1. `application` is the version of this software; `seed` that of the plan, again, for who
    reads nothing else. `allocation` is the hash of the arms (`allocation_digest`), empty when no pilot was named yet.
    An amendment names the hash of the version before, why it was made, and whether outcomes had been seen.
    """

    study: str
    version: int
    plan: AnalysisPlan
    application: str
    seed: int
    allocation: str = ""
    amends: str = ""
    reason: str = ""
    seen: bool = False
    form: str = FORM


def to_bytes(document: Document) -> bytes:
    """The one text of a document: what is hashed, and sap.json byte for byte."""
    return canonical.to_bytes(msgspec.to_builtins(document))


def digest(content: bytes) -> str:
    """The SHA-256 of a text in 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def read_document(content: bytes, sha256: str = "") -> Document:
    """Read sap.json back; with `sha256` it must have that hash. Raises BadInput in a sentence."""
    if sha256 and digest(content) != sha256.split(maxsplit=1)[0].lower():
        raise BadInput("This plan is not the one that was locked: its SHA-256 differs.")
    try:
        document = msgspec.convert(canonical.read(content), Document)
    except (BadInput, msgspec.ValidationError) as trouble:
        raise BadInput("This file is not a plan as it was locked: its text was changed.") from trouble
    if document.form != FORM or document.seed != document.plan.seed or to_bytes(document) != content:
        raise BadInput("This file is not a plan as it was locked: its text was changed.")
    return document


def allocation_digest(arms: Iterable[Arm]) -> str:
    """The hash of who is in which arm and set from when; empty when there is no pilot yet."""
    lines = sorted(
        [arm.trust, "pilot" if arm.pilot else "control", arm.matched_set, str(arm.starts_on or "")] for arm in arms
    )
    return digest(canonical.to_bytes(lines)) if any(line[1] == "pilot" for line in lines) else ""


class Draft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is being written. `base` is the version that it changes, 0 before the lock; `done` the parts answered."""

    plan: AnalysisPlan
    done: tuple[str, ...] = ()
    base: int = 0


def draft_text(draft: Draft) -> str:
    """The one text of a draft: what two people at once are told apart by."""
    return canonical.to_bytes(msgspec.to_builtins(draft)).decode()


def read_draft(text: str) -> Draft:
    """The draft of a text that `draft_text` wrote."""
    return msgspec.convert(canonical.read(text.encode()), Draft)


def mark(plan: AnalysisPlan, part: str = "") -> str:
    """Twelve digits that change when a part of the plan does; of the whole plan when no part is named."""
    fields = PARTS[part] if part else plan.__struct_fields__
    found: dict[str, Any] = {name: msgspec.to_builtins(getattr(plan, name)) for name in fields}
    return digest(canonical.to_bytes(found))[:12]


def changed_parts(old: AnalysisPlan, new: AnalysisPlan) -> tuple[str, ...]:
    """The parts that are not the same in both, in the order of PARTS."""
    return tuple(part for part in PARTS if mark(old, part) != mark(new, part))
