"""What goes into the sealed box and comes out of it, as values; and the box's three states. Pure."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from msgspec import Struct

from pilot.errors import WrongState
from pilot.secrecy.manifest import Manifest, Question


class State(StrEnum):
    """Collecting envelopes between its two times; closed, with the stamp key destroyed; peeled, with papers out."""

    COLLECTING = "collecting"
    CLOSED = "closed"
    PEELED = "peeled"


MOVES = {(State.COLLECTING, "close"): State.CLOSED, (State.CLOSED, "peel"): State.PEELED}

REFUSALS = {
    (State.COLLECTING, "peel"): "Voting has not closed yet, so the votes cannot be opened.",
    (State.CLOSED, "close"): "Voting has closed already.",
    (State.PEELED, "close"): "Voting has closed already.",
    (State.PEELED, "peel"): "The votes have been opened already.",
}


def move(state: State, verb: str) -> State:
    """The next state; raises WrongState in a sentence."""
    if (state, verb) not in MOVES:
        raise WrongState(REFUSALS[state, verb])
    return MOVES[state, verb]


class PlannedTrustee(Struct, frozen=True):
    """A trustee to be; the server makes and holds the keys, and the manifest says so (custody "server")."""

    name: str
    role: str


class BoxPlan(Struct, frozen=True):
    """A box to be made. `ballot` names it in the manifest; trustees in the order in which they open.

    `rule` is passed on to whoever counts. Times are aware, in whole seconds.
    """

    ballot: str
    kind: Literal["vote", "survey", "rehearsal"]
    title: str
    questions: tuple[Question, ...]
    opens_at: datetime
    closes_at: datetime
    rule: dict[str, Any]
    trustees: tuple[PlannedTrustee, ...]


class Box(Struct, frozen=True):
    """A box that stands: its number and H, the SHA-256 of its manifest in hex."""

    id: int
    digest: str


class Promise(Struct, frozen=True):
    """What everybody may know of a box: its manifest as a value and as its canonical text, H, and the signatures."""

    digest: str
    text: bytes
    signatures: bytes
    manifest: Manifest

    @property
    def server_custody(self) -> bool:
        """Whether the server holds the key of any trustee; every page of such a vote says so."""
        return any(trustee.custody == "server" for trustee in self.manifest.trustees)


class Receipt(Struct, frozen=True):
    """What a voter gets for an envelope: the number of its leaf in the log, and its SHA-256 in hex."""

    leaf: int
    envelope: str


class Left(Struct, frozen=True):
    """A paper that does not count: its SHA-256 in hex at the place where it was left, and why."""

    sha256: str
    reason: str


class Final(Struct, frozen=True):
    """What came out of a peeled box.

    `valid` holds the answers of each valid paper, in no order of time; each is a tuple (question by question) of
    tuples of option ids, so that a Counter takes it. `roll`, `stamped` and `envelopes` are people, `stamps` stamps.
    envelopes = len(valid) + len(spoilt) + len(set_aside) + len(rejected) + duplicates.
    """

    valid: tuple[tuple[tuple[str, ...], ...], ...]
    spoilt: tuple[Left, ...]
    set_aside: tuple[Left, ...]
    rejected: tuple[Left, ...]
    duplicates: int
    roll: int
    stamped: int
    stamps: int
    envelopes: int

    @property
    def spare(self) -> int:
        """Stamps without a valid paper: the most papers that a trustee with voters' help could have swapped."""
        return self.stamps - len(self.valid)

    @property
    def all_set_aside(self) -> int:
        """Envelopes without a valid or spoilt paper, wherever they were left."""
        return len(self.set_aside) + len(self.rejected) + self.duplicates


def accepts(state: State, opens: datetime, closes: datetime, now: datetime) -> None:
    """Refuse, in the sentence that the voter reads, unless the box takes votes: from `opens` on, before `closes`."""
    if now < opens:
        raise WrongState("Voting has not opened yet.")
    if state != State.COLLECTING or now >= closes:
        raise WrongState("Voting has closed. Your vote was not cast.")


def distinct(voters: Sequence[bytes]) -> bool:
    """Whether every voter has a random number of 16 bytes of their own."""
    return len(set(voters)) == len(voters) and all(len(v) == 16 for v in voters)
