"""Trusts, staff rolls, accounts and codes for tests, made through the services as life makes them."""

from datetime import UTC, date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from pilot.people import queries, service
from pilot.people.codes import Slip
from pilot.people.roles import Grant, Role
from pilot.people.roll import RollSummary
from pilot.people.service import RollFile
from pilot.people.trusts import Trust
from pilot.settings import Settings

NOW = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
TODAY = NOW.date()
BY = "tests"
HEADINGS = (
    "Employee Number,Last Name,First Name,Staff Group,Department,Location,Job Role,Pay Band,"
    "Assignment Category,Assignment Status,Latest Start Date"
)


async def a_trust(session: AsyncSession, ods_code: str = "RAA", arm: str = "pilot", **changes: object) -> Trust:
    """A trust of the programme; a pilot that started on 1 April 2026 unless told."""
    given = {"name": f"{ods_code} Example NHS Trust", "matched_set": "1", "starts_on": date(2026, 4, 1)} | changes
    trust = Trust(ods_code, arm=arm, **given)
    await service.add_trust(session, trust, by=BY, now=NOW)
    return trust


def roll_lines(number: int, start: int = 1) -> list[str]:
    """So many lines of a roll: people of several sites, wards and staff groups, all employed and active."""
    groups = ("Nursing", "Estates", "Administration", "Medical")
    return [
        f"{n:08},Worker{n},Sam,{groups[n % 4]},Ward {n % 7 + 1},{'Main site' if n % 3 else 'North site'},Staff member,"
        f"Band {n % 6 + 2},Permanent,Active,01/0{n % 9 + 1}/2015"
        for n in range(start, start + number)
    ]


def roll_file(number: int = 30, *, start: int = 1, as_at_on: date = TODAY, extra: tuple[str, ...] = ()) -> RollFile:
    """A CSV file with so many people."""
    text = "\n".join([HEADINGS, *roll_lines(number, start), *extra, ""])
    return RollFile("roll.csv", text.encode(), as_at_on)


async def a_roll(
    session: AsyncSession, trust: str = "RAA", number: int = 30, *, now: datetime = NOW, as_at_on: date | None = None
) -> RollSummary:
    """An imported staff roll with so many people; the trust must be there."""
    file = roll_file(number, as_at_on=as_at_on or now.date())
    return await service.load_roll(session, trust, file, by=BY, now=now)


async def a_person(session: AsyncSession, trust: str = "RAA", *, now: datetime = NOW) -> int:
    """The id of somebody on the roll of the trust, which is imported first if there is none."""
    people = await queries.roll_on(session, trust, now.date())
    if not people:
        await a_roll(session, trust, now=now)
        people = await queries.roll_on(session, trust, now.date())
    return people[0].person_id


async def an_account(
    session: AsyncSession,
    role: Role | None = None,
    trust: str | None = None,
    *,
    name: str = "Ada Example",
    email: str = "ada@example.org",
) -> int:
    """The id of a new account, with a role if one is given."""
    account = await service.add_account(session, name, email, by=BY, now=NOW)
    if role is not None:
        await service.grant_role(session, account, Grant(role, trust), by=BY, now=NOW)
    return account


async def the_codes(
    session: AsyncSession, settings: Settings, trust: str = "RAA", *, now: datetime = NOW
) -> tuple[Slip, ...]:
    """Voting codes for everybody on the roll of the trust who has none."""
    return await service.issue_codes(session, settings, trust, by=BY, now=now)
