"""A trust with a ballot and voting codes, behind the application."""

import msgspec
import pytest

from pilot.app import do_what_is_due
from pilot.people import service as people
from pilot.people.roles import Role
from pilot.voting import queries, service
from tests.builders.people import an_account
from tests.builders.voting import ARRANGED, OFFICER, SCRIPT, a_frozen_ballot, a_roll, an_arranged_ballot


class Hall:
    """The application with one ballot; `code(i)` is the voting code of the i-th person on the staff roll."""

    def __init__(self, client, settings, clock):
        self.client, self.settings, self.clock = client, settings, clock
        self.store = client.app.state.store
        self.codes: list[str] = []
        self.ballot = 0

    async def ready(self, voters: int, *, frozen: bool = True, **changes: object) -> None:
        """A trust with a roll, codes for everybody and a ballot."""
        self.clock.at(ARRANGED)
        async with self.store.writing() as session:
            if frozen:
                self.ballot = await a_frozen_ballot(session, voters, subject="a question", **changes)
            else:
                await a_roll(session, voters)
                self.ballot = await an_arranged_ballot(session, subject="a question", **changes)
            slips = await people.issue_codes(session, self.settings, "RAA", by=OFFICER, now=ARRANGED)
            self.codes = [slip.code for slip in sorted(slips, key=lambda slip: slip.person_id)]

    async def ballot_like(self, **changes: object) -> int:
        """One more ballot of the same trust, with its list of voters."""
        async with self.store.writing() as session:
            ballot = await an_arranged_ballot(session, **changes)
            await service.freeze_electorate(session, ballot, by=OFFICER, now=ARRANGED, script=SCRIPT)
        return ballot

    async def tick(self) -> list[str]:
        """Do what is due at this moment."""
        return await do_what_is_due(self.store, self.clock())

    async def state(self) -> str:
        async with self.store.reading() as session:
            return (await queries.ballot(session, self.ballot)).state

    async def officer(self, role: Role = Role.RETURNING_OFFICER, trust: str | None = "RAA") -> None:
        """Sign in at this browser with an account of that role."""
        async with self.store.writing() as session:
            email = f"{role.name.lower()}@example.org"
            account = await an_account(session, role, trust, email=email)
            secret = await people.make_link(session, account, by=OFFICER, now=self.clock())
        await self.client.post(f"/sign-in/{secret}")

    @property
    def here(self) -> str:
        return f"/trusts/RAA/ballots/{self.ballot}"


@pytest.fixture
async def hall(client, settings, clock) -> Hall:
    return Hall(client, settings, clock)


class Request(msgspec.Struct):
    """What went over the wire, as far as an onlooker sees it."""

    method: str
    path: str
    sent: int
    status: int
    received: int
