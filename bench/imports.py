"""How long the largest file of figures takes: the staff survey's workbook, read, looked at and stored. As JSON.

The workbook is made up, in the published layout and size: 215 trusts on five sheets, five years, 117 measures with
their numbers of answers. Processor seconds tell more than the clock where other programs run beside.
`python bench/imports.py`; half a minute.
"""

import asyncio
import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from pilot.commands.migrate import upgrade  # noqa: E402 -- the file is run by its name
from pilot.metrics import service  # noqa: E402
from pilot.metrics.benchmark import read_benchmark  # noqa: E402
from pilot.metrics.layouts import MeasureFile  # noqa: E402
from pilot.store import Store  # noqa: E402
from tests.builders.publishers import ABOUT, a_workbook  # noqa: E402

NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)
TRUSTS, SHEETS, YEARS = 215, 5, range(2021, 2026)
SCORES = [*(f"PP{number}" for number in range(1, 8)), "PP3_2", "PP4_1", "PP4_2", "PP4_3", "M_1", "M_2", "M_3"]
SCORES += ["theme_engagement", "theme_morale"]
SHARES = ["response_rate", *(f"q{number}{letter}" for number in range(2, 27) for letter in "abcd")]


def a_full_workbook() -> bytes:
    """The workbook, with figures that mean nothing."""
    chance = random.Random(20270401)
    headings = [f"{name}_{n}{year}" for year in YEARS for name in (*SCORES, *SHARES) for n in ("", "n_")]

    def row(number: int) -> list[object]:
        cells: list[object] = [f"R{number:03}", f"Trust {number}", "Acute"]
        for _ in YEARS:
            for name in (*SCORES, *SHARES):
                cells += [chance.random() * (10 if name in SCORES else 1), chance.randrange(11, 5000)]
        return cells

    rows = [row(number) for number in range(TRUSTS)]
    sheets = {f"Type {place}": [[*ABOUT, *headings], *rows[place::SHEETS]] for place in range(SHEETS)}
    return a_workbook({"Notes": [["Notes"]], **sheets})


def measured(work: Callable[[], object]) -> tuple[object, dict[str, float]]:
    """What the work gives, and the seconds that it took."""
    clock, processor = time.perf_counter(), time.process_time()
    found = work()
    seconds = {"seconds": time.perf_counter() - clock, "processor_seconds": time.process_time() - processor}
    return found, {name: round(value, 3) for name, value in seconds.items()}


async def through_the_service(content: bytes, url: str) -> dict[str, object]:
    """Sent, looked at and confirmed, each with its seconds."""
    store = Store(url)
    file = MeasureFile("full.xlsx", content, "", "March 2026", "made up", "All trusts", "benchmark")
    seconds: dict[str, object] = {}

    async def step(name: str, verb: Callable[..., Awaitable[object]], *args: object, **words: object) -> object:
        clock, processor = time.perf_counter(), time.process_time()
        async with store.writing() as session:
            found = await verb(session, *args, **words)
        seconds[name] = {
            "seconds": round(time.perf_counter() - clock, 3),
            "processor_seconds": round(time.process_time() - processor, 3),
        }
        return found

    staged = await step("send", service.stage, file, by="bench", now=NOW)
    await step("look", service.look, staged, by="bench")
    await step("confirm", service.confirm, staged, by="bench", now=NOW)
    await store.dispose()
    return seconds


def main() -> None:
    content = a_full_workbook()
    found, reading = measured(lambda: read_benchmark(content))
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{Path(folder) / 'bench.sqlite'}"
        upgrade(url)
        steps = asyncio.run(through_the_service(content, url))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        json.dumps(
            {
                "workbook_mb": round(len(content) / 1024**2, 2),
                "values": getattr(found, "cells", 0),
                "read": reading,
                **steps,
                "peak_mb": peak,
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
