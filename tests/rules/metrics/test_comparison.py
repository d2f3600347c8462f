"""The kernel against published numbers, and the laws that any such estimate must keep."""

import csv
import itertools
import json
import math
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from pilot.errors import BadInput
from pilot.metrics.kernel.did import compare, contrasts, trends
from pilot.metrics.kernel.estimates import Case, Question
from pilot.metrics.kernel.permutation import MatchedSet, observed, statistics, studentised
from pilot.metrics.kernel.sample import Sample

REFERENCE = Path(os.environ.get("PILOT_REFERENCE_DATA", Path(__file__).parents[4] / "shared" / "data")) / "evaluation"
with_reference = pytest.mark.skipif(not REFERENCE.exists(), reason="PILOT_REFERENCE_DATA is not on this machine")


def a_question(cases, periods=2, start=1, **more):
    names = tuple(str(number) for number in range(periods))
    return Question("morale", tuple(cases), names, tuple(range(start)), tuple(range(start, periods)), **more)


def card_and_krueger(missing, test="permutation"):
    stores = {}
    with (REFERENCE / "card_krueger" / "long.csv").open() as file:
        for row in csv.DictReader(file):
            # store number 407 stands twice in the public file, once in each state
            store = stores.setdefault(f"{row['SHEET']}-{row['STATE']}", [row["STATE"] == "1", [None, None]])
            store[1][int(row["post"])] = float(row["y"])
    return a_question(
        [Case(name, pilot, tuple(values)) for name, (pilot, values) in stores.items()], missing=missing, test=test
    )


@with_reference
def test_card_and_krueger_with_the_stores_that_answered_twice():
    expected = json.loads((REFERENCE / "card_krueger" / "expected.json").read_text())["did_balanced"]
    found = compare(card_and_krueger("complete"))
    assert found.att == pytest.approx(expected["computed"], abs=1e-12)
    assert found.se == pytest.approx(expected["se_welch"], abs=1e-6)
    assert [found.n_controls, found.n_pilots] == expected["n"]
    assert len(found.dropped) == 26
    assert 0.03 < found.p_permutation < 0.05
    assert found.lo < found.att < found.hi
    assert found.permutations == 99_999
    assert not found.enumerated


@with_reference
def test_card_and_krueger_with_every_store_that_answered_at_all():
    expected = json.loads((REFERENCE / "card_krueger" / "expected.json").read_text())
    found = compare(card_and_krueger("available", "cluster"))
    assert found.att == pytest.approx(expected["did_all_available"]["computed"], abs=1e-6)
    # the reference merges the two stores numbered 407 into one cluster, so its error differs in the fourth digit
    assert found.se == pytest.approx(expected["did_all_available"]["se_CR1_store"], abs=2e-4)
    for arm, name in ((found.pilots, "NJ"), (found.controls, "PA")):
        for mean, n, when in ((arm.before, arm.n_before, "before"), (arm.after, arm.n_after, "after")):
            assert [round(mean, 4), n] == [
                expected["means"][f"{name}_{when}"][0],
                expected["means"][f"{name}_{when}"][2],
            ]


@with_reference
def test_the_forty_trusts_have_the_reference_error_of_cr1():
    expected = json.loads((REFERENCE / "wcr_panel_expected.json").read_text())
    trusts = {}
    with (REFERENCE / "wcr_panel_40x8.csv").open() as file:
        for row in csv.DictReader(file):
            trusts.setdefault((row["trust"], row["tr"] == "1"), []).append(float(row["y"]))
    cases = [Case(name, pilot, tuple(values)) for (name, pilot), values in trusts.items()]
    found = compare(a_question(cases, 8, 4, test="cluster"))
    assert found.att == pytest.approx(expected["b"], abs=1e-12)
    assert found.se == pytest.approx(expected["CR1_se_pyfixest_default"], abs=1e-12)
    assert found.p_cluster == pytest.approx(expected["CR1_p"], abs=1e-9)


@with_reference
def test_one_treated_state_has_an_estimate_but_no_confirmatory_inference():
    expected = json.loads((REFERENCE / "prop99" / "expected.json").read_text())
    states = {}
    with (REFERENCE / "prop99" / "california_prop99.csv").open() as file:
        for row in csv.DictReader(file, delimiter=";"):
            states.setdefault(row["State"], []).append((int(row["Year"]), float(row["PacksPerCapita"])))
    years = sorted(year for year, _ in states["California"])
    cases = [Case(s, s == "California", tuple(v for _, v in sorted(values))) for s, values in states.items()]
    found = compare(a_question(cases, len(years), years.index(expected["t0"])))
    assert found.att == pytest.approx(expected["did"], abs=1e-5)
    assert not found.confirmatory
    assert (found.lo, found.hi, found.se, found.p_permutation, found.p_welch) == (None,) * 5


numbers = st.floats(-100, 100).map(lambda value: round(value, 3))


COMPLETE = st.just("complete")


@st.composite
def questions(draw, missing=COMPLETE):
    """Six pilots and some controls, in one set or in pairs, over two to four periods."""
    periods = draw(st.integers(2, 4))
    row = st.lists(numbers, min_size=periods, max_size=periods).map(tuple)
    pilots = [Case(f"P{n}", True, draw(row)) for n in range(6)]
    controls = [Case(f"C{n}", False, draw(row)) for n in range(draw(st.integers(6, 8)))]
    if draw(st.booleans()):
        pilots = [replace(case, set_id=f"s{n}") for n, case in enumerate(pilots)]
        controls = [replace(case, set_id=f"s{n % 6}") for n, case in enumerate(controls)]
    return a_question(
        [*pilots, *controls], periods, draw(st.integers(1, periods - 1)), missing=draw(missing), alpha=0.2
    )


def changed(question, change):
    return replace(question, cases=tuple(replace(case, values=change(case)) for case in question.cases))


def close(left, right, scale=1.0):
    return math.isclose(left, right, rel_tol=1e-7, abs_tol=1e-7 * max(1.0, scale))


@given(questions(), st.randoms())
@settings(max_examples=25, deadline=None)
def test_the_names_and_the_order_of_trusts_change_nothing(question, chance):
    cases = [replace(case, name=f"trust {place}") for place, case in enumerate(question.cases)]
    chance.shuffle(cases)
    found, again = compare(question), compare(replace(question, cases=tuple(cases)))
    assert close(found.att, again.att)
    assert found.p_permutation == pytest.approx(again.p_permutation, abs=1e-12)


@given(questions(st.sampled_from(["complete", "available"])), numbers)
@settings(max_examples=25, deadline=None)
def test_a_constant_for_each_trust_or_each_period_changes_nothing(question, constant):
    of_period = changed(question, lambda case: tuple(v + constant * place for place, v in enumerate(case.values)))
    of_trust = changed(question, lambda case: tuple(v + constant * len(case.name) for v in case.values))
    found = compare(question)
    for other in (compare(of_period), compare(of_trust)):
        assert close(found.att, other.att, abs(constant))
        assert found.p_permutation == pytest.approx(other.p_permutation, abs=1e-12)


@given(questions(), st.sampled_from([-4.0, 0.5, 1000.0]))
@settings(max_examples=25, deadline=None)
def test_another_unit_of_measurement_scales_the_estimate_and_its_interval(question, factor):
    found = compare(question)
    other = compare(changed(question, lambda case: tuple(value * factor for value in case.values)))
    assert close(found.att * factor, other.att, factor)
    assert found.p_permutation == pytest.approx(other.p_permutation, abs=1e-12)
    if None not in (found.lo, found.hi, other.lo, other.hi):
        ends = sorted([factor * found.lo, factor * found.hi])
        assert close(ends[0], other.lo, 1000 * abs(factor))
        assert close(ends[1], other.hi, 1000 * abs(factor))


@given(questions())
@settings(max_examples=25, deadline=None)
def test_swapping_the_arms_turns_the_sign(question):
    question = replace(question, cases=tuple(replace(case, set_id="") for case in question.cases))
    swapped = replace(question, cases=tuple(replace(case, pilot=not case.pilot) for case in question.cases))
    found, other = compare(question), compare(swapped)
    assert close(found.att, -other.att)
    assert found.p_permutation == pytest.approx(other.p_permutation, abs=1e-12)


@given(questions(st.sampled_from(["complete", "available"])))
@settings(max_examples=25, deadline=None)
def test_the_interval_holds_the_estimate_and_only_effects_that_the_test_keeps(question):
    found = compare(question)
    assert found.lo is None or found.lo <= found.att
    assert found.hi is None or found.att <= found.hi
    sample = Sample(question, question.cases)
    every, _, _ = statistics(sample.sets, question.seed, sample.scale)
    for end in (found.lo, found.hi):
        assert end is None or every.p(end) > question.alpha


@pytest.mark.parametrize("missing", ["complete", "available"])
def test_an_effect_is_in_the_interval_when_the_test_keeps_it_and_outside_when_not(missing):
    """The same data less the effect, tested anew: the interval is what the test does not reject."""
    rng = np.random.default_rng(3)
    question = a_question([Case(f"T{n}", n < 5, tuple(rng.normal(size=4))) for n in range(13)], 4, 2, missing=missing)
    found = compare(question)
    for end in (found.lo, found.hi):
        for share, kept in ((0.99, True), (1.01, False)):
            effect = found.att + share * (end - found.att)
            tested = compare(changed(question, lambda case, effect=effect: _less(question, case, effect)))
            assert (tested.p_permutation > question.alpha) == kept


def _less(question, case, effect):
    return tuple(v - effect if case.pilot and place in question.after else v for place, v in enumerate(case.values))


@given(questions(st.sampled_from(["complete", "available"])))
@settings(max_examples=25, deadline=None)
def test_the_table_of_means_adds_up_to_the_estimate(question):
    found = compare(question)
    assert close(found.pilots.change - found.controls.change, found.att, 100)


def _units(rng, n):
    change = rng.normal(size=n)
    return np.column_stack([change, np.ones(n), np.zeros(n), np.ones(n), np.zeros(n)])


def _blocks(sizes, seed=1):
    rng = np.random.default_rng(seed)
    blocks = []
    for n, k in sizes:
        pilot = np.zeros(n, bool)
        pilot[rng.choice(n, k, replace=False)] = True
        z = _units(rng, n)
        z[:, 4] = pilot
        blocks.append(MatchedSet(z, pilot, k / sum(k for _, k in sizes)))
    return blocks


@pytest.mark.parametrize("sizes", [[(9, 4)], [(4, 2), (5, 2)], [(4, 1), (3, 1), (4, 2)]])
def test_enumeration_finds_what_brute_force_finds(sizes):
    blocks = _blocks(sizes)
    every, count, complete = statistics(blocks, 1, 1.0)
    assert complete
    assert count == math.prod(math.comb(n, k) for n, k in sizes)
    assert every.rows[:, 0] == pytest.approx(observed(blocks)[0])
    brute = []
    for choice in itertools.product(*(itertools.combinations(range(n), k) for n, k in sizes)):
        brute.append(_t_squared(blocks, choice))
    real = _t_squared(blocks, [tuple(np.flatnonzero(one.pilot)) for one in blocks])
    assert every.p(0.0) == pytest.approx(np.mean(np.array(brute) >= real * (1 - 1e-9)))
    assert np.sort(every.studentised() ** 2) == pytest.approx(np.sort(brute)), "each is there once, the real one too"


@pytest.mark.parametrize("drawn", [False, True])
@pytest.mark.parametrize("sizes", [[(9, 4)], [(7, 1)], [(4, 2), (5, 2)], [(4, 1), (3, 1), (4, 2)]])
def test_the_shorter_way_for_no_effect_gives_the_same_statistics(monkeypatch, sizes, drawn):
    if drawn:
        monkeypatch.setattr("pilot.metrics.kernel.permutation.ENUMERATE_UP_TO", 5)
        monkeypatch.setattr("pilot.metrics.kernel.permutation.DRAWS", 50)
    blocks = _blocks(sizes)
    every, _, _ = statistics(blocks, 1, 1.0)
    assert studentised(blocks, 1, 1.0) == pytest.approx(every.studentised(), rel=1e-12)


def _t_squared(blocks, choice):
    """The same statistic written out plainly: within sets when all are replicated, else between sets."""
    means, variances, shares = [], [], [one.share for one in blocks]
    for one, chosen in zip(blocks, choice, strict=True):
        y, pilots = one.z[:, 0], np.isin(np.arange(one.n), chosen)
        means.append(y[pilots].mean() - y[~pilots].mean())
        variances.append(
            sum(y[arm].var(ddof=1) / arm.sum() if arm.sum() > 1 else math.nan for arm in (pilots, ~pilots))
        )
    effect = np.dot(shares, means)
    if all(one.replicated for one in blocks):
        return effect**2 / np.dot(np.square(shares), variances)
    s = len(blocks)
    return effect**2 / (s / (s - 1) * np.dot(np.square(shares), np.square(np.array(means) - effect)))


def test_drawn_allocations_agree_with_all_of_them(monkeypatch):
    blocks = _blocks([(12, 5), (10, 4)])
    every, _, complete = statistics(blocks, 1, 1.0)
    assert complete
    monkeypatch.setattr("pilot.metrics.kernel.permutation.ENUMERATE_UP_TO", 10)
    drawn, count, complete = statistics(blocks, 1, 1.0)
    assert not complete
    assert count == 99_999
    assert drawn.p(0.0) == pytest.approx(every.p(0.0), abs=0.01)
    assert drawn.p(0.0) == statistics(blocks, 1, 1.0)[0].p(0.0), "the same seed gives the same p"


@pytest.mark.parametrize("sets", [None, 6])
def test_the_permutation_p_is_even_where_nothing_happened(sets):
    """With no effect a p below .05 turns up in about 5 of 100 pilots, even with unequal spread of the arms."""
    rng = np.random.default_rng(7)
    found = []
    for _ in range(400):
        cases = []
        for place in range(16 if sets is None else 24):
            pilot = place % 4 == 0
            noise = rng.normal(size=2)
            cases.append(Case(f"T{place}", pilot, tuple(noise), set_id="" if sets is None else f"s{place // 4}"))
        found.append(p_of(a_question(cases)))
    share = np.mean(np.array(found) <= 0.05)
    assert 0.02 <= share <= 0.08
    assert 0.4 <= np.mean(found) <= 0.6


def p_of(question):
    sample = Sample(question, question.cases)
    every, _, complete = statistics(sample.sets, 1, sample.scale)
    assert complete
    return every.p(0.0)


def test_five_pairs_are_too_few_for_an_interval_with_two_ends():
    cases = [
        Case(f"{arm}{n}", arm == "P", (0.0, n + (0.5 if arm == "P" else 0.1 * n)), set_id=str(n))
        for n in range(5)
        for arm in "PC"
    ]
    found = compare(a_question(cases))
    assert (found.lo, found.hi) == (None, None)
    assert "too few possible allocations (32)" in found.notes[0]


def test_no_spread_at_all_gives_no_effect_and_no_certainty():
    found = compare(a_question([Case(f"T{n}", n < 6, (1.0, 2.0)) for n in range(12)]))
    assert found.att == 0
    assert found.p_permutation == 1


def test_units_with_gaps_are_named_and_sets_without_both_arms_are_left_out():
    cases = [Case(f"T{n}", n % 2 == 0, (1.0, 2.0 + n / 10), set_id=f"s{n // 2}") for n in range(14)]
    cases[0] = replace(cases[0], values=(None, 1.0))
    found = compare(a_question(cases))
    assert found.dropped == ("T0", "T1")
    assert found.n_pilots == found.n_controls == 6
    assert "1 of 14 units is left out: a value is missing." in found.notes


def test_an_arm_without_values_is_refused():
    with pytest.raises(BadInput, match="no control has the values"):
        compare(a_question([Case("A", True, (1.0, 2.0)), Case("B", False, (None, 1.0))]))
    with pytest.raises(BadInput, match="before or after the start"):
        compare(a_question([Case("A", True, (1.0, 2.0)), Case("B", False, (None, 1.0))], missing="available"))


def test_a_cluster_in_both_arms_is_refused():
    cases = [Case("A", True, (1.0, 2.0), cluster="x"), Case("B", False, (1.0, 2.0), cluster="x")]
    with pytest.raises(BadInput, match="both pilots and controls"):
        compare(a_question(cases))


def test_trusts_drawn_together_count_as_one():
    alone = [Case(f"T{n}", n < 12, (0.0, float(n * n % 7)), cluster=f"c{n // 2}") for n in range(24)]
    found = compare(a_question(alone))
    assert found.n_pilots == 12
    assert found.permutations == math.comb(12, 6)


def test_the_contrasts_stand_on_the_last_period_before_the_start():
    cases = [Case(f"T{n}", n < 6, (1.0, 2.0, 3.0 + (n < 6), 4.0 + n % 3)) for n in range(12)]
    found = contrasts(a_question(cases, 4, 2))
    assert [c.period for c in found] == ["0", "1", "2", "3"]
    assert found[1].att == 0
    assert found[1].se is None
    assert found[2].att == pytest.approx(1.0)
    assert found[3].band_lo < found[3].lo < found[3].att < found[3].hi < found[3].band_hi


def test_trends_are_plain_means_of_the_units_that_count():
    cases = [
        Case("A", True, (1.0, 2.0)),
        Case("B", True, (3.0, 6.0)),
        Case("C", False, (5.0, 5.0)),
        Case("D", False, (None, 9.0)),
    ]
    points = trends(a_question(cases))
    assert [(p.period, p.pilot, p.mean, p.n) for p in points] == [
        ("0", True, 2.0, 2), ("0", False, 5.0, 1), ("1", True, 4.0, 2), ("1", False, 5.0, 1),
    ]  # fmt: skip


def test_a_lone_control_has_no_standard_error_of_its_own():
    cases = [Case(f"T{n}", n < 6, (0.0, float(n))) for n in range(7)]
    for test in ("permutation", "cluster"):
        found = compare(a_question(cases, test=test))
        assert (found.se, found.p_welch, found.p_cluster) == (None, None, None)


def test_a_name_with_signs_of_other_languages_is_drawn_as_it_stands():
    from pilot.metrics.figures.trends import arms_over_time
    from pilot.metrics.kernel.estimates import Picture

    question = replace(a_question([Case(f"T{n}", n < 6, (0.0, float(n))) for n in range(12)]), outcome="$x^ <script>")
    drawn = arms_over_time(question, trends(question), Picture("$x^ <script>", "$x^ <script>", "&", percent=True)).svg
    assert "$x^ &lt;script&gt;" in drawn
    assert "<script" not in drawn
    assert "<style" not in drawn
