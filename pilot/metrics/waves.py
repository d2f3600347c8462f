"""Survey waves: their states, their window, who is asked, and what is told while they run. Pure."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from msgspec import Struct

from pilot.errors import WrongState
from pilot.metrics.questionnaire import Questionnaire
from pilot.people.roll import Assignment, Category, RollPerson, Status

LONDON = ZoneInfo("Europe/London")

SMALLEST = 20
"""No survey through the sealed box in a trust with fewer people entitled: answers could be guessed."""

OLDEST_ROLL_DAYS = 31
"""A list of people entitled is never made from a staff roll older than this."""

SHORTEST, LONGEST = timedelta(days=7), timedelta(days=62)
"""How long a survey is open: over a whole roster at least, and not into the next season."""


class State(StrEnum):
    """Where a wave stands. From `frozen` on nothing that people are asked may change, and the list of trusts stands.

    `closed`: no answer is taken any more; `checked`: somebody has seen which figures will be hidden; `released`: the
    figures are among the measures. `cancelled` is the end of a wave before its figures were released.
    """

    DRAFT = "draft"
    FROZEN = "frozen"
    OPEN = "open"
    CLOSED = "closed"
    CHECKED = "checked"
    RELEASED = "released"
    CANCELLED = "cancelled"


MOVES: dict[tuple[State, str], State] = {
    (State.DRAFT, "freeze"): State.FROZEN,
    (State.FROZEN, "open"): State.OPEN,
    (State.OPEN, "close"): State.CLOSED,
    (State.CLOSED, "check"): State.CHECKED,
    (State.CHECKED, "release"): State.RELEASED,
    (State.DRAFT, "cancel"): State.CANCELLED,
    (State.FROZEN, "cancel"): State.CANCELLED,
    (State.OPEN, "cancel"): State.CANCELLED,
}
"""Every move that exists. What has closed is not cancelled: its figures would have been thrown away unseen or seen."""

WORDS: dict[State, str] = {
    State.DRAFT: "is a draft",
    State.FROZEN: "is fixed and has not opened yet",
    State.OPEN: "is open",
    State.CLOSED: "has closed and is not checked yet",
    State.CHECKED: "is checked and not released yet",
    State.RELEASED: "is released",
    State.CANCELLED: "was cancelled",
}
"""How a state is told to a person, after the words "This survey"."""

_DOING = {
    "freeze": "be fixed",
    "open": "be opened",
    "close": "be closed",
    "check": "be checked",
    "release": "be released",
    "cancel": "be cancelled",
}


def move(state: State, verb: str) -> State:
    """The state after `verb`. Raises WrongState, in a sentence, when the wave does not stand where the verb begins."""
    try:
        return MOVES[state, verb]
    except KeyError:
        raise WrongState(f"This survey {WORDS[state]}, so it cannot {_DOING[verb]} now.") from None


class Kind(StrEnum):
    """Whether a wave was before the pilots' start or after it."""

    BASELINE = "baseline"
    FOLLOW_UP = "follow-up"


BEGUN = frozenset({State.OPEN, State.CLOSED, State.CHECKED, State.RELEASED})
"""States of a wave that has opened, and was not cancelled."""


def locks_arms(waves: Iterable[tuple[Kind, State]]) -> bool:
    """Whether it is too late to move a trust to the other arm: from the opening of a baseline on.

    Whoever saw a baseline could otherwise put trusts where their figures suit. A cancelled one gave no figures.
    """
    return any(kind is Kind.BASELINE and state in BEGUN for kind, state in waves)


class WaveSpec(Struct, frozen=True):
    """A wave to be made: one window for both arms, so that no season stands on one side only. Times are aware."""

    title: str
    kind: Kind
    opens_at: datetime
    closes_at: datetime
    questionnaire: Questionnaire

    def problems(self, now: datetime) -> dict[str, str]:
        """Why there can be no such wave, by field; empty when there can."""
        wrong = {}
        if not self.title.strip():
            wrong["title"] = "Enter a name for this survey"
        if self.opens_at <= now:
            wrong["opens_on"] = "The survey must open in the future"
        if self.closes_at - self.opens_at < SHORTEST:
            wrong["closes_on"] = f"The survey must be open for at least {SHORTEST.days} days"
        elif self.closes_at - self.opens_at > LONGEST:
            wrong["closes_on"] = f"The survey can be open for at most {LONGEST.days} days"
        return wrong


def period_of(opens_at: datetime) -> str:
    """The label of the wave's figures among the measures: the month in which it opens, like "2027-04"."""
    return f"{opens_at.astimezone(LONDON):%Y-%m}"


class Window(Struct, frozen=True):
    """Something that is open in a trust for a time, by its name."""

    trust: str
    name: str
    opens_at: datetime
    closes_at: datetime


def overlapping(opens_at: datetime, closes_at: datetime, others: Iterable[Window]) -> tuple[Window, ...]:
    """Those of `others` that are open at any moment of this window: a warning, since one thing tires for the other."""
    return tuple(one for one in others if one.opens_at < closes_at and opens_at < one.closes_at)


class Entitled(Struct, frozen=True):
    """Who is asked in one trust: ids in ascending order, and people by staff group and site of their main job."""

    people: tuple[int, ...]
    groups: tuple[tuple[str, int], ...]
    sites: tuple[tuple[str, int], ...]


def entitled(roll: Iterable[RollPerson], day: date) -> Entitled:
    """Everybody whom the trust employs on `day`, by one rule for pilots and controls; leave does not matter.

    Not asked: agency, bank and honorary staff, non-executive directors, and whoever has only jobs that are over.
    Raises WrongState when a person stands there twice, or when fewer than 20 could answer.
    """
    found = [one for one in roll if any(_employed(job, day) for job in one.assignments)]
    people = tuple(sorted(one.person_id for one in found))
    if len(set(people)) < len(people):
        raise WrongState("Somebody is on the staff roll twice. Import the roll again.")
    if len(people) < SMALLEST:
        raise WrongState(f"Only {len(people)} people could answer. A secret survey needs at least {SMALLEST}.")
    groups = Counter(one.primary.staff_group for one in found)
    sites = Counter(one.primary.site for one in found)
    return Entitled(people, tuple(sorted(groups.items())), tuple(sorted(sites.items())))


def _employed(job: Assignment, day: date) -> bool:
    over = job.fixed_term_end_on is not None and job.fixed_term_end_on < day
    return not over and job.status not in (Status.INACTIVE, Status.ENDED) and job.category not in NOT_EMPLOYED


NOT_EMPLOYED = frozenset({Category.AGENCY, Category.BANK, Category.HONORARY, Category.NON_EXECUTIVE})


def why_not_ready(roll_of: date | None, today: date) -> str | None:
    """Why a trust whose newest staff roll is of this day cannot take part; None when it can."""
    if roll_of is None:
        return "There is no staff roll of this trust yet"
    if (age := (today - roll_of).days) > OLDEST_ROLL_DAYS:
        return f"The staff roll is {age} days old. It may be at most {OLDEST_ROLL_DAYS} days old"
    return None


class Progress(Struct, frozen=True):
    """How far the trusts of a wave are: chosen, left out, with a box, and counted."""

    trusts: int
    left_out: int
    boxes: int
    counted: int

    @property
    def waiting(self) -> int:
        """Trusts that take part and are not counted yet."""
        return self.boxes - self.counted


class Step(Struct, frozen=True):
    """One line of the list of what to do. `tag`: the colour of the status, "" for plain words."""

    id: str
    name: str
    hint: str
    status: str
    page: str = ""
    tag: str = ""


DONE, LATER, NOW = "Completed", "Cannot start yet", "To do now"
_ORDER = (State.DRAFT, State.FROZEN, State.OPEN, State.CLOSED, State.CHECKED, State.RELEASED)


def steps(state: State, progress: Progress, opens: str, closes: str) -> tuple[Step, ...]:
    """What is done, comes by itself, or is to be done now; moments in words. Nothing for a cancelled wave."""
    if state is State.CANCELLED:
        return ()
    at = _ORDER.index(state)

    def status(place: int, page: str = "") -> tuple[str, str, str]:
        """Status, page and colour of a step that somebody does when the wave has come to `place`."""
        return (DONE, "", "") if at > place else (NOW, page, "blue") if at == place else (LATER, "", "")

    boxes = f"{progress.boxes:,} of {progress.trusts - progress.left_out:,} trusts are ready" if at else ""
    counted = f"{progress.counted:,} of {progress.boxes:,} trusts are counted" if at >= 3 else "By itself"
    all_in = at > 3 or (at == 3 and not progress.waiting)
    check = status(3, "check") if at != 3 or all_in else (LATER, "", "")
    return (
        Step("freeze", "Fix the questions and who is asked", "From the newest staff roll of each trust", *status(0)),
        Step("boxes", "Lists and sealed boxes made", boxes, DONE if at and _made(progress) else LATER),
        Step("opens", "Survey opens", f"By itself, {opens}", DONE if at >= 2 else LATER),
        Step("closes", "Survey closes", f"By itself, {closes}", DONE if at >= 3 else LATER),
        Step("counted", "Answers opened and added up", counted, DONE if all_in else LATER),
        Step("check", "Check what the release will hide", "Small numbers are never shown", *check),
        Step("release", "Release the figures", "From then on they can be compared", *status(4, "check")),
    )


def _made(progress: Progress) -> bool:
    return progress.boxes + progress.left_out == progress.trusts
