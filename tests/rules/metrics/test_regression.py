"""Least squares with clusters: published errors, and the same formulas written out plainly."""

import csv
import json

import numpy as np
import pytest
from scipy import stats

from pilot.errors import BadInput
from pilot.metrics.kernel.regression import Fit, Ground, independent


def ground(nuisance, cluster, weight=None, within=None):
    _, codes = np.unique(cluster, return_inverse=True)
    return Ground(np.atleast_2d(nuisance), np.ones(len(codes)) if weight is None else weight, codes, within)


def angrist_and_lavy(reference, sex, year):
    with (reference / "evaluation" / "achievement_awards" / "achievement_awards.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if (row["sex"], row["year"]) == (sex, year)]
    rows.sort(key=lambda row: int(row["school_id"]))
    kinds = sorted({row["school_type"] for row in rows})
    held = np.array([[1.0] * len(rows), *([float(row["school_type"] == kind) for row in rows] for kind in kinds[1:])])
    y, x = (np.array([float(row[name]) for row in rows]) for name in ("Bagrut_status", "treated"))
    return Fit(ground(held, [int(row["school_id"]) for row in rows]), y, x[None, :]), len(held)


def digits(figure):
    """Half of the last digit that is given."""
    return 0.5 * 10.0 ** -len(str(figure).partition(".")[2])


@pytest.mark.parametrize("row", ["Girl_2000", "Girl_2001", "Boy_2000", "Boy_2001"])
def test_angrist_and_lavy_have_the_errors_of_club_sandwich(reference_data, row):
    path = reference_data / "evaluation" / "achievement_awards" / "expected.json"
    expected = json.loads(path.read_text())["rows"][row]
    fit, held = angrist_and_lavy(reference_data, *row.split("_"))
    se, df = fit.cr2()
    found = {
        "n": fit.ground.cells,
        "clusters": fit.ground.clusters,
        "b": fit.coefficients[0],
        "CR2_se": se,
        "satt_df": df,
        "p_satt": 2 * stats.t.sf(abs(fit.coefficients[0]) / se, df),
        "CR1S_se": np.sqrt(fit.cr1(held)[0, 0]),
    }
    for name, figure in found.items():
        assert figure == pytest.approx(expected[name], abs=digits(expected[name]) * 1.0001), name


STORES = {"chain": 1, "owned": 2, "state": 3, "full": 11, "part": 12, "managers": 13, "wage": 14}
LATER = {"status": 28, "full": 31, "part": 32, "managers": 33, "wage": 34}


def stores(reference):
    """The stores of table 4: employment in both waves, and a wage in both unless closed for good in the second."""
    text = (reference / "evaluation" / "card_krueger" / "public.dat").read_text()
    cells = np.array([[np.nan if c == "." else float(c) for c in line.split()] for line in text.splitlines() if line])
    now = {name: cells[:, place] for name, place in STORES.items()}
    later = {name: cells[:, place] for name, place in LATER.items()}
    change = np.subtract(*(wave["full"] + wave["managers"] + 0.5 * wave["part"] for wave in (later, now)))
    kept = np.isfinite(change) & np.isfinite(now["wage"]) & (np.isfinite(later["wage"]) | (later["status"] == 3))
    return change[kept], {name: column[kept] for name, column in now.items()}


def test_card_and_krueger_table_4(reference_data):
    path = reference_data / "evaluation" / "card_krueger" / "expected.json"
    expected = json.loads(path.read_text())["table4"]
    change, store = stores(reference_data)
    assert len(change) == expected["n"]
    one = np.ones(len(change))
    held = np.array([one, *(1.0 * (store["chain"] == kind) for kind in (1, 2, 3)), store["owned"]])
    gap = np.where((store["state"] == 1) & (store["wage"] < 5.05), (5.05 - store["wage"]) / store["wage"], 0.0)
    for name, x, nuisance in (
        ("i_NJ", store["state"], held[:1]),
        ("ii_NJ_controls", store["state"], held),
        ("iii_GAP", gap, held[:1]),
    ):
        fit = Fit(ground(nuisance, np.arange(len(change))), change, x[None, :])
        found = [fit.coefficients[0], np.sqrt(fit.classical(len(nuisance))[0, 0])]
        assert found == pytest.approx(expected[name]["computed"], abs=1e-6), name


def a_panel(seed, units=9, periods=4, gaps=0.2):
    """Cells of an unbalanced panel with weights of units, and clusters of one to three of them."""
    rng = np.random.default_rng(seed)
    unit, period = np.nonzero(rng.random((units, periods)) > gaps)
    cluster = np.minimum(unit // 2, 3)
    treated = ((unit % 3 == 0) & (period >= 2)).astype(float)
    return unit, period, cluster, rng.uniform(0.2, 4.0, units)[unit], treated, rng.normal(size=len(unit)) + unit


def plain_cr2(full, y, weight, cluster):
    """CR2 and Satterthwaite's degrees of freedom of the first column, from the matrices of the definition."""
    w, many = np.diag(weight), len(y)
    hat = full @ np.linalg.pinv(full.T @ w @ full) @ full.T @ w
    pull = (np.linalg.pinv(full.T @ w @ full) @ full.T @ w)[0]
    maker = np.eye(many) - hat
    error, square, columns = maker @ y, 0.0, []
    for g in np.unique(cluster):
        here = cluster == g
        values, vectors = np.linalg.eigh((maker @ maker.T)[np.ix_(here, here)])
        values = np.where(values > 1e-10, np.maximum(values, 1e-10) ** -0.5, 0.0)
        v = (vectors * values) @ vectors.T @ pull[here]
        square += (v @ error[here]) ** 2
        columns.append(maker[here].T @ v)
    products = np.array(columns) @ np.array(columns).T
    return np.sqrt(square), np.trace(products) ** 2 / np.sum(products**2)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("absorbed", [False, True])
def test_the_small_sample_error_is_that_of_its_definition(weighted, absorbed):
    unit, period, cluster, weight, treated, y = a_panel(5)
    weight = weight if weighted else np.ones(len(y))
    units = (np.unique(unit)[:, None] == unit).astype(float)
    periods = (np.unique(period)[:, None] == period).astype(float)
    held = periods if absorbed else np.vstack([units, periods])
    fit = Fit(ground(held, cluster, weight, unit if absorbed else None), y, treated[None, :])
    se, df = plain_cr2(np.vstack([treated, units, periods[1:]]).T, y, weight, cluster)
    assert fit.cr2() == pytest.approx((se, df), rel=1e-9)


def test_with_weights_that_differ_inside_a_cluster_it_is_still_that_of_its_definition():
    rng = np.random.default_rng(2)
    cluster, weight = np.repeat(np.arange(8), 5), rng.uniform(0.1, 9.0, 40)
    x, z, y = (cluster % 2).astype(float), rng.normal(size=40), rng.normal(size=40)
    fit = Fit(ground([np.ones(40), z], cluster, weight), y, x[None, :])
    assert fit.cr2() == pytest.approx(plain_cr2(np.array([x, np.ones(40), z]).T, y, weight, cluster), rel=1e-9)


def test_two_equal_arms_have_the_degrees_of_freedom_of_a_t_test():
    y, arm = np.random.default_rng(1).normal(size=20), np.repeat([0.0, 1.0], 10)
    fit = Fit(ground(np.ones(20), np.arange(20)), y, arm[None, :])
    se, df = fit.cr2()
    assert df == pytest.approx(18)
    assert se == pytest.approx(np.sqrt(y[:10].var(ddof=1) / 10 + y[10:].var(ddof=1) / 10))


def test_every_weight_twice_as_large_changes_nothing():
    unit, period, cluster, weight, treated, y = a_panel(3)
    periods = (np.unique(period)[:, None] == period).astype(float)
    once, twice = (Fit(ground(periods, cluster, w, unit), y, treated[None, :]) for w in (weight, 2 * weight))
    assert once.coefficients == pytest.approx(twice.coefficients, rel=1e-12)
    assert once.cr1(4) == pytest.approx(twice.cr1(4), rel=1e-12)
    assert once.cr2() == pytest.approx(twice.cr2(), rel=1e-12)


def test_a_column_that_follows_from_others_is_found_and_refused():
    rng = np.random.default_rng(4)
    a, b = rng.normal(size=(2, 12))
    here = ground([np.ones(12)], np.arange(12))
    rows = np.array([a, np.full(12, 3.0), b, a - 2 * b + 1])
    assert independent(here, rows) == [0, 2]
    with pytest.raises(BadInput, match="they move together"):
        Fit(here, a, np.array([b, a - b + 7, a]))


def test_a_column_held_fixed_twice_counts_once():
    rng = np.random.default_rng(4)
    x, y, z = rng.normal(size=(3, 30))
    once, twice = (Fit(ground(held, np.arange(30)), y, x[None, :]) for held in ([z], [z, 2 * z]))
    assert once.coefficients == pytest.approx(twice.coefficients)
    assert len(twice.ground.basis) == 1


def test_more_coefficients_than_values_have_no_error():
    rng = np.random.default_rng(4)
    fit = Fit(ground([np.ones(3)], np.arange(3)), rng.normal(size=3), rng.normal(size=(2, 3)))
    for error in (fit.cr1, fit.classical):
        with pytest.raises(BadInput, match="too few units"):
            error(1)


def test_one_cluster_has_no_error():
    rng = np.random.default_rng(4)
    fit = Fit(ground([np.ones(9)], np.zeros(9)), rng.normal(size=9), rng.normal(size=(1, 9)))
    with pytest.raises(BadInput, match="too few units"):
        fit.cr1(1)
