"""What goes into the sealed box and comes out of it, as values; and the box's five states. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal

from msgspec import Struct

from pilot.errors import BadInput, WrongState
from pilot.secrecy.manifest import Manifest, Question, Teller


class State(StrEnum):
    """Waiting for the trustees' signatures; collecting envelopes; closed; peeled, with papers out; erased.

    The stamp key is destroyed at the close. Erased, the box holds no envelope any more, opened or not.
    """

    SIGNING = "signing"
    COLLECTING = "collecting"
    CLOSED = "closed"
    PEELED = "peeled"
    ERASED = "erased"


MOVES = {
    (State.SIGNING, "sign"): State.COLLECTING,
    (State.COLLECTING, "close"): State.CLOSED,
    (State.CLOSED, "peel"): State.PEELED,
    (State.PEELED, "erase"): State.ERASED,
    (State.SIGNING, "discard"): State.ERASED,
    (State.COLLECTING, "discard"): State.ERASED,
    (State.CLOSED, "discard"): State.ERASED,
}
WHILE_COLLECTING = ("extend", "suspend", "resume", "cancel")
WHILE_CLOSED = ("notice", "take")
MOVES |= {(State.COLLECTING, verb): State.COLLECTING for verb in WHILE_COLLECTING}
MOVES |= {(State.CLOSED, verb): State.CLOSED for verb in WHILE_CLOSED}

NOT_SIGNED = "Not every trustee has signed this vote yet."
STILL_OPEN = "Voting has not closed yet, so the votes cannot be opened."
CLOSED = "Voting has closed already."
OPENED = "The votes have been opened already."
ERASED = "The sealed votes have been erased."

REFUSALS = {
    (State.COLLECTING, "sign"): "Every trustee has signed this vote already.",
    (State.CLOSED, "sign"): CLOSED,
    (State.PEELED, "sign"): CLOSED,
    (State.SIGNING, "close"): NOT_SIGNED,
    (State.CLOSED, "close"): CLOSED,
    (State.PEELED, "close"): CLOSED,
    (State.SIGNING, "peel"): NOT_SIGNED,
    (State.COLLECTING, "peel"): STILL_OPEN,
    (State.PEELED, "peel"): OPENED,
    (State.SIGNING, "erase"): NOT_SIGNED,
    (State.COLLECTING, "erase"): "Voting has not closed yet, so the sealed votes must be kept.",
    (State.CLOSED, "erase"): "The votes have not been opened yet, so the sealed votes must be kept.",
    (State.PEELED, "discard"): OPENED,
}
REFUSALS |= {(State.SIGNING, verb): NOT_SIGNED for verb in (*WHILE_COLLECTING, *WHILE_CLOSED)}
REFUSALS |= {(state, verb): CLOSED for state in (State.CLOSED, State.PEELED) for verb in WHILE_COLLECTING}
REFUSALS |= {(State.COLLECTING, verb): STILL_OPEN for verb in WHILE_CLOSED}
REFUSALS |= {(State.PEELED, verb): OPENED for verb in WHILE_CLOSED}
REFUSALS |= {(State.ERASED, verb): ERASED for verb in {verb for _, verb in MOVES}}


def move(state: State, verb: str) -> State:
    """The next state; raises WrongState in a sentence."""
    if (state, verb) not in MOVES:
        raise WrongState(REFUSALS[state, verb])
    return MOVES[state, verb]


class PlannedTrustee(Struct, frozen=True):
    """A trustee to be. With custody "own", both public keys are theirs; with "server", the server makes them."""

    name: str
    role: str
    custody: Literal["server", "own"] = "server"
    seal_key: bytes = b""
    sign_key: bytes = b""


def check_custody(trustees: Sequence[PlannedTrustee], *, binding: bool) -> None:
    """Refuse trustees who could open the votes without one another, as the order of their keys shows.

    Whoever runs the server opens neither first nor last, unless it holds all the keys (demonstration, rehearsal).
    `binding`: the vote decides something, so at least two trustees hold keys of their own, the first among them.
    """
    own = [trustee.custody == "own" for trustee in trustees]
    if any((one.custody == "own") != bool(one.seal_key and one.sign_key) for one in trustees):
        raise BadInput("A trustee with keys of their own needs both public keys, and no other trustee has any.")
    if binding and sum(own) < 2:
        raise WrongState(
            "A vote that decides something needs at least two trustees who hold their own keys, or this server alone "
            "could open the sealed votes."
        )
    if any(own) and not (own[0] and own[-1]):
        raise WrongState("The first and the last trustee to open the sealed votes must hold their own keys.")


class BoxPlan(Struct, frozen=True):
    """A box to be made. `ballot` names it in the manifest; trustees in the order in which they open.

    `rule` is passed on to whoever counts. `tellers` take votes on paper. Times are aware, in whole seconds.
    """

    ballot: str
    kind: Literal["vote", "survey", "rehearsal"]
    title: str
    questions: tuple[Question, ...]
    opens_at: datetime
    closes_at: datetime
    rule: dict[str, Any]
    trustees: tuple[PlannedTrustee, ...]
    tellers: tuple[Teller, ...] = ()


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
        """Whether the server holds the keys of all trustees; every page of such a vote says so."""
        return all(trustee.custody == "server" for trustee in self.manifest.trustees)


class Layer(Struct, frozen=True):
    """Whose turn it is to open: the place in the order, from 1, with the trustee's name and custody."""

    number: int
    name: str
    custody: Literal["server", "own"]


class Receipt(Struct, frozen=True):
    """What a voter gets for an envelope: its leaf's number in the log, its SHA-256 in hex, and the proof of both.

    `proof` (hashes in hex) shows the leaf in the tree of the log that ends with it, which `checkpoint` signs. So the
    receipt is the same whenever it is asked for, and tells nothing of the votes that came after.
    """

    leaf: int
    envelope: str
    proof: tuple[str, ...]
    checkpoint: str


class Mark(Struct, frozen=True):
    """What is recorded for one person: a sealed vote; or a paper that was stamped only; or a vote on paper.

    `times`: how many sealed votes were handed in for them, also those that do not count any more.
    `left`: how often they can still have a paper stamped on a screen, from 0 to the manifest's `max_stamps`.
    """

    sealed: bool = False
    begun: bool = False
    on_paper: bool = False
    times: int = 0
    left: int = 0


class Watched(Struct, frozen=True):
    """How the log stands for whoever watches it: a signed checkpoint, and its consistency with an earlier one.

    `proof` (hashes in hex) is empty where the earlier log had no leaf, or as many as this one.
    """

    checkpoint: str
    proof: tuple[str, ...]


class Left(Struct, frozen=True):
    """A paper that does not count: its SHA-256 in hex at the place where it was left, and why."""

    sha256: str
    reason: str


class Final(Struct, frozen=True):
    """What came out of a peeled box.

    `valid` holds the answers of each valid paper, in no order of time; each is a tuple (question by question) of
    tuples of option ids, so that a Counter takes it. `roll`, `stamped`, `envelopes` and `cancelled` (were given a vote
    on paper) are people, `stamps` stamps. `on_paper` of the envelopes are papers that tellers sealed.
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
    cancelled: int = 0
    on_paper: int = 0

    @property
    def spare(self) -> int:
        """Stamps without a valid paper: the most papers that a trustee with voters' help could have swapped."""
        return self.stamps - len(self.valid)

    @property
    def all_set_aside(self) -> int:
        """Envelopes without a valid or spoilt paper, wherever they were left."""
        return len(self.set_aside) + len(self.rejected) + self.duplicates


PAUSED = "Voting is paused. Your vote was not cast. Come back later: the page of this vote says when it goes on."


class Doors(Struct, frozen=True):
    """What decides whether a box takes votes: its state, its two times, and whether voting is paused."""

    state: State
    opens: datetime
    closes: datetime
    suspended: bool = False


def accepts(doors: Doors, now: datetime) -> None:
    """Refuse, in the sentence that the voter reads, unless the box takes votes: from `opens` on, before `closes`."""
    if now < doors.opens or doors.state == State.SIGNING:
        raise WrongState("Voting has not opened yet.")
    if doors.suspended:
        raise WrongState(PAUSED)
    if doors.state != State.COLLECTING or now >= doors.closes:
        raise WrongState("Voting has closed. Your vote was not cast.")


LONGEST_REASON = 500


def why(reason: str) -> str:
    """The reason for a change of the voting time, as it is published; refuses none and one that is too long."""
    found = " ".join(reason.split())
    if not found:
        raise BadInput("Say why the voting time changes. Everybody can read the reason.")
    if len(found) > LONGEST_REASON:
        raise BadInput(f"The reason must be {LONGEST_REASON} characters or fewer.")
    return found


def longest(manifest: Manifest) -> timedelta:
    """By how much voting may be made longer: half of the time that the manifest gives."""
    return (manifest.closes - manifest.opens) / 2


def check_extension(manifest: Manifest, doors: Doors, closes: datetime, *, again: bool) -> None:
    """Refuse a later close unless it is the first one, voting is not paused, and it adds half the time or less."""
    if again:
        raise WrongState("Voting has been made longer once already. It cannot be made longer again.")
    if doors.suspended:
        raise WrongState("Voting is paused. Let it go on first.")
    if not doors.closes < closes <= doors.closes + longest(manifest):
        raise BadInput("Voting can be made longer by up to half of the time that was planned, and not shorter.")


def check_resumption(doors: Doors, closes: datetime) -> None:
    """Refuse the end of a pause unless there is one, and an earlier close than was said before."""
    if not doors.suspended:
        raise WrongState("Voting is not paused.")
    if closes < doors.closes:
        raise BadInput("After a pause, voting cannot close earlier than was said before.")


def cancel_text(digest: str, v: bytes) -> bytes:
    """What each teller signs for somebody who votes on paper."""
    return f"pilot cancel {digest} {v.hex()}".encode("ascii")


def distinct(voters: Sequence[bytes]) -> bool:
    """Whether every voter has a random number of 16 bytes of their own."""
    return len(set(voters)) == len(voters) and all(len(v) == 16 for v in voters)
