"""The sentence under each picture says what its numbers say, and no more."""

from msgspec.structs import replace

from pilot.metrics import readings
from pilot.metrics.kernel.checks import Placebo, Retention, Robustness, Sensitivity, Silence
from pilot.metrics.kernel.designs import BalanceRow, DrawnFrom, PowerPoint, Spread
from pilot.metrics.kernel.estimates import ArmMeans, Estimate, EventTime
from pilot.metrics.kernel.studies import Step

MAIN = Estimate(
    outcome="morale", estimand="simple", att=0.3, n_pilots=6, n_controls=18, test="permutation", alpha=0.05, seed=1,
    confirmatory=True, lo=0.1, hi=0.5,
)  # fmt: skip


def event(time, att, lo=None, hi=None):
    return EventTime(time, att, 24, None, lo, hi, lo, hi)


def test_the_path_says_first_and_last_wave_and_where_the_band_leaves_no_effect_out():
    path = [event(-1, 0.0), event(0, 0.2, 0.1, 0.3), event(1, 0.25, -0.1, 0.6), event(2, 0.4, 0.2, 0.6)]
    said = readings.over_time(path, "thinking_about_leaving", "score")
    assert "effect on thinking about leaving was 0.200, in the last one 0.400" in said
    assert "lies clear of 0 in 2 of 3 waves" in said
    assert "in no wave" in readings.over_time([event(0, 0.2, -0.1, 0.3)], "morale", "score")
    assert "in every wave" in readings.over_time([event(0, 0.2, 0.1, 0.3)], "morale", "score")


def test_without_inference_no_sentence_claims_any():
    assert "too few trusts" in readings.over_time([event(0, 0.2)], "morale", "score")
    assert "too few trusts" in readings.over_outcomes([replace(MAIN, lo=None, hi=None)])
    assert readings.over_time([event(-1, 0.0)], "morale", "score") == "There is no wave after the start."


def test_the_forest_counts_both_directions():
    fell, unclear = replace(MAIN, lo=-0.5, hi=-0.1, att=-0.3), replace(MAIN, lo=-0.1, hi=0.5)
    said = readings.over_outcomes([MAIN, fell, unclear, unclear])
    assert said.startswith("Of 4 outcomes, 1 rose and 1 fell")
    assert "for 2 the interval includes 0" in said


def test_leaving_out_names_what_moves_it_most_and_what_turns_it_round():
    rows = [Placebo("morale", "leave one out", unit, att, None, None) for unit, att in (("RAA", 0.28), ("RBB", 0.41))]
    said = readings.left_out(rows, MAIN, "score")
    assert "between 0.280 and 0.410" in said
    assert "most without RBB" in said
    assert "direction" not in said
    turned = [*rows, Placebo("morale", "leave one out", "RCC", -0.01, None, None)]
    assert readings.left_out(turned, MAIN, "score").endswith("Without RCC it changes its direction.")
    assert "No trust could be left out" in readings.left_out([], MAIN, "score")


def test_placebos_tell_how_many_are_as_large_as_the_real_effect():
    rows = [
        Placebo("morale", "in time", "1 period earlier", -0.35, None, 0.2),
        Placebo("morale", "in space", "draw 1", 0.1, None, 0.7),
    ]
    said = readings.placebos(rows, MAIN, "score")
    assert "2 trials found at most 0.350 in size (a false start, 1 period earlier); 1 found one as large" in said
    assert "; none found one as large" in readings.placebos(rows[1:], MAIN, "score")


def test_bends_are_set_against_those_that_were_seen():
    assert "2.0 times the largest bend" in readings.bends(Robustness((), 0.04, 0.02), "score")
    assert "times" not in readings.bends(Robustness((), 0.04, None), "score")
    at_once = readings.bends(Robustness((), 0.0, 0.02), "score")
    assert "straight line" in at_once
    assert "Even if" not in at_once  # which would read as if the finding had stood the check
    assert "cannot be said" in readings.bends(Robustness((), None, None), "score")


def test_it_is_said_where_the_bends_are_not_those_of_the_plan():
    row = Sensitivity("leaver_rate", "smoothness, average effect", 0.0, -0.1, 0.1, includes_zero=True, breakdown=0.0)
    own = Robustness((row,), 0.0, None, own=True)
    assert readings.bends(own, "rate").endswith("2 times the standard error of the first effect, by quarters.")
    assert "standard error" not in readings.bends(replace(own, own=False), "rate")


POINTS = tuple(PowerPoint(n, 3 * n, 1 / n, 2 / n) for n in (5, 10))


def test_the_power_curve_is_read_at_the_planned_number():
    draw = DrawnFrom(1, "Draw", "engagement", 50, 10, 10, 30, Spread(0.1, "made up"), POINTS, ())
    said = readings.power(draw)
    assert "10 pilots and 30 controls would find an effect on engagement of 0.100 or more" in said
    assert said.endswith("and of 0.200 or more where sets are compared, since each has a lone pilot or control.")
    plain = tuple(replace(point, mde_in_sets=None) for point in POINTS)
    assert readings.power(replace(draw, power=plain)).endswith("0.100 or more four times out of five.")
    assert "no smallest effect" in readings.power(replace(draw, power=()))


def test_the_love_plot_names_every_figure_in_which_the_arms_are_too_far_apart():
    rows = [
        BalanceRow(name, 1.0, 1.0, smd, None, when)
        for name, smd, when in (
            ("level", 0.9, "before"), ("level", 0.05, "after"), ("fte", -0.3, "after"), ("turnover", 0.2, "after"),
            ("slope", None, "after"),
        )
    ]  # fmt: skip
    assert readings.balance(rows) == (
        "Of 3 figures known before the draw, 1 differed by less than 0.1 between the arms, and 1 by more than 0.25: "
        "staff (full-time equivalents)."
    )
    assert "no figure" in readings.balance(rows[4:])


def test_the_flow_is_told_for_each_arm():
    steps = [
        Step("eligible", "", 30), Step("assigned", "pilot", 6), Step("assigned", "control", 18),
        Step("in the estimate", "pilot", 6), Step("in the estimate", "control", 17, reason="one closed"),
    ]  # fmt: skip
    assert (
        readings.flow(steps) == "Of the trusts assigned, 6 of 6 pilots and 17 of 18 controls are in the main estimate."
    )
    drawn = readings.flow([steps[0], Step("in a matched set", "", 24), *steps[1:]])
    assert drawn.startswith("Pilots were drawn by lot among 24 of 30 eligible trusts. Of the trusts assigned, 6 of 6")
    assert readings.flow(steps[:1]) == "No trust has been assigned yet."


def test_how_many_answered_is_said_of_each_arm():
    said = readings.answering(ArmMeans(0.4, 0.5, 6, 6), ArmMeans(0.412, 0.4, 1, 1))
    assert said == (
        "40.0% of the pilots’ staff answered before the start and 50.0% after it (the mean of 6 pilots), of the "
        "controls’ 41.2% and 40.0% (the mean of 1 control)."
    )


def test_the_tipping_point_says_how_different_silent_staff_would_have_to_be():
    said = readings.silence(Silence(0.45, -0.2545, -0.1), "score")
    assert said == (
        "No effect would be left if, in the pilot trusts, the 55% of staff who did not answer had changed by 0.255 "
        "less on average than those who did. From 0.100 less on, the interval would include 0."
    )
    assert "0.255 more on average" in readings.silence(Silence(0.45, 0.2545, 0.0), "score")
    assert readings.silence(Silence(0.45, 0.2545, 0.0), "score").endswith("The interval includes 0 as it is.")
    assert readings.silence(Silence(0.45, 0.2545), "score").endswith("than those who did.")
    assert "25.450 percentage points more" in readings.silence(Silence(0.45, 0.2545), "rate")
    assert readings.silence(Silence(1.0, None), "score").startswith("Everybody answered")
    assert readings.silence(Silence(0.5, 0.0), "score").startswith("There is no effect")


COUNTED = Retention("leavers", 0.7, -0.004, -0.36, 1.2, 6, 12, 5000, confirmatory=True)


def test_leavers_as_counts_are_told_with_the_permutation_first():
    sure = replace(COUNTED, ratio_lo=0.5, ratio_hi=0.9, p_cluster=0.02, p_permutation=0.0004, permutations=729)
    assert readings.leavers(sure) == (
        "Counted period by period out of the headcount, staff left the pilots 0.700 times as often as they would have "
        "without it: 4.00 fewer leavers for every 1,000 staff in a period. The permutation test gives p less than "
        "0.001; the error clustered by trust (CR1), which finds differences too easily, p = 0.020 and the ratio from "
        "0.500 to 0.900."
    )
    assert "5.00 more leavers" in readings.leavers(replace(sure, ratio=1.4, difference=0.005))
    without = readings.leavers(replace(sure, p_permutation=None))
    assert "Only the error clustered by trust" in without
    assert readings.leavers(replace(COUNTED, confirmatory=False)).endswith("No interval and no p-value are given.")


def test_groups_of_trusts_are_never_called_an_effect_of_their_own():
    groups = [replace(MAIN, estimand="type: Acute"), replace(MAIN, estimand="region: North West", att=-0.1)]
    said = readings.subgroups(groups, "score")
    assert said == (
        "Within 2 groups of trusts the effect lies between −0.100 (region: North West) and 0.300 (type: Acute). "
        f"{readings.GROUPS}"
    )
    assert "No group is an effect of its own" in said
    few = [groups[0], replace(groups[1], confirmatory=False)]
    assert readings.subgroups(few, "score").endswith("1 group with fewer than five pilots has no interval.")
