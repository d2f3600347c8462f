"""The download of a study whose pilots were drawn here: what is known of its trusts, files, movements and its draw."""

import csv
import io
import zipfile

import pytest

from pilot.metrics.queries import runs as run_queries
from pilot.metrics.service import runs
from tests.builders.evaluations import a_drawn_study
from tests.builders.metrics import BY, NOW, SETTINGS


async def downloaded(store, study):
    """The files of the download of a study that is worked out now."""
    async with store.writing() as session:
        run = await runs.start(session, study, SETTINGS, by=BY, now=NOW)
    await runs.carry_out(store, SETTINGS, lambda: NOW, run)
    async with store.reading() as session:
        made = await run_queries.run(session, study, run)
        assert made.problem == ""
        _, content = await run_queries.bundle(session, study, run)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return made, {name: archive.read(name) for name in archive.namelist()}


def rows_of(held, name):
    return list(csv.DictReader(io.StringIO(held[f"{name}.csv"].decode())))


@pytest.fixture
async def drawn(store):
    async with store.writing() as session:
        study, design = await a_drawn_study(session)
    return study, design


async def test_a_download_tells_what_is_known_of_trusts_files_and_movements(store, drawn):
    study, design = drawn
    made, held = await downloaded(store, study)
    trusts = {row["ods_code"]: row for row in rows_of(held, "trusts")}
    first = trusts[min(trusts)]
    assert {row["eligible"] for row in trusts.values()} == {"yes"}
    assert {row["icb"] for row in trusts.values()} == {"QMJ"}
    assert (first["cqc_overall"], first["cqc_date"]) == ("Good", "2026-03-19"), "the later one came after the start"
    assert first["predecessors"] == "Y03 Y04"
    assert all(float(row["fte"]) >= 2000 for row in trusts.values())
    waves = [(row["wave"], row["source_file"], len(row["source_sha256"])) for row in rows_of(held, "waves")]
    assert waves == [(y, "early.csv", 64) for y in ("2025", "2026")] + [(y, "late.csv", 64) for y in ("2028", "2029")]
    moved = rows_of(held, "retention")
    assert {row["month"] for row in moved} == {"2027-07", "2027-08"}, "October is in no period of the plan"
    assert {row["staff_group"] for row in moved} == {"all", "Nursing", "Estates", "other groups"}
    assert {row["ods_code"] for row in moved} <= set(trusts)
