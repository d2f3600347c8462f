"""Make a box: keys, manifest, the trustees' signatures, and one slot for each entitled person."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
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
from pilot.secrecy.box import Box, BoxPlan, PlannedTrustee, Promise, State, check_custody, distinct, move
from pilot.secrecy.service.logkey import log_public_key
from pilot.secrecy.service.states import advance
from pilot.secrecy.tables import BoxRow, KeyRow, SignatureRow, SlotRow


class _Keys(Struct, frozen=True):
    """A trustee with the secrets that the server holds, or with none of them."""

    trustee: manifests.Trustee
    seal_secret: bytes = b""
    signer: Ed25519PrivateKey | None = None


async def make_box(session: AsyncSession, plan: BoxPlan, voters: Sequence[bytes], *, script: str) -> Box:
    """A new box for these voters, each a random number v of 16 bytes of their own.

    `script` is the SHA-256 in hex of the script that seals in the browser. Makes the stamp key and the keys in the
    server's custody, with which the manifest is signed at once; where a trustee holds keys of their own, the box waits
    for their signatures. Refuses fewer than 20 people, an order of opening that keeps no secret, and any plan whose
    manifest would not pass `manifest.check`.
    """
    if len(voters) < manifests.SMALLEST_ROLL:
        raise WrongState(f"A secret vote needs at least {manifests.SMALLEST_ROLL} people.")
    if not distinct(voters):
        raise BadInput("Each person needs a number of their own.")
    check_custody(plan.trustees, binding=False)
    stamp_key = await asyncio.to_thread(rsa.generate_private_key, stamps.EXPONENT, stamps.BITS)
    keys = [_trustee_keys(planned) for planned in plan.trustees]
    public = stamp_key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    manifest = _manifest(plan, voters, public, keys, log_key=await log_public_key(session), script=script)
    text = manifests.to_bytes(manifest)
    digest = manifests.digest(text)
    manifests.read(text)
    secret = stamp_key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    signed = {layer: manifests.sign(k.signer, digest) for layer, k in enumerate(keys, start=1) if k.signer}
    row = BoxRow(digest=digest, manifest=text, stamp_secret=secret, closes_at=manifest.closes)
    row.state, row.signatures = _standing(manifest, digest, signed)
    session.add(row)
    await session.flush()
    _add_rows(session, row.id, keys, voters)
    session.add_all(SignatureRow(box_id=row.id, layer=layer, signature=one) for layer, one in signed.items())
    await session.flush()
    return Box(row.id, digest)


def _standing(manifest: manifests.Manifest, digest: str, signed: Mapping[int, bytes]) -> tuple[State, bytes]:
    """Whether the box may collect votes, and its signatures.json then."""
    if len(signed) < manifests.layers(manifest):
        return State.SIGNING, b""
    return State.COLLECTING, record.signatures(manifest, digest, [signed[layer] for layer in sorted(signed)])


def _trustee_keys(planned: PlannedTrustee) -> _Keys:
    name, role = planned.name, planned.role
    if planned.custody == "own":
        return _Keys(manifests.Trustee(name, role, planned.seal_key, planned.sign_key, "own"))
    sealer, signer = ec.generate_private_key(ec.SECP256R1()), Ed25519PrivateKey.generate()
    point = sealer.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    trustee = manifests.Trustee(name, role, point, signer.public_key().public_bytes_raw(), "server")
    return _Keys(trustee, sealer.private_numbers().private_value.to_bytes(32), signer)


async def sign_manifest(session: AsyncSession, box_id: int, layer: int, signature: bytes) -> bool:
    """Keep the signature of the manifest by the trustee who opens as number `layer`; True when all have signed now.

    The same trustee may send theirs again. Refuses a signature that is not theirs of this very manifest.
    """
    box = await queries.box(session, box_id, lock=True)
    if not 1 <= layer <= manifests.layers(box.manifest):
        raise NotFound("This vote has no such trustee.")
    trustee = box.manifest.trustees[layer - 1]
    if not manifests.signed(trustee.sign_key, manifests.signing_text(box.digest), signature):
        raise BadInput(f"This is not the signature of {trustee.name} for this vote.")
    signed = await queries.signatures(session, box_id)
    if layer in signed:
        return len(signed) == manifests.layers(box.manifest)
    move(box.state, "sign")
    session.add(SignatureRow(box_id=box_id, layer=layer, signature=signature))
    await session.flush()
    state, text = _standing(box.manifest, box.digest, signed | {layer: signature})
    if state == State.SIGNING:
        return False
    await advance(session, box, "sign", signatures=text)
    return True


async def unsigned(session: AsyncSession, box_id: int) -> tuple[str, ...]:
    """The names of the trustees who have not signed the manifest yet, in the order of opening."""
    box = await queries.box(session, box_id)
    signed = await queries.signatures(session, box_id)
    return tuple(one.name for layer, one in enumerate(box.manifest.trustees, start=1) if layer not in signed)


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
        tellers=plan.tellers,
    )


def _add_rows(session: AsyncSession, box_id: int, keys: Sequence[_Keys], voters: Sequence[bytes]) -> None:
    for layer, key in enumerate(keys, start=1):
        if key.signer:
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
