"""The application with one trust, forty staff and a council, and proposals made at the application's own clock."""

from datetime import timedelta

import pytest

from pilot.people.roles import Role
from tests.builders import councils
from tests.signing_in import sign_in, sign_in_voter, sign_out


class House:
    """One trust's council seen through the application: who is there, and proposals in any state."""

    trust = "RAA"

    def __init__(self, client, clock, people):
        self.client, self.clock, self.people = client, clock, people
        self.at = f"/trusts/{self.trust}/proposals"

    async def proposal(self, state, **words):
        """A proposal as far as `state`; the clock moves along. Its address."""
        async with self.client.app.state.store.writing() as session:
            number, then = await councils.a_proposal(session, self.people, state, now=self.clock(), **words)
        self.clock.at(then)
        return f"{self.at}/{number}"

    async def as_voter(self, place=10):
        """Sign in as one of the staff."""
        await sign_in_voter(self.client, self.people[place])

    async def as_coordinator(self):
        """Sign in as the trust's coordinator."""
        await sign_in(self.client, Role.COORDINATOR, trust=self.trust)

    async def as_secretary(self):
        """Sign in as the secretary of the trust's board."""
        await sign_in(self.client, Role.BOARD_SECRETARY, trust=self.trust)

    def as_visitor(self):
        """Sign out."""
        sign_out(self.client)

    async def get(self, address, status=200):
        """The text of a page, asserted to come with this status; one space between words."""
        return await self._read(await self.client.get(address), status)

    async def post(self, address, data=None, status=200):
        """Send a form and follow to the next page; its text, like `get`."""
        return await self._read(await self.client.post(address, data=data or {}), status)

    async def _read(self, answer, status):
        text = " ".join(answer.text.replace("&#39;", "'").split())
        assert answer.status_code == status, text[-1500:]
        return text


@pytest.fixture
async def house(client, clock):
    async with client.app.state.store.writing() as session:
        people = await councils.staff(session, "RAA", 40, now=clock())
        await councils.a_council(session, "RAA", now=clock() - timedelta(minutes=1), support_percent=7)
    return House(client, clock, people)
