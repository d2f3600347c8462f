"""Agreement with pyfixest on a hundred random panels: coefficients, errors by cluster, and event studies, to 1e-8.

The panels are balanced and unbalanced, with one start and several, with units that never start and without, weighted
and not, with clusters of one unit and of several.
"""

import numpy as np
import pytest

from pilot.metrics.kernel import two_way
from pilot.metrics.kernel.grid import Grid
from pilot.metrics.panel import Panel, Unit
from pilot.metrics.plan import Plan

pyfixest = pytest.importorskip("pyfixest", reason="pyfixest is not installed")
demeaners = pytest.importorskip("pyfixest.demeaners", reason="pyfixest is not installed")

# pyfixest uses what newer versions of pandas will not have, and warns where it leaves out values that stand alone
pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::pandas.errors.Pandas4Warning", "ignore:.*singleton fixed effect"
)

PLAN = Plan(("y",), estimator="twfe", missing="available")


def a_panel(seed):
    """A random panel: each of its four qualities is there or not, by the digits of its seed."""
    rng = np.random.default_rng(seed)
    gaps, staggered, weighted, clustered = (seed >> place & 1 for place in range(4))
    units, periods = int(rng.integers(14, 30)), int(rng.integers(4, 9))
    starts = rng.permutation(np.arange(units) % 3)
    later = rng.integers(1, periods, units) if staggered else np.full(units, periods // 2)
    weight = rng.uniform(0.2, 5.0, units) if weighted else np.ones(units)
    rows = tuple(
        Unit(f"u{n:02}", int(later[n]) if starts[n] else 0, "", f"c{n // 2 if clustered else n:02}", weight[n], 1)
        for n in range(units)
    )
    y = rng.normal(size=(units, periods)) + rng.normal(size=(units, 1)) + rng.normal(size=periods)
    y[rng.random(y.shape) < 0.15 * gaps] = np.nan
    values = tuple(tuple(None if np.isnan(v) else float(v) for v in row) for row in y)
    return Panel(rows, tuple(range(periods)), {"y": values})


def theirs(panel, event_times):
    """pyfixest's coefficient and error of being treated, and those of each event time."""
    import pandas as pd

    rows = [
        (unit.name, unit.cluster, unit.weight, unit.start, period, value)
        for unit, values in zip(panel.units, panel.outcomes["y"], strict=True)
        for period, value in zip(panel.periods, values, strict=True)
        if value is not None
    ]
    frame = pd.DataFrame(rows, columns=["unit", "cluster", "weight", "start", "period", "y"])
    frame["d"] = 1.0 * ((frame.start > 0) & (frame.period >= frame.start))
    names = {e: f"e{place}" for place, e in enumerate(event_times)}
    for e, name in names.items():
        frame[name] = 1.0 * ((frame.start > 0) & (frame.period - frame.start == e))
    path = f"sw(d, {' + '.join(names.values())})" if names else "d"
    found = pyfixest.feols(
        f"y ~ {path} | unit + period",
        frame,
        vcov={"CRV1": "cluster"},
        weights="weight",
        demeaner=demeaners.MapDemeaner(fixef_tol=1e-14, fixef_maxiter=100_000),
    )
    fits = found.to_list() if names else [found]
    plain, *rest = (dict(zip(fit.coef().index, zip(fit.coef(), fit.se(), strict=True), strict=True)) for fit in fits)
    return plain["d"], {e: other[name] for other in rest for e, name in names.items() if name in other}


@pytest.mark.parametrize("seed", range(100))
def test_a_random_panel_gives_what_pyfixest_gives(seed):
    """Every third panel is asked for its event study too, which takes pyfixest as long again."""
    panel = a_panel(seed)
    one = two_way._Panel(Grid(panel, "y", "available"))
    cells = one.cells()
    fit = cells.fit()
    points, _ = two_way._event_times(one, cells, PLAN) if seed % 3 == 0 else ((), ())
    path = {point.event_time: point for point in points if point.event_time != -1}
    expected, expected_path = theirs(panel, list(path))
    assert [fit.coefficients[0], np.sqrt(fit.cr1(cells.counted)[0, 0])] == pytest.approx(expected, abs=1e-8)
    assert set(path) == set(expected_path)
    for e, (att, se) in expected_path.items():
        assert path[e].att == pytest.approx(att, abs=1e-8)
        assert path[e].se is None or path[e].se == pytest.approx(se, abs=1e-8)
    assert not path or any(point.se for point in path.values())
