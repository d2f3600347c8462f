"""What a study's download holds: its tables, its pictures, and the words around them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.metadata import version as version_of

import msgspec

from pilot.metrics import findings, particulars, turnover
from pilot.metrics.arms import Arm
from pilot.metrics.bundle import Contents
from pilot.metrics.codebook import columns
from pilot.metrics.disclosure import Cell, Figure, Released, release
from pilot.metrics.gathered import Gathered
from pilot.metrics.kernel.designs import DrawnFrom
from pilot.metrics.kernel.studies import Studied, StudyOrder
from pilot.metrics.particulars import Known
from pilot.metrics.queries import Study, Version
from pilot.metrics.queries.runs import Estimated
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
    known: Known


def of(prepared: Prepared, found: Studied, now: datetime, pages: Mapping[str, str]) -> Contents:
    """Everything that goes into the download of a run. `pages` are HTML for readers, by name."""
    version = prepared.version
    status = {one.outcome: one.status for one in prepared.estimated}
    spec = f"{prepared.study.name}, plan {version.document.version}, {version.sha256[:12]}"
    tables = [
        particulars.trusts(prepared.arms, prepared.trusts, prepared.gathered[0].periods, prepared.known),
        particulars.waves(_used(prepared), prepared.known.sources),
        _panel(prepared),
        *_retention(prepared),
        findings.estimates(found.outcomes, spec, status, _answers(prepared)),
        *findings.effects(found.outcomes),
        findings.placebo(found.outcomes),
        findings.sensitivity(found.outcomes),
        findings.flow(prepared.estimated[0].steps),
        *_of_the_draw(prepared.order.draw),
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
        words={
            "README.txt": _readme(prepared, tables),
            "environment.txt": _environment(),
            **{f"{name}.html": text for name, text in pages.items()},
        },
    )


def _used(prepared: Prepared) -> set[tuple[str, str]]:
    return {(one.instrument, label) for one in prepared.gathered for label in one.periods}


def _retention(prepared: Prepared) -> tuple[Released, ...]:
    movements = [one for one in prepared.known.movements if one.trust in prepared.arms]
    first = min((arm.starts_on for arm in prepared.arms.values() if arm.starts_on), default=None)
    months = turnover.months_of(prepared.version.document.plan, movements, first)
    found = turnover.retention(movements, months)
    return () if found is None else (found,)


def _of_the_draw(draw: DrawnFrom | None) -> tuple[Released, ...]:
    return () if draw is None else (findings.balance(draw), findings.power(draw))


def _panel(prepared: Prepared) -> Released:
    rows: list[list[Cell | Figure]] = []
    for one in prepared.gathered:
        for cell in one.cells:
            answers = None if cell.n is None else Figure(cell.n, cell.n)
            value = Figure(cell.value, cell.people)
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
        "report.html is for reading and printing: what was found, in words, pictures and tables.",
        "codebook.csv says what every column of every file is. SHA256SUMS has the digest of every file.",
        "Figures about fewer than 11 people are suppressed, and so is every figure worked out from one of them.",
        "",
        *(f"{table.name}.csv: {len(table.rows):,} rows" for table in tables),
        "",
    ]
    return "\n".join(lines)
