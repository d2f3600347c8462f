"""Sentences promise no more than their numbers."""

from msgspec.structs import replace

from pilot.metrics.kernel.estimates import ArmMeans, Contrast, Estimate
from pilot.metrics.statement import FEW, caution, figure, gap, level, method, p_value, parallel, said

FOUND = Estimate(
    outcome="leaver_rate", estimand="simple", att=-0.003, pilots=ArmMeans(0.011, 0.008, 6, 6),
    controls=ArmMeans(0.011, 0.011, 18, 18), n_pilots=6, n_controls=18, test="permutation", alpha=0.05, seed=1,
    confirmatory=True, lo=-0.004, hi=-0.002, p_permutation=0.0002, permutations=4096, enumerated=True, n_sets=6,
)  # fmt: skip


def test_a_finding_is_said_with_its_interval_and_on_which_side_of_nothing_it_lies():
    assert said(FOUND, "leaver_rate", "rate") == (
        "From before to after the start, the change in leaver rate was 0.300 percentage points lower in the pilot "
        "trusts than in the controls. The 95% interval is from −0.400 percentage points to −0.200 percentage points. "
        "All of it lies below 0."
    )


def test_an_interval_with_0_in_it_is_left_to_chance():
    assert said(replace(FOUND, hi=0.001), "morale").endswith(
        "It includes 0, so chance alone could explain this difference."
    )


def test_few_pilots_get_no_interval_even_if_there_were_one():
    text = said(replace(FOUND, confirmatory=False), "morale")
    assert text.endswith(FEW)
    assert "0.004" not in text


def test_the_method_names_its_sets_and_its_allocations():
    assert (
        method(FOUND)
        == "studentised permutation within 6 matched sets, all 4,096 allocations of the trusts to the arms"
    )
    assert "within" not in method(replace(FOUND, n_sets=1))


def test_the_method_is_that_of_the_test_that_was_asked_for():
    """An ANCOVA that was planned with clustered errors has a permutation p beside them, which is not its test."""
    asked = replace(FOUND, estimator="ancova", test="cluster", df=23.0, p_cluster=0.03, p_wild=0.04)
    assert method(asked) == "a t-test with 23 degrees of freedom; its standard error is clustered by trust (CR1)"
    assert "about twice as often as they say" in caution(asked)
    wild = replace(asked, test="wild")
    assert method(wild) == "the wild cluster bootstrap, with each trust as a cluster"
    in_sets = replace(asked, estimator="did", df=5.0)
    assert method(in_sets).startswith("a t-test with 5 degrees of freedom; its standard error is Welch’s, or between")
    assert [caution(one) for one in (wild, in_sets, FOUND)] == ["", "", ""]
    assert "CR1" in caution(replace(in_sets, n_sets=1))
    assert method(replace(asked, p_cluster=None)) == caution(replace(asked, p_cluster=None)) == ""


def test_synthetic_difference_in_differences_names_its_own_test():
    asked = replace(FOUND, estimator="sdid", permutations=499, enumerated=False)
    assert method(asked) == (
        "a permutation of the starts, not studentised, 499 drawn allocations; its interval is from placebos"
    )


def test_the_early_gaps_are_told_and_their_absence_too():
    early = (Contrast("2012", 0.1, 6, 18), Contrast("2013", -0.2, 6, 18), Contrast("2014", 0.0, 6, 18))
    assert "by 0.200 at most, in 2013" in parallel(early, ("2012", "2013", "2014")).replace("−", "")
    assert "only one period before the start" in parallel(early[2:], ("2014",))


def test_numbers_are_written_for_reading():
    assert [figure(x) for x in (1234.5, 0.0891, -3.456, 6.6)] == ["1,234.5", "0.089", "−3.46", "6.60"]
    assert (level(0.0109, "rate"), gap(-0.0032, "rate"), gap(0.5, "score")) == (
        "1.090%",
        "−0.320 percentage points",
        "0.500",
    )
    assert (figure(-0.0001), level(-1e-7, "rate")) == ("0.000", "0.000%")
    assert [p_value(p) for p in (0.0004, 0.0417)] == ["less than 0.001", "0.042"]
