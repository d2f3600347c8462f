"""Leavers as counts: another kernel's figures, and the laws of a ratio."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from scipy import stats

from pilot.errors import BadInput
from pilot.metrics.kernel.retention import compare
from pilot.metrics.plan import Plan
from tests.builders.kernel import a_panel, matched

PLAN = Plan(("leavers",))
SETS = matched(6, 2)


def counts(seed=1, units=18, months=10, pilots=6, start=6, effect=0.0, rate=0.02):
    """Monthly leavers and headcounts; trusts differ, months differ, and counts scatter more than plain chance."""
    rng = np.random.default_rng(seed)
    head = rng.integers(500, 3000, size=(units, 1)) + rng.integers(-20, 20, size=(units, months + 1))
    log_rate = math.log(rate) + 0.3 * rng.normal(size=(units, 1)) + 0.2 * rng.normal(size=months)
    log_rate = log_rate + 0.15 * rng.normal(size=(units, months))
    log_rate[:pilots, start - 1 :] += effect
    return head, rng.poisson((head[:, 1:] + head[:, :-1]) / 2 * np.exp(log_rate))


def a_study(pilots=6, start=6, sets=None, y=None, head=None, **more):
    made_head, made = counts(pilots=pilots, start=start, **more)
    y, head = made if y is None else y, made_head if head is None else head
    columns = {"leavers": y, "headcount_start": head[:, :-1], "headcount_end": head[:, 1:]}
    return a_panel(y, pilots, start, sets, **columns)


def long_table(panel):
    import pandas

    rows = []
    for place, unit in enumerate(panel.units):
        columns = [panel.outcomes[name][place] for name in ("leavers", "headcount_start", "headcount_end")]
        for period, y, begin, end in zip(panel.periods, *columns, strict=True):
            if y is not None:
                d = float(0 < unit.start <= period)
                rows.append((unit.name, unit.cluster, period, d, y, math.log((begin + end) / 2)))
    return pandas.DataFrame(rows, columns=["trust", "cluster", "month", "treated", "leavers", "staff"])


def with_gaps(panel):
    y = np.array(panel.outcomes["leavers"], dtype=float)
    y[3, 2] = y[9, 7] = y[17, 0] = np.nan
    rows = tuple(tuple(None if math.isnan(v) else v for v in row) for row in y)
    return replace(panel, outcomes={**panel.outcomes, "leavers": rows})


def in_pairs(panel):
    return replace(panel, units=tuple(replace(unit, cluster=f"c{i // 2}") for i, unit in enumerate(panel.units)))


@pytest.mark.filterwarnings("ignore:The inplace keyword")  # of pandas, in the other kernel
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("change", [lambda panel: panel, with_gaps, in_pairs])
def test_another_kernel_gives_the_same_effect_and_error(seed, change):
    pyfixest = pytest.importorskip("pyfixest")
    panel = change(a_study(seed=seed, pilots=10, effect=0.2))
    found = compare(panel, replace(PLAN, missing="available"))
    beside = pyfixest.fepois(
        "leavers ~ treated | trust + month",
        long_table(panel),
        vcov={"CRV1": "cluster"},
        offset="staff",
        iwls_tol=1e-13,
    )
    assert found.coefficient == pytest.approx(beside.coef().iloc[0], abs=1e-8)
    assert found.se == pytest.approx(beside.se().iloc[0], abs=1e-8)
    assert found.ratio == pytest.approx(math.exp(found.coefficient))


def test_two_arms_and_two_months_are_the_ratio_of_ratios():
    """With the same staff in every trust of an arm and month the fit goes through the totals."""
    y = np.array([[10, 30]] * 6 + [[20, 40]] * 6)
    head = np.full((12, 3), 1000)
    found = compare(a_study(y=y, head=head, start=2), PLAN)
    assert found.ratio == pytest.approx((30 / 10) / (40 / 20))
    assert found.difference == pytest.approx(0.030 - 0.020)
    assert found.counted == 6 * 40 + 6 * 60


def test_the_ends_of_the_difference_are_those_of_the_ratio():
    panel = a_study(effect=0.3)
    found = compare(panel, PLAN)
    leavers, staff = 0.0, 0.0
    for place in range(6):
        leavers += sum(panel.outcomes["leavers"][place][5:])
        staff += sum(sum(panel.outcomes[name][place][5:]) / 2 for name in ("headcount_start", "headcount_end"))
    for difference, ratio in (
        (found.difference, found.ratio),
        (found.difference_lo, found.ratio_lo),
        (found.difference_hi, found.ratio_hi),
    ):
        assert difference == pytest.approx(leavers / staff * (1 - 1 / ratio))
    assert found.ratio_lo < found.ratio < found.ratio_hi
    reach = stats.t.ppf(0.975, 17) * found.se
    assert math.log(found.ratio_hi) == pytest.approx(found.coefficient + reach)
    assert found.df == 17


def test_the_wanted_share_of_false_alarms_widens_the_interval():
    panel = a_study()
    wide, narrow = compare(panel, replace(PLAN, alpha=0.01)), compare(panel, replace(PLAN, alpha=0.2))
    assert wide.ratio_lo < narrow.ratio_lo < narrow.ratio_hi < wide.ratio_hi


@settings(max_examples=20)
@given(st.integers(0, 1000), st.sampled_from([2, 10]))
def test_trusts_of_another_size_and_staff_counted_in_another_unit_keep_the_ratio(seed, factor):
    head, y = counts(seed=seed)
    found = compare(a_study(y=y, head=head, sets=SETS), PLAN)
    other = compare(a_study(y=y, head=head * factor, sets=SETS), PLAN)
    assert other.ratio == pytest.approx(found.ratio)
    assert other.se == pytest.approx(found.se, rel=1e-6)
    assert other.difference == pytest.approx(found.difference / factor)
    order = np.random.default_rng(seed).permutation(12) + 6
    rows = [*range(6), *order]
    shuffled = compare(a_study(y=y[rows], head=head[rows], sets=SETS), PLAN)
    assert shuffled.coefficient == pytest.approx(found.coefficient, abs=1e-9)
    assert shuffled.se == pytest.approx(found.se, rel=1e-6)


def test_half_the_leavers_are_found_as_half():
    found = compare(a_study(effect=math.log(0.5), sets=matched(6, 2)), PLAN)
    assert found.ratio == pytest.approx(0.5, abs=0.1)
    assert found.p_permutation == pytest.approx(1 / 3**6, abs=3 / 3**6)
    assert found.p_cluster < 0.001
    assert found.permutations == 3**6
    assert found.dispersion > 1


def test_the_permutation_uses_the_lotterys_sets_and_is_right_about_nothing():
    """Without an effect a p below a fifth comes up a fifth of the time."""
    small = [
        compare(a_study(seed=seed, sets=matched(6, 2), months=4, start=3), PLAN).p_permutation for seed in range(80)
    ]
    assert np.mean(np.array(small) <= 0.2) == pytest.approx(0.2, abs=0.1)
    assert np.mean(small) == pytest.approx(0.5, abs=0.1)
    assert {round(p * 3**6, 6) % 1 for p in small} == {0.0}


def test_below_five_pilots_the_ratio_is_given_and_nothing_is_concluded():
    found = compare(a_study(pilots=4), PLAN)
    assert not found.confirmatory
    assert found.ratio > 0
    gone = (found.se, found.df, found.ratio_lo, found.difference_hi, found.p_cluster, found.p_permutation)
    assert gone == (None,) * 6


def test_five_pilots_in_four_clusters_are_four():
    panel = a_study(pilots=5)
    units = tuple(replace(u, cluster="pair") if i < 2 else u for i, u in enumerate(panel.units))
    assert not compare(replace(panel, units=units), PLAN).confirmatory


def test_sets_without_a_pilot_count_for_the_ratio_but_not_for_the_permutation():
    sets = matched(6, 2)
    found = compare(a_study(sets=sets), PLAN)
    assert found.permutations == 3**6
    assert compare(a_study(sets=["a"] * 6 + ["b"] * 12), PLAN).p_permutation is None


def test_reasons_of_leaving_are_compared_one_by_one():
    panel = a_study(effect=0.5)
    _, retired = counts(seed=9, effect=-0.5)
    rows = tuple(tuple(map(float, row)) for row in retired)
    both = replace(panel, outcomes={**panel.outcomes, "retired": rows})
    assert compare(both, PLAN) == compare(panel, PLAN)
    found = compare(both, PLAN, "retired")
    assert found.outcome == "retired"
    assert found.ratio < 1 < compare(both, PLAN).ratio


def test_a_trust_that_nobody_left_and_a_month_without_leavers_are_left_out_and_said():
    head, y = counts()
    y[17] = 0
    y[:, 3] = 0
    found = compare(a_study(y=y, head=head), PLAN)
    assert found.notes == (
        "1 unit is left out: nobody left.",
        "1 month is left out: nobody left.",
    )
    assert found.n_controls == 11
    less = compare(a_study(y=y[:17], head=head[:17]), PLAN)
    assert less.coefficient == pytest.approx(found.coefficient)


def test_a_missing_month_leaves_out_the_trust_or_only_itself_as_the_plan_says():
    panel = with_gaps(a_study())
    complete = compare(panel, PLAN)
    assert complete.notes == ("3 units are left out: a month is missing.",)
    available = compare(panel, replace(PLAN, missing="available"))
    assert available.notes == ()
    assert available.n_controls + available.n_pilots == 18


@pytest.mark.parametrize(
    ("value", "said"), [(-1, "leavers -1"), (2.5, "leavers 2.5"), (5, "0 staff at the start and 0 at the end")]
)
def test_counts_that_cannot_be_are_refused_with_their_place(value, said):
    head, y = counts()
    y, head = y.astype(float), head.copy()
    y[2, 4] = value
    if value == 5:
        head[2, 4:6] = 0
    with pytest.raises(BadInput, match=f"“002” in period 5 has .*{said}"):
        compare(a_study(y=y, head=head), PLAN)


def test_what_cannot_be_compared_is_refused():
    panel = a_study()
    with pytest.raises(BadInput, match="no column “retired”"):
        compare(panel, PLAN, "retired")
    late = tuple(replace(unit, start=8) if unit.name == "000" else unit for unit in panel.units)
    with pytest.raises(BadInput, match="one start"):
        compare(replace(panel, units=late), PLAN)
    heavy = tuple(replace(unit, weight=2.0) for unit in panel.units)
    with pytest.raises(BadInput, match="weigh by headcount"):
        compare(replace(panel, units=heavy), PLAN)
    head, y = counts()
    y[:6, 5:] = 0
    with pytest.raises(BadInput, match="Nobody left the pilots after the start"):
        compare(a_study(y=y, head=head), PLAN)
    mixed = tuple(replace(unit, cluster="one") if unit.name in ("000", "017") else unit for unit in panel.units)
    with pytest.raises(BadInput, match="both pilots and controls"):
        compare(replace(panel, units=mixed), PLAN)


def test_arms_that_share_no_month_have_no_answer():
    head, y = counts()
    y = y.astype(float)
    y[:6, 5:] = np.nan
    y[:6, 5] = [3, 1, 2, 4, 1, 2]
    y[6:, 5] = np.nan
    with pytest.raises(BadInput, match="no answer"):
        compare(a_study(y=y, head=head), replace(PLAN, missing="available"))
