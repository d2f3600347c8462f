"""What a study asks of its values, and what its panel shows of the people behind them."""

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
    return gather(a_plan(OUTCOME), outcome, "score", rows, ARMS)


def line(cell):
    (row,) = panel([gathered([cell, *cells()[4:]])]).rows[:1]
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
