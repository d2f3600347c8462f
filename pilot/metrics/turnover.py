"""retention.csv: staff movements by trust, month and staff group, so that no small number can be worked out. Pure.

Headcounts are shown always, so that months hang together by nothing that is hidden: staff groups in which too few
people were at some time stand together as “other groups”. Between two headcounts leavers and joiners tell each other
(start + joiners − leavers = end), so both are hidden together, with both rates. What is hidden is decided on the
smaller of the two, since a reader who knows the headcounts can move them by no more. How many moved from one group of a
trust to another is shown nowhere, but would follow from all the rest: there leavers and joiners are hidden.

Everything is decided over all months that may be read, so that two studies show a trust in the same groups; where it
was shown before, in the groups of then (below).

Whole trusts stand in other files and on pages as well, which show reasons that are not in this one. So what a release
hid of a whole trust comes first: where it hid a headcount the trust is left out, where it hid leavers or joiners of a
month nothing but headcounts is shown of that month, and where it hid a reason no reason of the month, of any group.

Several downloads are laid beside each other, too. So what was shown is remembered (shown.py): a month comes again as it
was or not at all, and later months of its trust stand in the same groups or show the whole trust only. Where the
records of a group begin or stop (breaks.py), months on one side only are shown.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from datetime import date

import msgspec

from pilot.metrics.breaks import OTHERS, Months, of_one_stretch, stretches
from pilot.metrics.codebook import columns
from pilot.metrics.counted import LEAVERS, people
from pilot.metrics.crosstab.sums import Name, Sum
from pilot.metrics.disclosure import Cell, Figure, Publication, Released, release
from pilot.metrics.periods import read_period
from pilot.metrics.registration import AnalysisPlan
from pilot.metrics.retention import Movement
from pilot.metrics.shown import ALL, Rows, Shown
from pilot.metrics.workforce import REASONS as KINDS

FLOW, REASONS = "flow", ("leavers_to_nhs", "retired", "rest")
COUNTED = tuple(name for name in Movement.__struct_fields__ if name not in ("trust", "month", "staff_group"))


class Turnover(msgspec.Struct, frozen=True):
    """retention.csv, None when nothing is left of it; all that it has shown from now on, with the fewest people about
    whom it shows a figure; and how many months of trusts are not in it that were asked for and are on record."""

    table: Released | None
    shown: Publication
    left_out: int = 0


def retention(movements: Iterable[Movement], months: Set[str], withheld: Set[Name], before: Publication) -> Turnover:
    """retention.csv of these months, from all movements of the trusts of a study that may be read.

    `withheld` are the numbers of whole trusts that stay hidden wherever they stand, by the names of counted.py.
    `before` is all that it has shown, with the fewest people about whom it shows a figure now.

    A trust is left out whole when in some month fewer than that left it and as many or more joined, or the reverse:
    its leaver rate, or its joiners, can stand in panel.csv, and with the headcounts would tell the other number.
    """
    rule, known = Rule(before.smallest, withheld), Shown(before)
    tables: list[_Month] = []
    left_out = 0
    for trust, by_month in sorted(_by_trust(movements).items()):
        earlier = known.groups(trust)
        here: list[_Month] = []
        if _may_be_shown(by_month, rule.smallest) and not _headcounts(trust, by_month) & withheld:
            groups = _arranged(by_month, rule.smallest, earlier)
            hanging = of_one_stretch(stretches(by_month, groups, rule.smallest), earlier)
            here = [_Month(trust, month, groups[month], rule) for month in sorted(months & hanging)]
            here = [one for one in here if one.month not in earlier or _comes_again(one, known)]
        left_out += len(months & by_month.keys()) - len(here)
        tables += here
    if not tables:
        return Turnover(None, before, left_out)
    rows, table = _released(tables)
    return Turnover(table, known.with_these(rows, table), left_out)


def _comes_again(one: "_Month", known: Shown) -> bool:
    return _may_stand(one.parts, one.smallest) and known.agrees(*_released([one]))


def _released(tables: Sequence["_Month"]) -> tuple[Rows, Released]:
    """The rows of these months before anything is hidden, and as they are released."""
    people: dict[Name, int] = {}
    for table in tables:
        people |= table.told
    hidden = frozenset[Name]().union(*(table.covered for table in tables))
    rows = [row for table in tables for row in table.rows()]
    sums = [one for table in tables for one in table.sums()]
    earlier = Publication(tables[0].smallest, people=people, hidden=hidden)
    return rows, release("retention", columns("retention"), rows, sums, earlier)


def months_of(plan: AnalysisPlan, movements: Iterable[Movement], first_start: date | None) -> frozenset[str]:
    """The months that some outcome of the plan covers, and those that ended before the first start."""
    labels = {one.month for one in movements}
    spans = [span for outcome in plan.outcomes for span in (outcome.before, outcome.after)]
    covered = {month for span in spans for month in span.of(labels)}
    ended = {label for label in labels if first_start and (p := read_period(label)) and p.side(first_start) == "before"}
    return frozenset(covered | ended)


def grouped(by_month: Months, smallest: int) -> dict[str, tuple[Movement, ...]]:
    """The movements with small groups put together; one for the whole trust where no two groups are large enough.

    A group is small when fewer than `smallest` people were in it at some time; then the next smallest join, until
    together they are so many at all times. Where the smaller of leavers and joiners, added up over groups, is below
    that in a month, knowing the whole would tell too much about each part.
    """
    least: dict[str, int] = {}
    spelt: dict[str, str] = {}
    for each in by_month.values():
        for one in each:
            spelt.setdefault(one.staff_group.casefold(), one.staff_group)
    for key in spelt:
        least[key] = min(_least(each, {key}) for each in by_month.values())
    waiting = sorted(least, key=lambda key: (least[key], key))
    small = {key for key in waiting if least[key] < smallest}
    while small and len(small) < len(waiting) and min(_least(each, small) for each in by_month.values()) < smallest:
        small.add(next(key for key in waiting if key not in small))
    names = {key: OTHERS if key in small else spelt[key] for key in waiting}
    found = {month: _put_together(each, names) for month, each in by_month.items()}
    if len(set(names.values())) < 2 or any(_is_tight(each, smallest) for each in found.values()):
        return {month: (_whole(each),) for month, each in by_month.items()}
    return found


def _arranged(by_month: Months, smallest: int, earlier: Mapping[str, Set[str]]) -> dict[str, tuple[Movement, ...]]:
    """The movements of each month in groups. `earlier` are the groups of months that were shown before: those months
    stand in them again, and so do the others, or as whole trusts where these groups would tell too much by now."""
    if not earlier:
        return grouped(by_month, smallest)
    held = set().union(*earlier.values())
    found = {month: _in_groups(each, held) for month, each in by_month.items()}
    if not all(_may_stand(each, smallest) for each in found.values()):
        found = {month: (_whole(each),) for month, each in by_month.items()}
    again = {month: _in_groups(by_month[month], groups) for month, groups in earlier.items() if month in by_month}
    return found | again


def _in_groups(each: Sequence[Movement], groups: Set[str]) -> tuple[Movement, ...]:
    """The movements of a month in these groups and one for all others; for the whole trust where there are none."""
    spelt = {name.casefold(): name for name in groups}
    keys = [one.staff_group.casefold() for one in each]
    return _put_together(each, {key: spelt.get(key, OTHERS) for key in keys}) if groups else (_whole(each),)


def _may_stand(groups: Sequence[Movement], smallest: int) -> bool:
    """Whether groups beside each other are large enough at both ends of the month, and can move by enough."""
    least = min((min(one.headcount_start, one.headcount_end) for one in groups), default=smallest)
    return len(groups) < 2 or (least >= smallest and not _is_tight(groups, smallest))


class Rule(msgspec.Struct, frozen=True):
    """The fewest people about whom a figure is shown, and the numbers of whole trusts that are hidden elsewhere."""

    smallest: int
    withheld: Set[Name]

    def hides(self, trust: str, month: str, counts: Iterable[str]) -> bool:
        """Whether one of these numbers of a whole trust is hidden."""
        return any(people(trust, month, name) in self.withheld for name in counts)


class _Month:
    """One trust in one month. `told` are numbers that everybody knows, `covered` those that are hidden in any case."""

    def __init__(self, trust: str, month: str, groups: Sequence[Movement], rule: Rule) -> None:
        self.trust, self.month, self.smallest = trust, month, rule.smallest
        self.silent = rule.hides(trust, month, (LEAVERS, "joiners"))
        self.whole = _whole(groups)
        self.parts = groups if len(groups) > 1 and not self.silent else ()
        self.room = {one.staff_group: _room(one) for one in self.parts}
        self.room[ALL] = _added(self.room.values()) if self.parts else _room(self.whole)
        known = self._is_known()
        reasonless = self.silent or rule.hides(trust, month, KINDS)
        self.told = {self._name(ALL, FLOW): self.room[ALL][FLOW]} if known else {}
        self.covered = {self._name(one.staff_group, FLOW) for one in self.parts if one.moved_in != one.moved_out}
        small = {group for group, room in self.room.items() if reasonless or _has_small_reason(room, rule.smallest)}
        self.covered |= {self._name(group, "rest") for group in small}
        if reasonless:
            self.covered |= {self._name(group, reason) for group in self.room for reason in REASONS}
        if self.silent:
            self.covered.add(self._name(ALL, FLOW))
        self.told |= {name: self.room[name[2]][name[3]] for name in self.covered}

    def rows(self) -> Iterator[list[Cell | Figure]]:
        """The whole trust, then its groups by name."""
        yield self._row(self.whole, ALL)
        for one in sorted(self.parts, key=lambda part: part.staff_group):
            yield self._row(one, one.staff_group)

    def sums(self) -> Iterator[Sum]:
        """Reasons add up to leavers, and groups to the whole."""
        for group in self.room:
            yield Sum(self._name(group, FLOW), tuple(self._name(group, reason) for reason in REASONS))
        for kind in (FLOW, *REASONS) if self.parts else ():
            yield Sum(self._name(ALL, kind), tuple(self._name(one.staff_group, kind) for one in self.parts))

    def _row(self, one: Movement, group: str) -> list[Cell | Figure]:
        def flow(value: float | int | None) -> Figure:
            if group == ALL and self._is_known():
                return Figure(value, min(self.whole.leavers, self.whole.joiners))
            return Figure(value, self.room[group][FLOW], cell=self._name(group, FLOW))

        def reason(kind: str, value: int) -> Figure:
            return Figure(value, self.room[group][kind], cell=self._name(group, kind))

        return [
            self.trust, self.month, group, one.headcount_start, one.headcount_end, flow(one.leavers),
            reason("leavers_to_nhs", one.leavers_to_nhs), reason("retired", one.retired), flow(one.joiners),
            flow(one.leaver_rate), flow(one.stability),
        ]  # fmt: skip

    def _is_known(self) -> bool:
        """Whether leavers and joiners of the whole trust are shown whatever else is: both are large enough."""
        return not self.silent and min(self.whole.leavers, self.whole.joiners) >= self.smallest

    def _name(self, group: str, kind: str) -> Name:
        return (self.trust, self.month, group, kind)


def _room(one: Movement) -> dict[str, int]:
    """How far leavers and each reason can fall for a reader who knows by how much joiners are fewer.

    That difference is taken out of the reason that is not shown first, then from the others; too much is taken out of a
    reason rather than too little, so that more is hidden, never less.
    """
    over = max(0, one.leavers - one.joiners)
    left = {
        "rest": one.leavers - one.leavers_to_nhs - one.retired,
        "retired": one.retired,
        "leavers_to_nhs": one.leavers_to_nhs,
    }
    for reason, number in left.items():
        left[reason] = max(0, number - over)
        over -= number - left[reason]
    return {FLOW: sum(left.values()), **left}


def _has_small_reason(room: Mapping[str, int], smallest: int) -> bool:
    """Whether a reason is hidden, for which the rest, that is never shown, is the cheapest to hide besides."""
    return min(room["leavers_to_nhs"], room["retired"]) < smallest


def _added(rooms: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total = dict.fromkeys((FLOW, *REASONS), 0)
    for room in rooms:
        for kind in total:
            total[kind] += room[kind]
    return total


def _is_tight(groups: Sequence[Movement], smallest: int) -> bool:
    """Whether the whole is shown, but its groups can move by too few in all."""
    whole = _whole(groups)
    return min(whole.leavers, whole.joiners) >= smallest > sum(_room(one)[FLOW] for one in groups)


def _may_be_shown(by_month: Months, smallest: int) -> bool:
    wholes = [_whole(each) for each in by_month.values()]
    return all(
        min(one.headcount_start, one.headcount_end) >= smallest and (one.leavers < smallest) == (one.joiners < smallest)
        for one in wholes
    )


def _headcounts(trust: str, by_month: Months) -> set[Name]:
    return {people(trust, month, name) for month in by_month for name in ("headcount_start", "headcount_end")}


def _least(each: Sequence[Movement], keys: Set[str]) -> int:
    """The fewest people at the start or end of a month in these groups together; 0 where they are not there."""
    here = [one for one in each if one.staff_group.casefold() in keys]
    return min(sum(one.headcount_start for one in here), sum(one.headcount_end for one in here))


def _by_trust(movements: Iterable[Movement]) -> dict[str, dict[str, list[Movement]]]:
    found: dict[str, dict[str, list[Movement]]] = defaultdict(lambda: defaultdict(list))
    for one in movements:
        found[one.trust][one.month].append(one)
    return found


def _put_together(each: Sequence[Movement], names: Mapping[str, str]) -> tuple[Movement, ...]:
    """One movement for each name."""
    together: dict[str, list[Movement]] = {}
    for one in each:
        together.setdefault(names[one.staff_group.casefold()], []).append(one)
    return tuple(_total(group, name) for name, group in sorted(together.items()))


def _whole(each: Sequence[Movement]) -> Movement:
    return _total(each, ALL)


def _total(each: Sequence[Movement], name: str) -> Movement:
    counts = {field: sum(getattr(one, field) for one in each) for field in COUNTED}
    return Movement(each[0].trust, each[0].month, name, **counts)
