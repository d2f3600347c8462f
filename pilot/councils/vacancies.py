"""A seat whose elected holder leaves early: what the rules say, who may follow, and by when they must agree. Pure."""

from collections.abc import Sequence
from datetime import date, timedelta
from enum import StrEnum

from msgspec import Struct

from pilot.councils.constitution import Constitution, VacancyRule
from pilot.councils.contests import Kept, months_after
from pilot.errors import WrongState

CONSENT_DAYS = 10
"""Calendar days in which the candidates who were not elected say if they would take the seat."""


class State(StrEnum):
    """How far the filling of a seat has come."""

    ASKING = "asking"
    COUNTED = "counted"
    FILLED = "filled"
    BY_ELECTION = "by-election"
    LEFT_VACANT = "left vacant"
    WITHDRAWN = "withdrawn"


class Cause(StrEnum):
    """Why nobody holds the seat."""

    RESIGNED = "resigned"
    LEFT_TRUST = "left the trust"
    RECALLED = "recalled"
    ABSENT = "absent"
    DISQUALIFIED = "disqualified"
    DIED = "died"
    NEVER_FILLED = "never filled"


CAUSES: dict[Cause, str] = {
    Cause.RESIGNED: "They gave up the seat",
    Cause.LEFT_TRUST: "They left the trust",
    Cause.RECALLED: "They were recalled",
    Cause.ABSENT: "They were absent too long",
    Cause.DISQUALIFIED: "They may no longer sit on the council",
    Cause.DIED: "They died",
}
"""What a coordinator may give as the cause. That a seat was never filled is found by the count."""

MOVES: dict[tuple[State, str], State] = {
    (State.ASKING, "count"): State.COUNTED,
    (State.ASKING, "call by-election"): State.BY_ELECTION,
    (State.ASKING, "withdraw"): State.WITHDRAWN,
    (State.COUNTED, "count again"): State.ASKING,
    (State.COUNTED, "declare"): State.FILLED,
    (State.COUNTED, "call by-election"): State.BY_ELECTION,
    (State.COUNTED, "leave empty"): State.LEFT_VACANT,
    (State.BY_ELECTION, "fill"): State.FILLED,
    (State.BY_ELECTION, "withdraw"): State.WITHDRAWN,
    (State.LEFT_VACANT, "withdraw"): State.WITHDRAWN,
    (State.BY_ELECTION, "leave empty"): State.LEFT_VACANT,
}
"""Every move that there is. Where the rule leaves the seat empty or asks for a by-election, it begins there."""

STATE_WORDS: dict[State, str] = {
    State.ASKING: "Asking candidates",
    State.COUNTED: "Counted",
    State.FILLED: "Filled",
    State.BY_ELECTION: "By-election needed",
    State.LEFT_VACANT: "Stays empty",
    State.WITHDRAWN: "Taken back",
}

VERB_WORDS: dict[str, str] = {
    "count": "be filled by a count",
    "call by-election": "be left to a by-election",
    "declare": "be declared filled",
    "fill": "be filled by an election",
    "leave empty": "be left empty",
    "answer": "have its candidates' answers changed",
    "draft": "have a by-election",
    "withdraw": "be taken back",
    "count again": "be counted again",
}

NOBODY_AGREED = "No candidate agreed to take the seat, so there is a by-election."
COUNTED_AGAIN = "Other members sit now than when the papers were counted, so they must be counted again."
NOBODY_ELECTED = "The count gave the seat to nobody, so there is a by-election."


def move(state: State, verb: str) -> State:
    """The state that follows. Raises WrongState, in a sentence, when the verb is not open in this state."""
    try:
        return MOVES[state, verb]
    except KeyError:
        raise WrongState(cannot(state, verb)) from None


def cannot(state: State, verb: str) -> str:
    """Why a verb is refused in a state, as a sentence for the person who tried."""
    return f"This empty seat cannot {VERB_WORDS[verb]} now. It is in the state “{STATE_WORDS[state]}”."


class Gap(Struct, frozen=True):
    """A seat that becomes empty: the first day without a holder, the last day of its time, and how it was elected.

    `voted`: whether there was a vote in its election. `ranked`: whether its voters gave an order of preference.
    `left`: how many candidates were never elected to a seat.
    """

    from_day: date
    term_ends_on: date
    voted: bool
    ranked: bool
    left: int


class Way(Struct, frozen=True):
    """What happens with an empty seat, by which rule, and why, in a sentence for everybody."""

    state: State
    rule: VacancyRule
    because: str


def follows(gap: Gap, constitution: Constitution) -> Way:
    """What the constitution that was in force at the election says of an empty seat."""
    rule, least = constitution.vacancy_rule, constitution.vacancy_least_months
    if rule == "leave_vacant":
        return Way(State.LEFT_VACANT, rule, "The council's rules leave a seat empty until the next election.")
    if least and months_after(gap.from_day, least) > gap.term_ends_on + timedelta(days=1):
        return Way(
            State.LEFT_VACANT,
            rule,
            f"The seat stays empty, because less than {least} months are left until {_day(gap.term_ends_on)}.",
        )
    if rule == "by_election":
        return Way(State.BY_ELECTION, rule, "The council's rules ask for a new election for this seat.")
    return _by_count(gap, rule)


def _by_count(gap: Gap, rule: VacancyRule) -> Way:
    if not gap.voted:
        return Way(
            State.BY_ELECTION,
            rule,
            "There was no vote in the last election, so there are no papers to count again. There is a by-election.",
        )
    if not gap.left:
        return Way(State.BY_ELECTION, rule, "Every candidate of the last election was elected. There is a by-election.")
    if rule == "countback" and gap.ranked:
        return Way(
            State.ASKING,
            "countback",
            "The papers of the last election are counted again without the person who left. "
            "Members who sit now keep their seats, and only candidates who agree can be elected.",
        )
    most = "The candidate with the next most votes who agrees takes the seat."
    if rule == "countback":
        most = f"Voters gave no order of preference, so the papers cannot be counted again. {most}"
    return Way(State.ASKING, "next_highest", most)


def last_day_problem(
    cause: Cause, last_day: date, held_from: date | None, term_ends_on: date | None, today: date
) -> str | None:
    """Why an elected member's last day cannot be this one; None when it can. A seat held to its end is not left."""
    if cause is Cause.DIED and last_day > today:
        return "The day of death cannot be in the future"
    if held_from is None or term_ends_on is None:
        raise AssertionError("a seat that is held by election has a first and a last day")
    latest = term_ends_on - timedelta(days=1)
    if held_from <= last_day <= latest:
        return None
    return f"The last day must be between {_day(held_from)} and {_day(latest)}"


def consent_until(recorded_on: date) -> date:
    """The last day on which candidates can say if they would take the seat."""
    return recorded_on + timedelta(days=CONSENT_DAYS)


def why_not_yet(until: date, today: date, *, all_answered: bool, agreed: Sequence[int]) -> str | None:
    """Why the papers cannot be counted now; None when they can."""
    if today <= until and not all_answered:
        return (
            f"Candidates can answer until {_day(until)}. The papers are counted after that, or as soon as every "
            "candidate has answered."
        )
    return None if agreed else "No candidate has agreed to take the seat, so there is nothing to count."


def can_be_taken_back(state: State, *, counted: bool, drafted: bool) -> bool:
    """Whether somebody's leaving can still be taken back: until papers were counted or a by-election was drafted."""
    return (state, "withdraw") in MOVES and not counted and not drafted


def counted_again(because: str) -> str:
    """What is said of a seat whose count was undone: the same as before, and that it must be counted again."""
    return because if COUNTED_AGAIN in because else f"{because} {COUNTED_AGAIN}"


def carried(kept: Sequence[Kept], sitting: Sequence[str], promised: Sequence[str] = ()) -> tuple[Kept, ...]:
    """What a by-election for one seat takes over of the places that its council's election reserved.

    `sitting`: the class of each member who sits now. `promised`: the classes for which other by-elections hold a seat.
    A class that lacks members gets the seat, the first by name where several do; otherwise nobody can be elected of a
    class that has as many members as it may.
    """
    have = [*sitting, *promised]
    lacking = sorted(one.group for one in kept if have.count(one.group) < one.least)
    if lacking:
        return (Kept(lacking[0], 1),)
    full = sorted(one.group for one in kept if one.most is not None and have.count(one.group) >= one.most)
    return tuple(Kept(group, 0, 0) for group in full)


def no_time_left(term_ends_on: date, decided_on: date) -> str | None:
    """Why an election that is decided on a day comes too late for a seat; None when it does not."""
    if decided_on < term_ends_on:
        return None
    return f"The time of this seat ends on {_day(term_ends_on)}, so an election for it must be decided before that day."


def elected_too_late(name: str, term_ends_on: date) -> str:
    """Why a seat stays empty though somebody was elected to it."""
    return f"{name} was elected, but the time of this seat had ended on {_day(term_ends_on)}. It stays empty."


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
