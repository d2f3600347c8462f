"""Downloads of made-up studies, put together by the product itself, and unpacked."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import msgspec
import numpy as np

from pilot.metrics import bundle, registration
from pilot.metrics.arms import Arm
from pilot.metrics.disclosure import FIRST
from pilot.metrics.download import PanelCell
from pilot.metrics.gathered import gather, steps
from pilot.metrics.kernel import study as kernel
from pilot.metrics.kernel.studies import StudyOrder
from pilot.metrics.particulars import Known, divisions
from pilot.metrics.queries import Study, Version
from pilot.metrics.registration import AnalysisPlan, Document, Draft, Outcome, Sensitivity, Size, Span, State
from pilot.metrics.respondents import Answering
from pilot.metrics.retention import Rate
from pilot.metrics.service import contents
from pilot.metrics.service.contents import Prepared
from pilot.metrics.service.judging import of_the_plan
from pilot.metrics.service.publishing import Reckoned
from pilot.metrics.turnover import Turnover

NOW = datetime(2028, 1, 10, tzinfo=UTC)
SURVEY, REGISTER = "Staff survey", "Workforce figures"
EFFECT = 0.3
CHECKS = Sensitivity(
    ("ancova", "placebo", "leave-one-out", "pre-trends", "smoothness", "synthetic"), (Decimal("0"), Decimal("0.04"))
)

KNOWN = Known()


def the_arms(
    sets: int, pilots: int, controls: int, starts: Sequence[int] = (2023,), *, named: bool = True
) -> list[Arm]:
    """So many pilots and controls in each set; the sets take the starts (years) in turn."""
    found = []
    for number in range(sets):
        for place in range(pilots + controls):
            begin = date(starts[(number + place) % len(starts)], 1, 1) if place < pilots else None
            found.append(Arm(f"R{number:02}{place:02}", place < pilots, f"s{number}", begin))
    return found


def values_of(
    arms: Sequence[Arm],
    waves: Sequence[int | str],
    *,
    seed: int = 1,
    gaps: int = 0,
    small: int = 0,
    kind: str = "score",
    effect: float = EFFECT,
) -> tuple[PanelCell, ...]:
    """A value for each trust and wave, `gaps` of them missing and `small` of them about fewer than eleven people."""
    chance = np.random.default_rng(seed)
    cells = []
    for arm in arms:
        level = chance.normal(6, 0.5)
        for place, wave in enumerate(waves):
            begun = arm.starts_on is not None and int(str(wave)[:4]) >= arm.starts_on.year
            n = int(chance.integers(200, 400))
            value = round(float(level + 0.05 * place + effect * begun + chance.normal(0, 0.1)), 3)
            cells.append(PanelCell(arm.trust, str(wave), value, n, n, arm.pilot, arm.matched_set, True))
    drop = set(chance.permutation(len(cells))[: gaps + small].tolist())
    gone = set(sorted(drop)[:gaps])
    changes = {"people": 7, "n": 7, "used": kind != "score"}
    return tuple(
        msgspec.structs.replace(cell, **changes) if place in drop else cell
        for place, cell in enumerate(cells)
        if place not in gone
    )


def with_rates(cells: Sequence[PanelCell], lost: int = 0) -> tuple[PanelCell, ...]:
    """The same values with a response rate behind each but the first `lost`; it rises in pilots from 2023 on."""
    chance = np.random.default_rng(5)
    found = list(cells[:lost])
    for cell in cells[lost:]:
        rate = round(0.45 + 0.08 * (cell.pilot and cell.period >= "2023") + float(chance.normal(0, 0.02)), 4)
        found.append(msgspec.structs.replace(cell, answering=Answering(rate, 150)))
    return tuple(found)


def leavers_of(
    arms: Sequence[Arm], months: Sequence[str], gaps: Sequence[tuple[str, str]] = ()
) -> tuple[PanelCell, ...]:
    """The leaver rate of each trust and month with the count behind it, but none in `gaps` (trust, month)."""
    chance, cells = np.random.default_rng(6), []
    for arm in arms:
        head = float(chance.integers(2000, 4000))
        for month in months:
            begun = arm.starts_on is not None and month >= arm.starts_on.isoformat()[:7]
            left = int(20 + chance.poisson(head * (0.004 if begun else 0.006)))
            one = Rate(arm.trust, month, left / head, left, head)
            if (arm.trust, month) not in gaps:
                cells.append(
                    PanelCell(arm.trust, month, one.rate, left, None, arm.pilot, arm.matched_set, True, left=one)
                )
    return tuple(cells)


def a_plan(*outcomes: Outcome, **changes: object) -> AnalysisPlan:
    """A plan of these outcomes with every check."""
    plan = AnalysisPlan(
        estimand="The effect.", population="Trusts.", theory="Because.", primary=outcomes[0], secondaries=outcomes[1:],
        sensitivity=CHECKS, stopping="Once.", size=Size(5, 15, Decimal("0.1"), "made up", effect=Decimal("0.15")),
    )  # fmt: skip
    return msgspec.structs.replace(plan, **changes)


def yearly(name: str, years: Sequence[int], start: int = 2023, instrument: str = SURVEY) -> Outcome:
    """An outcome with the years before the start and from it on."""
    return Outcome(instrument, name, Span(str(years[0]), str(start - 1)), Span(str(start), str(years[-1])))


def a_download(
    plan: AnalysisPlan,
    arms: Sequence[Arm],
    values: Mapping[str, tuple[PanelCell, ...]],
    kinds: Mapping[str, str] = {},
    known: Known = KNOWN,
    *,
    earlier: Sequence[AnalysisPlan] = (),
    seen: Sequence[int] = (),
) -> bundle.Bundle:
    """The download of a study; `values` and `kinds` (else “score”) are by instrument and outcome, with a slash.

    `earlier` are the plans that it amended; the versions with the numbers `seen` were made after figures were seen.
    """
    held = {arm.trust: arm for arm in arms}
    study = _study((*earlier, plan), registration.allocation_digest(arms), seen)
    gathered, estimated = [], []
    for outcome in plan.outcomes:
        key = f"{outcome.instrument}/{outcome.name}"
        one = gather(plan, outcome, kinds.get(key, "score"), values[key], held, smallest=11)
        if outcome is plan.primary and one.measured:
            groups = divisions(plan.subgroups, held, {}, known)
            one = msgspec.structs.replace(one, measured=msgspec.structs.replace(one.measured, divisions=groups))
        gathered.append(one)
        judged = of_the_plan(study.documents, study.documents[-1], one, held, drawn=known.eligible is not None)
        estimated.append(msgspec.structs.replace(judged, steps=steps(held, one)))
    order = StudyOrder(
        tuple(one.measured for one in gathered if one.measured is not None),
        plan.sensitivity.checks,
        tuple(float(bend) for bend in plan.sensitivity.smoothness),
    )
    prepared = Prepared(
        study,
        study.versions[-1],
        tuple(gathered),
        tuple(estimated),
        held,
        {},
        order,
        Reckoned((), (), 11),
        known,
        Turnover(None, FIRST),
    )
    return bundle.build("study-1", contents.of(prepared, kernel.work_out(order, lambda _: None), NOW, {}))


def unpack(made: bundle.Bundle, folder: Path) -> Path:
    """The files of a download in a folder."""
    with zipfile.ZipFile(io.BytesIO(made.content)) as archive:
        archive.extractall(folder)
    return folder


def _study(plans: Sequence[AnalysisPlan], allocation: str, seen: Sequence[int]) -> Study:
    versions: list[Version] = []
    for number, plan in enumerate(plans, 1):
        document = Document(
            "Morale", number, plan, "0.1.0", plan.seed, allocation, versions[-1].sha256 if versions else "",
            "Better so." if versions else "", seen=number in seen,
        )  # fmt: skip
        text = registration.to_bytes(document)
        versions.append(Version(number, document, text.decode(), registration.digest(text), NOW, "account 7"))
    draft = Draft(plans[-1])
    return Study(1, "Morale", State.LOCKED, 1, "Trusts", "programme", draft, "", NOW, "account 7", tuple(versions))
