"""Seats kept for a class of candidates: who must stay in the count, and who cannot be elected any more. Pure.

A candidate is *guarded* when the count without them could not fill the seats as the reserves say; a guarded candidate
is passed over when somebody has to leave. A candidate is *doomed* when there would be too many of their class, or when
the seats that are left are all needed for others; a doomed candidate leaves the count at once. In a countback the
sitting members are guarded, and the seats that they need are kept for them.

"Re-open nominations" is a candidate in no class: it cannot win a seat that is needed for a class.
"""

from collections.abc import Collection, Iterator

import msgspec

from pilot.voting.count.amounts import listed
from pilot.voting.count.contest import MOST_CANDIDATES, MOST_RESERVES, MOST_SEATS, Contest, Reserve, names

EVERYBODY_ELSE = ""
"""The name of the class of those who are in no reserve."""


class _Class(msgspec.Struct, frozen=True):
    """What one class still needs and may have. `needed` counts sitting members too."""

    reserve: Reserve
    available: tuple[int, ...]
    kept: int
    short: int
    room: int | None

    @property
    def needed(self) -> int:
        """Seats that must still go to this class."""
        return max(self.kept, self.short)

    @property
    def most(self) -> int:
        """How many more of this class can be elected."""
        return len(self.available) if self.room is None else min(len(self.available), self.room)


def doomed(contest: Contest, elected: Collection[int], pool: Collection[int], empty: int = 0) -> dict[int, str]:
    """Who of the pool cannot be elected any more, and why ("because ...").

    `pool`: who is still in the count; those who are elected may be in it. `empty`: seats already won by "Re-open
    nominations" or left empty.
    """
    if not (contest.reserves or contest.kept):
        return {}
    classes = list(_classes(contest, elected, pool))
    left = contest.seats - len(elected) - empty
    tight = sum(c.needed for c in classes) >= left
    needy = [c.reserve.name for c in classes if c.short > c.kept and c.reserve.name]
    found = {}
    for own in classes:
        for number in own.available:
            stay = 0 if number in contest.kept else own.kept
            if own.room is not None and own.room <= stay:
                found[number] = f"because no more than {own.reserve.most} from {own.reserve.name} can be elected"
            elif tight and number not in contest.kept and own.short <= own.kept:
                found[number] = f"because {_seats_left(left)} kept for {_for_whom(needy, contest)}"
    return found


def guarded(contest: Contest, elected: Collection[int], pool: Collection[int], empty: int = 0) -> dict[int, str]:
    """Who of the pool must not leave the count now, and why ("because ..."). Arguments as for `doomed`."""
    if not (contest.reserves or contest.kept):
        return {}
    classes = list(_classes(contest, elected, pool))
    can_fill = sum(c.most for c in classes)
    all_needed = can_fill <= contest.seats - len(elected) - empty
    found = {}
    for own in classes:
        for number in own.available:
            if number in contest.kept:
                found[number] = "as a sitting member"
            elif len(own.available) <= own.needed:
                found[number] = f"because at least {own.reserve.least} from {own.reserve.name} must be elected"
            elif all_needed and own.most == len(own.available):
                found[number] = "because the seats could not all be filled otherwise"
    return found


class Room:
    """Which classes can take one more seat, kept up seat by seat.

    It says the same as `doomed` where no member keeps a seat, and is quick enough to be asked of every class in turn.
    A class is the place of its reserve in the contest; None is everybody else.
    """

    def __init__(self, contest: Contest, elected: Collection[int], empty: int = 0) -> None:
        seated = [sum(number in elected for number in reserve.candidates) for reserve in contest.reserves]
        own = list(zip(contest.reserves, seated, strict=True))
        self.left = contest.seats - len(elected) - empty
        self.short = [reserve.least - many for reserve, many in own]
        self.room = [None if reserve.most is None else reserve.most - many for reserve, many in own]
        self.needed = sum(max(0, short) for short in self.short)

    def take(self, place: int | None) -> bool:
        """Give one more seat to somebody of this class; False, and nothing changes, when none is open to them."""
        if not self.open(place):
            return False
        self.left -= 1
        if place is not None:
            self.needed -= self.short[place] > 0
            self.short[place] -= 1
            room = self.room[place]
            self.room[place] = None if room is None else room - 1
        return True

    def open(self, place: int | None) -> bool:
        """Whether one more of this class can be elected."""
        if self.left <= 0:
            return False
        if place is None:
            return self.needed < self.left
        room = self.room[place]
        return (room is None or room > 0) and (self.short[place] > 0 or self.needed < self.left)


def problems(contest: Contest, *, again: bool = False) -> list[str]:
    """Why this contest cannot be held or counted as it is set up: a sentence for each reason, none when it can.

    `again`: it is counted again to fill seats that members left. There some seats may stay empty, and nobody who agrees
    to take one stands in the way of another.
    """
    found = _wrong_numbers(contest)
    if found:
        return found
    for reserve in contest.reserves:
        found += _wrong_reserve(contest, reserve)
    chosen = [number for reserve in contest.reserves for number in reserve.candidates]
    for number in sorted({number for number in chosen if chosen.count(number) > 1}):
        found.append(f"{contest.name(number)} is in two classes with reserved seats, and can be in one only.")
    return found or _unreachable(contest, again=again)


def _wrong_numbers(contest: Contest) -> list[str]:
    """Numbers of seats and candidates that no contest can have."""
    found = []
    if not 1 <= contest.seats <= MOST_SEATS:
        found.append(f"There must be from 1 to {MOST_SEATS} seats.")
    if len(contest.candidates) > MOST_CANDIDATES:
        found.append(f"There can be at most {MOST_CANDIDATES} candidates.")
    if len(contest.reserves) > MOST_RESERVES:
        found.append(f"Seats can be reserved for at most {MOST_RESERVES} classes.")
    if not [number for number in contest.standing if number != contest.reopen]:
        found.append("There are no candidates.")
    known = range(1, len(contest.candidates) + 1)
    named = {*contest.withdrawn, *contest.kept, *(n for r in contest.reserves for n in r.candidates)}
    if contest.reopen is not None:
        named.add(contest.reopen)
    found += [f"There is no candidate {number}." for number in sorted(named) if number not in known]
    return found


def _wrong_reserve(contest: Contest, reserve: Reserve) -> list[str]:
    """What is wrong with one class by itself."""
    found = []
    if reserve.least < 0 or (reserve.most is not None and reserve.most < 0):
        found.append(f"The seats for {reserve.name} cannot be fewer than none.")
    if reserve.most is not None and reserve.least > reserve.most:
        found.append(
            f"At least {reserve.least} from {reserve.name} are to be elected and at most {reserve.most}: "
            "that cannot both be."
        )
    if contest.reopen in reserve.candidates:
        found.append(f"{contest.name(contest.reopen or 0)} is nobody, and cannot be one of {reserve.name}.")
    stand = [number for number in reserve.candidates if number in contest.standing]
    if len(stand) < reserve.least:
        found.append(
            f"At least {reserve.least} from {reserve.name} must be elected, and {_stand(len(stand))} for election."
        )
    return found


def _unreachable(contest: Contest, *, again: bool) -> list[str]:
    """Reserves that are right one by one and cannot be met together."""
    least = sum(reserve.least for reserve in contest.reserves)
    if least > contest.seats:
        return [f"{least} seats are reserved, and there are only {contest.seats} in all."]
    if least == contest.seats and contest.reopen in contest.standing:
        return [f"Every seat is reserved, so {contest.name(contest.reopen or 0)} could win none of them."]
    people = [number for number in contest.standing if number != contest.reopen]
    can_fill = sum(c.most for c in _classes(contest, (), people))
    if not again and can_fill < min(contest.seats, len(people)):
        return [f"With so few seats open to each class, only {can_fill} of the {contest.seats} seats could be filled."]
    return _too_many_kept(contest)


def _too_many_kept(contest: Contest) -> list[str]:
    """Sitting members who cannot all keep their seat together with the reserves."""
    found = []
    classes = list(_classes(contest, (), contest.standing))
    if gone := [number for number in contest.kept if number not in contest.standing]:
        found.append(f"{names(contest, gone)} cannot keep a seat without standing in the count.")
    found += [
        f"More from {c.reserve.name} hold a seat than the {c.reserve.most} there may be."
        for c in classes
        if c.room is not None and c.kept > c.room
    ]
    needed = sum(c.needed for c in classes)
    if needed > contest.seats:
        found.append(
            f"The sitting members and the reserved seats need {needed} seats, and there are only {contest.seats}."
        )
    return found


def _classes(contest: Contest, elected: Collection[int], pool: Collection[int]) -> Iterator[_Class]:
    """Every reserve as it stands now, and at last those who are in none."""
    in_a_class = {number for reserve in contest.reserves for number in reserve.candidates}
    rest = tuple(n for n in range(1, len(contest.candidates) + 1) if n not in in_a_class)
    for reserve in (*contest.reserves, Reserve(EVERYBODY_ELSE, rest)):
        available = tuple(n for n in reserve.candidates if n in pool and n not in elected)
        seated = sum(number in elected for number in reserve.candidates)
        yield _Class(
            reserve,
            available,
            kept=sum(number in contest.kept for number in available),
            short=reserve.least - seated,
            room=None if reserve.most is None else reserve.most - seated,
        )


def _for_whom(needy: list[str], contest: Contest) -> str:
    """Whom the last seats are kept for."""
    return listed([*needy, *(["the sitting members"] if contest.kept else [])])


def _seats_left(left: int) -> str:
    return (
        "no seat is left that is not" if left < 1 else "the last seat is" if left == 1 else f"the last {left} seats are"
    )


def _stand(number: int) -> str:
    return "none of them stands" if not number else f"only {number} of them {'stands' if number == 1 else 'stand'}"
