"""The states of a ballot and the moves between them. Pure."""

from enum import StrEnum

from pilot.errors import WrongState


class State(StrEnum):
    """Where a ballot stands. `closed` means that no envelope is taken any more, `tallied` that the papers are counted.

    `noticed` is for ballots whose trustees keep their own keys: everybody on the list has been told what is recorded
    for them, and the trustees open the sealed votes one after the other.
    `peeled` is for elections only: the papers are out, and the number for lots is not opened yet.
    `missed` is the end of a ballot that was never held: its list of voters was not fixed before it was to open, or a
    trustee had not signed. `void` is the end of one that was held and does not count: it was stopped while paused, or
    before all its sealed votes were opened, or its declared result was set aside.
    """

    DRAFT = "draft"
    ARRANGED = "arranged"
    FROZEN = "frozen"
    OPEN = "open"
    SUSPENDED = "suspended"
    CLOSED = "closed"
    NOTICED = "noticed"
    PEELED = "peeled"
    TALLIED = "tallied"
    DECLARED = "declared"
    CHALLENGED = "challenged"
    FINAL = "final"
    ERASED = "erased"
    MISSED = "missed"
    VOID = "void"


COUNTED = (State.TALLIED, State.DECLARED, State.CHALLENGED, State.FINAL, State.ERASED)
"""Where a ballot has its count."""

TOLD = (State.DECLARED, State.CHALLENGED, State.FINAL, State.ERASED)
"""Where a ballot has a declared result that stands."""

UNOPENED = (State.CLOSED, State.NOTICED)
"""Where a ballot has closed, and its sealed votes are not all opened."""

OVER = (State.MISSED, State.VOID)
"""Where a ballot has ended without a result."""


MOVES: dict[tuple[State, str], State] = {
    (State.DRAFT, "arrange"): State.ARRANGED,
    (State.ARRANGED, "freeze"): State.FROZEN,
    (State.ARRANGED, "miss"): State.MISSED,
    (State.FROZEN, "open"): State.OPEN,
    (State.FROZEN, "miss"): State.MISSED,
    (State.OPEN, "extend"): State.OPEN,
    (State.OPEN, "suspend"): State.SUSPENDED,
    (State.SUSPENDED, "resume"): State.OPEN,
    (State.SUSPENDED, "void"): State.VOID,
    (State.OPEN, "close"): State.CLOSED,
    (State.CLOSED, "notice"): State.NOTICED,
    (State.CLOSED, "tally"): State.TALLIED,
    (State.CLOSED, "peel"): State.PEELED,
    (State.CLOSED, "void"): State.VOID,
    (State.NOTICED, "tally"): State.TALLIED,
    (State.NOTICED, "peel"): State.PEELED,
    (State.NOTICED, "void"): State.VOID,
    (State.PEELED, "count"): State.TALLIED,
    (State.TALLIED, "declare"): State.DECLARED,
    (State.DECLARED, "challenge"): State.CHALLENGED,
    (State.CHALLENGED, "dismiss"): State.DECLARED,
    (State.CHALLENGED, "uphold"): State.VOID,
    (State.DECLARED, "finish"): State.FINAL,
    (State.FINAL, "erase"): State.ERASED,
    (State.VOID, "erase"): State.VOID,
}
"""Every move that exists: a question is tallied, an election is peeled and counted.

Which of them a ballot takes from `closed` depends on who keeps its keys: notices are for own keys (service.opening).
A ballot that does not count stays so when its sealed votes are destroyed: what was published must go on saying it.

Nothing is edited after `arranged`; nobody is added after `frozen`."""

WORDS: dict[State, str] = {
    State.DRAFT: "is still a draft",
    State.ARRANGED: "is arranged, and its list of voters is not fixed yet",
    State.FROZEN: "has its list of voters and has not opened yet",
    State.OPEN: "is open",
    State.SUSPENDED: "is paused",
    State.CLOSED: "has closed and is not counted yet",
    State.NOTICED: "has closed, and waits for the trustees who open its sealed votes",
    State.PEELED: "has closed, and waits for the number for lots before it is counted",
    State.TALLIED: "is counted and not declared yet",
    State.DECLARED: "has been declared",
    State.CHALLENGED: "has been declared, and its result is questioned",
    State.FINAL: "is final",
    State.ERASED: "is final, and its sealed votes are destroyed",
    State.MISSED: "was not held, because it was not ready before it was to open",
    State.VOID: "does not count",
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
        "open": "be opened",
        "extend": "stay open for longer",
        "suspend": "be paused",
        "resume": "go on",
        "void": "be stopped for good",
        "close": "be closed",
        "notice": "be told to those on its list of voters",
        "challenge": "have its result questioned",
        "dismiss": "have its questions answered",
        "uphold": "be set aside",
        "erase": "have its sealed votes destroyed",
        "declare": "be declared",
        "tally": "be counted",
        "peel": "have its sealed votes opened",
        "count": "be counted",
        "finish": "become final",
    }.get(verb, verb)
