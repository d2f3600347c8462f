"""Boxes and voters for tests."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.secrecy import filling, lists, papers, peel, seal, service, stamp
from pilot.secrecy import manifest as manifests
from pilot.secrecy.box import Box, BoxPlan, Final, PlannedTrustee, Receipt
from pilot.secrecy.manifest import Option, Question, Teller

OPENS = datetime(2027, 3, 3, 8, tzinfo=UTC)
OPEN = datetime(2027, 3, 5, 3, 12, tzinfo=UTC)
CLOSES = datetime(2027, 3, 17, 17, tzinfo=UTC)
SCRIPT = "5c" * 32
YES_NO = Question("Shall we?", (Option("yes", "Yes"), Option("no", "No"), Option("abstain", "I do not want to choose")))
TRUSTEES = (
    PlannedTrustee("Ada Scrutineer", "independent scrutineer"),
    PlannedTrustee("Ben Employer", "employer"),
    PlannedTrustee("Cy Staff-Side", "staff-side representative"),
)
RULE: dict[str, str | int | bool] = {"name": "yes-no", "version": "1", "strict": True}


def a_plan(questions: Sequence[Question] = (YES_NO,), ballot: str = "RAA-1") -> BoxPlan:
    return BoxPlan(ballot, "vote", "Breaks on nights", tuple(questions), OPENS, CLOSES, RULE, TRUSTEES)


class Keys:
    """A trustee's own keys, which no server has."""

    def __init__(self) -> None:
        self.sealer = ec.generate_private_key(ec.SECP256R1())
        self.signer = Ed25519PrivateKey.generate()

    @property
    def seal_key(self) -> bytes:
        uncompressed = serialization.PublicFormat.UncompressedPoint
        return self.sealer.public_key().public_bytes(serialization.Encoding.X962, uncompressed)

    @property
    def sign_key(self) -> bytes:
        return self.signer.public_key().public_bytes_raw()

    def planned(self, name: str, role: str) -> PlannedTrustee:
        return PlannedTrustee(name, role, "own", self.seal_key, self.sign_key)


def own_keys(custody: Sequence[str] = ("own", "server", "own")) -> list[Keys | None]:
    """The trustees' own keys, in the order of opening; None where the server holds them."""
    return [Keys() if one == "own" else None for one in custody]


def a_plan_with(keys: Sequence[Keys | None], **changes: Any) -> BoxPlan:
    """A plan whose trustees hold these keys."""
    planned = [key.planned(one.name, one.role) if key else one for key, one in zip(keys, TRUSTEES, strict=False)]
    return replace(a_plan(), trustees=tuple(planned), **changes)


async def all_sign(session: AsyncSession, box: Box, keys: Sequence[Keys | None]) -> None:
    """Every trustee with keys of their own signs the manifest."""
    for layer, key in enumerate(keys, start=1):
        if key:
            await service.sign_manifest(session, box.id, layer, manifests.sign(key.signer, box.digest))


async def an_own_box(
    session: AsyncSession, people: Sequence[bytes], keys: Sequence[Keys | None], **changes: Any
) -> Box:
    """A box whose trustees hold these keys and have signed."""
    box = await a_box(session, people, a_plan_with(keys, **changes))
    await all_sign(session, box, keys)
    return box


def opened_by(key: Keys, data: bytes) -> bytes:
    """What a trustee's own tool makes of a list file: it checks all that it can, opens, and signs."""
    found = lists.read(data)
    return lists.write_opened(peel.peel(found.items, lists.check(found), key.sealer, key.signer))


async def all_open(session: AsyncSession, box: Box, keys: Sequence[Keys | None]) -> Final:
    """Every trustee opens, in order, the server for those whose keys it holds."""
    while (final := await service.peel(session, box.id)) is None:
        layer = await service.next_layer(session, box.id)
        assert layer is not None
        key = keys[layer.number - 1]
        assert key is not None
        await service.take_peel(session, box.id, opened_by(key, await service.list_for(session, box.id)))
    return final


def a_teller(name: str, side: Literal["employer", "staff side", "scrutineer"]) -> tuple[Ed25519PrivateKey, Teller]:
    key = Ed25519PrivateKey.generate()
    return key, Teller(name, side, key.public_key().public_bytes_raw())


def voters(size: int) -> list[bytes]:
    return [secrets.token_bytes(16) for _ in range(size)]


async def a_box(session: AsyncSession, people: Sequence[bytes], plan: BoxPlan | None = None) -> Box:
    return await service.make_box(session, plan or a_plan(), people, script=SCRIPT)


def chance(n: int) -> filling.Chance:
    return filling.Chance(secrets.token_bytes(32), secrets.token_bytes(48), 2 + secrets.randbelow(n - 3))


def a_paper(text: bytes, answers: Sequence[Sequence[str]]) -> filling.Filled:
    """A paper for the manifest with this text."""
    manifest = manifests.read(text)
    key = stamp.read_public(manifest.stamp_key)
    return filling.fill(manifest, manifests.digest(text), answers, chance(key.n))


async def an_envelope(
    session: AsyncSession, box_id: int, v: bytes, *answers: str, now: datetime = OPEN
) -> tuple[bytes, bytes]:
    """A stamped paper of this voter and its envelope, not yet cast."""
    text = await service.manifest_of(session, box_id)
    filled = a_paper(text, [list(answers)])
    signature = await service.stamp(session, box_id, v, filled.blinded, now=now)
    return filled.paper, filling.seal_up(manifests.read(text), manifests.digest(text), filled, signature)


async def a_vote(session: AsyncSession, box_id: int, v: bytes, *answers: str, now: datetime = OPEN) -> Receipt:
    """Stamp and cast."""
    _, envelope = await an_envelope(session, box_id, v, *answers, now=now)
    return await service.cast(session, box_id, v, envelope, now=now)


class World:
    """A ballot with all its keys in memory, for the rules: no database, no server."""

    def __init__(
        self,
        questions: Sequence[Question] = (YES_NO,),
        trustees: int = 3,
        size: int = 20,
        rule: Mapping[str, Any] = RULE,
    ) -> None:
        key = rsa.generate_private_key(65537, 3072)
        der = serialization.Encoding.DER
        public = key.public_key().public_bytes(der, serialization.PublicFormat.SubjectPublicKeyInfo)
        self.stamp_key = stamp.read_secret(
            key.private_bytes(der, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        )
        self.sealers = [ec.generate_private_key(ec.SECP256R1()) for _ in range(trustees)]
        self.signers = [Ed25519PrivateKey.generate() for _ in range(trustees)]
        self.log_signer = Ed25519PrivateKey.generate()
        self.voters = voters(size)
        self.manifest = manifests.Manifest(
            version=manifests.VERSION,
            ballot="RAA-1",
            kind="vote",
            title="Breaks on nights",
            questions=tuple(questions),
            opens=OPENS,
            closes=CLOSES,
            rule=dict(rule),
            roll=manifests.Roll(size, manifests.roll_root(self.voters)),
            stamp_key=public,
            trustees=tuple(self._trustee(place) for place in range(trustees)),
            padded=manifests.padded(questions) + 64,  # room for hostile papers
            max_stamps=3,
            log_key=self.log_signer.public_key().public_bytes_raw(),
            script=SCRIPT,
            tellers=(),
        )
        self.text = manifests.to_bytes(self.manifest)
        self.digest = manifests.digest(self.text)
        self.signatures = [manifests.sign(signer, self.digest) for signer in self.signers]

    def _trustee(self, place: int) -> manifests.Trustee:
        point = (
            self.sealers[place]
            .public_key()
            .public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
        )
        verifying = self.signers[place].public_key().public_bytes_raw()
        return manifests.Trustee(f"Trustee {place + 1}", "trustee", point, verifying, "server")

    def stamp_for(self, message: bytes) -> bytes:
        """A stamp for any bytes at all, as a voter could get blindly."""
        key, numbers = self.stamp_key.public, chance(self.stamp_key.n)
        blinded, inverse = stamp.blind(key, message, numbers.salt, numbers.factor)
        return stamp.finalize(key, message, stamp.blind_sign(self.stamp_key, blinded, numbers.factor), inverse)

    def paper(self, *answers: Sequence[str], m: str | None = None) -> bytes:
        return seal.paper(secrets.token_bytes(32), answers or [["yes"]], m or self.digest)

    def inner(self, paper: bytes | None = None, stamped: bytes | None = None) -> bytes:
        paper = self.paper() if paper is None else paper
        return seal.pack(paper, stamped or self.stamp_for(paper), self.manifest.padded)

    def sealed(self, inner: bytes | None = None, *, layers: int = 0) -> bytes:
        """The envelope around an inner one, or only its innermost layers from number `layers` + 1 on."""
        item = self.inner() if inner is None else inner
        for layer in range(len(self.sealers), layers, -1):
            item = seal.SUITE.encrypt(item, self.sealers[layer - 1].public_key(), seal.info(self.digest, layer))
        return item

    def task(self, layer: int, items: Sequence[bytes], remembered: str | None = None) -> peel.Task:
        expected = peel.list_hash(items)
        return peel.Task(self.digest, layer, len(self.sealers), self.manifest.padded, expected, remembered)

    def peeled(self, items: Sequence[bytes], layer: int) -> peel.Peeled:
        return peel.peel(items, self.task(layer, items), self.sealers[layer - 1], self.signers[layer - 1])

    def all_peels(self, envelopes: Sequence[bytes]) -> list[peel.Peeled]:
        done: list[peel.Peeled] = []
        for layer in range(1, len(self.sealers) + 1):
            done.append(self.peeled(done[-1].items if done else envelopes, layer))
        return done

    def judged(self, items: Sequence[bytes]) -> tuple[papers.Judged, ...]:
        return papers.judge_all(items, self.manifest, self.digest)

    def signed(self, statement: peel.Statement) -> tuple[peel.Statement, bytes]:
        """A statement that its trustee signs, whatever it says."""
        return statement, self.signers[statement.i - 1].sign(peel.signing_text(statement))

    def check(self, entries: Sequence[tuple[peel.Statement, bytes]], stages: Sequence[Sequence[bytes]]) -> None:
        peel.check_chain(self.manifest, self.digest, entries, [peel.stage(items) for items in stages])
