"""The measures of the demonstration, with an effect built in that an evaluation must find again. Pure.

Every figure is the sum of a level of the trust, a drift that all trusts share, noise, and in pilots from their start
on the effect. Nothing else tells pilots from controls. docs/demonstration.md states the same numbers.
"""

import csv
import io
from collections.abc import Sequence
from datetime import date

from msgspec import Struct

from pilot.demo.chance import Chance
from pilot.people.trusts import Trust

SEED = "pilot demonstration 9"

MOTIVATION_EFFECT = 0.30
"""Points on the scale from 0 to 10, in pilots from the first wave after their start."""

MORALE_EFFECT = 0.20
"""Points on the scale from 0 to 10, in pilots from the first wave after their start."""

LEAVER_RATE_EFFECT = -0.15
"""Percentage points of the monthly leaver rate, in pilots from their first month."""

MONTHS = 36
MONTHS_BEFORE = 18
WAVE_MONTHS = (3, 9, 15, 21, 27, 33)
"""The months, counted from 0, in which staff were asked: three waves before the start and three after."""

_DRIFT = (0.00, -0.06, -0.11, -0.08, -0.03, 0.02)
"""What every trust's mean did from wave to wave, pilots and controls alike."""

_WINTER = {1: 0.06, 2: 0.02, 3: 0.09, 8: 0.12, 9: 0.10, 12: -0.10}
"""Percentage points by which more or fewer staff leave in a month of the year, in every trust."""


class WaveFigures(Struct, frozen=True):
    """What the staff of one trust said in one wave: means from 0 to 10 over `responses` people."""

    ods_code: str
    asked_on: date
    responses: int
    morale: float
    motivation: float


class MonthFigures(Struct, frozen=True):
    """One trust in one month: staff in post on its first day and on the first day after it, and how many left in it."""

    ods_code: str
    month: date
    headcount_start: int
    headcount_end: int
    leavers: int


def first_month(today: date) -> date:
    """The first of the 36 whole months that ended before `today`."""
    return month_after(today.replace(day=1), -MONTHS)


def starts_on(today: date) -> date:
    """The day on which the pilots of a demonstration made `today` began: the middle of the 36 months."""
    return month_after(first_month(today), MONTHS_BEFORE)


def month_after(first: date, months: int) -> date:
    """The first day of the month so many months later (earlier, when negative)."""
    years, month = divmod(first.month - 1 + months, 12)
    return date(first.year + years, month + 1, 1)


def waves(trusts: Sequence[Trust], today: date, seed: str = SEED) -> tuple[WaveFigures, ...]:
    """Morale and motivation of every trust in six waves, by trust and wave."""
    return tuple(figure for trust in trusts for figure in _waves_of(trust, today, seed))


def months(trusts: Sequence[Trust], today: date, seed: str = SEED) -> tuple[MonthFigures, ...]:
    """Headcount and leavers of every trust in 36 months, by trust and month."""
    return tuple(figure for trust in trusts for figure in _months_of(trust, today, seed))


def _waves_of(trust: Trust, today: date, seed: str) -> list[WaveFigures]:
    chance = Chance(seed, "waves", trust.ods_code)
    in_set = Chance(seed, "waves", trust.matched_set)
    motivation, morale = in_set.normal(6.7, 0.15), in_set.normal(5.7, 0.15)
    motivation, morale = motivation + chance.normal(0, 0.18), morale + chance.normal(0, 0.18)
    staff, found = _staff(trust, seed), []
    for wave, month in enumerate(WAVE_MONTHS):
        treated = trust.arm == "pilot" and month >= MONTHS_BEFORE
        mood = chance.normal(0, 0.05)  # what moves both measures in one trust and wave
        found.append(
            WaveFigures(
                ods_code=trust.ods_code,
                asked_on=month_after(first_month(today), month),
                responses=chance.count(staff, chance.normal(0.44, 0.02)),
                morale=_score(morale + _DRIFT[wave] + mood + chance.normal(0, 0.07) + treated * MORALE_EFFECT),
                motivation=_score(
                    motivation + _DRIFT[wave] + mood + chance.normal(0, 0.07) + treated * MOTIVATION_EFFECT
                ),
            )
        )
    return found


def _months_of(trust: Trust, today: date, seed: str) -> list[MonthFigures]:
    chance = Chance(seed, "months", trust.ods_code)
    usual = Chance(seed, "months", trust.matched_set).normal(1.10, 0.05) + chance.normal(0, 0.06)
    staff, found = _staff(trust, seed), []
    for number in range(MONTHS):
        month = month_after(first_month(today), number)
        treated = trust.arm == "pilot" and number >= MONTHS_BEFORE
        percent = usual + _WINTER.get(month.month, 0.0) + treated * LEAVER_RATE_EFFECT
        leavers = chance.count(staff, percent / 100)
        after = staff + chance.count(staff, 0.0108) - leavers
        found.append(MonthFigures(trust.ods_code, month, staff, after, leavers))
        staff = after
    return found


def _staff(trust: Trust, seed: str) -> int:
    """Staff in post at first: between 2,600 and 7,400."""
    return 2600 + Chance(seed, "staff", trust.ods_code).below(4801)


def _score(value: float) -> float:
    return round(min(max(value, 0.0), 10.0), 2)


def waves_file(trusts: Sequence[Trust], today: date, seed: str = SEED) -> bytes:
    """The waves as a CSV file: a row for each trust and wave, the measures in columns."""
    rows = [
        (one.ods_code, f"{one.asked_on:%Y-%m}", one.responses, f"{one.morale:.2f}", f"{one.motivation:.2f}")
        for one in waves(trusts, today, seed)
    ]
    return table(("ods_code", "period", "responses", "morale", "motivation"), rows)


def months_file(trusts: Sequence[Trust], today: date, seed: str = SEED) -> bytes:
    """The months as a CSV file: a row for each trust and month, the counts in columns."""
    rows = [
        (one.ods_code, f"{one.month:%Y-%m}", one.headcount_start, one.headcount_end, one.leavers)
        for one in months(trusts, today, seed)
    ]
    return table(("ods_code", "period", "headcount_start", "headcount_end", "leavers"), rows)


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> bytes:
    """The rows as a CSV file in UTF-8."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()
