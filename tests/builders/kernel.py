"""Panels for the kernel's tests, made from numbers, and the real one where the reference data is at hand."""

import csv
from pathlib import Path

import numpy as np

from pilot.metrics.kernel import did
from pilot.metrics.kernel.estimates import Case, Found, Question
from pilot.metrics.panel import Panel, Unit


def a_panel(y, pilots, start, sets=None, **columns):
    """Units × periods in `y`; the first `pilots` of them start in period `start`, counted from 1."""
    names = [f"{i:03}" for i in range(len(y))]
    given = sets or [""] * len(y)
    units = tuple(Unit(n, start if i < pilots else 0, given[i], n, 1.0, 1) for i, n in enumerate(names))
    outcomes = {"y": y, **columns}
    rows = {
        name: tuple(tuple(None if np.isnan(v) else float(v) for v in row) for row in np.asarray(values, dtype=float))
        for name, values in outcomes.items()
    }
    return Panel(units, tuple(range(1, len(y[0]) + 1)), rows)


def matched(pilots, each):
    """Set names for so many pilots with `each` controls, pilots first as in `a_panel`."""
    return [f"s{i:02}" for i in range(pilots)] + [f"s{i // each:02}" for i in range(pilots * each)]


def question(grid, plan):
    """The difference in differences of a grid with one start."""
    before = tuple(range(int(grid.place.min())))
    cases = tuple(
        Case(name, bool(grid.treated[i]), tuple(map(float, grid.y[i])), grid.set_id[i], grid.cluster[i])
        for i, name in enumerate(grid.names)
    )
    after = tuple(range(len(before), len(grid.periods)))
    names = tuple(map(str, grid.periods))
    return Question(grid.outcome, cases, names, before, after, test=plan.test, alpha=plan.alpha, seed=plan.seed)


def by_difference(grid, plan):
    """An estimator for the checks that take one."""
    return Found((did.compare(question(grid, plan)),))


def real_engagement(reference: Path):
    """Engagement from 0 to 10 of the acute trusts that have all of 2012 to 2019: codes, trusts × years."""
    found: dict[str, dict[int, float]] = {}
    with (reference / "nhs" / "nss_trust_panel_2012_2019.csv").open() as file:
        for row in csv.DictReader(file):
            if row["Engagement.Index"] != "NA":
                year = int(row["Year.Index"])
                found.setdefault(row["Code"], {})[year] = (float(row["Engagement.Index"]) - 1) * 2.5
    codes = sorted(code for code, years in found.items() if len(years) == 8)
    return codes, np.array([[found[code][year] for year in range(2012, 2020)] for code in codes])
