"""Every check that the server makes on a stamp request and on an envelope."""

import secrets
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from pilot.errors import BadInput, NotAllowed, NotFound, WrongState
from pilot.secrecy import filling, leaves, manifest, queries, service
from pilot.secrecy.tables import EnvelopeRow, SlotRow
from tests.builders.secrecy import CLOSES, OPEN, OPENS, a_box, a_paper, a_vote, an_envelope, voters

SECOND = timedelta(seconds=1)


@pytest.fixture
def people():
    return voters(20)


@pytest.fixture
async def box(session, people):
    return await a_box(session, people)


@pytest.fixture
async def text(session, box):
    return await service.manifest_of(session, box.id)


async def test_a_stamp_and_a_cast_count_once(session, box, people):
    receipt = await a_vote(session, box.id, people[0], "yes")
    assert receipt.leaf == 1
    assert (await service.mark(session, box.id, people[0])).sealed
    assert not (await service.mark(session, box.id, people[1])).sealed
    assert await service.sealed_count(session, box.id) == 1
    assert await queries.slot(session, box.id, people[0]) == queries.Slot(1, 1, cancelled=False)


async def test_a_vote_is_begun_from_its_stamp_until_its_envelope_is_in_the_box(session, box, people, text):
    assert not (await service.mark(session, box.id, people[0])).begun
    await service.stamp(session, box.id, people[0], a_paper(text, [["yes"]]).blinded, now=OPEN)
    assert (await service.mark(session, box.id, people[0])).begun
    assert not (await service.mark(session, box.id, people[1])).begun
    await a_vote(session, box.id, people[0], "yes")
    assert not (await service.mark(session, box.id, people[0])).begun
    assert not (await service.mark(session, box.id, b"x" * 16)).begun


async def test_one_stamp_buys_one_envelope_and_the_same_envelope_may_come_again(session, box, people):
    _, first = await an_envelope(session, box.id, people[0], "yes")
    receipt = await service.cast(session, box.id, people[0], first, now=OPEN)
    for _ in range(3):
        with pytest.raises(WrongState, match="taken once"):
            await service.cast(session, box.id, people[0], secrets.token_bytes(len(first)), now=OPEN)
    assert await service.cast(session, box.id, people[0], first, now=OPEN) == receipt
    await a_vote(session, box.id, people[0], "no")
    assert await queries.slot(session, box.id, people[0]) == queries.Slot(2, 2, cancelled=False)


async def test_the_log_tells_of_stamps_and_envelopes_in_order(session, box, people):
    first = await a_vote(session, box.id, people[0], "yes")
    second = await a_vote(session, box.id, people[1], "no")
    assert await queries.log(session, box.id) == [
        leaves.stamp_leaf(people[0], 1),
        leaves.envelope_leaf(people[0], first.envelope),
        leaves.stamp_leaf(people[1], 1),
        leaves.envelope_leaf(people[1], second.envelope),
    ]


async def test_the_same_stamp_request_gets_the_same_answer_and_counts_once(session, box, people, text):
    filled = a_paper(text, [["yes"]])
    first = await service.stamp(session, box.id, people[0], filled.blinded, now=OPEN)
    assert await service.stamp(session, box.id, people[0], filled.blinded, now=OPEN) == first
    assert (await queries.slot(session, box.id, people[0])).stamps_used == 1


async def test_a_fourth_stamp_is_refused_and_the_third_can_still_be_asked_for_again(session, box, people, text):
    papers = [a_paper(text, [["yes"]]) for _ in range(4)]
    for paper in papers[:3]:
        last = await service.stamp(session, box.id, people[0], paper.blinded, now=OPEN)
    with pytest.raises(WrongState, match=r"three times, and you have\. Ask the returning officer"):
        await service.stamp(session, box.id, people[0], papers[3].blinded, now=OPEN)
    assert await service.stamp(session, box.id, people[0], papers[2].blinded, now=OPEN) == last
    assert (await queries.slot(session, box.id, people[0])).stamps_used == 3


async def test_each_stamp_leaves_one_less_and_the_refusal_says_that_a_vote_counts(session, box, people, text):
    assert (await service.mark(session, box.id, people[0])).left == 3
    await service.stamp(session, box.id, people[0], a_paper(text, [["yes"]]).blinded, now=OPEN)
    assert (await service.mark(session, box.id, people[0])).left == 2  # also where no sealed vote came
    for left in (1, 0):
        await a_vote(session, box.id, people[0], "yes")
        assert (await service.mark(session, box.id, people[0])).left == left
    with pytest.raises(WrongState, match=r"and you have\. Your newest vote in the box still counts\. Ask"):
        await service.stamp(session, box.id, people[0], a_paper(text, [["no"]]).blinded, now=OPEN)
    assert (await service.mark(session, box.id, b"x" * 16)).left == 0


async def test_only_whole_numbers_between_one_and_n_are_stamped(session, box, people, text):
    n = filling.stamp.read_public(manifest.read(text).stamp_key).n
    wrong = [x.to_bytes(384) for x in (0, 1, n - 1, n)] + [b"", bytes(383), secrets.token_bytes(385)]
    for data in wrong:
        with pytest.raises(BadInput, match="whole"):
            await service.stamp(session, box.id, people[0], data, now=OPEN)
    assert (await queries.slot(session, box.id, people[0])).stamps_used == 0
    assert await queries.log(session, box.id) == []


async def test_whoever_is_not_on_the_roll_gets_no_stamp_and_casts_nothing(session, box, people, text):
    stranger = voters(1)[0]
    _, envelope = await an_envelope(session, box.id, people[0], "yes")
    with pytest.raises(NotAllowed):
        await service.stamp(session, box.id, stranger, a_paper(text, [["yes"]]).blinded, now=OPEN)
    with pytest.raises(NotAllowed):
        await service.cast(session, box.id, stranger, envelope, now=OPEN)
    with pytest.raises(NotFound):
        await service.cast(session, box.id + 1, people[0], envelope, now=OPEN)


async def test_nothing_is_taken_before_the_opening_or_from_the_close_on(session, box, people, text):
    _, envelope = await an_envelope(session, box.id, people[0], "yes")
    blinded = a_paper(text, [["yes"]]).blinded
    for moment, words in ((OPENS - SECOND, "not opened yet"), (CLOSES, "has closed")):
        with pytest.raises(WrongState, match=words):
            await service.stamp(session, box.id, people[1], blinded, now=moment)
        with pytest.raises(WrongState, match=words):
            await service.cast(session, box.id, people[0], envelope, now=moment)
    assert await service.sealed_count(session, box.id) == 0
    await service.cast(session, box.id, people[0], envelope, now=CLOSES - SECOND)


async def test_a_cast_after_the_close_is_refused_but_a_lost_receipt_can_be_asked_for(session, box, people):
    _, envelope = await an_envelope(session, box.id, people[0], "yes")
    _, late = await an_envelope(session, box.id, people[1], "no")
    receipt = await service.cast(session, box.id, people[0], envelope, now=OPEN)
    await service.close(session, box.id, now=CLOSES)
    assert await service.cast(session, box.id, people[0], envelope, now=CLOSES + SECOND) == receipt
    with pytest.raises(WrongState, match="closed"):
        await service.cast(session, box.id, people[1], late, now=CLOSES + SECOND)
    with pytest.raises(WrongState, match="closed"):
        await service.cast(session, box.id, people[1], late, now=OPEN)


async def test_an_envelope_without_a_stamp_is_refused(session, box, people):
    _, envelope = await an_envelope(session, box.id, people[0], "yes")
    with pytest.raises(WrongState, match="no stamp"):
        await service.cast(session, box.id, people[1], envelope, now=OPEN)


async def test_an_envelope_of_another_length_is_refused(session, box, people):
    _, envelope = await an_envelope(session, box.id, people[0], "yes")
    for data in (b"", envelope[:-1], envelope + b"\x00", bytes(100_000)):
        with pytest.raises(BadInput, match="whole"):
            await service.cast(session, box.id, people[0], data, now=OPEN)


async def test_the_same_envelope_again_gets_the_same_receipt_and_counts_once(session, box, people):
    _, envelope = await an_envelope(session, box.id, people[0], "yes")
    first = await service.cast(session, box.id, people[0], envelope, now=OPEN)
    assert await service.cast(session, box.id, people[0], envelope, now=OPEN) == first
    assert len(await queries.log(session, box.id)) == 2


async def test_an_envelope_handed_in_by_another_voter_is_a_replay(session, box, people):
    _, envelope = await an_envelope(session, box.id, people[0], "yes")
    await a_vote(session, box.id, people[1], "no")
    await service.cast(session, box.id, people[0], envelope, now=OPEN)
    with pytest.raises(WrongState, match="already been handed in"):
        await service.cast(session, box.id, people[1], envelope, now=OPEN)
    await a_vote(session, box.id, people[0], "no")  # also when its owner has voted again since
    with pytest.raises(WrongState, match="already been handed in"):
        await service.cast(session, box.id, people[1], envelope, now=OPEN)


async def test_a_later_vote_takes_the_place_of_the_former(session, box, people):
    first = await a_vote(session, box.id, people[0], "yes")
    second = await a_vote(session, box.id, people[0], "no")
    rows = (await session.execute(select(EnvelopeRow.v, EnvelopeRow.sha256))).all()
    assert [tuple(row) for row in rows] == [(people[0], second.envelope)]
    assert (first.leaf, second.leaf) == (1, 3)


async def test_a_former_envelope_sent_late_never_takes_the_vote_back(session, box, people):
    """A request that hung in the network arrives after the voter has voted again."""
    _, old = await an_envelope(session, box.id, people[0], "yes")
    receipt = await service.cast(session, box.id, people[0], old, now=OPEN)
    newer = await a_vote(session, box.id, people[0], "no")
    assert await service.cast(session, box.id, people[0], old, now=OPEN) == receipt
    assert (await session.execute(select(EnvelopeRow.sha256))).scalars().all() == [newer.envelope]


async def test_nothing_is_taken_from_somebody_who_voted_on_paper(session, box, people, text):
    _, envelope = await an_envelope(session, box.id, people[0], "yes")
    await session.execute(update(SlotRow).where(SlotRow.v == people[0]).values(cancelled=True))
    with pytest.raises(WrongState, match="on paper"):
        await service.cast(session, box.id, people[0], envelope, now=OPEN)
    with pytest.raises(WrongState, match="on paper"):
        await service.stamp(session, box.id, people[0], a_paper(text, [["no"]]).blinded, now=OPEN)
