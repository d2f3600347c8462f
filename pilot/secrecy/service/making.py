"""Make a box: keys, manifest, signatures, and one slot for each entitled person."""

import asyncio
from collections.abc import Collection, Sequence
from datetime import UTC

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import BadInput, NotFound, WrongState
from pilot.secrecy import manifest as manifests
from pilot.secrecy import queries, record
from pilot.secrecy import stamp as stamps
from pilot.secrecy.box import Box, BoxPlan, PlannedTrustee, Promise, State, distinct
from pilot.secrecy.service.logkey import log_public_key
from pilot.secrecy.tables import BoxRow, KeyRow, SlotRow


class _Keys(Struct, frozen=True):
    trustee: manifests.Trustee
    seal_secret: bytes
    signer: Ed25519PrivateKey


async def make_box(session: AsyncSession, plan: BoxPlan, voters: Sequence[bytes], *, script: str) -> Box:
    """A new box for these voters, each a random number v of 16 bytes of their own.

    `script` is the SHA-256 in hex of the script that seals in the browser. Makes the stamp key and, in the server's
    custody, the trustees' keys; every trustee signs the manifest. Refuses fewer than 20 people, and any plan whose
    manifest would not pass `manifest.check`.
    """
    if len(voters) < manifests.SMALLEST_ROLL:
        raise WrongState(f"A secret vote needs at least {manifests.SMALLEST_ROLL} people.")
    if not distinct(voters):
        raise BadInput("Each person needs a number of their own.")
    stamp_key = await asyncio.to_thread(rsa.generate_private_key, stamps.EXPONENT, stamps.BITS)
    keys = [_trustee_keys(planned) for planned in plan.trustees]
    public = stamp_key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    manifest = _manifest(plan, voters, public, keys, log_key=await log_public_key(session), script=script)
    text = manifests.to_bytes(manifest)
    digest = manifests.digest(text)
    manifests.read(text)
    signed = [manifests.sign(key.signer, digest) for key in keys]
    secret = stamp_key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    row = BoxRow(digest=digest, state=State.COLLECTING, manifest=text, stamp_secret=secret)
    row.signatures = record.signatures(manifest, digest, signed)
    session.add(row)
    await session.flush()
    _add_rows(session, row.id, keys, voters)
    await session.flush()
    return Box(row.id, digest)


def _trustee_keys(planned: PlannedTrustee) -> _Keys:
    sealer, signer = ec.generate_private_key(ec.SECP256R1()), Ed25519PrivateKey.generate()
    point = sealer.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    verifying = signer.public_key().public_bytes_raw()
    trustee = manifests.Trustee(planned.name, planned.role, point, verifying, "server")
    return _Keys(trustee, sealer.private_numbers().private_value.to_bytes(32), signer)


def _manifest(
    plan: BoxPlan, voters: Sequence[bytes], stamp_key: bytes, keys: Sequence[_Keys], *, log_key: bytes, script: str
) -> manifests.Manifest:
    return manifests.Manifest(
        version=manifests.VERSION,
        ballot=plan.ballot,
        kind=plan.kind,
        title=plan.title,
        questions=plan.questions,
        opens=plan.opens_at.astimezone(UTC),
        closes=plan.closes_at.astimezone(UTC),
        rule=plan.rule,
        roll=manifests.Roll(len(voters), manifests.roll_root(voters)),
        stamp_key=stamp_key,
        trustees=tuple(key.trustee for key in keys),
        padded=manifests.padded(plan.questions),
        max_stamps=manifests.MAX_STAMPS,
        log_key=log_key,
        script=script,
    )


def _add_rows(session: AsyncSession, box_id: int, keys: Sequence[_Keys], voters: Sequence[bytes]) -> None:
    for layer, key in enumerate(keys, start=1):
        secrets = {"seal_secret": key.seal_secret, "sign_secret": key.signer.private_bytes_raw()}
        session.add(KeyRow(box_id=box_id, layer=layer, **secrets))
    # Sorted, so that the order of the rows does not repeat the order of the staff roll.
    session.add_all(SlotRow(box_id=box_id, v=v, stamps_used=0, cancelled=False) for v in sorted(voters))


async def promise(session: AsyncSession, box_id: int) -> Promise:
    """What everybody may know of the box; raises NotFound."""
    found = (await queries.promises(session, [box_id])).get(box_id)
    if found is None:
        raise NotFound("There is no such vote.")
    return found


async def promises(session: AsyncSession, box_ids: Collection[int]) -> dict[int, Promise]:
    """The same for several boxes at once, by box."""
    return await queries.promises(session, box_ids)


async def manifest_of(session: AsyncSession, box_id: int) -> bytes:
    """The manifest's canonical text; raises NotFound."""
    return (await promise(session, box_id)).text
