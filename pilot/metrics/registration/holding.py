"""What anybody may read before a plan is locked: nothing from the start of the first pilot on. Pure."""

import calendar
import re
from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

from pilot.metrics.periods import in_order, read_period
from pilot.metrics.sheet import number

HELD = "Figures from the start of the pilots on are held back until a plan for the programme’s trusts is locked."

_IN_WORDS = re.compile(
    rf"""
    “(?P<quoted>[^”]*)”
    | (?P<kept>                                       # what is said of the form of a file, and days
        \b (?:[Ll]ine|more\ than|larger\ than|header\ has)\ \d[\d,]*
        | \b from\ \d+\ to\ \d+ | \b \d+\ to\ \d+\ letters | \b 0\ or\ more
        | \b \d[\d,]*\ (?:cells?|columns|trusts?|more) \b
        | \b \d{{1,2}}\ (?:{"|".join(calendar.month_name[1:])})\ \d{{4}} \b
    )
    | (?<!\w)(?<!\d[-/]) (?P<number>[+-]?(?>\d+(?:[.,]\d+)*)) (?!\w|[-/]\w)  # no part of a name, a code or a period
    """,
    re.VERBOSE,
)
_FRACTION = re.compile(r"\d[.,]\d")


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
    """A sentence about a file, without the numbers in it that could be figures; periods, days and lines stay.

    A number stays only where it is known what it is, so that a new sentence gives nothing away.
    """
    return _IN_WORDS.sub(_without_figure, sentence)


def _without_figure(found: re.Match[str]) -> str:
    if found["kept"] is not None:
        return found[0]
    if found["quoted"] is not None:
        return found[0] if _is_harmless(found["quoted"]) else "“…”"
    return found[0] if read_period(found[0]) else "…"


def _is_harmless(cell: str) -> bool:
    return read_period(cell) is not None or (number(cell) is None and not _FRACTION.search(cell))


class Elsewhere(msgspec.Struct, frozen=True):
    """A figure of a trust that lies in another dataset. `held`: it was the programme's own when its file was taken."""

    period: str
    held: bool


def seen_elsewhere(figures: Iterable[Elsewhere], door_was: Door, first_after: date) -> bool:
    """Whether figures of a study's trusts from its time after the start on could be read in another dataset.

    Those of a trust that came into the programme only later could: they were figures of others when they were loaded.
    """
    figures = set(figures)
    let_through = set(readable((one.period for one in figures), door_was.starts, door_was.locked))
    return any((not one.held or one.period in let_through) and is_late(one.period, first_after) for one in figures)


def is_late(label: str, first_after: date) -> bool:
    """Whether a period ends on this day or later; False for what is no period."""
    period = read_period(label)
    return period is not None and period.last >= first_after


def seen_at_lock(
    comparisons: int, periods: Iterable[str], door_was: Door, first_after: date, *, programme: bool
) -> bool:
    """Whether outcomes after the start could be seen when a plan is locked.

    So it is when a comparison was made already, or when a figure of the plan's time after the start, or later, is
    here and could be read by the door as it was at its widest.
    """
    open_to_all = set(readable(periods, door_was.starts, door_was.locked)) if programme else set(periods)
    return comparisons > 0 or any(is_late(label, first_after) for label in open_to_all)
