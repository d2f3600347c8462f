"""What the database itself refuses, whatever the code does."""

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from pilot.secrecy.tables import (
    BoxRow,
    CheckpointRow,
    EnvelopeRow,
    ItemRow,
    LeafRow,
    LogKeyRow,
    PaperRow,
    SignatureRow,
    SlotRow,
    StageRow,
    StampRow,
)
from tests.builders.secrecy import a_box, voters

V = b"v" * 16


@pytest.fixture
async def people():
    return voters(20)


@pytest.fixture
async def box(session, people):
    return await a_box(session, people)


async def refused(session, *rows):
    session.add_all(rows)
    with pytest.raises(IntegrityError):
        await session.flush()


async def test_a_slot_needs_sixteen_bytes(session, box):
    await refused(session, SlotRow(box_id=box.id, v=b"short", stamps_used=0, cancelled=False))


async def test_nobody_has_a_fourth_stamp(session, box, people):
    with pytest.raises(IntegrityError):
        await session.execute(update(SlotRow).where(SlotRow.v == people[0]).values(stamps_used=4))


async def test_a_box_has_its_stamp_key_exactly_until_it_closes(session, box):
    with pytest.raises(IntegrityError):
        await session.execute(update(BoxRow).values(state="closed"))


async def test_a_box_collects_nothing_before_every_trustee_has_signed(session, box):
    with pytest.raises(IntegrityError):
        await session.execute(update(BoxRow).values(signatures=b""))


async def test_voting_is_paused_only_while_it_goes_on(session, box):
    with pytest.raises(IntegrityError):
        await session.execute(update(BoxRow).values(state="closed", stamp_secret=None, suspended=True))


async def test_the_frontier_of_the_log_is_made_of_whole_hashes(session, box):
    with pytest.raises(IntegrityError):
        await session.execute(update(BoxRow).values(frontier=bytes(33)))


async def test_the_log_has_no_negative_size(session, box):
    with pytest.raises(IntegrityError):
        await session.execute(update(BoxRow).values(size=-1))


async def test_a_trustee_signs_once_with_64_bytes(session, box):
    await refused(session, SignatureRow(box_id=box.id, layer=9, signature=bytes(63)))


async def test_a_checkpoint_is_of_a_log_with_leaves(session, box):
    await refused(session, CheckpointRow(box_id=box.id, size=0, text=b"x"))


async def test_a_leaf_has_a_node_of_32_bytes(session, box):
    await refused(session, LeafRow(box_id=box.id, number=0, body=b"{}", node=bytes(31)))


async def test_an_item_lies_in_a_list_once(session, box):
    await refused(session, *(ItemRow(box_id=box.id, sha256="0" * 64, body=b"x") for _ in range(2)))


async def test_a_box_has_one_of_five_states(session, box):
    with pytest.raises(IntegrityError):
        await session.execute(update(BoxRow).values(state="open", stamp_secret=None))


async def test_a_stamp_answers_somebody_on_the_roll(session, box):
    await refused(session, StampRow(box_id=box.id, v=V, blinded_sha256="0" * 64, signature=bytes(384)))


async def test_a_stamp_has_384_bytes(session, box, people):
    await refused(session, StampRow(box_id=box.id, v=people[0], blinded_sha256="0" * 64, signature=bytes(383)))


async def test_an_envelope_is_of_somebody_on_the_roll(session, box):
    await refused(session, EnvelopeRow(box_id=box.id, v=V, sha256="0" * 64, sealed=b"x"))


async def test_two_people_never_have_the_same_envelope(session, box, people):
    rows = [EnvelopeRow(box_id=box.id, v=v, sha256="0" * 64, sealed=b"x") for v in people[:2]]
    await refused(session, *rows)


async def test_a_leaf_has_its_own_number_and_an_envelope_one_leaf(session, box):
    await refused(
        session, *(LeafRow(box_id=box.id, number=n, body=b"{}", sha256="0" * 64, node=bytes(32)) for n in (0, 1))
    )


async def test_a_leaf_is_numbered_from_nought(session, box):
    await refused(session, LeafRow(box_id=box.id, number=-1, body=b"{}", node=bytes(32)))


async def test_every_peel_has_its_statement(session, box):
    await refused(session, StageRow(box_id=box.id, layer=1, hashes=b"", statement=None))


async def test_a_paper_has_one_of_three_verdicts(session, box):
    lost = {"paper": b"", "stamp": b"", "reason": ""}
    await refused(session, PaperRow(box_id=box.id, inner_sha256="0" * 64, verdict="lost", **lost))


async def test_there_is_one_log_key(session):
    await refused(session, LogKeyRow(id=2, secret=bytes(32)))
