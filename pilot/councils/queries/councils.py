"""Reading councils, their seats and their constitutions."""

from datetime import date

import msgspec
from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.councils.constitution import Constitution
from pilot.councils.tables import ConstitutionRow, CouncilRow, SeatRow
from pilot.errors import NotFound


class Council(Struct, frozen=True):
    """The staff council of one trust."""

    id: int
    trust: str
    name: str


class Version(Struct, frozen=True):
    """One version of a constitution and the day from which it is in force."""

    number: int
    effective_from: date
    constitution: Constitution


class Seat(Struct, frozen=True):
    """One seat; `holder` is None while nobody holds it, `person` is known when the holder is on the staff roll.

    A seat that is filled by election names its contest, its holder's candidacy and the last day of its time.
    """

    id: int
    body: str
    selection_method: str
    holder: str | None
    person: int | None
    held_from: date | None
    held_to: date | None
    contest: int | None = None
    candidate: int | None = None
    term_ends_on: date | None = None

    @property
    def held_to_its_end(self) -> bool:
        """Whether somebody who was elected holds this seat until its time is over."""
        return self.candidate is not None and self.held_to == self.term_ends_on


async def council(session: AsyncSession, trust: str, *, lock: bool = False) -> Council | None:
    """The trust's council; None if it has none. With `lock`, others who ask so wait until this transaction ends."""
    wanted = select(CouncilRow).where(CouncilRow.trust == trust)
    row = await session.scalar(wanted.with_for_update() if lock else wanted)
    return None if row is None else Council(row.id, row.trust, row.name)


async def council_of(session: AsyncSession, trust: str, *, lock: bool = False) -> Council:
    """The trust's council, like `council`. Raises NotFound."""
    found = await council(session, trust, lock=lock)
    if found is None:
        raise NotFound("This trust has no staff council yet.")
    return found


async def versions(session: AsyncSession, trust: str) -> tuple[Version, ...]:
    """Every version of the constitution, the newest first."""
    rows = await session.scalars(
        select(ConstitutionRow)
        .join(CouncilRow, CouncilRow.id == ConstitutionRow.council_id)
        .where(CouncilRow.trust == trust)
        .order_by(ConstitutionRow.version.desc())
    )
    return tuple(_version(row) for row in rows)


async def constitution_on(session: AsyncSession, trust: str, day: date) -> Version:
    """The version in force on a day: the newest that had begun. Raises NotFound when none had."""
    row = await session.scalar(
        select(ConstitutionRow)
        .join(CouncilRow, CouncilRow.id == ConstitutionRow.council_id)
        .where(CouncilRow.trust == trust, ConstitutionRow.effective_from <= day)
        .order_by(ConstitutionRow.effective_from.desc(), ConstitutionRow.version.desc())
        .limit(1)
    )
    if row is None:
        raise NotFound("The council of this trust has no constitution in force yet.")
    return _version(row)


async def version_of(session: AsyncSession, trust: str, number: int) -> Version:
    """One version of the constitution. Raises NotFound."""
    found = next((one for one in await versions(session, trust) if one.number == number), None)
    if found is None:
        raise NotFound("The council of this trust has no such version of its constitution.")
    return found


async def seats(session: AsyncSession, trust: str, day: date) -> tuple[Seat, ...]:
    """The seats that are there on a day, by body and holder; those that were given up before it are left out."""
    rows = await session.scalars(
        select(SeatRow)
        .join(CouncilRow, CouncilRow.id == SeatRow.council_id)
        .where(
            CouncilRow.trust == trust,
            (SeatRow.held_to.is_(None)) | (SeatRow.held_to >= day),
            (SeatRow.term_ends_on.is_(None)) | (SeatRow.term_ends_on >= day),
        )
        .order_by(func.lower(SeatRow.body), SeatRow.holder_name, SeatRow.id)
    )
    return tuple(_seat(row) for row in rows)


async def seat(session: AsyncSession, trust: str, seat_id: int) -> Seat:
    """One seat of the trust's council. Raises NotFound."""
    row = await session.scalar(
        select(SeatRow)
        .join(CouncilRow, CouncilRow.id == SeatRow.council_id)
        .where(CouncilRow.trust == trust, SeatRow.id == seat_id)
    )
    if row is None:
        raise NotFound("We cannot find this seat.")
    return _seat(row)


async def seats_of_contest(session: AsyncSession, contest_id: int) -> tuple[Seat, ...]:
    """Every seat that a contest filled or was to fill, with those who left and those who followed, in that order."""
    rows = await session.scalars(select(SeatRow).where(SeatRow.contest_id == contest_id).order_by(SeatRow.id))
    return tuple(_seat(row) for row in rows)


def _seat(row: SeatRow) -> Seat:
    return Seat(
        row.id,
        row.body,
        row.selection_method,
        row.holder_name,
        row.holder_person_id,
        row.held_from,
        row.held_to,
        row.contest_id,
        row.candidate_id,
        row.term_ends_on,
    )


def _version(row: ConstitutionRow) -> Version:
    return Version(row.version, row.effective_from, msgspec.convert(row.params, Constitution))
