"""What a study's download holds: its tables, its pictures, and the words around them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.metadata import version as version_of

import msgspec

from pilot.metrics import allotment, findings, particulars, readings
from pilot.metrics.allotment import Announced
from pilot.metrics.arms import Arm
from pilot.metrics.bundle import Contents
from pilot.metrics.disclosure import Released
from pilot.metrics.files import programs
from pilot.metrics.gathered import Gathered, outcomes, panel
from pilot.metrics.kernel.designs import DrawnFrom
from pilot.metrics.kernel.studies import Studied, StudyOrder
from pilot.metrics.particulars import Known
from pilot.metrics.queries import Study, Version
from pilot.metrics.queries.runs import Estimated
from pilot.metrics.service.publishing import Reckoned
from pilot.metrics.turnover import Turnover
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
    known: Known
    turnover: Turnover
    announced: tuple[Announced, ...] | None = None


MADE_UP = "Demonstration: the trusts, people and figures are made up, so nothing here is a finding."


def of(
    prepared: Prepared, found: Studied, now: datetime, pages: Mapping[str, str], *, made_up: bool = False
) -> Contents:
    """Everything that goes into the download of a run. `pages` are HTML for readers, by name.

    `made_up`: it says of itself that it comes from a demonstration.
    """
    version = prepared.version
    status = {one.outcome: one.status for one in prepared.estimated}
    spec = f"{prepared.study.name}, plan {version.document.version}, {version.sha256[:12]}"
    tables = [
        particulars.trusts(prepared.arms, prepared.trusts, [one.periods for one in prepared.gathered], prepared.known),
        particulars.waves(_used(prepared), prepared.known.sources),
        outcomes(prepared.gathered),
        panel(prepared.gathered, prepared.reckoned.smallest),
        *((prepared.turnover.table,) if prepared.turnover.table else ()),
        findings.estimates(found.outcomes, spec, status, _answers(prepared)),
        *findings.effects(found.outcomes),
        findings.placebo(found.outcomes),
        findings.sensitivity(found.outcomes),
        findings.flow(prepared.estimated[0].steps),
        *_of_the_draw(prepared.order.draw),
        *(() if prepared.announced is None else (allotment.draws(prepared.announced),)),
    ]
    pictures = {f"{name}.svg": svg.encode() for name, svg in found.svg.items()}
    pictures |= {f"{name}.png": png for name, png in found.png.items()}
    return Contents(
        title=f"{prepared.study.name}. {MADE_UP}" if made_up else prepared.study.name,
        made_on=now.date(),
        tables=tuple(tables),
        plan=version.text.encode(),
        earlier=tuple(one.text.encode() for one in prepared.study.versions[: version.document.version - 1]),
        pictures=pictures,
        programs=programs(),
        words={
            "README.txt": _readme(prepared, tables, made_up=made_up),
            "environment.txt": _environment(),
            **{f"{name}.html": text for name, text in pages.items()},
        },
    )


def _amended(prepared: Prepared) -> list[str]:
    """Why the plan was amended the last time, if it was."""
    return [prepared.version.document.reason] if prepared.version.document.version > 1 else []


def _used(prepared: Prepared) -> set[tuple[str, str]]:
    return {(one.instrument, label) for one in prepared.gathered for label in one.periods}


def _of_the_draw(draw: DrawnFrom | None) -> tuple[Released, ...]:
    return () if draw is None else (findings.balance(draw), findings.power(draw))


def _draws(announced: Sequence[Announced] | None) -> list[str]:
    """How many draws were announced for the trusts, with those that were not used."""
    if announced is None:
        return []
    return [readings.draws(announced), *(readings.other_draw(one) for one in announced if not one.used)]


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


def _stricter(prepared: Prepared) -> list[str]:
    """That staff movements are held to more people than the other files, where they are."""
    smallest = prepared.turnover.shown.smallest
    return [f"In retention.csv it is {smallest} people."] if smallest > prepared.reckoned.smallest else []


def _left_out(turnover: Turnover) -> list[str]:
    """That months of staff movements are not shown, where some are not."""
    if not (gone := turnover.left_out):
        return []
    months = "1 month of a trust" if gone == 1 else f"{gone:,} months of trusts"
    return [
        f"retention.csv leaves out {months}: with what it shows here, or showed in an earlier download or in other",
        "files, they could give a small number away.",
    ]


def _environment() -> str:
    names = ("pilot", "numpy", "scipy", "matplotlib", "xlsxwriter")
    versions = "".join(f"{name}=={version_of(name)}\n" for name in names)
    return f"{versions}# to work the estimates out again: python reproduce.py (it needs numpy and scipy)\n"


def _readme(prepared: Prepared, tables: Sequence[Released], *, made_up: bool) -> str:
    lines = [
        prepared.study.name,
        *([MADE_UP] if made_up else ()),
        "",
        f"Plan: version {prepared.version.document.version}, SHA-256 {prepared.version.sha256} (sap.json).",
        *(f"It amends the versions before it (sap-1.json, …): {said}" for said in _amended(prepared)),
        *(f"{one.outcome}: {one.status}. {' '.join(one.sentences)}" for one in prepared.estimated),
        *(f"{one.outcome} is not estimated: {one.problem}." for one in prepared.estimated if one.problem),
        *_draws(prepared.announced),
        "",
        "report.html is for reading and printing: what was found, in words, pictures and tables.",
        "codebook.csv says what every column of every file is. SHA256SUMS has the digest of every file. The digest of",
        "the ZIP file is on the page of the study: compare it if somebody else gave you these files.",
        f"Figures about fewer than {prepared.reckoned.smallest} people are suppressed, and so is every figure",
        "worked out from one of them.",
        *_stricter(prepared),
        *_left_out(prepared.turnover),
        "",
        "reproduce.py works out every number of estimates.csv, att_gt.csv, event_study.csv, placebo.csv and",
        "sensitivity.csv again, from panel.csv, trusts.csv, waves.csv, outcomes.csv and sap.json alone, and says which",
        "are the same; before that, whether the files are those of SHA256SUMS and each status follows from the plan:",
        "    python reproduce.py",
        "in the unpacked folder, with Python 3.9, numpy 1.24 and scipy 1.10 or newer and nothing else. The folder",
        "reproduction has a file for each method. Both were written apart from the program that made these files;",
        "docs/how-each-number-is-worked-out.md in the source of that program has every formula.",
        "",
        *(f"{table.name}.csv: {len(table.rows):,} rows" for table in tables),
        "",
    ]
    return "\n".join(lines)
