"""Requests at the same moment: a double click, two tabs, many voters, and the close."""

import asyncio

import pytest

from pilot.errors import Refused, WrongState
from pilot.secrecy import leaves, manifest, queries, service
from pilot.secrecy.service import logkey
from tests.builders.secrecy import (
    CLOSES,
    OPEN,
    a_box,
    a_paper,
    a_plan_with,
    a_vote,
    an_envelope,
    an_own_box,
    opened_by,
    own_keys,
    voters,
)


@pytest.fixture
def people():
    return voters(20)


@pytest.fixture
async def box(store, people):
    async with store.writing() as session:
        return await a_box(session, people)


async def own(store, verb, *args, **named):
    """A verb in a transaction of its own, as each request has."""
    async with store.writing() as session:
        return await verb(session, *args, **named)


async def paper(store, box):
    async with store.reading() as session:
        return a_paper(await service.manifest_of(session, box.id), [["yes"]])


async def test_a_double_click_on_stamp_counts_once(store, box, people):
    filled = await paper(store, box)
    stamps = [own(store, service.stamp, box.id, people[0], filled.blinded, now=OPEN) for _ in range(4)]
    assert len(set(await asyncio.gather(*stamps))) == 1
    async with store.reading() as session:
        assert (await queries.slot(session, box.id, people[0])).stamps_used == 1
        assert len(await queries.log(session, box.id)) == 1


async def test_a_double_click_on_cast_counts_once(store, box, people):
    _, envelope = await own(store, an_envelope, box.id, people[0], "yes")
    casts = [own(store, service.cast, box.id, people[0], envelope, now=OPEN) for _ in range(4)]
    assert len(set(await asyncio.gather(*casts))) == 1
    async with store.reading() as session:
        assert await service.sealed_count(session, box.id) == 1
        assert len(await queries.log(session, box.id)) == 2


async def test_of_five_stamp_requests_at_once_three_are_answered(store, box, people):
    papers = [await paper(store, box) for _ in range(5)]
    wanted = [own(store, service.stamp, box.id, people[0], one.blinded, now=OPEN) for one in papers]
    found = await asyncio.gather(*wanted, return_exceptions=True)
    assert sum(isinstance(one, bytes) for one in found) == 3
    assert sum(isinstance(one, WrongState) for one in found) == 2


async def test_of_two_voters_with_the_same_envelope_at_once_one_counts(store, box, people):
    _, envelope = await own(store, an_envelope, box.id, people[0], "yes")
    await own(store, an_envelope, box.id, people[1], "yes")
    casts = [own(store, service.cast, box.id, v, envelope, now=OPEN) for v in people[:2]]
    found = await asyncio.gather(*casts, return_exceptions=True)
    assert sum(isinstance(one, WrongState) for one in found) == 1
    async with store.reading() as session:
        assert await service.sealed_count(session, box.id) == 1


async def test_many_voters_at_once_leave_a_log_without_a_gap(store, box, people):
    receipts = await asyncio.gather(*(own(store, a_vote, box.id, v, "yes") for v in people))
    assert len({receipt.leaf for receipt in receipts}) == len(people)
    async with store.reading() as session:
        log = leaves.read_all(await queries.log(session, box.id))
    assert len(log) == 2 * len(people)
    for receipt in receipts:
        assert log[receipt.leaf]["sha256"] == receipt.envelope
    await own(store, service.close, box.id, now=CLOSES)
    final = await own(store, service.peel, box.id)
    assert len(final.valid) == len(people)


async def test_a_cast_at_the_moment_of_the_close_is_in_or_refused_and_never_half(store, box, people):
    envelopes = [(await own(store, an_envelope, box.id, v, "yes"))[1] for v in people[:6]]
    casts = [own(store, service.cast, box.id, v, e, now=OPEN) for v, e in zip(people, envelopes, strict=False)]
    close = own(store, service.close, box.id, now=CLOSES)
    found = await asyncio.gather(*casts[:3], close, *casts[3:], return_exceptions=True)
    assert all(one is None or isinstance(one, service.Receipt | Refused) for one in found)
    taken = sum(isinstance(one, service.Receipt) for one in found)
    final = await own(store, service.peel, box.id)
    assert (final.envelopes, len(final.valid)) == (taken, taken)


async def test_two_closes_and_two_peels_at_once_happen_once(store, box, people):
    await own(store, a_vote, box.id, people[0], "yes")
    for verb, named in ((service.close, {"now": CLOSES}), (service.peel, {})):
        found = await asyncio.gather(*(own(store, verb, box.id, **named) for _ in range(2)), return_exceptions=True)
        assert sum(isinstance(one, WrongState) for one in found) == 1


async def test_the_same_opened_file_sent_twice_at_once_is_taken_once(store, people):
    keys = own_keys(("own", "own"))
    box = await own(store, an_own_box, people, keys)
    await own(store, a_vote, box.id, people[0], "yes")
    await own(store, service.close, box.id, now=CLOSES)
    file = opened_by(keys[0], await own(store, service.list_for, box.id))
    taken = await asyncio.gather(*(own(store, service.take_peel, box.id, file) for _ in range(3)))
    assert {layer.number for layer in taken} == {1}
    async with store.reading() as session:
        log = leaves.read_all(await queries.log(session, box.id))
    assert [entry["type"] for entry in log] == ["stamp", "envelope", "close", "peel"]


async def test_the_last_two_signatures_at_once_let_the_box_collect(store, people):
    keys = own_keys(("own", "own"))
    box = await own(store, a_box, people, a_plan_with(keys))
    signs = [
        own(store, service.sign_manifest, box.id, layer, manifest.sign(key.signer, box.digest))
        for layer, key in enumerate(keys, start=1)
    ]
    assert sorted(await asyncio.gather(*signs)) == [False, True]
    assert await own(store, service.unsigned, box.id) == ()
    await own(store, a_vote, box.id, people[0], "yes")


async def test_the_log_key_is_made_once(store):
    found = await asyncio.gather(*(own(store, logkey.log_public_key) for _ in range(3)))
    assert len(set(found)) == 1
