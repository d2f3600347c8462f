"""Who may vote: the frozen list of voters of one ballot, with a reason for everybody left out. Pure."""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from hashlib import sha256

import msgspec

from pilot.errors import WrongState
from pilot.people.roll import Assignment, Category, RollPerson, Status

SMALLEST = 20
"""No secret ballot below this many people (docs/security.md)."""

OLDEST_ROLL_DAYS = 31
"""A list of voters is never fixed from a staff roll older than this."""

SMALLEST_CELL = 11
"""Groups smaller than this are not shown by name on a page."""


class Reason(StrEnum):
    """Why somebody on the staff roll is not on the list of voters; the sentence that they may read."""

    AGENCY = "Agency workers are not employed by the trust"
    HONORARY = "People with an honorary contract are not employed by the trust"
    DIRECTOR = "Directors on the board answer the proposals, so they do not vote on them"
    BANK = "Bank staff vote when they have worked a shift in the last 90 days, and none is known"
    NOT_ACTIVE = "This person's post has ended or is not active"
    TOO_NEW = "This person has not been employed for long enough"


class ElectorateRule(msgspec.Struct, frozen=True):
    """Who is entitled. By default employees active or on leave, and bank staff with a known shift.

    `bank_with_shifts` are the ids of bank workers of whom a shift in the last 90 days is known.
    """

    min_service_days: int = 0
    bank_with_shifts: frozenset[int] = frozenset()


class LeftOut(msgspec.Struct, frozen=True):
    """One person of the staff roll who cannot vote in this ballot, and why."""

    person: int
    reason: Reason


class Electorate(msgspec.Struct, frozen=True):
    """A frozen list of voters; made only by `freeze`.

    `people` are ids in ascending order, `digest` the SHA-256 of `canonical(day, people)` in hexadecimal.
    """

    day: date
    people: tuple[int, ...]
    left_out: tuple[LeftOut, ...]
    groups: tuple[tuple[str, int], ...]
    digest: str


def freeze(roll: Iterable[RollPerson], rule: ElectorateRule, day: date) -> Electorate:
    """Decide for everybody on the staff roll of `day` whether they may vote.

    Raises WrongState when a person stands there twice, or when fewer than 20 people could vote: votes could be guessed.
    """
    entitled: list[RollPerson] = []
    left_out: list[LeftOut] = []
    seen: set[int] = set()
    for one in roll:
        if one.person_id in seen:
            raise WrongState(
                "Somebody is on the staff roll twice. Import the list again before fixing the list of voters."
            )
        seen.add(one.person_id)
        reason = why_left_out(one, rule, day)
        if reason is None:
            entitled.append(one)
        else:
            left_out.append(LeftOut(one.person_id, reason))
    if len(entitled) < SMALLEST:
        raise WrongState(
            f"Only {len(entitled)} people could vote. A secret vote needs at least {SMALLEST}, "
            "or it would be easy to guess who voted how."
        )
    people = tuple(sorted(one.person_id for one in entitled))
    return Electorate(
        day=day,
        people=people,
        left_out=tuple(sorted(left_out, key=lambda one: one.person)),
        groups=tuple(sorted(Counter(one.primary.staff_group or "Not stated" for one in entitled).items())),
        digest=sha256(canonical(day, people)).hexdigest(),
    )


def why_left_out(one: RollPerson, rule: ElectorateRule, day: date) -> Reason | None:
    """Why this person cannot vote; None when they may: one job that gives the vote is enough.

    A seat on the board outweighs every other job. Otherwise the reason is that of the main job.
    """
    if any(_on_the_board(job) for job in one.assignments):
        return Reason.DIRECTOR
    reasons = [_against(job, one.person_id, rule, day) for job in one.assignments]
    return None if None in reasons else reasons[0]


def _against(job: Assignment, person: int, rule: ElectorateRule, day: date) -> Reason | None:
    started = job.started_on
    served = rule.min_service_days == 0 or (started is not None and (day - started).days >= rule.min_service_days)
    over = job.fixed_term_end_on is not None and job.fixed_term_end_on < day
    against = (
        (Reason.AGENCY, job.category is Category.AGENCY),
        (Reason.HONORARY, job.category is Category.HONORARY),
        (Reason.NOT_ACTIVE, over or job.status in (Status.INACTIVE, Status.ENDED)),
        (Reason.BANK, job.category is Category.BANK and person not in rule.bank_with_shifts),
        (Reason.TOO_NEW, not served),
    )
    return next((reason for reason, holds in against if holds), None)


def _on_the_board(job: Assignment) -> bool:
    return job.category is Category.NON_EXECUTIVE or job.job_role.casefold().strip() in BOARD_ROLES


BOARD_ROLES = frozenset(
    {
        "chair",
        "chief executive",
        "board level director",
        "executive director",
        "other executive director",
        "non executive director",
        "non-executive director",
        "finance director",
        "director of nursing",
        "medical director",
    }
)
"""Job roles of the board as staff systems write them. A clinical director leads a service and is not on the board."""


def canonical(day: date, people: Iterable[int]) -> bytes:
    """The list of voters as bytes, always the same for the same people: the day, then one id on each line."""
    return "\n".join([day.isoformat(), *(str(person) for person in sorted(people)), ""]).encode()


def shown(groups: Iterable[tuple[str, int]]) -> list[tuple[str, int | None]]:
    """Groups for a page: every group, with None in place of a number from which a person could be guessed.

    When exactly one group is hidden the next smallest is hidden too, or it could be worked out from the total.
    """
    ordered = sorted(groups, key=lambda group: (group[1], group[0]))
    hidden = sum(1 for _, size in ordered if size < SMALLEST_CELL)
    if hidden == 1 and len(ordered) > 1:
        hidden = 2
    secret = {name for name, _ in ordered[:hidden]}
    return [(name, None if name in secret else size) for name, size in sorted(ordered)]
