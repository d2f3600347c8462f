"""The life of a study's run: put down, worked on, and then done or failed for a reason. Pure."""

from datetime import datetime, timedelta
from enum import StrEnum

from pilot.errors import WrongState


class State(StrEnum):
    """Where a run stands. `done` and `failed` are ends: what was found is never changed."""

    WAITING = "waiting"
    WORKING = "working"
    DONE = "done"
    FAILED = "failed"


MOVES: dict[tuple[State, str], State] = {
    (State.WAITING, "begin"): State.WORKING,
    (State.WORKING, "report"): State.WORKING,
    (State.WORKING, "finish"): State.DONE,
    (State.WAITING, "fail"): State.FAILED,
    (State.WORKING, "fail"): State.FAILED,
}
"""Every move that exists. Only what waits is begun, so a run has one worker."""

UNENDED = frozenset(before for before, verb in MOVES if verb == "fail")
"""States of a run that still goes on, or was lost."""

WORDS = {
    State.WAITING: "waits to be worked out",
    State.WORKING: "is being worked out",
    State.DONE: "was worked out already",
    State.FAILED: "was given up",
}
"""How a state is told, after the words “This study”."""

_DOING = {"begin": "be begun", "report": "get further", "finish": "be kept", "fail": "be given up"}

STALE = timedelta(minutes=2)
"""Beyond the time that a worker may take, after which a run that still works is not there any more."""


def move(state: State, verb: str) -> State:
    """The state after `verb`. Raises WrongState, in a sentence, when the run does not stand where the verb begins."""
    try:
        return MOVES[state, verb]
    except KeyError:
        raise WrongState(f"This study {WORDS[state]}, so it cannot {_DOING[verb]} now.") from None


def is_lost(state: State, asked_at: datetime, seconds: int, now: datetime) -> bool:
    """Whether a run that has not ended is not there any more: `seconds` is the time that a worker may take."""
    return state in UNENDED and asked_at < now - STALE - timedelta(seconds=seconds)
