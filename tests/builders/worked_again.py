"""Studies of every estimator, test and check, made up so small that their downloads can be worked out again."""

from decimal import Decimal

from msgspec.structs import replace

from pilot.metrics.catalogue import SURVEY as OURS
from pilot.metrics.eligibility import Candidate, Criteria, EligibleList
from pilot.metrics.particulars import Known, Source
from pilot.metrics.registration import Outcome, Sensitivity, Span
from pilot.metrics.respondents import Sample
from tests.builders.downloads import (
    CHECKS,
    REGISTER,
    SURVEY,
    a_download,
    a_plan,
    leavers_of,
    the_arms,
    values_of,
    with_rates,
    yearly,
)

YEARS = [2020, 2021, 2022, 2023, 2024]
MORALE = yearly("morale", YEARS)
NOTHING_ELSE = Sensitivity((), ())
QUICK = Sensitivity(("placebo", "leave-one-out"), ())
MONTHS = [f"{year}-{month:02}" for year in (2022, 2023) for month in (1, 4, 7, 10)]


def monthly(name):
    return Outcome(REGISTER, name, Span("2022-01", "2022-10"), Span("2023-01", "2023-10"))


def morale(arms, plan, **values):
    """The download of a study with morale alone."""
    return a_download(plan, arms, {f"{SURVEY}/morale": values_of(arms, YEARS, **values)})


def did_in_matched_sets():
    return morale(the_arms(6, 1, 2), a_plan(MORALE, aggregates=("dynamic", "simple")))


def did_with_drawn_allocations():
    arms = the_arms(5, 3, 4)
    names = ("morale", "pressure")
    plan = a_plan(MORALE, yearly("pressure", YEARS[1:]), missing="available", sensitivity=NOTHING_ELSE)
    values = {f"{SURVEY}/{name}": values_of(arms, YEARS, seed=seed, gaps=3) for seed, name in enumerate(names)}
    return a_download(plan, arms, values)


def ancova_with_drawn_allocations():
    return morale(the_arms(5, 3, 3), a_plan(MORALE, estimator="ancova", sensitivity=NOTHING_ELSE))


def did_with_the_wild_bootstrap():
    return morale(the_arms(3, 2, 2), a_plan(MORALE, test="wild", sensitivity=QUICK), gaps=1)


def did_clustered_with_gaps():
    arms, checks = the_arms(3, 2, 2), replace(CHECKS, checks=("smoothness", "response"))
    plan = a_plan(MORALE, test="cluster", sets="none", missing="available", sensitivity=checks)
    return a_download(plan, arms, {f"{SURVEY}/morale": with_rates(values_of(arms, YEARS, gaps=4, small=1))})


def did_with_gaps():
    plan = a_plan(MORALE, missing="available", sensitivity=Sensitivity(("pre-trends", "leave-one-out"), ()))
    return morale(the_arms(6, 1, 2), plan, gaps=5, small=1)


def did_below_five_pilots():
    """Whose response is not known of one pilot, so that the rate of none is looked at."""
    arms = the_arms(4, 1, 2)
    plan = a_plan(MORALE, sensitivity=replace(CHECKS, checks=(*CHECKS.checks, "response")))
    return a_download(plan, arms, {f"{SURVEY}/morale": with_rates(values_of(arms, YEARS), len(YEARS))})


def ancova_of_complete_units():
    """By a plan of an earlier version, which names more than is adjusted for."""
    plan = a_plan(MORALE, estimator="ancova", covariates=("baseline", "region"), sensitivity=NOTHING_ELSE)
    return morale(the_arms(6, 1, 2), plan, gaps=1)


def ancova_by_cluster():
    plan = a_plan(MORALE, estimator="ancova", covariates=("baseline",), test="cluster", sensitivity=NOTHING_ELSE)
    return morale(the_arms(7, 1, 1), plan)


def staggered(**changes):
    arms = the_arms(3, 2, 2, (2022, 2023))
    return morale(arms, a_plan(MORALE, estimator="callaway-santanna", sensitivity=QUICK, **changes))


def callaway_santanna_in_sets():
    return staggered(aggregates=("simple", "dynamic", "group", "calendar"))


def callaway_santanna_without_sets():
    """With so many trusts that no two draws of the bands are alike, and with groups of trusts by region."""
    arms = the_arms(7, 2, 2, (2022, 2023))
    plan = a_plan(
        MORALE, estimator="callaway-santanna", sets="none", test="cluster", control="not_yet", aggregates=("group",),
        sensitivity=replace(QUICK, checks=("response", "placebo")), subgroups=("region", "type"),
    )  # fmt: skip
    values = with_rates(values_of(arms, YEARS), 2)
    return a_download(plan, arms, {f"{SURVEY}/morale": values}, known=alike(arms, types=("acute",)))


def callaway_santanna_not_yet_in_sets():
    return staggered(control="not_yet", aggregates=("dynamic",))


def two_way_fixed_effects():
    arms = the_arms(6, 1, 1, (2022, 2023))
    return morale(arms, a_plan(MORALE, estimator="twfe", sensitivity=QUICK))


def two_way_fixed_effects_with_gaps():
    arms = the_arms(9, 1, 3)
    plan = a_plan(MORALE, estimator="twfe", missing="available", sensitivity=NOTHING_ELSE)
    return morale(arms, plan, gaps=6)


def synthetic_did():
    return morale(the_arms(6, 1, 2), a_plan(MORALE, estimator="sdid", sensitivity=NOTHING_ELSE))


def several_outcomes():
    """Of two instruments with other waves; one outcome is not estimated, and pilots start in the middle of a year."""
    arms = [replace(one, starts_on=one.starts_on and one.starts_on.replace(month=7)) for one in the_arms(5, 1, 2)]
    quarterly = Outcome(REGISTER, "stress", Span("2022-Q2", "2023-Q2"), Span("2023-Q3", "2023-Q4"))
    plan = a_plan(
        MORALE, yearly("pressure", YEARS), quarterly, yearly("leaver_rate", YEARS, instrument=REGISTER),
        sensitivity=NOTHING_ELSE,
    )  # fmt: skip
    quarters = [f"{year}-Q{number}" for year in (2022, 2023) for number in (1, 2, 3, 4)]
    values = {
        f"{SURVEY}/morale": values_of(arms, YEARS, small=1),
        f"{SURVEY}/pressure": values_of(arms, YEARS, seed=2),
        f"{REGISTER}/stress": values_of(arms, quarters, seed=3),
        f"{REGISTER}/leaver_rate": values_of(arms, YEARS, seed=4, small=2, kind="rate"),
    }
    return a_download(plan, arms, values, {f"{REGISTER}/leaver_rate": "rate"})


def a_rate_beside_a_score():
    """Whose unit is not the primary outcome's, so that the bends of the plan are not tried for it; nor are they for a
    score on a scale that is not known."""
    arms = the_arms(6, 1, 2)
    bends = Sensitivity(("smoothness",), (Decimal("0"), Decimal("0.04")))
    ours = [yearly(name, YEARS, instrument=OURS) for name in ("morale", "pressure")]
    strange = "a mean of who knows what"
    values = {
        f"{OURS}/morale": values_of(arms, YEARS, effect=0.1),
        f"{OURS}/pressure": values_of(arms, YEARS, seed=2),
        f"{SURVEY}/{strange}": values_of(arms, YEARS, seed=3),
        f"{REGISTER}/leaver_rate": leavers_of(arms, MONTHS),
    }
    plan = a_plan(*ours, yearly(strange, YEARS), monthly("leaver_rate"), sensitivity=bends)
    return a_download(plan, arms, values, {f"{REGISTER}/leaver_rate": "rate"})


def scores_on_unknown_scales():
    """Of which nobody can say whether they have one unit, so that the bends of the plan are those of the first only."""
    arms = the_arms(6, 1, 2)
    bends = Sensitivity(("smoothness",), (Decimal("0"), Decimal("0.04")))
    values = {f"{SURVEY}/morale": values_of(arms, YEARS, effect=0.1), f"{SURVEY}/pressure": values_of(arms, YEARS)}
    return a_download(a_plan(MORALE, yearly("pressure", YEARS), sensitivity=bends), arms, values)


def alike(arms, types=("acute", "acute", "acute", "acute", "acute", "community")):
    """What the draw tells of each trust: its type by its set in turn, and a region, which one of them lacks.

    One wave is in two files.
    """
    listed = []
    for place, arm in enumerate(arms):
        group = types[int(arm.matched_set[1:]) % len(types)]
        listed.append(Candidate(arm.trust, arm.trust, group, ("", "North", "South")[min(place, 1 + place % 2)]))
    files = tuple(Source(SURVEY, "2021", f"{name}.csv", name * 64, "2022") for name in "ab")
    return Known(eligible=EligibleList("morale", Criteria(), tuple(listed)), sources=files)


def answers_and_groups():
    """Weighted means, a response rate behind all but two, and types of trusts, one of them with a single pilot."""
    arms = the_arms(6, 1, 2)
    plan = a_plan(MORALE, sensitivity=Sensitivity(("response",), ()), subgroups=("type",))
    cells = [
        replace(cell, sample=Sample(weighted=True, n_eff=190.5, mean_unw=round(cell.value * 0.9, 3), se=0.1))
        for cell in values_of(arms, YEARS, effect=0.1)
    ]
    return a_download(plan, arms, {f"{SURVEY}/morale": with_rates(cells, 2)}, known=alike(arms))


def leavers_counted_in_sets():
    arms = the_arms(6, 1, 2)
    checks = Sensitivity(("counts", "response"), ())
    plan = a_plan(monthly("leaver_rate"), sensitivity=checks, subgroups=("type",))
    values = {f"{REGISTER}/leaver_rate": leavers_of(arms, MONTHS)}
    return a_download(plan, arms, values, {f"{REGISTER}/leaver_rate": "rate"}, alike(arms))


def leavers_counted_with_gaps():
    """The count is the outcome itself, months are missing, and a control has none after the start."""
    arms = the_arms(3, 2, 3)
    gaps = [("R0000", "2022-04"), ("R0103", "2023-10"), *[("R0204", month) for month in MONTHS[4:]]]
    cells = [replace(cell, value=float(cell.left.leavers)) for cell in leavers_of(arms, MONTHS, gaps)]
    plan = a_plan(monthly("leavers"), test="cluster", missing="available", sensitivity=Sensitivity(("counts",), ()))
    return a_download(plan, arms, {f"{REGISTER}/leavers": cells}, {f"{REGISTER}/leavers": "count"})


def leavers_and_their_rate_in_other_months():
    """What stands beside the rate is in months that the plan leaves out for the leavers themselves."""
    arms, cells = the_arms(6, 1, 2), leavers_of(the_arms(6, 1, 2), MONTHS)
    fewer = Outcome(REGISTER, "leavers", Span("2022-04", "2022-07"), Span("2023-04", "2023-07"))
    plan = a_plan(monthly("leaver_rate"), fewer, sensitivity=Sensitivity(("counts",), ()))
    values = {
        f"{REGISTER}/leaver_rate": cells,
        f"{REGISTER}/leavers": [replace(cell, value=float(cell.left.leavers)) for cell in cells],
    }
    return a_download(plan, arms, values, {f"{REGISTER}/leaver_rate": "rate", f"{REGISTER}/leavers": "count"})


def leavers_of_four_pilots():
    arms = the_arms(4, 1, 2)
    plan = a_plan(monthly("leaver_rate"), sensitivity=Sensitivity(("counts",), ()))
    values = {f"{REGISTER}/leaver_rate": leavers_of(arms, MONTHS)}
    return a_download(plan, arms, values, {f"{REGISTER}/leaver_rate": "rate"})


def weak_outcomes():
    """Three secondaries of which none moves much, so that each has another p-value by each adjustment."""
    arms = the_arms(5, 1, 2)
    effects = {"morale": 0.1, "pressure": 0.02, "trust": 0.07, "rest": 0.05}
    outcomes = [yearly(name, YEARS[1:4]) for name in effects]
    plan = a_plan(*outcomes, missing="available", sensitivity=NOTHING_ELSE)
    values = {
        f"{SURVEY}/{name}": values_of(arms, YEARS[1:4], seed=seed, effect=effect)
        for seed, (name, effect) in enumerate(effects.items())
    }
    return a_download(plan, arms, values)


def amended(*seen):
    """A plan that was locked for fewer years and amended; versions `seen` were made after figures were seen."""
    arms = the_arms(5, 1, 2)
    plan = a_plan(MORALE, test="cluster", sensitivity=NOTHING_ELSE)
    first = replace(plan, primary=yearly("morale", YEARS[1:]))
    return a_download(plan, arms, {f"{SURVEY}/morale": values_of(arms, YEARS)}, earlier=(first,), seen=seen)


def amended_before_figures_were_seen():
    return amended()


def amended_after_figures_were_seen():
    return amended(2)


STUDIES = (
    did_in_matched_sets, did_with_drawn_allocations, ancova_with_drawn_allocations, did_with_the_wild_bootstrap,
    did_clustered_with_gaps,
    did_with_gaps, did_below_five_pilots, ancova_of_complete_units, ancova_by_cluster, callaway_santanna_in_sets,
    callaway_santanna_without_sets, callaway_santanna_not_yet_in_sets, two_way_fixed_effects,
    two_way_fixed_effects_with_gaps, synthetic_did, several_outcomes, answers_and_groups, leavers_counted_in_sets,
    leavers_counted_with_gaps, leavers_and_their_rate_in_other_months, leavers_of_four_pilots, weak_outcomes,
    a_rate_beside_a_score, scores_on_unknown_scales, amended_before_figures_were_seen, amended_after_figures_were_seen,
)  # fmt: skip
