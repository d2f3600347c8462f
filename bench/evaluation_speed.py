"""What the evaluation costs: a whole study in its worker, and the page of a comparison. Parts of bench/evaluation.py.

Both run what an installation runs: the services on an SQLite file, the worker process with its cap on memory, the
application itself. Processor time stands beside the wall's, since whoever measures is seldom alone on a machine.
"""

import asyncio
import os
import random
import re
import resource
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

from pilot.app import create_app
from pilot.commands.migrate import upgrade
from pilot.metrics import queries, service
from pilot.metrics.kernel.studies import Studied
from pilot.metrics.registration import AnalysisPlan, Outcome, Sensitivity, Size, Span
from pilot.metrics.registration.planned import CHECKS
from pilot.metrics.service import Ask, MeasureFile, runs
from pilot.metrics.service.asking import ask
from pilot.people.roles import Role
from pilot.settings import Settings
from pilot.store import Store
from tests.conftest import Client, MovableClock
from tests.signing_in import sign_in

NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)
YEARS = tuple(range(2010, 2018))
START = 2014
OUTCOMES = ("engagement", "morale", "leaving", "pressure", "leadership", "motivation")
SETS, EACH = 10, 4
"""Ten sets of one pilot and three controls: 4¹⁰ = 1,048,576 allocations."""

VIEWS = 200


def whole() -> dict[str, Any]:
    """Six outcomes, by Callaway and Sant'Anna and by differences in differences: with every check, and the planned
    estimates with their tests and adjustments alone."""
    every = tuple(name for name in CHECKS if name not in ("response", "counts"))
    return {
        estimator: {
            "every check": asyncio.run(_whole(estimator, every)),
            "no check": asyncio.run(_whole(estimator, ())),
        }
        for estimator in ("callaway-santanna", "did")
    }


def page() -> dict[str, Any]:
    """The page of a stored comparison, asked for one time after the other."""
    return asyncio.run(_page())


async def _whole(estimator: str, checks: tuple[str, ...]) -> dict[str, Any]:
    async with _installation() as (store, settings):
        run_id = await _asked(store, settings, estimator, checks)
        steps: list[tuple[str, float]] = []

        async def heard(step: str) -> None:
            steps.append((step, time.perf_counter()))

        begun, before, own = time.perf_counter(), _worker(), time.process_time()
        async with store.reading() as session:
            prepared = await runs.prepare(session, run_id)
        await heard("the worker starts")
        found = await ask(prepared.order, Studied, runs.WORKING_OUT, settings, heard)
        await heard("the download")
        made = runs.put_together(prepared, found, NOW, settings)
        await heard("the end")
        after = _worker()
        return {
            "seconds": round(time.perf_counter() - begun, 2),
            "seconds without pictures": round(steps[-1][1] - begun - _spent(steps)["Drawing the pictures"], 2),
            "processor seconds of the worker": round(
                after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 2
            ),
            "processor seconds here": round(time.process_time() - own, 2),
            "peak MB of the worker": round(after.ru_maxrss / 1024),
            "load": os.getloadavg()[0],
            "permutations": found.outcomes[0].main.estimates[0].permutations,
            "pictures": len(found.svg),
            "bundle kB": round(len(made.content) / 1000),
            "refused": sorted({f"{name}: {why}" for one in found.outcomes for name, why in one.refused}),
            "steps": {name: round(seconds, 2) for name, seconds in _spent(steps).items()},
        }


def _worker() -> resource.struct_rusage:
    return resource.getrusage(resource.RUSAGE_CHILDREN)


def _spent(steps: list[tuple[str, float]]) -> dict[str, float]:
    """Wall seconds of each kind of step, over all outcomes."""
    found: dict[str, float] = {}
    for (step, begun), (_, ended) in pairwise(steps):
        name = re.sub(f" on ({'|'.join(OUTCOMES)})", "", step)
        found[name] = found.get(name, 0.0) + ended - begun
    return found


@asynccontextmanager
async def _installation() -> AsyncIterator[tuple[Store, Settings]]:
    """A store of its own with a panel of forty trusts, eight years and six outcomes, and their arms."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{folder}/pilot.sqlite"
        await asyncio.to_thread(upgrade, url)
        store, settings = Store(url), Settings(database_url=url, secret_key=b"x" * 32, evaluate_seconds=600)
        async with store.writing() as session:
            file = MeasureFile("panel.csv", _panel(), "Other measures", "2020", "made up", "Other trusts")
            await service.load_measures(session, file, by="bench", now=NOW)
            dataset = await queries.dataset_called(session, "Other trusts")
            assert dataset is not None
            await service.replace_arms(session, dataset.id, _arms(), by="bench", now=NOW)
        yield store, settings
        await store.dispose()


def _panel() -> bytes:
    chance = random.Random(1)
    lines = [",".join(("Code", "Year", *OUTCOMES))]
    for number in range(SETS * EACH):
        levels = [chance.gauss(6, 0.5) for _ in OUTCOMES]
        for year in YEARS:
            effect = 0.1 if number % EACH == 0 and year >= START else 0.0
            values = [f"{level + effect + chance.gauss(0, 0.1):.3f}" for level in levels]
            lines.append(",".join((f"X{number:02}", str(year), *values)))
    return "\n".join(lines).encode()


def _arms() -> bytes:
    lines = ["ods_code,arm,set,start"]
    for number in range(SETS * EACH):
        pilot = number % EACH == 0
        lines.append(f"X{number:02},{'pilot' if pilot else 'control'},s{number // EACH},{START if pilot else ''}")
    return "\n".join(lines).encode()


async def _asked(store: Store, settings: Settings, estimator: str, checks: tuple[str, ...]) -> int:
    """A locked plan and a run of it that waits."""
    before, after = Span(str(YEARS[0]), str(START - 1)), Span(str(START), str(YEARS[-1]))
    primary, *others = (Outcome("Other measures", name, before, after) for name in OUTCOMES)
    plan = AnalysisPlan(
        estimand="How much more pilots changed than controls.",
        population="Ten pilots and thirty controls.",
        theory="Who is heard is content.",
        primary=primary,
        secondaries=tuple(others),
        estimator=estimator,
        aggregates=("simple", "dynamic", "group", "calendar"),
        sensitivity=Sensitivity(checks, Sensitivity().smoothness if "smoothness" in checks else ()),
        stopping="Looked at once, at the end.",
        size=Size(SETS, SETS * (EACH - 1), Decimal("0.134"), "made up"),
    )
    async with store.writing() as session:
        dataset = await queries.dataset_called(session, "Other trusts")
        assert dataset is not None
        study = await service.load_plan(session, "Bench", plan, dataset_id=dataset.id, by="bench", now=NOW)
        return await runs.start(session, study, settings, by="bench", now=NOW)


async def _page() -> dict[str, Any]:
    async with _installation() as (store, settings):
        async with store.reading() as session:
            dataset = await queries.dataset_called(session, "Other trusts")
            assert dataset is not None
            measure = next(one.id for one in await queries.measures(session, dataset.id) if one.outcome == "morale")
            before, after = (tuple(str(year) for year in YEARS if (year < START) is early) for early in (True, False))
            prepared = await service.prepare(session, Ask(measure, before, after, "complete", "permutation"))
        answer = await service.compare(prepared.order, settings)
        async with store.writing() as session:
            comparison = await service.keep(session, prepared, answer, by="bench", now=NOW)
        run_id = await _asked(store, settings, "did", Sensitivity().checks)
        await runs.carry_out(store, settings, lambda: NOW, run_id)
        async with Client(app=create_app(settings, MovableClock(), ticking=False)) as client:
            await sign_in(client, Role.EVALUATOR)
            pages = {"comparison": f"/comparisons/{comparison}", "study": "/studies/1/runs/1"}
            return {name: await _viewed(client, path) for name, path in pages.items()}


async def _viewed(client: Client, path: str) -> dict[str, Any]:
    """Milliseconds of one page asked for often, through the whole application."""
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    walls, own = [], time.process_time()
    for _ in range(VIEWS):
        begun = time.perf_counter()
        await client.get(path)
        walls.append(1000 * (time.perf_counter() - begun))
    return {
        "views": VIEWS,
        "median ms": round(statistics.median(walls), 1),
        "quickest ms": round(min(walls), 1),
        "slowest of twenty ms": round(sorted(walls)[VIEWS * 19 // 20], 1),
        "processor ms each": round(1000 * (time.process_time() - own) / VIEWS, 1),
        "kB": round(len(answer.content) / 1000, 1),
        "load": os.getloadavg()[0],
    }
