"""Looking at how one trust is led and managed: who looks from outside is written down, for the trust to see."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from pilot.audit import log
from pilot.metrics.management import INSTRUMENTS
from pilot.metrics.measures import PROGRAMME
from pilot.metrics.queries.accesses import LOOKED
from pilot.metrics.queries.publications import Series
from pilot.metrics.service import publishing
from pilot.people.roles import Officer


def is_from_outside(officer: Officer) -> bool:
    """Whether somebody works for the programme, so that a trust is told when they look at its figures."""
    return any(grant.trust is None for grant in officer.grants)


async def note_look(session: AsyncSession, trust: str, *, by: str, now: datetime) -> None:
    """Write down who looked at the page of a trust."""
    await log.record(session, at=now, actor=by, verb=LOOKED, subject=f"trust {trust}", trust=trust)


async def fewest_shown(session: AsyncSession) -> int:
    """The fewest people about whom the page shows a figure: the highest rule of the series that it reads."""
    return max([await publishing.smallest(session, Series(PROGRAMME, instrument)) for instrument in INSTRUMENTS])
