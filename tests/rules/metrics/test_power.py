"""How small an effect can be shown: the plan's figures, the real trusts' changes, and what must not be asked."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pilot.errors import BadInput
from pilot.metrics.kernel.power import mde, spreads
from tests.builders.kernel import a_panel, real_engagement


@pytest.mark.parametrize(
    ("sd", "pilots", "controls", "expected"),
    [
        (0.134, 10, 30, 0.141),
        (0.102, 10, 30, 0.107),
        (0.134, 5, 30, 0.187),
        (0.134, 10, 100, 0.126),
        (0.134, 20, 60, 0.098),
    ],
)
def test_the_figures_of_the_plan_come_out_to_their_last_digit(sd, pilots, controls, expected):
    assert round(mde(sd, pilots, controls), 3) == expected


def test_the_formula_by_hand():
    assert mde(2.0, 3, 6, alpha=0.1, power=0.9) == pytest.approx(
        (stats.t.ppf(0.95, 7) + stats.t.ppf(0.9, 7)) * 2 * math.sqrt(1 / 3 + 1 / 6)
    )
    assert mde(0.0, 3, 6) == 0


def test_sets_with_a_lone_pilot_need_a_larger_effect_than_the_same_units_side_by_side():
    assert mde(0.134, 10, 30, n_sets=10) / mde(0.134, 10, 30) == pytest.approx(
        (stats.t.ppf(0.975, 9) + stats.t.ppf(0.8, 9)) / (stats.t.ppf(0.975, 38) + stats.t.ppf(0.8, 38))
    )


sizes = st.integers(2, 200)


@given(sizes, sizes, st.floats(0.01, 100))
def test_more_trusts_or_calmer_ones_never_raise_what_can_be_detected(pilots, controls, sd):
    here = mde(sd, pilots, controls)
    assert mde(sd, pilots + 1, controls) < here
    assert mde(sd, pilots, controls + 1) < here
    assert mde(2 * sd, pilots, controls) == pytest.approx(2 * here)
    assert mde(sd, controls, pilots) == pytest.approx(here)


@pytest.mark.parametrize(
    "asked", [(-1, 3, 3), (math.nan, 3, 3), (math.inf, 3, 3), (1, 0, 3), (1, 3, 0), (1, 1, 1), (1, 1, 3, 1)]
)
def test_a_study_that_cannot_be_is_refused(asked):
    with pytest.raises(BadInput):
        mde(*asked)


@pytest.mark.parametrize("more", [{"alpha": 0.0}, {"alpha": 0.9}, {"power": 1.0}])
def test_a_power_that_cannot_be_is_refused(more):
    with pytest.raises(BadInput, match="power"):
        mde(1, 5, 5, **more)


def test_the_real_trusts_change_as_much_as_the_plan_says_in_the_latest_waves(reference_data):
    _, y = real_engagement(reference_data)
    assert y.shape == (122, 8)
    panel = a_panel(y, 0, 0)
    found = {waves: spreads(panel, "y", waves, waves) for waves in (1, 2, 4)}
    assert [round(found[waves][-1].sd, 3) for waves in (4, 2, 1)] == [0.134, 0.102, 0.097]
    assert round(found[4][-1].sd_adjusted, 3) == 0.104
    # the latest waves were the calmest: planned with any earlier ones, the study needs a larger effect
    assert max(one.sd for one in found[1]) > 1.9 * found[1][-1].sd
    assert found[2][-1].sd == min(one.sd for one in found[2])
    assert (found[2][0].first, found[2][0].last, found[2][0].n_units) == (1, 4, 122)


def test_no_period_after_the_first_start_is_looked_at():
    rng = np.random.default_rng(1)
    y = rng.normal(size=(8, 6))
    before = spreads(a_panel(y, 3, 5), "y", 2, 2)
    y[:3, 4:] += 1000
    assert spreads(a_panel(y, 3, 5), "y", 2, 2) == before
    assert len(before) == 1
    change = y[:, 2:4].mean(1) - y[:, :2].mean(1)
    assert before[0].sd == pytest.approx(change.std(ddof=1))
    fit = np.polyfit(y[:, :2].mean(1), y[:, 2:4].mean(1), 1, full=True)
    assert before[0].sd_adjusted == pytest.approx(math.sqrt(fit[1][0] / 6))


def test_units_with_a_gap_before_the_start_are_not_counted_and_later_gaps_do_not_matter():
    y = np.random.default_rng(1).normal(size=(8, 6))
    y[0, 1] = y[7, 5] = np.nan
    assert spreads(a_panel(y, 3, 5), "y", 1, 1)[0].n_units == 7


@pytest.mark.parametrize(("units", "start", "waves"), [(8, 4, (2, 2)), (3, 6, (1, 1)), (8, 6, (0, 1))])
def test_too_few_periods_or_units_are_refused(units, start, waves):
    with pytest.raises(BadInput):
        spreads(a_panel(np.ones((units, 6)), 1, start), "y", *waves)
