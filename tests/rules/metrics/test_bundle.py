"""The download of a study: the same bytes each time, understood by a validator of data packages, safe to open."""

import csv
import hashlib
import io
import json
import os
import subprocess
import sys
import time
import zipfile
from datetime import date

from msgspec.structs import replace
from python_calamine import CalamineWorkbook

from pilot.metrics import bundle
from pilot.metrics.codebook import CODEBOOK, TABLES, columns
from pilot.metrics.disclosure import Figure, release

TRUST = ("RXX", "A Trust, “long” name", "pilot", "s1", "2027", "acute", "North", "QAA", "Good", "Good", "2026-01-31")
TRUSTS = release(
    "trusts",
    columns("trusts"),
    [
        (*TRUST, 5012.5, "yes", None, "", "2027-01-01"),
        (
            "RYY",
            "=HYPERLINK(1)",
            "control",
            "s1",
            "",
            "acute",
            "North",
            "QAA",
            "Good",
            "",
            None,
            None,
            "yes",
            None,
            "RZZ",
            None,
        ),
    ],
)
PANEL = release(
    "panel",
    columns("panel"),
    [
        ("RXX", "2027", "morale", 500, 500, Figure(220, 220), 0.44, 218, 210.5, 6.1, 6.0, 0.12, "", ""),
        ("RYY", "2027", "morale", 40, 40, Figure(7, 7), None, None, None, None, Figure(5.5, 7), None, "", ""),
    ],
)
CONTENTS = bundle.Contents(
    title="Morale in the pilots",
    made_on=date(2028, 3, 1),
    tables=(PANEL, TRUSTS),
    plan=b'{"outcome":"morale"}',
    pictures={"event_study-morale.svg": b"<svg/>"},
    programs={"reproduce.py": b"print(1)\n"},
    words={"README.txt": "What this is.\n", "report.html": "<!doctype html>"},
)


def files(made):
    with zipfile.ZipFile(io.BytesIO(made.content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_it_is_the_same_bytes_each_time(tmp_path):
    """In this process, later, and in another one with another seed for the order of sets."""
    first = bundle.build("morale", CONTENTS)
    time.sleep(1.1)  # a zip file keeps its times in steps of two seconds, a workbook in seconds
    assert bundle.build("morale", CONTENTS) == first
    code = (
        "from tests.rules.metrics.test_bundle import CONTENTS, bundle; print(bundle.build('morale', CONTENTS).sha256)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "7"},
    )
    assert done.stdout.strip() == first.sha256


def test_its_name_tells_study_day_and_what_is_in_it():
    made = bundle.build("morale", CONTENTS)
    sums = files(made)["SHA256SUMS"]
    assert made.name == f"pilot-evaluation-morale-2028-03-01-{hashlib.sha256(sums).hexdigest()[:8]}.zip"
    other = bundle.build("morale", replace(CONTENTS, words={"README.txt": "Something else.\n"}))
    assert other.name != made.name


def test_the_sums_cover_every_other_file():
    held = files(bundle.build("morale", CONTENTS))
    listed = dict(line.split("  ")[::-1] for line in held["SHA256SUMS"].decode().splitlines())
    assert set(listed) == set(held) - {"SHA256SUMS"}
    assert all(hashlib.sha256(held[name]).hexdigest() == digest for name, digest in listed.items())
    assert held["sap.sha256"].decode().split() == [hashlib.sha256(held["sap.json"]).hexdigest(), "sap.json"]


def test_without_a_locked_plan_there_is_none_in_it():
    assert not {"sap.json", "sap.sha256"} & set(files(bundle.build("morale", replace(CONTENTS, plan=None))))


def test_the_validator_of_data_packages_accepts_it_and_notices_a_changed_cell(tmp_path):
    import frictionless

    for name, content in files(bundle.build("morale", CONTENTS)).items():
        (tmp_path / name).write_bytes(content)
    report = frictionless.validate(str(tmp_path / "datapackage.json"))
    assert report.valid, report.flatten(["rowNumber", "fieldName", "note"])
    panel = (tmp_path / "panel.csv").read_text()
    (tmp_path / "panel.csv").write_text(panel.replace("6.1", "six"))
    assert not frictionless.validate(str(tmp_path / "datapackage.json")).valid


def test_hidden_figures_are_hidden_in_every_file():
    held = files(bundle.build("morale", CONTENTS))
    rows = list(csv.DictReader(io.StringIO(held["panel.csv"].decode())))
    assert (rows[1]["n_resp"], rows[1]["mean_unw"], rows[1]["suppressed"]) == ("suppressed", "suppressed", "yes")
    sheet = CalamineWorkbook.from_object(io.BytesIO(held["tables.xlsx"])).get_sheet_by_name("panel").to_python()
    assert sheet[2][columns("panel").index("n_resp")] == "suppressed"
    assert sheet[1][columns("panel").index("mean_w")] == 6.1


def test_no_cell_is_a_formula():
    held = files(bundle.build("morale", CONTENTS))
    assert "'=HYPERLINK(1)" in held["trusts.csv"].decode()
    with zipfile.ZipFile(io.BytesIO(held["tables.xlsx"])) as book:
        sheets = [book.read(name) for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
    assert sheets
    assert not any(b"<f>" in sheet for sheet in sheets)


def test_the_codebook_says_what_every_column_of_every_file_is():
    held = files(bundle.build("morale", CONTENTS))
    rows = list(csv.DictReader(io.StringIO(held["codebook.csv"].decode())))
    assert tuple(rows[0]) == CODEBOOK
    assert {(row["file"], row["column"]) for row in rows} == {(f"{t}.csv", c) for t in TABLES for c in columns(t)}
    assert all(row["definition"] and row["type"] and row["source"] for row in rows)
    package = json.loads(held["datapackage.json"])
    assert [resource["path"] for resource in package["resources"]] == ["trusts.csv", "panel.csv"]


PROMISED = """
trusts: ods_code name arm set_id start_wave type region icb cqc_overall cqc_well_led cqc_date fte eligible
    withdrawn_on predecessors starts_on
waves: wave instrument opens closes period_label source_file source_sha256 vintage
outcomes: outcome instrument role kind unit waves problem
panel: ods_code wave outcome n_eligible n_invited n_resp response_rate n_valid n_eff mean_w mean_unw se
    suppressed suppression_reason
retention: ods_code month staff_group headcount_start headcount_end leavers leavers_to_nhs retired joiners
    leaver_rate stability
dose: ods_code wave meetings_planned meetings_held quorate ballots eligible_voters votes proposals adopted
    implemented_90d responses_due responses_on_time compliant
balance: covariate mean_pilot mean_control smd variance_ratio before_after
att_gt: outcome group wave att se lo hi band_lo band_hi n_treated n_control
event_study: outcome event_time att se lo hi band_lo band_hi n_trusts
estimates: outcome estimand estimator spec_id status att att_sd_units se df lo hi p_perm p_bm p_wcr p_holm
    p_rw n_trusts_t n_trusts_c n_resp seed n_perm
sensitivity: outcome method parameter lo hi includes_zero breakdown
placebo: outcome kind shift_or_unit att se p
power: outcome n_t n_c sd_change source mde
flow: stage arm n_trusts n_staff reason
draws: draw title list_sha256 n_trusts beacon_source announced_on known_on drawn_on beacon seed used
    given_up_because
"""


def test_the_columns_are_those_that_are_promised():
    promised: dict[str, list[str]] = {}
    for word in PROMISED.split():
        if word.endswith(":"):
            promised[word[:-1]] = names = []
        else:
            names.append(word)
    assert {table: list(columns(table)) for table in TABLES} == promised
