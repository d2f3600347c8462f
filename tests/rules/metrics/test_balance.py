"""How alike the arms are: by hand, and what is typical before a draw against every draw there is."""

import itertools
import math

import numpy as np
import pytest

from pilot.metrics.design import Options
from pilot.metrics.kernel.balance import columns, typical, weigh
from pilot.metrics.kernel.designs import Spread, judged
from pilot.metrics.kernel.sizes import curve
from pilot.metrics.lottery import MatchedSet
from tests.builders.designs import a_candidate

LEVELS = (5.0, 6.0, 7.0, 9.0, 4.0, 8.0)
TRUSTS = [a_candidate(number, level=level) for number, level in enumerate(LEVELS)]
SETS = (MatchedSet("1", ("X00", "X01")), MatchedSet("2", ("X02", "X03")))


def rows(trusts, sets, pilots, covariate="level"):
    return {row.before_after: row for row in weigh(trusts, sets, pilots) if row.covariate == covariate}


def test_the_balance_of_a_draw_by_hand():
    """Pilots 5 and 9; within sets against 6 and 7, before against 6, 7, 4 and 8. All six have variance 3.5."""
    told = rows(TRUSTS, SETS, ("X00", "X03"))
    after, before = told["after"], told["before"]
    assert (after.mean_pilot, after.mean_control) == (7.0, 6.5)
    assert after.smd == pytest.approx(0.5 / math.sqrt(3.5))
    assert after.variance_ratio == pytest.approx(8.0 / 0.5)
    assert (before.mean_pilot, before.mean_control) == (7.0, 6.25)
    assert before.smd == pytest.approx(0.75 / math.sqrt(3.5))
    assert before.variance_ratio == pytest.approx(8.0 / (8.75 / 3))


def test_swapping_the_arms_turns_the_sign():
    one, other = (rows(TRUSTS, SETS, pilots)["after"] for pilots in (("X00", "X03"), ("X01", "X02")))
    assert one.smd == pytest.approx(-other.smd)
    assert one.variance_ratio == pytest.approx(1 / other.variance_ratio)


def test_each_set_counts_alike_however_many_controls_have_a_value():
    trusts = [a_candidate(n, level=level) for n, level in enumerate((5.0, 6.0, 8.0, 9.0, 7.0, None))]
    sets = (MatchedSet("1", ("X00", "X01", "X02")), MatchedSet("2", ("X03", "X04", "X05")))
    after = rows(trusts, sets, ("X00", "X03"))["after"]
    assert (after.mean_pilot, after.mean_control) == (7.0, 7.0)  # (5 + 9) / 2 and (7 + 7) / 2


def test_a_lone_pilot_has_no_variance_and_an_empty_arm_no_mean():
    told = rows(TRUSTS, SETS[:1], ("X00",))["after"]
    assert told.variance_ratio is None
    trusts = [a_candidate(0, level=None), a_candidate(1, level=6.0), a_candidate(2, level=7.0)]
    told = rows(trusts, (MatchedSet("1", ("X00", "X01", "X02")),), ("X00",))["after"]
    assert (told.mean_pilot, told.smd, told.mark) == (None, None, "")


def test_regions_count_as_shares_and_what_is_alike_everywhere_is_left_out():
    trusts = [a_candidate(n, level=6.0, region="North" if n < 3 else "South") for n in range(6)]
    assert set(columns(trusts)) == {"region: North", "region: South"}
    before = rows(trusts, SETS, ("X00", "X03"), "region: North")["before"]
    assert (before.mean_pilot, before.mean_control) == (0.5, 0.5)


@pytest.mark.parametrize(
    ("smd", "mark"),
    [
        *((0.0, "fine"), (0.0999, "fine"), (-0.0999, "fine"), (0.1, "watch"), (-0.25, "watch")),
        *((0.2501, "flagged"), (-1, "flagged")),
    ],
)
def test_differences_are_judged_by_their_size(smd, mark):
    assert judged(smd) == mark


@pytest.mark.parametrize(("size", "pilots"), [(3, 1), (4, 2)])
def test_what_is_typical_is_the_root_mean_square_over_every_draw(size, pilots):
    """Three sets: every draw that the lottery could make, and every draw of as many trusts without sets."""
    chance = np.random.default_rng(5)
    trusts = [a_candidate(n, level=float(level)) for n, level in enumerate(chance.normal(6, 1, 3 * size))]
    codes = [one.code for one in trusts]
    sets = [MatchedSet(str(s), tuple(codes[s * size : (s + 1) * size])) for s in range(3)]
    told = next(row for row in typical(trusts, sets, pilots) if row.covariate == "level")
    within = itertools.product(*(itertools.combinations(one.trusts, pilots) for one in sets))
    without = itertools.combinations(codes, 3 * pilots)
    assert told.with_sets == pytest.approx(root_mean_square(trusts, (sum(each, ()) for each in within)))
    assert told.without_sets == pytest.approx(root_mean_square(trusts, without))


def root_mean_square(trusts, draws):
    values = {one.code: one.level for one in trusts}
    sd = np.std(list(values.values()), ddof=1)
    gaps = []
    for drawn in draws:
        pilots = [values[code] for code in drawn]
        controls = [value for code, value in values.items() if code not in drawn]
        gaps.append((np.mean(pilots) - np.mean(controls)) / sd)
    return math.sqrt(np.mean(np.square(gaps)))


def test_sets_of_alike_trusts_promise_more_alike_arms_than_sets_of_unlike_ones():
    alike = (MatchedSet("1", ("X00", "X01")), MatchedSet("2", ("X03", "X05")))
    unlike = (MatchedSet("1", ("X00", "X03")), MatchedSet("2", ("X01", "X05")))
    near, far = (typical(TRUSTS, sets, 1)[0].with_sets for sets in (alike, unlike))
    assert near < far


def test_what_a_study_could_show_is_given_for_every_usual_size_up_to_its_own():
    """10 pilots and 30 controls with two years before and after: 0.107, as the design of the study has it."""
    points = curve(Options(1, 3), 11, Spread(0.102, "x"))
    assert [point.pilots for point in points] == [2, 3, 4, 5, 6, 8, 10, 11]
    assert points[6].controls == 30
    assert points[6].mde == pytest.approx(0.107, abs=0.0005)
    assert points[6].mde_in_sets > points[6].mde
    assert [p.mde for p in points] == sorted((p.mde for p in points), reverse=True)


def test_replicated_sets_need_no_larger_effect_and_one_set_can_promise_nothing():
    assert all(point.mde_in_sets is None for point in curve(Options(2, 2), 4, Spread(0.1, "x")))
    assert curve(Options(1, 3), 1, Spread(0.1, "x")) == ()
