"""Those who did not answer: the tipping point by hand, and the response rate as an outcome in itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from pilot.errors import BadInput
from pilot.metrics.kernel import estimators, nonresponse
from pilot.metrics.kernel.grid import Grid
from pilot.metrics.kernel.nonresponse import tipping_point
from tests.builders.studies import EFFECT, a_measured, rates_of

ONE = a_measured("engagement", 1)
MAIN = estimators.ESTIMATORS["did"](Grid(ONE.panel, "engagement", "complete"), ONE.plan).estimates[0]


def test_the_tipping_point_by_hand():
    assert tipping_point(0.14, 0.45) == pytest.approx(-0.14 / 0.55)
    assert tipping_point(-0.14, 0.45) == pytest.approx(0.14 / 0.55)
    assert tipping_point(0.14, 1.0) is None
    assert str(tipping_point(0.0, 0.5)) == "0.0"


@given(st.floats(-2, 2), st.floats(0.05, 0.95))
def test_at_the_tipping_point_the_effect_on_all_staff_is_nothing(att, rate):
    found = tipping_point(att, rate)
    assert rate * att + (1 - rate) * (att + found) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("rate", [0.0, -0.1, 1.1, float("nan")])
def test_a_response_rate_that_cannot_be_is_refused(rate):
    with pytest.raises(BadInput, match="response rate"):
        tipping_point(0.1, rate)


def test_the_rate_is_that_of_the_pilots_after_the_start_and_of_nobody_else():
    """Pilots answer 0.3, 0.4 and 0.5 after the start in turn; everybody else and every time before has 0.9."""
    rates = rates_of(ONE, lambda pilot, place: (0.3, 0.4, 0.5)[place - 3] if pilot and place >= 3 else 0.9)
    found = nonresponse.silence(replace(ONE, rates=rates), MAIN)
    assert found.rate == pytest.approx(0.4)
    assert found.tips == pytest.approx(-MAIN.att / 0.6)
    assert found.edge == pytest.approx(-MAIN.lo / 0.6)


def test_the_rows_move_the_interval_until_it_lies_around_nothing():
    found = nonresponse.silence(replace(ONE, rates=rates_of(ONE, lambda *_: 0.4)), MAIN)
    plain, tipped = found.rows
    assert (plain.parameter, plain.lo, plain.hi, plain.includes_zero) == (0, MAIN.lo, MAIN.hi, False)
    assert (tipped.parameter, tipped.includes_zero) == (found.tips, True)
    assert tipped.lo == pytest.approx(MAIN.lo - MAIN.att)
    assert tipped.hi == pytest.approx(MAIN.hi - MAIN.att)
    assert {row.breakdown for row in found.rows} == {found.edge}
    assert found.tips < found.edge < 0


def test_an_interval_that_includes_nothing_already_breaks_down_at_nothing():
    unsure = replace(MAIN, lo=-0.1, hi=1.0)
    rates = rates_of(ONE, lambda *_: 0.4)
    assert nonresponse.silence(replace(ONE, rates=rates), unsure).edge == 0
    below = replace(MAIN, att=-0.5, lo=-0.8, hi=-0.2)
    assert nonresponse.silence(replace(ONE, rates=rates), below).edge == pytest.approx(0.2 / 0.6)


def test_without_an_interval_there_are_no_rows_and_where_all_answered_no_difference():
    rates = rates_of(ONE, lambda *_: 0.4)
    found = nonresponse.silence(replace(ONE, rates=rates), replace(MAIN, lo=None, hi=None))
    assert (found.edge, found.rows) == (None, ())
    assert found.tips == pytest.approx(-MAIN.att / 0.6)
    all_answered = nonresponse.silence(replace(ONE, rates=rates_of(ONE, lambda *_: 1.0)), MAIN)
    assert (all_answered.tips, all_answered.rows) == (None, ())


def test_a_pilot_whose_rate_is_not_known_after_the_start_is_refused_and_one_before_it_is_not():
    hole = [list(row) for row in rates_of(ONE, lambda *_: 0.4)]
    hole[0][0] = None
    assert nonresponse.silence(replace(ONE, rates=tuple(map(tuple, hole))), MAIN).rate == pytest.approx(0.4)
    hole[0][4] = None
    with pytest.raises(BadInput, match="not known for 1 of the pilot trusts"):
        nonresponse.silence(replace(ONE, rates=tuple(map(tuple, hole))), MAIN)
    left_out = replace(MAIN, dropped=(ONE.panel.units[0].name,))
    assert nonresponse.silence(replace(ONE, rates=tuple(map(tuple, hole))), left_out).rate == pytest.approx(0.4)


def test_where_no_rate_is_known_the_sentence_says_why():
    unknown = replace(ONE, rates=(), no_rates="No response rate of the Pulse is known in these periods.")
    for asked in (lambda: nonresponse.silence(unknown, MAIN), lambda: nonresponse.on_the_rate(unknown)):
        with pytest.raises(BadInput, match="No response rate of the Pulse"):
            asked()


def test_the_response_rate_is_an_outcome_like_any_other():
    """If rates are the outcome itself, turned into shares, then so is the effect on them."""
    shares = tuple(tuple(value / 10 for value in row) for row in ONE.panel.outcomes["engagement"])
    found = nonresponse.on_the_rate(replace(ONE, rates=shares))
    assert (found.outcome, found.estimand) == ("engagement", "response rate")
    assert found.att == pytest.approx(MAIN.att / 10)
    assert (found.lo, found.hi) == pytest.approx((MAIN.lo / 10, MAIN.hi / 10))
    assert found.p_permutation == MAIN.p_permutation
    assert found.att == pytest.approx(EFFECT / 10, abs=0.02)
