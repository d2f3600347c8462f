"""The measures with their built-in effect."""

from collections import defaultdict
from datetime import date
from itertools import pairwise
from statistics import fmean, stdev

import pytest

from pilot.demo import figures
from pilot.demo.trusts import trusts
from pilot.metrics.measures import guess_roles, read_measures
from pilot.metrics.sheet import read_sheet
from pilot.settings import ROOT

TODAY = date(2026, 11, 22)
TRUSTS = trusts(figures.starts_on(TODAY))


def change_beyond_controls(values, after_from):
    """Mean over sets of the pilot's change less its controls' change, and the standard error of that mean."""
    change = {code: fmean(of[after_from:]) - fmean(of[:after_from]) for code, of in values.items()}
    found = [change[f"Z{number}A"] - fmean(change[f"Z{number}{letter}"] for letter in "BCD") for number in range(1, 7)]
    return fmean(found), stdev(found) / len(found) ** 0.5


def by_trust(rows, value):
    found = defaultdict(list)
    for row in rows:
        found[row.ods_code].append(value(row))
    return found


@pytest.mark.parametrize(
    ("measure", "effect"), [("motivation", figures.MOTIVATION_EFFECT), ("morale", figures.MORALE_EFFECT)]
)
def test_the_effect_that_was_built_in_can_be_found_again(measure, effect):
    values = by_trust(figures.waves(TRUSTS, TODAY), lambda row: getattr(row, measure))
    estimate, se = change_beyond_controls(values, 3)
    assert abs(estimate - effect) < 2 * se
    assert se < 0.06


@pytest.mark.parametrize("today", [TODAY, date(2027, 1, 1), date(2027, 6, 30)])
def test_fewer_leave_where_there_is_a_council(today):
    values = by_trust(figures.months(TRUSTS, today), lambda row: 100 * row.leavers / row.headcount_start)
    estimate, se = change_beyond_controls(values, figures.MONTHS_BEFORE)
    assert abs(estimate - figures.LEAVER_RATE_EFFECT) < 2 * se


@pytest.mark.parametrize("measure", ["motivation", "morale"])
def test_before_the_start_pilots_move_like_controls(measure):
    values = by_trust(figures.waves(TRUSTS, TODAY), lambda row: getattr(row, measure))
    estimate, se = change_beyond_controls({code: of[:3] for code, of in values.items()}, 1)
    assert abs(estimate) < 2.5 * se


def test_every_trust_has_six_waves_and_thirty_six_months():
    waves, months = figures.waves(TRUSTS, TODAY), figures.months(TRUSTS, TODAY)
    assert {len(of) for of in by_trust(waves, lambda row: row.asked_on).values()} == {6}
    assert {len(of) for of in by_trust(months, lambda row: row.month).values()} == {36}


def test_the_last_month_is_over_and_the_start_is_the_first_of_a_month():
    assert max(row.month for row in figures.months(TRUSTS, TODAY)) == date(2026, 10, 1)
    assert figures.starts_on(TODAY) == date(2025, 5, 1)


def test_scores_lie_on_their_scale_and_no_group_is_small():
    for row in figures.waves(TRUSTS, TODAY):
        assert 0 <= row.morale <= 10
        assert 0 <= row.motivation <= 10
        assert row.responses > 500


def test_each_month_begins_where_the_one_before_ended():
    for of in by_trust(figures.months(TRUSTS, TODAY), lambda row: row).values():
        for one, after in pairwise(of):
            assert after.headcount_start == one.headcount_end >= one.headcount_start - one.leavers


@pytest.mark.parametrize("file", [figures.waves_file, figures.months_file])
def test_the_files_can_be_read_as_any_file_of_measures(file):
    sheet = read_sheet(file(TRUSTS, TODAY))
    reading = read_measures(sheet, guess_roles(sheet), frozenset(trust.ods_code for trust in TRUSTS))
    assert len(reading.trusts) == 24
    assert reading.missing == 0
    assert {tally.outcome for tally in reading.tallies} in (
        {"morale", "motivation"},
        {"headcount_start", "headcount_end", "leavers"},
    )


def test_the_same_seed_gives_the_same_bytes():
    assert figures.waves_file(TRUSTS, TODAY) == figures.waves_file(TRUSTS, TODAY)
    assert figures.months_file(TRUSTS, TODAY) != figures.months_file(TRUSTS, TODAY, "another seed")


def test_the_same_seed_gives_the_same_figures():
    assert figures.waves(TRUSTS, TODAY) == figures.waves(TRUSTS, TODAY)
    assert figures.waves(TRUSTS, TODAY) != figures.waves(TRUSTS, TODAY, "another seed")


def test_the_documents_state_the_built_in_effect():
    text = (ROOT / "docs" / "demonstration.md").read_text()
    for effect in (figures.MOTIVATION_EFFECT, figures.MORALE_EFFECT, figures.LEAVER_RATE_EFFECT):
        assert f"{effect:+.2f}".replace("-", "−") in text
    assert f"“{figures.SEED}”" in text
