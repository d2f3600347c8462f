"""Lists of trusts, and designs at each of their steps, made through the services."""

import random
from datetime import UTC, date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from pilot.metrics.design import Options
from pilot.metrics.eligibility import Candidate, Criteria
from pilot.metrics.kernel.designs import Spread, Weighed
from pilot.metrics.lottery import Announcement
from pilot.metrics.service import designs as service
from pilot.metrics.service.designs import NewDesign
from pilot.settings import Settings

NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)
ON_THE_DAY = datetime(2027, 3, 5, 20, tzinfo=UTC)
SAID = Announcement("The Lotto draw of 5 March 2027", date(2027, 3, 5), date(2027, 3, 1), date(2027, 9, 1))
BEACON = "3 14 15 27 41 58"
BY = "account 7"
OPTIONS = Options(1, 2)
SPREAD = Spread(0.102, "made up")
SETTINGS = Settings(database_url="sqlite://", secret_key=b"x" * 32)


def a_candidate(number: int, **figures: object) -> Candidate:
    """One made-up trust."""
    given = {"type": "acute", "region": "North", "fte": 5000.0, "level": 6.5} | figures
    return Candidate(**{"code": f"X{number:02}", "name": f"Trust {number}", **given})


def a_trusts_file(trusts: int = 13, seed: int = 1) -> bytes:
    """A list of made-up trusts; every fourth is a community trust, and the last has no baseline level."""
    chance = random.Random(seed)
    lines = ["ods_code,name,type,region,cqc_overall,cqc_well_led,fte,level"]
    for number in range(trusts):
        kind = "community" if number % 4 == 3 else "acute"
        rating = chance.choice(["Good", "Requires improvement", ""])
        level = "" if number == trusts - 1 else round(chance.gauss(6.5, 0.2), 3)
        lines.append(
            f"X{number:02},Trust {number},{kind},{chance.choice(['North', 'South'])},{rating},Good,"
            f"{chance.randrange(2000, 9000)},{level}"
        )
    return "\n".join(lines).encode()


async def a_draft(session: AsyncSession, content: bytes | None = None, title: str = "Pilots of 2027") -> int:
    new = NewDesign(title, "engagement", "trusts.csv", a_trusts_file() if content is None else content)
    return await service.begin(session, new, by=BY, now=NOW)


async def a_fixed(session: AsyncSession, content: bytes | None = None) -> int:
    number = await a_draft(session, content)
    await service.fix_list(session, number, Criteria(), by=BY, now=NOW)
    return number


async def a_matched(session: AsyncSession, content: bytes | None = None, options: Options = OPTIONS) -> int:
    number = await a_fixed(session, content)
    await draw_up(session, number, options)
    return number


async def draw_up(session: AsyncSession, number: int, options: Options = OPTIONS) -> None:
    """Form the sets, as the page does."""
    order = await service.order_sets(session, number, options, SPREAD)
    answer = await service.draw_up(order, SETTINGS)
    await service.keep_sets(session, number, order, answer, by=BY, now=NOW)


async def an_announced(session: AsyncSession, content: bytes | None = None) -> int:
    number = await a_matched(session, content)
    await service.announce(session, number, SAID, by=BY, now=NOW)
    return number


async def a_drawn(session: AsyncSession, content: bytes | None = None) -> int:
    number = await an_announced(session, content)
    await draw(session, number)
    return number


async def draw(session: AsyncSession, number: int, beacon: str = BEACON) -> None:
    """Draw the pilots, as the page does."""
    drawn = await service.prepare_draw(session, number, beacon, now=ON_THE_DAY)
    weighed = await service.weigh_up(drawn.order, SETTINGS)
    assert isinstance(weighed, Weighed)
    await service.keep_draw(session, drawn, weighed, by=BY, now=ON_THE_DAY)
