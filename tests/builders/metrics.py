"""Measures, arms and comparisons, made through the services."""

import random
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.metrics import queries, service
from pilot.metrics.registration import AnalysisPlan, Outcome, Size, Span
from pilot.metrics.service import MeasureFile
from pilot.people import service as people
from pilot.people.trusts import Trust
from pilot.settings import Settings

NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)
BY = "account 7"
SETTINGS = Settings(database_url="sqlite://", secret_key=b"x" * 32)

EFFECT = 0.5


def a_wide_file(sets: int = 6, seed: int = 1, years: tuple[int, ...] = (2013, 2014, 2015, 2016, 2017)) -> bytes:
    """Morale of one pilot and two controls in each set; pilots rise by EFFECT from 2015 on."""
    chance = random.Random(seed)
    lines = ["Code,Year,Responses,morale,WorkStress"]
    for number in range(3 * sets):
        level = chance.gauss(6, 0.5)
        for year in years:
            effect = EFFECT if number % 3 == 0 and year >= 2015 else 0.0
            morale = round(level + 0.05 * (year - 2013) + effect + chance.gauss(0, 0.05), 3)
            lines.append(f"{code(number)},{year},{300 + number},{morale},NA")
    return "\n".join(lines).encode()


def rates_file(sets: int = 6, years: tuple[int, ...] = (2013, 2014, 2015, 2016, 2017)) -> bytes:
    """Response rates of the trusts of `a_wide_file`: about 0.4, in pilots from 2015 on about 0.5."""
    chance = random.Random(9)
    lines = ["Code,Year,Responses,response_rate"]
    for number in range(3 * sets):
        for year in years:
            rate = 0.4 + (0.1 if number % 3 == 0 and year >= 2015 else 0.0) + chance.gauss(0, 0.01)
            lines.append(f"{code(number)},{year},{350 + number},{round(rate, 4)}")
    return "\n".join(lines).encode()


def code(number: int) -> str:
    """A made-up trust code."""
    return f"X{number:02}"


def arms_file(sets: int = 6) -> bytes:
    """The arms that belong to `a_wide_file`."""
    lines = ["ods_code,arm,set,start"]
    for number in range(3 * sets):
        pilot = number % 3 == 0
        lines.append(f"{code(number)},{'pilot' if pilot else 'control'},s{number // 3},{2015 if pilot else ''}")
    return "\n".join(lines).encode()


def a_file(content: bytes, **changes: str) -> MeasureFile:
    words = {
        "instrument": "Other measures",
        "vintage": "2020",
        "source": "made up",
        "dataset": "Other trusts",
    } | changes
    return MeasureFile(filename="measures.csv", content=content, **words)


async def a_panel(session: AsyncSession, sets: int = 6) -> int:
    """A panel of other trusts with their arms; the number of its measure morale."""
    await service.load_measures(session, a_file(a_wide_file(sets)), by=BY, now=NOW)
    dataset = await queries.dataset_called(session, "Other trusts")
    assert dataset is not None
    await service.replace_arms(session, dataset.id, arms_file(sets), by=BY, now=NOW)
    return next(m.id for m in await queries.measures(session, dataset.id) if m.outcome == "morale")


async def programme_trusts(session: AsyncSession, sets: int = 6, types: tuple[str, ...] = ("",)) -> None:
    """One pilot and two controls in each matched set; the pilots start on 1 January 2026. Sets have types in turn."""
    for number in range(3 * sets):
        pilot = number % 3 == 0
        trust = Trust(
            code(number),
            f"Trust {number}",
            "pilot" if pilot else "control",
            matched_set=f"s{number // 3}",
            type=types[number // 3 % len(types)],
            starts_on=date(2026, 1, 1) if pilot else None,
        )
        await people.add_trust(session, trust, by=BY, now=NOW)


def a_workforce_file(sets: int = 6) -> bytes:
    """Headcount on the first day of each month and leavers in it, a year before and a year after the start."""
    chance = random.Random(2)
    lines = ["ods_code,month,headcount,leavers"]
    for number in range(3 * sets):
        for month in range(24):
            rate = 0.011 - (0.003 if number % 3 == 0 and month >= 12 else 0.0)
            leavers = round(3000 * rate + chance.gauss(0, 2))
            lines.append(f"{code(number)},{2025 + month // 12}-{month % 12 + 1:02},3000,{leavers}")
    return "\n".join(lines).encode()


def a_plan(outcome: Outcome | None = None, *others: Outcome, **changes: Any) -> AnalysisPlan:
    """A plan that can be locked: morale of two years before and three after, or what is given."""
    primary = outcome or Outcome("Other measures", "morale", Span("2013", "2014"), Span("2015", "2017"))
    plan = AnalysisPlan(
        estimand="How much more pilots changed than controls.",
        population="Six pilots and twelve controls.",
        theory="Who is heard is content.",
        primary=primary,
        secondaries=others,
        stopping="Looked at once, at the end.",
        size=Size(6, 12, Decimal("0.1"), "made up"),
    )
    return replace(plan, **changes)


MONTHLY = Outcome("Workforce figures", "leaver_rate", Span("2025-01", "2025-12"), Span("2026-01", "2026-11"))
"""The leaver rate of `a_workforce_file`, whose last month has no end."""


async def a_locked_study(session: AsyncSession, plan: AnalysisPlan, name: str = "Study", **more: Any) -> int:
    """A study whose plan is locked; of the programme's own trusts unless a dataset is named."""
    return await service.load_plan(session, name, plan, by=BY, now=NOW, **more)
