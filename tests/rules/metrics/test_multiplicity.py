"""Several secondary outcomes: Holm, Romano and Wolf, and the laws that both must keep."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from pilot.errors import BadInput
from pilot.metrics.kernel import permutation
from pilot.metrics.kernel.did import compare
from pilot.metrics.kernel.estimates import Case, Question
from pilot.metrics.kernel.multiplicity import adjust, holm, romano_wolf, shared_statistics

shares = st.floats(0, 1)


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx((0.03, 0.06, 0.06))
    assert holm([0.5, 0.6]) == (1.0, 1.0)
    assert holm([0.02]) == (0.02,)
    assert holm([]) == ()


@given(st.lists(shares, min_size=1, max_size=8))
def test_holm_lies_between_the_raw_value_and_bonferronis_and_keeps_the_order(p):
    found = holm(p)
    assert all(raw <= adjusted <= min(1, raw * len(p)) + 1e-12 for raw, adjusted in zip(p, found, strict=True))
    for one in range(len(p)):
        for other in range(len(p)):
            assert p[one] >= p[other] or found[one] <= found[other]


@pytest.mark.parametrize("p", [[-0.1], [1.1], [0.5, float("nan")]])
def test_what_is_no_p_value_is_refused(p):
    with pytest.raises(BadInput):
        holm(p)


def test_romano_and_wolf_by_hand():
    """Four allocations, two outcomes. The stronger, 3, is met by the largest of both in rows 0 and 2: a half. The
    weaker, 2, by its own column in rows 0 and 3: a half."""
    table = np.array([[3.0, -2.0], [1.0, 0.0], [-1.0, 1.5], [0.0, 2.0]])
    table[2, 0] = -3.0
    assert romano_wolf(table) == pytest.approx((0.5, 0.5))
    table[3, 1] = 9.0
    assert romano_wolf(table) == pytest.approx((0.75, 0.75))


def a_table(seed, rows=200, outcomes=4):
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(rows, outcomes)) + 0.7 * rng.normal(size=(rows, 1))
    table[0] += rng.uniform(0, 3, size=outcomes)
    return table


seeds = st.integers(0, 10_000)


def raw(table):
    return np.mean(np.abs(table) >= np.abs(table[0]), axis=0)


@given(seeds)
def test_an_adjusted_value_is_never_below_the_raw_one_and_stronger_outcomes_stay_ahead(seed):
    table = a_table(seed)
    found = np.array(romano_wolf(table))
    assert (found >= raw(table)).all()
    assert (found <= 1).all()
    assert (np.diff(found[np.argsort(-np.abs(table[0]))]) >= 0).all()


@given(seeds)
def test_the_order_of_outcomes_and_their_signs_change_nothing(seed):
    table = a_table(seed)
    order = np.random.default_rng(seed).permutation(4)
    assert np.array(romano_wolf(table))[order] == pytest.approx(romano_wolf(-table[:, order]))


@given(seeds)
def test_outcomes_with_the_same_distribution_never_lose_more_than_by_holm(seed):
    """Each column is a shuffle of the others, so that one statistic means one p; sums of shares bound the maximum's."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=150)
    table = np.column_stack([rng.permutation(values) for _ in range(4)])
    assert (np.array(romano_wolf(table)) <= np.array(holm(raw(table).tolist())) + 1e-12).all()


def test_outcomes_that_are_one_outcome_lose_nothing_where_holm_loses_all():
    table = np.tile(a_table(1, outcomes=1), (1, 5))
    assert romano_wolf(table) == pytest.approx(tuple(raw(table)))
    assert holm(raw(table).tolist())[0] == pytest.approx(min(1, 5 * raw(table)[0]))


def test_a_statistic_that_cannot_be_computed_counts_as_far_out():
    table = np.array([[2.0, 1.0], [np.nan, 0.0], [0.0, 0.0], [0.0, 0.0]])
    assert romano_wolf(table) == pytest.approx((0.5, 0.5))
    assert romano_wolf(np.nan_to_num(table)) == pytest.approx((0.25, 0.25))


def test_the_table_given_is_left_as_it_was():
    table = np.array([[2.0, -1.0], [np.nan, 0.0]])
    before = table.copy()
    romano_wolf(table)
    np.testing.assert_array_equal(table, before)


@pytest.mark.parametrize("table", [np.zeros(3), np.zeros((0, 2)), np.zeros((2, 0))])
def test_what_is_no_table_of_statistics_is_refused(table):
    with pytest.raises(BadInput):
        romano_wolf(table)


def test_the_primary_outcome_stands_alone():
    table = a_table(3, outcomes=2)
    found = adjust([("engagement", 0.04), ("morale", 0.01), ("leaving", 0.04)], table)
    assert (found[0].primary, found[0].p, found[0].p_holm, found[0].p_romano_wolf) == (True, 0.04, None, None)
    assert [one.p_holm for one in found[1:]] == pytest.approx([0.02, 0.04])
    assert [one.p_romano_wolf for one in found[1:]] == pytest.approx(romano_wolf(table))
    assert adjust([("engagement", 0.04)])[0].p_holm is None
    assert adjust([("engagement", 0.04), ("morale", 0.01)])[1].p_romano_wolf is None


def test_columns_and_outcomes_must_match():
    with pytest.raises(BadInput, match="one column"):
        adjust([("engagement", 0.04), ("morale", 0.01)], a_table(1, outcomes=2))
    with pytest.raises(BadInput, match="no p-value"):
        adjust([])


def questions(seed=1, pilots=6, each=2, outcomes=3):
    """Outcomes of the same units that move together."""
    rng = np.random.default_rng(seed)
    shared = rng.normal(size=(pilots * (1 + each), 4))
    found = []
    for number in range(outcomes):
        y = shared + 0.5 * rng.normal(size=shared.shape)
        cases = tuple(Case(f"{i:02}", i < pilots, tuple(row.tolist()), f"s{i % pilots}") for i, row in enumerate(y))
        found.append(Question(f"outcome {number}", cases, ("1", "2", "3", "4"), (0, 1), (2, 3)))
    return found


@pytest.mark.parametrize("sets", [True, False])
def test_shared_allocations_give_each_outcomes_own_p(sets):
    asked = questions()
    if not sets:
        asked = [replace(q, cases=tuple(replace(c, set_id="") for c in q.cases)) for q in asked]
    table = shared_statistics(asked)
    own = [compare(question) for question in asked]
    assert len(table) == own[0].permutations == (3**6 if sets else 18564)
    assert np.mean(np.abs(table) >= np.abs(table[0]) * (1 - 1e-9), axis=0) == pytest.approx(
        [one.p_permutation for one in own]
    )
    assert np.sign(table[0]).tolist() == [np.sign(one.att) for one in own]
    assert np.abs(table[0]) == pytest.approx([abs(one.att) / one.se for one in own])
    found = romano_wolf(table)
    assert all(one.p_permutation <= adjusted for one, adjusted in zip(own, found, strict=True))


@pytest.mark.parametrize("drawn", [False, True])
def test_outcomes_that_move_together_show_it_in_the_shared_table(monkeypatch, drawn):
    """One row is one allocation for all outcomes: two copies of an outcome have the same statistic in each row."""
    if drawn:
        monkeypatch.setattr(permutation, "ENUMERATE_UP_TO", 100)
        monkeypatch.setattr(permutation, "DRAWS", 400)
    first, *_ = questions()
    table = shared_statistics([first, replace(first, outcome="copy")])
    assert len(table) == (401 if drawn else 3**6)
    np.testing.assert_array_equal(table[:, 0], table[:, 1])


def test_a_unit_that_lacks_one_outcome_is_left_out_of_all():
    asked = questions()
    gap = tuple(replace(c, values=(None, *c.values[1:])) if c.name == "17" else c for c in asked[1].cases)
    table = shared_statistics([asked[0], replace(asked[1], cases=gap)])
    without = replace(asked[0], cases=tuple(case for case in asked[0].cases if case.name != "17"))
    assert len(table) == 3**5 * 2
    assert np.abs(table[0, 0]) == pytest.approx(abs(compare(without).att) / compare(without).se)


def test_outcomes_of_other_units_share_no_allocation():
    asked = questions()
    moved = tuple(replace(case, set_id="s0") for case in asked[1].cases)
    with pytest.raises(BadInput, match="same units"):
        shared_statistics([asked[0], replace(asked[1], cases=moved)])
    with pytest.raises(BadInput, match="no outcome"):
        shared_statistics([])
