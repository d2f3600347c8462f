"""The program in each download gives every estimate of it again, from the download alone."""

import ast
import csv
import os
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from pilot.metrics.files import programs
from tests.builders.downloads import unpack
from tests.builders.worked_again import (
    STUDIES,
    a_rate_beside_a_score,
    answers_and_groups,
    did_in_matched_sets,
    did_with_gaps,
    leavers_counted_in_sets,
    leavers_counted_with_gaps,
)


def altered(folder: Path, file: str, change) -> None:
    """Change the cells of a file: `change` gets its rows as dicts and may alter them or give others."""
    with (folder / file).open(newline="") as read:
        rows = list(csv.DictReader(read))
    names = list(rows[0])
    rows = change(rows) or rows
    with (folder / file).open("w", newline="") as out:
        writer = csv.DictWriter(out, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def nudge(column, by=1e-6, row=0):
    """A number of one row a little larger."""

    def change(rows):
        rows[row][column] = repr(float(rows[row][column].lstrip("'")) * (1 + by))

    return change


def said(column, text, row=0):
    def change(rows):
        rows[row][column] = text

    return change


def one_more(outcome, text=None):
    """The first number of an outcome in panel.csv one higher, or a text in its place."""

    def change(rows):
        line = next(row for row in rows if row["outcome"] == outcome)
        line["mean_unw"] = text or repr(float(line["mean_unw"]) + 1)

    return change


FORGERIES = {
    "another value": ("panel.csv", nudge("mean_unw"), "estimates.csv, morale, simple, did, att: the file says"),
    "a value more hidden": ("panel.csv", said("mean_unw", "suppressed"), "att_gt.csv, morale, 4, 1, n_control"),
    "another arm": ("trusts.csv", said("arm", "control"), "estimates.csv, morale, simple, did, n_trusts_t"),
    "another set": ("trusts.csv", said("set_id", "s1", 1), "estimates.csv, morale, simple, did, p_perm"),
    "another start": ("trusts.csv", said("start_wave", "2024"), "morale cannot be estimated from these files: "),
    "another effect": ("estimates.csv", nudge("att", 1e-7), "estimates.csv, morale, dynamic, did, att: the file says"),
    "another p": ("estimates.csv", nudge("p_perm", row=1), "estimates.csv, morale, simple, did, p_perm: the file says"),
    "another number of answers": ("estimates.csv", said("n_resp", "9"), "dynamic, did, n_resp: the file says 9"),
    "no error": ("estimates.csv", said("se", ""), "did, se: the file says nothing, but it is 0."),
    "an estimate less": ("estimates.csv", lambda rows: rows[:-1], "morale, simple, sdid: this row is not in the file"),
    "an estimate more": (
        "estimates.csv",
        lambda rows: [*rows, {**rows[0], "estimand": "group"}],
        "estimates.csv, morale, group, did: nothing gives this row",
    ),
    "another band": ("event_study.csv", nudge("band_lo"), "event_study.csv, morale, -3, band_lo: the file says"),
    "another cell": ("att_gt.csv", nudge("hi", row=4), "att_gt.csv, morale, 4, 5, hi: the file says"),
    "another placebo": ("placebo.csv", nudge("p", row=5), "placebo.csv, morale, in space, draw 4, p: the file says"),
    "a trust that was not left out": (
        "placebo.csv",
        said("shift_or_unit", "R0909", -1),
        "placebo.csv, morale, leave one out, R0502: this row is not in the file",
    ),
    "another breakdown": ("sensitivity.csv", said("breakdown", "0.05"), "average effect, 0, breakdown: the file says"),
    "no zero in it": ("sensitivity.csv", lambda rows: said("includes_zero", flip(rows[1]), 1)(rows), "includes_zero"),
}
"""What is changed in a download in which every number is the same, and what the program then says."""

RATE, TYPES = "estimates.csv, morale, response rate, did, ", "estimates.csv, morale, type: acute, did, "
COUNTS = "leaver_rate, log rate ratio, leavers-as-counts, "
OF_BOTH_KINDS = ("morale", "pressure", "a mean of who knows what", "leaver_rate")
BEND = "smoothness, average effect, "
OF_THE_RATE = "estimates.csv, morale, response rate, did, status: the file says "
FORGED_TOGETHER = {
    a_rate_beside_a_score: {
        "another unit": (
            "outcomes.csv",
            said("unit", "people", 1),
            f"sensitivity.csv, pressure, {BEND}0.04: nothing gives this row",
        ),
        "another bend of a rate": (
            "sensitivity.csv",
            said("parameter", "0.04", -1),
            f"sensitivity.csv, leaver_rate, {BEND}0.04: nothing gives this row",
        ),
        "another interval of a bend": ("sensitivity.csv", nudge("hi", row=-2), "leaver_rate, " + BEND),
    },
    answers_and_groups: {
        "another type": ("trusts.csv", said("type", "community"), TYPES + "n_trusts_t: the file says 5, but it is 4.0"),
        "another response rate": ("panel.csv", nudge("response_rate", row=22), RATE + "att: the file says"),
        "another tipping point": (
            "sensitivity.csv",
            said("parameter", "-0.3", 1),
            "sensitivity.csv, morale, tipping point, -0.3: nothing gives this row",
        ),
        "another end of it": ("sensitivity.csv", nudge("lo"), "morale, tipping point, 0, lo: the file says"),
        "a better status of the rate": (
            "estimates.csv",
            said("status", "prespecified, not randomised", 3),
            OF_THE_RATE + "prespecified, not randomised, but it is exploratory",
        ),
        "another edge": ("sensitivity.csv", nudge("breakdown", 1e-5), "tipping point, 0, breakdown: the file says"),
    },
    leavers_counted_in_sets: {
        "another count": ("panel.csv", one_more("leavers"), COUNTS + "att: the file says"),
        "another headcount": ("panel.csv", one_more("mean_headcount"), COUNTS + "se: the file says"),
        "another difference": ("estimates.csv", nudge("hi", row=4), "rate difference, leavers-as-counts, hi: the file"),
        "another test": ("estimates.csv", nudge("p_perm", row=3), COUNTS + "p_perm: the file says"),
        "no group": (
            "estimates.csv",
            said("estimand", "type: mental", 1),
            "leaver_rate, type: acute, did: this row is not in the file",
        ),
    },
    leavers_counted_with_gaps: {
        "a hidden headcount": (
            "panel.csv",
            one_more("mean_headcount", "suppressed"),
            "leavers, log rate ratio, leavers-as-counts: nothing gives this row",
        ),
    },
}
"""The same, each changed in one download together, since each shows elsewhere."""

for _study, _changes in FORGED_TOGETHER.items():
    FORGERIES |= _changes


def folder_of(name):
    """What is read is changed in a download for each, unless it shows elsewhere; what is only compared, together."""
    for study, changes in FORGED_TOGETHER.items():
        if name in changes:
            return f"forged_{study.__name__}"
    return name if FORGERIES[name][0] in ("panel.csv", "trusts.csv") else "results"


def base_of(name):
    """The study whose download is changed."""
    for study, changes in FORGED_TOGETHER.items():
        if name in changes:
            return study
    return did_in_matched_sets if folder_of(name) == "results" else did_with_gaps


def flip(row):
    return {"yes": "no", "no": "yes"}[row["includes_zero"]]


STATUS = "estimates.csv, morale, simple, did, status: the file says "
BESIDE_THE_NUMBERS = {
    "a better status": (
        "estimates.csv",
        (b"amended", b"prespecified"),
        STATUS + "prespecified, not randomised, but it is amended, not randomised",
    ),
    "a draw that was none": (
        "estimates.csv",
        (b'"amended, not randomised"', b"amended"),
        STATUS + "amended, but it is amended, not randomised",
    ),
    "a plan of another number": ("estimates.csv", (b"plan 2", b"plan 1"), "spec_id: the file says Morale, plan 1, "),
    "another day of the start": (
        "trusts.csv",
        (b"2023-01-01", b"2023-02-01"),
        STATUS + "amended, not randomised, but it is exploratory, not randomised",
    ),
    "a wave that the plan leaves out": (
        "outcomes.csv",
        (b"2020 2021", b"2021"),
        STATUS + "amended, not randomised, but it is exploratory, not randomised",
    ),
    "figures that were seen": ("sap-1.json", (b'"seen":false', b'"seen":true'), "sap.json does not amend the version"),
    "a first version that was the same": (
        "sap-1.json",
        (b'"first":"2021"', b'"first":"2020"'),
        STATUS + "amended, not randomised, but it is prespecified, not randomised",
    ),
    "another number of the first version": (
        "sap-1.json",
        (b'"version":1', b'"version":3'),
        "sap-1.json is not version 1 of the plan",
    ),
}
"""What is changed in the download of an amended plan, its sums written anew, and what is then said of it."""

UNDER_THE_SUMS = {
    "a word of the report": ("README.txt", "README.txt is not the file that SHA256SUMS names"),
    "a word of the plan": ("sap.json", "sap.json is not the file that sap.sha256 names"),
    "a file that is gone": ("codebook.csv", "codebook.csv is not there, but SHA256SUMS names it"),
    "a first version that is gone": ("sap-1.json", "sap-1.json is not there, but the plan amends it"),
    "no sums": ("SHA256SUMS", "panel.csv is not named by SHA256SUMS"),
    "no sum of the plan": ("sap.sha256", "sap.json is not named by sap.sha256"),
}
"""A file of the same download that is changed or taken away without its sum, and what is then said of it."""


def forge(home):
    """Both kinds of forgeries, each in a folder by its name."""
    for name in (*BESIDE_THE_NUMBERS, *UNDER_THE_SUMS):
        shutil.copytree(home / "amended_before_figures_were_seen", home / name)
    for name, (file, (old, new), _) in BESIDE_THE_NUMBERS.items():
        path = home / name / file
        assert old in path.read_bytes(), name
        path.write_bytes(path.read_bytes().replace(old, new))
        for sums, pattern in (("sap.sha256", "sap*.json"), ("SHA256SUMS", "**/*.*")):
            there = {one.relative_to(home / name).as_posix(): one for one in (home / name).glob(pattern)}
            lines = [f"{sha256(one.read_bytes()).hexdigest()}  {file}\n" for file, one in there.items()]
            (home / name / sums).write_text("".join(lines))
    for name, (file, _) in UNDER_THE_SUMS.items():
        path = home / name / file
        if name.startswith("a word"):
            path.write_bytes(path.read_bytes().replace(b"Trusts", b"Wards").replace(b"people", b"staff"))
        else:
            path.unlink()


RUN_ALL = """
import runpy, sys
sys.modules["pilot"] = None  # whoever imports it is refused
for folder in sys.argv[1:]:
    print("FOLDER", folder)
    program = runpy.run_path(folder + "/reproduce.py")
    print("ENDED WITH", program["main"]([folder]))
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with the unpacked download of every study and every forgery."""
    home = tmp_path_factory.mktemp("downloads")
    for build in STUDIES:
        unpack(build(), home / build.__name__)
    for name, (file, change, _) in FORGERIES.items():
        place = home / folder_of(name)
        if not place.exists():
            shutil.copytree(home / base_of(name).__name__, place)
        altered(place, file, change)
    forge(home)
    for file, program in programs().items():
        (home / "empty" / file).parent.mkdir(parents=True, exist_ok=True)
        (home / "empty" / file).write_bytes(program)
    return home


@pytest.fixture(scope="module")
def told(home):
    """What the program says of each of them, by name; it is run apart from everything of ours."""
    folders = sorted(str(one) for one in home.iterdir())
    single = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}  # other tests run at the same time
    done = subprocess.run(
        [sys.executable, "-I", "-W", "error", "-c", RUN_ALL, *folders],
        capture_output=True,
        text=True,
        cwd=home,
        env=single,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    parts = done.stdout.split("FOLDER ")[1:]
    return {Path(part.partition("\n")[0]).name: part.partition("\n")[2] for part in parts}


@pytest.mark.parametrize("build", STUDIES, ids=lambda build: build.__name__)
def test_every_number_is_the_same(told, build):
    assert told[build.__name__].endswith("Every number is the same.\nENDED WITH 0\n"), told[build.__name__]


def test_it_says_what_its_files_cannot_show(told):
    said = told["did_in_matched_sets"]
    assert said.startswith(
        "The files fit SHA256SUMS, and every status follows from the plan.\nWhoever alters a file can"
    )
    assert "ZIP file as well: sha256sum prints its number" in said


@pytest.mark.parametrize("name", FORGERIES)
def test_what_was_changed_is_named(told, name):
    sentences = told[folder_of(name)]
    assert FORGERIES[name][2] in sentences
    assert sentences.endswith("Some numbers are not the same.\nENDED WITH 1\n")


@pytest.mark.parametrize("name", [*BESIDE_THE_NUMBERS, *UNDER_THE_SUMS])
def test_what_was_changed_beside_the_numbers_is_named(told, name):
    assert {**BESIDE_THE_NUMBERS, **UNDER_THE_SUMS}[name][-1] in told[name]
    assert told[name].endswith("Every number is the same, but see the sentences above.\nENDED WITH 1\n")


def test_sums_written_anew_are_not_what_is_found(told):
    for name in BESIDE_THE_NUMBERS:
        assert "that SHA256SUMS names" not in told[name]


WITH_STATUS = {
    "amended_before_figures_were_seen": "amended, not randomised",
    "amended_after_figures_were_seen": "exploratory, not randomised",
    "did_in_matched_sets": "prespecified, not randomised",
    "did_below_five_pilots": "prespecified, not randomised; no confirmatory inference: fewer than five pilot trusts",
    "callaway_santanna_without_sets": "prespecified",
    "ancova_by_cluster": "prespecified, not randomised",
    "ancova_of_complete_units": "exploratory, not randomised",
    "ancova_with_drawn_allocations": "prespecified, not randomised",
}


def test_every_status_was_there_to_be_compared(home):
    for name, status in WITH_STATUS.items():
        with (home / name / "estimates.csv").open() as file:
            rows = [(row["estimand"] == "response rate", row["status"]) for row in csv.DictReader(file)]
        assert {said for of_rate, said in rows if not of_rate} == {status}
        of_rate = {said for rate, said in rows if rate}
        assert of_rate == ({"exploratory"} if name == "callaway_santanna_without_sets" else set())


def test_every_kind_of_number_was_there_to_be_compared(told):
    """An empty cell is the same as none, so a test of nothing but empty cells would show nothing."""
    table = told[did_in_matched_sets.__name__].splitlines()
    same = {line.split()[0]: int(line.split()[1].replace(",", "")) for line in table if ".csv " in line}
    assert same.keys() == {"estimates.csv", "att_gt.csv", "event_study.csv", "placebo.csv", "sensitivity.csv"}
    assert min(same.values()) > 10


ROWS = {
    "answers_and_groups": ("simple, response rate, type: acute, type: community", "tipping point"),
    "did_below_five_pilots": ("simple, simple, simple", "before the start, period 1"),
    "leavers_counted_in_sets": ("simple, type: acute, type: community, log rate ratio, rate difference", ""),
    "leavers_and_their_rate_in_other_months": (
        "simple, simple, log rate ratio, log rate ratio, rate difference, rate difference",
        "",
    ),
    "leavers_counted_with_gaps": ("simple, log rate ratio, rate difference", ""),
    "callaway_santanna_without_sets": ("group, region: North, region: South, response rate", "tipping point"),
}


@pytest.mark.parametrize("name", ROWS)
def test_what_should_be_there_was_there_to_be_compared(home, name):
    estimands, method = ROWS[name]
    with (home / name / "estimates.csv").open() as file:
        assert sorted(row["estimand"] for row in csv.DictReader(file)) == sorted(estimands.split(", "))
    with (home / name / "sensitivity.csv").open() as file:
        methods = {row["method"] for row in csv.DictReader(file)}
    assert (method in methods) if method else not methods


def test_bends_of_the_plan_are_tried_in_its_unit_and_others_follow_from_the_error(home):
    with (home / "a_rate_beside_a_score" / "sensitivity.csv").open() as file:
        rows = list(csv.DictReader(file))
    bends = {name: [float(row["parameter"]) for row in rows if row["outcome"] == name] for name in OF_BOTH_KINDS}
    assert bends["morale"] == bends["pressure"] == [0, 0.04]
    for name in ("leaver_rate", "a mean of who knows what"):
        steps = bends[name]
        assert steps == pytest.approx([steps[-1] * quarter / 8 for quarter in range(9)], rel=1e-5)
    widest = max(float(row["hi"]) - float(row["lo"]) for row in rows if row["outcome"] == "leaver_rate")
    assert 0 < widest < 0.1, "a share of staff, and not hundreds of it"


def test_bends_of_a_plan_are_those_of_its_primary_outcome_where_no_unit_is_known(home):
    with (home / "scores_on_unknown_scales" / "sensitivity.csv").open() as file:
        rows = [(row["outcome"], float(row["parameter"])) for row in csv.DictReader(file)]
    assert [bend for name, bend in rows if name == "morale"] == [0, 0.04]
    assert len([bend for name, bend in rows if name == "pressure"]) == 9


def test_leavers_as_counts_have_an_error_and_a_p_value_to_be_compared(home):
    for name in ("leavers_counted_in_sets", "leavers_counted_with_gaps"):
        with (home / name / "estimates.csv").open() as file:
            one = next(row for row in csv.DictReader(file) if row["estimand"] == "log rate ratio")
        assert all(one[column] for column in ("att", "se", "df", "lo", "hi", "p_perm", "n_perm"))
        assert 0 < float(one["p_perm"]) < 0.2, "so that p = 1 would be seen"


def test_panel_csv_holds_leavers_of_months_that_are_not_theirs(home):
    """Without these, keeping to the periods of the plan would show nothing."""
    folder = home / "leavers_and_their_rate_in_other_months"
    with (folder / "panel.csv").open() as file:
        months = {row["wave"] for row in csv.DictReader(file) if row["outcome"] == "leavers"}
    assert len(months) == 8, "and four of them are the plan’s"
    with (folder / "estimates.csv").open() as file:
        assert {row["status"] for row in csv.DictReader(file)} == {"prespecified, not randomised"}


def test_a_wave_of_several_files_is_one_wave(home):
    with (home / "answers_and_groups" / "waves.csv").open() as file:
        waves = [row["wave"] for row in csv.DictReader(file)]
    assert waves == ["2020", "2021", "2021", "2022", "2023", "2024"]


def test_an_outcome_that_was_not_estimated_is_named_with_the_reason(told):
    assert "leaver_rate is not estimated, and need not be: 2 of its values are hidden." in told["several_outcomes"]


def test_a_folder_without_a_download_ends_in_a_sentence(told):
    assert told["empty"].endswith("ENDED WITH 2\n")


def test_the_start_of_a_pilot_is_told_for_every_outcome(home):
    with (home / "several_outcomes" / "trusts.csv").open() as file:
        starts = {row["arm"]: row["start_wave"] for row in csv.DictReader(file)}
    assert starts == {"pilot": "2023 2023-Q3", "control": ""}


def imported_by(text):
    """The names of the modules that a program imports, "." for those beside it; it must be one for Python 3.9."""
    nodes = list(ast.walk(ast.parse(text, feature_version=(3, 9))))
    plain = {one.name for node in nodes if isinstance(node, ast.Import) for one in node.names}
    return plain | {"." if node.level else node.module for node in nodes if isinstance(node, ast.ImportFrom)}


def test_it_is_written_for_an_older_python_and_imports_nothing_of_ours():
    imported = {one.split(".")[0] or "." for text in programs().values() for one in imported_by(text.decode())}
    numbers = {"numpy", "scipy"}
    standard = {"csv", "datetime", "hashlib", "itertools", "json", "math", "pathlib", "sys"}
    assert imported == {".", "reproduction"} | numbers | standard


def test_no_part_of_it_is_too_long_to_be_read_in_one_sitting():
    assert max(text.count(b"\n") for text in programs().values()) <= 300
    assert "reproduction/sdid.py" in programs()


def test_the_download_tells_how_to_run_it(home):
    folder = home / "did_in_matched_sets"
    assert "python reproduce.py" in (folder / "README.txt").read_text()
    assert "python reproduce.py" in (folder / "environment.txt").read_text()
    named = {line.split()[1] for line in (folder / "SHA256SUMS").read_text().splitlines()}
    assert programs().keys() <= named
