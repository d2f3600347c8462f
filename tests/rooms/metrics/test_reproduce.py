"""The program in each download gives every estimate of it again, from the download alone."""

import ast
import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from pilot.metrics.files import programs
from pilot.metrics.registration import Outcome, Sensitivity, Span
from tests.builders.downloads import CHECKS, REGISTER, SURVEY, a_download, a_plan, the_arms, unpack, values_of, yearly

YEARS = [2020, 2021, 2022, 2023, 2024]
MORALE = yearly("morale", YEARS)
QUARTERS = ["2022-Q2", "2022-Q3", "2022-Q4", "2023-Q1", "2023-Q2"]
NOTHING_ELSE = Sensitivity((), ())
BENDS = replace(CHECKS, checks=("smoothness",))
QUICK = Sensitivity(("placebo", "leave-one-out"), ())


def morale(arms, plan, **values):
    """The download of a study with morale alone."""
    return a_download(plan, arms, {f"{SURVEY}/morale": values_of(arms, YEARS, **values)})


def did_in_matched_sets():
    return morale(the_arms(6, 1, 2), a_plan(MORALE, aggregates=("dynamic", "simple")))


def did_with_drawn_allocations():
    arms = the_arms(5, 3, 4)
    names = ("morale", "pressure")
    plan = a_plan(MORALE, yearly("pressure", YEARS[1:]), missing="available", sensitivity=NOTHING_ELSE)
    values = {f"{SURVEY}/{name}": values_of(arms, YEARS, seed=seed, gaps=3) for seed, name in enumerate(names)}
    return a_download(plan, arms, values)


def ancova_with_drawn_allocations():
    return morale(the_arms(5, 3, 3), a_plan(MORALE, estimator="ancova", sensitivity=NOTHING_ELSE))


def did_with_the_wild_bootstrap():
    return morale(the_arms(3, 2, 2), a_plan(MORALE, test="wild", sensitivity=QUICK), gaps=1)


def did_clustered_with_gaps():
    plan = a_plan(
        MORALE, test="cluster", sets="none", missing="available", sensitivity=replace(CHECKS, checks=("smoothness",))
    )
    return morale(the_arms(3, 2, 2), plan, gaps=4, small=1)


def did_with_gaps():
    plan = a_plan(MORALE, missing="available", sensitivity=Sensitivity(("pre-trends", "leave-one-out"), ()))
    return morale(the_arms(6, 1, 2), plan, gaps=5, small=1)


def did_below_five_pilots():
    return morale(the_arms(4, 1, 2), a_plan(MORALE))


def ancova_of_complete_units():
    return morale(the_arms(6, 1, 2), a_plan(MORALE, estimator="ancova", sensitivity=NOTHING_ELSE), gaps=1)


def ancova_by_cluster():
    return morale(the_arms(7, 1, 1), a_plan(MORALE, estimator="ancova", test="cluster", sensitivity=NOTHING_ELSE))


def staggered(**changes):
    arms = the_arms(3, 2, 2, (2022, 2023))
    return morale(arms, a_plan(MORALE, estimator="callaway-santanna", sensitivity=QUICK, **changes))


def callaway_santanna_in_sets():
    return staggered(aggregates=("simple", "dynamic", "group", "calendar"))


def callaway_santanna_without_sets():
    return staggered(sets="none", test="cluster", control="not_yet", aggregates=("group",))


def callaway_santanna_not_yet_in_sets():
    return staggered(control="not_yet", aggregates=("dynamic",))


def two_way_fixed_effects():
    arms = the_arms(6, 1, 1, (2022, 2023))
    return morale(arms, a_plan(MORALE, estimator="twfe", sensitivity=QUICK))


def two_way_fixed_effects_with_gaps():
    arms = the_arms(9, 1, 3)
    plan = a_plan(MORALE, estimator="twfe", missing="available", sensitivity=NOTHING_ELSE)
    return morale(arms, plan, gaps=6)


def synthetic_did():
    return morale(the_arms(6, 1, 2), a_plan(MORALE, estimator="sdid", sensitivity=NOTHING_ELSE))


def several_outcomes():
    """Of two instruments with other waves; one outcome is not estimated, and pilots start in the middle of a year."""
    arms = [replace(one, starts_on=one.starts_on and one.starts_on.replace(month=7)) for one in the_arms(5, 1, 2)]
    quarterly = Outcome(REGISTER, "stress", Span("2022-Q2", "2023-Q2"), Span("2023-Q3", "2023-Q4"))
    plan = a_plan(
        MORALE, yearly("pressure", YEARS), quarterly, yearly("leaver_rate", YEARS, instrument=REGISTER),
        sensitivity=Sensitivity(("placebo",), ()),
    )  # fmt: skip
    quarters = [f"{year}-Q{number}" for year in (2022, 2023) for number in (1, 2, 3, 4)]
    values = {
        f"{SURVEY}/morale": values_of(arms, YEARS, small=1),
        f"{SURVEY}/pressure": values_of(arms, YEARS, seed=2),
        f"{REGISTER}/stress": values_of(arms, quarters, seed=3),
        f"{REGISTER}/leaver_rate": values_of(arms, YEARS, seed=4, small=2, kind="rate"),
    }
    return a_download(plan, arms, values, {f"{REGISTER}/leaver_rate": "rate"})


STUDIES = (
    did_in_matched_sets, did_with_drawn_allocations, ancova_with_drawn_allocations, did_with_the_wild_bootstrap,
    did_clustered_with_gaps,
    did_with_gaps, did_below_five_pilots, ancova_of_complete_units, ancova_by_cluster, callaway_santanna_in_sets,
    callaway_santanna_without_sets, callaway_santanna_not_yet_in_sets, two_way_fixed_effects,
    two_way_fixed_effects_with_gaps, synthetic_did, several_outcomes,
)  # fmt: skip


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
        rows[row][column] = repr(float(rows[row][column]) * (1 + by))

    return change


def said(column, text, row=0):
    def change(rows):
        rows[row][column] = text

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


def folder_of(name):
    """What is read is changed in a download for each; what is only compared, in one download together."""
    return name if FORGERIES[name][0] in ("panel.csv", "trusts.csv") else "results"


def flip(row):
    return {"yes": "no", "no": "yes"}[row["includes_zero"]]


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
            base = did_in_matched_sets if place.name == "results" else did_with_gaps
            shutil.copytree(home / base.__name__, place)
        altered(place, file, change)
    (home / "empty").mkdir()
    (home / "empty" / "reproduce.py").write_bytes(programs()["reproduce.py"])
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


@pytest.mark.parametrize("name", FORGERIES)
def test_what_was_changed_is_named(told, name):
    sentences = told[folder_of(name)]
    assert FORGERIES[name][2] in sentences
    assert sentences.endswith("Some numbers are not the same.\nENDED WITH 1\n")


def test_every_kind_of_number_was_there_to_be_compared(told):
    """An empty cell is the same as none, so a test of nothing but empty cells would show nothing."""
    table = told[did_in_matched_sets.__name__].splitlines()
    same = {line.split()[0]: int(line.split()[1].replace(",", "")) for line in table if ".csv " in line}
    assert same.keys() == {"estimates.csv", "att_gt.csv", "event_study.csv", "placebo.csv", "sensitivity.csv"}
    assert min(same.values()) > 10


def test_an_outcome_that_was_not_estimated_is_named_with_the_reason(told):
    assert "leaver_rate is not estimated, and need not be: 2 of its values are hidden." in told["several_outcomes"]


def test_a_folder_without_a_download_ends_in_a_sentence(told):
    assert told["empty"].endswith("ENDED WITH 2\n")


def test_the_start_of_a_pilot_is_told_for_every_outcome(home):
    with (home / "several_outcomes" / "trusts.csv").open() as file:
        starts = {row["arm"]: row["start_wave"] for row in csv.DictReader(file)}
    assert starts == {"pilot": "2023 2023-Q3", "control": ""}


def test_it_is_written_for_an_older_python_and_imports_nothing_of_ours():
    text = programs()["reproduce.py"].decode()
    tree = ast.parse(text, feature_version=(3, 9))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names])
    }
    assert imported == {"csv", "datetime", "itertools", "json", "math", "sys", "pathlib", "numpy", "scipy"}


def test_the_download_tells_how_to_run_it(home):
    folder = home / "did_in_matched_sets"
    assert "python reproduce.py" in (folder / "README.txt").read_text()
    assert "python reproduce.py" in (folder / "environment.txt").read_text()
    assert "reproduce.py" in (folder / "SHA256SUMS").read_text()
