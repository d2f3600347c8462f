"""A study of nothing on the real staff survey: it finds nothing, and the trap beside it does; the tables come out."""

import csv

import numpy as np
import pytest
from msgspec.structs import replace

from bench import evaluation_placebo as bench
from pilot.metrics import redrawing
from pilot.metrics.kernel import study
from pilot.metrics.lottery import draw_set, seed_of


@pytest.fixture(scope="module")
def made(reference_data):
    """The values, the draw, and what the study found of engagement."""
    values, candidates = bench.read(reference_data / "nhs")
    drawn = bench.draw(candidates, values)
    order = bench.order(values, drawn)
    checks = ("ancova", "placebo", "pre-trends", "smoothness")
    found = study.work_out(replace(order, measured=order.measured[:1], checks=checks), lambda _: None)
    return values, drawn, found.outcomes


def test_where_nothing_was_done_the_drawn_pilots_show_nothing(made):
    _, drawn, (found,) = made
    estimate = found.main.estimates[0]
    assert (len(drawn.sets), estimate.n_pilots, estimate.n_controls) == (10, 10, 30)
    assert redrawing.passed(redrawing.verify(drawn))
    assert estimate.permutations == 4**10
    assert estimate.lo < 0 < estimate.hi
    assert estimate.p_permutation > 0.05
    (adjusted,) = (one.estimates[0] for one in found.others)
    assert adjusted.lo < 0 < adjusted.hi
    assert found.robustness.breakdown == 0
    false_starts = [one for one in found.placebos if one.kind == "in time"]
    assert len(false_starts) == 3
    assert all(one.p > 0.05 for one in false_starts)
    assert found.refused == ()


def test_the_ten_worst_seem_to_gain_and_the_baseline_takes_it_away(made):
    one = bench.trap(made[0])
    assert one["did"].att == pytest.approx(0.161, abs=0.001)
    assert one["did"].lo > 0
    assert one["did"].p_cluster < 0.01
    assert one["ancova"].lo < 0 < one["ancova"].hi


def test_the_lottery_itself_is_free_of_the_trap(made):
    """Other beacons would have drawn other pilots: over many of them the effect is nothing."""
    values, drawn, _ = made
    rows = {trust: np.array(row, dtype=float) for trust, row in values["engagement"].items() if None not in row}
    change = {trust: row[4:].mean() - row[:4].mean() for trust, row in rows.items()}

    def effect(beacon):
        seed = seed_of(drawn.list_sha256, beacon)
        sets = [draw_set(seed, one, 1) for one in drawn.sets]
        return np.mean([change[one.pilots[0]] - np.mean([change[c] for c in one.controls]) for one in sets])

    effects = [effect(f"beacon {number}") for number in range(1000)]
    assert abs(np.mean(effects)) < 0.01
    assert np.std(effects) > 0.03


def test_every_table_is_written(made, tmp_path):
    _, drawn, found = made
    bench.write(tmp_path, found, drawn)
    rows = {
        name: list(csv.DictReader((tmp_path / f"{name}.csv").read_text().splitlines()))
        for name in ("estimates", "att_gt", "event_study", "placebo", "sensitivity")
    }
    assert [row["estimator"] for row in rows["estimates"]] == ["did", "ancova"]
    assert float(rows["estimates"][0]["att"]) == found[0].main.estimates[0].att
    assert len(rows["event_study"]) == 8
    assert {row["kind"] for row in rows["placebo"]} == {"in time", "in space"}
    assert (tmp_path / "lottery.json").stat().st_size > 0
