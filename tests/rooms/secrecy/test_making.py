"""Making a box."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec.structs import replace
from sqlalchemy import func, select

from pilot.errors import BadInput, NotFound, WrongState
from pilot.secrecy import manifest, queries, record, service
from pilot.secrecy.manifest import Question
from pilot.secrecy.service import logkey
from pilot.secrecy.tables import BoxRow, KeyRow, SlotRow
from tests.builders.secrecy import (
    CLOSES,
    OPEN,
    OPENS,
    SCRIPT,
    TRUSTEES,
    YES_NO,
    a_box,
    a_paper,
    a_plan,
    a_plan_with,
    a_vote,
    own_keys,
    voters,
)


async def test_what_everybody_may_know_of_a_box_holds_no_secret(session):
    boxes = [await a_box(session, voters(20)) for _ in range(2)]
    found = await service.promise(session, boxes[0].id)
    assert (found.digest, manifest.digest(found.text), found.server_custody) == (boxes[0].digest, boxes[0].digest, True)
    assert set(found.__struct_fields__) == {"digest", "text", "signatures", "manifest"}
    assert set(await service.promises(session, [99, *(box.id for box in boxes)])) == {box.id for box in boxes}
    with pytest.raises(NotFound):
        await service.promise(session, 99)


async def test_a_box_has_a_manifest_that_every_trustee_signed(session):
    people = voters(20)
    box = await a_box(session, people)
    text = await service.manifest_of(session, box.id)
    made = manifest.read(text)
    assert manifest.digest(text) == box.digest
    standing = await queries.box(session, box.id)
    manifest.check_signatures(made, box.digest, record.read_signatures(standing.signatures))
    assert made.roll == manifest.Roll(20, manifest.roll_root(people))
    assert (made.ballot, made.opens, made.closes, made.script) == ("RAA-1", OPENS, CLOSES, SCRIPT)
    assert [(t.name, t.role, t.custody) for t in made.trustees] == [(t.name, t.role, "server") for t in TRUSTEES]
    assert made.padded == manifest.padded([YES_NO])
    assert made.log_key == await logkey.log_public_key(session)


async def test_no_box_is_made_for_fewer_than_twenty_people(session):
    with pytest.raises(WrongState, match="at least 20 people"):
        await a_box(session, voters(19))
    assert (await session.execute(select(func.count()).select_from(BoxRow))).scalar_one() == 0


async def test_a_plan_that_no_honest_ballot_has_is_refused(session):
    people = voters(20)
    with pytest.raises(BadInput, match="number of their own"):
        await a_box(session, [*people[:19], people[0]])
    with pytest.raises(BadInput, match="closes before"):
        await a_box(session, people, replace(a_plan(), closes_at=OPENS))
    with pytest.raises(BadInput, match="more or fewer answers"):
        await a_box(session, people, a_plan([Question("?", ())]))
    with pytest.raises(BadInput, match="trustees"):
        await a_box(session, people, replace(a_plan(), trustees=()))
    assert (await session.execute(select(func.count()).select_from(SlotRow))).scalar_one() == 0


async def test_two_boxes_share_no_key_but_the_logs(session):
    first, second = [await a_box(session, voters(20)) for _ in range(2)]
    one, two = [manifest.read(await service.manifest_of(session, box.id)) for box in (first, second)]
    assert first.digest != second.digest
    assert one.stamp_key != two.stamp_key
    assert not {t.seal_key for t in one.trustees} & {t.seal_key for t in two.trustees}
    assert one.log_key == two.log_key


async def test_an_unknown_box_is_not_found(session):
    with pytest.raises(NotFound):
        await service.manifest_of(session, 99)


async def test_the_log_key_signs(session):
    signature = await service.sign_with_log_key(session, b"sums")
    public = Ed25519PublicKey.from_public_bytes(await logkey.log_public_key(session))
    public.verify(signature, b"sums")
    assert await service.sign_with_log_key(session, b"sums") == signature


async def test_a_box_waits_for_every_trustee_with_keys_of_their_own(session):
    people, keys = voters(20), own_keys()
    box = await a_box(session, people, a_plan_with(keys))
    assert await service.unsigned(session, box.id) == ("Ada Scrutineer", "Cy Staff-Side")
    assert (await service.promise(session, box.id)).signatures == b""
    filled = a_paper(await service.manifest_of(session, box.id), [["yes"]])
    with pytest.raises(WrongState, match="not opened yet"):
        await service.stamp(session, box.id, people[0], filled.blinded, now=OPEN)
    first, third = (manifest.sign(keys[place].signer, box.digest) for place in (0, 2))
    assert not await service.sign_manifest(session, box.id, 1, first)
    assert not await service.sign_manifest(session, box.id, 1, first)
    assert await service.unsigned(session, box.id) == ("Cy Staff-Side",)
    assert await service.sign_manifest(session, box.id, 3, third)
    assert await service.sign_manifest(session, box.id, 3, third)
    assert await service.unsigned(session, box.id) == ()
    promise = await service.promise(session, box.id)
    manifest.check_signatures(promise.manifest, box.digest, record.read_signatures(promise.signatures))
    assert [trustee.custody for trustee in promise.manifest.trustees] == ["own", "server", "own"]
    assert [trustee.sign_key for trustee in promise.manifest.trustees][::2] == [keys[0].sign_key, keys[2].sign_key]
    await a_vote(session, box.id, people[0], "yes")


async def test_only_the_trustees_own_signature_of_this_manifest_counts(session):
    keys = own_keys()
    box = await a_box(session, voters(20), a_plan_with(keys))
    other = await a_box(session, voters(20), a_plan_with(keys))
    right = manifest.sign(keys[0].signer, box.digest)
    wrong = [b"", right[:-1], manifest.sign(keys[2].signer, box.digest), manifest.sign(keys[0].signer, other.digest)]
    for signature in wrong:
        with pytest.raises(BadInput, match="not the signature of Ada Scrutineer"):
            await service.sign_manifest(session, box.id, 1, signature)
    with pytest.raises(BadInput, match="Cy Staff-Side"):
        await service.sign_manifest(session, box.id, 3, right)
    for layer in (0, 4):
        with pytest.raises(NotFound, match="no such trustee"):
            await service.sign_manifest(session, box.id, layer, right)
    assert len(await service.unsigned(session, box.id)) == 2


async def test_the_server_keeps_no_key_of_a_trustee_with_keys_of_their_own(session):
    box = await a_box(session, voters(20), a_plan_with(own_keys()))
    layers = (await session.execute(select(KeyRow.layer).where(KeyRow.box_id == box.id))).scalars().all()
    assert list(layers) == [2]


async def test_no_box_is_made_whose_server_opens_first_or_last_beside_own_keys(session):
    for custody in (("own", "own", "server"), ("server", "own", "own")):
        with pytest.raises(WrongState, match="first and the last"):
            await a_box(session, voters(20), a_plan_with(own_keys(custody)))
