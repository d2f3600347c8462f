"""The download of a study whose pilots were drawn here: what is known of its trusts, files, movements and its draw."""

import csv
import io
import zipfile
from datetime import timedelta

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import select

from pilot.metrics.kernel.studies import Studied
from pilot.metrics.queries import designs
from pilot.metrics.queries import runs as run_queries
from pilot.metrics.queries.publications import Document
from pilot.metrics.service import designs as drawing
from pilot.metrics.service import runs
from pilot.metrics.shown import RETENTION
from pilot.metrics.tables import PublicationRow
from tests.builders.designs import BEACON, SPREAD, an_announced
from tests.builders.evaluations import a_drawn_study
from tests.builders.metrics import BY, NOW, SETTINGS


async def downloaded(store, study):
    """The run and the files of the download of a study that is worked out now."""
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


def holds_what_was_known_before_the_draw(held, design):
    """balance.csv, power.csv and the head of flow.csv, digit for digit as the pages of the design show them."""
    assert [float(row["smd"]) for row in rows_of(held, "balance")] == [row.smd for row in design.weighed.balance]
    power = rows_of(held, "power")
    shown = [mde for point in design.drawn_up.power for mde in (point.mde, point.mde_in_sets)]
    assert [float(row["mde"]) for row in power] == shown
    assert {(float(row["sd_change"]), row["outcome"]) for row in power} == {(SPREAD.sd, "engagement")}
    eligible, inside, *arms = rows_of(held, "flow")
    assert (eligible["stage"], int(eligible["n_trusts"])) == ("eligible", len(design.eligible.trusts))
    assert int(eligible["n_staff"]) == round(sum(one.fte for one in design.eligible.trusts))
    assert eligible["reason"] == "1 left out (1: It has no baseline level, so no change of it could be seen)"
    assert (inside["stage"], int(inside["n_trusts"])) == ("in a matched set", 3 * len(design.drawn_up.sets))
    assert int(inside["n_staff"]) == sum(int(row["n_staff"]) for row in arms if row["stage"] == "assigned")


def names_every_draw_that_was_announced(held, used, other):
    """The one that gave the arms, and the one on the same beacon that did not, with its reason."""
    rows = {int(row["draw"]): row for row in rows_of(held, "draws")}
    assert {number: row["used"] for number, row in rows.items()} == {used: "yes", other: "no"}
    assert (rows[used]["beacon"], rows[used]["drawn_on"]) == (BEACON, "2027-03-05")
    assert (rows[other]["drawn_on"], rows[other]["given_up_because"]) == ("", "It was not to our liking.")
    assert 0 < int(rows[other]["n_trusts"]) < int(rows[used]["n_trusts"])
    for name in ("report.html", "README.txt"):
        words = held[name].decode()
        assert "This draw is 1 of 2 that were announced for these trusts." in words, name
        assert f"(draw {other}), announced on 1 March 2027" in words, name
        assert "given up: It was not to our liking." in words, name


@pytest.fixture
async def drawn(store):
    async with store.writing() as session:
        return await a_drawn_study(session)


async def test_a_download_tells_what_is_known_of_trusts_files_and_movements(store, drawn):
    study, number = drawn
    async with store.writing() as session:
        other = await an_announced(session)
        await drawing.give_up(session, other, "It was not to our liking.", by=BY, now=NOW)
    made, held = await downloaded(store, study)
    names_every_draw_that_was_announced(held, number, other)
    async with store.reading() as session:
        design = await designs.design(session, number)
        pictures = await run_queries.pictures(session, made.id)
    holds_what_was_known_before_the_draw(held, design)
    assert made.draw.balance == design.weighed.balance
    assert {row["status"] for row in rows_of(held, "estimates")} == {"prespecified"}
    assert {"flow", "balance", "power"} <= pictures
    assert {f"{name}.{kind}" for name in ("flow", "balance", "power") for kind in ("svg", "png")} <= set(held)
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
    await is_the_same_when_it_is_put_together_again(store, made, held)
    await shows_no_month_of_staff_otherwise_than_before(store, study, held)


async def shows_no_month_of_staff_otherwise_than_before(store, study, held):
    """As if one headcount had been another in the first download: the second one leaves that month out, and says so."""
    first = min(row["ods_code"] for row in rows_of(held, "retention"))
    name = (first, "2027-07", "all", "headcount_start")
    wanted = PublicationRow.instrument == RETENTION
    async with store.writing() as session:
        row = (await session.scalars(select(PublicationRow).where(wanted))).one()
        known = msgspec.json.decode(row.document, type=Document)
        assert (row.version, row.dataset) == (1, ""), "one series for every set of trusts"
        cells = tuple((n, people + 1 if n == name else people, *more) for n, people, *more in known.cells)
        assert cells != known.cells
        row.document = msgspec.json.encode(replace(known, cells=cells))
    _, again = await downloaded(store, study)
    rest = [row for row in rows_of(held, "retention") if (row["ods_code"], row["month"]) != (first, "2027-07")]
    assert rows_of(again, "retention") == rest
    assert "retention.csv leaves out 1 month of a trust: with what it shows here" in again["README.txt"].decode()
    assert "leaves out" not in held["README.txt"].decode()
    async with store.writing() as session:
        row = (await session.scalars(select(PublicationRow).where(wanted))).one()
        assert row.version == 1
        row.document = msgspec.json.encode(replace(known, smallest=500))
    _, third = await downloaded(store, study)
    assert "retention.csv" not in third, "no trust has 500 leavers, and what was asked for once is never taken back"
    assert "months of trusts: with what it shows" in third["README.txt"].decode()
    assert "In retention.csv it is 500 people." in third["README.txt"].decode()


async def is_the_same_when_it_is_put_together_again(store, made, held):
    """From what is stored, at another time: every file but the PNG pictures, which are in the download only."""
    async with store.reading() as session:
        prepared = await runs.prepare(session, made.id)
        names = await run_queries.pictures(session, made.id)
        svg = {name: await run_queries.picture(session, made.study_id, made.id, name) for name in names}
    png = {name.removesuffix(".png"): content for name, content in held.items() if name.endswith(".png")}
    found = Studied(made.found, svg, png)
    again = runs.put_together(prepared, found, NOW + timedelta(hours=1), SETTINGS)
    assert again.sha256 == made.bundle_sha256
    report = held["report.html"].decode()
    assert report.count("<svg") == len(svg)
    assert "<script" not in report
    assert "report.html is for reading" in held["README.txt"].decode()
    for name in ("README.txt", "report.html", "datapackage.json"):
        assert "made up, so nothing here is a finding" in held[name].decode(), name
    real = runs.put_together(prepared, found, NOW, replace(SETTINGS, mode="production"))
    with zipfile.ZipFile(io.BytesIO(real.content)) as archive:
        for name in ("README.txt", "report.html", "datapackage.json"):
            assert b"nothing here is a finding" not in archive.read(name), name
