"""`pilot evaluate`: tables out of a tidy panel, or one clear line and 2."""

import argparse
import csv
import json

import pytest

from pilot.commands import evaluate
from pilot.metrics.download import ATT_GT, ESTIMATES, EVENT_STUDY

HEADER = "unit,period,first_treated,fte"


def run(folder, text, **plan):
    (folder / "panel.csv").write_text(text)
    (folder / "plan.json").write_text(json.dumps({"outcome": "fte", "estimator": "did", **plan}))
    parser = argparse.ArgumentParser()
    evaluate.register(parser.add_subparsers())
    args = parser.parse_args(
        ["evaluate", str(folder / "panel.csv"), "--plan", str(folder / "plan.json"), "--out", str(folder / "out")]
    )
    return args.run(args)


def table(folder, name):
    with (folder / "out" / f"{name}.csv").open() as file:
        return list(csv.DictReader(file))


def card_and_krueger(reference):
    lines = [HEADER]
    with (reference / "evaluation" / "card_krueger" / "long.csv").open() as file:
        for row in csv.DictReader(file):
            # store number 407 stands twice in the public file, once in each state
            unit = f"{row['SHEET']}b" if row["SHEET"] == "407" and row["STATE"] == "1" else row["SHEET"]
            lines.append(f"{unit},{row['post']},{row['STATE']},{row['y']}")
    return "\n".join(lines)


@pytest.mark.parametrize(("missing", "att"), [("available", 2.753606), ("complete", 2.75)])
def test_card_and_krueger_from_the_command_line(tmp_path, reference_data, capsys, missing, att):
    assert run(tmp_path, card_and_krueger(reference_data), missing=missing) == 0
    found = table(tmp_path, "estimates")[0]
    assert float(found["att"]) == pytest.approx(att, abs=1e-6)
    assert found["estimand"] == "simple"
    assert float(found["lo"]) < float(found["att"]) < float(found["hi"])
    if missing == "complete":
        assert float(found["se"]) == pytest.approx(1.342341, abs=1e-6)
        assert (found["n_trusts_t"], found["n_trusts_c"], found["n_perm"]) == ("309", "75", "99999")
        assert "26 of 410 units are left out" in capsys.readouterr().out
        assert "26 of 410 units are left out" in (tmp_path / "out" / "README.txt").read_text()


def test_proposition_99_has_the_published_difference_and_no_p(tmp_path, reference_data):
    rows = [HEADER.replace("fte", "packs")]
    with (reference_data / "evaluation" / "prop99" / "california_prop99.csv").open() as file:
        for row in csv.DictReader(file, delimiter=";"):
            rows.append(f"{row['State']},{row['Year']},{1989 * (row['State'] == 'California')},{row['PacksPerCapita']}")
    assert run(tmp_path, "\n".join(rows), outcome="packs") == 0
    found = table(tmp_path, "estimates")[0]
    assert float(found["att"]) == pytest.approx(-27.349111, abs=1e-5)
    assert "no confirmatory inference" in found["status"]
    assert {found[name] for name in ("se", "lo", "hi", "p_perm", "p_bm")} == {""}


def small_panel(pilots=6, controls=6):
    units = [(f"P{n}", 3) for n in range(pilots)] + [(f"C{n}", 0) for n in range(controls)]
    lines = [
        f"{name},{period},{start},{n % 3 + period * (1 + n % 2) + (2 if start and period >= 3 else 0)}"
        for n, (name, start) in enumerate(units)
        for period in (1, 2, 3, 4)
    ]
    return "\n".join([HEADER, *lines])


def test_the_three_tables_have_the_columns_that_are_promised(tmp_path):
    assert run(tmp_path, small_panel(), aggregates=["simple", "dynamic"]) == 0
    for name, columns in (("estimates", ESTIMATES), ("att_gt", ATT_GT), ("event_study", EVENT_STUDY)):
        assert (tmp_path / "out" / f"{name}.csv").read_text().splitlines()[0] == ",".join(columns)
    events = table(tmp_path, "event_study")
    assert [row["event_time"] for row in events] == ["-2", "-1", "0", "1"]
    assert float(events[1]["att"]) == 0
    assert [row["estimand"] for row in table(tmp_path, "estimates")] == ["simple", "dynamic"]
    groups = table(tmp_path, "att_gt")
    assert [(row["group"], row["wave"]) for row in groups] == [("3", str(wave)) for wave in (1, 2, 3, 4)]
    dynamic = table(tmp_path, "estimates")[1]
    after = [float(row["att"]) for row in events[2:]]
    assert float(dynamic["att"]) == pytest.approx(sum(after) / 2)


def test_running_it_twice_gives_the_same_bytes(tmp_path):
    texts = []
    for _ in range(2):
        assert run(tmp_path, small_panel(8, 30), seed=5) == 0
        texts.append([(tmp_path / "out" / f"{n}.csv").read_bytes() for n in ("estimates", "att_gt", "event_study")])
    assert texts[0] == texts[1]


def staggered_panel():
    units = [("A", 2), ("B", 3), ("C", 0)]
    return "\n".join([HEADER, *(f"{name},{period},{start},1" for name, start in units for period in (1, 2, 3))])


@pytest.mark.parametrize(
    ("text", "plan", "said"),
    [
        (HEADER + "\nA,1,2,x\n", {}, "Line 2: fte is not a number: “x”."),
        (HEADER + "\nA,1,2,1\nA,1,2,1\n", {}, "Line 3: “A” has period 1 twice; it is also on line 2."),
        (HEADER + "\nA,1,2,1\nA,2,2,1\n", {}, "The panel has no comparison unit: no unit has first_treated 0."),
        (HEADER + "\nA,2,2,1\nB,2,0,1\n", {}, "Line 2: “A” has no period before its start in 2."),
        (HEADER + "\nA,1,2,1\nA,2,2,1\nB,1,2,1\nB,2,2,1\n", {}, "The panel has no comparison unit"),
        (staggered_panel(), {}, "The estimator “did” needs one start for all treated units, but the panel has 2, 3."),
        (small_panel(), {"estimator": "regression"}, "The plan's “estimator” must be did, ancova, callaway-santanna"),
        (small_panel(), {"missing": "available", "test": "wild"}, "The wild bootstrap of “did” needs every period"),
        (small_panel(), {"outcome": "morale"}, "Line 1: the column “morale” is missing."),
    ],
)
def test_a_bad_panel_or_plan_gives_one_line_and_two(tmp_path, capsys, text, plan, said):
    assert run(tmp_path, text, **plan) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert said in error
    assert not (tmp_path / "out").exists()


def test_a_file_that_is_not_there_gives_one_line_and_two(tmp_path, capsys):
    args = argparse.Namespace(panel=tmp_path / "none.csv", plan=tmp_path / "plan.json", out=tmp_path / "out")
    assert evaluate.run(args) == 2
    assert "cannot be read" in capsys.readouterr().err
