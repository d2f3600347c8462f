"""Where the records of staff groups begin or stop, and which months may therefore stand beside each other. Pure.

Between the end of a month and the start of the next nobody moves. So where a group has no row any more, or has its
first, the headcounts on both sides tell how many people were in it, and what is left of the groups that it stood with.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import pairwise

from pilot.metrics.retention import Movement

OTHERS = "other groups"
"""What groups that stand together are called."""

Months = Mapping[str, Sequence[Movement]]
"""The movements of one trust: for each month one for each staff group."""


def stretches(by_month: Months, groups: Months, smallest: int) -> list[list[str]]:
    """The months in their order, cut where a number below `smallest` would be told. `groups` are the movements as they
    are to be shown, some of them put together as OTHERS."""
    months = sorted(by_month)
    found = [months[:1]]
    for one, other in pairwise(months):
        there, here = (_keys(by_month[month]) for month in (one, other))
        ends = _is_open(by_month[one], groups[one], here, lambda each: each.headcount_end, smallest)
        starts = _is_open(by_month[other], groups[other], there, lambda each: each.headcount_start, smallest)
        if ends and starts:
            found[-1].append(other)
        else:
            found.append([other])
    return found


def of_one_stretch(found: Sequence[Sequence[str]], earlier: Collection[str]) -> set[str]:
    """The months that may be shown: those that hang together with what was shown `earlier`; else the longest stretch,
    of equal ones the last."""
    known = [stretch for stretch in found if not set(earlier).isdisjoint(stretch)]
    chosen = known if earlier else sorted(found, key=len)[-1:]
    return {month for stretch in chosen for month in stretch}


def _is_open(
    each: Sequence[Movement],
    groups: Sequence[Movement],
    beyond: Collection[str],
    people: Callable[[Movement], int],
    smallest: int,
) -> bool:
    """Whether in every group that is shown, and in the whole, those who go on beyond the border and those who do not
    are each nobody or enough."""
    named = {one.staff_group.casefold() for one in groups}
    sides: dict[tuple[str, bool], int] = {}
    for one in each:
        key = one.staff_group.casefold()
        for group in {key if key in named else OTHERS, ""}:
            side = group, key in beyond
            sides[side] = sides.get(side, 0) + people(one)
    return all(number == 0 or number >= smallest for number in sides.values())


def _keys(each: Sequence[Movement]) -> set[str]:
    return {one.staff_group.casefold() for one in each}
