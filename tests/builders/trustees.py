"""Trustees with keys of their own, for tests: what `pilot trustee` and trustee.html do, with the keys in memory."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from pilot.secrecy import keyfile, lists, peel, proofs
from pilot.secrecy import service as secrecy
from pilot.voting import queries, service
from pilot.voting.tables import TrusteeRow
from pilot.voting.trustees import ROLES, SIDES, Compared, Wanted
from tests.builders.secrecy import Keys

NAMES = ("Ada Fell", "Ben Emery", "Cy Stone")


class OwnTrustee:
    """One trustee's key file, open, and the tools that go with it. `id` comes with the invitation."""

    def __init__(self, name: str, side: str) -> None:
        made = Keys()
        self.id, self.name, self.side = 0, name, side
        secret = made.sealer.private_numbers().private_value.to_bytes(32)
        self.keys = keyfile.Keys(secret, made.signer.private_bytes_raw(), {})
        kdf = keyfile.Derivation("PBKDF2-SHA-256", keyfile.ITERATIONS, bytes(16))
        self.file = keyfile.KeyFile(
            name=name,
            role=ROLES[side],
            seal_key=made.seal_key,
            sign_key=made.sign_key,
            kdf=kdf,
            nonce=bytes(12),
            sealed=b"",
        )

    @property
    def email(self) -> str:
        return f"{self.name.split()[0].lower()}@example.org"

    @property
    def number(self) -> str:
        """The number that the trustee reads aloud."""
        return keyfile.fingerprint(self.file.seal_key, self.file.sign_key)

    def registration(self) -> bytes:
        return proofs.registration(self.file, self.keys)

    def signature(self, manifest: bytes) -> bytes:
        return proofs.signature(manifest, self.file, self.keys)

    def drilled(self, practice: bytes) -> bytes:
        return proofs.drill_answer(self.keys, practice)

    def opened(self, content: bytes) -> bytes:
        """The opened file for a list file, after every check of an honest tool; a second list is refused."""
        found = lists.read(content)
        task = lists.check(found)
        self.keys = self.keys.remembering(task.digest, found.head.sha256)
        return lists.write_opened(peel.peel(found.items, task, self.keys.sealer, self.keys.signer))


def three_trustees() -> list[OwnTrustee]:
    """A scrutineer, one for the employer, one for the staff side."""
    return [OwnTrustee(name, side) for name, side in zip(NAMES, SIDES, strict=True)]


async def invited(session: AsyncSession, one: OwnTrustee, *, by: str, now: datetime, trust: str = "RAA") -> TrusteeRow:
    """The trustee's row, with an account and nothing more."""
    wanted = Wanted(one.name, one.email, one.side, f"Deputy of {one.name}")
    one.id = (await service.invite(session, trust, wanted, by=by, now=now)).trustee
    return await queries.trustee(session, one.id)


async def confirmed(
    session: AsyncSession, one: OwnTrustee, *, by: str, now: datetime, trust: str = "RAA"
) -> TrusteeRow:
    """The trustee's row: registered, confirmed, and the backup tried."""
    row = await invited(session, one, by=by, now=now, trust=trust)
    actor = f"account {row.account_id}"
    await service.register(session, row, one.registration(), by=actor, now=now)
    await service.confirm(session, row, Compared(one.number, aloud=False, shown=one.number), by=by, now=now)
    await service.start_drill(session, row, by=by, now=now)
    await service.answer_drill(session, row, one.drilled(service.drill_file(row)), by=actor, now=now)
    return row


async def signs(session: AsyncSession, ballot: int, one: OwnTrustee, *, now: datetime) -> bool:
    """The trustee signs what a ballot promises."""
    row = await queries.ballot(session, ballot)
    trustee = await queries.trustee(session, one.id)
    text = await secrecy.manifest_of(session, row.box_id or 0)
    by = f"account {trustee.account_id}"
    return await service.sign(session, row, trustee, one.signature(text), by=by, now=now)


async def opens(session: AsyncSession, ballot: int, one: OwnTrustee, *, now: datetime) -> None:
    """The trustee takes the list, opens it, and sends what came out."""
    row = await queries.ballot(session, ballot)
    trustee = await queries.trustee(session, one.id)
    content = one.opened(await service.list_file(session, row, trustee, now=now))
    await service.take_opened(session, row, trustee, content, by=f"account {trustee.account_id}", now=now)


def other_keys(one: OwnTrustee) -> OwnTrustee:
    """The same person with another key file."""
    return OwnTrustee(one.name, one.side)


def spoilt(content: bytes) -> bytes:
    """The same file with one letter of its last line changed."""
    lines = content.rstrip(b"\n").split(b"\n")
    last = bytearray(lines[-1])
    last[0] = ord("A") if last[0] != ord("A") else ord("B")
    return b"\n".join([*lines[:-1], bytes(last), b""])
