"""Measure how a survey wave closes: 430,000 papers added up into cells, and the cells stored. Prints JSON.

    python bench/evaluation_wave.py [--papers 430000] [--trusts 200]

What is measured is what comes after a trust's box was opened: scoring and the one aggregation (metrics.cells), trust by
trust as the clock does it, and writing all cells into an SQLite file. Opening the sealed papers is measured by
bench/protocol.py.
"""

import argparse
import asyncio
import json
import os
import platform
import random
import resource
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from sqlalchemy import insert

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from pilot.commands.migrate import upgrade
from pilot.metrics.cells import Cell, cells_of
from pilot.metrics.queries import waves as queries
from pilot.metrics.questionnaire import PULSE, Offer, offered
from pilot.metrics.scores import Paper
from pilot.metrics.tables.waves import CellRow, WaveRow, WaveTrustRow
from pilot.people import service as people
from pilot.people.trusts import Trust
from pilot.store import Store

NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)
GROUPS = 9
SITES = 4


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--papers", type=int, default=430_000)
    parser.add_argument("--trusts", type=int, default=200)
    asked = parser.parse_args()
    each = asked.papers // asked.trusts
    groups = [(f"Staff group {n}", each // 4) for n in range(GROUPS)]
    offer = offered(groups, [(f"Site {n}", each // 2) for n in range(SITES)], 11)
    papers = _papers(random.Random(5), each)
    seconds, cells = _add_up(offer, papers, asked.trusts)
    quickest = min(seconds) * asked.trusts
    stored = asyncio.run(_store(cells, asked.trusts))
    print(
        json.dumps(
            {
                "machine": {"python": platform.python_version(), "cpus": os.cpu_count(), "load": os.getloadavg()[0]},
                "papers": each * asked.trusts,
                "trusts": asked.trusts,
                "items": len(PULSE.items),
                "outcomes": len(PULSE.outcomes),
                "cells": len(cells) * asked.trusts,
                "aggregation_cpu_s": round(sum(seconds), 3),
                "aggregation_cpu_s_if_all_were_as_the_quickest": round(quickest, 3),
                "microseconds_a_paper": round(1e6 * sum(seconds) / (each * asked.trusts), 3),
                **stored,
                "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
            },
            indent=1,
        )
    )


def _papers(chance: random.Random, number: int) -> list[Paper]:
    """Papers of one trust: most items answered, one in twelve left out; groups and sites said by most."""

    def one(options: int) -> tuple[str, ...]:
        return () if chance.random() < 1 / 12 else (str(chance.randint(1, options)),)

    return [(*(one(5) for _ in PULSE.items), one(GROUPS), one(SITES)) for _ in range(number)]


def _add_up(offer: Offer, papers: list[Paper], trusts: int) -> tuple[list[float], tuple[Cell, ...]]:
    """Processor time of the aggregation of each trust, and the cells of one.

    The quickest says what the work takes when nobody else wants the processor's cache and clock.
    """
    cells: tuple[Cell, ...] = ()
    seconds = []
    for _ in range(trusts):
        begun = time.process_time()
        cells = cells_of(PULSE, offer, papers)
        seconds.append(time.process_time() - begun)
    return seconds, cells


async def _store(cells: tuple[Cell, ...], trusts: int) -> dict[str, float | int]:
    """Write the cells of every trust, each in a transaction, and read them all back as an analysis does."""
    rows = [msgspec.structs.asdict(cell) for cell in cells]
    codes = [f"T{trust:03}" for trust in range(trusts)]
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{folder}/pilot.sqlite"
        await asyncio.to_thread(upgrade, url)
        store = Store(url)
        wave = await _make(store, codes)
        begun = time.perf_counter()
        for code in codes:
            async with store.writing() as session:
                await session.execute(insert(CellRow), [{"wave_id": wave, "trust": code, **row} for row in rows])
        written = time.perf_counter() - begun
        begun = time.perf_counter()
        async with store.reading() as session:
            found = len(await queries.cells(session, wave))
        await store.dispose()
        return {"written_s": round(written, 3), "read_s": round(time.perf_counter() - begun, 3), "rows": found}


async def _make(store: Store, codes: list[str]) -> int:
    """A closed wave of so many trusts, without anybody; its id."""
    async with store.writing() as session:
        for code in codes:
            await people.add_trust(session, Trust(code, code, "control"), by="bench", now=NOW)
        window = {"opens_at": NOW, "closes_at": NOW + timedelta(days=14), "period": "2027-03", "made_by": "bench"}
        fixed = {"frozen_on": NOW.date(), "script": "5c" * 32, "questionnaire": {}}
        row = WaveRow(title="Pulse", kind="baseline", state="closed", **window, **fixed)
        session.add(row)
        await session.flush()
        session.add_all(WaveTrustRow(wave_id=row.id, trust=code, offer={}) for code in codes)
        return row.id


if __name__ == "__main__":
    main()
