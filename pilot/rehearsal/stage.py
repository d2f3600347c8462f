"""What stands before a rehearsal begins: a database, a trust with its staff, voting codes, officers, and the vote."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from pilot.app import do_what_is_due
from pilot.people import queries as queries_of_people
from pilot.people import service as people
from pilot.people.roles import Grant, Role
from pilot.people.service import RollFile
from pilot.people.trusts import Trust
from pilot.rehearsal.plan import TRUST, TRUST_NAME, Plan, roll_file, starts_on
from pilot.rehearsal.serving import Hands
from pilot.secrecy import service as secrecy
from pilot.settings import Settings
from pilot.store import Store
from pilot.voting import queries, service
from pilot.voting.ballots import BallotSpec

BY = "command line"
OFFICER = "officer@example.org"
OPENS_AFTER, STAYS_OPEN = timedelta(days=1), timedelta(days=7)

Found = TypeVar("Found")


class Stage:
    """The database of a rehearsal, reached beside the server as the commands reach it."""

    def __init__(self, settings: Settings, clock: Hands) -> None:
        self.settings, self.clock = settings, clock
        self.codes: tuple[str, ...] = ()
        self.ballot = 0

    async def _write(self, act: Callable[[AsyncSession], Awaitable[Found]]) -> Found:
        store = Store.of(self.settings)
        try:
            async with store.writing() as session:
                return await act(session)
        finally:
            await store.dispose()

    def set_up(self, plan: Plan) -> None:
        """A trust with its roll and codes, a returning officer, and the vote, arranged."""
        now = self.clock()

        async def act(session: AsyncSession) -> None:
            today = now.date()
            trust = Trust(TRUST, TRUST_NAME, "pilot", matched_set="A", starts_on=starts_on(today))
            await people.add_trust(session, trust, by=BY, now=now)
            roll = RollFile("rehearsal.csv", roll_file(plan.voters), today)
            await people.load_roll(session, TRUST, roll, by=BY, now=now)
            officer = await people.add_account(session, "Returning Officer", OFFICER, by=BY, now=now)
            await people.grant_role(session, officer, Grant(Role.RETURNING_OFFICER, TRUST), by=BY, now=now)
            slips = await people.issue_codes(session, self.settings, TRUST, by=BY, now=now)
            self.codes = tuple(slip.code for slip in slips)
            self.ballot = await service.arrange(session, _spec(plan, now), by=BY, now=now, kind="rehearsal")

        asyncio.run(self._write(act))

    def link(self, email: str) -> str:
        """The secret of a new link by which an officer signs in: a session lasts for a working day only."""

        async def act(session: AsyncSession) -> str:
            account = await queries_of_people.account_by_email(session, email)
            return await people.make_link(session, account or 0, by=BY, now=self.clock())

        return asyncio.run(self._write(act))

    def trustees(self) -> list[int]:
        """The ids of the trustees, in the order in which they were invited."""

        async def act(session: AsyncSession) -> list[int]:
            return [row.id for row in await queries.trustees_of(session, TRUST)]

        return asyncio.run(self._write(act))

    def manifest(self) -> bytes:
        """The text that the trustees sign."""

        async def act(session: AsyncSession) -> bytes:
            row = await queries.ballot(session, self.ballot)
            return await secrecy.manifest_of(session, queries.box(row))

        return asyncio.run(self._write(act))

    def tick(self) -> list[str]:
        """Do what the clock asks for; a sentence for each thing done."""

        async def act() -> list[str]:
            store = Store.of(self.settings)
            try:
                return await do_what_is_due(store, self.clock())
            finally:
                await store.dispose()

        return asyncio.run(act())


def _spec(plan: Plan, now: datetime) -> BallotSpec:
    opens = now.replace(minute=0, second=0, microsecond=0) + OPENS_AFTER
    return BallotSpec(
        trust=TRUST,
        title="Rehearsal: a vote of made-up people",
        question=plan.words,
        text="Nobody is asked anything by this: everybody on the list is made up.",
        subject="a rehearsal",
        opens_at=opens,
        closes_at=opens + STAYS_OPEN,
        ask=plan.ask,
    )
