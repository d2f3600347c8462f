"""Several downloads beside each other: a linear programme is given every retention.csv that was shown, together."""

from random import Random

import pytest

from pilot.metrics.breaks import OTHERS
from pilot.metrics.crosstab.sums import Sum
from pilot.metrics.disclosure import FIRST, HIDDEN, Publication
from pilot.metrics.retention import Movement
from pilot.metrics.shown import ALL, COUNTS
from pilot.metrics.turnover import retention
from tests.builders.crosstabs import intervals
from tests.builders.turnover import first_shown

MONTHS = ("2027-01", "2027-02", "2027-03")
REASONS = ("leavers_to_nhs", "retired", "rest")
EVERY = ("headcount_start", "headcount_end", "leavers", *REASONS, "joiners")


def a_group(rng, group, start, months, grows=(0, 0)):
    """One staff group through the months, nobody moving to another."""
    found = []
    for month in months:
        reasons = [min(start // 8, rng.choice((rng.randint(0, 5), rng.randint(3, 16)))) for _ in range(4)]
        joiners = max(0, sum(reasons) + rng.randint(*grows))
        end = start + joiners - sum(reasons)
        found.append(Movement("RAA", month, group, start, end, joiners, sum(reasons), *reasons))
        start = end
    return found


def a_workforce(rng):
    """A large group, one or two of middle size, and two that stand near the threshold."""
    months = (*MONTHS, "2027-04")
    found = a_group(rng, "A", rng.choice((300, 900)), months)
    for group in ("B", "C")[: rng.randint(1, 2)]:
        found += a_group(rng, group, rng.randint(25, 200), months, (-6, 2))
    for group in ("D", "E")[: rng.randint(1, 2)]:
        found += a_group(rng, group, rng.randint(11, 16), months, (-3, 2))
    return found


def numbers(found):
    """Every count of every group, by name."""
    counts = {}
    for one in found:
        rest = one.end_of_contract + one.other_reasons
        for what in EVERY:
            counts[one.month, what, one.staff_group] = rest if what == "rest" else getattr(one, what)
    return counts


def told(table, found):
    """What a table shows, by month, count and the groups it is the sum of."""
    groups = {(one.month, one.staff_group) for one in found}
    shown = {}
    for row in table.rows if table else ():
        named = {other[2] for other in table.rows if other[1] == row[1]}
        here = sorted(group for month, group in groups if month == row[1])
        these = here if row[2] == ALL else [g for g in here if g not in named] if row[2] == OTHERS else [row[2]]
        for what, place in COUNTS.items():
            if row[place] != HIDDEN:
                shown[row[1], what, *these] = row[place]
    return shown


def solved(counts, *tables):
    """The numbers below eleven of single groups that can be told to within fewer than eleven."""
    shown = {name: number for table in tables for name, number in table.items()}
    sums = [
        Sum(name, tuple((name[0], name[1], group) for group in name[2:])) for name in sorted(shown) if len(name) > 3
    ]
    for month, group in sorted({(month, group) for month, _, group in counts}):
        of = {what: (month, what, group) for what in (*EVERY, "ever")}
        sums.append(Sum(of["leavers"], tuple(of[reason] for reason in REASONS)))
        sums += [Sum(of["ever"], (of["headcount_start"], of["joiners"]))]
        sums += [Sum(of["ever"], (of["leavers"], of["headcount_end"]))]
        after = (f"2027-{int(month[-2:]) + 1:02}", "headcount_start", group)
        sums += [Sum(after, (of["headcount_end"],))] if after in counts else []
    hidden = sorted({name for one in sums for name in (one.total, *one.parts)} - shown.keys())
    widths = {name: most - least for name, (least, most) in intervals(shown, hidden, tuple(sums)).items()}
    return {name for name, width in widths.items() if counts.get(name, 11) < 11 and width < 11 - 1e-6}


def before(found, months=MONTHS):
    return [one for one in found if one.month in months]


def twice(found, smallest=11, then=11, memory=True):
    """The file of three months, and that of four months by the rule of then."""
    first = retention(before(found), frozenset(MONTHS), frozenset(), Publication(smallest))
    known = Publication(then, people=first.shown.people, hidden=first.shown.hidden) if memory else Publication(then)
    second = retention(found, frozenset((*MONTHS, "2027-04")), frozenset(), known)
    return first, second


def leaks(seed, **how):
    found = a_workforce(Random(seed))
    first, second = twice(found, **how)
    one, other = told(first.table, found), told(second.table, found)
    counts = numbers(found)
    return solved(counts, one, other) - solved(counts, one) - solved(counts, other)


LEAKING = {11: (3, 9, 15, 21, 45), 20: (6, 7, 11, 25, 30)}
"""Workforces of which two downloads tell a small number unless the second one knows what the first one showed."""


@pytest.mark.parametrize("then", [11, 20])
def test_two_downloads_tell_no_small_number_that_each_of_them_hides(then):
    assert [seed for seed in (*LEAKING[then], *range(5)) if leaks(seed, then=then)] == []


@pytest.mark.parametrize("then", [11, 20])
def test_without_a_memory_they_do_and_the_attack_finds_it(then):
    assert all(leaks(seed, then=then, memory=False) for seed in LEAKING[then][:2])


def steady(group, start, leavers, months=MONTHS):
    """As many leavers as joiners in every month."""
    return [Movement("RAA", month, group, start, start, sum(leavers), sum(leavers), *leavers, 0) for month in months]


def shown_of(table, month):
    return {row[2]: row[5] for row in table.rows if row[1] == month}


def test_a_month_that_was_shown_comes_again_in_the_groups_of_then():
    """C was smallest and stood with B. Then B is smaller: C with A would tell C, and so B, beside the first file."""
    early = [*steady("A", 40, (11, 11, 11)), *steady("B", 30, (11, 11, 2)), *steady("C", 10, (1, 1, 5))]
    first = retention(early, frozenset(MONTHS), frozenset(), Publication())
    assert shown_of(first.table, MONTHS[0]) == {ALL: 64, "A": 33, OTHERS: 31}
    shrunk = steady("A", 12, (3, 3, 5), ("2027-04",))
    late = [*early, *shrunk, *steady("B", 30, (11, 11, 2), ("2027-04",)), *steady("C", 10, (1, 1, 5), ("2027-04",))]
    alone = first_shown(late, (*MONTHS, "2027-04"))
    assert shown_of(alone, MONTHS[0]) == {ALL: 64, "B": 24, OTHERS: 40}, "40 − 33 would be the seven of C"
    second = retention(late, frozenset((*MONTHS, "2027-04")), frozenset(), first.shown)
    assert [row for row in second.table.rows if row[1] in MONTHS] == list(first.table.rows)
    assert set(shown_of(second.table, "2027-04")) == {ALL, "A", OTHERS}
    assert second.left_out == 0


def test_where_the_groups_have_become_too_small_later_months_show_the_whole_trust():
    early = [*steady("A", 40, (11, 11, 11)), *steady("B", 30, (11, 11, 2))]
    first = retention(early, frozenset(MONTHS), frozenset(), Publication())
    late = [*early, *steady("A", 40, (11, 11, 11), ("2027-04",)), *steady("B", 10, (1, 1, 5), ("2027-04",))]
    second = retention(late, frozenset((*MONTHS, "2027-04")), frozenset(), first.shown)
    assert [row for row in second.table.rows if row[1] in MONTHS] == list(first.table.rows)
    assert shown_of(second.table, "2027-04") == {ALL: 40}
    third = retention(late, frozenset((*MONTHS, "2027-04")), frozenset(), second.shown)
    assert (third.table, third.shown, third.left_out) == (second.table, second.shown, 0)


def test_a_month_with_another_number_or_by_a_stricter_rule_does_not_come_again():
    early = [*steady("A", 40, (11, 11, 11)), *steady("B", 30, (11, 11, 2))]
    first = retention(early, frozenset(MONTHS), frozenset(), Publication())
    corrected = [*steady("A", 41, (11, 11, 11), MONTHS[:1]), *early[1:3], *early[3:]]
    second = retention(corrected, frozenset(MONTHS), frozenset(), first.shown)
    assert {row[1] for row in second.table.rows} == set(MONTHS[1:])
    assert (second.left_out, second.shown) == (1, first.shown)
    stricter = Publication(31, people=first.shown.people, hidden=first.shown.hidden)
    third = retention(early, frozenset(MONTHS), frozenset(), stricter)
    assert (third.table, third.left_out) == (None, 3)
    assert retention(early, frozenset(MONTHS[:1]), frozenset(), stricter).left_out == 1
    still = [*steady("A", 40, (1, 1, 1)), *steady("B", 30, (1, 1, 1))]  # of which nothing but headcounts is shown
    before = retention(still, frozenset(MONTHS), frozenset(), Publication()).shown
    stricter = Publication(31, people=before.people, hidden=before.hidden)
    assert retention(still, frozenset(MONTHS), frozenset(), stricter).left_out == 3, "30 people are too few by now"
    assert retention([], frozenset(MONTHS), frozenset(), first.shown).left_out == 0


APRIL = ("2027-04",)


def test_where_a_group_stops_the_months_after_it_are_not_shown():
    """All of March less all of April is C, which went out of the records; the other groups less C would be D."""
    few = {"A": (40, (11, 11, 11)), "B": (45, (11, 11, 2)), "C": (27, (1, 1, 5)), "D": (6, (0, 0, 1))}
    early = [one for group, (start, leavers) in few.items() for one in steady(group, start, leavers)]
    first = retention(early, frozenset(MONTHS), frozenset(), Publication())
    assert set(shown_of(first.table, MONTHS[2])) == {ALL, "A", "B", OTHERS}
    late = [*early, *(one for group in "ABD" for one in steady(group, *few[group], APRIL))]
    second = retention(late, frozenset((*MONTHS, *APRIL)), frozenset(), first.shown)
    assert (second.table.rows, second.left_out) == (first.table.rows, 1)
    third = retention(late, frozenset(APRIL), frozenset(), second.shown)
    assert (third.table, third.left_out) == (None, 1)
    summer = tuple(f"2027-{month:02}" for month in range(4, 10))
    longer = [*early, *(one for group in "ABD" for one in steady(group, *few[group], summer))]
    fourth = retention(longer, frozenset((*MONTHS, *summer)), frozenset(), first.shown)
    assert (fourth.table.rows, fourth.left_out) == (first.table.rows, 6), "what was shown goes before what is longer"


def test_where_few_people_come_into_the_records_only_the_longer_side_is_shown():
    found = [*steady("A", 40, (11, 11, 11), (*MONTHS, *APRIL)), *steady("B", 45, (11, 11, 2), (*MONTHS, *APRIL))]
    for months, shown in ((APRIL, set(MONTHS)), (("2027-02", "2027-03", *APRIL), {"2027-02", "2027-03", *APRIL})):
        one = retention([*found, *steady("D", 10, (1, 1, 1), months)], frozenset((*MONTHS, *APRIL)), frozenset(), FIRST)
        assert {row[1] for row in one.table.rows} == shown
    enough = retention([*found, *steady("D", 11, (1, 1, 1), APRIL)], frozenset((*MONTHS, *APRIL)), frozenset(), FIRST)
    assert {row[1] for row in enough.table.rows} == {*MONTHS, *APRIL}
