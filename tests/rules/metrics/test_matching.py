"""Sets of trusts that are alike: by hand, against the best there is, and by laws."""

import itertools

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilot.errors import BadInput
from pilot.metrics.design import Options
from pilot.metrics.eligibility import RATINGS, Criteria, read_candidates, select
from pilot.metrics.kernel.matching import NONE, coordinates, form_sets, matched_on, partition
from tests.builders.designs import a_candidate

PAIRS = Options(1, 1)


def codes(sets):
    return [one.trusts for one in sets]


def levels(*values, **more):
    return [a_candidate(number, level=value, **more) for number, value in enumerate(values)]


def test_four_trusts_by_hand():
    sets, leftovers = form_sets(levels(6.0, 7.0, 6.1, 7.1), PAIRS)
    assert [(one.name, one.trusts) for one in sets] == [("1", ("X00", "X02")), ("2", ("X01", "X03"))]
    assert leftovers == ()


def test_the_odd_one_out_is_left_over_with_a_reason():
    sets, leftovers = form_sets(levels(6.0, 6.1, 9.0), PAIRS)
    assert codes(sets) == [("X00", "X01")]
    assert [(one.code, one.reason) for one in leftovers] == [
        ("X02", "The 3 trusts of its type do not divide into sets of 2; the others are more alike.")
    ]


def test_types_never_mix_however_alike_trusts_are():
    trusts = [*levels(6.0, 6.1, 6.2), a_candidate(9, level=6.05, type="community")]
    sets, leftovers = form_sets(trusts, PAIRS)
    assert len(sets) == 1
    reasons = {one.code: one.reason for one in leftovers}
    assert reasons["X09"] == "A set needs 2 trusts of one type, and there are 1 of its own."


def test_regions_mix_unless_they_may_not():
    trusts = [a_candidate(n, level=6 + (n // 2), region="North" if n % 2 else "South") for n in range(4)]
    assert codes(form_sets(trusts, PAIRS)[0]) == [("X00", "X01"), ("X02", "X03")]
    apart = form_sets(trusts, Options(1, 1, same_region=True))[0]
    assert codes(apart) == [("X00", "X02"), ("X01", "X03")]


def test_of_more_sets_than_are_asked_for_the_most_alike_are_kept():
    trusts = levels(6.0, 6.3, 7.0, 7.1, 8.0, 8.01)
    sets, leftovers = form_sets(trusts, Options(1, 1, most=2))
    assert codes(sets) == [("X02", "X03"), ("X04", "X05")]
    assert {one.reason for one in leftovers} == {
        "No more than 2 sets were asked for, and the trusts of others are more alike."
    }


def test_too_few_trusts_for_any_set_are_refused():
    for trusts in ([], levels(6.0), levels(6.0, 6.1)):
        with pytest.raises(BadInput, match="No set of 3 trusts of one type can be formed"):
            form_sets(trusts, Options(1, 2))


def test_a_trust_without_a_value_is_matched_with_another_without_it():
    rated = {"cqc_overall": "Good"}
    trusts = [a_candidate(0, **rated), a_candidate(1), a_candidate(2, **rated), a_candidate(3)]
    trusts = [msgspec.structs.replace(one, level=6.0 + number / 10) for number, one in enumerate(trusts)]
    assert codes(form_sets(trusts, PAIRS)[0]) == [("X00", "X02"), ("X01", "X03")]


def test_a_figure_that_nobody_has_or_everybody_shares_tells_nothing():
    assert matched_on(levels(6.0, 7.0)) == ("level",)
    assert coordinates(levels(6.0, 6.0)).shape == (2, 0)
    assert codes(form_sets(levels(6.0, 6.0, 6.0, 6.0), PAIRS)[0]) != []


def test_figures_that_say_the_same_twice_count_once():
    """The CQC ratings rise and fall together here, so that the second adds nothing to any distance."""
    trusts = [
        a_candidate(n, level=level, cqc_overall=RATINGS[n % 3], cqc_well_led=RATINGS[n % 3])
        for n, level in enumerate((6.0, 6.4, 6.1, 6.9, 6.3, 7.0))
    ]
    once = [msgspec.structs.replace(one, cqc_well_led="") for one in trusts]
    twice, single = (coordinates(each) for each in (trusts, once))
    assert distances(twice) == pytest.approx(distances(single), abs=1e-9)


def test_the_distance_is_mahalanobis():
    """Against the textbook's formula, with scipy's own distance as the judge."""
    from scipy.spatial.distance import pdist

    chance = np.random.default_rng(3)
    trusts = [
        a_candidate(n, level=float(a), fte=float(np.exp(b)), slope=float(c))
        for n, (a, b, c) in enumerate(np.array([6.0, 8.0, 0.0]) + chance.normal(size=(12, 3)))
    ]
    raw = np.array([[np.log(one.fte), one.level, one.slope] for one in trusts])
    expected = pdist(raw, "mahalanobis", VI=np.linalg.inv(np.cov(raw, rowvar=False)))
    assert distances(coordinates(trusts)) == pytest.approx(expected**2, rel=1e-9)


def distances(points):
    """Squared distances between all pairs, in the order of scipy's pdist."""
    return [float(((points[i] - points[j]) ** 2).sum()) for i, j in itertools.combinations(range(len(points)), 2)]


def all_partitions(places, size, sets):
    """Every way to form so many sets of `size` out of these places, with what is over left out."""
    if sets == 0:
        yield []
        return
    if len(places) < sets * size:
        return
    first, rest = places[0], places[1:]
    for others in itertools.combinations(rest, size - 1):
        for more in all_partitions([p for p in rest if p not in others], size, sets - 1):
            yield [(first, *others), *more]
    yield from all_partitions(rest, size, sets)


def spread(points, partition):
    return sum(
        float(((points[i] - points[j]) ** 2).sum()) for one in partition for i, j in itertools.combinations(one, 2)
    )


def test_small_lists_are_split_nearly_as_well_as_can_be():
    """Against every split there is: nearly always the best one, and never 5% worse."""
    chance = np.random.default_rng(11)
    ratios = []
    for n, size in [(6, 2), (7, 2), (8, 2), (6, 3), (7, 3), (8, 4)] * 8:
        points = chance.normal(size=(n, 3))
        labels = partition(points, list(points[:, 0]), size)
        ours = spread(points, [tuple(np.flatnonzero(labels == s)) for s in range(labels.max() + 1)])
        ratios.append(ours / min(spread(points, p) for p in all_partitions(list(range(n)), size, n // size)))
    assert min(ratios) > 1 - 1e-9
    assert np.mean(np.array(ratios) < 1 + 1e-9) >= 0.95
    assert max(ratios) < 1.05


def test_two_clear_groups_are_never_split():
    points = np.array([[0.0], [0.1], [0.2], [10.0], [10.1], [10.2]])
    for order in itertools.permutations(range(6)):
        labels = partition(points[list(order)], [0.0] * 6, 3)
        groups = {frozenset(order[p] for p in np.flatnonzero(labels == s)) for s in (0, 1)}
        assert groups == {frozenset({0, 1, 2}), frozenset({3, 4, 5})}


FIGURES = st.one_of(st.none(), st.floats(1.0, 100.0).map(lambda x: round(x, 2)))
TRUSTS = st.lists(
    st.builds(
        lambda kind, region, rating, fte, level: {
            "type": kind, "region": region, "cqc_overall": rating, "fte": fte, "level": level,
        },
        st.sampled_from(["acute", "community"]),
        st.sampled_from(["North", "South"]),
        st.sampled_from(["", *RATINGS]),
        FIGURES,
        FIGURES,
    ),
    max_size=14,
).map(lambda rows: [a_candidate(number, **row) for number, row in enumerate(rows)])  # fmt: skip
OPTIONS = st.builds(
    Options, st.integers(1, 2), st.integers(1, 3), st.one_of(st.none(), st.integers(1, 3)), st.booleans()
)


@given(TRUSTS, OPTIONS)
@settings(max_examples=100)
def test_every_trust_is_in_one_set_or_named_as_left_over(trusts, options):
    try:
        sets, leftovers = form_sets(trusts, options)
    except BadInput:
        groups = [(one.type, one.region if options.same_region else "") for one in trusts]
        assert all(groups.count(group) < options.size for group in groups)
        return
    placed = [code for one in sets for code in one.trusts] + [one.code for one in leftovers]
    assert sorted(placed) == [one.code for one in trusts]
    known = {one.code: one for one in trusts}
    for one in sets:
        assert len(one.trusts) == options.size
        assert len({known[code].type for code in one.trusts}) == 1
        assert len({known[code].region for code in one.trusts}) == 1 or not options.same_region
    assert [one.name for one in sets] == [str(number) for number in range(1, len(sets) + 1)]
    assert options.most is None or len(sets) <= options.most


@given(TRUSTS.filter(lambda trusts: len(trusts) > 3), st.randoms())
def test_the_order_of_trusts_never_matters(trusts, chance):
    mixed = chance.sample(trusts, len(trusts))
    kinds = [one.type for one in trusts]
    if max(kinds.count(kind) for kind in kinds) >= 2:
        assert form_sets(mixed, PAIRS) == form_sets(trusts, PAIRS)


@given(TRUSTS.filter(lambda trusts: len(trusts) > 3), st.sampled_from([0.001, 2.0, 1000.0]))
def test_the_unit_of_a_figure_never_matters(trusts, factor):
    """A level from 1 to 5 or from 0 to 100, staff in hundreds: the distances are the same."""
    scaled = [
        msgspec.structs.replace(
            one,
            level=None if one.level is None else 3 + factor * one.level,
            fte=None if one.fte is None else factor * one.fte,
        )
        for one in trusts
    ]
    assert distances(coordinates(scaled)) == pytest.approx(distances(coordinates(trusts)), rel=1e-6, abs=1e-6)


def test_points_that_are_too_few_are_all_over():
    assert partition(np.zeros((2, 1)), [0.0, 0.0], 3).tolist() == [NONE, NONE]


def test_the_real_trusts_fall_into_sets_of_four(reference_data):
    reading = read_candidates((reference_data / "nhs" / "trust_covariates_2026-03.csv").read_bytes())
    trusts = select(reading.candidates, Criteria(), "engagement").trusts
    sets, leftovers = form_sets(trusts, Options(1, 3))
    assert len(sets) == 37  # 129 acute trusts less R1F, 20 of mental health: 32 and 5; the ambulance trust is alone
    assert [one.code for one in leftovers] == ["RYF"]
    known = {one.code: one.level for one in trusts}
    within = np.sqrt(np.mean([np.var([known[code] for code in one.trusts], ddof=1) for one in sets]))
    assert within < 0.5 * np.std(list(known.values()), ddof=1), "sets are much more alike than trusts are"
