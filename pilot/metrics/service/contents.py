"""What a study's download holds: its tables, its pictures, and the words around them."""

from collections.abc import Sequence
from datetime import datetime
from importlib.metadata import version as version_of

import msgspec

from pilot.metrics import findings
from pilot.metrics.arms import Arm
from pilot.metrics.bundle import Contents
from pilot.metrics.codebook import columns
from pilot.metrics.disclosure import Cell, Figure, Released, release
from pilot.metrics.gathered import Gathered
from pilot.metrics.kernel.studies import Studied, StudyOrder
from pilot.metrics.periods import in_order, read_period
from pilot.metrics.queries import Study, Version
from pilot.metrics.queries.runs import Estimated
from pilot.metrics.service.publishing import Reckoned
from pilot.people.trusts import Trust


class Prepared(msgspec.Struct, frozen=True):
    """Everything that a run needs, read in one go."""

    study: Study
    version: Version
    gathered: tuple[Gathered, ...]
    estimated: tuple[Estimated, ...]
    arms: dict[str, Arm]
    trusts: dict[str, Trust]
    order: StudyOrder
    reckoned: Reckoned


def of(prepared: Prepared, found: Studied, now: datetime) -> Contents:
    """Everything that goes into the download of a run."""
    version = prepared.version
    status = {one.outcome: one.status for one in prepared.estimated}
    spec = f"{prepared.study.name}, plan {version.document.version}, {version.sha256[:12]}"
    tables = [
        _trusts(prepared),
        _waves(prepared),
        panel(prepared.gathered),
        findings.estimates(found.outcomes, spec, status, _answers(prepared)),
        *findings.effects(found.outcomes),
        findings.placebo(found.outcomes),
        findings.sensitivity(found.outcomes),
        findings.flow(prepared.estimated[0].steps),
    ]
    pictures = {f"{name}.svg": svg.encode() for name, svg in found.svg.items()}
    pictures |= {f"{name}.png": png for name, png in found.png.items()}
    return Contents(
        title=prepared.study.name,
        made_on=now.date(),
        tables=tuple(tables),
        plan=version.text.encode(),
        pictures=pictures,
        programs={},
        words={"README.txt": _readme(prepared, tables), "environment.txt": _environment()},
    )


def _trusts(prepared: Prepared) -> Released:
    waves = prepared.gathered[0].periods
    units = {unit.name: unit.start for one in prepared.gathered if one.measured for unit in one.measured.panel.units}
    rows: list[list[Cell]] = []
    for code, arm in sorted(prepared.arms.items()):
        place = units.get(code, 0)
        start = waves[place - 1] if 0 < place <= len(waves) else None
        arm_name = "pilot" if arm.pilot else "control"
        known = prepared.trusts.get(code)
        rows.append(
            [
                code, known.name if known else code, arm_name, arm.matched_set, start,
                known.type if known else None, known.region if known else None, None,
                known.cqc_overall if known else None, known.cqc_well_led if known else None, None, None, None,
                known.withdrawn_on.isoformat() if known and known.withdrawn_on else None, None,
            ]
        )  # fmt: skip
    return release("trusts", columns("trusts"), rows)


def _waves(prepared: Prepared) -> Released:
    rows: list[list[Cell]] = []
    seen = set()
    for one in prepared.gathered:
        for label in in_order(set(one.periods)):
            period = read_period(label)
            if period is None or (one.instrument, label) in seen:
                continue
            seen.add((one.instrument, label))
            rows.append(
                [label, one.instrument, period.first.isoformat(), period.last.isoformat(), label, None, None, None]
            )
    return release("waves", columns("waves"), rows)


def panel(gathered: Sequence[Gathered]) -> Released:
    """panel.csv: every value of every outcome, those hidden that were hidden when they were reckoned."""
    rows: list[list[Cell | Figure]] = []
    for one in gathered:
        for cell in one.cells:
            answers = None if cell.n is None else Figure(cell.n, cell.n, hidden=cell.hidden)
            value = Figure(cell.value, cell.people, hidden=cell.hidden)
            rows.append(
                [cell.trust, cell.period, one.outcome, None, None, answers, None, None, None, None, value, None, "", ""]
            )
    return release("panel", columns("panel"), rows)


def _answers(prepared: Prepared) -> dict[str, int]:
    """The number of answers behind each outcome, where its publisher gave one for every value."""
    counted = {}
    for one in prepared.gathered:
        numbers = [cell.n for cell in one.cells if cell.used]
        if numbers and all(n is not None for n in numbers):
            counted[one.outcome] = sum(n for n in numbers if n is not None)
    return counted


def _environment() -> str:
    names = ("pilot", "numpy", "scipy", "matplotlib", "xlsxwriter")
    return "".join(f"{name}=={version_of(name)}\n" for name in names)


def _readme(prepared: Prepared, tables: Sequence[Released]) -> str:
    lines = [
        prepared.study.name,
        "",
        f"Plan: version {prepared.version.document.version}, SHA-256 {prepared.version.sha256} (sap.json).",
        *(f"{one.outcome}: {one.status}. {' '.join(one.sentences)}" for one in prepared.estimated),
        *(f"{one.outcome} is not estimated: {one.problem}." for one in prepared.estimated if one.problem),
        "",
        "codebook.csv says what every column of every file is. SHA256SUMS has the digest of every file.",
        "Figures about fewer than 11 people are suppressed, and so is every figure worked out from one of them.",
        "",
        *(f"{table.name}.csv: {len(table.rows):,} rows" for table in tables),
        "",
    ]
    return "\n".join(lines)
