"""The wild cluster bootstrap: a reference panel, the procedure written out plainly, and its interval."""

import csv
import itertools
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilot.metrics.kernel.regression import Fit, Ground
from pilot.metrics.kernel.wild import SIX_POINTS, _drawn, bootstrap


def test_the_forty_trusts_have_the_reference_p(reference_data):
    expected = json.loads((reference_data / "evaluation" / "wcr_panel_expected.json").read_text())
    with (reference_data / "evaluation" / "wcr_panel_40x8.csv").open() as file:
        rows = sorted(csv.DictReader(file), key=lambda row: (int(row["trust"]), int(row["wave"])))
    trust, wave, y, d = (np.array([float(row[name]) for row in rows]) for name in ("trust", "wave", "y", "d"))
    _, unit = np.unique(trust, return_inverse=True)
    ground = Ground((np.unique(wave)[:, None] == wave).astype(float), np.ones(len(y)), unit, unit)
    fit = Fit(ground, y, d[None, :])
    assert fit.coefficients[0] == pytest.approx(expected["b"], abs=1e-12)
    assert np.sqrt(fit.cr1(8)[0, 0]) == pytest.approx(expected["CR1_se_pyfixest_default"], abs=1e-12)
    every, count, enumerated = bootstrap(ground, y, d, 20270401)
    reference = expected["wild_cluster_restricted_rademacher_p"]["wildboottest_0.3.2_99999"]
    assert every.p(0.0) == pytest.approx(reference, abs=expected["tolerance"])
    assert (count, enumerated) == (99_999, False)


def a_regression(clusters, seed=1, size=3, effect=0.0):
    """Cells in clusters, half of them treated, with weights and one column held fixed."""
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(clusters), size)
    x = (cluster % 2).astype(float)
    y = effect * x + rng.normal(size=clusters)[cluster] + rng.normal(size=len(x))
    ground = Ground(np.array([np.ones(len(x)), rng.normal(size=len(x))]), rng.uniform(0.5, 2.0, len(x)), cluster)
    return ground, y, x


def plainly(ground, y, x, weights, delta):
    """Squared t of a bootstrap sample that imposes the effect δ: fit without it, turn residuals, fit with it."""
    columns = np.vstack([ground.basis / ground.root, x])
    residual = ground.clear(y - delta * x) / ground.root
    fitted = y - residual
    sample = fitted + residual * weights[ground.cluster]
    w = np.diag(ground.root**2)
    bread = np.linalg.inv(columns @ w @ columns.T)
    coefficients = bread @ columns @ w @ sample
    error = (sample - coefficients @ columns) * ground.root**2
    scores = np.array([columns[:, ground.cluster == g] @ error[ground.cluster == g] for g in range(ground.clusters)])
    return (coefficients[-1] - delta) ** 2 / (bread @ scores.T @ scores @ bread)[-1, -1]


@pytest.mark.parametrize("delta", [0.0, 0.7])
def test_twelve_clusters_are_given_every_sign(delta):
    ground, y, x = a_regression(12)
    every, count, enumerated = bootstrap(ground, y, x, 1)
    assert (count, enumerated) == (4096, True)
    real = plainly(ground, y, x, np.ones(12), delta)
    brute = [plainly(ground, y, x, np.array(signs), delta) for signs in itertools.product((1.0, -1.0), repeat=12)]
    share = np.mean(np.array(brute) >= real * (1 - 1e-9))
    assert every.p(delta) == pytest.approx(share, abs=1e-12)
    assert every.p(delta) * 4096 >= 2, "the data and their mirror image are among them"


def test_fewer_than_twelve_clusters_are_given_six_points():
    ground, y, x = a_regression(8)
    every, count, enumerated = bootstrap(ground, y, x, 1)
    assert (count, enumerated) == (99_999, False)
    drawn = next(itertools.islice(_drawn(8, 1), 1, None))
    assert set(np.unique(drawn)) == set(SIX_POINTS)
    real = plainly(ground, y, x, np.ones(8), 0.0)
    brute = np.array([plainly(ground, y, x, weights, 0.0) for weights in drawn[:300]])
    a, _, v0, _, _ = every.rows
    assert (a**2 / v0)[1:301] == pytest.approx(brute, rel=1e-9)
    assert a[0] ** 2 / v0[0] == pytest.approx(real, rel=1e-9)
    assert every.p(0.0) == pytest.approx((1 + np.sum((a**2 / v0)[1:] >= real * (1 - 1e-9))) / 100_000)


def test_the_six_points_have_mean_zero_and_spread_one():
    assert SIX_POINTS.sum() == pytest.approx(0)
    assert np.mean(SIX_POINTS**2) == pytest.approx(1)


def test_from_seventeen_clusters_on_signs_are_drawn():
    drawn = list(_drawn(17, 1))
    assert drawn[0].tolist() == [[1.0] * 17]
    assert sum(len(weights) for weights in drawn[1:]) == 99_999
    assert set(np.unique(np.vstack(drawn))) == {-1.0, 1.0}
    ground, y, x = a_regression(16)
    assert bootstrap(ground, y, x, 1)[1:] == (2**16, True)


def test_the_same_seed_gives_the_same_p_and_another_seed_one_near_by():
    ground, y, x = a_regression(20, effect=0.8)
    first, again, other = (bootstrap(ground, y, x, seed)[0].p(0.0) for seed in (1, 1, 2))
    assert first == again
    assert first != other
    assert first == pytest.approx(other, abs=0.01)


@given(st.integers(0, 1000), st.sampled_from([6, 12, 20]))
@settings(max_examples=15, deadline=None)
def test_the_interval_holds_the_estimate_and_ends_where_the_test_rejects(seed, clusters):
    ground, y, x = a_regression(clusters, seed, effect=1.0)
    att = float(Fit(ground, y, x[None, :]).coefficients[0])
    every, _, _ = bootstrap(ground, y, x, seed)
    lo, hi = every.interval(0.1, 1.0)
    assert every.p(att) == 1
    for end, out in ((lo, -1e-6), (hi, 1e-6)):
        assert end is None or (every.p(end) > 0.1 >= every.p(end + out))
    assert lo is None or lo <= att
    assert hi is None or att <= hi


def test_an_effect_is_tested_as_if_it_were_taken_away():
    ground, y, x = a_regression(15, effect=1.0)
    every, _, _ = bootstrap(ground, y, x, 3)
    without, _, _ = bootstrap(ground, y - 0.4 * x, x, 3)
    assert every.p(0.4) == without.p(0.0)
