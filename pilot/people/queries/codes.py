"""Reading who holds a voting code. A code itself can be read by nobody."""

from collections.abc import Iterable
from datetime import date

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import NotFound
from pilot.people.queries.roll import person_on_roll, roll_on
from pilot.people.roles import Voter
from pilot.people.roll import RollPerson
from pilot.people.tables import PersonRow, TrustRow, VotingCodeRow


class CodeHolder(Struct, frozen=True):
    """One person on the latest roll, and whether a voting code has been made (None: not yet) and in which batch."""

    person: RollPerson
    issued_on: date | None = None
    batch: int | None = None


class Batch(Struct, frozen=True):
    """The codes that were made at once and are still in force."""

    number: int
    issued_on: date
    codes: int


async def voter(session: AsyncSession, person_id: int) -> Voter | None:
    """The person as a principal; None if there is no such person."""
    wanted = select(PersonRow, TrustRow.arm).join(TrustRow, TrustRow.ods_code == PersonRow.trust)
    found = (await session.execute(wanted.where(PersonRow.id == person_id))).one_or_none()
    if found is None:
        return None
    person, arm = found
    return Voter(person.id, person.trust, f"{person.first_name} {person.last_name}", arm)


async def code_holders(session: AsyncSession, trust: str, day: date) -> tuple[CodeHolder, ...]:
    """Everybody on the roll of `day`, by site, unit and name, with the day and batch of their code."""
    people = await roll_on(session, trust, day)
    codes = await codes_of(session, trust)
    holders = [CodeHolder(person, *codes.get(person.person_id, (None, None))) for person in people]
    return tuple(sorted(holders, key=by_place))


async def code_holder(session: AsyncSession, trust: str, person_id: int, day: date) -> CodeHolder:
    """One person on the roll of `day`. Raises NotFound."""
    person = await person_on_roll(session, trust, person_id, day)
    if person is None:
        raise NotFound("This person is not on the latest staff roll of this trust.")
    codes = await session.execute(
        select(VotingCodeRow.issued_on, VotingCodeRow.batch).where(VotingCodeRow.person_id == person_id)
    )
    issued_on, batch = next(((row.issued_on, row.batch) for row in codes), (None, None))
    return CodeHolder(person, issued_on, batch)


def holders_like(holders: Iterable[CodeHolder], words: str) -> tuple[CodeHolder, ...]:
    """Those whose employee number is `words`, or in whose name every word of it stands; nobody for no words."""
    sought = words.casefold().split()
    if not sought:
        return ()
    return tuple(
        holder
        for holder in holders
        if holder.person.employee_number.casefold().lstrip("0") == words.casefold().strip().lstrip("0")
        or all(word in holder.person.name.casefold() for word in sought)
    )


def by_place(holder: CodeHolder) -> tuple[str, ...]:
    """The order in which slips are handed out: site, unit, last name, first name."""
    person = holder.person
    place = (person.primary.site, person.primary.unit, person.last_name, person.first_name, person.employee_number)
    return tuple(part.casefold() for part in place)


async def codes_of(session: AsyncSession, trust: str) -> dict[int, tuple[date, int]]:
    """The day and batch of each person's code, by person id. Never a code: nobody can read one back."""
    rows = await session.execute(
        select(VotingCodeRow.person_id, VotingCodeRow.issued_on, VotingCodeRow.batch)
        .join(PersonRow, PersonRow.id == VotingCodeRow.person_id)
        .where(PersonRow.trust == trust)
    )
    return {person_id: (issued_on, batch) for person_id, issued_on, batch in rows}


async def last_batch(session: AsyncSession, trust: str) -> int:
    """The number of the newest batch of a trust with codes still in force; 0 if there is none."""
    number = await session.scalar(
        select(func.max(VotingCodeRow.batch))
        .join(PersonRow, PersonRow.id == VotingCodeRow.person_id)
        .where(PersonRow.trust == trust)
    )
    return number or 0


async def batches(session: AsyncSession, trust: str) -> tuple[Batch, ...]:
    """The batches of a trust with codes still in force, the newest first."""
    rows = await session.execute(
        select(VotingCodeRow.batch, func.min(VotingCodeRow.issued_on), func.count())
        .join(PersonRow, PersonRow.id == VotingCodeRow.person_id)
        .where(PersonRow.trust == trust)
        .group_by(VotingCodeRow.batch)
        .order_by(VotingCodeRow.batch.desc())
    )
    return tuple(Batch(number, issued_on, codes) for number, issued_on, codes in rows)


async def batch(session: AsyncSession, trust: str, number: int) -> Batch:
    """One batch with codes still in force. Raises NotFound."""
    found = next((one for one in await batches(session, trust) if one.number == number), None)
    if found is None:
        raise NotFound(f"No code of batch {number} is in use any more.")
    return found


async def voter_with_code(session: AsyncSession, digest: str) -> Voter | None:
    """The person to whom the code with this digest belongs; None if it belongs to nobody (any more)."""
    person_id = await session.scalar(select(VotingCodeRow.person_id).where(VotingCodeRow.digest == digest))
    return None if person_id is None else await voter(session, person_id)
