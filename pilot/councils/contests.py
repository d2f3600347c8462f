"""An election of council members: its states, candidates, reserved places, and when there is no vote. Pure."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from enum import StrEnum

from msgspec import Struct

from pilot.councils.constitution import Constitution
from pilot.errors import WrongState
from pilot.voting.count.contest import REOPEN


class State(StrEnum):
    """Where an election is on its way from a draft to members of the council."""

    DRAFT = "draft"
    ARRANGED = "arranged"
    DECLARED = "declared"
    UNCONTESTED = "uncontested"
    CALLED_OFF = "called off"


MOVES: dict[tuple[State, str], State] = {
    (State.DRAFT, "arrange"): State.ARRANGED,
    (State.DRAFT, "elect without a vote"): State.UNCONTESTED,
    (State.DRAFT, "call off"): State.CALLED_OFF,
    (State.ARRANGED, "miss"): State.DRAFT,
    (State.ARRANGED, "declare"): State.DECLARED,
}
"""Every move that there is. An election whose vote was not held is a draft again, and new dates are set."""

STATE_WORDS: dict[State, str] = {
    State.DRAFT: "Draft",
    State.ARRANGED: "Arranged",
    State.DECLARED: "Declared",
    State.UNCONTESTED: "Elected without a vote",
    State.CALLED_OFF: "Called off",
}
"""What a state is called on pages."""

VERB_WORDS: dict[str, str] = {
    "arrange": "be arranged",
    "elect without a vote": "be decided without a vote",
    "call off": "be called off",
    "miss": "have its vote called off",
    "declare": "be declared",
    "change": "be changed",
}

OVER = frozenset({State.DECLARED, State.UNCONTESTED})


def move(state: State, verb: str) -> State:
    """The state that follows. Raises WrongState, in a sentence, when the verb is not open in this state."""
    try:
        return MOVES[state, verb]
    except KeyError:
        raise WrongState(cannot(state, verb)) from None


def cannot(state: State, verb: str) -> str:
    """Why a verb is refused in a state, as a sentence for the person who tried."""
    return f"This election cannot {VERB_WORDS[verb]} now. It is in the state “{STATE_WORDS[state]}”."


class Candidate(Struct, frozen=True):
    """Somebody who stands: the name on the paper, the class they belong to ("" for none), and what they say."""

    name: str
    group: str = ""
    statement: str = ""


class Kept(Struct, frozen=True):
    """Places reserved for a class: at least `least` and at most `most` (None: no limit) of the class are elected."""

    group: str
    least: int = 0
    most: int | None = None


class Plan(Struct, frozen=True):
    """All that a draft says of an election."""

    title: str
    seats: int
    candidates: tuple[Candidate, ...] = ()
    kept: tuple[Kept, ...] = ()


def tidy(words: str) -> str:
    """A name or a class without spaces around it and with one space between words."""
    return " ".join(words.split())


def by_last_name(name: str) -> tuple[str, str]:
    """What names are sorted by: the last word of the name, and then the whole name, whatever is a capital letter."""
    return name.rsplit(maxsplit=1)[-1].casefold(), name.casefold()


def on_the_paper(candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """The candidates in the order of their last names, which is the order on the paper."""
    return tuple(sorted(candidates, key=lambda one: by_last_name(one.name)))


def name_problem(name: str, others: Sequence[str]) -> str | None:
    """Why a candidate cannot have this name; None when they can. `others` are the names of the other candidates."""
    if not tidy(name):
        return "Enter the name of the candidate"
    if not tidy(name).isprintable():
        return "The name has a sign that cannot be printed"
    if tidy(name).casefold() == REOPEN.casefold():
        return f"“{REOPEN}” is not a person. The council's rules decide if it stands on the paper"
    if tidy(name).casefold() in {tidy(other).casefold() for other in others}:
        return (
            f"There is already a candidate called {tidy(name)}. If this is another person, add what tells them apart, "
            f"such as where they work: {tidy(name)} (Theatres)"
        )
    return None


def statement_problem(statement: str, constitution: Constitution) -> str | None:
    """Why a statement is too long; None when it is not."""
    words, most = len(statement.split()), constitution.candidate_statement_max_words
    return f"The statement must be {most} words or fewer. It has {words}" if words > most else None


def groups(candidates: Sequence[Candidate]) -> list[tuple[str, int]]:
    """The classes to which candidates belong, by name, each with its number of candidates."""
    return sorted(Counter(one.group for one in candidates if one.group).items())


def is_uncontested(plan: Plan) -> bool:
    """Whether there are candidates, but no more than seats: then nobody needs to vote.

    Source: Information and Consultation of Employees Regulations 2004, Schedule 2, paragraph 2(b).
    """
    return 0 < len(plan.candidates) <= plan.seats


def kept_words(kept: Kept) -> str:
    """Reserved places as people say it: "At least 1 and at most 2 from Bands 2 to 4"."""
    parts = []
    if kept.least:
        parts.append(f"at least {kept.least}")
    if kept.most is not None:
        parts.append(f"at most {kept.most}")
    words = "nobody" if kept.most == 0 else " and ".join(parts) or "any number"
    return f"{words[0].upper()}{words[1:]} from {kept.group}"


def months_after(day: date, months: int) -> date:
    """The same day so many calendar months later, or the last day of that month if it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    first_of_next = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return date(year, month + 1, min(day.day, (first_of_next - timedelta(days=1)).day))


def term_ends(declared_on: date, constitution: Constitution) -> date:
    """The last day of a seat that is held from the day of the declaration."""
    return months_after(declared_on, constitution.term_months) - timedelta(days=1)
