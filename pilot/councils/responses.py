"""What a board may answer to a carried proposal, and what an answer must hold. Pure."""

from datetime import date
from enum import StrEnum

from msgspec import Struct

from pilot.councils.constitution import Constitution
from pilot.councils.proposals import words


class Decision(StrEnum):
    """The board's answer."""

    ACCEPTED = "accepted"
    ACCEPTED_WITH_CHANGES = "accepted with changes"
    DEFERRED = "deferred"
    DECLINED = "declined"


VERBS: dict[Decision, str] = {
    Decision.ACCEPTED: "accept",
    Decision.ACCEPTED_WITH_CHANGES: "accept with changes",
    Decision.DEFERRED: "defer",
    Decision.DECLINED: "decline",
}
"""The proposal's verb for each decision."""


class Ground(StrEnum):
    """On what ground a board declines."""

    LEGAL = "legal"
    SAFETY = "safety"
    COST = "cost"
    EVIDENCE = "evidence"
    OTHER = "other"


GROUND_WORDS: dict[Ground, str] = {
    Ground.LEGAL: "The law does not allow it",
    Ground.SAFETY: "It is not safe for patients or staff",
    Ground.COST: "It costs too much",
    Ground.EVIDENCE: "The evidence speaks against it",
    Ground.OTHER: "Another reason",
}


class Commitment(Struct, frozen=True):
    """What the board promises: who does what by which day, and by what figure one can see that it was done."""

    what: str
    owner: str
    due_on: date
    measure: str


class Answer(Struct, frozen=True):
    """A board's whole answer.

    `reasons` always says why. `changes` belongs to accepting with changes and to nothing else, `until` to putting
    off, `ground` to declining. Accepting needs at least one commitment; declining can have none.
    """

    decision: Decision
    reasons: str
    ground: Ground | None = None
    changes: str | None = None
    until: date | None = None
    commitments: tuple[Commitment, ...] = ()


def problems(answer: Answer, today: date, constitution: Constitution) -> dict[str, str]:
    """A sentence for each thing that the answer lacks or has too much, by field; empty when it can be published."""
    found: dict[str, str] = {}
    if not answer.reasons.strip():
        found["reasons"] = "Enter the board's reasons"
    found |= {
        Decision.ACCEPTED: _accepting,
        Decision.ACCEPTED_WITH_CHANGES: _changing,
        Decision.DEFERRED: _putting_off,
        Decision.DECLINED: _declining,
    }[answer.decision](answer, today, constitution)
    for place, commitment in enumerate(answer.commitments, start=1):
        if commitment.due_on <= today:
            found[f"due_on_{place}"] = f"The date of commitment {place} must be in the future"
    return found


def _accepting(answer: Answer, _today: date, _constitution: Constitution) -> dict[str, str]:
    return {} if answer.commitments else {"what_1": "Enter at least one commitment: what the board will do"}


def _changing(answer: Answer, today: date, constitution: Constitution) -> dict[str, str]:
    found = _accepting(answer, today, constitution)
    if not (answer.changes or "").strip():
        found["changes"] = "Enter what the board changes"
    return found


def _putting_off(answer: Answer, today: date, _constitution: Constitution) -> dict[str, str]:
    if answer.until is None:
        return {"until": "Enter the day until which the board puts this off"}
    return (
        {} if answer.until > today else {"until": "The day until which the board puts this off must be in the future"}
    )


def _declining(answer: Answer, _today: date, constitution: Constitution) -> dict[str, str]:
    found = {}
    if answer.ground is None:
        found["ground"] = "Select the ground on which the board declines"
    count = words(answer.reasons)
    if 0 < count < constitution.decline_reason_min_words:
        found["reasons"] = (
            f"The board's reasons must have at least {constitution.decline_reason_min_words} words. They have {count}"
        )
    if answer.commitments:
        found["what_1"] = "Remove the commitments. The board declines this proposal"
    return found
