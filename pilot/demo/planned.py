"""The plan of the demonstration's study, locked before its figures are loaded. Pure."""

from datetime import date
from decimal import Decimal

from msgspec.structs import replace

from pilot.demo import figures
from pilot.demo.trusts import CONTROLS_IN_A_SET, SETS
from pilot.metrics.registration import AnalysisPlan, Outcome, Size, Span, propose

NAME = "Staff councils and motivation"

THEORY = """\
Staff who can put a proposal to a vote, and get an answer from the board in time, see that what they say counts.
Within a year they should feel more motivated, then stay longer."""


def study_plan(today: date) -> AnalysisPlan:
    """The plan for a demonstration made `today`: motivation decides, morale and leavers stand beside it."""
    waves = [_label(today, month) for month in figures.WAVE_MONTHS]
    middle = len(waves) // 2
    before, after = Span(waves[0], waves[middle - 1]), Span(waves[middle], waves[-1])
    months = [_label(today, month) for month in range(figures.MONTHS)]
    split = figures.MONTHS_BEFORE
    leavers = Outcome(
        "Workforce figures", "leaver_rate", Span(months[0], months[split - 1]), Span(months[split], months[-1])
    )
    return replace(
        propose(SETS, SETS * CONTROLS_IN_A_SET, SETS),
        theory=THEORY,
        primary=Outcome("Other measures", "motivation", before, after),
        secondaries=(Outcome("Other measures", "morale", before, after), leavers),
        size=Size(SETS, SETS * CONTROLS_IN_A_SET, Decimal("0.07"), "How the figures of the demonstration are made"),
    )


def _label(today: date, month: int) -> str:
    return f"{figures.month_after(figures.first_month(today), month):%Y-%m}"
