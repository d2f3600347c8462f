"""What a study's download holds: its tables, its pictures, and the words around them."""

from collections.abc import Sequence
from datetime import datetime
from importlib.metadata import version as version_of

import msgspec

from pilot.metrics import findings
from pilot.metrics.arms import Arm
from pilot.metrics.bundle import Contents
from pilot.metrics.codebook import columns
from pilot.metrics.disclosure import Cell, Released, release
from pilot.metrics.files import programs
from pilot.metrics.gathered import Gathered, first_wave, panel
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
        programs=programs(),
        words={"README.txt": _readme(prepared, tables), "environment.txt": _environment()},
    )


def _trusts(prepared: Prepared) -> Released:
    rows: list[list[Cell]] = []
    for code, arm in sorted(prepared.arms.items()):
        arm_name = "pilot" if arm.pilot else "control"
        known = prepared.trusts.get(code)
        rows.append(
            [
                code, known.name if known else code, arm_name, arm.matched_set, _start_waves(prepared, arm),
                known.type if known else None, known.region if known else None, None,
                known.cqc_overall if known else None, known.cqc_well_led if known else None, None, None, None,
                known.withdrawn_on.isoformat() if known and known.withdrawn_on else None, None,
            ]
        )  # fmt: skip
    return release("trusts", columns("trusts"), rows)


def _start_waves(prepared: Prepared, arm: Arm) -> str | None:
    """The first wave from a pilot's start on; one for each outcome, with spaces between, where their waves differ."""
    firsts = (first_wave(arm, one.periods) for one in prepared.gathered)
    return " ".join(dict.fromkeys(wave for wave in firsts if wave)) or None


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


def _answers(prepared: Prepared) -> dict[str, dict[str, int]]:
    """The number of answers behind each outcome by trust, where its publisher gave one for every value."""
    counted = {}
    for one in prepared.gathered:
        numbers: dict[str, int] = {}
        used = [cell for cell in one.cells if cell.used]
        for cell in used:
            numbers[cell.trust] = numbers.get(cell.trust, 0) + (cell.n or 0)
        if used and all(cell.n is not None for cell in used):
            counted[one.outcome] = numbers
    return counted


def _environment() -> str:
    names = ("pilot", "numpy", "scipy", "matplotlib", "xlsxwriter")
    versions = "".join(f"{name}=={version_of(name)}\n" for name in names)
    return f"{versions}# to work the estimates out again: python reproduce.py (it needs numpy and scipy)\n"


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
        "reproduce.py works out every number of estimates.csv, att_gt.csv, event_study.csv, placebo.csv and",
        "sensitivity.csv again, from panel.csv, trusts.csv, waves.csv and sap.json alone, and says which are the same:",
        "    python reproduce.py",
        "in the unpacked folder, with Python 3.9, numpy 1.24 and scipy 1.10 or newer and nothing else. It was written",
        "apart from the program that made these files; docs/how-each-number-is-worked-out.md in the source of that",
        "program has every formula.",
        "",
        *(f"{table.name}.csv: {len(table.rows):,} rows" for table in tables),
        "",
    ]
    return "\n".join(lines)
