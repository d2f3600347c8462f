"""Who belongs to a council's electorate: the same people who could vote on that day."""

from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import WrongState
from pilot.people import queries as people
from pilot.voting.electorate import ElectorateRule, why_left_out


async def electorate(session: AsyncSession, trust: str, day: date) -> frozenset[int]:
    """Person ids of the electorate on a day. Raises WrongState while no staff roll is known."""
    roll = await people.roll_on(session, trust, day)
    if not roll:
        raise WrongState("No staff roll has been imported for this trust yet.")
    return frozenset(one.person_id for one in roll if why_left_out(one, ElectorateRule(), day) is None)


async def belongs(session: AsyncSession, trust: str, person: int, day: date) -> bool:
    """Whether one person belongs to the electorate on a day; reads their lines of the staff roll and no others."""
    found = await people.person_on_roll(session, trust, person, day)
    return found is not None and why_left_out(found, ElectorateRule(), day) is None
