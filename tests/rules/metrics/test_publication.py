"""What several tables, waves and means give away together: what was released before is remembered."""

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilot.errors import BadInput
from pilot.metrics.crosstab.sums import Sum
from pilot.metrics.crosstab.table import Crosstab, Side, numbers, sums
from pilot.metrics.disclosure import FIRST, HIDDEN, SPREAD, Figure, Publication, release, remember
from pilot.metrics.download import counts
from tests.builders.crosstabs import a_table, intervals

TRUSTS, GROUPS = Side("trust", ("RAA", "RBB", "RCC")), Side("group", ("nurses", "porters", "clerks"))


def table(*lines, within=(), groups=GROUPS):
    people = {
        (t, g): n for t, line in zip(TRUSTS.items, lines, strict=True) for g, n in zip(groups.items, line, strict=True)
    }
    return Crosstab((TRUSTS, groups), people, within)


def out(lines, earlier=FIRST):
    return release("t", lines.columns, lines.rows, lines.sums, earlier)


def cells_of(lines, released, column=2):
    """What is shown, by the names of the cells; hidden ones are not in it."""
    names = [row[column].cell for row in lines.rows if isinstance(row[column], Figure)]
    shown = [row[column] for row in released.rows if row[column] is not None]
    return {name: cell for name, cell in zip(names, shown, strict=True) if cell != HIDDEN}


def test_a_cross_table_is_released_with_its_totals_and_its_small_counts_hidden():
    lines = counts(table((4, 30, 50), (20, 40, 60), (70, 80, 90)))
    assert lines.columns == ("trust", "group", "n", "suppressed", "suppression_reason")
    released = out(lines)
    assert released.hidden == 4
    assert released.rows[0] == (
        "RAA", "nurses", HIDDEN, "yes", "fewer than 11 people, or hidden to protect such a figure"
    )  # fmt: skip
    assert released.rows[3] == ("RAA", "All", 84, "no", "")


def test_the_rule_can_be_made_stricter_and_never_laxer():
    lines = counts(table((14, 30, 50), (20, 40, 60), (70, 80, 90)))
    assert out(lines).hidden == 0
    stricter = out(lines, Publication(smallest=15))
    assert stricter.hidden == 4
    assert stricter.rows[0][4].startswith("fewer than 15 people")
    with pytest.raises(BadInput, match="can be raised, not lowered below 11"):
        Publication(smallest=10)


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000), st.integers(11, 18), st.integers(1, 8))
def test_a_stricter_rule_never_shows_what_a_laxer_one_hides(seed, smallest, more):
    lines = counts(a_table(Random(seed), (3, 3)))
    laxer, stricter = (out(lines, Publication(smallest=number)).rows for number in (smallest, smallest + more))
    assert all(s[2] == HIDDEN for s, w in zip(stricter, laxer, strict=True) if w[2] == HIDDEN)


def test_a_public_table_is_rounded_each_number_by_itself_and_a_bundle_is_not():
    lines = counts(table((11, 12, 13), (14, 16, 17), (18, 21, 22)), {("RAA", "nurses"): 6.123456})
    assert out(lines).rows[0][2:4] == (11, 6.123456)
    public = out(lines, Publication(public=True))
    assert [row[2] for row in public.rows[:4]] == [10, 10, 15, 35]  # 11 + 12 + 13 = 36: margins may not add up
    assert public.rows[0][3] == 6.12
    assert public.rows[1][3] is None


def test_no_spread_is_shown_below_thirty_people():
    row = [Figure(6.5, 29, cell=("a",)), Figure(1.2, 29, cell=("a",), least=SPREAD), Figure(1.3, 30, least=SPREAD)]
    assert release("t", ("mean", "sd", "other sd"), [row]).rows == ((6.5, HIDDEN, 1.3),)


def test_a_mean_is_hidden_with_its_number():
    lines = counts(
        table((4, 30, 50), (20, 40, 60), (70, 80, 90)), dict.fromkeys((("RAA", "nurses"), ("RBB", "porters")), 6.0)
    )
    rows = {row[:2]: row[2:4] for row in out(lines).rows}
    assert rows["RAA", "nurses"] == (HIDDEN, HIDDEN)
    assert rows["RBB", "porters"] in ((40, 6.0), (HIDDEN, HIDDEN))


def one_side(people, scores):
    """A list of groups with their means and the mean of all."""
    side = Side("group", tuple(people))
    whole = sum(people[g] * scores[g] for g in people) / sum(people.values())
    means = {(g,): score for g, score in scores.items()} | {("All",): whole}
    return counts(Crosstab((side,), {(g,): n for g, n in people.items()}), means)


def test_hidden_groups_that_all_score_alike_are_not_told_by_the_mean_of_all():
    """5 and 7 porters and clerks with 10 out of 10: hiding both leaves only one mean that fits the total."""
    people = {"porters": 5, "clerks": 7, "nurses": 40, "doctors": 50}
    like = out(one_side(people, {"porters": 10, "clerks": 10, "nurses": 6, "doctors": 5}))
    apart = out(one_side(people, {"porters": 4, "clerks": 6, "nurses": 6, "doctors": 5}))
    assert [row[2] for row in apart.rows] == [HIDDEN, HIDDEN, 6, 5, pytest.approx((20 + 42 + 240 + 250) / 102)]
    assert like.hidden > apart.hidden


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000))
def test_no_mean_of_a_small_group_can_be_told_to_within_nine_tenths_of_a_point(seed):
    rng = Random(seed)
    people = {f"g{n}": rng.choice((rng.randint(1, 10), rng.randint(11, 60))) for n in range(5)}
    scores = {group: rng.choice((0, 10, round(rng.uniform(0, 10), 2))) for group in people}
    lines = one_side(people, scores)
    released = out(lines)
    shown_n, shown_mean = cells_of(lines, released, 1), cells_of(lines, released, 2)
    assert set(shown_n) == set(shown_mean)
    hidden = sorted({row[1].cell for row in lines.rows} - set(shown_n))
    reached = intervals({c: n * shown_mean[c] for c, n in shown_n.items()}, hidden, lines.sums)
    missed = intervals({c: n * (10 - shown_mean[c]) for c, n in shown_n.items()}, hidden, lines.sums)
    for group, number in people.items():
        if number < 11:
            (low, high), (least, most) = reached[f"group={group}",], missed[f"group={group}",]
            lowest = low / (low + most) if np.isfinite(most) and low + most else 0
            highest = high / (high + least) if np.isfinite(high) and high + least else 1
            assert 10 * (highest - lowest) > 0.9


def test_a_mean_off_its_scale_and_two_numbers_for_one_cell_are_refused():
    with pytest.raises(BadInput, match=r"A mean of 11.5 is not on its scale from 0 to 10"):
        release("t", ("x",), [[Figure(11.5, 40, top=10)]])
    with pytest.raises(BadInput, match="“a” has another number of people elsewhere, and the difference would tell"):
        release("t", ("x", "y"), [[Figure(40, 40, cell=("a",)), Figure(6.0, 41, cell=("a",))]])
    with pytest.raises(BadInput, match="“all” is not what its parts add up to"):
        release(
            "t", ("x", "y"), [[Figure(40, 40, cell=("a",)), Figure(50, 50, cell=("all",))]], [Sum(("all",), (("a",),))]
        )


WHOLE, BUT_ONE, ONE = ("all staff",), ("all but porters",), ("porters",)
DIFFERENCE = (Sum(WHOLE, (BUT_ONE, ONE)),)


def figure(cell, people):
    return [[Figure(people, people, cell=cell)]]


def test_the_whole_and_all_but_one_are_never_both_shown():
    """Nobody asked for the porters: the difference of two large numbers gives them away."""
    both = [[Figure(100, 100, cell=WHOLE), Figure(95, 95, cell=BUT_ONE)]]
    assert release("t", ("a", "b"), both).rows == ((100, 95),)
    assert HIDDEN in release("t", ("a", "b"), both, DIFFERENCE).rows[0]
    first = remember(FIRST, figure(WHOLE, 100), DIFFERENCE[:0])
    assert release("t", ("b",), figure(BUT_ONE, 95), DIFFERENCE, first).rows == ((HIDDEN,),)
    large = remember(FIRST, figure(WHOLE, 200))
    assert release("t", ("b",), figure(BUT_ONE, 95), DIFFERENCE, large).rows == ((95,),)


def test_a_table_is_refused_when_what_was_published_gives_its_hidden_number_away():
    before = remember(remember(FIRST, figure(WHOLE, 100)), figure(BUT_ONE, 95))
    with pytest.raises(
        BadInput, match="“porters” could be worked out from this table together with what was published"
    ):
        release("t", ("n",), figure(ONE, 5), DIFFERENCE, before)


CHANGED = tuple(Sum((f"group={g}", "wave=2"), ((f"group={g}", "wave=1"), (f"new {g}",))) for g in GROUPS.items)


def test_a_change_between_two_waves_is_hidden_when_it_tells_a_hidden_wave():
    """12 porters, 7 of whom were there before: the five new ones and the wave of 12 tell the 7."""
    wave = lambda number, *people: counts(  # noqa: E731 -- two lines of the same story
        Crosstab((GROUPS,), {(g,): n for g, n in zip(GROUPS.items, people, strict=True)}, (f"wave={number}",))
    )
    first = wave(1, 40, 7, 50)
    assert [row[1] for row in out(first).rows] == [HIDDEN, HIDDEN, 50, 97]
    before = remember(FIRST, first.rows, first.sums)
    second = wave(2, 60, 30, 70)
    assert [row[1] for row in out(second, before).rows] == [60, 30, 70, 160]
    both = remember(before, second.rows, second.sums)
    new = [[Figure(n, n, cell=(f"new {g}",))] for g, n in zip(GROUPS.items, (20, 23, 20), strict=True)]
    assert [row[0] for row in release("new", ("n",), new).rows] == [20, 23, 20]
    shown = [row[0] for row in release("new", ("n",), new, CHANGED, both).rows]
    assert shown[1] == HIDDEN
    assert shown[2] == 20


def test_what_was_hidden_once_stays_hidden_in_every_other_table():
    """A group with other neighbours: alone the second table would show it."""
    by_group = counts(table((4, 30, 50), (20, 40, 60), (70, 80, 90)))
    before = remember(FIRST, by_group.rows, by_group.sums)
    hidden = {row[2].cell for row, done in zip(by_group.rows, out(by_group).rows, strict=True) if done[2] == HIDDEN}
    pair = sorted(hidden - {("group=nurses", "trust=RAA")})[0]
    people = numbers(table((4, 30, 50), (20, 40, 60), (70, 80, 90)))[pair]
    assert release("t", ("n",), figure(pair, people)).rows == ((people,),)
    assert release("t", ("n",), figure(pair, people), (), before).rows == ((HIDDEN,),)
    assert before.hidden == hidden


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000))
def test_two_tables_that_share_their_totals_give_no_small_count_away_together(seed):
    rng = Random(seed)
    first = table(*([rng.choice((rng.randint(0, 10), rng.randint(11, 50))) for _ in range(3)] for _ in range(3)))
    trusts = [sum(n for (t, _), n in first.counts.items() if t == trust) for trust in TRUSTS.items]
    young = [rng.randint(0, number) for number in trusts]
    second = table(
        *zip(young, (n - y for n, y in zip(trusts, young, strict=True)), strict=True), groups=Side("age", ("y", "o"))
    )
    one, two = counts(first), counts(second)
    before = remember(FIRST, one.rows, one.sums)
    shown = cells_of(one, out(one)) | cells_of(two, out(two, before))
    hidden = sorted(({*numbers(first), *numbers(second)}) - set(shown))
    found = intervals(shown, hidden, (*sums(first), *sums(second)))
    for name, (least, most) in found.items():
        assert most - least >= 11 - 1e-6, name


def test_sums_of_an_earlier_table_count_among_those_of_a_later_one():
    """4 + 30 was published as 34; with 4 + 7 and 30 + 7 three sums of three hidden numbers would tell each of them."""
    a, b, c, whole, one, other = (("a",), ("b",), ("c",), ("whole",), ("a and c",), ("b and c",))
    old = (Sum(whole, (a, b)),)
    rows = [[Figure(n, n, cell=cell)] for cell, n in ((a, 4), (b, 30), (whole, 34))]
    assert [row[0] for row in release("t", ("n",), rows, old).rows] == [HIDDEN, HIDDEN, 34]
    before = remember(FIRST, rows, old)
    later = [[Figure(n, n, cell=cell)] for cell, n in ((one, 11), (other, 37))]
    new = (Sum(one, (a, c)), Sum(other, (b, c)))
    assert HIDDEN in [row[0] for row in release("t", ("n",), later, new, before).rows]
    forgetful = Publication(people=before.people, hidden=before.hidden)
    assert [row[0] for row in release("t", ("n",), later, new, forgetful).rows] == [11, 37]
