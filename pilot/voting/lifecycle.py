"""The states of a ballot and the moves between them. Pure."""

from enum import StrEnum

from pilot.errors import WrongState


class State(StrEnum):
    """Where a ballot stands. `closed` means that no envelope is taken any more, `tallied` that the papers are counted.

    `peeled` is for elections only: the papers are out, and the number for lots is not opened yet.
    `missed` is the end of a ballot that was never held: its list of voters was not fixed before it was to open.
    """

    DRAFT = "draft"
    ARRANGED = "arranged"
    FROZEN = "frozen"
    OPEN = "open"
    CLOSED = "closed"
    PEELED = "peeled"
    TALLIED = "tallied"
    DECLARED = "declared"
    FINAL = "final"
    MISSED = "missed"


MOVES: dict[tuple[State, str], State] = {
    (State.DRAFT, "arrange"): State.ARRANGED,
    (State.ARRANGED, "freeze"): State.FROZEN,
    (State.ARRANGED, "miss"): State.MISSED,
    (State.FROZEN, "open"): State.OPEN,
    (State.OPEN, "close"): State.CLOSED,
    (State.CLOSED, "tally"): State.TALLIED,
    (State.CLOSED, "peel"): State.PEELED,
    (State.PEELED, "count"): State.TALLIED,
    (State.TALLIED, "declare"): State.DECLARED,
    (State.DECLARED, "finish"): State.FINAL,
}
"""Every move that exists: a question is tallied, an election is peeled and counted.

Nothing is edited after `arranged`; nobody is added after `frozen`."""

WORDS: dict[State, str] = {
    State.DRAFT: "is still a draft",
    State.ARRANGED: "is arranged, and its list of voters is not fixed yet",
    State.FROZEN: "has its list of voters and has not opened yet",
    State.OPEN: "is open",
    State.CLOSED: "has closed and is not counted yet",
    State.PEELED: "has closed, and waits for the number for lots before it is counted",
    State.TALLIED: "is counted and not declared yet",
    State.DECLARED: "has been declared",
    State.FINAL: "is final",
    State.MISSED: "was not held, because its list of voters was not fixed before it was to open",
}
"""How a state is told to a person, after the words "This vote"."""

CHALLENGE_DAYS = 21
"""Calendar days after the declaration in which the result can be questioned."""


def move(state: State, verb: str) -> State:
    """The state after `verb`.

    Raises WrongState, in a sentence, when the ballot does not stand where the verb begins.
    """
    try:
        return MOVES[state, verb]
    except KeyError:
        raise WrongState(f"This vote {WORDS[state]}, so it cannot {_doing(verb)} now.") from None


def _doing(verb: str) -> str:
    return {
        "freeze": "have its list of voters fixed",
        "arrange": "be arranged",
        "miss": "be called off",
        "declare": "be declared",
        "tally": "be counted",
        "peel": "have its sealed votes opened",
        "count": "be counted",
        "finish": "become final",
    }.get(verb, verb)
