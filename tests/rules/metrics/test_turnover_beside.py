"""retention.csv beside all that is published of whole trusts: a linear programme is given both, as one system."""

from random import Random

import pytest

from pilot.metrics.counted import LEAVERS, STAFF, marked, movements, people, settle
from pilot.metrics.crosstab.sums import Sum
from pilot.metrics.disclosure import Publication
from pilot.metrics.download import PanelCell, panel
from pilot.metrics.retention import Movement
from pilot.metrics.shown import ALL
from pilot.metrics.turnover import grouped
from pilot.metrics.workforce import REASONS
from tests.builders.crosstabs import intervals
from tests.builders.turnover import first_shown

MONTHS = ("2027-03",)
COUNTED = (LEAVERS, *REASONS, *STAFF)


def a_workforce(rng, trusts=2):
    """Movements by trust, month and group: few leavers of one reason, many of the others."""
    found = []
    for trust in (f"R{n}" for n in range(trusts)):
        for group in ("Nursing", "Medical")[: rng.randint(1, 2)]:
            start = rng.choice((200, 900))
            for month in MONTHS:
                reasons = [rng.choice((rng.randint(0, 6), rng.randint(4, 30))) for _ in REASONS]
                joiners = rng.randint(9, 60)
                end = start + joiners - sum(reasons)
                found.append(Movement(trust, month, group, start, end, joiners, sum(reasons), *reasons, 0, 0))
                start = end
    return found


def wholes(found):
    """The numbers of whole trusts by name, as a file of movements stores them."""
    counts = {}
    for one in found:
        for name in COUNTED:
            key = people(one.trust, one.month, name)
            counts[key] = counts.get(key, 0) + getattr(one, name)
    return counts


def published(counts, smallest):
    """What panel.csv shows of all outcomes, and what stays hidden."""
    panels = {
        name: tuple(
            PanelCell(trust, month, float(number), number, None, int(trust[1]) % 2 == 0, "", True)
            for (trust, month, what), number in sorted(counts.items())
            if what == name
        )
        for name in COUNTED
    }
    done = settle(panels, Publication(smallest))
    rows = [row for name, cells in panels.items() for row in panel(name, marked(name, cells, done), "", smallest).rows]
    return {people(*row[:3]): row[10] for row in rows if not isinstance(row[10], str)}, done.hidden


def told(table):
    """What retention.csv shows, by name; of whole trusts under the names of the other files."""
    shown = {}
    for row in table.rows if table else ():
        cells = dict(zip(table.columns, row, strict=True))
        for name in ("headcount_start", "headcount_end", LEAVERS, "leavers_to_nhs", "retired", "joiners"):
            if not isinstance(cells[name], str):
                shown[called(*row[:3], name)] = cells[name]
    return shown


def called(trust, month, group, name):
    return people(trust, month, name) if group == ALL else (trust, month, name, group)


def holding(found, counts):
    """Every sum that an attacker knows: of whole trusts, of their groups, and of each group, if nobody moves."""
    sums = list(movements(counts))
    for trust in sorted({one.trust for one in found}):
        mine = {month: [one for one in found if (one.trust, one.month) == (trust, month)] for month in MONTHS}
        for month, groups in grouped(mine, 11).items():
            names = [one.staff_group for one in groups] if len(groups) > 1 else []
            for what in COUNTED if names else ():
                sums.append(Sum(people(trust, month, what), tuple((trust, month, what, group) for group in names)))
            for group in names:
                of = {what: (trust, month, what, group) for what in (*COUNTED, "ever")}
                sums.append(Sum(of[LEAVERS], tuple(of[reason] for reason in REASONS)))
                sums += [Sum(of["ever"], (of["headcount_start"], of["joiners"]))]
                sums += [Sum(of["ever"], (of[LEAVERS], of["headcount_end"]))]
    return tuple(sums)


def solved(found, counts, shown):
    """The numbers of whole trusts that can be told to within fewer than eleven."""
    sums = holding(found, counts)
    hidden = sorted({name for one in sums for name in (one.total, *one.parts)} - shown.keys())
    widths = {name: most - least for name, (least, most) in intervals(shown, hidden, sums).items()}
    return {name: width for name, width in widths.items() if name in counts and width < 11 - 1e-6}


@pytest.mark.parametrize("seed", range(8))
def test_no_number_of_a_whole_trust_can_be_worked_out_from_both_together(seed):
    found = a_workforce(Random(seed))
    counts = wholes(found)
    pages, hidden = published(counts, 11)
    table = first_shown(found, MONTHS, 11, hidden)
    both = pages | told(table)
    assert {name: counts[name] for name in both.keys() & counts.keys()} == {
        name: number for name, number in both.items() if name in counts
    }
    assert not both.keys() & hidden
    before = solved(found, counts, pages)
    assert solved(found, counts, both).keys() <= before.keys()
    assert before == {}


def test_each_by_itself_is_not_enough_and_the_attack_finds_it():
    """So it was before retention.csv was held to the others: what one hides the other shows."""
    found = [Movement(f"R{n}", MONTHS[0], "A", 900, 900, 30, 30, 5, 12, 13, 0) for n in range(2)]
    counts = wholes(found)
    pages, hidden = published(counts, 11)
    assert {name[2] for name in hidden} == {"leavers_to_nhs", "retired", "other_reasons"}
    assert solved(found, counts, pages) == {}
    beside = first_shown(found, MONTHS, 11, frozenset())
    assert told(beside)[people("R0", MONTHS[0], "retired")] == 12
    assert set(solved(found, counts, pages | told(beside)).values()) == {5}
    assert solved(found, counts, pages | told(first_shown(found, MONTHS, 11, hidden))) == {}


def test_a_month_of_which_leavers_are_hidden_elsewhere_shows_headcounts_of_the_whole_trust_only():
    months = ("2027-03", "2027-04")
    many = [Movement("R0", month, group, 900, 900, 60, 60, 15, 15, 15, 15) for month in months for group in ("A", "B")]
    plain = first_shown(many, months, 11, frozenset())
    assert len(plain.rows) == 6
    assert plain.hidden == 0
    silent = first_shown(many, months, 11, {people("R0", months[0], "joiners")})
    assert [row[2] for row in silent.rows if row[1] == months[0]] == [ALL]
    assert [row[3:] for row in silent.rows if row[1] == months[0]] == [(1800, 1800, *["suppressed"] * 6)]
    assert [row for row in silent.rows if row[1] == months[1]] == [row for row in plain.rows if row[1] == months[1]]
    reasonless = first_shown(many, months, 11, {people("R0", months[0], "other_reasons")})
    assert {row[6:8] for row in reasonless.rows if row[1] == months[0]} == {("suppressed",) * 2}
    assert {row[5] for row in reasonless.rows} == {60, 120}
    assert first_shown(many, months, 11, {people("R0", months[0], "headcount_end")}) is None
