"""A study of nothing on the real staff survey of 2012 to 2019: real files in, sets drawn, tables out.

No trust had a staff council then. Forty eligible acute trusts, the worst of 2015, are matched in fours and the pilots
drawn by the public lottery, as an installation does; they are said to start in 2016. Beside that the trap that this is
built against: the ten worst trusts of 2015 themselves, said to start in 2016, against all others. Part of
bench/evaluation.py: `python bench/evaluation.py placebo --out DIR`.
"""

import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from pilot.metrics import findings, lottery, redrawing
from pilot.metrics.design import Options
from pilot.metrics.eligibility import Candidate, Criteria, read_candidates, select
from pilot.metrics.export import to_csv
from pilot.metrics.kernel import estimators, matching, study
from pilot.metrics.kernel.estimates import Estimate
from pilot.metrics.kernel.grid import Grid
from pilot.metrics.kernel.power import mde, spreads
from pilot.metrics.kernel.studies import SEARCHES, Measured, OutcomeFound, StudyOrder
from pilot.metrics.lottery import Announcement, Document, Sets
from pilot.metrics.measures import guess_roles, read_measures
from pilot.metrics.panel import Panel, Unit
from pilot.metrics.plan import Plan
from pilot.metrics.sheet import read_sheet

ROOT = Path(__file__).resolve().parent.parent
YEARS = tuple(range(2012, 2020))
START = 2016
BEACON = "placebo 2016"
"""Taken before anything was drawn, and not changed afterwards."""

SETS, EACH = 10, 4
OUTCOMES = {"engagement": "Engagement.Index", "recommend work": "RecommendWork.Index", "stress": "WorkStress.Index"}
"""What is looked at, the primary first, and its column in the file."""

Values = Mapping[str, Mapping[str, tuple[float | None, ...]]]
"""By outcome and trust one value for each year of YEARS; engagement on the scale from 0 to 10."""


def placebo(out: Path | None = None) -> dict[str, Any]:
    """The main figures; with a folder, every table as a file in it."""
    values, candidates = read(reference())
    drawn = draw(candidates, values)
    found = study.work_out(order(values, drawn), lambda _: None).outcomes
    if out:
        write(out, found, drawn)
    return facts(values, drawn, found)


def reference() -> Path:
    """Where the reference data is."""
    return Path(os.environ.get("PILOT_REFERENCE_DATA", ROOT.parent / "shared" / "data")) / "nhs"


def read(folder: Path) -> tuple[Values, tuple[Candidate, ...]]:
    """Both files through the readers that an import uses."""
    sheet = read_sheet((folder / "nss_trust_panel_2012_2019.csv").read_bytes())
    known: dict[str, dict[str, dict[int, float]]] = {name: {} for name in OUTCOMES}
    name_of = {column: name for name, column in OUTCOMES.items()}
    for one in read_measures(sheet, guess_roles(sheet)).observations:
        if name := name_of.get(one.outcome):
            value = (one.value - 1) * 2.5 if name == "engagement" else one.value
            known[name].setdefault(one.trust, {})[int(one.period)] = value
    values = {
        name: {trust: tuple(years.get(year) for year in YEARS) for trust, years in trusts.items()}
        for name, trusts in known.items()
    }
    return values, read_candidates((folder / "trust_covariates_2026-03.csv").read_bytes()).candidates


def draw(candidates: tuple[Candidate, ...], values: Values) -> Document:
    """The worst forty of 2015 among those with every year, in sets by rating, size, level of 2014 and slope; drawn.

    The wave by which they are chosen is not the one by which they are matched.
    """
    last = YEARS.index(START - 1)
    whole = {trust: row for trust, row in values["engagement"].items() if None not in row}
    there = [one for one in candidates if one.code in whole]
    worst = sorted(there, key=lambda one: whole[one.code][last] or 0.0)[: SETS * EACH]
    eligible = select([_as_it_was(one, whole[one.code], last) for one in worst], Criteria(), "engagement 2014")
    sets, leftovers = matching.form_sets(eligible.trusts, Options(pilots=1, controls=EACH - 1, most=SETS))
    said = Announcement("this file", date(START, 1, 4), date(START, 1, 1), date(START, 4, 1))
    announced = lottery.announce("A study of nothing", eligible, Sets(sets, leftovers, ("type",), 1), said)
    return lottery.draw(announced, BEACON, date(START, 1, 5))


def _as_it_was(one: Candidate, row: tuple[float | None, ...], last: int) -> Candidate:
    level, first = row[last - 1], row[0]
    assert level is not None
    assert first is not None
    return replace(one, level=level, slope=(level - first) / (last - 1), response_rate=None, turnover=None)


def order(values: Values, drawn: Document) -> StudyOrder:
    """The study of the drawn sets, with every check."""
    assert drawn.draw is not None
    units = [
        (ticket.code, START if ticket.code in one.pilots else 0, one.name)
        for one in drawn.draw.sets
        for ticket in one.order
    ]
    measured = tuple(_measured(values, name, units) for name in OUTCOMES)
    return StudyOrder(measured, SEARCHES, (0.0, 0.01, 0.02, 0.05), "A study of nothing.")


def _measured(values: Values, name: str, units: list[tuple[str, int, str]]) -> Measured:
    rows = values[name]
    used = [unit for unit in units if unit[0] in rows]
    panel = Panel(
        tuple(Unit(code, start, set_id, code, 1.0, 0) for code, start, set_id in used),
        YEARS,
        {name: tuple(rows[code] for code, _, _ in used)},
    )
    everybody = Panel(tuple(Unit(code, 0, "", code, 1.0, 0) for code in rows), YEARS, {name: tuple(rows.values())})
    spread = max(one.sd for one in spreads(everybody, name, 4, 4))
    return Measured(name, "score", panel, tuple(map(str, YEARS)), Plan((name,)), mde(spread, SETS, SETS * 3, SETS))


def trap(values: Values) -> dict[str, Estimate]:
    """The ten worst of 2015 against all others: with the mean before alone, and adjusted for it."""
    whole = {trust: row for trust, row in values["engagement"].items() if None not in row}
    last = YEARS.index(START - 1)
    worst = sorted(whole, key=lambda trust: whole[trust][last] or 0.0)[:10]
    one = _measured({"engagement": whole}, "engagement", [(t, START if t in worst else 0, "") for t in sorted(whole)])
    grid, plan = Grid(one.panel, "engagement", "complete"), replace(one.plan, test="cluster")
    return {
        name: estimators.ESTIMATORS[name](grid, replace(plan, estimator=name)).estimates[0]
        for name in ("did", "ancova")
    }


def facts(values: Values, drawn: Document, found: tuple[OutcomeFound, ...]) -> dict[str, Any]:
    """What came out, in a few figures."""
    return {
        "eligible": sum(len(one.trusts) for one in drawn.sets),
        "anybody draws the same": redrawing.passed(redrawing.verify(drawn)),
        "lottery": {one.outcome: _said(one.main.estimates[0]) for one in found},
        "others, engagement": {other.estimates[0].estimator: _said(other.estimates[0]) for other in found[0].others},
        "largest false start": max(abs(p.att) for p in found[0].placebos if p.kind == "in time"),
        "breakdown": found[0].robustness.breakdown if found[0].robustness else None,
        "ten worst": {name: _said(one) for name, one in trap(values).items()},
    }


def _said(one: Estimate) -> dict[str, Any]:
    p = one.p_permutation if one.test == "permutation" else one.p_cluster
    ends = {name: None if end is None else round(end, 4) for name, end in (("lo", one.lo), ("hi", one.hi))}
    return {
        "att": round(one.att, 4),
        **ends,
        "p": None if p is None else round(p, 4),
        "trusts": one.n_pilots + one.n_controls,
    }


def write(out: Path, found: tuple[OutcomeFound, ...], drawn: Document) -> None:
    """Every table of the study, and the lottery as it would be published."""
    out.mkdir(parents=True, exist_ok=True)
    status = {one.outcome: "exploratory" for one in found}
    tables = [
        findings.estimates(found, "a study of nothing", status, {}),
        *findings.effects(found),
        findings.placebo(found),
        findings.sensitivity(found),
    ]
    for table in tables:
        (out / f"{table.name}.csv").write_text(to_csv(table))
    (out / "lottery.json").write_bytes(lottery.to_bytes(drawn))
    (out / "found.json").write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=1))
