"""What is told after the close, what is erased, and what is never opened at all."""

import pytest
from sqlalchemy import func, select

from pilot.errors import BadInput, Refused, WrongState
from pilot.secrecy import checkpoint, leaves, queries, service, tree
from pilot.secrecy.tables import BoxRow, EnvelopeRow, ItemRow, KeyRow, PaperRow, StampRow
from tests.builders.secrecy import (
    CLOSES,
    OPEN,
    a_box,
    a_plan_with,
    a_vote,
    all_open,
    an_envelope,
    an_own_box,
    opened_by,
    own_keys,
    voters,
)


@pytest.fixture
def people():
    return voters(20)


async def how_many(session, *rows):
    return [(await session.execute(select(func.count()).select_from(row))).scalar_one() for row in rows]


async def last_leaf(session, box):
    return leaves.read_all(await queries.log(session, box.id))[-1]


async def test_the_notices_are_in_the_log_before_anything_is_opened(session, people):
    keys = own_keys()
    box = await an_own_box(session, people, keys)
    with pytest.raises(WrongState, match="not closed yet"):
        await service.notice(session, box.id, 20)
    await service.close(session, box.id, now=CLOSES)
    for wrong in (-1, 21):
        with pytest.raises(BadInput, match="Up to 20"):
            await service.notice(session, box.id, wrong)
    await service.notice(session, box.id, 20)
    assert await last_leaf(session, box) == {"type": "notices", "count": 20}
    with pytest.raises(WrongState, match="recorded already"):
        await service.notice(session, box.id, 20)
    await all_open(session, box, keys)
    with pytest.raises(WrongState, match="opened already"):
        await service.notice(session, box.id, 20)


async def test_no_notices_are_told_once_the_opening_has_begun(session, people):
    keys = own_keys()
    box = await an_own_box(session, people, keys)
    await service.close(session, box.id, now=CLOSES)
    await service.take_peel(session, box.id, opened_by(keys[0], await service.list_for(session, box.id)))
    with pytest.raises(WrongState, match="being opened"):
        await service.notice(session, box.id, 20)


async def test_erasing_takes_every_sealed_vote_and_leaves_the_count(session, people):
    keys = own_keys()
    box = await an_own_box(session, people, keys)
    _, envelope = await an_envelope(session, box.id, people[0], "yes")
    receipt = await service.cast(session, box.id, people[0], envelope, now=OPEN)
    await service.close(session, box.id, now=CLOSES)
    with pytest.raises(WrongState, match="must be kept"):
        await service.erase(session, box.id)
    final = await all_open(session, box, keys)
    before = await service.record_parts(session, box.id)
    await service.erase(session, box.id)
    assert await how_many(session, EnvelopeRow, ItemRow, KeyRow, StampRow) == [0, 0, 0, 0]
    assert await last_leaf(session, box) == {"type": "erase", "what": "sealed votes"}
    assert await service.final(session, box.id) == final
    assert await service.cast(session, box.id, people[0], envelope, now=CLOSES) == receipt
    after = await service.record_parts(session, box.id)
    assert {name for name in before if before[name] != after[name]} == {"log.jsonl", "checkpoints.txt"}
    assert after["log.jsonl"].startswith(before["log.jsonl"])
    last = checkpoint.read(checkpoint.split(after["checkpoints.txt"])[-1])
    assert last.root == tree.root(after["log.jsonl"].splitlines())
    with pytest.raises(WrongState, match="have been erased"):
        await service.erase(session, box.id)


async def closed(session, box):
    await service.close(session, box.id, now=CLOSES)


async def half_opened(session, box, keys):
    await closed(session, box)
    await service.take_peel(session, box.id, opened_by(keys[0], await service.list_for(session, box.id)))


@pytest.mark.parametrize("when", ["signing", "open", "paused", "closed", "half opened"])
async def test_a_box_that_is_given_up_is_never_opened_and_keeps_nothing(session, people, when):
    keys = own_keys()
    box = await a_box(session, people, a_plan_with(keys))
    if when != "signing":
        box = await an_own_box(session, people, keys)
        await a_vote(session, box.id, people[0], "yes")
    if when == "paused":
        await service.suspend(session, box.id, reason="A fault.")
    if when == "closed":
        await closed(session, box)
    if when == "half opened":
        await half_opened(session, box, keys)
    await service.discard(session, box.id)
    of_box = select(BoxRow.state, BoxRow.stamp_secret, BoxRow.suspended).where(BoxRow.id == box.id)
    assert tuple((await session.execute(of_box)).one()) == ("erased", None, False)
    assert await how_many(session, EnvelopeRow, ItemRow, StampRow, PaperRow) == [0, 0, 0, 0]
    assert await last_leaf(session, box) == {"type": "erase", "what": "sealed votes"}
    for verb in (service.peel, service.final, service.record_parts, service.list_for, service.discard, service.erase):
        with pytest.raises(Refused):
            await verb(session, box.id)
    with pytest.raises(WrongState):
        await a_vote(session, box.id, people[1], "yes")


async def test_a_counted_box_is_not_given_up(session, people):
    box = await a_box(session, people)
    await closed(session, box)
    await service.peel(session, box.id)
    with pytest.raises(WrongState, match="opened already"):
        await service.discard(session, box.id)
