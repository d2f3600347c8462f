"""A vote on paper in place of a sealed one, as two tellers sign."""

from collections import Counter
from datetime import timedelta

import pytest
from msgspec.structs import replace

from pilot.errors import BadInput, NotAllowed, WrongState
from pilot.secrecy import box as boxes
from pilot.secrecy import filling, leaves, queries, service
from pilot.secrecy import manifest as manifests
from tests.builders.secrecy import CLOSES, OPEN, a_box, a_paper, a_plan, a_teller, a_vote, an_envelope, voters

SIDES = ("employer", "employer", "staff side", "scrutineer")


@pytest.fixture
def people():
    return voters(20)


@pytest.fixture
def tellers():
    return [a_teller(f"Teller {place}", side) for place, side in enumerate(SIDES)]


@pytest.fixture
async def box(session, people, tellers):
    return await a_box(session, people, replace(a_plan(), tellers=tuple(teller for _, teller in tellers)))


def signed(box, tellers, v, *places):
    text = boxes.cancel_text(box.digest, v)
    return {place: tellers[place][0].sign(text) for place in places}


async def test_a_vote_on_paper_takes_the_sealed_one_out_and_lets_no_other_in(session, box, people, tellers):
    await a_vote(session, box.id, people[0], "yes")
    await a_vote(session, box.id, people[1], "no")
    _, later = await an_envelope(session, box.id, people[0], "no")
    await service.cancel(session, box.id, people[0], signed(box, tellers, people[0], 0, 2), now=OPEN)
    assert (await service.mark(session, box.id, people[0])).on_paper
    assert not (await service.mark(session, box.id, people[1])).on_paper
    assert not (await service.mark(session, box.id, people[0])).sealed
    assert not (await service.mark(session, box.id, people[0])).begun
    filled = a_paper(await service.manifest_of(session, box.id), [["yes"]])
    with pytest.raises(WrongState, match="voted on paper"):
        await service.cast(session, box.id, people[0], later, now=OPEN)
    with pytest.raises(WrongState, match="voted on paper"):
        await service.stamp(session, box.id, people[0], filled.blinded, now=OPEN)
    await service.close(session, box.id, now=CLOSES)
    closed = leaves.read_all((await service.log_lines(session, box.id)).splitlines())[-1]
    assert (closed["stamped"], closed["stamps"], closed["envelopes"], closed["cancelled"]) == (2, 3, 1, 1)
    final = await service.peel(session, box.id)
    assert Counter(final.valid) == {(("no",),): 1}
    assert (final.envelopes, final.cancelled, final.spare) == (1, 1, 2)


async def test_a_receipt_given_before_the_vote_on_paper_stays_what_it_was(session, box, people, tellers):
    _, envelope = await an_envelope(session, box.id, people[0], "yes")
    receipt = await service.cast(session, box.id, people[0], envelope, now=OPEN)
    await service.cancel(session, box.id, people[0], signed(box, tellers, people[0], 1, 3), now=OPEN)
    assert await service.cast(session, box.id, people[0], envelope, now=OPEN) == receipt
    assert await service.sealed_count(session, box.id) == 0


async def test_somebody_who_never_came_to_the_website_votes_on_paper_too(session, box, people, tellers):
    await service.cancel(session, box.id, people[0], signed(box, tellers, people[0], 2, 3), now=OPEN)
    (leaf,) = leaves.read_all(await queries.log(session, box.id))
    assert (leaf["type"], leaf["v"]) == ("cancel", people[0].hex())
    assert [one["teller"] for one in leaf["signatures"]] == [2, 3]
    await service.close(session, box.id, now=CLOSES)
    assert (await service.peel(session, box.id)).cancelled == 1


async def test_two_tellers_sign_and_not_both_are_the_employers(session, box, people, tellers):
    v = people[0]
    right = signed(box, tellers, v, 0, 2)
    wrong = {
        "Two tellers": (
            {},
            {0: right[0]},
            right | signed(box, tellers, v, 3),
            {0: right[0], 4: right[2]},
            {-1: right[2]},
        ),
        "employer": (signed(box, tellers, v, 0, 1),),
        "not the signature of Teller 2": (right | {2: right[0]}, right | {2: signed(box, tellers, people[1], 2)[2]}),
    }
    for words, cases in wrong.items():
        for signatures in cases:
            with pytest.raises(BadInput, match=words):
                await service.cancel(session, box.id, v, signatures, now=OPEN)
    assert await queries.log(session, box.id) == []


async def test_the_signatures_of_another_ballot_are_refused(session, box, people, tellers):
    other = await a_box(session, people, replace(a_plan(), tellers=tuple(teller for _, teller in tellers)))
    with pytest.raises(BadInput, match="not the signature"):
        await service.cancel(session, box.id, people[0], signed(other, tellers, people[0], 0, 2), now=OPEN)


async def test_nobody_votes_on_paper_twice_unlisted_or_after_the_close(session, box, people, tellers):
    stranger = voters(1)[0]
    with pytest.raises(NotAllowed, match="not on the list"):
        await service.cancel(session, box.id, stranger, signed(box, tellers, stranger, 0, 2), now=OPEN)
    await service.cancel(session, box.id, people[0], signed(box, tellers, people[0], 0, 2), now=OPEN)
    with pytest.raises(WrongState, match="already"):
        await service.cancel(session, box.id, people[0], signed(box, tellers, people[0], 0, 2), now=OPEN)
    await service.close(session, box.id, now=CLOSES)
    with pytest.raises(WrongState, match="closed"):
        await service.cancel(session, box.id, people[1], signed(box, tellers, people[1], 0, 2), now=OPEN)


async def test_no_vote_is_taken_out_when_the_clock_says_closed_and_the_box_has_not_been_closed_yet(
    session, box, people, tellers
):
    signatures = signed(box, tellers, people[0], 0, 2)
    await a_vote(session, box.id, people[0], "yes")
    with pytest.raises(WrongState, match="Voting has closed"):
        await service.cancel(session, box.id, people[0], signatures, now=CLOSES)
    assert (await service.mark(session, box.id, people[0])).sealed
    await service.cancel(session, box.id, people[0], signatures, now=CLOSES - timedelta(seconds=1))


async def test_a_ballot_without_tellers_takes_no_votes_on_paper(session, people, tellers):
    box = await a_box(session, people)
    with pytest.raises(BadInput, match="Two tellers of this vote"):
        await service.cancel(session, box.id, people[0], signed(box, tellers, people[0], 0, 2), now=OPEN)


async def a_teller_paper(session, box, v, answer):
    """A paper as tellers seal it, not yet handed in."""
    text = await service.manifest_of(session, box.id)
    filled = a_paper(text, [[answer]])
    signature = await service.stamp(session, box.id, v, filled.blinded, now=OPEN, by_tellers=True)
    return filling.seal_up(manifests.read(text), manifests.digest(text), filled, signature)


async def test_tellers_seal_one_paper_for_somebody_who_votes_on_paper(session, box, people, tellers):
    await a_vote(session, box.id, people[0], "yes")
    await a_vote(session, box.id, people[1], "yes")
    for v in people[:3]:
        await service.cancel(session, box.id, v, signed(box, tellers, v, 0, 2), now=OPEN)
    envelope = await a_teller_paper(session, box, people[0], "no")
    receipt = await service.cast(session, box.id, people[0], envelope, now=OPEN, by_tellers=True)
    assert await service.cast(session, box.id, people[0], envelope, now=OPEN, by_tellers=True) == receipt
    assert await service.papers_in(session, box.id) == service.OnPaper(3, 1)
    assert await service.without_paper(session, box.id) == sorted(people[1:3])
    await service.close(session, box.id, now=CLOSES)
    closed = leaves.read_all((await service.log_lines(session, box.id)).splitlines())[-1]
    assert (closed["stamped"], closed["stamps"], closed["envelopes"], closed["cancelled"]) == (2, 3, 1, 3)
    final = await service.peel(session, box.id)
    assert Counter(final.valid) == {(("no",),): 1}
    assert (final.envelopes, final.cancelled, final.on_paper) == (1, 3, 1)


async def test_tellers_put_no_second_paper_under_one_number(session, box, people, tellers):
    v = people[0]
    await service.cancel(session, box.id, v, signed(box, tellers, v, 0, 2), now=OPEN)
    first, second = await a_teller_paper(session, box, v, "no"), await a_teller_paper(session, box, v, "no")
    await service.cast(session, box.id, v, first, now=OPEN, by_tellers=True)
    with pytest.raises(WrongState, match="a paper in the box for this person already"):
        await service.cast(session, box.id, v, second, now=OPEN, by_tellers=True)
    with pytest.raises(WrongState, match="a paper in the box for this person already"):
        await a_teller_paper(session, box, v, "yes")


async def test_tellers_seal_no_more_papers_than_people_were_given_one(session, box, people, tellers):
    v = people[0]
    await service.cancel(session, box.id, v, signed(box, tellers, v, 0, 2), now=OPEN)
    filled = a_paper(await service.manifest_of(session, box.id), [["yes"]])
    with pytest.raises(NotAllowed, match="Two tellers have not signed"):
        await service.stamp(session, box.id, people[1], filled.blinded, now=OPEN, by_tellers=True)
    with pytest.raises(NotAllowed, match="Two tellers have not signed"):
        await service.cast(session, box.id, people[1], b"x", now=OPEN, by_tellers=True)


async def test_tellers_can_fill_in_a_paper_anew_when_their_computer_failed_but_not_a_fourth_time(
    session, box, people, tellers
):
    v = people[0]
    for answer in ("yes", "yes", "yes"):  # the voter's own three stamps do not count against the tellers'
        await a_vote(session, box.id, v, answer)
    await service.cancel(session, box.id, v, signed(box, tellers, v, 0, 2), now=OPEN)
    made = [await a_teller_paper(session, box, v, "no") for _ in range(3)]
    with pytest.raises(WrongState, match="three times"):
        await a_teller_paper(session, box, v, "no")
    await service.cast(session, box.id, v, made[2], now=OPEN, by_tellers=True)
    await service.close(session, box.id, now=CLOSES)
    final = await service.peel(session, box.id)
    assert (Counter(final.valid), final.stamps) == ({(("no",),): 1}, 6)


async def test_a_voter_cannot_use_what_tellers_have_and_tellers_cannot_cast_after_the_close(
    session, box, people, tellers
):
    v = people[0]
    _, earlier = await an_envelope(session, box.id, v, "yes")
    await service.cancel(session, box.id, v, signed(box, tellers, v, 0, 2), now=OPEN)
    envelope = await a_teller_paper(session, box, v, "no")
    with pytest.raises(WrongState, match="voted on paper"):
        await service.cast(session, box.id, v, envelope, now=OPEN)
    with pytest.raises(WrongState, match="has closed"):
        await service.cast(session, box.id, v, envelope, now=CLOSES, by_tellers=True)
    await service.cast(session, box.id, v, envelope, now=OPEN, by_tellers=True)
    with pytest.raises(WrongState, match="voted on paper"):
        await service.cast(session, box.id, v, earlier, now=OPEN)
    assert await service.papers_in(session, box.id) == service.OnPaper(1, 1)
