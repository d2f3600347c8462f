"""Ballots whose three trustees keep their own keys, through the services: frozen, signed, voted in, closed, opened."""

from datetime import datetime, timedelta

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.people import queries as people
from pilot.people.roles import Officer, Role
from pilot.secrecy import lists, peel
from pilot.secrecy import manifest as manifests
from pilot.secrecy import service as secrecy
from pilot.voting import queries, service
from pilot.voting.declaration import Declaration
from pilot.voting.tables import TrusteeRow
from tests.builders.people import an_account
from tests.builders.voting import (
    ARRANGED,
    CLOSES,
    OFFICER,
    OPENS,
    SCRIPT,
    a_roll,
    an_arranged_ballot,
    nobody_is_told,
    votes,
)

SIDES = ("scrutineer", "employer", "staff side")
NOTICED = CLOSES + timedelta(hours=2)
OPENED = NOTICED + timedelta(hours=24)
DECLARED = OPENED + timedelta(hours=1)


class Held:
    """A trustee with their keys in memory and an account."""

    def __init__(self, side: str) -> None:
        self.side = side
        self.name = f"Trustee for the {side}"
        self.sealer = ec.generate_private_key(ec.SECP256R1())
        self.signer = Ed25519PrivateKey.generate()
        self.account = 0

    @property
    def seal_key(self) -> bytes:
        return self.sealer.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )


class OwnBallot:
    """A ballot and its three trustees, in the order in which they open."""

    def __init__(self, ballot: int, trustees: list[Held]) -> None:
        self.id, self.trustees = ballot, trustees

    async def scrutineer(self, session: AsyncSession) -> Officer:
        """Who opens first, signed in."""
        return await self.officer(session, 0)

    async def officer(self, session: AsyncSession, place: int) -> Officer:
        found = await people.officer(session, self.trustees[place].account)
        assert found is not None
        return found

    async def row(self, session: AsyncSession):
        return await queries.ballot(session, self.id)

    async def close(self, session: AsyncSession, answers: str = "") -> None:
        """Votes like "yny" by the first voters; then the close."""
        words = {"y": "yes", "n": "no", "a": "abstain"}
        await votes(session, self.id, [words[one] for one in answers])
        await service.open_ballot(session, self.id, now=OPENS)
        await service.close_ballot(session, self.id, now=CLOSES)

    async def notice(self, session: AsyncSession, count: int = 25) -> None:
        """The notices went out."""
        await service.record_notices(session, self.id, count=count, by=OFFICER, now=NOTICED)

    async def open_one(self, session: AsyncSession) -> None:
        """The next trustee opens the list."""
        row = await self.row(session)
        layer = await secrecy.next_layer(session, row.box_id)
        held = self.trustees[layer.number - 1]
        found = lists.read(await secrecy.list_for(session, row.box_id))
        done = peel.peel(found.items, lists.check(found), held.sealer, held.signer)
        await secrecy.take_peel(session, row.box_id, lists.write_opened(done))

    async def declare(self, session: AsyncSession, *, now: datetime = DECLARED) -> Declaration:
        """Notices, the three openings, the count and the declaration of a closed ballot."""
        await self.notice(session)
        for _ in self.trustees:
            await self.open_one(session)
        await service.tally(session, self.id, now=OPENED)
        return await service.declare_result(session, self.id, by=OFFICER, now=now, on_declared=nobody_is_told)


async def an_own_ballot(session: AsyncSession, voters: int = 25, **changes: object) -> OwnBallot:
    """A ballot with its list of voters that its three trustees have signed; its trust and its roll are made with it."""
    await a_roll(session, voters)
    ballot = await an_arranged_ballot(session, **changes)
    trustees = [Held(side) for side in SIDES]
    chosen: list[int | None] = []
    for held in trustees:
        email = f"{held.side.replace(' ', '-')}@example.org"
        held.account = await an_account(session, Role.TRUSTEE, "RAA", email=email)
        chosen.append(await _trustee(session, held))
    await service.choose(session, ballot, chosen, by=OFFICER, now=ARRANGED, real=False)
    await service.freeze_electorate(session, ballot, by=OFFICER, now=ARRANGED, script=SCRIPT)
    row = await queries.ballot(session, ballot)
    digest = (await secrecy.promise(session, row.box_id)).digest
    for layer, held in enumerate(trustees, start=1):
        await secrecy.sign_manifest(session, row.box_id, layer, manifests.sign(held.signer, digest))
    return OwnBallot(ballot, trustees)


async def _trustee(session: AsyncSession, held: Held) -> int:
    row = TrusteeRow(
        trust="RAA",
        account_id=held.account,
        name=held.name,
        email=f"{held.account}@example.org",
        role=held.side,
        side=held.side,
        deputy="Dee Deputy",
        state="confirmed",
        seal_key=held.seal_key,
        sign_key=held.signer.public_key().public_bytes_raw(),
        confirmed_by=OFFICER,
    )
    session.add(row)
    await session.flush()
    return row.id
