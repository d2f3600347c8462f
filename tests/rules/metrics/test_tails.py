"""Tails and quantiles say what `scipy.stats` says, which takes too long to load in the worker."""

import ast
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import pilot.metrics
from pilot.metrics.kernel import tails

SHARES = [0.0, 1e-12, 0.025, 0.05, 0.4, 0.5, 0.8, 0.975, 1 - 1e-9, 1.0]
PLACES = [-40.0, -3.2, -1.0, 0.0, 1e-9, 0.7, 1.96, 12.5, 300.0]
FREEDOMS = [0.7, 1, 2, 3.5, 9, 40, 151, 10_000]


def same(ours, theirs):
    np.testing.assert_allclose(ours, theirs, rtol=1e-13, atol=0)


@pytest.mark.parametrize("df", FREEDOMS)
def test_students_t_is_that_of_scipy(df):
    same([tails.t_above(x, df) for x in PLACES], stats.t.sf(PLACES, df))
    same([tails.t_quantile(share, df) for share in SHARES], stats.t.ppf(SHARES, df))
    same([-tails.t_quantile(share, df) for share in SHARES], stats.t.isf(SHARES, df))


def test_students_t_takes_one_df_for_each_number():
    df, found = np.array([1.0, 5.5, np.nan, 30.0]), np.array([0.3, 2.0, 1.0, np.nan])
    same(tails.t_above(found, df), stats.t.sf(found, df))
    same(tails.t_quantile(0.975, df), stats.t.ppf(0.975, df))


@pytest.mark.parametrize("df", [0, -1, float("nan")])
def test_without_freedom_there_is_no_number(df):
    assert np.isnan(tails.t_above(1.0, df))
    assert np.isnan(tails.t_quantile(0.975, df))


@pytest.mark.parametrize("df1", [1, 4, 12])
@pytest.mark.parametrize("df2", FREEDOMS)
def test_fishers_f_is_that_of_scipy(df1, df2):
    some = [x for x in PLACES if x >= 0]
    same([tails.f_above(x, df1, df2) for x in some], stats.f.sf(some, df1, df2))


def test_the_normal_distribution_is_that_of_scipy():
    some = [x for x in PLACES if abs(x) < 40]
    same([tails.normal_above(x) for x in some], stats.norm.sf(some))
    same([tails.normal_density(x) for x in some], stats.norm.pdf(some))
    same([tails.normal_quantile(share) for share in SHARES], stats.norm.ppf(SHARES))


def test_the_worker_loads_nothing_that_takes_longer_than_its_sums():
    rooms = Path(pilot.metrics.__file__).parent
    for file in set(rooms.rglob("*.py")) - set((rooms / "files").rglob("*.py")):  # what a download carries is not run
        named = set()
        for one in ast.walk(ast.parse(file.read_text())):
            if isinstance(one, ast.Import):
                named |= {each.name for each in one.names}
            elif isinstance(one, ast.ImportFrom):
                named |= {f"{one.module}.{each.name}" for each in one.names} | {str(one.module)}
        slow = {name for name in named if name.startswith(("scipy.stats", "matplotlib.pyplot"))}
        assert not slow, f"{file.name} loads {slow}; the distributions are in kernel/tails.py"


def test_a_p_value_has_both_tails_and_needs_an_error_and_degrees_of_freedom():
    assert tails.p_of_t(-2.228138851964939, 1.0, 10) == pytest.approx(0.05, abs=1e-9)
    assert tails.p_of_t(0.0, 1.0, 10) == 1.0
    assert [tails.p_of_t(1.0, *known) for known in ((None, 10), (0.0, 10), (1.0, None))] == [None] * 3
