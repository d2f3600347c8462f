"""The voters of the demonstration: each fills, stamps, seals and casts a paper as a browser does."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from pilot.demo.chance import Chance
from pilot.demo.figures import SEED
from pilot.people import queries as people
from pilot.people.roles import Voter
from pilot.secrecy import filling, stamp
from pilot.secrecy import manifest as manifests
from pilot.secrecy import service as secrecy
from pilot.voting import queries, service


class Voters:
    """Those who vote in one ballot, in an order of their own, and their answers: "yes", or "3>1" for an order.

    Who votes and how follows from the seed; what keeps a paper secret is real chance, as in a browser.
    """

    def __init__(self, ballot_id: int, trust: str, entitled: Sequence[int], answers: Mapping[str, int]) -> None:
        chance = Chance(SEED, "votes", trust, ballot_id)
        self.ballot_id = ballot_id
        self._waiting = chance.shuffled(entitled)
        self._answers = chance.shuffled([answer for answer, number in answers.items() for _ in range(number)])
        self._voted: list[int] = []

    async def vote(self, session: AsyncSession, number: int, *, now: datetime) -> None:
        """The next `number` people vote."""
        manifest, digest = await self._manifest(session)
        for _ in range(number):
            person = self._waiting.pop()
            await self._cast(session, manifest, digest, person, now)
            self._voted.append(person)

    async def vote_again(self, session: AsyncSession, number: int, *, now: datetime) -> None:
        """The first who voted seal their vote anew, with the answers that come next; only the last one counts."""
        manifest, digest = await self._manifest(session)
        for person in self._voted[:number]:
            await self._cast(session, manifest, digest, person, now)

    async def _manifest(self, session: AsyncSession) -> tuple[manifests.Manifest, str]:
        row = await queries.ballot(session, self.ballot_id)
        if row.box_id is None:
            raise AssertionError(f"ballot {row.id} has no box")
        text = await secrecy.manifest_of(session, row.box_id)
        return manifests.read(text), manifests.digest(text)

    async def _cast(
        self, session: AsyncSession, manifest: manifests.Manifest, digest: str, person: int, now: datetime
    ) -> None:
        voter = await people.voter(session, person)
        if not isinstance(voter, Voter):
            raise AssertionError(f"person {person} is not on the roll")
        order = stamp.read_public(manifest.stamp_key).n
        chance = filling.Chance(secrets.token_bytes(32), secrets.token_bytes(48), 2 + secrets.randbelow(order - 3))
        answer = self._answers.pop()
        filled = filling.fill(manifest, digest, [answer.split(">") if answer else []], chance)
        signature = await service.stamp(session, self.ballot_id, voter, filled.blinded, now=now)
        envelope = filling.seal_up(manifest, digest, filled, signature)
        await service.cast(session, self.ballot_id, voter, envelope, now=now)
