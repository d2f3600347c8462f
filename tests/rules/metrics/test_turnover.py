"""Staff movements in a download: sums hold, headcounts are whole, and no small number can be worked out."""

import csv
import io
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from pilot.metrics.export import to_csv
from pilot.metrics.registration import Outcome, Span
from pilot.metrics.retention import Movement
from pilot.metrics.turnover import grouped, months_of
from tests.builders.metrics import a_plan
from tests.builders.turnover import first_shown

MONTH = "2027-03"
SHOWN = ("leavers", "leavers_to_nhs", "retired", "joiners")


def a_movement(group="Nursing", start=1000, joiners=30, reasons=(12, 4, 0, 14), trust="RAA", month=MONTH, moved=(0, 0)):
    leavers = sum(reasons)
    end = start + joiners + moved[0] - leavers - moved[1]
    return Movement(trust, month, group, start, end, joiners, leavers, *reasons, *moved)


def read(released):
    return [] if released is None else list(csv.DictReader(io.StringIO(to_csv(released))))


def rows_of(*movements, months=(MONTH,)):
    return read(first_shown(movements, months))


def test_groups_add_up_to_the_whole_trust_and_rates_follow():
    big = (40, 30, 0, 50)
    rows = rows_of(a_movement(reasons=big, joiners=90), a_movement("Medical", 500, 60, (20, 15, 0, 25)))
    assert [row["staff_group"] for row in rows] == ["all", "Medical", "Nursing"]
    for name in ("headcount_start", "headcount_end", *SHOWN):
        assert int(rows[0][name]) == int(rows[1][name]) + int(rows[2][name]), name
    assert float(rows[2]["leaver_rate"]) == 2 * 120 / (1000 + 970)
    assert float(rows[2]["stability"]) == 880 / 1000


def test_a_small_reason_is_hidden_and_so_is_all_that_would_tell_it():
    (row,) = rows_of(a_movement("All staff", reasons=(20, 5, 0, 25), joiners=60))
    assert (row["leavers"], row["joiners"], row["retired"]) == ("50", "60", "suppressed")
    assert row["leavers_to_nhs"] == "20", "what left for other reasons is not shown, so retired stays open"
    (row,) = rows_of(a_movement("All staff", reasons=(20, 5, 0, 0), joiners=60))
    assert (row["leavers_to_nhs"], row["retired"]) == ("suppressed", "suppressed")


def test_leavers_joiners_and_rates_are_hidden_together_since_headcounts_tell_one_from_the_other():
    rows = rows_of(
        a_movement(reasons=(40, 30, 0, 50), joiners=90), a_movement("Medical", 500, 60, (20, 15, 0, 25)),
        a_movement("Estates", 200, 3, (20, 15, 0, 25)),
    )  # fmt: skip
    estates = next(row for row in rows if row["staff_group"] == "Estates")
    assert {estates[name] for name in ("leavers", "joiners", "leaver_rate", "stability")} == {"suppressed"}
    assert (estates["headcount_start"], estates["headcount_end"]) == ("200", "143")


def test_a_group_that_is_small_at_any_time_stands_with_others_at_all_times():
    still = {"joiners": 0, "reasons": (0, 0, 0, 0)}
    early = [a_movement(g, n, month="2027-02", **still) for g, n in (("A", 900), ("B", 40), ("C", 12))]
    late = [a_movement(g, n, **still) for g, n in (("A", 900), ("b", 40), ("C", 5))]
    found = grouped({"2027-02": early, MONTH: late}, 11)
    names = {month: [one.staff_group for one in each] for month, each in found.items()}
    assert names == {"2027-02": ["A", "other groups"], MONTH: ["A", "other groups"]}
    assert [one.headcount_start for one in found[MONTH]] == [900, 45]


def test_where_the_groups_could_hardly_move_only_the_whole_is_shown():
    rows = rows_of(a_movement(joiners=0, reasons=(0, 0, 0, 15)), a_movement("Medical", 500, 20, (2, 0, 0, 0)))
    assert [row["staff_group"] for row in rows] == ["all"]
    assert rows[0]["leavers"] == "17"


@pytest.mark.parametrize(("joiners", "leavers", "shown"), [(10, 11, 0), (11, 10, 0), (11, 11, 1), (3, 4, 1)])
def test_a_trust_is_left_out_where_its_rate_and_headcounts_would_tell_a_small_number(joiners, leavers, shown):
    small = a_movement("All staff", joiners=joiners, reasons=(0, 0, 0, leavers))
    other = a_movement("All staff", trust="RBB")
    rows = rows_of(small, other, a_movement("All staff", month="2027-04"), months=(MONTH, "2027-04"))
    assert sum(row["ods_code"] == "RAA" for row in rows) == 2 * shown
    assert sum(row["ods_code"] == "RBB" for row in rows) == 1


def test_without_movements_there_is_no_file():
    assert first_shown([], {MONTH}) is None
    assert first_shown([a_movement("All staff")], {"2027-04"}) is None
    few = a_movement("All staff", start=9, joiners=0, reasons=(0, 0, 0, 0))
    assert first_shown([few], {MONTH}) is None


def test_moves_between_groups_cannot_be_worked_out():
    rows = rows_of(
        a_movement(reasons=(40, 30, 0, 50), joiners=90, moved=(2, 0)),
        a_movement("Medical", 500, 60, (20, 15, 0, 25), moved=(0, 2)),
        a_movement("Estates", 400, 60, (20, 15, 0, 25)),
    )
    hidden = [row["staff_group"] for row in rows if row["leavers"] == "suppressed"]
    assert hidden == ["Medical", "Nursing"]


def test_what_is_shown_of_a_month_does_not_depend_on_which_months_a_study_asks_for():
    movements = [
        a_movement(group, 900, 40 + n, (20, n, 0, 3 * n), month=f"2027-{n:02}") for n in (1, 2, 3) for group in "ABC"
    ]
    both, one = rows_of(*movements, months=("2027-01", "2027-02")), rows_of(*movements, months=("2027-02",))
    assert [row for row in both if row["month"] == "2027-02"] == one


def test_the_months_are_those_of_the_plan_and_those_before_the_start():
    plan = a_plan(Outcome("Workforce", "leaver_rate", Span("2027-03", "2027-04"), Span("2027-07", "2027-08")))
    movements = [a_movement(month=f"2027-{n:02}") for n in range(1, 13)]
    found = months_of(plan, movements, date(2027, 6, 15))
    assert sorted(found) == [f"2027-{n:02}" for n in (1, 2, 3, 4, 5, 7, 8)]
    assert sorted(months_of(plan, movements, None)) == [f"2027-{n:02}" for n in (3, 4, 7, 8)]


COUNT = st.integers(0, 30)
GROUP = st.tuples(COUNT, st.tuples(st.integers(0, 20), st.integers(0, 12), st.integers(0, 3), st.integers(0, 20)))


def system(rows):
    """The equations that an attacker has, unknown by unknown: leavers, joiners, two reasons and a rest of each part."""
    parts = rows[1:] or rows
    size = 5 * len(parts)
    equal, to = [], []
    for place, row in enumerate(parts):
        at = 5 * place
        equal += [combined(size, {at: -1, at + 2: 1, at + 3: 1, at + 4: 1}), combined(size, {at: -1, at + 1: 1})]
        to += [0, int(row["headcount_end"]) - int(row["headcount_start"])]
    hidden = []
    for row, places in [(rows[0], range(len(parts))), *((row, [n]) for n, row in enumerate(parts))]:
        for offset, kind in enumerate(("leavers", "joiners", "leavers_to_nhs", "retired")):
            wanted = combined(size, {5 * place + offset: 1 for place in places})
            if row[kind] == "suppressed":
                hidden.append(wanted)
            else:
                equal.append(wanted)
                to.append(int(row[kind]))
    return equal, to, {tuple(one) for one in hidden}


def combined(size, factors):
    row = np.zeros(size)
    row[list(factors)] = list(factors.values())
    return row


@settings(max_examples=12)
@given(st.lists(GROUP, min_size=1, max_size=4))
def test_no_hidden_number_can_be_narrowed_down_by_an_attacker_who_solves_all_equations(groups):
    rows = rows_of(*(a_movement(f"G{n}", 200, joiners, reasons) for n, (joiners, reasons) in enumerate(groups)))
    equal, to, hidden = system(rows) if rows else ([], [], set())
    for wanted in hidden:
        high = linprog(-np.array(wanted), A_eq=equal, b_eq=to)
        low = linprog(np.array(wanted), A_eq=equal, b_eq=to) if high.status == 0 else None
        assert low is None or -high.fun - low.fun >= 11 - 1e-6, rows
