"""Making a box."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec.structs import replace
from sqlalchemy import func, select

from pilot.errors import BadInput, NotFound, WrongState
from pilot.secrecy import manifest, queries, record, service
from pilot.secrecy.manifest import Question
from pilot.secrecy.tables import BoxRow, SlotRow
from tests.builders.secrecy import CLOSES, OPENS, SCRIPT, TRUSTEES, YES_NO, a_box, a_plan, voters


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
    assert made.log_key == await service.log_public_key(session)


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
    public = Ed25519PublicKey.from_public_bytes(await service.log_public_key(session))
    public.verify(signature, b"sums")
    assert await service.sign_with_log_key(session, b"sums") == signature
