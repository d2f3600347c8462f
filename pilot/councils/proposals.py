"""The life of a proposal: its states, what may follow what, and the text that is voted on. Pure."""

import hashlib
import json
import unicodedata
from enum import StrEnum

from msgspec import Struct

from pilot.errors import WrongState


class State(StrEnum):
    """Where a proposal is on its way from an idea to the board's answer."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    REFERRED = "referred"
    GATHERING = "gathering"
    QUALIFIED = "qualified"
    LAPSED = "lapsed"
    DELIBERATING = "deliberating"
    LOCKED = "locked"
    BALLOTING = "balloting"
    CARRIED = "carried"
    NOT_CARRIED = "not carried"
    INQUORATE = "inquorate"
    AWAITING_RESPONSE = "awaiting response"
    ACKNOWLEDGED = "acknowledged"
    ACCEPTED = "accepted"
    ACCEPTED_WITH_CHANGES = "accepted with changes"
    DEFERRED = "deferred"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


BEFORE_LOCK = (
    State.DRAFT,
    State.SUBMITTED,
    State.RETURNED,
    State.GATHERING,
    State.QUALIFIED,
    State.DELIBERATING,
)
EDITABLE = frozenset({State.DRAFT, State.RETURNED})
RESPONDED = frozenset({State.ACCEPTED, State.ACCEPTED_WITH_CHANGES, State.DEFERRED, State.DECLINED})
WITH_BOARD = frozenset({State.AWAITING_RESPONSE, State.ACKNOWLEDGED})
WITHOUT_ANSWER = frozenset({State.NOT_CARRIED, State.INQUORATE}) | WITH_BOARD
"""Where a proposal has a declared result that the board has not answered."""

MOVES: dict[tuple[State, str], State] = {
    (State.DRAFT, "submit"): State.SUBMITTED,
    (State.RETURNED, "submit"): State.SUBMITTED,
    (State.SUBMITTED, "take in"): State.GATHERING,
    (State.SUBMITTED, "return"): State.RETURNED,
    (State.SUBMITTED, "refer"): State.REFERRED,
    (State.GATHERING, "qualify"): State.QUALIFIED,
    (State.GATHERING, "lapse"): State.LAPSED,
    (State.QUALIFIED, "deliberate"): State.DELIBERATING,
    (State.DELIBERATING, "lock"): State.LOCKED,
    (State.LOCKED, "put to ballot"): State.BALLOTING,
    (State.INQUORATE, "put to ballot"): State.BALLOTING,
    (State.BALLOTING, "call off"): State.LOCKED,
    (State.BALLOTING, "carry"): State.CARRIED,
    (State.BALLOTING, "fall"): State.NOT_CARRIED,
    (State.BALLOTING, "find inquorate"): State.INQUORATE,
    (State.CARRIED, "hand over"): State.AWAITING_RESPONSE,
    (State.AWAITING_RESPONSE, "acknowledge"): State.ACKNOWLEDGED,
    (State.NOT_CARRIED, "set aside"): State.LOCKED,
    (State.INQUORATE, "set aside"): State.LOCKED,
    (State.AWAITING_RESPONSE, "set aside"): State.LOCKED,
    (State.ACKNOWLEDGED, "set aside"): State.LOCKED,
    (State.ACKNOWLEDGED, "accept"): State.ACCEPTED,
    (State.ACKNOWLEDGED, "accept with changes"): State.ACCEPTED_WITH_CHANGES,
    (State.ACKNOWLEDGED, "defer"): State.DEFERRED,
    (State.ACKNOWLEDGED, "decline"): State.DECLINED,
} | {(state, "withdraw"): State.WITHDRAWN for state in BEFORE_LOCK}
"""Every move that there is. A board may not answer before it has said that it has the result; an inquorate ballot
may be held once more, which the service watches. A ballot that was not held is called off, and new dates are set; so
they are when a declared result is set aside, unless the board has answered."""

STATE_WORDS: dict[State, str] = {
    State.DRAFT: "Draft",
    State.SUBMITTED: "Waiting for a check",
    State.RETURNED: "Sent back for changes",
    State.REFERRED: "Passed on",
    State.GATHERING: "Gathering support",
    State.QUALIFIED: "Enough support",
    State.LAPSED: "Not enough support",
    State.DELIBERATING: "Being discussed",
    State.LOCKED: "Ready for a vote",
    State.BALLOTING: "Being voted on",
    State.CARRIED: "Carried",
    State.NOT_CARRIED: "Not carried",
    State.INQUORATE: "Too few people voted",
    State.AWAITING_RESPONSE: "With the board",
    State.ACKNOWLEDGED: "With the board",
    State.ACCEPTED: "Accepted by the board",
    State.ACCEPTED_WITH_CHANGES: "Accepted with changes",
    State.DEFERRED: "Put off by the board",
    State.DECLINED: "Declined by the board",
    State.WITHDRAWN: "Withdrawn",
}
"""What a state is called on pages."""

VERB_WORDS: dict[str, str] = {
    "submit": "be submitted",
    "take in": "be opened for support",
    "return": "be sent back",
    "refer": "be passed on",
    "qualify": "go to discussion",
    "lapse": "lapse",
    "deliberate": "go to discussion",
    "lock": "be locked",
    "put to ballot": "be put to a vote",
    "call off": "have its vote called off",
    "set aside": "have its result set aside",
    "carry": "be declared carried",
    "fall": "be declared not carried",
    "find inquorate": "be declared without enough votes",
    "hand over": "be handed to the board",
    "acknowledge": "be acknowledged",
    "accept": "be accepted",
    "accept with changes": "be accepted with changes",
    "defer": "be put off",
    "decline": "be declined",
    "withdraw": "be withdrawn",
}

OUTCOME_VERBS: dict[str, str] = {"carried": "carry", "not carried": "fall", "inquorate": "find inquorate"}
"""The verb for each outcome that a declaration can name."""


def move(state: State, verb: str) -> State:
    """The state that follows. Raises WrongState, in a sentence, when the verb is not open in this state."""
    try:
        return MOVES[state, verb]
    except KeyError:
        raise WrongState(cannot(state, verb)) from None


def cannot(state: State, verb: str) -> str:
    """Why a verb is refused in a state, as a sentence for the person who tried."""
    return f"This proposal cannot {VERB_WORDS[verb]} now. It is in the state “{STATE_WORDS[state]}”."


class ProposalText(Struct, frozen=True):
    """The words of a proposal: what is locked, voted on and answered."""

    title: str
    problem: str
    change: str
    who_decides: str
    measure: str


PARTS: dict[str, tuple[str, int]] = {
    "title": ("Title", 15),
    "problem": ("What is the problem?", 300),
    "change": ("What should change?", 300),
    "who_decides": ("Who decides it?", 100),
    "measure": ("How will we know that it worked?", 150),
}
"""For each part its heading and the most words it may have."""


def canonical_text(text: ProposalText) -> bytes:
    """The one way to write a text down as bytes: JSON with sorted keys and no spaces, in UTF-8.

    Line ends, spaces at the ends of lines and composed letters are made the same first, so that two texts which
    look alike have the same fingerprint.
    """
    return json.dumps(
        {name: _clean(getattr(text, name)) for name in PARTS},
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
    ).encode()


def fingerprint(text: ProposalText) -> str:
    """The sha256 of the canonical text, 64 lower-case hex digits: one changed letter gives another fingerprint."""
    return hashlib.sha256(canonical_text(text)).hexdigest()


def in_full(text: ProposalText) -> str:
    """The whole text for a ballot, each part under its heading; without the title."""
    parts = [(heading, getattr(text, name)) for name, (heading, _) in PARTS.items() if name != "title"]
    return "\n\n".join(f"{heading}\n{_clean(words)}" for heading, words in parts)


def question(title: str) -> str:
    """The question of the ballot on a proposal; the same neutral words each time."""
    return f"Should the trust adopt this proposal: “{title.strip().rstrip('.')}”?"


def missing_parts(text: ProposalText) -> list[str]:
    """The names of the parts that are still empty, in order."""
    return [name for name in PARTS if not getattr(text, name).strip()]


def reference(year: int, number: int) -> str:
    """The public reference, such as P-2027-014."""
    return f"P-{year}-{number:03d}"


def words(text: str) -> int:
    """How many words a text has, as people count them: pieces between spaces that hold a letter or a digit."""
    return sum(any(sign.isalnum() for sign in piece) for piece in text.split())


def _clean(words: str) -> str:
    lines = unicodedata.normalize("NFC", words).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip()
