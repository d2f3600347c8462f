"""Voting made longer, paused and let go on; each stands in the log with its reason."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from pilot.errors import BadInput, Refused, WrongState
from pilot.secrecy import leaves, manifest, queries, service
from pilot.secrecy.tables import BoxRow
from tests.builders.secrecy import (
    CLOSES,
    OPEN,
    OPENS,
    a_box,
    a_paper,
    a_plan_with,
    a_vote,
    an_envelope,
    own_keys,
    voters,
)

SECOND = timedelta(seconds=1)
HALF = (CLOSES - OPENS) / 2
DOWN = "The website was down for two hours."


@pytest.fixture
def people():
    return voters(20)


@pytest.fixture
async def box(session, people):
    return await a_box(session, people)


async def last_leaf(session, box):
    return leaves.read_all(await queries.log(session, box.id))[-1]


async def test_votes_are_taken_until_the_later_close_and_not_after_it(session, box, people):
    later = CLOSES + timedelta(hours=2)
    _, envelope = await an_envelope(session, box.id, people[0], "yes")
    with pytest.raises(WrongState, match="has closed"):
        await service.cast(session, box.id, people[0], envelope, now=CLOSES)
    await service.extend(session, box.id, closes_at=later, reason=f"  {DOWN}\n")
    assert await last_leaf(session, box) == {"type": "extend", "closes": "2027-03-17T19:00:00Z", "reason": DOWN}
    await service.cast(session, box.id, people[0], envelope, now=later - SECOND)
    with pytest.raises(WrongState, match="has closed"):
        await a_vote(session, box.id, people[1], "yes", now=later)
    with pytest.raises(WrongState, match="still open"):
        await service.close(session, box.id, now=later - SECOND)
    await service.close(session, box.id, now=later)
    assert len((await service.peel(session, box.id)).valid) == 1
    assert manifest.read(await service.manifest_of(session, box.id)).closes == CLOSES


async def test_voting_is_made_longer_once_and_by_half_its_time_at_most(session, box):
    for wrong in (CLOSES, CLOSES - SECOND, CLOSES + HALF + SECOND):
        with pytest.raises(BadInput, match="up to half"):
            await service.extend(session, box.id, closes_at=wrong, reason=DOWN)
    await service.extend(session, box.id, closes_at=CLOSES + HALF, reason=DOWN)
    with pytest.raises(WrongState, match="once already"):
        await service.extend(session, box.id, closes_at=CLOSES + HALF + SECOND, reason=DOWN)
    assert (await queries.box(session, box.id)).closes == CLOSES + HALF


async def test_no_time_changes_without_a_reason(session, box):
    for reason in ("", "  \n", "x" * 501):
        with pytest.raises(BadInput):
            await service.extend(session, box.id, closes_at=CLOSES + HALF, reason=reason)
        with pytest.raises(BadInput):
            await service.suspend(session, box.id, reason=reason)
    assert await queries.log(session, box.id) == []


async def test_while_voting_is_paused_nothing_is_taken_and_afterwards_it_goes_on(session, box, people):
    _, envelope = await an_envelope(session, box.id, people[0], "yes")
    receipt = await a_vote(session, box.id, people[1], "no")
    await service.suspend(session, box.id, reason="We look into a fault.")
    assert await last_leaf(session, box) == {"type": "suspend", "reason": "We look into a fault."}
    size = (await queries.box(session, box.id)).size
    filled = a_paper(await service.manifest_of(session, box.id), [["yes"]])
    with pytest.raises(WrongState, match=r"Voting is paused\. Your vote was not cast\."):
        await service.cast(session, box.id, people[0], envelope, now=OPEN)
    with pytest.raises(WrongState, match="Voting is paused"):
        await service.stamp(session, box.id, people[2], filled.blinded, now=OPEN)
    for verb, named in (
        (service.suspend, {"reason": DOWN}),
        (service.close, {"now": CLOSES}),
        (service.extend, {"closes_at": CLOSES + HALF, "reason": DOWN}),
    ):
        with pytest.raises(WrongState, match="paused"):
            await verb(session, box.id, **named)
    assert (await queries.box(session, box.id)).size == size
    with pytest.raises(BadInput, match="earlier"):
        await service.resume(session, box.id, closes_at=CLOSES - SECOND, reason="Mended.")
    gap = timedelta(days=1, microseconds=5)
    await service.resume(session, box.id, closes_at=CLOSES + gap, reason="Mended.")
    resumed = {"type": "resume", "closes": "2027-03-18T17:00:00Z", "reason": "Mended."}
    assert await last_leaf(session, box) == resumed
    await service.cast(session, box.id, people[0], envelope, now=CLOSES + SECOND)
    with pytest.raises(WrongState, match="not paused"):
        await service.resume(session, box.id, closes_at=CLOSES + 2 * gap, reason="Mended.")
    assert receipt.leaf < size
    await service.extend(session, box.id, closes_at=CLOSES + gap + HALF - SECOND, reason=DOWN)
    await service.close(session, box.id, now=CLOSES + gap + HALF)
    assert len((await service.peel(session, box.id)).valid) == 2


async def test_a_receipt_can_be_asked_for_again_during_a_pause(session, box, people):
    _, envelope = await an_envelope(session, box.id, people[0], "yes")
    receipt = await service.cast(session, box.id, people[0], envelope, now=OPEN)
    await service.suspend(session, box.id, reason=DOWN)
    assert await service.cast(session, box.id, people[0], envelope, now=OPEN) == receipt


async def test_the_time_of_a_box_changes_only_while_it_collects(session, box):
    signing = await a_box(session, voters(20), a_plan_with(own_keys()))
    await service.close(session, box.id, now=CLOSES)
    for one in (signing, box):
        for verb, named in (
            (service.extend, {"closes_at": CLOSES + HALF}),
            (service.suspend, {}),
            (service.resume, {"closes_at": CLOSES + HALF}),
        ):
            with pytest.raises(Refused):
                await verb(session, one.id, reason=DOWN, **named)
    assert set((await session.execute(select(BoxRow.suspended))).scalars()) == {False}
