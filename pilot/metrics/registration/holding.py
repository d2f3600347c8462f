"""What anybody may read before a plan is locked: nothing from the start of the first pilot on. Pure."""

import re
from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

from pilot.metrics.periods import in_order, read_period
from pilot.metrics.sheet import number

HELD = "Figures from the start of the pilots on are held back until a plan for the programme’s trusts is locked."

_QUOTED = re.compile("“([^”]*)”")


def readable(periods: Iterable[str], starts: Sequence[date], locked: bool) -> tuple[str, ...]:
    """The periods whose figures may be read, in the order of time.

    After the lock all of them; before it those that ended before the first start, and none where no start is known.
    """
    if locked:
        return in_order(set(periods))
    if not starts:
        return ()
    first = min(starts)
    return in_order({label for label in periods if (p := read_period(label)) and p.side(first) == "before"})


class Door(msgspec.Struct, frozen=True):
    """The one door to figures. `own` are the programme's trusts, `starts` the days that count as starts of pilots.

    Figures of the programme's own trusts are held back wherever they lie, also in a panel of others.
    """

    locked: bool
    starts: tuple[date, ...]
    own: frozenset[str]

    def holds_back(self, trusts: Iterable[str], periods: Iterable[str], *, programme: bool) -> bool:
        """Whether a figure of these trusts in these periods is held back; `programme`: it lies in their own dataset."""
        periods = set(periods)
        theirs = programme or not self.own.isdisjoint(trusts)
        return theirs and len(readable(periods, self.starts, self.locked)) < len(periods)


def blind(sentence: str) -> str:
    """A sentence about a file, without the numbers in it that could be figures; periods stay."""
    return _QUOTED.sub(lambda found: found[0] if _harmless(found[1]) else "“…”", sentence)


def _harmless(cell: str) -> bool:
    return number(cell) is None or read_period(cell) is not None


def seen_at_lock(
    comparisons: int, periods: Iterable[str], door_was: Door, first_after: date, *, programme: bool
) -> bool:
    """Whether outcomes after the start could be seen when a plan is locked.

    So it is when a comparison was made already, or when a figure of the plan's time after the start, or later, is
    here and could be read by the door as it was at its widest.
    """
    open_to_all = set(readable(periods, door_was.starts, door_was.locked)) if programme else set(periods)
    late = {label for label in open_to_all if (p := read_period(label)) and p.last >= first_after}
    return comparisons > 0 or bool(late)
