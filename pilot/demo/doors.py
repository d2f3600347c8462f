"""The ways into a demonstration: a fresh sign-in link for each role, and a voting code."""

from datetime import datetime

from msgspec import Struct

from pilot.clock import LONDON
from pilot.demo.rolls import shown_voter
from pilot.demo.trusts import VOTING
from pilot.demo.words import ACCOUNTS
from pilot.people import queries as people
from pilot.people import service
from pilot.people.roles import Role, Voter
from pilot.settings import Settings
from pilot.store import Store
from pilot.voting import service as voting

BY = "command line"


class Door(Struct, frozen=True):
    """A sign-in link that works once, and whom it signs in."""

    role: Role
    name: str
    address: str


class Code(Struct, frozen=True):
    """A voting code, whose it is, and in which votes it can be used until when the first of them closes."""

    code: str
    name: str
    job: str
    titles: tuple[str, ...]
    closes_at: datetime


async def doors(store: Store, settings: Settings, now: datetime) -> tuple[Door, ...]:
    """A fresh link for each account of the demonstration that is here; earlier unused links of theirs stop working."""
    made = []
    async with store.writing() as session:
        for account in ACCOUNTS:
            number = await people.account_by_email(session, account.email)
            if number is None:
                continue
            secret = await service.make_link(session, number, by=BY, now=now)
            made.append(Door(account.role, account.name, service.link_address(settings, secret)))
    return tuple(made)


async def code(store: Store, settings: Settings, now: datetime) -> Code | None:
    """A new voting code of the person shown; None when no vote is open to them (any more).

    Codes are stored under a secret and cannot be read again, so each start makes a new one and ends the one before.
    """
    line = shown_voter(VOTING)
    async with store.writing() as session:
        roll = await people.roll_on(session, VOTING, now.astimezone(LONDON).date())
        person = next((one for one in roll if one.employee_number == line.employee_number), None)
        if person is None:
            return None
        voter = Voter(person.person_id, VOTING, person.name)
        places = await voting.places(session, voter, now=now)
        if not places:
            return None
        reason = "the demonstration was started"
        slip = await service.reissue(session, settings, VOTING, person.person_id, reason=reason, by=BY, now=now)
        titles = tuple(place.ballot.title for place in places)
        return Code(slip.code, slip.name, line.job.role.lower(), titles, places[0].ballot.closes_at)
