"""The list of voters as it was fixed: who is not on it, and why."""

from collections import defaultdict

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import NotFound
from pilot.people import queries as people
from pilot.people.roll import RollPerson
from pilot.voting import queries
from pilot.voting.electorate import Reason
from pilot.voting.tables import BallotRow


class Without(Struct, frozen=True):
    """The people who cannot vote for one reason: their number when the list was fixed, and those known by name.

    Fewer are known when another staff roll of the same day was imported since; none when no names were asked for.
    """

    reason: Reason
    number: int
    known: tuple[RollPerson, ...]


async def left_out(session: AsyncSession, row: BallotRow, *, names: bool) -> list[Without]:
    """Everybody whom the list of voters leaves out, reason by reason. Raises NotFound before the list is fixed."""
    if row.roll_as_at_on is None:
        raise NotFound("The list of voters is not fixed yet.")
    roll = await people.roll_on(session, row.trust, row.roll_as_at_on) if names else ()
    by_id = {one.person_id: one for one in roll}
    ids: defaultdict[str, list[int]] = defaultdict(list)
    for one in await queries.left_out(session, row.id):
        ids[one.reason].append(one.person_id)
    return [
        Without(reason, len(found), tuple(by_id[person] for person in found if person in by_id))
        for reason in Reason
        if (found := ids[reason.name])
    ]
