"""Who answered, who left and which trusts are alike, as a study gathers them; and what its panel shows of people."""

from datetime import date

import pytest
from msgspec.structs import replace

from pilot.metrics.arms import Arm
from pilot.metrics.codebook import columns
from pilot.metrics.disclosure import HIDDEN
from pilot.metrics.download import PanelCell
from pilot.metrics.gathered import gather, panel
from pilot.metrics.registration import Outcome, Span
from pilot.metrics.respondents import RATE, Answering, Sample
from pilot.metrics.retention import Rate
from tests.builders.metrics import a_plan

YEARS = ("2013", "2014", "2015", "2016")
OUTCOME = Outcome("Other measures", "morale", Span("2013", "2014"), Span("2015", "2016"))
ARMS = {f"X0{n}": Arm(f"X0{n}", n < 2, "", date(2015, 1, 1) if n < 2 else None) for n in range(4)}


def a_cell(trust, year, answering=None, **changes):
    plain = PanelCell(trust, year, 6.0, 300, 300, ARMS[trust].pilot, "", True, answering=answering)
    return replace(plain, **changes)


def cells(rate=lambda trust, year: Answering(0.4, 320)):
    return [a_cell(trust, year, rate(trust, year)) for trust in ARMS for year in YEARS]


def gathered(rows, outcome=OUTCOME):
    return gather(a_plan(OUTCOME), outcome, "score", rows, ARMS, smallest=11)


def line(cell):
    (row,) = panel([gathered([cell, *cells()[4:]])], 11).rows[:1]
    return dict(zip(columns("panel"), row, strict=True))


def test_the_rates_of_each_trust_stand_beside_its_values():
    found = gathered(cells(lambda trust, year: None if year == "2013" else Answering(int(trust[2]) / 10 + 0.1)))
    assert found.measured.rates == tuple((None, rate, rate, rate) for rate in (0.1, 0.2, pytest.approx(0.3), 0.4))
    assert found.measured.no_rates == ""


def test_how_the_response_moved_is_of_trusts_with_a_rate_before_and_after():
    def rate(trust, year):
        early, late = {"X00": (0.4, 0.6), "X01": (0.2, 0.2), "X02": (0.5, 0.4), "X03": (0.9, None)}[trust]
        known = early if year < "2015" else late
        return None if known is None else Answering(known)

    pilots, controls = gathered(cells(rate)).response
    assert (pilots.before, pilots.after, pilots.n_after) == (pytest.approx(0.3), pytest.approx(0.4), 2)
    assert (controls.before, controls.after, controls.n_after) == (0.5, 0.4, 1)
    assert gathered(cells(lambda trust, year: Answering(0.4) if trust < "X02" else None)).response is None


@pytest.mark.parametrize(
    ("rows", "outcome", "said"),
    [
        (cells(lambda *_: None), OUTCOME, "No response rate of the Other measures is known in these periods."),
        (cells(), replace(OUTCOME, name=RATE), "The response rate is what is asked here, so it has none of its own."),
        (
            cells(lambda trust, year: Answering(0.4, 10 if (trust, year) == ("X03", "2013") else 320)),
            OUTCOME,
            "The response rates are not used: it would give away a figure about fewer than 11 people.",
        ),
    ],
)
def test_why_no_rate_is_used_is_said(rows, outcome, said):
    found = gathered(rows, outcome)
    assert (found.measured.rates, found.measured.no_rates) == ((), said)
    assert found.measured.panel.outcomes, "the outcome itself is estimated all the same"


@pytest.mark.parametrize(("unfit", "many"), [(1, "1 of them is"), (4, "4 of them are")])
def test_rates_that_are_no_share_are_counted_and_never_left_out_in_silence(unfit, many):
    """Earlier versions stored percentages: the others alone would be other trusts than those of the outcome."""
    found = gathered(
        cells(lambda trust, year: Answering(62.0 if trust == "X03" and YEARS.index(year) < unfit else 0.4))
    )
    assert (found.measured.rates, found.response) == ((), None)
    assert found.measured.no_rates == (
        f"The response rates of the Other measures are not used: {many} not from 0 to 1. "
        "Percentages were taken before; load them again as shares, such as 0.62."
    )
    shown = [row[columns("panel").index("response_rate")] for row in panel([found], 11).rows]
    assert sorted(shown, key=str) == [0.4] * (16 - unfit) + [None] * unfit


def test_small_rates_are_told_nowhere_on_the_page():
    assert gathered(cells(lambda trust, _: Answering(0.4, 10 if trust == "X03" else 320))).response is None


def test_the_panel_tells_who_is_behind_a_weighted_mean():
    sample = Sample(weighted=True, n_eff=250.5, mean_unw=5.9, se=0.1)
    found = line(a_cell("X00", "2013", Answering(0.32, 320, 1000, 1000), sample=sample))
    assert [found[name] for name in columns("panel")[3:12]] == [1000, 1000, 320, 0.32, 300, 250.5, 6.0, 5.9, 0.1]
    assert found["suppressed"] == "no"


def test_a_value_as_it_was_published_is_no_weighted_mean_of_ours():
    found = line(a_cell("X00", "2013"))
    assert [found[name] for name in columns("panel")[3:12]] == [None] * 4 + [300, None, None, 6.0, None]


def test_what_is_behind_a_hidden_mean_is_hidden_with_it_and_an_error_of_few_people_alone():
    sample = Sample(weighted=True, n_eff=9.5, mean_unw=5.9, se=0.1)
    found = line(a_cell("X00", "2013", Answering(0.32, 320), sample=sample, n=10, people=10, used=False))
    assert [found[name] for name in ("n_valid", "n_eff", "mean_w", "mean_unw", "se")] == [HIDDEN] * 5
    assert (found["n_resp"], found["suppressed"]) == (320, "yes")
    found = line(a_cell("X00", "2013", sample=sample, n=29, people=29))
    assert (found["n_valid"], found["mean_w"], found["se"]) == (29, 6.0, HIDDEN)


def test_a_rate_is_hidden_with_its_papers_and_the_value_is_not():
    found = line(a_cell("X00", "2013", Answering(0.01, 10, 1000, 1000)))
    assert (found["n_resp"], found["response_rate"], found["suppressed"]) == (HIDDEN, HIDDEN, "yes")
    assert (found["n_eligible"], found["mean_unw"]) == (1000, 6.0)


MONTHS = ("2026-01", "2026-02", "2026-03", "2026-04")
MONTHLY = Outcome("Workforce figures", "leaver_rate", Span("2026-01", "2026-02"), Span("2026-03", "2026-04"))


def left(trust, month, leavers=20, headcount=1000.0):
    people = Rate(trust, month, leavers / headcount, leavers, headcount)
    return PanelCell(
        trust, month, people.rate, leavers, None, ARMS[trust].pilot, "", True, left=people if headcount else None
    )


def monthly(rows, outcome=MONTHLY):
    arms = {name: replace(arm, starts_on=arm.starts_on and date(2026, 3, 1)) for name, arm in ARMS.items()}
    return gather(a_plan(MONTHLY), outcome, "rate", rows, arms, smallest=11)


def test_leavers_are_counted_out_of_the_mean_headcount():
    found = monthly([left(trust, month, 20 + int(trust[2])) for trust in ARMS for month in MONTHS[:4]][:-1])
    counts = found.measured.counts
    assert counts.outcomes["leavers"][1] == (21.0,) * 4
    assert counts.outcomes["leavers"][3] == (23.0, 23.0, 23.0, None)
    assert counts.outcomes["headcount_start"] == counts.outcomes["headcount_end"]
    assert counts.outcomes["headcount_end"][3] == (1000.0, 1000.0, 1000.0, None)
    assert [unit.start for unit in counts.units] == [3, 3, 0, 0]


def test_an_outcome_that_is_not_about_leavers_is_not_counted_and_nothing_is_said():
    found = gathered(cells())
    assert (found.measured.counts, found.measured.no_counts) == (None, "")


def test_why_leavers_cannot_be_counted_is_said():
    bare = [replace(left(trust, month), left=None) for trust in ARMS for month in MONTHS]
    assert monthly(bare).measured.no_counts == "There is no headcount beside the leavers."
    whole = ("2025", "2026-01", "2026")
    twice = replace(MONTHLY, before=Span("2025", "2025"), after=Span("2026-01", "2026"))
    found = monthly([left(trust, period) for trust in ARMS for period in whole], twice)
    assert (found.measured.counts, "overlap" in found.measured.no_counts) == (None, True)


def test_leavers_that_are_too_few_to_be_shown_are_not_estimated_in_any_way():
    rows = [
        left(trust, month, 10 if (trust, month) == ("X02", "2026-02") else 20) for trust in ARMS for month in MONTHS
    ]
    found = monthly(rows)
    assert (found.measured, found.problem) == (None, "it would give away a figure about fewer than 11 people")
    shown = [row for row in panel([found], 11).rows if row[:2] == ("X02", "2026-02")]
    assert [(row[2], row[10]) for row in shown] == [
        (name, HIDDEN) for name in ("leaver_rate", "leavers", "mean_headcount")
    ]


def test_the_panel_has_what_the_counts_are_worked_out_from_and_has_it_once():
    rows = [left(trust, month) for trust in ARMS for month in MONTHS]
    alone = panel([monthly(rows)], 11).rows
    found = {(row[0], row[1], row[2]): row[10] for row in alone}
    assert len(alone) == len(found) == 3 * 16
    assert (found["X01", "2026-03", "leavers"], found["X01", "2026-03", "mean_headcount"]) == (20, 1000.0)
    counts = [replace(cell, value=float(cell.left.leavers)) for cell in rows]
    both = panel([monthly(rows), monthly(counts, replace(MONTHLY, name="leavers"))], 11).rows
    assert len(both) == len({row[:3] for row in both}) == 3 * 16


def test_outcomes_of_two_instruments_with_one_name_both_stand_in_the_panel():
    other = gathered(cells(), replace(OUTCOME, instrument="Pulse"))
    assert len(panel([gathered(cells()), other], 11).rows) == 2 * 16
