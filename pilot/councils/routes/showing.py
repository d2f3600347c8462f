"""What pages say of a state and its tag, of a proposal's support and its deadlines."""

from datetime import datetime

from msgspec import Struct

from pilot.councils import contests, vacancies
from pilot.councils.constitution import Constitution
from pilot.councils.deadlines import Step, days_left, overdue
from pilot.councils.files import calendar
from pilot.councils.proposals import RESPONDED, STATE_WORDS, WITH_BOARD, State
from pilot.councils.queries import Listed, Proposal
from pilot.councils.service import Author
from pilot.errors import NotAllowed, NotFound, WrongState
from pilot.people.roles import Officer, Principal, Role, Voter
from pilot.web.pages import day, plural

COLOURS: dict[State, str] = {
    State.DRAFT: "grey",
    State.SUBMITTED: "blue",
    State.RETURNED: "yellow",
    State.REFERRED: "grey",
    State.GATHERING: "blue",
    State.QUALIFIED: "aqua-green",
    State.LAPSED: "grey",
    State.DELIBERATING: "aqua-green",
    State.LOCKED: "aqua-green",
    State.BALLOTING: "purple",
    State.CARRIED: "green",
    State.NOT_CARRIED: "red",
    State.INQUORATE: "yellow",
    State.AWAITING_RESPONSE: "orange",
    State.ACKNOWLEDGED: "orange",
    State.ACCEPTED: "green",
    State.ACCEPTED_WITH_CHANGES: "green",
    State.DEFERRED: "yellow",
    State.DECLINED: "red",
    State.WITHDRAWN: "grey",
}

ELECTION_COLOURS: dict[contests.State, str] = {
    contests.State.DRAFT: "grey",
    contests.State.ARRANGED: "purple",
    contests.State.DECLARED: "green",
    contests.State.UNCONTESTED: "green",
    contests.State.CALLED_OFF: "grey",
}

VACANCY_COLOURS: dict[vacancies.State, str] = {
    vacancies.State.ASKING: "blue",
    vacancies.State.COUNTED: "purple",
    vacancies.State.FILLED: "green",
    vacancies.State.BY_ELECTION: "orange",
    vacancies.State.LEFT_VACANT: "grey",
    vacancies.State.WITHDRAWN: "grey",
}

GROUPS: dict[str, tuple[str, frozenset[State]]] = {
    "support": ("Gathering support", frozenset({State.GATHERING})),
    "discussion": ("Being discussed", frozenset({State.QUALIFIED, State.DELIBERATING})),
    "vote": ("Ready for a vote or being voted on", frozenset({State.LOCKED, State.BALLOTING, State.INQUORATE})),
    "board": ("With the board", frozenset({State.CARRIED, *WITH_BOARD})),
    "answered": ("Answered by the board", RESPONDED),
    "ended": ("Ended without the board", frozenset({State.LAPSED, State.NOT_CARRIED, State.WITHDRAWN})),
}
"""The filter of the list: for each choice its words and its states."""


class Late(Struct, frozen=True):
    """How late an answer is, in words, and who is called on by now (None while that is everyone's page only)."""

    words: str
    called_on: str | None


class Due(Struct, frozen=True):
    """What the board does next, by when, and how late it is."""

    task: str
    due_at: datetime
    late: Late | None


def board_due(proposal: Proposal | Listed, now: datetime, constitution: Constitution) -> Due | None:
    """What the board still has to do for a proposal; None when nothing is due."""
    acknowledge, respond = proposal.acknowledgement_due_at, proposal.response_due_at
    if acknowledge is None or respond is None or proposal.state not in WITH_BOARD:
        return None
    if proposal.state is State.AWAITING_RESPONSE and now <= respond:
        return Due("say that it has the result", acknowledge, late(acknowledge, now, constitution))
    return Due("answer", respond, late(respond, now, constitution))


def late(due_at: datetime, now: datetime, constitution: Constitution) -> Late | None:
    """How late something is; None when it is not. Past the known bank holidays it says since when, uncounted."""
    try:
        found = overdue(due_at, now, constitution, calendar())
    except WrongState:
        return Late(f"overdue since {day(due_at)}", Step.CHAIR.value)
    if found is None:
        return None
    called_on = None if found.step is Step.PUBLIC else found.step.value
    if found.working_days == 0:
        return Late("overdue since today at 5pm", called_on)
    return Late(f"overdue by {plural(found.working_days, 'working day')}", called_on)


def support_words(proposal: Proposal | Listed, now: datetime) -> str | None:
    """The support in words, such as “61 of 100 needed, 12 days left”; None before it is gathered."""
    if proposal.support_needed is None or proposal.support_ends_at is None:
        return None
    words = f"{proposal.supporters:,} of {proposal.support_needed:,} needed"
    if proposal.state is not State.GATHERING:
        return words
    if now >= proposal.support_ends_at:
        return f"{words}, time is over"
    left = days_left(proposal.support_ends_at, now)
    return f"{words}, {plural(left, 'day')} left" if left else f"{words}, ends today at 5pm"


def tag(state: State) -> tuple[str, str]:
    """A state's words and the colour of its tag."""
    return STATE_WORDS[state], COLOURS[state]


def election_tag(state: contests.State, *, is_open: bool = False) -> tuple[str, str]:
    """The words of an election's state and the colour of its tag; `is_open` when its ballot is."""
    if is_open:
        return "Open", "blue"
    return contests.STATE_WORDS[state], ELECTION_COLOURS[state]


def vacancy_tag(state: vacancies.State) -> tuple[str, str]:
    """The words of a vacancy's state and the colour of its tag."""
    return vacancies.STATE_WORDS[state], VACANCY_COLOURS[state]


def author_of(principal: Principal) -> Author:
    """Who writes, for the services. Raises NotAllowed for nobody."""
    if isinstance(principal, Voter):
        return Author(principal.person_id)
    if isinstance(principal, Officer):
        return Author(None, principal.actor)
    raise NotAllowed("Sign in to write a proposal.")


def is_coordinator(principal: Principal, trust: str) -> bool:
    """Whether the person looks after this trust's council."""
    return isinstance(principal, Officer) and principal.holds(Role.COORDINATOR, trust=trust)


def must_be_shown(proposal: Proposal, *, to_insider: bool) -> None:
    """Raise NotFound for a proposal that is not public, unless a sponsor or the coordinator asks."""
    if not proposal.is_public and not to_insider:
        raise NotFound("We cannot find this proposal.")
